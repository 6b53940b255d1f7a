"""The embedded bus against the suite of its port, and what only it must do."""

import signal
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from contracts.errors import FatalError
from contracts.topics import MIRROR, RECEIPT, TOPICS, Keep, Zone
from hub.bus.embedded import EmbeddedBus, Forgets
from hub.bus.leases import renew
from hub.bus.port import Bus, FencedError, Outgoing, Partition
from tests.ports.bus_suite import BusSuite
from tests.ports.bus_world import PATIENCE, World, left, nowhere, numbered, read, topic, until

_DAY = 86_400.0


class Embedded(World):
    """A folder with a bus; `ahead` moves the clock of the connections opened here."""

    address = "embedded:"
    session_seconds = 1.5

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        self.folder = home / "bus"
        self.ahead = 0.0

    def clock(self) -> float:
        return time.time() + self.ahead

    def open(self) -> EmbeddedBus:
        return EmbeddedBus(self.folder, session_seconds=self.session_seconds, clock=self.clock)

    def age(self, bus: Bus, name: str) -> None:
        self.ahead += 15 * _DAY
        assert isinstance(bus, EmbeddedBus)
        bus.prune()

    def compact(self, bus: Bus, name: str, done: Callable[[], bool]) -> None:
        assert isinstance(bus, EmbeddedBus)
        bus.prune()
        assert done()


class TestEmbedded(BusSuite):
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return Embedded(tmp_path)


@pytest.fixture
def world(tmp_path: Path) -> Embedded:
    return Embedded(tmp_path)


@pytest.fixture
def bus(world: Embedded) -> Iterator[EmbeddedBus]:
    with world.open() as bus:
        bus.create([topic()])
        yield bus


def test_kill_9_of_a_publisher_loses_nothing_that_was_acknowledged_and_tears_no_batch(
    world: Embedded, bus: EmbeddedBus
) -> None:
    with world.child() as child:
        for batch in range(5):
            assert child.ask("publish", "things", batch * 100, 100) == "done"
        for batch in range(5, 400):
            child.tell("publish", "things", batch * 100, 100)
        assert child.answer() == "done"
        child.signal(signal.SIGKILL)
        acknowledged = 6
        while child.answer():
            acknowledged += 1
    assert acknowledged < 400
    stored = sum(bus.ends(["things"]).values())
    assert stored % 100 == 0
    assert stored >= acknowledged * 100
    member = bus.join("readers", ["things"], nowhere)
    assert {int(one.value or b"") for one in read(member, stored)} == set(range(stored))
    member.close()


def test_a_program_of_one_zone_sees_that_file_only(world: Embedded, bus: EmbeddedBus) -> None:
    bus.create(TOPICS)
    (world.folder / "hub.sqlite").rename(world.folder / "elsewhere")
    with EmbeddedBus(world.folder, zones=(Zone.MOLIP,)) as mirror:
        mirror.create(TOPICS)
        mirror.publish([Outgoing(topic="receipt", key=b"1", value=b"{}")])
        with pytest.raises(FatalError, match="zone hub"):
            mirror.join("mirror", ["child"], nowhere)
        with pytest.raises(FatalError, match="zone hub"):
            mirror.publish([Outgoing(topic="child", key=b"1", value=b"{}")])
    assert not (world.folder / "hub.sqlite").exists()


def test_a_member_reads_topics_of_both_zones(bus: EmbeddedBus) -> None:
    bus.create([MIRROR, RECEIPT])
    member = bus.join("both", ["things", "receipt"], nowhere)
    bus.publish([*numbered(3), *numbered(3, "receipt")])
    assert {one.partition.topic for one in read(member, 6)} == {"things", "receipt"}
    member.commit({Partition("receipt", 0): 3, Partition("things", 0): 1})
    assert bus.shown("both") == {Partition("receipt", 0): 3, Partition("things", 0): 1}
    member.close()


def test_many_programs_may_meet_a_new_folder_at_once(tmp_path: Path) -> None:
    def start(number: int) -> None:
        with EmbeddedBus(tmp_path / "bus") as bus:
            bus.create(TOPICS)
            bus.publish(numbered(5, "child", first=number * 5))

    with ThreadPool(8) as pool:
        pool.map(start, range(8))
    with EmbeddedBus(tmp_path / "bus") as bus:
        assert sum(bus.ends(["child"]).values()) == 40


