"""Records of one file with the same key: in the hub the later one takes the earlier one's place.

Where the two are about two persons, the earlier one is rejected: the hub's own census tells.
A file may have a million rows: of each its key is kept as a number, and where it stands.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from adapters.sdk.twins import Census, Found, Place
from contracts.errors import Reason

REPEATED = "key_repeated"
_NOTHING: Mapping[str, Any] = {}
_NONE = -1


class Repeats:
    """What one reading of a file tells of its keys. Records are counted from 0."""

    def __init__(self, column: str, tells_apart: Sequence[Callable[[Any], object]] = ()) -> None:
        """`column` is the first field of the key; see `FileForm.tells_apart`."""
        self._column = column
        self._census = Census(tells_apart)
        self._twins: dict[int, int] = {}
        self._hashes = array("q")
        self._rows = array("q")
        self._parts = array("q")
        self._sheet_of = array("q")
        self._sheets: dict[str, int] = {}
        self._before = array("q")
        self._after = array("q")

    def add(
        self, key: str, *, sheet: str, row: int, part: str, body: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Take the next record; one without a key is never the same as another."""
        place = Place(sheet=sheet, number=row, part=part)
        keys = (key, "") if key else None
        self._census.take([Found(place=place, sheet_index=0, keys=keys, body=body)])
        self._hashes.append((hash(key) or 1) if key else 0)
        self._rows.append(row)
        self._parts.append(int(part or 0))
        self._sheet_of.append(self._sheets.setdefault(sheet, len(self._sheets)))

    def settle(self) -> None:
        """Find what shares a key, when every record was taken."""
        self._before = array("q", [_NONE]) * len(self._hashes)
        self._after = array("q", [_NONE]) * len(self._hashes)
        groups = list(self._groups())
        hidden = self._census.twins() if groups else {}
        for group in groups:
            self._twins |= {at: group[-1] for at in group if at in hidden}
            for earlier, later in pairwise(at for at in group if at not in hidden):
                self._after[earlier], self._before[later] = later, earlier

    def refusal(self, at: int) -> Reason | None:
        """Return why the hub refuses a record for one of another person; None: it does not."""
        last = self._twins.get(at)
        return None if last is None else _key_twice(self._place(last, at))

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

    def _groups(self) -> Iterator[list[int]]:
        """Give the places of each key that stands more than once, in their order."""
        hashes = self._hashes
        in_order = sorted(range(len(hashes)), key=hashes.__getitem__)
        for number, group in groupby(in_order, key=hashes.__getitem__):
            places = list(group) if number else []
            if len(places) > 1:
                yield places

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


def _key_twice(hiding: str) -> Reason:
    """Say it as the reader of an office's folder does."""
    return Reason(
        code="row_key_twice",
        message=f"{hiding} has the same key and names another person; this one was not used",
        next_step="give each person a number of its own, or delete the wrong row, and send the"
        " file again",
    )  # fmt: skip
