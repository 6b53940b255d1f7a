"""What triage decided of a contract's codes. Holds decisions; makes and stores none."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisions:
    """Codes that people mapped, and targets that are stopped until people look at them.

    `codes` maps (target, the code as triage has it) to a code of the schema, or to `""`: known,
    and nothing for this field. A target is stopped when the site has changed the label of one of
    its codes, and so perhaps its meaning. Versions compare as text: pad numbers with zeros.
    """

    version: str = ""
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)
    stopped: frozenset[str] = frozenset()


NO_DECISIONS = Decisions()
