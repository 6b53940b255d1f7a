"""Records of one file that share a key and are about two persons. Keeps hashes, gives no meaning.

A file may have a million rows: of each its key and what tells persons apart are kept as numbers.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.row_keys import key_text


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where a record stands: its sheet ("" where there is none), its row, its part of the row."""

    sheet: str
    number: int
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One record of a file, with its key and its person's; None: it lacks a part of its key."""

    place: Place
    sheet_index: int
    keys: tuple[str, str] | None = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A record that a later one of the same key would hide."""

    place: Place
    hidden_by: Place


class Census:
    """What one reading of a file's records tells of their keys. Records are counted from 0."""

    def __init__(self, tells_apart: Sequence[Callable[[Any], object]]) -> None:
        self._tells_apart = tells_apart
        self._hashes = array("q")
        self._told = [array("q") for _ in tells_apart]
        self._sheets: dict[str, int] = {}
        self._sheet_of = array("H")
        self._numbers = array("I")
        self._parts = array("I")
        self.keyless: list[Place] = []

    def __len__(self) -> int:
        return len(self._hashes)

    def take(self, records: Iterable[Found]) -> None:
        """Count every record."""
        for one in records:
            place = one.place
            if one.keys is None:
                self.keyless.append(place)
            self._hashes.append(_hash(one.keys[0]) if one.keys else 0)
            for fetch, told in zip(self._tells_apart, self._told, strict=True):
                told.append(_hash(key_text(fetch(one.body))))
            self._sheet_of.append(self._sheets.setdefault(place.sheet, len(self._sheets)))
            self._numbers.append(place.number)
            self._parts.append(int(place.part or 0))

    def twins(self) -> dict[int, Twin]:
        """Return the records that a later one would hide.

        One that was copied, or written again with a correction, is no twin: the later one counts.
        """
        sheets = list(self._sheets)

        def place(at: int) -> Place:
            part = self._parts[at]
            return Place(
                sheet=sheets[self._sheet_of[at]], number=self._numbers[at],
                part=str(part) if part else "",
            )  # fmt: skip

        return {
            at: Twin(place=place(at), hidden_by=place(last))
            for group in self._repeated() for last in group[-1:] for at in group[:-1]
            if any(told[at] and told[last] and told[at] != told[last] for told in self._told)
        }  # fmt: skip

    def _repeated(self) -> Iterator[list[int]]:
        """Give the places of each key that stands more than once, in their order."""
        import numpy as np

        hashes = np.frombuffer(self._hashes, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        ends = np.flatnonzero(np.diff(hashes[order])) + 1
        for start, stop in zip([0, *ends.tolist()], [*ends.tolist(), len(order)], strict=True):
            if stop - start > 1 and hashes[order[start]] != 0:
                yield order[start:stop].tolist()


def _hash(text: str) -> int:
    """A text as a number; nothing is 0. Numbers differ from one process to the next."""
    return (hash(text) or 1) if text else 0
