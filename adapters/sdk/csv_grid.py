"""A text file of separated values as one sheet. Guesses encoding and separator, never a cell."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from adapters.sdk.cells import is_blank
from adapters.sdk.grid import LONGEST_TEXT, Cells, Grid, NumberedRow
from adapters.sdk.unpack import BLOCK, TEXT_TOO_LONG, UnreadableError
from contracts.errors import Reason

SEPARATORS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 64 * 1024  # bytes, for the separator
_ROWS_LOOKED_AT = 20


def csv_grids(file: BinaryIO) -> Iterator[Grid]:
    """Read the file as one nameless sheet; rows have the number of their first line.

    Raises UnreadableError for bytes that are no text, before any row is given.
    """
    encoding = _encoding(file)
    separator = _separator(file, encoding)
    file.seek(0)
    yield Grid(sheet="", index=0, rows=_rows(file, encoding, separator))


def _encoding(file: BinaryIO) -> str:
    """Return the encoding after reading the whole file in it: no row comes out of half a text."""
    start = file.read(4)
    encoding = next((name for bom, name in _BOMS if start.startswith(bom)), "")
    if not encoding:
        encoding = _unmarked(start)
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    at = 0
    try:
        while block := file.read(BLOCK):
            at += len(block)
            decoder.decode(block)
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        raise UnreadableError(_not_text(at - len(error.object) + error.start)) from None
    return encoding


def _unmarked(start: bytes) -> str:
    """UTF-16 has a zero in every second byte of ASCII, and a header of codes is ASCII."""
    if start[1:2] == b"\0" and start[:1] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if start[:1] == b"\0" and start[1:2] not in {b"", b"\0"} else "utf-8"


def _separator(file: BinaryIO, encoding: str) -> str:
    """Return the separator that gives the widest of the first rows, the usual one first."""
    file.seek(0)
    text = codecs.getincrementaldecoder(encoding)().decode(file.read(_LOOKED_AT))
    best: Counter[str] = Counter()
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            best[separator] = max(map(len, islice(rows, _ROWS_LOOKED_AT)), default=0)
        except csv.Error:
            continue
    return best.most_common(1)[0][0] if best else ","


def _rows(file: BinaryIO, encoding: str, separator: str) -> Iterator[NumberedRow]:
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            cells: Cells = [None if is_blank(cell) else cell for cell in row]
            if any(cell is not None for cell in cells):
                if max(map(len, row)) > LONGEST_TEXT:
                    raise UnreadableError(replace(TEXT_TOO_LONG, where=f"line {line}"))
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise UnreadableError(_quotes(line)) from None
    finally:
        with suppress(ValueError):  # somebody stopped reading, and the file is closed already
            text.detach()


def _not_text(at: int) -> Reason:
    return Reason(
        code="text_encoding", where=f"byte {at}",
        message="the file is neither UTF-8 nor UTF-16 text",
        next_step="save it as CSV UTF-8 (in Excel: Save as, CSV UTF-8) and send it again",
    )  # fmt: skip


def _quotes(line: int) -> Reason:
    return Reason(
        code="csv_malformed", where=f"line {line}",
        message="a quoted text has no end, or something follows its end",
        next_step="double each quotation mark inside a text, save and send the file again",
    )  # fmt: skip
