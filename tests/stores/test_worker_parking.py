"""Records that fail: rejected, parked, superseded, counted, tried again; what is never parked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from contracts.envelope import Envelope, encode
from hub.bus import journal
from hub.bus.database import reading
from hub.bus.parking import over_ceiling, parked_count, retry_parked
from hub.bus.port import Bus, Outgoing
from hub.bus.worker import Worker
from tests.stores.little import (
    LITTLE,
    ClearKeyring,
    Little,
    effects,
    event,
    make_tables,
    open_bus,
    published,
    quiet,
    reject,
    send,
    wait,
    worker,
)
from tests.stores.standing import open_work


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with open_bus(tmp_path / "bus") as bus:
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_tables(engine)
    return engine


@pytest.fixture
def handler() -> Little:
    return Little(trouble={"bad": ValueError("a value")})


@pytest.fixture
def little(bus: Bus, store: Engine, handler: Little) -> Iterator[Worker]:
    little = worker(LITTLE, handler, bus, store)
    yield little
    little.close()


def parked(store: Engine) -> list[tuple[str, str]]:
    with reading(store) as connection:
        query = select(journal.parked.c.key, journal.parked.c.version)
        return sorted((row.key, row.version) for row in connection.execute(query))


def retry(store: Engine) -> int:
    with store.begin() as connection:
        return retry_parked(connection, "little")


def passed_on(bus: Bus) -> list[str]:
    return sorted(envelope.key for envelope in published(bus, "little.out"))


def test_a_bad_record_costs_itself_and_nothing_else(
    bus: Bus, store: Engine, little: Worker
) -> None:
    send(bus, *(event(key, ref="r1") for key in ("a", "bad", "b", "c")))
    quiet(little)
    assert effects(store, "little") == [("a", "1"), ("b", "1"), ("c", "1")]
    assert passed_on(bus) == ["a", "b", "c"]
    (outcome,) = published(bus, "outcome")
    assert (outcome.key, outcome.version) == ("bad", "1")
    assert outcome.data == {
        "state": "parked",
        "reason": "unforeseen",
        "system": "emis",
        "ref": "r1",
    }


def test_a_parked_record_says_where_it_failed_and_holds_no_value(
    bus: Bus, store: Engine, little: Worker
) -> None:
    send(bus, event("bad", ref="r1"))
    quiet(little)
    with reading(store) as connection:
        row = connection.execute(select(journal.parked)).one()
    assert (row.error, row.attempts, row.retry, row.system) == ("ValueError", 1, False, "emis")
    assert row.place.startswith("hub/bus/")
    assert "a value" not in repr(row)
    assert row.value == encode(event("bad", ref="r1"))[1]


def test_a_rejected_record_tells_every_reason(
    bus: Bus, store: Engine, little: Worker, handler: Little
) -> None:
    handler.trouble["bad"] = reject()
    send(bus, event("bad", ref="r1"), event("good"))
    quiet(little)
    (outcome,) = published(bus, "outcome")
    assert outcome.data == {
        "state": "rejected",
        "system": "emis",
        "ref": "r1",
        "reasons": [
            {
                "code": "age_impossible",
                "column": "age",
                "message": "no such age",
                "next_step": "mend it",
                "where": "row 3",
            }
        ],
    }
    assert effects(store, "little") == [("good", "1")]
    assert parked(store) == []


def test_a_rejection_that_nobody_would_hear_of_is_parked(
    bus: Bus, store: Engine, handler: Little
) -> None:
    handler.trouble["bad"] = reject()
    silent = worker(replace(LITTLE, publishes=("little.out",)), handler, bus, store)
    send(bus, event("bad"))
    quiet(silent)
    silent.close()
    assert parked(store) == [("bad", "1")]
    assert published(bus, "outcome") == []


def test_a_newer_state_supersedes_a_parked_one_of_the_same_record_only(
    bus: Bus, store: Engine, little: Worker, handler: Little
) -> None:
    send(bus, event("bad", "1", ref="r1"), event("bad", "1", ref="r2"))
    quiet(little)
    assert parked(store) == [("bad", "1"), ("bad", "1")]
    send(bus, event("bad", "2", ref="r1"))
    quiet(little)
    assert parked(store) == [("bad", "1"), ("bad", "2")]
    handler.trouble.clear()
    send(bus, event("bad", "3", ref="r1"), event("bad", "0", ref="r2"))
    quiet(little)
    assert parked(store) == [("bad", "1")]


def test_a_parked_record_is_tried_again_when_somebody_asks(
    bus: Bus, store: Engine, little: Worker, handler: Little
) -> None:
    send(bus, event("bad", ref="r1"))
    quiet(little)
    assert retry(store) == 1
    quiet(little)
    assert parked(store) == [("bad", "1")]
    handler.trouble.clear()
    quiet(little)
    assert effects(store, "little") == []
    assert retry(store) == 1
    quiet(little)
    assert parked(store) == []
    assert effects(store, "little") == [("bad", "1")]
    assert passed_on(bus) == ["bad"]
    told = [envelope.data["state"] for envelope in published(bus, "outcome") if envelope.data]
    assert told == ["parked", "parked"]
    ids = [e.id for topic in ("little.out", "outcome") for e in published(bus, topic)]
    assert len(set(ids)) == 3


def test_a_retry_that_must_wait_stays_asked_for(
    bus: Bus, store: Engine, little: Worker, handler: Little
) -> None:
    send(bus, event("bad"))
    quiet(little)
    handler.trouble["bad"] = wait()
    retry(store)
    quiet(little)
    assert open_work(store).retrying == 1
    handler.trouble.clear()
    while open_work(store).parked:
        little.step()
    assert effects(store, "little") == [("bad", "1")]


def test_the_ceiling_counts_each_systems_parked_records(
    bus: Bus, store: Engine, little: Worker, handler: Little
) -> None:
    handler.trouble |= {f"bad{n}": KeyError() for n in range(5)}
    send(bus, *(event(f"bad{n}") for n in range(5)), event("bad", system="dsw_cms"))
    quiet(little)
    with store.begin() as connection:
        assert parked_count(connection, "emis") == 5
        assert over_ceiling(connection, "emis", ceiling=5)
        assert not over_ceiling(connection, "emis", ceiling=6)
        assert not over_ceiling(connection, "dsw_cms", ceiling=2)


@pytest.mark.parametrize("trouble", [KeyError(), reject()], ids=["unforeseen", "rejected"])
def test_a_withdrawal_passes_a_parked_record_and_is_never_parked(
    bus: Bus, store: Engine, little: Worker, handler: Little, trouble: Exception
) -> None:
    send(bus, event("bad"))
    quiet(little)
    handler.trouble["withdrawal"] = trouble
    send(bus, event("withdrawal"), topic="consent")
    with capture_logs() as logs:
        quiet(little)
    alarms = [log for log in logs if log["log_level"] == "critical"]
    assert alarms
    assert alarms[0]["event"] == "blocked: never parked"
    assert parked(store) == [("bad", "1")]
    handler.trouble.clear()
    send(bus, event("bad", "2"), topic="consent")
    while len(effects(store, "little")) < 2:
        little.step()
    assert effects(store, "little") == [("bad", "2"), ("withdrawal", "1")]


def foreign(key: str) -> Outgoing:
    return Outgoing(topic="little.in", key=key.encode(), value=b"not ours", headers=())


def forged(key: str) -> Envelope:
    envelope = event(key)
    part = replace(envelope.parts[0], nonce=b"other")
    return replace(envelope, parts=(part,))


def test_what_is_not_ours_is_parked_with_an_alarm(bus: Bus, store: Engine, little: Worker) -> None:
    bus.publish([foreign("stranger")])
    send(bus, forged("forged"), event("fine"))
    with capture_logs() as logs:
        quiet(little)
    assert [log["error"] for log in logs if log["log_level"] == "critical"] == ["ForeignError"] * 2
    assert parked(store) == [("forged", "1"), ("stranger", "")]
    assert effects(store, "little") == [("fine", "1")]
    retry(store)
    quiet(little)
    assert len(parked(store)) == 2


def test_a_shredded_record_is_skipped_and_never_parked(
    bus: Bus, store: Engine, little: Worker, handler: Little
) -> None:
    from hub.bus.stage import ShreddedError

    handler.trouble["gone"] = ShreddedError()
    assert isinstance(little.keyring, ClearKeyring)
    send(bus, event("gone"), event("here"))
    quiet(little)
    assert parked(store) == []
    assert effects(store, "little") == [("here", "1")]
