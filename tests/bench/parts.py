"""The measurements of `make bench`, one function each. They print nothing."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from contracts.topics import CANONICAL
from hub.bus.embedded import EmbeddedBus
from hub.bus.kafka.bus import KafkaBus
from hub.bus.port import Bus, Outgoing
from tests.bench.house import MEASURED, PATIENCE, BrokenBenchError, Cost, HubSide, counting
from tests.bench.loop import LoopSide
from tests.bench.probe import Probe
from tests.bench.records import Sourced, make_records
from tests.services.kafka import KafkaBroker

RAW_BYTES = 1024
DEMO_SECONDS = 150.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for: events a round, rounds, and a folder for everything that is made."""

    events: int
    rounds: int
    folder: Path
    say: Say


@contextmanager
def one_core() -> Iterator[int]:
    """Keep this process, and what it starts later, on one core; give back the core afterwards."""
    before = os.sched_getaffinity(0)
    core = max(before)
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def broker_elsewhere(folder: Path) -> Iterator[KafkaBroker]:
    """A real broker on the other cores: the core under measurement runs clients alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before - {max(before)} or before)
    try:
        broker = KafkaBroker(folder)
        broker.start()
    finally:
        os.sched_setaffinity(0, before)
    try:
        yield broker
    finally:
        broker.stop()


def compare(plan: Plan) -> dict[str, Any]:
    """The hub's three stages beside the loop, on Kafka, in turn; then by part, in another round."""
    with broker_elsewhere(plan.folder / "kafka") as broker, one_core():
        bus, home = broker.url, plan.folder / "compared"
        with closing(LoopSide(broker.address)) as loop, closing(HubSide(home, bus)) as hub:
            feed = _Feed(plan)
            pairs = _alternate(plan, loop, hub, feed)
            probe = Probe()
            feed.into_hub(hub, probe)
            found = _compared(pairs) | {"inside": probe.shares(plan.events)}
        found["bus"] = raw_bus(KafkaBus(broker.address, instance="benchraw"), plan.events)
    return found


def embedded(plan: Plan) -> dict[str, Any]:
    """The same stages on the embedded bus, and that bus alone."""
    feed = _Feed(plan)
    with one_core():
        with closing(HubSide(plan.folder / "embedded", "embedded:")) as hub:
            runs = [feed.into_hub(hub) for _ in range(plan.rounds + 1)][1:]
        bus = raw_bus(EmbeddedBus(plan.folder / "raw"), plan.events)
    return {"hub": _stages(runs), "bus": bus}


def demo(plan: Plan) -> dict[str, Any]:
    """The demonstration's own seconds: the whole story, on the embedded default."""
    command = [sys.executable, "-m", "hub", "demo", "--once", "--json", "--home"]
    done = subprocess.run(
        [*command, str(plan.folder / "demo")], capture_output=True, text=True, check=False,
        timeout=DEMO_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise BrokenBenchError(f"the demonstration ended with {done.returncode}")
    told = orjson.loads(done.stdout.strip().splitlines()[-1])
    return {"seconds": told["seconds"], "children": told["children"], "closed": told["closed"]}


def raw_bus(bus: Bus, events: int) -> dict[str, Any]:
    """Publish and read records of a kibibyte, in the batches that a worker makes."""
    records = [
        Outgoing(topic=CANONICAL.name, key=str(n).encode(), value=bytes(RAW_BYTES))
        for n in range(events)
    ]
    with bus:
        bus.create([CANONICAL])
        bus.publish(records[:1])  # connects
        with counting(events) as published:
            for start in range(0, events, 500):
                bus.publish(records[start : start + 500])
        member = bus.join("bench", [CANONICAL.name], lambda _: None)
        left = events + 1 - _polled(member.poll, 1)
        with counting(left) as read:
            _polled(member.poll, left)
        member.close()
    return {"publish": _figures(published), "read": _figures(read)}


def _polled(poll: Callable[[float, int], Sequence[object]], wanted: int) -> int:
    """Poll until at least so many have come, and return how many."""
    got, last = 0, time.monotonic() + PATIENCE
    while got < wanted:
        got += len(poll(0.2, min(500, wanted - got)))
        if time.monotonic() > last:
            raise BrokenBenchError("the bus gave back less than was published")
    return got


class _Feed:
    """Fresh records for every round, and whether the hub made of them what it must."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._round, self._children = plan, 0, 0

    def into_hub(self, hub: HubSide, probe: Probe | None = None) -> dict[str, Cost]:
        """One round of the hub, from source record to stored candidate."""
        hub.feed(self.records())
        events = self._plan.events
        costs = hub.run(events, probe.watching) if probe else hub.run(events)
        if hub.candidates() != self._children:
            raise BrokenBenchError("not every child became a release candidate: see the log")
        return costs

    def records(self) -> list[Sourced]:
        """The next round's records; their children are new."""
        self._round += 1
        records, children = make_records(
            self._plan.events, seed=self._round, first=1 + self._children
        )
        self._children += children
        return records


def _alternate(
    plan: Plan, loop: LoopSide, hub: HubSide, feed: "_Feed"
) -> list[tuple[Cost, dict[str, Cost]]]:
    """A B A B ...; the first pair warms up and is not counted."""
    for_loop = _Feed(plan)
    pairs = []
    for number in range(plan.rounds + 1):
        loop.feed(for_loop.records())
        pairs.append((loop.run(plan.events), feed.into_hub(hub)))
        one = pairs[-1]
        total = sum(cost.micros for cost in one[1].values())
        name = f"round {number}" if number else "warm-up"
        plan.say(f"  {name}: loop {one[0].micros:.0f} us, hub {total:.0f} us CPU an event")
    return pairs[1:]


def _compared(pairs: Sequence[tuple[Cost, dict[str, Cost]]]) -> dict[str, Any]:
    """Medians of both, and of the ratios of each pair."""
    stages = _stages([hub for _, hub in pairs])
    ratio = statistics.median(
        loop.cpu / sum(cost.cpu for cost in hub.values()) for loop, hub in pairs
    )
    first = statistics.median(loop.cpu / hub[MEASURED[0]].cpu for loop, hub in pairs)
    return {
        "loop": _figures([loop for loop, _ in pairs]), "hub": stages,
        "ratio": round(ratio, 4), "ratio_translate": round(first, 4),
    }  # fmt: skip


def _stages(runs: Sequence[dict[str, Cost]]) -> dict[str, Any]:
    stages = {name: _figures([run[name] for run in runs]) for name in MEASURED}
    totals = [
        Cost(
            events=run[MEASURED[0]].events, cpu=sum(one.cpu for one in run.values()),
            wall=sum(one.wall for one in run.values()),
        )
        for run in runs
    ]  # fmt: skip
    return {"all": _figures(totals), "stages": stages}


def _figures(costs: Sequence[Cost]) -> dict[str, float]:
    return {
        "events_per_second": round(statistics.median(cost.rate for cost in costs), 1),
        "cpu_us_per_event": round(statistics.median(cost.micros for cost in costs), 1),
    }
