"""The sheets of a workbook as plain rows, merged cells unfolded downwards. Finds no table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from adapters.sdk.cells import Plain, plain
from adapters.sdk.unpack import UnreadableError, unpack
from contracts.errors import Reason

Cells = list[Plain | None]


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
            if about.typ is SheetTypeEnum.WorkSheet:
                yield _grid(book.get_sheet_by_index(index), about.name, index)
    except CalamineError:
        raise UnreadableError(_DAMAGED) from None


def _grid(sheet: CalamineSheet, name: str, index: int) -> Grid:
    rows = [[plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    wide: set[int] = set()
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if right > left:
            wide.add(top)
        if top >= len(rows) or left >= len(rows[top]):
            continue
        for row in rows[top + 1 : bottom + 1]:  # sideways would put one value under two codes
            row[left] = rows[top][left]
    return Grid(sheet=name, index=index, rows=rows, wide=frozenset(wide))


_DAMAGED = Reason(
    code="workbook_damaged",
    message="the file opens, but a sheet in it cannot be read",
    next_step="open it, save it again as an Excel workbook (.xlsx), and send it again",
)
