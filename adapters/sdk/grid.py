"""The sheets of a file as plain rows, one after the other. Finds no table, and holds no sheet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from adapters.sdk.cells import Broken, Plain

Cell = Plain | Broken | None
Cells = list[Cell]
NumberedRow = tuple[int, Cells]
LONGEST_NAME = 255  # of a sheet; Excel takes 31, others more
LONGEST_TEXT = 32_767  # no spreadsheet program takes a longer one into a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet, once: `rows` come with their numbers as a spreadsheet shows them.

    Empty rows do not come. A cell in which nobody sees anything is None. `wide` names the
    rows that hold a cell merged sideways.
    """

    sheet: str
    index: int
    rows: Iterator[NumberedRow] = field(repr=False)
    wide: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The rows over which one cell of a column was merged, from 1; `wide` also sideways."""

    top: int
    bottom: int
    column: int
    wide: bool


def unfolded(rows: Iterable[NumberedRow], merges: Iterable[Merge]) -> Iterator[NumberedRow]:
    """Give merged cells their value in every row below that holds anything of its own.

    Sideways would put one value under two codes; a row that holds nothing else is no record.
    """
    waiting = sorted((one for one in merges if one.bottom > one.top), key=lambda one: -one.top)
    open_now: list[tuple[Merge, Cell]] = []
    for number, cells in rows:
        open_now = [one for one in open_now if one[0].bottom >= number]
        for merge, value in open_now:
            if merge.column >= len(cells):
                cells.extend([None] * (merge.column + 1 - len(cells)))
            cells[merge.column] = value
        while waiting and waiting[-1].top <= number:
            merge = waiting.pop()
            if merge.top == number and merge.column < len(cells):
                open_now.append((merge, cells[merge.column]))
        yield number, cells
