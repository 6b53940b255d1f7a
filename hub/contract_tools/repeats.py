"""Records of one file with the same key: in the hub the later one takes the earlier one's place.

A file may have a million rows: of each its key is kept as a number, and where it stands.
"""

from array import array
from collections.abc import Iterator
from itertools import groupby, pairwise

from contracts.errors import Reason

REPEATED = "key_repeated"
_NONE = -1


class Repeats:
    """What one reading of a file tells of its keys. Records are counted from 0."""

    def __init__(self, column: str) -> None:
        """`column` is the first field of the key."""
        self._column = column
        self._hashes = array("q")
        self._rows = array("q")
        self._parts = array("q")
        self._sheet_of = array("q")
        self._sheets: dict[str, int] = {}
        self._before = array("q")
        self._after = array("q")

    def add(self, key: str, *, sheet: str, row: int, part: str) -> None:
        """Take the next record; one without a key is never the same as another."""
        self._hashes.append((hash(key) or 1) if key else 0)
        self._rows.append(row)
        self._parts.append(int(part or 0))
        self._sheet_of.append(self._sheets.setdefault(sheet, len(self._sheets)))

    def settle(self) -> None:
        """Find the pairs, when every record was taken."""
        self._before = array("q", [_NONE]) * len(self._hashes)
        self._after = array("q", [_NONE]) * len(self._hashes)
        for earlier, later in self._pairs():
            self._after[earlier], self._before[later] = later, earlier

    def is_replaced(self, at: int) -> bool:
        """Tell whether a later record has the key of this one."""
        return self._after[at] != _NONE

    def notes(self, at: int) -> tuple[Reason, ...]:
        """Return what is to be said of a record, if it shares its key."""
        before, after = self._before[at], self._after[at]
        found = []
        if before != _NONE:
            found.append(self._note(f"this record takes the place of {self._place(before, at)}"))
        if after != _NONE:
            found.append(self._note(f"{self._place(after, at)} takes the place of this record"))
        return tuple(found)

    def _pairs(self) -> Iterator[tuple[int, int]]:
        hashes = self._hashes
        in_order = sorted(range(len(hashes)), key=hashes.__getitem__)
        for number, group in groupby(in_order, key=hashes.__getitem__):
            if number:
                yield from pairwise(group)

    def _note(self, what: str) -> Reason:
        return Reason(
            code=REPEATED, column=self._column,
            message=f"in the hub {what}: both have the same key",
            next_step="if they are about two children, visits or months, give each a key of its"
            " own; if one corrects the other, leave them",
        )  # fmt: skip

    def _place(self, at: int, seen_from: int) -> str:
        sheet = self._sheet_of[at]
        named = f"sheet {list(self._sheets)[sheet]}, " if sheet != self._sheet_of[seen_from] else ""
        child = f", child {self._parts[at]}" if self._parts[at] else ""
        return f"{named}row {self._rows[at]}{child}"
