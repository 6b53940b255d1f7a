"""A worker's seat in its consumer group: which partitions, from which position, which of them rest.

The stored position rules: the group only says whose turn it is. Handles no record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine

from contracts.errors import RetriableError
from hub.bus import journal, parking
from hub.bus.backoff import Backoff
from hub.bus.batch import Done, Stopped, lane_of
from hub.bus.database import reading
from hub.bus.port import Bus, FencedError, Incoming, Member, Partition
from hub.bus.stage import Stage

log = structlog.get_logger()


@dataclass(kw_only=True, eq=False, repr=False)
class Seat:
    """The membership of one worker. `fresh`: partitions came; who acts on it clears it."""

    stage: Stage
    bus: Bus
    engine: Engine
    backoff: Backoff
    wall: Callable[[], float]
    lag_seconds: float
    fresh: bool = True
    _member: Member | None = None
    _at: dict[Partition, int | None] = field(default_factory=dict)
    _astray: set[Partition] = field(default_factory=set)
    _paused: set[Partition] = field(default_factory=set)
    _shown: float = 0.0

    def poll(self, seconds: float, most: int) -> list[Incoming]:
        """Return the next records of the partitions that are this worker's."""
        if not self.stage.reads:
            return []
        if self._member is None:
            self._member = self.bus.join(self.stage.name, self.stage.reads, self._locate)
        self._find_way(self._member)
        self._wake(self._member)
        records = self._member.poll(seconds, most)
        return [record for record in records if self._expects(record)]

    def at(self, records: Iterable[Incoming]) -> Mapping[Partition, int | None]:
        """Return the stored positions of the partitions that the records are from."""
        return {record.partition: self._at[record.partition] for record in records}

    def lanes(self) -> set[str]:
        """Return the outbox lanes of this worker's partitions."""
        return {lane_of(partition) for partition in self._assigned()}

    def concluded(self, done: Done) -> None:
        """Take over the new positions, and let the partitions rest that must wait."""
        self._at.update(done.moved)
        for partition in done.moved.keys() - done.stopped.keys():
            self.backoff.worked(partition)
        for partition, stopped in done.stopped.items():
            self._pause(partition, stopped)

    def dropped(self, records: Sequence[Incoming]) -> None:
        """The records were not handled: they must be delivered again."""
        self._astray.update(record.partition for record in records)

    def close(self) -> None:
        """Leave the group at once."""
        member, self._member = self._member, None
        if member is None:
            return
        try:
            member.commit(self._known(member))
        except (FencedError, RetriableError):
            log.info("lag not shown at the end", stage=self.stage.name)
        finally:
            member.close()

    def _locate(self, partition: Partition) -> int | None:
        with reading(self.engine) as connection:
            stored = journal.find_position(connection, self.stage.name, partition)
        self._at[partition] = stored
        self._astray.discard(partition)
        self.fresh = True
        log.info(
            "partition taken",
            stage=self.stage.name,
            topic=partition.topic,
            partition=partition.number,
            offset=stored,
        )
        return stored

    def _find_way(self, member: Member) -> None:
        """Go back to the stored position wherever records were polled but not handled."""
        for partition in sorted(self._astray & member.assigned):
            stored = self._locate(partition)
            member.resume(partition)
            member.seek(partition, stored or 0)
        self._astray.clear()

    def _expects(self, record: Incoming) -> bool:
        if record.partition not in self._at:
            self._astray.add(record.partition)
            return False
        return True

    def _pause(self, partition: Partition, stopped: Stopped) -> None:
        seconds = self.backoff.failed(partition, stopped.error.after)
        if self._member is not None and partition in self._member.assigned:
            self._member.pause(partition)
            self._member.seek(partition, stopped.offset)
            self._paused.add(partition)
        log.warning(
            "partition rests",
            stage=self.stage.name,
            topic=partition.topic,
            partition=partition.number,
            offset=stopped.offset,
            place=parking.place_of(stopped.error),
            seconds=round(seconds, 1),
        )

    def _wake(self, member: Member) -> None:
        for partition in sorted(self._paused):
            if partition not in member.assigned:
                self._paused.discard(partition)
            elif not self.backoff.rests(partition):
                member.resume(partition)
                self._paused.discard(partition)

    def show(self) -> None:
        """Show the positions to operators, now and then."""
        now = self.wall()
        if self._member is not None and now - self._shown >= self.lag_seconds:
            self._shown = now
            self._member.commit(self._known(self._member))

    def _known(self, member: Member) -> dict[Partition, int]:
        found = {partition: self._at.get(partition) for partition in member.assigned}
        return {partition: offset for partition, offset in found.items() if offset is not None}

    def _assigned(self) -> frozenset[Partition]:
        return self._member.assigned if self._member is not None else frozenset()
