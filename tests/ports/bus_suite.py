"""What every bus must do. Inherited by the tests of each implementation; knows none of them."""

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from contracts.errors import FatalError, RetriableError
from contracts.topics import Keep
from hub.bus.partitioning import partition_of
from hub.bus.port import Bus, FencedError, Incoming, Locate, Member, Outgoing, Partition
from tests.ports.bus_world import (
    PATIENCE,
    Join,
    ShowsPositions,
    World,
    left,
    nowhere,
    numbered,
    read,
    topic,
    until,
    values,
)


class BusSuite:
    """The semantics of `hub/bus/port.py`."""

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError

    @pytest.fixture
    def bus(self, world: World) -> Iterator[ShowsPositions]:
        with world.open() as bus:
            bus.create([topic()])
            yield bus

    @pytest.fixture
    def join(self, world: World, bus: Bus) -> Iterator[Join]:
        members: list[Member] = []

        def join(
            name: str = "things",
            locate: Locate = nowhere,
            on: Bus | None = None,
            group: str = world.group,
        ) -> Member:
            members.append((on or bus).join(group, [name], locate))
            return members[-1]

        yield join
        for member in members:
            member.close()

    def test_a_record_comes_back_as_it_was_published(self, bus: ShowsPositions, join: Join) -> None:
        headers = [("ce_id", b"1"), ("bytes", bytes(range(256))), ("empty", b"")]
        sent = [
            Outgoing(topic="things", key=b"k", value=b"v", headers=headers),
            Outgoing(topic="things", key=b"k", value=b""),
            Outgoing(topic="things", key=b"k", value=None),
        ]
        bus.publish(sent)
        got = read(join(), 3)
        assert [(one.key, one.value, one.headers) for one in got] == [
            (one.key, one.value, list(one.headers)) for one in sent
        ]

    def test_records_of_one_key_keep_their_order_in_the_partition_of_that_key(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        keys = [b"key-%d" % n for n in range(20)]
        for step in range(10):
            bus.publish([Outgoing(topic="things", key=key, value=b"%d" % step) for key in keys])
        seen: dict[bytes, list[bytes | None]] = defaultdict(list)
        for one in read(join(), 200):
            assert one.partition == Partition("things", partition_of(one.key, 4))
            seen[one.key].append(one.value)
        assert seen == {key: [b"%d" % step for step in range(10)] for key in keys}

    def test_offsets_grow_and_ends_tells_the_next_one(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        assert set(bus.ends(["things"]).values()) == {0}
        bus.publish(numbered(40))
        last: dict[Partition, int] = {}
        for one in read(join(), 40):
            assert one.offset > last.get(one.partition, -1)
            last[one.partition] = one.offset
        assert bus.ends(["things"]) == {one: offset + 1 for one, offset in last.items()}

    def test_a_waiting_poll_wakes_up_for_a_record(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        member = join()
        until(lambda: len(member.assigned) == 4, member)
        with world.open() as other:
            later = threading.Timer(0.2, other.publish, [numbered(1)])
            later.start()
            assert values(member.poll(PATIENCE, 10)) == [b"0"]
            later.join()

    def test_poll_gives_no_more_than_asked_for_and_starves_no_partition(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        bus.publish(numbered(400))
        member = join()
        seen: set[Partition] = set()
        deadline = time.monotonic() + PATIENCE
        while len(seen) < 4 and time.monotonic() < deadline:
            batch = member.poll(0.5, 7)
            assert len(batch) <= 7
            seen |= {one.partition for one in batch}
        assert len(seen) == 4

    def test_members_share_the_partitions_and_each_has_one_owner(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        with world.open() as other:
            one, two = join(), join(on=other)
            until(lambda: len(one.assigned) == len(two.assigned) == 2, one, two)
            assert not one.assigned & two.assigned
            bus.publish(numbered(100))
            got: list[Incoming] = []
            deadline = time.monotonic() + PATIENCE
            while len(got) < 100 and time.monotonic() < deadline:
                for member in (one, two):
                    batch = member.poll(0.1, 500)
                    assert {record.partition for record in batch} <= member.assigned
                    got += batch
            assert len({record.value for record in got}) == len(got) == 100
            two.close()

    def test_a_member_that_closes_hands_over_at_once(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        one, two = join(), join()
        until(lambda: len(one.assigned) == len(two.assigned) == 2, one, two)
        two.close()
        until(lambda: len(one.assigned) == 4, one)

    def test_members_that_poll_in_sips_share_too(self, bus: ShowsPositions, join: Join) -> None:
        one, two = join(), join()
        deadline = time.monotonic() + PATIENCE
        while not len(one.assigned) == len(two.assigned) == 2:
            assert time.monotonic() < deadline
            one.poll(0.001, 1)
            two.poll(0.001, 1)

    def test_groups_do_not_disturb_each_other(self, bus: ShowsPositions, join: Join) -> None:
        bus.publish(numbered(20))
        assert len(read(join(group="some"), 20)) == len(read(join(group="others"), 20)) == 20

    def test_a_process_that_is_killed_is_replaced_and_its_work_goes_on_from_the_stored_position(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        bus.publish(numbered(60))
        stored: dict[Partition, int] = {}
        with world.child("things") as child:
            handled = 0
            while handled < 30:
                for name, number, offset in child.ask("poll", 10):
                    stored[Partition(name, number)] = offset + 1
                    handled += 1
            child.signal(signal.SIGKILL)
            member = join(locate=stored.get)
            rest = read(member, 60 - handled)
        assert len(member.assigned) == 4
        expected = {one: end for one, end in bus.ends(["things"]).items() if end}
        for one in rest:
            assert one.offset >= stored.get(one.partition, 0)
            stored[one.partition] = one.offset + 1
        assert stored == expected
        assert handled + len(rest) == 60

    def test_a_member_that_stood_still_and_comes_back_owns_nothing_and_is_fenced(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        bus.publish(numbered(40))
        with world.child("things") as zombie:
            while not (mine := zombie.ask("assigned")):
                zombie.ask("poll", 1)
            assert len(mine) == 4
            zombie.signal(signal.SIGSTOP)
            member = join()
            assert len(read(member, 40)) == 40
            zombie.signal(signal.SIGCONT)
            assert {zombie.ask("commit", *one, 1) for one in mine} == {"FencedError"}
            assert len(member.assigned) == 4
            member.commit({Partition("things", 0): 3})

    def test_a_member_that_came_back_takes_part_again(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        with world.child("things") as zombie:
            while len(zombie.ask("assigned")) < 4:
                zombie.ask("poll", 1)
            zombie.signal(signal.SIGSTOP)
            member = join()
            until(lambda: len(member.assigned) == 4, member)
            zombie.signal(signal.SIGCONT)
            deadline = time.monotonic() + PATIENCE
            while len(zombie.ask("assigned")) != 2:
                assert time.monotonic() < deadline
                member.poll(0.05, 1)
                zombie.ask("poll", 1)

    def test_positions_are_asked_for_and_obeyed(self, bus: ShowsPositions, join: Join) -> None:
        bus.publish([Outgoing(topic="things", key=b"k", value=b"%d" % n) for n in range(10)])
        home = Partition("things", partition_of(b"k", 4))
        asked: list[Partition] = []

        def locate(partition: Partition) -> int | None:
            asked.append(partition)
            return 7 if partition == home else None

        assert values(read(join(locate=locate), 3)) == [b"7", b"8", b"9"]
        assert sorted(asked) == [Partition("things", n) for n in range(4)]

    def test_a_partition_that_comes_back_starts_at_its_stored_position(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        stored: dict[Partition, int] = {}
        one = join(locate=stored.get)
        until(lambda: len(one.assigned) == 4, one)
        two = join(locate=stored.get)
        until(lambda: len(one.assigned) == len(two.assigned) == 2, one, two)
        bus.publish(numbered(40))
        got: list[Incoming] = []
        deadline = time.monotonic() + PATIENCE
        while len(got) < 40:
            assert time.monotonic() < deadline
            for record in one.poll(0.1, 500) + two.poll(0.1, 500):
                stored[record.partition] = record.offset + 1
                got.append(record)
        two.close()
        until(lambda: len(one.assigned) == 4, one)
        bus.publish(numbered(40, first=40))
        assert values(read(one, 40)) == sorted(b"%d" % n for n in range(40, 80))

    def test_a_store_that_cannot_tell_the_position_is_asked_again(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        bus.publish(numbered(20))
        troubles = [RetriableError("the store is away")] * 2

        def locate(partition: Partition) -> int | None:
            if troubles:
                raise troubles.pop()
            return None

        member = join(locate=locate)
        got: list[Incoming] = []
        deadline = time.monotonic() + PATIENCE
        while len(got) < 20 and time.monotonic() < deadline:
            try:
                got += member.poll(0.2, 500)
            except RetriableError:
                continue
        assert len(got) == 20
        assert not troubles

    def test_seek_replays_from_an_offset(self, bus: ShowsPositions, join: Join) -> None:
        bus.publish([Outgoing(topic="things", key=b"k", value=b"%d" % n) for n in range(5)])
        member = join()
        first = read(member, 5)
        member.seek(first[0].partition, first[2].offset)
        assert values(read(member, 3)) == [b"2", b"3", b"4"]

    def test_a_paused_partition_waits_and_the_others_go_on(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        member = join()
        until(lambda: len(member.assigned) == 4, member)
        quiet = Partition("things", partition_of(b"0", 4))
        member.pause(quiet)
        bus.publish(numbered(40))
        others = [n for n in range(40) if partition_of(b"%d" % n, 4) != quiet.number]
        assert {one.partition for one in read(member, len(others))}.isdisjoint({quiet})
        assert not member.poll(0.3, 500)
        assert quiet in member.assigned
        member.resume(quiet)
        assert len(read(member, 40 - len(others))) == 40 - len(others)

    def test_commit_shows_positions_and_refuses_partitions_of_others(
        self, world: World, bus: ShowsPositions, join: Join
    ) -> None:
        one, two = join(), join()
        until(lambda: len(one.assigned) == len(two.assigned) == 2, one, two)
        mine = dict.fromkeys(one.assigned, 5)
        one.commit(mine)
        assert bus.shown(world.group) == mine
        with pytest.raises(FencedError):
            one.commit(dict.fromkeys(two.assigned, 6))
        with pytest.raises(FencedError):
            one.seek(min(two.assigned), 0)

    def test_topics_are_created_once_and_never_change_their_partitions(
        self, bus: ShowsPositions
    ) -> None:
        bus.publish(numbered(4))
        bus.create([topic(), topic("more")])
        assert sum(bus.ends(["things"]).values()) == 4
        with pytest.raises(FatalError, match=r"things .*4 partitions"):
            bus.create([topic(partitions=5)])

    def test_a_topic_that_is_not_there_yet_is_waited_for(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        with pytest.raises(RetriableError, match="nothing is not there yet"):
            join("nothing")
        with pytest.raises(RetriableError, match="nothing is not there yet"):
            bus.publish(numbered(1, "nothing"))
        bus.create([topic("nothing")])
        bus.publish(numbered(1, "nothing"))
        assert len(read(join("nothing"), 1)) == 1

    def test_large_records_pass_and_larger_ones_are_refused_unsent(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        large = bytes(range(256)) * (5 * 4096)
        bus.publish([Outgoing(topic="things", key=b"k", value=large)])
        bus.publish([Outgoing(topic="things", key=b"k", value=bytes(8 * 1024 * 1024))])
        with pytest.raises(FatalError, match="8 MiB"):
            bus.publish([Outgoing(topic="things", key=b"k", value=bytes(8 * 1024 * 1024 + 1))])
        got = read(join(), 2)
        assert got[0].value == large
        assert [len(one.value or b"") for one in got] == [5 << 20, 8 << 20]

    def test_many_threads_may_publish_on_one_connection(
        self, bus: ShowsPositions, join: Join
    ) -> None:
        threads = [
            threading.Thread(target=bus.publish, args=[numbered(50, first=at * 50)])
            for at in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(values(read(join(), 200)))) == 200

    def test_observations_are_forgotten_by_age_and_readers_move_on(
        self, world: World, join: Join
    ) -> None:
        with world.open() as bus:
            bus.create([topic("old", partitions=1)])
            bus.publish(numbered(10, "old"))
            world.age(bus, "old")
            bus.publish(numbered(1, "old", first=10))
            member = join("old", lambda _: 2)
            assert [one.offset for one in read(member, 1)] == [10]

    def test_states_keep_the_newest_of_each_key_and_their_tombstones(self, world: World) -> None:
        with world.open() as bus:
            bus.create([topic("states", Keep.STATE, partitions=1)])
            for step in range(3):
                bus.publish(
                    [
                        Outgoing(topic="states", key=key, value=b"%s%d" % (key, step))
                        for key in (b"a", b"b", b"c")
                    ]
                )
            bus.publish([Outgoing(topic="states", key=b"b", value=None)])
            world.compact(bus, "states", lambda: len(left(bus, "states")) == 3)
            found = left(bus, "states")
            assert {one.key: one.value for one in found} == {b"a": b"a2", b"b": None, b"c": b"c2"}
            assert [one.offset for one in found] == [6, 8, 9]
