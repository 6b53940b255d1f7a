"""A folder into which offices put workbooks, polled. Reads files; moves, marks and deletes none."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from adapters.sdk.grid import Grid
from adapters.sdk.manifest import SheetForm
from adapters.sdk.plain_file import NotPlainError, TooLongError, open_plain_file
from adapters.sdk.ports import Batch, Record, Unreadable
from adapters.sdk.reading_sheets import body_of, grids_in
from adapters.sdk.table import Problem, Row, Tables
from adapters.sdk.twins import Census, Keys, Place, Twin
from adapters.sdk.unpack import UnreadableError
from adapters.sdk.zawgyi_columns import Encodings
from contracts.errors import Reason, RetriableError

log = structlog.get_logger()
MAX_FILE = 512 * 2**20
# Not only .xlsx: what somebody meant as a workbook gets an answer instead of silence.
_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv"})
_TIMES = range(946_684_800 * 10**9, 4_102_444_800 * 10**9)  # the years 2000 to 2099
_PASSING_PREFIXES = ("~", ".")
_PASSING_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """One file as the folder lists it. `name` is text; `has_name` tells whether it is its own."""

    name: str
    size: int
    mtime: int
    has_name: bool = True

    def is_as(self, stored: Mapping[str, Any] | None) -> bool:
        """Whether a checkpoint's entry is about this very state of the file."""
        return stored is not None and (stored["size"], stored["mtime"]) == (self.size, self.mtime)

    def stored(self, **more: Any) -> dict[str, Any]:
        """The state as a checkpoint holds it."""
        return {"size": self.size, "mtime": self.mtime, **more}

    @property
    def version(self) -> str:
        """The version of whatever the file says: compares as text, newest file last."""
        return f"{self.mtime:020d}/{self.name}"


@dataclass(slots=True, kw_only=True)
class _Content:
    """A file that was read once to its end, and is being read again to be given.

    `twins` are the places of rows that a later row would hide; `rows` stand at `given`.
    """

    sha256: str
    count: int
    keyless: Sequence[Place]
    twins: Mapping[int, Twin]
    problems: Sequence[Problem]
    rows: Iterator[Row] = field(repr=False)
    given: int = 0


@dataclass(slots=True, kw_only=True)
class _Pull:
    """What one pull works on: the checkpoint's three parts, and what it has gathered.

    `done` holds each file's state and, as `odd`, the keys of what could not be read in it;
    `waiting` since when (in seconds of `wall`) an incomplete file has stayed the same; `at` the
    file that is given in parts, with the number of rows given.
    """

    done: dict[str, dict[str, Any]]
    waiting: dict[str, dict[str, Any]]
    at: dict[str, Any]
    most: int
    records: list[Record] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    more: bool = False

    def end(self, file: FileState, sha256: str, odd: Sequence[str]) -> None:
        """Note that a file is dealt with, and as mended what was odd in it and is no more."""
        before = self.done.get(file.name, {}).get("odd", [])
        self.mended.extend(key for key in before if key not in set(odd))
        self.done[file.name] = file.stored(sha256=sha256, odd=list(odd))
        self.waiting.pop(file.name, None)
        self.at = {}


