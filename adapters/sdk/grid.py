"""The sheets of a workbook as plain rows, merged cells unfolded downwards. Finds no table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from adapters.sdk.cells import Plain, plain
from adapters.sdk.unpack import MAX_CELLS, UnreadableError, unpack
from contracts.errors import Reason

Cells = list[Plain | None]
LONGEST_NAME = 255  # of a sheet; Excel takes 31, others more
LONGEST_TEXT = 32_767  # no spreadsheet program takes a longer one into a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One sheet from its first cell on. `wide` names the rows that hold a cell merged sideways."""

    sheet: str
    index: int
    rows: Sequence[Cells] = field(repr=False)
    wide: frozenset[int]


def read_grids(content: bytes) -> Iterator[Grid]:
    """Read the sheets one after the other. Raises UnreadableError."""
    copy = unpack(content)
    try:
        book = CalamineWorkbook.from_filelike(copy)
        for index, about in enumerate(book.sheets_metadata):
            if len(about.name) > LONGEST_NAME:
                raise UnreadableError(_DAMAGED)
            if about.typ is SheetTypeEnum.WorkSheet:
                yield _grid(book.get_sheet_by_index(index), about.name, index)
    except CalamineError:
        raise UnreadableError(_DAMAGED) from None


def _grid(sheet: CalamineSheet, name: str, index: int) -> Grid:
    rows = [[plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    if any(isinstance(cell, str) and len(cell) > LONGEST_TEXT for row in rows for cell in row):
        raise UnreadableError(replace(_TEXT_TOO_LONG, where=name))
    wide: set[int] = set()
    room = MAX_CELLS  # merged cells may lie upon each other, any number of them
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if right > left:
            wide.add(top)
        if top >= len(rows) or left >= len(rows[top]):
            continue
        below = rows[top + 1 : bottom + 1]
        room -= len(below)
        if room < 0:
            raise UnreadableError(replace(_DAMAGED, where=name))
        for row in below:  # sideways would put one value under two codes
            row[left] = rows[top][left]
    return Grid(sheet=name, index=index, rows=rows, wide=frozenset(wide))


_DAMAGED = Reason(
    code="workbook_damaged",
    message="the file opens, but a sheet in it cannot be read",
    next_step="open it, save it again as an Excel workbook (.xlsx), and send it again",
)
_TEXT_TOO_LONG = Reason(
    code="text_too_long",
    message=f"a cell holds a text of more than {LONGEST_TEXT} characters",
    next_step="shorten it, and send the file again",
)
