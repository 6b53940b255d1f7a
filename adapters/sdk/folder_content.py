"""One file of a folder: read once to its end, then given in parts. Knows no checkpoint.

Nothing of a file is given before its end was seen: half of one would look like all of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from adapters.sdk.file_form import FileForm
from adapters.sdk.file_rows import TABLES, FileRows, Kind, rows_of
from adapters.sdk.folder_files import FileState, open_listed, sha256_of, state_of
from adapters.sdk.table import Problem
from adapters.sdk.twins import Census, Found, Place, Twin
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason

_ROW_WORDS: Mapping[Kind | None, str] = {"csv": "row ", "jsonl": "line ", "json": "record "}


class ChangedError(Exception):
    """The file is another one than it was when it was listed: it is still being written."""


@dataclass(slots=True, kw_only=True)
class Content:
    """A file that was read to its end, and is being read again to be given.

    `twins` are the places of records that a later one would hide; `records` stand at `given`;
    `extra` counts the columns that the form lacks.
    """

    file: FileState
    inbox: Path
    form: FileForm
    sha256: str
    count: int
    extra: int
    keyless: Sequence[Place]
    twins: Mapping[int, Twin]
    problems: Sequence[Problem]
    given: int = 0
    _records: Iterator[Found] | None = field(default=None, repr=False)

    def take(self, start: int, stop: int) -> list[Found]:
        """Give the records from `start` to `stop`, without those that a later one would hide.

        Raises OSError and UnreadableError like the first reading, and ChangedError.
        """
        if self._records is None or start < self.given:
            self._records, self.given = _read_again(self.inbox, self.file, self.form), 0
        rows = islice(self._records, start - self.given, stop - self.given)
        found = [one for at, one in enumerate(rows, start) if at not in self.twins]
        self.given = stop
        _check_unchanged(self.inbox, self.file)
        return found


def read_content(inbox: Path, file: FileState, form: FileForm) -> Content:
    """Read a file to its end, and keep of it what must be known before any of it is given.

    Raises OSError, UnreadableError with what to do, and ChangedError.
    """
    opened, kind = open_listed(inbox, file)
    with closing(opened):
        sha256 = sha256_of(opened)
        reading = _reading(opened, kind, form)
        census = Census(form.tells_apart)
        census.take(_found(reading, form))
    _check_unchanged(inbox, file)
    return Content(
        file=file, inbox=inbox, form=form, sha256=sha256, count=len(census),
        extra=len(reading.extra), keyless=census.keyless, twins=census.twins(),
        problems=reading.problems,
    )  # fmt: skip


def said(place: Place, file: FileState) -> str:
    """Return a place within a file in words."""
    row = f"{place.sheet}, row " if place.sheet else _ROW_WORDS.get(file.kind, "row ")
    return f"{row}{place.number}" + (f", child {place.part}" if place.part else "")


def _read_again(inbox: Path, file: FileState, form: FileForm) -> Iterator[Found]:
    """Read the file again. It stays open until the rows end, or nobody wants them any more."""
    opened, kind = open_listed(inbox, file)
    with closing(opened):
        yield from _found(_reading(opened, kind, form), form)


def _reading(opened: BinaryIO, kind: Kind, form: FileForm) -> FileRows:
    if kind in TABLES and form.sheet is None:
        raise UnreadableError(_NO_TABLE)
    return rows_of(opened, kind, form.sheet, form.needed)


def _found(reading: FileRows, form: FileForm) -> Iterator[Found]:
    for row in reading.rows():
        for one in form.records(form.body_of(row)):
            place = Place(sheet=row.sheet, number=row.number, part=one.part)
            yield Found(place=place, sheet_index=row.sheet_index, keys=one.keys, body=one.body)


def _check_unchanged(inbox: Path, file: FileState) -> None:
    if state_of(inbox / file.name) != file:
        raise ChangedError


_NO_TABLE = Reason(
    code="contract_names_alike",
    message="the contract has names that differ by capitals or blanks alone, which no table can"
    " tell apart",
    next_step="rename one of them in the contract, or send the records as JSON",
)
