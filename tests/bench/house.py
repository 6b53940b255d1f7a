"""The hub under measurement: the real house, the real workers, stage after stage on one core.

Publishes what collect would publish, then drives each stage until it has handled all of it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from contracts.envelope import Draft
from hub import compose, house
from hub.bus.database import reading
from hub.bus.outbox import NO_LANE, Outbox, Produced
from hub.bus.worker import Worker
from hub.candidates import candidate_table
from hub.pipeline import STAGES
from hub.settings import Settings
from hub.stages.collect import Collect
from tests.bench.records import Sourced

MEASURED = ("translate", "identify", "release")
CHUNK = 500
PATIENCE = 120.0  # seconds without an end of the backlog: something is broken
Spy = Callable[[str], AbstractContextManager[object]]


class BrokenBenchError(RuntimeError):
    """The measured parts did not do the work: figures of it would mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What some work cost: CPU and wall seconds, for so many events."""

    events: int
    cpu: float
    wall: float

    @property
    def micros(self) -> float:
        """CPU microseconds an event."""
        return self.cpu / self.events * 1e6

    @property
    def rate(self) -> float:
        """Events a second, by the wall clock."""
        return self.events / self.wall


@contextmanager
def counting(events: int) -> Iterator[list[Cost]]:
    """Measure a block: CPU of all threads of this process, and the wall clock."""
    costs: list[Cost] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield costs
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    costs.append(Cost(events=events, cpu=cpu, wall=wall))


class HubSide:
    """A hub with its three stages seated. Close it at the end."""

    def __init__(self, home: Path, bus: str) -> None:
        self._house = house.open_house(Settings(home=home, bus=bus))
        self._workers = {name: compose.worker(self._house, name) for name in MEASURED}
        self._outbox = Outbox(
            stage=STAGES["collect"], bus=self._house.bus, engine=self._house.hub,
            keyring=self._house.keyring, instance=self._house.instance, run="bench",
        )  # fmt: skip
        names = self._house.pseudonyms
        self._collect = Collect(
            sources=lambda _: {}, person_ref=names.person_ref, record_ref=names.record_ref,
            wall=time.time, poll_seconds=1.0,
        )  # fmt: skip
        for name, worker in self._workers.items():
            self._seat(name, worker)

    def feed(self, records: Sequence[Sourced]) -> None:
        """Publish the records as collect does: sealed by the vault, keyed by person."""
        for start in range(0, len(records), CHUNK):
            drafts = [self._draft(one) for one in records[start : start + CHUNK]]
            produced = Produced(
                cause=f"{records[start].record.key}:{start}", lane=NO_LANE, drafts=drafts,
                now=datetime.now(UTC),
            )  # fmt: skip
            stored = self._outbox.encode([produced])
            self._house.bus.publish([one.outgoing for one in stored])

    def run(self, events: int, spy: Spy = lambda _: nullcontext()) -> dict[str, Cost]:
        """Drive the stages, one after the other, to the end of what lies before each."""
        return {name: self._drain(name, events, spy) for name in MEASURED}

    def candidates(self) -> int:
        """Children with a stored release candidate."""
        count = select(func.count()).select_from(candidate_table)
        with reading(self._house.hub) as connection:
            wanted = count.where(candidate_table.c.state == "candidate")
            return int(connection.execute(wanted).scalar_one())

    def close(self) -> None:
        """Leave the groups and close the house."""
        for worker in self._workers.values():
            worker.close()
        self._house.closing.close()

    def _draft(self, one: Sourced) -> Draft:
        ref = self._house.pseudonyms.record_ref(one.system, one.record.key)
        return self._collect._source_draft(one.system, ref, one.record)

    def _seat(self, name: str, worker: Worker) -> None:
        """Step until every partition is this worker's: joining a group is not what we measure."""
        wanted = len(self._house.bus.ends(STAGES[name].reads))
        ends = time.monotonic() + PATIENCE
        while len(worker._seat.lanes()) < wanted:
            worker.step(0.1)
            if time.monotonic() > ends:
                raise BrokenBenchError(f"{name} did not get its partitions")

    def _drain(self, name: str, events: int, spy: Spy) -> Cost:
        worker, last = self._workers[name], time.monotonic() + PATIENCE
        ends = self._house.bus.ends(STAGES[name].reads)
        with spy(name), counting(events) as costs:
            while any((worker._seat._at[place] or 0) < end for place, end in ends.items()):
                worker.step(0.1)
                if time.monotonic() > last:
                    raise BrokenBenchError(f"{name} did not come to the end of its topics")
        return costs[0]
