"""Who of a group owns which partition of one zone file: fenced leases. Touches no record."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.bus.port import FencedError, Partition
from hub.bus.zonefile import Stream, ZoneFile

# A member is alive while `now` is between `seen - 1` and `seen + session`. The lower end is for a
# clock that was set back: such a member counts as dead and comes back by itself, rather than to
# hold its partitions until the clock has caught up.


@dataclass(slots=True, kw_only=True)
class Seat:
    """One member's place in one group of one file, with the streams that it holds.

    `share` takes and gives back; `holds` says, inside the caller's own transaction, whether what
    was shared still stands. A member that was not heard of for a session is dead for ever: it
    comes back under a new id and with nothing.
    """

    file: ZoneFile
    group: str
    topics: Sequence[str]
    session: float
    clock: Callable[[], float]
    id: int = 0
    held: dict[Partition, tuple[Stream, int]] = field(default_factory=dict)
    _change: int = -1

    def holds(self, link: sqlite3.Connection) -> bool:
        """Whether nobody came, went or died since the last `share`."""
        change, someone_died = link.execute(
            "select (select change from party where grp = :grp),"
            " exists (select 1 from member where grp = :grp"
            " and :now not between seen - 1 and seen + session)",
            {"grp": self.group, "now": self.clock()},
        ).fetchone()
        return bool(change == self._change and not someone_died)

    def share(self) -> None:
        """Take part in sharing out: bury the dead, give back too much, take what is free."""
        with self.file.writing() as link:
            self._bury(link)
            self._register(link)
            members = self._members(link)
            owners = dict(
                link.execute("select stream, owner from lease where grp = ?", (self.group,))
            )
            for topic in self.topics:
                self._share_topic(link, self.file.streams(topic), members[topic], owners)
            self._remember(link)

    def show(self, positions: Mapping[Partition, int]) -> None:
        """Store positions for operators. Raises FencedError when one is not ours any more."""
        with self.file.writing() as link:
            if not self._alive(link):
                raise FencedError("this member was silent for too long, and others took over")
            for partition, position in positions.items():
                stream, generation = self.held.get(partition, (None, 0))
                done = stream and link.execute(
                    "update lease set shown = ? where grp = ? and stream = ? and owner = ?"
                    " and generation = ?",
                    (position, self.group, stream.id, self.id, generation),
                )
                if not done or not done.rowcount:
                    raise FencedError(
                        f"partition {partition.topic}/{partition.number} has another owner"
                    )

    def leave(self) -> None:
        """Give everything back at once."""
        self.held = {}
        with self.file.writing() as link:
            link.execute("delete from member where id = ?", (self.id,))
            self._sweep(link)
            self._tell(link)
        self.id = 0

    def _alive(self, link: sqlite3.Connection) -> bool:
        return (
            link.execute(
                "select 1 from member where id = :id and :now between seen - 1 and seen + session",
                {"id": self.id, "now": self.clock()},
            ).fetchone()
            is not None
        )

    def _bury(self, link: sqlite3.Connection) -> None:
        dead = link.execute(
            "delete from member where grp = :grp and :now not between seen - 1 and seen + session",
            {"grp": self.group, "now": self.clock()},
        ).rowcount
        if dead:
            self._sweep(link)
            self._tell(link)

    def _register(self, link: sqlite3.Connection) -> None:
        if link.execute("select 1 from member where id = ?", (self.id,)).fetchone():
            return
        made = link.execute(
            "insert into member (grp, seen, session) values (?, ?, ?)",
            (self.group, self.clock(), self.session),
        )
        self.id = made.lastrowid or 0
        link.executemany(
            "insert into wish values (?, ?)", [(self.id, topic) for topic in self.topics]
        )
        self._tell(link)

    def _members(self, link: sqlite3.Connection) -> dict[str, list[int]]:
        """The members that read each topic, oldest first."""
        found: dict[str, list[int]] = {topic: [] for topic in self.topics}
        for topic, member in link.execute(
            "select topic, id from wish join member on id = member where grp = ? order by id",
            (self.group,),
        ):
            found.setdefault(topic, []).append(member)
        return found

    def _share_topic(
        self,
        link: sqlite3.Connection,
        streams: Sequence[Stream],
        members: Sequence[int],
        owners: Mapping[int, int | None],
    ) -> None:
        """Come to our fair share of one topic; what we hold already stays ours up to that share."""
        rank, count = members.index(self.id), len(members)
        # By the stream's id, so that many topics of one partition do not all go to the first.
        fair = sum(stream.id % count == rank for stream in streams)
        mine = [stream for stream in streams if owners.get(stream.id) == self.id]
        free = [stream for stream in streams if owners.get(stream.id) is None]
        for stream in mine[fair:]:
            link.execute(
                "update lease set owner = null where grp = ? and stream = ?",
                (self.group, stream.id),
            )
        for stream in free[: max(0, fair - len(mine))]:
            link.execute(
                "insert into lease (grp, stream, owner, generation) values (?, ?, ?, 1)"
                " on conflict do update set owner = excluded.owner, generation = generation + 1",
                (self.group, stream.id, self.id),
            )
        if mine[fair:]:
            self._tell(link)

    def _remember(self, link: sqlite3.Connection) -> None:
        generations = dict(
            link.execute(
                "select stream, generation from lease where grp = ? and owner = ?",
                (self.group, self.id),
            )
        )
        streams = [stream for topic in self.topics for stream in self.file.streams(topic)]
        self.held = {
            stream.partition: (stream, generations[stream.id])
            for stream in streams
            if stream.id in generations
        }
        self._change = link.execute(
            "select change from party where grp = ?", (self.group,)
        ).fetchone()[0]

    def _sweep(self, link: sqlite3.Connection) -> None:
        """Free what belongs to members that are gone."""
        link.execute("delete from wish where member not in (select id from member)")
        link.execute(
            "update lease set owner = null where grp = ? and owner not in (select id from member)",
            (self.group,),
        )

    def _tell(self, link: sqlite3.Connection) -> None:
        """Make every member of the group share again."""
        link.execute(
            "insert into party values (?, 1) on conflict do update set change = change + 1",
            (self.group,),
        )


def renew(file: ZoneFile, members: Iterable[int], now: float) -> None:
    """Say that these members live; one that was silent for a session is not woken up again."""
    with file.writing() as link:
        link.executemany(
            "update member set seen = :now where id = :id"
            " and :now between seen - 1 and seen + session",
            [{"id": member, "now": now} for member in members],
        )


def shown(file: ZoneFile, group: str) -> dict[Partition, int]:
    """The positions that the members of a group have shown last."""
    with file.reading() as link:
        rows = link.execute(
            "select topic, number, shown from lease join stream on id = stream"
            " where grp = ? and shown is not null",
            (group,),
        ).fetchall()
    return {Partition(topic, number): position for topic, number, position in rows}
