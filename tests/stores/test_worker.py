"""The worker loop with a real bus and both databases: once, in order, and nothing in the way."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, insert, update
from structlog.testing import capture_logs

from contracts.envelope import Kind, derived_id
from contracts.errors import FatalError
from hub.bus import journal
from hub.bus.port import Bus, FencedError, Outgoing, Partition
from hub.bus.stage import Opens
from tests.stores.little import (
    LITTLE,
    NOW,
    TALLY,
    ClearKeyring,
    Little,
    Tally,
    effects,
    event,
    later,
    make_tables,
    open_bus,
    published,
    quiet,
    send,
    wait,
    worker,
)
from tests.stores.standing import open_work, positions


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with open_bus(tmp_path / "bus") as bus:
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_tables(engine)
    return engine


def test_each_message_has_one_effect_and_is_passed_on_once(bus: Bus, store: Engine) -> None:
    keys = [f"k{n:02}" for n in range(25)]
    send(bus, *(event(key) for key in keys))
    little, tally = worker(LITTLE, Little(), bus, store), worker(TALLY, Tally(), bus, store)
    quiet(little, tally)
    assert effects(store, "little") == effects(store, "tally") == [(key, "1") for key in keys]
    assert open_work(store).outbox == 0
    ends = {p: n for p, n in bus.ends(["little.in"]).items() if n}
    assert {p: n for p, n in positions(store)["little"].items() if p.topic == "little.in"} == ends
    little.close()
    tally.close()


def test_what_is_published_names_its_cause_and_is_sealed(bus: Bus, store: Engine) -> None:
    cause = replace(event("k"), trace="00-trace")
    send(bus, cause)
    little = worker(LITTLE, Little(), bus, store)
    quiet(little)
    (made,) = published(bus, "little.out")
    assert made.id == derived_id(cause.id, "little", "1", "0")
    assert (made.source, made.time, made.trace) == ("/test/little", NOW, "00-trace")
    assert [(part.person, part.origin) for part in made.parts] == [("person-k", made.id)]
    little.close()


@pytest.mark.parametrize(
    ("opens", "kinds"),
    [
        (Opens.NOTHING, []),
        (Opens.IDENTITY, [Kind.IDENTITY]),
        (Opens.CASE, [Kind.CASE]),
        (Opens.ALL, [Kind.IDENTITY, Kind.CASE]),
    ],
)
def test_a_handler_gets_only_the_parts_that_its_stage_opens(
    bus: Bus, store: Engine, opens: Opens, kinds: list[Kind]
) -> None:
    handler = Little()
    send(bus, event("k"))
    little = worker(replace(LITTLE, opens=opens), handler, bus, store)
    quiet(little)
    assert [opened.part.kind for opened in handler.seen[0].opened] == kinds
    little.close()


def test_a_stage_that_opens_parts_is_refused_without_a_keyring(bus: Bus, store: Engine) -> None:
    with pytest.raises(FatalError, match="give its worker a keyring"):
        worker(replace(TALLY, opens=Opens.CASE), Tally(), bus, store)


def test_a_doubled_message_is_ignored(bus: Bus, store: Engine) -> None:
    one = event("k")
    send(bus, one, one)
    little = worker(LITTLE, Little(), bus, store)
    quiet(little)
    send(bus, one, event("k", "2"), one)
    quiet(little)
    assert effects(store, "little") == [("k", "1"), ("k", "2")]
    little.close()


def test_messages_of_a_key_keep_their_order(bus: Bus, store: Engine) -> None:
    handler = Little()
    send(bus, *(event(f"k{n % 3}", f"{n:03}") for n in range(60)))
    little = worker(LITTLE, handler, bus, store)
    quiet(little)
    for key in ("k0", "k1", "k2"):
        versions = [m.envelope.version for m in handler.seen if m.key == key]
        assert versions == sorted(versions)
    given = [e.version for e in published(bus, "little.out") if e.key == "k1"]
    assert given == sorted(given)
    little.close()


def test_an_undeclared_topic_stops_the_worker_and_leaves_nothing(bus: Bus, store: Engine) -> None:
    send(bus, event("k"))
    little = worker(replace(LITTLE, publishes=("outcome",)), Little(), bus, store)
    with pytest.raises(FatalError, match=r"tried to publish to little\.out"):
        quiet(little)
    little.close()
    assert effects(store, "little") == []
    assert bus.ends(["little.out"]) == dict.fromkeys(bus.ends(["little.out"]), 0)
    mended = worker(LITTLE, Little(), bus, store)
    quiet(mended)
    assert effects(store, "little") == [("k", "1")]
    mended.close()


def test_waiting_stops_one_partition_and_no_other(bus: Bus, store: Engine) -> None:
    keys = [f"k{n:02}" for n in range(20)]
    handler = Little(trouble={"k07": wait()})
    for version in ("1", "2"):
        send(bus, *(event(key, version) for key in keys))
    little = worker(LITTLE, handler, bus, store)
    quiet(little)
    places = {p.number for p, n in bus.ends(["little.in"]).items() if n}
    done = {key for key, _ in effects(store, "little")}
    assert "k07" not in done
    assert len(places) > 1
    assert len(done) >= 10
    handler.trouble.clear()
    while len(effects(store, "little")) < 40:
        little.step()
    quiet(little)
    assert effects(store, "little") == sorted((key, v) for key in keys for v in ("1", "2"))
    assert len({e.id for e in published(bus, "little.out")}) == 40
    little.close()


def test_a_newcomer_takes_over_where_the_first_one_left(bus: Bus, store: Engine) -> None:
    send(bus, *(event(f"a{n}") for n in range(9)))
    first = worker(LITTLE, Little(), bus, store)
    quiet(first)
    first.close()
    send(bus, *(event(f"b{n}") for n in range(9)))
    handler = Little()
    second = worker(LITTLE, handler, bus, store)
    quiet(second)
    assert {message.key[0] for message in handler.seen} == {"b"}
    assert len(effects(store, "little")) == 18
    second.close()


def test_what_a_dead_worker_left_in_the_outbox_goes_out_first(bus: Bus, store: Engine) -> None:
    rows = [
        {"lane": "little.in/0", "number": 1, "key": b"lane"},
        {"lane": "", "number": 2, "key": b"none"},
        {"lane": "other/0", "number": 3, "key": b"foreign"},
    ]
    common = {"stage": "little", "run": "dead", "topic": "little.out", "value": b"{}"}
    with store.begin() as connection:
        values = [{**common, **row, "headers": b"[]"} for row in rows]
        connection.execute(insert(journal.outbox), values)
    little = worker(LITTLE, Little(), bus, store)
    quiet(little)
    assert sum(bus.ends(["little.out"]).values()) == 2
    assert open_work(store).outbox == 1
    little.close()


def test_a_zombie_is_fenced_by_the_stored_position(bus: Bus, store: Engine) -> None:
    """The group thinks that the worker owns the partition; the store knows better."""
    send(bus, event("k"))
    little = worker(LITTLE, Little(), bus, store)
    quiet(little)
    send(bus, event("k", "2"), event("k", "3"))
    (place,) = [p for p, n in bus.ends(["little.in"]).items() if n]
    with store.begin() as connection:  # the true owner handles version 2
        journal.advance(connection, "little", place, was=1, to=2)
    with capture_logs() as logs:
        quiet(little)
    assert [log["event"] for log in logs].count("fenced: another worker is ahead") == 1
    assert effects(store, "little") == [("k", "1"), ("k", "3")]
    little.close()


def test_a_position_that_two_start_is_won_by_one(store: Engine) -> None:
    place = Partition("little.in", 0)
    with store.begin() as connection:
        journal.advance(connection, "little", place, was=None, to=5)
    with pytest.raises(FencedError), store.begin() as connection:
        journal.advance(connection, "little", place, was=None, to=6)
    assert positions(store) == {"little": {place: 5}}


def test_a_bus_that_is_away_loses_nothing(
    bus: Bus, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(bus, *(event(f"k{n}") for n in range(8)))
    little = worker(LITTLE, Little(), bus, store)
    real, down = bus.publish, [True]

    def publish(records: list[Outgoing]) -> None:
        if down[0]:
            raise wait()
        real(records)

    monkeypatch.setattr(bus, "publish", publish)
    with capture_logs() as logs:
        while not any(log["event"] == "worker rests" for log in logs):
            little.step()
    assert open_work(store).outbox > 0
    down[0] = False
    while len(effects(store, "little")) < 8 or open_work(store).outbox:
        little.step()
    assert len(published(bus, "little.out")) == 8
    little.close()


def test_drafts_about_a_shredded_person_are_dropped(bus: Bus, store: Engine) -> None:
    handler, little = Little(), None
    send(bus, event("gone"), event("here"))
    little = worker(LITTLE, handler, bus, store)
    assert isinstance(little.keyring, ClearKeyring)
    little.keyring.shredded.add("person-gone")
    quiet(little)
    assert [envelope.key for envelope in published(bus, "little.out")] == ["here"]
    told = {m.key: (len(m.opened), m.shredded) for m in handler.seen}
    assert told == {"gone": (0, {"person-gone"}), "here": (1, frozenset())}
    assert open_work(store).parked == 0
    little.close()


def test_a_timer_wakes_its_stage_once_when_it_is_due(bus: Bus, store: Engine) -> None:
    time = [NOW]
    with store.begin() as connection:
        tx = journal.JournalTx(connection, "little", "test", lambda: "cause")
        for key in ("a", "b", "c"):
            tx.set_timer(key, later(1), data={"version": "v"})
        tx.set_timer("b", later(3), data={"version": "w"})
        tx.drop_timer("c")
        tx.drop_timer("unknown")
    little = worker(LITTLE, Little(), bus, store, clock=lambda: time[0])
    quiet(little)
    assert effects(store, "timer") == []
    assert open_work(store).timers == {"little": later(1)}
    time[0] = later(2)
    quiet(little)
    assert effects(store, "timer") == [("a", "v")]
    time[0] = later(4)
    quiet(little)
    assert effects(store, "timer") == [("a", "v"), ("b", "w")]
    assert open_work(store).timers == {}
    little.close()


def test_a_timer_set_twice_in_one_instant_causes_two_messages(bus: Bus, store: Engine) -> None:
    """A simulated clock stands still; what is caused then still has ids of its own."""
    little = worker(LITTLE, Little(), bus, store)
    for version in ("1", "2"):
        send(bus, event("k", version, timer=True))
        quiet(little)
    assert effects(store, "timer") == [("k", "1"), ("k", "2")]
    assert len({e.id for e in published(bus, "little.out")}) == 4
    little.close()


def test_a_timer_that_fails_stays_due_and_stops_no_other(bus: Bus, store: Engine) -> None:
    handler = Little(trouble={"timer a": ValueError(), "timer b": wait()})
    send(bus, *(event(key, timer=True) for key in ("a", "b", "c")))
    little = worker(LITTLE, handler, bus, store)
    quiet(little)
    assert effects(store, "timer") == [("c", "1")]
    assert open_work(store).timers == {"little": NOW}
    handler.trouble.clear()
    while open_work(store).timers:
        little.step()
    assert effects(store, "timer") == [("a", "1"), ("b", "1"), ("c", "1")]
    little.close()


def test_two_workers_share_the_timers(bus: Bus, store: Engine) -> None:
    with store.begin() as connection:
        tx = journal.JournalTx(connection, "little", "test", lambda: "cause")
        for number in range(200):
            tx.set_timer(f"t{number:03}", NOW, data={"version": "v"})
    stop = Event()
    workers = [worker(LITTLE, Little(), bus, store) for _ in range(2)]
    threads = [Thread(target=one.run, args=(stop,)) for one in workers]
    for thread in threads:
        thread.start()
    while open_work(store).timers:
        stop.wait(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert effects(store, "timer") == [(f"t{number:03}", "v") for number in range(200)]


def test_an_old_inbox_is_pruned(bus: Bus, store: Engine) -> None:
    send(bus, event("k"))
    little = worker(LITTLE, Little(), bus, store)
    quiet(little)
    little.close()
    with store.begin() as connection:
        connection.execute(update(journal.inbox).values(seen=1.0))
    again = worker(LITTLE, Little(), bus, store)
    quiet(again)
    with store.begin() as connection:
        assert journal.seen_before(connection, "little", [event("k").id]) == set()
    again.close()


def test_logs_hold_no_content(bus: Bus, store: Engine) -> None:
    handler = Little(trouble={"bad": ValueError("Daw Khin Mar Oo"), "slow": wait()})
    send(bus, event("bad", note="clear"), event("slow"), event("fine"))
    little = worker(LITTLE, handler, bus, store)
    with capture_logs() as logs:
        quiet(little)
        little.close()
    said = repr(logs)
    assert "parked" in said
    assert "partition rests" in said
    assert not any(word in said for word in ("Daw Khin", "clear", "person-bad"))
