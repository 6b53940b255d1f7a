"""Opens a file that somebody sends and gives its rows, whatever its kind. Gives them no meaning.

`open_file` looks at the content, not at the name alone. Rows can be asked for again and again:
each time the file is read anew, and nothing of it is held but what one row needs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from adapters.sdk.cells import Plain
from adapters.sdk.file_rows import KINDS, LOOKED_AT, Kind, numbered_in, rows_of
from adapters.sdk.manifest import SheetForm
from adapters.sdk.plain_file import NotPlainError, TooLongError, open_plain_file
from adapters.sdk.reading_sheets import body_of
from adapters.sdk.table import Problem, Row
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason
from contracts.strict_json import LARGEST

__all__ = ["KINDS", "FileRow", "Kind", "ReadFile", "open_file"]

MAX_FILE = 2**30
"""How many bytes are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One record of a file. `row` is the number that a person sees: Excel's, a line, or a count.

    `body` maps names to plain values; under `_zawgyi` it holds what was converted, as written.
    """

    sheet: str
    row: int
    where: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class ReadFile:
    """A file that was opened. `problems`, `notes` and `extra` are of the last complete reading.

    `columns` are the names found in the file; `labels` what the file itself says that they mean,
    and `codes` what it says of their codes (SPSS alone says so).
    """

    name: str
    kind: Kind
    columns: Sequence[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[Plain, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    _read: Callable[["ReadFile"], Iterator[FileRow]] = field(repr=False)

    def rows(self) -> Iterator[FileRow]:
        """Read the file from its start. Raises UnreadableError for what shows only on the way."""
        self.problems.clear()
        self.notes.clear()
        self.extra.clear()
        return self._read(self)


def open_file(path: Path, *, form: SheetForm | None = None) -> ReadFile:
    """Open a file and find its columns. With a form, its codes decide where the header stands.

    Raises UnreadableError, whose reason says what to do, for anything that cannot be read.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UnreadableError(_KIND_UNKNOWN)
    if kind == "sav":
        return _survey(path)
    if kind in {"json", "jsonl"}:
        return _documents(path, kind)
    return _sheets(path, kind, form)


def _sheets(path: Path, kind: Kind, form: SheetForm | None) -> ReadFile:
    with closing(_open(path)) as file:
        reading = rows_of(file, kind, form)
        next(reading.found, None)
    read = partial(_rows, path=path, form=form)
    return ReadFile(name=path.name, kind=kind, columns=tuple(reading.columns), _read=read)


def _rows(about: ReadFile, *, path: Path, form: SheetForm | None) -> Iterator[FileRow]:
    with closing(_open(path)) as file:
        reading = rows_of(file, about.kind, form)
        for row in reading.rows():
            yield _of_row(about, row)
    about.problems += reading.problems
    about.extra += dict.fromkeys(reading.extra)
    about.notes += [*reading.notes, *reading.encodings.notes()]


def _of_row(about: ReadFile, row: Row) -> FileRow:
    place = f"{row.sheet}, row" if row.sheet else "row"
    where = f"{about.name}, {place} {row.number}"
    return FileRow(sheet=row.sheet, row=row.number, where=where, body=body_of(row))


def _documents(path: Path, kind: Kind) -> ReadFile:
    most = LARGEST if kind == "json" else MAX_FILE
    with closing(_open(path, most)) as file:
        first = islice(numbered_in(file, kind), LOOKED_AT)
        columns = dict.fromkeys(name for _, record in first for name in record)
    what = "record" if kind == "json" else "line"
    read = partial(_plain_rows, path=path, most=most, what=what)
    return ReadFile(name=path.name, kind=kind, columns=tuple(columns), _read=read)


def _survey(path: Path) -> ReadFile:
    from adapters.sdk.sav_records import open_survey

    _open(path).close()  # a link or a pipe is refused before the library follows it
    survey = open_survey(path)
    read = partial(_plain_rows, path=path, most=MAX_FILE, what="row")
    return ReadFile(
        name=path.name, kind="sav", columns=survey.columns, labels=survey.labels,
        codes=survey.codes, _read=read,
    )  # fmt: skip


def _plain_rows(about: ReadFile, *, path: Path, most: int, what: str) -> Iterator[FileRow]:
    with closing(_open(path, most)) as file:
        reading = rows_of(file, about.kind, None)
        for row in reading.rows():
            where = f"{about.name}, {what} {row.number}"
            yield FileRow(sheet="", row=row.number, where=where, body=body_of(row))
    about.notes += reading.encodings.notes()


def _open(path: Path, most: int = MAX_FILE) -> BinaryIO:
    try:
        return open_plain_file(path, most)
    except TooLongError:
        raise UnreadableError(replace(_TOO_LARGE, where=path.name)) from None
    except (NotPlainError, OSError):
        raise UnreadableError(replace(_NOT_OPENED, where=path.name)) from None


_KIND_UNKNOWN = Reason(
    code="file_kind_unknown",
    message=f"the file's name ends in none of {', '.join(KINDS)}",
    next_step="save it as one of these kinds, with that ending",
)
_TOO_LARGE = Reason(
    code="file_too_large",
    message="the file has more bytes than are read at once",
    next_step="send the records in several smaller files",
)
_NOT_OPENED = Reason(
    code="file_not_opened",
    message="the file is not there, is no plain file, or may not be read",
    next_step="check its name, close it where it is open, or copy it again",
)
