"""One member of a group on the embedded bus: shares, reads and waits. Writes no record."""

import time
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from threading import Condition

from hub.bus.leases import Seat
from hub.bus.port import FencedError, Incoming, Locate, Partition
from hub.bus.zonefile import fetch

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02)  # how a waiting poll slows down, in seconds


class EmbeddedMember:
    """See the port. Takes and gives back partitions inside `poll` only."""

    def __init__(
        self, seats: Sequence[Seat], locate: Locate, news: Condition, *, look: float
    ) -> None:
        self.seats = seats
        self._locate = locate
        self._news = news
        self._look = look
        self._paused: set[Partition] = set()
        # The lease's generation beside the offset: a partition that came back is located again.
        self._positions: dict[Partition, tuple[int, int]] = {}
        self._turn = 0
        self._polled = time.monotonic()
        self._closed = False

    def idle_seconds(self) -> float:
        """How long ago the last poll returned or waited."""
        return time.monotonic() - self._polled

    @property
    def assigned(self) -> frozenset[Partition]:
        """As the port says."""
        return frozenset(partition for seat in self.seats for partition in seat.held)

    def poll(self, seconds: float, most: int) -> list[Incoming]:
        """As the port says."""
        deadline = time.monotonic() + seconds
        while True:
            seen = self._changes()
            records = self._take(most)
            self._polled = time.monotonic()
            if records or self._polled >= deadline:
                return records
            # Leases lapse without a change of the file, so we also look now and then.
            self._wait(seen, min(deadline, self._polled + self._look))

    def seek(self, partition: Partition, offset: int) -> None:
        """As the port says. Raises FencedError for a partition that is not ours."""
        for seat in self.seats:
            if partition in seat.held:
                self._positions[partition] = (seat.held[partition][1], offset)
                return
        raise FencedError(f"partition {partition.topic}/{partition.number} is not ours")

    def pause(self, partition: Partition) -> None:
        """As the port says; nothing to do for a partition that is not ours."""
        if partition in self.assigned:
            self._paused.add(partition)

    def resume(self, partition: Partition) -> None:
        """As the port says."""
        self._paused.discard(partition)

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """As the port says."""
        for seat in self.seats:
            mine = {one: at for one, at in positions.items() if one.topic in seat.topics}
            if mine:
                seat.show(mine)

    def close(self) -> None:
        """As the port says."""
        if not self._closed:
            self._closed = True
            for seat in self.seats:
                seat.leave()
                seat.file.close()

    def _changes(self) -> list[int]:
        return [seat.file.changed() for seat in self.seats]

    def _wait(self, seen: list[int], until: float) -> None:
        """Return when another connection has written, or at the time."""
        for step in chain(_STEPS, repeat(_STEPS[-1])):
            left = until - time.monotonic()
            if left <= 0 or self._changes() != seen:
                return
            with self._news:
                self._news.wait(min(left, step))

    def _take(self, most: int) -> list[Incoming]:
        records: list[Incoming] = []
        self._turn += 1
        for seat in self.seats:
            self._settle(seat)
            ready = [one for one in seat.held if one not in self._paused]
            with seat.file.reading() as link:
                if not seat.holds(link):  # someone came, went or died this very moment: look again
                    continue
                # Each time another partition comes first, so that a full one starves no other.
                turn = self._turn % len(ready) if ready else 0
                for partition in ready[turn:] + ready[:turn]:
                    if len(records) >= most:
                        break
                    stream, generation = seat.held[partition]
                    start = self._positions[partition][1]
                    found = list(fetch(link, stream, start, most - len(records)))
                    if found:
                        self._positions[partition] = (generation, found[-1].offset + 1)
                    records += found
        return records

    def _settle(self, seat: Seat) -> None:
        """Share if anything moved, then find the start of each partition that is new to us."""
        with seat.file.reading() as link:
            stands = seat.holds(link)
        if not stands:
            seat.share()
            self._paused &= self.assigned
        for partition, (_, generation) in seat.held.items():
            if self._positions.get(partition, (0, 0))[0] != generation:
                self._positions[partition] = (generation, self._locate(partition) or 0)
