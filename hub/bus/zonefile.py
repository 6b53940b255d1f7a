"""One append-only log in one SQLite file: topics and records. Knows no member and no thread."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from contracts.errors import FatalError, RetriableError
from contracts.topics import Topic
from hub.bus.partitioning import partition_of
from hub.bus.port import Incoming, Outgoing, Partition

FORMAT = 1
STREAM_BITS = 40  # a record's place: the number of its stream, then its offset in 40 bits
_WAIT_SECONDS = 30.0
_FETCH_BYTES = 32 * 1024 * 1024

# `party`, `member`, `wish` and `lease` belong to leases.py: who of a group owns which stream;
# `compacted` and `chore` belong to retention.py.
_TABLES = """
create table stream (id integer primary key, topic text not null, number integer not null,
    keep text not null, keep_days integer not null, next integer not null default 0,
    compacted integer not null default 0,
    unique (topic, number));
create table record (place integer primary key, at real not null, key blob not null,
    headers blob not null, value blob);
create table party (grp text primary key, change integer not null) without rowid;
create table member (id integer primary key autoincrement, grp text not null,
    seen real not null, session real not null);
create table wish (member integer not null, topic text not null,
    primary key (member, topic)) without rowid;
create table lease (grp text not null, stream integer not null, owner integer,
    generation integer not null, shown integer, primary key (grp, stream)) without rowid;