def test_the_files_are_for_their_owner_alone(world: Embedded, bus: EmbeddedBus) -> None:
    bus.publish(numbered(1))
    for path in world.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lease_that_ran_out_is_lost_even_when_nobody_wants_it_and_cannot_be_renewed(
    world: Embedded, bus: EmbeddedBus
) -> None:
    member = bus.join("readers", ["things"], nowhere)
    until(lambda: len(member.assigned) == 4, member)
    world.ahead += world.session_seconds + 1
    [seat] = member.seats
    renew(seat.file, [seat.id], world.clock())
    with pytest.raises(FencedError, match="silent for too long"):
        member.commit({Partition("things", 0): 1})
    member.close()


def test_a_full_partition_does_not_hold_up_the_others(bus: EmbeddedBus) -> None:
    bus.publish(numbered(400))
    member = bus.join("readers", ["things"], nowhere)
    assert len({one.partition for _ in range(4) for one in member.poll(1, 1)}) == 4
    member.close()


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_jumps_costs_a_new_sharing_and_no_more(
    world: Embedded, bus: EmbeddedBus, hours: int
) -> None:
    member = bus.join("readers", ["things"], nowhere)
    until(lambda: len(member.assigned) == 4, member)
    world.ahead += hours * 3600
    bus.publish(numbered(20))
    assert len(read(member, 20)) == 20
    assert len(member.assigned) == 4
    member.close()


def test_a_member_that_no_longer_polls_is_given_up_though_its_process_lives(
    world: Embedded,
) -> None:
    with EmbeddedBus(world.folder, session_seconds=0.5, stall_seconds=0.5) as bus:
        bus.create([topic()])
        stuck, other = (bus.join("readers", ["things"], nowhere) for _ in range(2))
        until(lambda: len(stuck.assigned) == len(other.assigned) == 2, stuck, other)
        until(lambda: len(other.assigned) == 4, other)
        stuck.close()
        other.close()


def test_a_member_that_works_longer_than_a_session_keeps_its_partitions(
    world: Embedded,
) -> None:
    with EmbeddedBus(world.folder, session_seconds=0.3) as bus:
        bus.create([topic()])
        slow, other = (bus.join("readers", ["things"], nowhere) for _ in range(2))
        until(lambda: len(slow.assigned) == len(other.assigned) == 2, slow, other)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            other.poll(0.1, 10)
        assert len(other.assigned) == 2
        slow.commit({min(slow.assigned): 1})
        slow.close()
        other.close()


def test_an_old_tombstone_goes_in_the_end(world: Embedded) -> None:
    with world.open() as bus:
        bus.create([topic("states", Keep.STATE, partitions=1)])
        bus.publish([Outgoing(topic="states", key=b"a", value=b"1")])
        bus.publish([Outgoing(topic="states", key=b"a", value=None)])
        assert bus.prune() == 1
        world.ahead += 89 * _DAY
        assert bus.prune() == 0
        world.ahead += 2 * _DAY
        assert bus.prune() == 1
        assert left(bus, "states") == []


def test_what_was_compacted_leaves_no_bytes_in_the_file(world: Embedded) -> None:
    with world.open() as bus:
        bus.create([topic("states", Keep.STATE, partitions=1)])
        bus.publish([Outgoing(topic="states", key=b"a", value=b"planted-secret" * 500)])
        bus.publish([Outgoing(topic="states", key=b"a", value=None)])
        assert any(b"planted-secret" in path.read_bytes() for path in world.folder.iterdir())
        bus.prune()
    assert not any(b"planted-secret" in path.read_bytes() for path in world.folder.iterdir())


def test_the_bus_prunes_by_itself(world: Embedded) -> None:
    forgets = Forgets(every_seconds=0.1)
    with EmbeddedBus(world.folder, session_seconds=0.3, forgets=forgets) as bus:
        bus.create([topic("states", Keep.STATE, partitions=1)])
        bus.publish([Outgoing(topic="states", key=b"a", value=b"%d" % n) for n in range(9)])
        member = bus.join("readers", ["states"], nowhere)
        deadline = time.monotonic() + PATIENCE
        while len(left(bus, "states")) > 1:
            assert time.monotonic() < deadline
            member.poll(0.1, 100)
        member.close()


def test_a_file_that_is_no_log_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite").write_bytes(b"something else, and long enough to be read" * 100)
    with pytest.raises(FatalError, match=r"hub\.sqlite is no log"):
        EmbeddedBus(tmp_path)


def test_a_file_of_another_format_is_refused(world: Embedded, bus: EmbeddedBus) -> None:
    link = sqlite3.connect(world.folder / "hub.sqlite")
    link.execute("pragma user_version = 99")
    link.close()
    with pytest.raises(FatalError, match="format 99"):
        EmbeddedBus(world.folder)
