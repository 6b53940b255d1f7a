"""A folder into which offices put files, polled. Reads files; moves, marks and deletes none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from adapters.sdk.file_form import FileForm
from adapters.sdk.folder_content import ChangedError, Content, read_content, said
from adapters.sdk.folder_files import FileState, list_files
from adapters.sdk.ports import Batch, Record, Unreadable
from adapters.sdk.table import Problem
from adapters.sdk.twins import Found, Place, Twin
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class _Pull:
    """What one pull works on: the checkpoint's three parts, and what it has gathered.

    `done` holds each file's state and, as `odd`, the keys of what could not be read in it;
    `waiting` since when (in seconds of `wall`) a file that may not be whole has stayed the same;
    `at` the file that is given in parts, with the number of records given.
    """

    done: dict[str, dict[str, Any]]
    waiting: dict[str, dict[str, Any]]
    at: dict[str, Any]
    most: int
    records: list[Record] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    more: bool = False

    def end(self, file: FileState, odd: Sequence[str]) -> None:
        """Note that a file is dealt with, and as mended what was odd in it and is no more."""
        before = self.done.get(file.name, {}).get("odd", [])
        now = set(odd)
        self.mended.extend(key for key in before if key not in now)
        self.done[file.name] = file.stored(odd=list(odd))
        self.waiting.pop(file.name, None)
        self.at = {}


class OfficeFolder:
    """Pulls records out of the files in `inbox`, oldest file first.

    `clock` is the source's own time, `wall` counts the seconds of waiting. A file that is
    incomplete (still being copied) is looked at again until it has stayed the same for
    `grace_seconds`; one that would look whole without its end is not looked into before that.
    """

    def __init__(
        self,
        inbox: Path,
        form: FileForm,
        *,
        clock: Callable[[], datetime],
        wall: Callable[[], float],
        grace_seconds: float,
    ) -> None:
        self._inbox = inbox
        self._form = form
        self._clock = clock
        self._wall = wall
        self._grace = grace_seconds
        # A file is read once, not once a batch.
        self._last: Content | None = None

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """Give the rows of files that are new or have changed; see `adapters.sdk.ports.Pulls`."""
        asked = self._clock()
        files = list_files(self._inbox)
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

    def _take(self, file: FileState, pull: _Pull) -> None:
        if file.looks_whole and not self._has_stayed(file, pull):
            return
        try:
            self._give(file, self._read(file), pull)
        except (ChangedError, OSError, UnreadableError) as fault:
            self._last = None
            self._fail(file, pull, fault)

    def _fail(self, file: FileState, pull: _Pull, fault: Exception) -> None:
        """Look again later at what may still be on its way, and tell of anything else."""
        if isinstance(fault, ChangedError):
            pull.waiting[file.name] = file.stored(since=self._wall())
        elif isinstance(fault, UnreadableError) and not fault.unfinished:
            self._give_up(file, pull, fault.reason)
        elif not isinstance(fault, FileNotFoundError):
            self._wait(file, pull, fault.reason if isinstance(fault, UnreadableError) else _CLOSED)

    def _has_stayed(self, file: FileState, pull: _Pull) -> bool:
        """Whether the file has stayed as it is for long enough; it is noted as waiting if not."""
        now = self._wall()
        before = pull.waiting.get(file.name)
        since = before["since"] if before and file.is_as(before) else now
        if now - since >= self._grace:
            return True
        pull.waiting[file.name] = file.stored(since=min(since, now))
        return False

    def _wait(self, file: FileState, pull: _Pull, reason: Reason) -> None:
        """Look again at the next pull, or give up when the file stayed as it is."""
        if self._has_stayed(file, pull):
            self._give_up(file, pull, reason)

    def _read(self, file: FileState) -> Content:
        if self._last is None or self._last.file != file:
            self._last = None  # before the next one is read: it may hold much
            self._last = read_content(self._inbox, file, self._form)
            if self._last.extra:
                # Not the file's name: it may be a person's.
                log.info(
                    "workbook_columns_ignored", record=self._form.record, count=self._last.extra
                )
        return self._last

    def _give(self, file: FileState, content: Content, pull: _Pull) -> None:
        """Give as many records as there is room for, from where the last pull stopped."""
        going_on = pull.at.get("name") == file.name and pull.at.get("sha256") == content.sha256
        start = pull.at["given"] if going_on and file.is_as(pull.at) else 0
        stop = min(start + pull.most - len(pull.records), content.count)
        pull.records.extend([self._record(file, one) for one in content.take(start, stop)])
        if stop < content.count:
            pull.at = file.stored(name=file.name, sha256=content.sha256, given=stop)
            pull.more = True
            return
        self._end(file, content, pull)
        self._last = None

    def _end(self, file: FileState, content: Content, pull: _Pull) -> None:
        """Tell of everything in the file that was no record."""
        told = [self._twin(file, twin) for twin in content.twins.values()]
        told += [self._problem(file, problem) for problem in content.problems]
        pull.unreadable.extend(told)
        keyless = [self._odd_key(file, place) for place in content.keyless]
        pull.end(file, [*keyless, *(one.key for one in told)])

    def _record(self, file: FileState, found: Found) -> Record:
        place, prefix = found.place, self._form.prefix
        if found.keys is None:
            key = person = self._odd_key(file, place)
        else:
            key, person = prefix + found.keys[0], found.keys[1] and prefix + found.keys[1]
        return Record(
            record=self._form.record,
            key=key,
            person=person,
            version=f"{file.version}/{found.sheet_index:04d}/{place.number:07d}",
            body=found.body,
            where=f"{file.name}, {said(place, file)}",
            changed=datetime.fromtimestamp(file.mtime / 1e9, UTC),
        )

    def _twin(self, file: FileState, twin: Twin) -> Unreadable:
        reason = _key_twice(said(twin.hidden_by, file))
        return _unreadable(file, self._odd_key(file, twin.place), reason, said(twin.place, file))

    def _problem(self, file: FileState, problem: Problem) -> Unreadable:
        key = f"{self._form.prefix}{file.name}#{problem.sheet}"
        if problem.reason.column and problem.reason.where:
            key += f"#{problem.reason.column}"  # cells of a sheet that was read otherwise
        return _unreadable(file, key, problem.reason, problem.reason.where or problem.sheet)

    def _odd_key(self, file: FileState, place: Place) -> str:
        """The key of a record without one: the contract rejects it, and it is not lost."""
        parts = (f"{self._form.prefix}{file.name}", place.sheet, str(place.number), place.part)
        return "#".join(filter(None, parts))

    def _give_up(self, file: FileState, pull: _Pull, reason: Reason) -> None:
        key = self._form.prefix + file.name
        pull.unreadable.append(_unreadable(file, key, reason, reason.where))
        pull.end(file, [key])


def _unreadable(file: FileState, key: str, reason: Reason, place: str) -> Unreadable:
    where = f"{file.name}, {place}" if place else file.name
    return Unreadable(key=key, version=file.version, reason=replace(reason, where=where))


def _key_twice(hiding: str) -> Reason:
    return Reason(
        code="row_key_twice",
        message=f"{hiding} has the same key and names another person; this one was not used",
        next_step="give each person a number of its own, or delete the wrong row, and send the"
        " file again",
    )  # fmt: skip


_CLOSED = Reason(
    code="file_not_opened", message="the file may not be read",
    next_step="close it where it is open, let the hub's account read it, or copy it again",
)  # fmt: skip
