"""A slice of a sheet as a tiny workbook of its own, for the reader in use. Holds one at a time."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from adapters.sdk.unpack import DAMAGED, UnreadableError

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_ROOT = (
    f"<Relationships xmlns='{_PACKAGE}'><Relationship Id='r' Type='{_OFFICE}/officeDocument'"
    " Target='xl/workbook.xml'/></Relationships>"
)
_RELATIONS = (
    f"<Relationships xmlns='{_PACKAGE}'>"
    f"<Relationship Id='r1' Type='{_OFFICE}/worksheet' Target='worksheets/s.xml'/>"
    f"<Relationship Id='r2' Type='{_OFFICE}/styles' Target='styles.xml'/>"
    f"<Relationship Id='r3' Type='{_OFFICE}/sharedStrings' Target='sharedStrings.xml'/>"
    "</Relationships>"
)
_BEFORE = f"<worksheet xmlns='{_MAIN}'><sheetData>".encode()
_AFTER = b"</sheetData></worksheet>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all slices of one workbook share."""

    styles: bytes = field(repr=False)
    from_1904: bool = False

    def read(self, rows: bytes, strings: bytes = b"") -> tuple[int, int, Sequence[list[Any]]]:
        """Return the first row and column with content, from 0, and the cells from there on."""
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w") as packed:
            packed.writestr("_rels/.rels", _ROOT)
            packed.writestr("xl/workbook.xml", self._workbook())
            packed.writestr("xl/_rels/workbook.xml.rels", _RELATIONS)
            packed.writestr("xl/styles.xml", self.styles)
            packed.writestr("xl/worksheets/s.xml", b"".join((_BEFORE, rows, _AFTER)))
            if strings:
                packed.writestr("xl/sharedStrings.xml", strings)
        copy.seek(0)
        try:
            sheet: CalamineSheet = CalamineWorkbook.from_filelike(copy).get_sheet_by_index(0)
            top, left = sheet.start or (0, 0)
            return top, left, sheet.to_python(skip_empty_area=True)
        except CalamineError:
            raise UnreadableError(DAMAGED) from None

    def _workbook(self) -> str:
        return (
            f"<workbook xmlns='{_MAIN}' xmlns:r='{_OFFICE}'>"
            f"<workbookPr date1904='{int(self.from_1904)}'/>"
            "<sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>"
        )
