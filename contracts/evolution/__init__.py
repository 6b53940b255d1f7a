"""What changed between two versions of a source contract, and whom it breaks. Pure; in plain words.

Two parties rely on a contract. *Writers* are the sources: an office still sends by the old form.
*Readers* are programs that hold the old contract, and whoever uses the records that come out.
A change that makes the same record say something else breaks both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.evolution.change import BOTH, NOBODY, READERS, WRITERS, Change, Mode
from contracts.evolution.fields import field_changes
from contracts.evolution.rows import row_changes
from contracts.evolution.shape import Shape

__all__ = ["BOTH", "NOBODY", "READERS", "WRITERS", "Change", "Mode", "Verdict", "compare", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a new version stands to one earlier version.

    `broken` are the changes that break whom the mode protects. A new major version announces
    them (`excused`), but not where the promise is to every earlier version.
    """

    old: Shape
    new: Shape
    changes: tuple[Change, ...]
    broken: tuple[Change, ...]
    excused: bool

    @property
    def fails(self) -> bool:
        """Whether the new version may not be used as it is."""
        return bool(self.broken) and not self.excused

    @property
    def raised(self) -> bool:
        """Whether the version of the contract or of its mapping says that something changed."""
        old, new = self.old, self.new
        return (old.version, old.mapping_version) != (new.version, new.mapping_version)


def compare(old: Shape, new: Shape) -> list[Change]:
    """Return every change from one version to another, what breaks both parties first."""
    found = [*field_changes(old, new), *row_changes(old, new)]
    return sorted(found, key=lambda change: -len(change.breaks))


def judge(olds: Sequence[Shape], new: Shape, mode: Mode) -> list[Verdict]:
    """Return how the new version stands to the last of `olds`; to each, when transitive."""
    return [_one(old, new, mode) for old in (olds if mode.transitive else olds[-1:])]


def _one(old: Shape, new: Shape, mode: Mode) -> Verdict:
    changes = tuple(compare(old, new))
    return Verdict(
        old=old, new=new, changes=changes,
        broken=tuple(change for change in changes if change.breaks & mode.protects),
        excused=new.major > old.major and not mode.transitive,
    )  # fmt: skip