class WorkbookFolder:
    """Pulls records out of the workbooks in `inbox`, oldest file first.

    `clock` is the source's own time, `wall` counts the seconds of waiting: a file that is
    incomplete (still being copied) is looked at again until it has stayed the same for
    `grace_seconds`.
    """

    def __init__(
        self,
        inbox: Path,
        form: SheetForm,
        keys: Keys,
        *,
        clock: Callable[[], datetime],
        wall: Callable[[], float],
        grace_seconds: float,
    ) -> None:
        self._inbox = inbox
        self._form = form
        self._keys = keys
        self._clock = clock
        self._wall = wall
        self._grace = grace_seconds
        # A file is read once, not once a batch.
        self._last: tuple[FileState, _Content] | None = None

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """Give the rows of files that are new or have changed; see `adapters.sdk.ports.Pulls`."""
        asked = self._clock()
        files = self._list()
        names = {file.name for file in files}
        stored = checkpoint or {}
        pull = _Pull(
            done={n: dict(e) for n, e in stored.get("done", {}).items() if n in names or e["odd"]},
            waiting={n: dict(e) for n, e in stored.get("waiting", {}).items() if n in names},
            at=dict(stored.get("at", {})),
            most=most,
        )
        for file in files:
            if file.is_as(pull.done.get(file.name)):
                continue
            if len(pull.records) + len(pull.unreadable) >= most:
                pull.more = True
            if pull.more:
                break
            self._take(file, pull)
        return Batch(
            records=pull.records,
            unreadable=pull.unreadable,
            mended=pull.mended,
            checkpoint={"done": pull.done, "waiting": pull.waiting, "at": pull.at},
            more=pull.more,
            complete_until=None if pull.more or pull.waiting else asked,
        )

    def _list(self) -> list[FileState]:
        """The workbooks in the folder, oldest first; nothing that is a lock or a passing state."""
        try:
            states = [state for path in self._inbox.iterdir() if (state := _state(path))]
        except OSError as error:
            raise RetriableError(
                f"the inbox folder cannot be listed ({type(error).__name__}):"
                " check that it exists, is mounted and may be read"
            ) from None
        return sorted(states, key=lambda state: (state.mtime, state.name))

    def _take(self, file: FileState, pull: _Pull) -> None:
        try:
            self._give(file, self._open(file), pull)
        except FileNotFoundError:
            self._last = None
        except OSError:
            self._last = None
            self._wait(file, pull, _NOT_OPENED)
        except UnreadableError as error:
            self._last = None
            if error.unfinished:
                self._wait(file, pull, error.reason)
            else:
                _give_up(file, pull, error.reason)

    def _open(self, file: FileState) -> _Content:
        """Read a file to its end before anything of it is given, and stand at its start again."""
        if self._last and self._last[0] == file:
            return self._last[1]
        if not file.has_name:
            raise UnreadableError(_NAME_IS_NO_TEXT)
        if file.mtime not in _TIMES:
            raise UnreadableError(_TIME_IMPOSSIBLE)
        census = Census(self._keys, self._form.tells_apart)
        with closing(self._plain(file)) as opened:
            sha256 = _sha256(opened)
            tables = Tables(self._grids(opened), self._form)
            census.take(Encodings().rows(tables.rows()))
        if _state(self._inbox / file.name) != file:
            raise UnreadableError(_STILL_CHANGING, unfinished=True)
        if tables.extra:
            log.info("workbook_columns_ignored", file=file.name, count=len(tables.extra))
        read = _Content(
            sha256=sha256, count=len(census), keyless=census.keyless, twins=census.twins(),
            problems=tables.problems, rows=self._rows(file),
        )  # fmt: skip
        self._last = (file, read)
        return read

    def _rows(self, file: FileState) -> Iterator[Row]:
        """Read the file again. It stays open until the rows end, or nobody wants them any more."""
        with closing(self._plain(file)) as opened:
            yield from Encodings().rows(Tables(self._grids(opened), self._form).rows())

    def _grids(self, opened: BinaryIO) -> Iterator[Grid]:
        opened.seek(0)
        return grids_in(opened, "xlsx")  # a text file (.csv) that was cut off looks whole

    def _plain(self, file: FileState) -> BinaryIO:
        try:
            return open_plain_file(self._inbox / file.name, MAX_FILE)
        except TooLongError:
            raise UnreadableError(_TOO_LARGE) from None
        except NotPlainError:
            raise UnreadableError(_NOT_PLAIN) from None

    def _wait(self, file: FileState, pull: _Pull, reason: Reason) -> None:
        """Look again at the next pull, or give up when the file stayed as it is for long enough."""
        now = self._wall()
        before = pull.waiting.get(file.name)
        since = before["since"] if before and file.is_as(before) else now
        if now - since >= self._grace:
            _give_up(file, pull, reason)
        else:
            pull.waiting[file.name] = file.stored(since=min(since, now))

    def _give(self, file: FileState, content: _Content, pull: _Pull) -> None:
        """Give as many rows as there is room for, from where the last pull stopped."""
        going_on = pull.at.get("name") == file.name and pull.at.get("sha256") == content.sha256
        start = pull.at["given"] if going_on and file.is_as(pull.at) else 0
        stop = min(start + pull.most - len(pull.records), content.count)
        records = self._records(file, content, start, stop)
        if _state(self._inbox / file.name) != file:
            raise UnreadableError(_STILL_CHANGING, unfinished=True)
        pull.records.extend(records)
        if stop < content.count:
            pull.at = file.stored(name=file.name, sha256=content.sha256, given=stop)
            pull.more = True
            return
        self._end(file, content, pull)
        self._last = None

    def _records(
        self, file: FileState, content: _Content, start: int, stop: int
    ) -> Sequence[Record]:
        """Read the rows from `start` to `stop`, without those that a later row would hide."""
        if start < content.given:
            content.rows, content.given = self._rows(file), 0
        rows = enumerate(islice(content.rows, start - content.given, stop - content.given), start)
        records = [self._record(file, row) for at, row in rows if at not in content.twins]
        content.given = stop
        return records

    def _end(self, file: FileState, content: _Content, pull: _Pull) -> None:
        """Tell of everything in the file that was no record."""
        odd = [_odd_key(file, place) for place in content.keyless]
        for twin in content.twins.values():
            odd.append(_odd_key(file, twin.place))
            where = f"{twin.place[0]}, row {twin.place[1]}"
            pull.unreadable.append(_unreadable(file, odd[-1], _key_twice(twin.hidden_by), where))
        for problem in content.problems:
            key = f"{file.name}#{problem.sheet}"
            if (
                problem.reason.column and problem.reason.where
            ):  # cells of a sheet that was read otherwise
                key += f"#{problem.reason.column}"
            odd.append(key)
            where = problem.reason.where or problem.sheet
            pull.unreadable.append(_unreadable(file, key, problem.reason, where))
        pull.end(file, content.sha256, odd)

    def _record(self, file: FileState, row: Row) -> Record:
        odd = _odd_key(file, (row.sheet, row.number))
        key, person = self._keys(row.cells) or (odd, odd)
        return Record(
            record=self._form.record,
            key=key,
            person=person,
            version=f"{file.version}/{row.sheet_index:04d}/{row.number:07d}",
            body=body_of(row),
            where=f"{file.name}, {row.sheet}, row {row.number}",
            changed=datetime.fromtimestamp(file.mtime / 1e9, UTC),
        )


