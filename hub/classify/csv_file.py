"""A CSV file as batches, read in blocks of bytes: memory does not grow with the file."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from contracts.errors import FatalError
from hub.classify.source import HEADER_ROWS, Batch, internal, places

BLOCK = 4 << 20
_HEADER = 4 << 20  # bytes that no header reaches
_MARK = b"\xef\xbb\xbf"
_SEPARATORS = ",;\t"
_SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_STRAY_QUOTE = re.compile(rb'[^,;\t\r\n"]"[^,;\t\r\n"]')


class CsvFile:
    """A CSV file in UTF-8 with a header. Commas, semicolons or tabs separate its columns."""

    def __init__(self, file: BinaryIO, name: str, *, block: int = BLOCK) -> None:
        """Read the header."""
        self._file, self._name, self._block = file, name, block
        first = self._text(self._first().removeprefix(_MARK), HEADER_ROWS)
        if "\0" in first:  # UTF-16 without a mark
            raise FatalError(f"{name}: about row 1: not UTF-8; save it again as CSV UTF-8")
        self._separator = max(_SEPARATORS, key=first.count)
        try:
            rows = list(csv.reader([first], delimiter=self._separator))
        except csv.Error:
            raise FatalError(
                f"{name}: the header ends its line in a way that no spreadsheet does, or holds a"
                " text of more than 131072 letters; save it again as CSV UTF-8"
            ) from None
        if not rows or not any(rows[0]):
            raise FatalError(f"{name}: the first row must be the header, and it is empty")
        self.header = tuple(rows[0])

    def batches(self) -> Iterator[Batch]:
        """Yield the rows of each block."""
        row = HEADER_ROWS + 1
        for whole in self._blocks():
            block = whole.lstrip(b"\r\n")
            row += whole.count(b"\n", 0, len(whole) - len(block))
            rows = self._parse(block, row)
            at = places(row, rows.height)
            row += rows.height
            if empty := self._empty(block):
                kept = ~pl.int_range(rows.height, eager=True).is_in(empty)
                rows, at = rows.filter(kept), at.filter(kept)
            if rows.height:
                yield Batch(rows=rows, cells=rows, places=at)

    def _first(self) -> bytes:
        """Return the bytes of the header, which may hold line ends between quotes."""
        lines: list[bytes] = []
        size = quotes = 0
        while not lines or quotes % 2:
            line = self._file.readline(_HEADER)
            size += len(line)
            if lines and not line:
                raise FatalError(f"{self._name}: a quote in the header is not closed")
            if size >= _HEADER:
                raise FatalError(
                    f"{self._name}: the header does not end; is a quote not closed, or is this no"
                    " CSV file?"
                )
            quotes += line.count(b'"')
            lines.append(line)
        return b"".join(lines)

    def _blocks(self) -> Iterator[bytes]:
        """Yield blocks that end where a row does: at a line's end outside quotes."""
        rest = b""
        while read := self._file.read(self._block):
            whole = rest + read
            end = _last_end(whole)
            rest = whole[end:]
            if end:
                yield whole[:end]
            elif len(rest) > 16 * self._block:
                raise FatalError(f"{self._name}: a row does not end; is a quote not closed?")
        if rest:
            yield rest

    def _parse(self, block: bytes, row: int) -> pl.DataFrame:
        self._text(block, row)
        schema = {internal(place): pl.String for place in range(len(self.header))}
        try:
            return pl.read_csv(
                block, has_header=False, schema=schema, separator=self._separator,
                truncate_ragged_lines=False, missing_columns="insert",
            )  # fmt: skip
        except pl.exceptions.NoDataError:
            return pl.DataFrame(schema=schema)
        except pl.exceptions.PolarsError:
            # its own words repeat cells
            raise FatalError(f"{self._name}: {self._fault(block, row)}") from None

    def _fault(self, block: bytes, row: int) -> str:
        """Say which row cannot be read and why: another, slow look at what could not be read."""
        text = io.StringIO(block.decode("utf-8"), newline="")
        at = row
        try:
            for fields in csv.reader(text, delimiter=self._separator, strict=True):
                if len(fields) > len(self.header):
                    return (
                        f"row {at} has more fields ({len(fields)}) than the header"
                        f" ({len(self.header)}): put quotes around a text with a"
                        f" {_SEPARATOR_NAMES[self._separator]}, or take away what is too much"
                    )
                at += 1
        except csv.Error:
            return f"row {at}: a quote is not closed, or text follows a closed one; mend the quotes"
        found = _STRAY_QUOTE.search(block)
        line = row + block.count(b"\n", 0, found.start() if found else 0)
        return f"about row {line}: a quote inside a text without quotes; write it twice, in quotes"

    def _empty(self, block: bytes) -> list[int]:
        """Return the places of lines without anything: they are no rows."""
        if b"\n\n" not in block and b"\n\r\n" not in block:
            return []
        if b'"' not in block:
            return [at for at, line in enumerate(block.split(b"\n")) if line in (b"", b"\r")]
        text = io.StringIO(block.decode("utf-8"), newline="")
        found = csv.reader(text, delimiter=self._separator)
        try:
            return [at for at, fields in enumerate(found) if not fields]
        except csv.Error:
            raise FatalError(
                f"{self._name}: some text has more than 131072 letters; is a quote not closed?"
            ) from None

    def _text(self, block: bytes, row: int) -> str:
        """Return a block as text, or say what to do about another encoding."""
        if block.isascii():
            return "" if row > HEADER_ROWS else block.decode("ascii")
        try:
            return block.decode("utf-8")
        except UnicodeDecodeError as error:
            line = row + block.count(b"\n", 0, error.start)
            raise FatalError(
                f"{self._name}: about row {line}: not UTF-8; save it again as CSV UTF-8"
            ) from None


def _last_end(block: bytes) -> int:
    """Return where the last whole row ends: a doubled quote in a field counts as none."""
    end = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, end)
    while end and quotes % 2:  # each byte is looked at once, however far back the quote was opened
        before = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(b'"', before, end)
        end = before
    return end


def is_csv(path: Path) -> bool:
    """Tell by its name whether a file is one."""
    return path.suffix.casefold() in (".csv", ".tsv", ".txt")
