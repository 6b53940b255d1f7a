"""Rows of one file that share a key and are about two persons. Keeps hashes, and gives no meaning.

A file may have a million rows: of each its key and what tells persons apart are kept as numbers.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.sdk.cells import Plain, key_text
from adapters.sdk.table import Row

Keys = Callable[[Mapping[str, Plain]], tuple[str, str] | None]
"""From a row's cells its key and its person's key; None when the row lacks a part of its key."""

Place = tuple[str, int]
"""The sheet and the number of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A row that a later row of the same key would hide."""

    place: Place
    hidden_by: Place


class Census:
    """What one reading of a file's rows tells of their keys. Rows are counted from 0."""

    def __init__(self, keys: Keys, tells_apart: Sequence[str]) -> None:
        self._keys = keys
        self._tells_apart = tells_apart
        self._hashes = array("q")
        self._told = [array("q") for _ in tells_apart]
        self._sheets: dict[str, int] = {}
        self._sheet_of = array("H")
        self._numbers = array("I")
        self.keyless: list[Place] = []

    def __len__(self) -> int:
        return len(self._hashes)

    def take(self, rows: Iterable[Row]) -> None:
        """Count every row."""
        for row in rows:
            found = self._keys(row.cells)
            if found is None:
                self.keyless.append((row.sheet, row.number))
            self._hashes.append(_hash(found[0]) if found else 0)
            for column, told in zip(self._tells_apart, self._told, strict=True):
                told.append(_hash(key_text(row.cells.get(column))))
            self._sheet_of.append(self._sheets.setdefault(row.sheet, len(self._sheets)))
            self._numbers.append(row.number)

    def twins(self) -> dict[int, Twin]:
        """Return the rows that a later row would hide.

        A row that was copied, or written again with a correction, is no twin: the later one counts.
        """
        sheets = list(self._sheets)

        def place(at: int) -> Place:
            return sheets[self._sheet_of[at]], self._numbers[at]

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