create table chore (name text primary key, at real not null) without rowid;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One partition as the file knows it."""

    id: int
    partition: Partition

    def place(self, offset: int) -> int:
        """Where the record of that offset stands in the file."""
        return (self.id << STREAM_BITS) + offset

    @property
    def end(self) -> int:
        """Behind the last place that this stream can ever use."""
        return (self.id + 1) << STREAM_BITS


class ZoneFile:
    """One connection to the file. Used by one thread at a time.

    `durable` False skips the flush to the disk at commit: for leases, which mean nothing after
    the machine has gone down. The next durable commit flushes them too.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.path = path
        self._streams: dict[str, list[Stream]] = {}
        with self._mending():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            self._link = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._use_wal()
            for pragma in (
                f"synchronous = {'full' if durable else 'normal'}",
                "secure_delete = on",
                "temp_store = memory",
                "journal_size_limit = 67108864",
            ):
                self._link.execute(f"pragma {pragma}")
        self._set_up()

    def close(self) -> None:
        """Release the file."""
        self._link.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes; nobody else writes to this file meanwhile."""
        with self._transaction("begin immediate") as link:
            yield link

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One transaction that sees one moment of the file."""
        with self._transaction("begin") as link:
            yield link

    def changed(self) -> int:
        """A number that differs when another connection has committed since the last call."""
        with self._mending():
            return int(self._link.execute("pragma data_version").fetchone()[0])

    def streams(self, topic: str) -> list[Stream]:
        """The streams of a topic by number; empty when the topic is not in this file."""
        if topic not in self._streams:
            with self._mending():  # in the caller's transaction, if there is one
                rows = self._link.execute(
                    "select id, number from stream where topic = ? order by number", (topic,)
                ).fetchall()
            if not rows:
                return []
            self._streams[topic] = [
                Stream(id=row[0], partition=Partition(topic, row[1])) for row in rows
            ]
        return self._streams[topic]

    def create(self, topic: Topic) -> None:
        """Create a topic, or check that the one that is there has as many partitions."""
        with self.writing() as link:
            count = link.execute(
                "select count(*) from stream where topic = ?", (topic.name,)
            ).fetchone()[0]
            if count not in {0, topic.partitions}:
                raise FatalError(
                    f"topic {topic.name} in {self.path.name} has {count} partitions, not"
                    f" {topic.partitions}: the number never changes, put the old one back"
                )
            link.executemany(
                "insert into stream (topic, number, keep, keep_days) values (?, ?, ?, ?)"
                " on conflict do update set keep = excluded.keep, keep_days = excluded.keep_days",
                [(topic.name, n, topic.keep, topic.keep_days) for n in range(topic.partitions)],
            )

    def append(self, records: Sequence[Outgoing], now: float) -> None:
        """Store the records in one transaction, in their order."""
        chosen = [self._stream_of(record) for record in records]
        with self.writing() as link:
            ends = _ends(link, {stream.id for stream in chosen})
            rows = []
            for stream, record in zip(chosen, records, strict=True):
                place = stream.place(ends[stream.id])
                ends[stream.id] += 1
                rows.append((place, now, record.key, _pack(record.headers), record.value))
            link.executemany("insert into record values (?, ?, ?, ?, ?)", rows)
            link.executemany(
                "update stream set next = ? where id = ?", [(end, id_) for id_, end in ends.items()]
            )

    def ends(self, topic: str) -> dict[Partition, int]:
        """The offset that the next record of each partition gets."""
        streams = self.streams(topic)
        with self.reading() as link:
            found = _ends(link, {stream.id for stream in streams})
        return {stream.partition: found[stream.id] for stream in streams}

    def _stream_of(self, record: Outgoing) -> Stream:
        streams = self.streams(record.topic)
        if not streams:
            raise RetriableError(f"topic {record.topic} is not there yet: start what creates it")
        return streams[partition_of(record.key, len(streams))]

    def _use_wal(self) -> None:
        """Switch the journal; the switch itself does not wait for others, so we do."""
        for left in reversed(range(200)):
            try:
                self._link.execute("pragma journal_mode = wal")
            except sqlite3.OperationalError:
                if not left:
                    raise
                time.sleep(0.02)
            else:
                return

    def _set_up(self) -> None:
        with self._mending():
            found = self._link.execute("pragma user_version").fetchone()[0]
        if not found:
            with self.writing() as link:
                found = link.execute("pragma user_version").fetchone()[0]
                if not found:  # nobody was faster
                    for statement in _TABLES.split(";"):
                        link.execute(statement)
                    link.execute(f"pragma user_version = {FORMAT}")
                    found = FORMAT
        if found != FORMAT:
            raise FatalError(
                f"{self.path.name} has format {found}, this program writes {FORMAT}:"
                " start the version that made it"
            )

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._mending():
            self._link.execute(begin)
            try:
                yield self._link
                self._link.execute("commit")
            except BaseException:
                if self._link.in_transaction:
                    self._link.execute("rollback")
                raise

    @contextmanager
    def _mending(self) -> Iterator[None]:
        """Say what a failure of the file asks for. The driver's own words are not passed on."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorname", "") or type(error).__name__
            if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise RetriableError(f"{self.path.name} is busy ({code}): it passes") from None
            if code.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
                raise RetriableError(
                    f"{self.path.name} cannot be written ({code}): make room on the disk"
                ) from None
            raise FatalError(
                f"{self.path} is no log that we can use ({code}): check the file and its rights"
            ) from None


def fetch(link: sqlite3.Connection, stream: Stream, offset: int, most: int) -> Iterable[Incoming]:
    """Yield up to `most` records from `offset` on; stops early when they grow large."""
    rows = link.execute(
        "select place, key, value, headers from record where place >= ? and place < ?"
        " order by place limit ?",
        (stream.place(offset), stream.end, most),
    )
    size = 0
    for place, key, value, headers in rows:
        yield Incoming(
            partition=stream.partition,
            offset=place - stream.place(0),
            key=key,
            value=value,
            headers=[(name, text.encode("latin-1")) for name, text in orjson.loads(headers)],
        )
        size += len(value or b"")
        if size > _FETCH_BYTES:
            return


def _pack(headers: Sequence[tuple[str, bytes]]) -> bytes:
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def _ends(link: sqlite3.Connection, ids: set[int]) -> dict[int, int]:
    asked = orjson.dumps(list(ids)).decode()
    return dict(
        link.execute(
            "select id, next from stream where id in (select value from json_each(?))", (asked,)
        )
    )
