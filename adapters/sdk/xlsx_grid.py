"""The sheets of an .xlsx file, streamed: some hundred rows are in memory, whatever its size.

The reader in use is fast and holds a sheet whole; so each sheet is cut between rows, and the reader
gets one slice after the other as a small workbook. It never sees a number of a row or a column
that has not been checked, nor a shared text: those are looked up here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, BinaryIO

from adapters.sdk.cells import EXACT, Broken, Plain, plain, text_in
from adapters.sdk.grid import LONGEST_TEXT, Cell, Cells, Grid, Merge, NumberedRow, unfolded
from adapters.sdk.unpack import (
    DAMAGED,
    MAX_ROWS,
    TEXT_TOO_LONG,
    TOO_LARGE,
    Package,
    UnreadableError,
    opened,
)
from adapters.sdk.xlsx_parts import Parts, SheetPart, read_parts
from adapters.sdk.xlsx_plain import Survey, column_number, plainly, survey
from adapters.sdk.xlsx_slice import Frame
from adapters.sdk.xlsx_strings import SharedStrings

ROWS_AT_ONCE = 1_000  # a power of ten: the numbers of a slice's rows differ in the last digits only
MAX_ROW_TEXT = 2**19  # characters: one shared text may stand in every cell of a row
MAX_UNFOLDED = 5_000_000  # rows over which merged cells reach, all together
_ROW_END = b"</row>"
_LONGEST_ROW = 64 * 2**20  # bytes
_ROW = re.compile(rb'\s*(?:<row(?:\s[^<>]*)?/>\s*)*<row\s(?:[^<>]*\s)?r="(\d{1,7})"[^<>]*>')
_MERGE = re.compile(rb'<mergeCell\s[^<>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_SHARED, _MARKED = b' t="s"><v>', b' t="str"><v>'
_FORMULA = rb"(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)"
_ERROR = re.compile(rb'(<c [^<>]*)t="e"([^<>]*>' + _FORMULA + rb"?<v>)")
_UNSAVED = re.compile(
    rb'<c r="([A-Z]+\d+)"(?![^<>]*t="str")[^<>]*>' + _FORMULA + rb"(?:<v\s*/>|<v></v>)?</c>"
)
# Letters of the private use area begin what stands for something else; a text that holds them
# itself is told apart by a third one between them.
_MARK, _ESCAPED = "\ue0f1\ue0f2", "\ue0f1\ue0f0\ue0f2"
_TEXT, _BAD, _UNSAVED_MARK = f"{_MARK}\ue0f3", f"{_MARK}\ue0f4", f"{_MARK}\ue0f5"


def xlsx_grids(file: BinaryIO) -> Iterator[Grid]:
    """Read the sheets one after the other. Raises UnreadableError."""
    with ExitStack() as stack:
        package = Package(stack.enter_context(opened(file)))
        parts = read_parts(package)
        frame = Frame(styles=parts.styles, from_1904=parts.from_1904)
        strings = SharedStrings(_string_blocks(package, parts), frame)
        stack.callback(strings.close)
        for sheet in parts.sheets:
            yield _grid(package, sheet, frame, strings)


def _string_blocks(package: Package, parts: Parts) -> Iterable[bytes]:
    if not parts.strings:
        return ()
    look = survey(package.blocks(parts.strings), "sst", b"</sst>")
    blocks = package.blocks(parts.strings)
    return blocks if look.is_plain else plainly(blocks)


def _grid(package: Package, sheet: SheetPart, frame: Frame, strings: SharedStrings) -> Grid:
    look = survey(package.blocks(sheet.part), "worksheet", b"</sheetData>")
    blocks = package.blocks(sheet.part)
    if not look.is_plain:
        blocks = plainly(blocks)
        again = plainly(package.blocks(sheet.part))
        look = Survey(is_plain=False, tail=b"".join(_merge_tags(again)))
    merges = _merges(look.tail)
    reader = _Rows(frame=frame, strings=strings)
    return Grid(
        sheet=sheet.name, index=sheet.index, rows=unfolded(reader.read(blocks), merges),
        wide=frozenset(merge.top for merge in merges if merge.wide),
    )  # fmt: skip


def _merge_tags(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Keep the merged cells of a plain sheet; a tag may lie on the edge of two blocks."""
    last = b""
    for block in blocks:
        joined = last + block
        for found in _MERGE.finditer(joined):
            yield found[0]
        last = joined[joined.rfind(b"<") :]


def _merges(tail: bytes) -> Sequence[Merge]:
    merges = []
    room = MAX_UNFOLDED
    for left, top, right, bottom in _MERGE.findall(tail):
        merge = Merge(
            top=int(top), bottom=int(bottom), column=column_number(left.decode()) - 1,
            wide=left != right,
        )  # fmt: skip
        room -= max(merge.bottom - merge.top, 0)
        if room < 0:
            raise UnreadableError(DAMAGED)
        merges.append(merge)
    return merges


