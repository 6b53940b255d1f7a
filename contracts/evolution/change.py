"""One change of a contract: what it is, whom it breaks, in words, and what is promised to whom."""

from dataclasses import dataclass
from enum import StrEnum

WRITERS = frozenset({"writers"})
"""Sources: records made by the old contract are not taken, or lose something, under the new one."""

READERS = frozenset({"readers"})
"""Programs with the old contract: records made by the new one are not taken by them."""

BOTH = WRITERS | READERS
NOBODY = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. `path` is a field, `target <- field` for a mapping row, or a crosswalk's code."""

    kind: str
    path: str
    breaks: frozenset[str]
    message: str
    next_step: str


_PROTECTED = {"NONE": NOBODY, "BACKWARD": WRITERS, "FORWARD": READERS, "FULL": BOTH}


class Mode(StrEnum):
    """What is promised, as schema registries name it; transitive: to every earlier version."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def protects(self) -> frozenset[str]:
        """Whom a change may not break."""
        return _PROTECTED[self.value.removesuffix("_TRANSITIVE")]

    @property
    def transitive(self) -> bool:
        """Whether the promise is to every earlier version."""
        return self.value.endswith("_TRANSITIVE")