def _state(path: Path) -> FileState | None:
    """The file's state; None for what is no workbook, or a lock or half of one by its name."""
    passing = path.name.startswith(_PASSING_PREFIXES) or path.stem.lower().endswith(
        _PASSING_SUFFIXES
    )
    if passing or path.suffix.lower() not in _SUFFIXES:
        return None
    try:
        stat = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    name = path.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return FileState(
        name=name, size=stat.st_size, mtime=stat.st_mtime_ns, has_name=name == path.name
    )


def _sha256(opened: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := opened.read(2**20):
        digest.update(block)
    return digest.hexdigest()


def _odd_key(file: FileState, place: Place) -> str:
    """The key of a row that has none of its own: the contract rejects it, and it is not lost."""
    return f"{file.name}#{place[0]}#{place[1]}"


def _give_up(file: FileState, pull: _Pull, reason: Reason) -> None:
    pull.unreadable.append(_unreadable(file, file.name, reason))
    pull.end(file, "", [file.name])


def _unreadable(file: FileState, key: str, reason: Reason, place: str = "") -> Unreadable:
    within = place or reason.where
    where = f"{file.name}, {within}" if within else file.name
    placed = Reason(
        code=reason.code, message=reason.message, next_step=reason.next_step,
        column=reason.column, where=where,
    )  # fmt: skip
    return Unreadable(key=key, version=file.version, reason=placed)


def _key_twice(hiding: Place) -> Reason:
    return Reason(
        code="row_key_twice",
        message=f"row {hiding[1]} of sheet {hiding[0]} has the same key and names another"
        " person; this row was not used",
        next_step="give each person a number of its own, or delete the wrong row, and send the"
        " file again",
    )  # fmt: skip


_AGAIN = "copy the whole file into the folder again"
_NOT_OPENED = Reason(
    code="file_not_opened", message="the file may not be read",
    next_step="close it where it is open, let the hub's account read it, or copy it again",
)  # fmt: skip
_STILL_CHANGING = Reason(
    code="file_still_changing", message="the file changed while it was read", next_step=_AGAIN
)
_TOO_LARGE = Reason(
    code="file_too_large",
    message=f"the file has more than {MAX_FILE // 2**20} MB",
    next_step="send the records in several smaller files",
)
_NOT_PLAIN = Reason(
    code="file_not_plain",
    message="it is a link, a folder or a device, and no file",
    next_step="copy the workbook itself into the folder",
)
_NAME_IS_NO_TEXT = Reason(
    code="file_name_unreadable",
    message="the file's name is no text (UTF-8)",
    next_step="rename the file, with letters and digits only",
)
_TIME_IMPOSSIBLE = Reason(
    code="file_time_impossible",
    message="the file's time lies before 2000 or after 2099, so it cannot be put in order",
    next_step="correct the computer's clock, save the workbook and send it again",
)
