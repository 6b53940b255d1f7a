"""Sheets of the older and freer formats (.xls, .ods), read whole within bounds. No .xlsx here.

The reader in use allocates a sheet as one full rectangle and ends the process when that is too
much, so an OpenDocument sheet is measured first, with a parser that keeps nothing.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from adapters.sdk.cells import is_blank, plain, text_in
from adapters.sdk.grid import LONGEST_NAME, LONGEST_TEXT, Grid, Merge, NumberedRow, unfolded
from adapters.sdk.unpack import (
    CUT_OFF,
    DAMAGED,
    NOT_A_WORKBOOK,
    TEXT_TOO_LONG,
    TOO_LARGE,
    UnreadableError,
    opened,
)

MAX_CONTENT = 256 * 2**20  # bytes of an OpenDocument sheet's XML
MAX_CELLS = 5_000_000  # of the full rectangle of a sheet
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a newer workbook with a password
_SHEETS = (SheetTypeEnum.WorkSheet,)


def whole_grids(content: bytes, *, is_zip: bool) -> Iterator[Grid]:
    """Read the sheets one after the other. Raises UnreadableError."""
    merged = _measured(content) if is_zip else {}
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for index, about in enumerate(book.sheets_metadata):
            if len(about.name) > LONGEST_NAME:
                raise UnreadableError(DAMAGED)
            if about.typ in _SHEETS:
                sheet = book.get_sheet_by_index(index)
                yield _grid(sheet, about.name, index, merged.get(index, []))
    except CalamineError:
        if _ENCRYPTED in content:
            raise UnreadableError(NOT_A_WORKBOOK) from None
        raise UnreadableError(CUT_OFF, unfinished=True) from None


def _grid(sheet: CalamineSheet, name: str, index: int, merged: list[Merge]) -> Grid:
    if sheet.end and (sheet.end[0] + 1) * (sheet.end[1] + 1) > MAX_CELLS:
        raise UnreadableError(TOO_LARGE)
    merges = merged or [
        Merge(top=top + 1, bottom=bottom + 1, column=left, wide=right > left)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    ]
    wide = frozenset(merge.top for merge in merges if merge.wide)
    return Grid(sheet=name, index=index, rows=unfolded(_rows(sheet), merges), wide=wide)


def _rows(sheet: CalamineSheet) -> Iterator[NumberedRow]:
    for number, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
        if not all(map(is_blank, row)):
            if any(isinstance(cell, str) and len(cell) > LONGEST_TEXT for cell in row):
                raise UnreadableError(TEXT_TOO_LONG)
            yield number, [text_in(cell) if type(cell) is str else plain(cell) for cell in row]


def _measured(content: bytes) -> Mapping[int, list[Merge]]:
    """Return the merged cells of each sheet of a document that is not too large."""
    with opened(io.BytesIO(content)) as packed:
        try:
            part = packed.getinfo("content.xml")
        except KeyError:
            raise UnreadableError(DAMAGED) from None
        if part.file_size > MAX_CONTENT:
            raise UnreadableError(TOO_LARGE)
        extent = _Extent()
        with packed.open(part) as file:
            extent.read(file)
        return extent.merges


@dataclass(slots=True)
class _Extent:
    """How many cells an OpenDocument sheet unfolds into; what repeats an empty cell is nothing."""

    cells: int = 0
    merges: dict[int, list[Merge]] = field(default_factory=dict)
    _repeated: int = 1
    _sheet: int = -1
    _row: int = 0
    _column: int = 0
    _unfolded: int = 0
    _parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)

    def read(self, file: IO[bytes]) -> None:
        self._parser.StartElementHandler = self._start
        try:
            while block := file.read(2**20):
                self._parser.Parse(block, False)
            self._parser.Parse(b"", True)
        except (expat.ExpatError, LookupError, ValueError):  # the latter two: of its encoding
            raise UnreadableError(DAMAGED) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "table":
            self._sheet, self._row, self._repeated = self._sheet + 1, 0, 1
        elif local == "table-row":
            self._row += self._repeated if self._row else 1
            self._repeated = _number(attributes.get("table:number-rows-repeated"))
            self._column = 0
        elif local in {"table-cell", "covered-table-cell"}:
            columns = _number(attributes.get("table:number-columns-repeated"))
            if "office:value-type" in attributes:
                self._count(columns)
                self._merge(attributes)
            self._column += columns

    def _count(self, columns: int) -> None:
        self.cells += self._repeated * columns
        if self.cells > MAX_CELLS:
            raise UnreadableError(TOO_LARGE)

    def _merge(self, attributes: Mapping[str, str]) -> None:
        rows = _number(attributes.get("table:number-rows-spanned"))
        wide = _number(attributes.get("table:number-columns-spanned")) > 1
        if rows == 1 and not wide:
            return
        self._unfolded += rows
        if self._unfolded > MAX_CELLS:
            raise UnreadableError(DAMAGED)
        merge = Merge(top=self._row, bottom=self._row + rows - 1, column=self._column, wide=wide)
        self.merges.setdefault(self._sheet, []).append(merge)


def _number(digits: str | None) -> int:
    if not digits or not digits.isascii() or not digits.isdecimal():
        return 1
    return int(digits) if len(digits) < 9 else 10**9
