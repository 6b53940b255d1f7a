"""A folder into which offices put workbooks, polled. Reads files; moves, marks and deletes none."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from adapters.sdk.manifest import SheetForm
from adapters.sdk.plain_file import NotPlainError, TooLongError, read_plain_file
from adapters.sdk.ports import Batch, Record, Unreadable
from adapters.sdk.table import Row, Workbook, read_workbook
from adapters.sdk.twins import Keys, find_twins
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason, RetriableError

log = structlog.get_logger()
MAX_FILE = 64 * 2**20
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A file that was read; `twins` are the places of rows that a later row would hide."""

    sha256: str
    book: Workbook
    twins: Mapping[int, Row]


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
            content = self._open(file)
        except FileNotFoundError:
            return
        except OSError:
            self._wait(file, pull, _NOT_OPENED)
        except UnreadableError as error:
            if error.unfinished:
                self._wait(file, pull, error.reason)
            else:
                _give_up(file, pull, error.reason)
        else:
            self._give(file, content, pull)

    def _open(self, file: FileState) -> _Content:
        if self._last and self._last[0] == file:
            return self._last[1]
        if not file.has_name:
            raise UnreadableError(_NAME_IS_NO_TEXT)
        if file.mtime not in _TIMES:
            raise UnreadableError(_TIME_IMPOSSIBLE)
        content = self._read(file)
        if _state(self._inbox / file.name) != file:
            raise UnreadableError(_STILL_CHANGING, unfinished=True)
        book = read_workbook(content, self._form)
        if book.extra_columns:
            log.info("workbook_columns_ignored", file=file.name, count=book.extra_columns)
        twins = find_twins(book.rows, self._keys, self._form.tells_apart)
        read = _Content(sha256=hashlib.sha256(content).hexdigest(), book=book, twins=twins)
        self._last = (file, read)
        return read

    def _read(self, file: FileState) -> bytes:
        try:
            return read_plain_file(self._inbox / file.name, MAX_FILE)
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
        book, twins = content.book, content.twins
        going_on = pull.at.get("name") == file.name and pull.at.get("sha256") == content.sha256
        start = pull.at["given"] if going_on and file.is_as(pull.at) else 0
        stop = start + pull.most - len(pull.records)
        rows = enumerate(book.rows[start:stop], start)
        pull.records.extend(self._record(file, row) for at, row in rows if at not in twins)
        if stop < len(book.rows):
            pull.at = file.stored(name=file.name, sha256=content.sha256, given=stop)
            pull.more = True
            return
        odd = [_odd_key(file, row) for row in book.rows if self._keys(row.cells) is None]
        for at, hiding in twins.items():
            row = book.rows[at]
            odd.append(_odd_key(file, row))
            place = f"{row.sheet}, row {row.number}"
            pull.unreadable.append(_unreadable(file, odd[-1], _key_twice(hiding), place))
        for problem in book.problems:
            key = f"{file.name}#{problem.sheet}"
            odd.append(key)
            pull.unreadable.append(_unreadable(file, key, problem.reason, problem.sheet))
        pull.end(file, content.sha256, odd)
        self._last = None

    def _record(self, file: FileState, row: Row) -> Record:
        odd = _odd_key(file, row)
        key, person = self._keys(row.cells) or (odd, odd)
        return Record(
            record=self._form.record,
            key=key,
            person=person,
            version=f"{file.version}/{row.sheet_index:04d}/{row.number:07d}",
            body=row.cells,
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


def _odd_key(file: FileState, row: Row) -> str:
    """The key of a row that has none of its own: the contract rejects it, and it is not lost."""
    return f"{file.name}#{row.sheet}#{row.number}"


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


def _key_twice(hiding: Row) -> Reason:
    return Reason(
        code="row_key_twice",
        message=f"row {hiding.number} of sheet {hiding.sheet} has the same key and names another"
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
