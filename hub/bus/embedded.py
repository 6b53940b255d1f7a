"""The embedded bus: one SQLite log a zone, shared by processes of one host. Opens no network."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Lock, Thread
from types import TracebackType
from typing import Self
from weakref import WeakSet

from contracts.errors import FatalError, RetriableError
from contracts.topics import BY_NAME, Topic, Zone
from hub.bus.embedded_member import EmbeddedMember
from hub.bus.leases import Seat, renew, shown
from hub.bus.port import Locate, Outgoing, Partition
from hub.bus.retention import claim_chore, prune
from hub.bus.zonefile import ZoneFile

MAX_BYTES = 8 * 1024 * 1024
ALL_ZONES = tuple(Zone)
_LAPSE = 0.75  # a lease lapses after this part of a session, so that others own it within one
_BEATS = 6  # signs of life in one session
_LOOKS = 20  # how often in one session a waiting member looks whether another has died


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgets:
    """How long a tombstone stays in a state topic, and how often the bus prunes by itself.

    Ninety days: a mirror that was down for weeks must still learn which rows to take out.
    """

    tombstone_seconds: float = 90 * 86_400.0
    every_seconds: float = 3_600.0


_FORGETS = Forgets()


class EmbeddedBus:
    """See the port. Leases are kept alive by a thread; a process that stands still loses them.

    A member that has not polled for `stall_seconds` is given up even though its process lives.
    `clock` gives wall time: of records, for retention, and of leases, across processes.
    """

    def __init__(
        self,
        folder: Path,
        *,
        zones: Sequence[Zone] = ALL_ZONES,
        session_seconds: float = 5.0,
        stall_seconds: float = 300.0,
        forgets: Forgets = _FORGETS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.session_seconds = session_seconds
        self._stall_seconds = stall_seconds
        self._forgets = forgets
        self._clock = clock
        self._paths = {zone: folder / f"{zone}.sqlite" for zone in zones}
        self._files = {zone: ZoneFile(path) for zone, path in self._paths.items()}
        self._lock = Lock()
        self._news = Condition()
        self._stop = Event()
        self._members: WeakSet[EmbeddedMember] = WeakSet()
        self._beat: Thread | None = None

    def create(self, topics: Iterable[Topic]) -> None:
        """As the port says; topics of zones that were not opened are left to who opens them."""
        with self._lock:
            for topic in topics:
                if topic.zone in self._files:
                    self._files[topic.zone].create(topic)

    def publish(self, records: Sequence[Outgoing]) -> None:
        """As the port says; one transaction a zone."""
        by_zone: dict[Zone, list[Outgoing]] = {}
        with self._lock:
            for record in records:
                if len(record.value or b"") > MAX_BYTES:
                    raise FatalError(f"a record for {record.topic} is larger than 8 MiB: split it")
                by_zone.setdefault(self._zone_of(record.topic), []).append(record)
            for zone, some in by_zone.items():
                self._files[zone].append(some, self._clock())
        with self._news:
            self._news.notify_all()

    def join(self, group: str, topics: Sequence[str], locate: Locate) -> EmbeddedMember:
        """As the port says. Raises RetriableError for a topic that is not there yet."""
        by_zone: dict[Zone, list[str]] = {}
        with self._lock:
            for topic in topics:
                by_zone.setdefault(self._zone_of(topic), []).append(topic)
        seats = [
            Seat(
                file=ZoneFile(self._paths[zone], durable=False),
                group=group,
                topics=some,
                session=self.session_seconds * _LAPSE,
                clock=self._clock,
            )
            for zone, some in by_zone.items()
        ]
        member = EmbeddedMember(seats, locate, self._news, look=self.session_seconds / _LOOKS)
        self._members.add(member)
        self._keep_alive()
        return member

    def ends(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        """As the port says."""
        found: dict[Partition, int] = {}
        with self._lock:
            for topic in topics:
                found |= self._files[self._zone_of(topic)].ends(topic)
        return found

    def shown(self, group: str) -> Mapping[Partition, int]:
        """The positions that the group's members committed last, for operators."""
        found: dict[Partition, int] = {}
        with self._lock:
            for file in self._files.values():
                found |= shown(file, group)
        return found

    def prune(self) -> int:
        """Forget what is due in every zone; the bus also does it by itself now and then."""
        return sum(self._prune(path) for path in self._paths.values())

    def close(self) -> None:
        """As the port says."""
        self._stop.set()
        if self._beat:
            self._beat.join()
        with self._lock:
            for file in self._files.values():
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _zone_of(self, topic: str) -> Zone:
        for zone, file in self._files.items():
            if file.streams(topic):
                return zone
        known = BY_NAME.get(topic)
        if known and known.zone not in self._files:
            raise FatalError(
                f"topic {topic} lies in zone {known.zone}, not open to this program: it may touch"
                " only the topics that its row of the data path names"
            )
        raise RetriableError(f"topic {topic} is not there yet: start what creates it")

    def _keep_alive(self) -> None:
        with self._lock:
            if self._beat is None:
                self._beat = Thread(target=self._live, name="bus-leases", daemon=True)
                self._beat.start()

    def _live(self) -> None:
        """Until closed: signs of life for members that poll, and pruning when it is our turn."""
        files = {path: ZoneFile(path, durable=False) for path in self._paths.values()}
        try:
            while not self._stop.wait(self.session_seconds / _BEATS):
                with suppress(RetriableError):  # a lease that was not renewed lapses, no more
                    self._sign(files)
                    for path, file in files.items():
                        if claim_chore(file, self._clock(), self._forgets.every_seconds):
                            self._prune(path)
        finally:
            for file in files.values():
                file.close()

    def _sign(self, files: Mapping[Path, ZoneFile]) -> None:
        alive = [one for one in self._members if one.idle_seconds() < self._stall_seconds]
        seats = [seat for member in alive for seat in member.seats if seat.id]
        for path, file in files.items():
            ids = [seat.id for seat in seats if seat.file.path == path]
            if ids:
                renew(file, ids, self._clock())

    def _prune(self, path: Path) -> int:
        file = ZoneFile(path)
        try:
            return prune(file, self._clock(), tombstone_seconds=self._forgets.tombstone_seconds)
        finally:
            file.close()
