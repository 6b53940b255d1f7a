"""Any XML of a sheet as the plainest XML that says the same. Slow, and only for unusual files.

Prefixes, comments, CDATA, other encodings and missing cell references are all allowed, and rare.
The fast way cuts a sheet with a knife; what it must not cut comes through here first.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from adapters.sdk.unpack import DAMAGED, MAX_COLUMNS, MAX_ROWS, TOO_LARGE, UnreadableError

_KEPT = frozenset({"sheetData", "row", "c", "v", "f", "is", "si", "t", "r", "rPh", "mergeCell"})
_ATTRIBUTES = {
    "c": ("r", "s", "t"), "row": ("r",), "mergeCell": ("ref",), "t": ("xml:space",),
}  # fmt: skip
_SOME = 2**18  # bytes gathered before they are given on
MAX_TAIL = 64 * 2**20  # bytes of what follows the rows
_HEAD = (
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml(?![^<>]*encoding=(?!.[uU][tT][fF]-8))[^<>]*\?>)?\s*"
    rb"<%s[\s>/]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a first look at a part says: whether the knife may cut it, and what follows its rows."""

    is_plain: bool
    tail: bytes = field(repr=False)


def survey(blocks: Iterable[bytes], root: str, end: bytes) -> Survey:
    """Look through a whole part. `end` closes what is cut; without it nothing is cut.

    Raises UnreadableError where the part is cut off or packed wrongly: nothing is read before.
    """
    is_plain: bool | None = None
    tail: list[bytes] = []
    last = b""
    size = 0
    for block in blocks:
        if is_plain is None:
            is_plain = bool(re.match(_HEAD % root.encode(), block))
        joined = last + block
        if is_plain and b"<!" in joined:
            is_plain = False
        if tail:
            tail.append(block)
        elif (at := joined.rfind(end)) >= 0:
            tail.append(joined[at:])
        size += len(block) if tail else 0
        if size > MAX_TAIL:
            raise UnreadableError(TOO_LARGE)
        last = joined[-len(end) :]
    return Survey(is_plain=bool(is_plain and tail), tail=b"".join(tail))


def plainly(blocks: Iterable[bytes], *, row: int = 0) -> Iterator[bytes]:
    """Give the same content, plain, every row and cell with its reference. `row` came before."""
    writer = _Writer(row=row)
    for block in blocks:
        writer.parse(block, last=False)
        if writer.size > _SOME:
            yield writer.taken()
    writer.parse(b"", last=True)
    yield writer.taken()


@dataclass(slots=True)
class _Writer:
    """Writes what the parser meets; knows the row and column that it is in."""

    row: int
    size: int = 0
    _column: int = 0
    _open: list[str] = field(default_factory=list)
    _out: list[str] = field(default_factory=list, repr=False)
    _parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)

    def __post_init__(self) -> None:
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def parse(self, block: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(block, last)
        except (expat.ExpatError, LookupError, ValueError):  # the latter two: of its encoding
            raise UnreadableError(DAMAGED) from None

    def taken(self) -> bytes:
        content = "".join(self._out).encode()
        self._out.clear()
        self.size = 0
        return content

    def _write(self, text: str) -> None:
        self._out.append(text)
        self.size += len(text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._open.append(local)
        if local not in _KEPT:
            return
        if local == "row":
            self.row = _number(attributes.get("r"), self.row + 1, MAX_ROWS)
            self._column = 0
            attributes["r"] = str(self.row)
        elif local == "c":
            letters = attributes.get("r", "").rstrip("0123456789").upper()
            column = column_number(letters) if letters else self._column + 1
            if not 0 < column <= MAX_COLUMNS:
                raise UnreadableError(TOO_LARGE)
            self._column = column
            attributes["r"] = f"{_letters(column)}{self.row}"
        named = (one for one in _ATTRIBUTES.get(local, ()) if one in attributes)
        said = "".join(f" {one}={_quoted(attributes[one])}" for one in named)
        self._write(f"<{local}{said}>")

    def _end(self, _name: str) -> None:
        local = self._open.pop()
        if local in _KEPT:
            self._write(f"</{local}>")

    def _text(self, text: str) -> None:
        if self._open and self._open[-1] in {"v", "t"}:
            self._write(escape(text))


def _quoted(value: str) -> str:
    return quoteattr(value, {'"': "&quot;"})


def _number(digits: str | None, otherwise: int, most: int) -> int:
    if not digits or not digits.isascii() or not digits.isdecimal():
        return otherwise
    if len(digits) > 8 or int(digits) > most:
        raise UnreadableError(TOO_LARGE)
    return int(digits)


def column_number(letters: str) -> int:
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else MAX_COLUMNS + 1
    return number


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
