"""Opens an XLSX file that nobody has vouched for, within bounds. Reads no cell's meaning.

The reader in use allocates a sheet as one full rectangle and ends the process when that is too
much. So everything is measured first, with a parser that keeps nothing, and the reader is given a
copy that holds what was measured and no more.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

from contracts.errors import Reason

MAX_BYTES = 256 * 2**20  # unpacked, all parts together
MAX_ROWS = 200_000
MAX_CELLS = 5_000_000  # of the full rectangle of a sheet
MAX_TEXT = 2**31  # were every text cell as long as the longest text
MAX_PARTS = 2_000
_PACKED = b"PK\x03\x04"


class UnreadableError(Exception):
    """The content is no workbook that can be read. `unfinished`: it may still be on its way."""

    def __init__(self, reason: Reason, *, unfinished: bool = False) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.unfinished = unfinished


def unpack(content: bytes, *, max_bytes: int = MAX_BYTES) -> io.BytesIO:
    """Return a measured copy of the workbook. Raises UnreadableError."""
    if not content.startswith(_PACKED):
        raise UnreadableError(_NOT_A_WORKBOOK, unfinished=not content.strip(b"\0"))
    copy = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = _parts(packed, max_bytes)
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as out:
                # All of them: a workbook names its sheets' parts as it likes.
                extents = [_copy(packed, part, out) for part in parts]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError):
        raise UnreadableError(_CUT_OFF, unfinished=True) from None
    except RuntimeError:  # how zipfile says "encrypted"
        raise UnreadableError(_NOT_A_WORKBOOK) from None
    longest = max(extent.longest for extent in extents)
    if any(extent.is_too_large(longest) for extent in extents):
        raise UnreadableError(_TOO_LARGE)
    copy.seek(0)
    return copy


def _parts(packed: zipfile.ZipFile, max_bytes: int) -> list[zipfile.ZipInfo]:
    """The parts worth reading. Neither macros nor pictures nor binary sheets are."""
    parts = [part for part in packed.infolist() if part.filename.endswith((".xml", ".rels"))]
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UnreadableError(_NOT_A_WORKBOOK)
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > max_bytes:
        raise UnreadableError(_TOO_LARGE)
    return parts


def _copy(packed: zipfile.ZipFile, part: zipfile.ZipInfo, out: zipfile.ZipFile) -> "_Extent":
    """Copy one part, and measure it on the way."""
    with packed.open(part) as file:
        xml = file.read(part.file_size + 1)  # without a bound it unpacks more than the file says
    extent = _Extent()
    try:
        extent.read(xml)
    except expat.ExpatError:
        raise UnreadableError(_NOT_A_WORKBOOK) from None
    out.writestr(part.filename, xml)
    return extent


@dataclass(slots=True)
class _Extent:
    """How far a part of a workbook reaches. Cells without a value do not count."""

    rows: int = 0
    columns: int = 0
    texts: int = 0
    longest: int = 0
    _row: int = 0
    _column: int = 0
    _length: int = 0
    _columns: dict[str, int] = field(default_factory=dict)
    _parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)

    def is_too_large(self, longest: int) -> bool:
        """Whether the part, as a sheet, unfolds too far; `longest` is the longest shared text."""
        return (
            self.rows > MAX_ROWS
            or self.rows * self.columns > MAX_CELLS
            or self.texts * longest > MAX_TEXT
        )

    def read(self, xml: bytes) -> None:
        self._parser.StartElementHandler = self._start
        if b"<si>" in xml or b"<si " in xml or b":si" in xml:
            self._parser.CharacterDataHandler = self._text
        self._parser.buffer_text = True
        self._parser.Parse(xml, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:  # the prefix of a namespace is anybody's choice
            case "c":
                self._cell(attributes)
            case "v" | "is" | "f":
                self.rows = max(self.rows, self._row)
                self.columns = max(self.columns, self._column)
            case "row":
                self._row = _number(attributes.get("r"), self._row + 1)
                self._column = 0
            case "si":
                self._length = 0
            case _:
                pass

    def _cell(self, attributes: dict[str, str]) -> None:
        at = attributes.get("r", "")
        letters = at.rstrip("0123456789")
        if letters not in self._columns:
            self._columns[letters] = _column(letters)
        self._column = self._columns[letters] if letters else self._column + 1
        self._row = _number(at[len(letters) :], self._row)
        self.texts += attributes.get("t") == "s"

    def _text(self, text: str) -> None:
        self._length += len(text)
        self.longest = max(self.longest, self._length)


def _number(digits: str | None, otherwise: int) -> int:
    """A row number; absurd ones stay absurd, without being computed."""
    if not digits or not digits.isdecimal():
        return otherwise
    return int(digits) if len(digits) < 9 else 10**9


def _column(letters: str) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + ord(letter) - 64
    return number if len(letters) < 4 else 10**9


_NEXT = "save it again as an Excel workbook (.xlsx), without a password, and send it again"
_NOT_A_WORKBOOK = Reason(
    code="not_a_workbook", message="the file is no Excel workbook (.xlsx)", next_step=_NEXT
)
_CUT_OFF = Reason(
    code="file_cut_off",
    message="the file is incomplete or damaged: its end is missing, or a part of it is wrong",
    next_step="copy the whole file into the folder again",
)
_TOO_LARGE = Reason(
    code="workbook_too_large",
    message=f"the workbook unfolds too far: at most {MAX_ROWS} rows and {MAX_CELLS} cells a sheet",
    next_step="delete what stands far below or beside the table, or send it in several files",
)
