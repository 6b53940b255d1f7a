"""A text file of separated values as one sheet. Guesses encoding and separator, never a cell."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

from adapters.sdk.cells import is_blank, text_in
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
_MARKED = re.compile(r"['\u2018\u2019]\d|\.0(?:\n|$)")
_CODE = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+")


def csv_grids(file: BinaryIO) -> Iterator[Grid]:
    """Read the file as one nameless sheet; rows are numbered as Excel does.

    Raises UnreadableError for bytes that are no text, before any row is given.
    """
    encoding = _encoding(file)
    separator, is_spaced = _dialect(file, encoding)
    file.seek(0)
    yield Grid(sheet="", index=0, rows=_rows(file, encoding, separator, is_spaced))


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


def _dialect(file: BinaryIO, encoding: str) -> tuple[str, bool]:
    """Return the separator, and whether blanks stand between it and a quoted text.

    It is the one that gives the most codes of two words in one row, as a header has them, else the
    most cells: a title or a text may hold any of the others, and in every row.
    """
    file.seek(0)
    text = codecs.getincrementaldecoder(encoding)().decode(file.read(_LOOKED_AT))
    best: dict[str, tuple[int, int]] = {}
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        found: list[list[str]] = []
        with suppress(csv.Error):
            found.extend(row for row in islice(rows, _ROWS_LOOKED_AT) if len(row) > 1)
        in_a_row = (sum(map(_is_code, row)) for row in found)
        best[separator] = max(in_a_row, default=0), sum(map(len, found))
    separator = max(SEPARATORS, key=lambda one: best[one])
    return separator, f'"{separator} "' in text


def _is_code(cell: str) -> bool:
    return bool(_CODE.fullmatch(cell.strip(" *").casefold()))


def _rows(file: BinaryIO, encoding: str, separator: str, is_spaced: bool) -> Iterator[NumberedRow]:
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=separator, skipinitialspace=is_spaced, strict=True)
    number = 1
    try:
        for row in reader:
            cells: Cells = [None if is_blank(cell) else cell for cell in row]
            if _MARKED.search("\n".join(row)):
                cells = [_meant(cell) for cell in row]
            if any(cell is not None for cell in cells):
                if max(map(len, row)) > LONGEST_TEXT:
                    raise UnreadableError(replace(TEXT_TOO_LONG, where=f"row {number}"))
                yield number, cells
            number += 1  # a text of several lines is one row
    except csv.Error:
        raise UnreadableError(_quotes(number)) from None
    finally:
        with suppress(ValueError):  # somebody stopped reading, and the file is closed already
            text.detach()


def _meant(text: str) -> str | None:
    """Return a cell; a whole number without the `.0` that a program wrote behind a code."""
    cell = text_in(text)
    return cell[:-2] if cell and cell[-2:] == ".0" and cell[:-2].isdecimal() else cell


def _not_text(at: int) -> Reason:
    return Reason(
        code="text_encoding", where=f"byte {at}",
        message="the file is neither UTF-8 nor UTF-16 text",
        next_step="save it as CSV UTF-8 (in Excel: Save as, CSV UTF-8) and send it again",
    )  # fmt: skip


def _quotes(row: int) -> Reason:
    return Reason(
        code="csv_malformed", where=f"row {row}",
        message="a quoted text has no end, or something follows its end",
        next_step="double each quotation mark inside a text, save and send the file again",
    )  # fmt: skip
