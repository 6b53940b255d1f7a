"""What is to be told of a trial's records; what is equal of many is told once. Shows no value.

A file may have a million rows: few records are kept, and of a remark its count and first places.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.contract_tools.words import count, first_of

_MOST_RECORDS = 30
_MOST_REMARKS = 1000
_ALIKE = 3
"""A remark of more records than this is told once, with their number."""

Remark = tuple[str, ...]
"""Its lines: what is so, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One record: where it stands, what became of it, and what is to be said of it."""

    place: str
    fate: str
    remarks: tuple[Remark, ...] = field(repr=False)


@dataclass(slots=True)
class _Shared:
    """How many records a remark is of, and which are the first."""

    number: int = 0
    places: list[str] = field(default_factory=list)


class Remarks:
    """Gathers what is told of records, in their order."""

    def __init__(self) -> None:
        self._total = 0
        self._first: list[Told] = []
        self._remarkable: list[Told] = []
        self._shared: dict[Remark, _Shared] = {}

    def add(self, told: Told) -> None:
        """Take the next record."""
        self._total += 1
        if len(self._first) < _MOST_RECORDS:
            self._first.append(told)
        says_more = [self._count(one, told.place) for one in dict.fromkeys(told.remarks)]
        if any(says_more) and len(self._remarkable) < _MOST_RECORDS:
            self._remarkable.append(told)

    def lines(self) -> Iterator[str]:
        """Yield the records, all of a small file, and then what is equal of many."""
        few = self._total <= _MOST_RECORDS
        shown = self._first if few else [one for one in self._remarkable if self._own(one)]
        yield "Records:" if few else f"Records with something to tell (of {self._total}):"
        for told in shown:
            yield f"  {told.place}: {told.fate}"
            for remark in self._own(told):
                yield from _indented(remark)
        if not shown:
            yield "  none" if self._total else "  The file holds no record."
        elif not few and len(self._remarkable) == _MOST_RECORDS:
            yield "  ... perhaps more: --json lists every record"
        yield from self._equal()

    def _count(self, remark: Remark, place: str) -> bool:
        """Count a remark, and tell whether few records had it before."""
        known = self._shared.get(remark)
        if known is None:
            if len(self._shared) >= _MOST_REMARKS:
                return True
            known = self._shared[remark] = _Shared()
        known.number += 1
        if len(known.places) < _ALIKE:
            known.places.append(place)
        return known.number <= _ALIKE

    def _own(self, told: Told) -> list[Remark]:
        """Return what is said of a record and of few others."""
        return [one for one in told.remarks if not self._is_equal(one)]

    def _is_equal(self, remark: Remark) -> bool:
        known = self._shared.get(remark)
        return known is not None and known.number > _ALIKE

    def _equal(self) -> Iterator[str]:
        equal = [(one, known) for one, known in self._shared.items() if known.number > _ALIKE]
        if not equal:
            return
        yield ""
        yield "The same of many records:"
        for remark, known in equal:
            yield f"  {count(known.number, 'record')}: {first_of(known.places, known.number)}"
            yield from _indented(remark)


def _indented(remark: Remark) -> Iterator[str]:
    yield from (f"      {line}" for line in remark)
