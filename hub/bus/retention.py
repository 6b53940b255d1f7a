"""What the embedded log forgets: observations by age, states by compaction. Stores nothing new."""

import sqlite3

from contracts.topics import Keep
from hub.bus.port import Partition
from hub.bus.zonefile import Stream, ZoneFile

_DAY = 86_400.0
_CHUNK = 500  # records removed in one transaction, so that publishers never wait long
_SUPERSEDED = """
select place from (
    select place, at, value is null as gone,
        lead(place) over (partition by key order by place) as newer
    from record where place >= ? and place < ?)
where newer is not null or (gone and at < ?)
"""


def prune(file: ZoneFile, now: float, *, tombstone_seconds: float) -> int:
    """Forget what is due and return how many records went. Publishers go on meanwhile.

    A state topic keeps the newest record of each key, and a tombstone for `tombstone_seconds`.
    """
    with file.reading() as link:
        rows = link.execute(
            "select id, topic, number, keep, keep_days, next, compacted from stream"
        ).fetchall()
    removed = 0
    for id_, topic, number, keep, days, end, compacted in rows:
        stream = Stream(id=id_, partition=Partition(topic, number))
        if keep == Keep.OBSERVATIONS:
            removed += _drop_older(file, stream, now - days * _DAY)
        else:
            removed += _compact(file, stream, (compacted, end), now - tombstone_seconds)
    return removed


def claim_chore(file: ZoneFile, now: float, every: float) -> bool:
    """Whether this process shall prune now: one of all, once in `every` seconds."""
    with file.writing() as link:
        return (
            link.execute(
                "insert into chore values ('prune', ?) on conflict (name)"
                " do update set at = excluded.at where abs(excluded.at - at) >= ?",
                (now, every),
            ).rowcount
            > 0
        )


def _drop_older(file: ZoneFile, stream: Stream, before: float) -> int:
    removed = 0
    while True:
        with file.writing() as link:
            gone = link.execute(
                "delete from record where at < ? and place in"
                " (select place from record where place >= ? and place < ? order by place limit ?)",
                (before, stream.place(0), stream.end, _CHUNK),
            ).rowcount
        removed += gone
        if gone < _CHUNK:
            return removed


def _compact(file: ZoneFile, stream: Stream, dirty: tuple[int, int], before: float) -> int:
    """Drop what was superseded, and tombstones older than `before`; `dirty` is what is new."""
    compacted, end = dirty
    with file.reading() as link:
        if compacted == end and not _has_old_tombstone(link, stream, before):
            return 0
        places = link.execute(_SUPERSEDED, (stream.place(0), stream.place(end), before)).fetchall()
    for at in range(0, len(places), _CHUNK):
        with file.writing() as link:
            link.executemany("delete from record where place = ?", places[at : at + _CHUNK])
    with file.writing() as link:
        link.execute("update stream set compacted = ? where id = ?", (end, stream.id))
    return len(places)


def _has_old_tombstone(link: sqlite3.Connection, stream: Stream, before: float) -> bool:
    found = link.execute(
        "select 1 from record where place >= ? and place < ? and value is null and at < ? limit 1",
        (stream.place(0), stream.end, before),
    )
    return found.fetchone() is not None