@dataclass(slots=True, kw_only=True)
class _Rows:
    """Reads one sheet's rows out of its XML, slice by slice."""

    frame: Frame
    strings: SharedStrings

    def read(self, blocks: Iterable[bytes]) -> Iterator[NumberedRow]:
        gathered: list[bytes] = []
        thousand = -1
        last = 0
        for piece in _pieces(blocks):
            found = _ROW.match(piece)
            number = int(found[1]) if found else last + 1
            if number > MAX_ROWS:
                raise UnreadableError(TOO_LARGE)
            if gathered and (found is None or number // ROWS_AT_ONCE != thousand):
                yield from self._slice(gathered, thousand)
                gathered = []
            if found is None:
                yield from self._carefully([piece], last)
            else:
                gathered.append(piece)
            thousand, last = number // ROWS_AT_ONCE, number
        yield from self._slice(gathered, thousand)

    def _slice(self, pieces: list[bytes], thousand: int) -> Iterator[NumberedRow]:
        """Read rows of one thousand: the checked ones at once, any others one by one."""
        if not pieces:
            return
        rows = b"".join(pieces)
        if _beyond(thousand).search(rows):
            yield from self._carefully(pieces, thousand * ROWS_AT_ONCE)
            return
        try:
            read = self._read(rows)
        except UnreadableError:  # a shared text, say, that is not written in the usual way
            yield from self._carefully(pieces, thousand * ROWS_AT_ONCE)
        else:
            yield from self._cells(*read)

    def _carefully(self, pieces: list[bytes], before: int) -> Iterator[NumberedRow]:
        """Read rows after writing them anew; each alone, for it may be as wide as a sheet."""
        whole = [b"<sheetData>", *pieces, b"</sheetData>"]
        for row in _pieces(plainly(whole, row=before)):
            yield from self._cells(*self._read(row))

    def _read(self, rows: bytes) -> tuple[int, int, Sequence[list[Any]]]:
        """Have the rows read, with marks where the reader would need, or tell, too little."""
        if _MARK.encode() in rows:
            rows = rows.replace(_MARK.encode(), _ESCAPED.encode())
        rows = rows.replace(_SHARED, _MARKED + _TEXT.encode())
        if b't="e"' in rows:
            rows = _ERROR.sub(rb'\1t="str"\2' + _BAD.encode(), rows)
        if b"<f" in rows:
            mark = _UNSAVED_MARK.encode()
            rows = _UNSAVED.sub(rb'<c r="\1" t="str"><v>' + mark + b"</v></c>", rows)
        return self.frame.read(rows)

    def _cells(self, top: int, left: int, found: Sequence[list[Any]]) -> Iterator[NumberedRow]:
        texts = self._texts(found)
        may_swell = bool(found) and max(map(_length, texts.values())) * len(found[0]) > MAX_ROW_TEXT
        blank: Cells = [None] * left
        for number, row in enumerate(found, top + 1):
            cells = [
                texts[cell] if type(cell) is str else _KINDS.get(type(cell), plain)(cell)
                for cell in row
            ]
            if may_swell and sum(map(_length, cells)) > MAX_ROW_TEXT:
                raise UnreadableError(TEXT_TOO_LONG)
            if any(cell is not None for cell in cells):
                yield number, blank + cells

    def _texts(self, found: Sequence[list[Any]]) -> dict[str, Cell]:
        """Return what each text of a slice stands for: itself, a shared text, or nothing."""
        texts: dict[str, Cell] = {"": None}
        numbers: dict[str, int] = {}
        for cell in {cell for row in found for cell in row if type(cell) is str}:
            if cell[:2] == _MARK:
                texts[cell] = _MARKS.get(cell[:3], cell)
                if cell[:3] == _TEXT and cell[3:].isdecimal():
                    numbers[cell] = int(cell[3:])
            else:
                texts[cell] = text_in(cell.replace(_ESCAPED, _MARK))
        shared = self.strings.look_up(set(numbers.values()))
        for cell, number in numbers.items():
            texts[cell] = text_in(shared[number])
        if max(map(_length, texts.values())) > LONGEST_TEXT:
            raise UnreadableError(TEXT_TOO_LONG)
        return texts


def _length(cell: Cell) -> int:
    return len(cell) if isinstance(cell, str) else 0


def _number(cell: float) -> Plain | None:
    return int(cell) if cell.is_integer() and -EXACT < cell < EXACT else plain(cell)


_KINDS: Mapping[type, Callable[[Any], Cell]] = {float: _number}
_MARKS: Mapping[str, Cell] = {_BAD: Broken.ERROR, _UNSAVED_MARK: Broken.NO_VALUE}


def _beyond(thousand: int) -> re.Pattern[bytes]:
    """What finds a cell that is not in one of these rows, or far to the right, or unusual."""
    digits = rb"%d\d{3}" % thousand if thousand else rb"\d{1,3}"
    return re.compile(rb'<c(?! r="[A-Z]{1,2}' + digits + rb'"[ />])')


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut the rows out of a sheet, each with its end; what is not in a row is left out."""
    waiting = b""
    started = False
    for block in blocks:
        waiting += block
        if not started:
            start = re.search(rb"<sheetData(?:\s[^<>]*)?>", waiting)
            if not start:
                continue
            waiting = waiting[start.end() :]
            started = True
        *rows, waiting = waiting.split(_ROW_END)
        for row in rows:
            yield row + _ROW_END
        if len(waiting) > _LONGEST_ROW:
            raise UnreadableError(TOO_LARGE)
