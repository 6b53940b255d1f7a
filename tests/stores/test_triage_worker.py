"""Triage with the real worker, the bus and a second writer: each record's effects happen once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import Engine, select, text

from contracts.envelope import Envelope, Kind, decode, encode
from contracts.topics import TOPICS
from hub.bus import journal
from hub.bus.audit import audit
from hub.bus.database import reading
from hub.bus.embedded import EmbeddedBus
from hub.bus.journal import JournalTx
from hub.bus.port import Incoming, Outgoing
from hub.bus.worker import Worker
from hub.pipeline import STAGES
from hub.stages.translate import Translate
from hub.triage import desk
from hub.web.tokens import Role
from tests.stores.handling import NOW, hub_tables
from tests.stores.house import House, open_test_house, serving
from tests.stores.little import QUICK, SESSION, ClearKeyring
from tests.stores.triage_records import FIELD, MARK, RECORD, SYSTEM, Table, asked, record

COUNT = 7


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    """The hub's topics, empty."""
    with EmbeddedBus(tmp_path / "bus", session_seconds=SESSION) as bus:
        bus.create(TOPICS)
        yield bus


def worker(engine: Engine, bus: EmbeddedBus) -> Worker:
    """One process of translate."""
    keys = ClearKeyring()
    handler = Translate(record_ref=lambda system, key: f"{system}:{key}", open_part=keys.open)
    return Worker(
        stage=STAGES["translate"], handler=handler, bus=bus, engine=engine, keyring=keys,
        clock=lambda: NOW, instance="test", options=QUICK,
    )  # fmt: skip


def send(bus: EmbeddedBus, *references: str) -> None:
    """Source events, as collect makes them."""
    for ref in references:
        key, value, headers = encode(record(ref, child_hazards=MARK).envelope)
        bus.publish(
            [Outgoing(topic=f"source.{SYSTEM}", key=key, value=value, headers=headers)]
        )  # fmt: skip


def run(*workers: Worker) -> None:
    """Let them work until all are idle, several times in a row."""
    idle = 0
    while idle < 4:
        did = [one.step(0.01) for one in workers]
        idle = 0 if any(did) else idle + 1


def canonical(bus: EmbeddedBus) -> list[Envelope]:
    """All that translate published of records about children."""
    found: list[Incoming] = []
    ends = sum(bus.ends(["canonical"]).values())
    member = bus.join("test-look", ["canonical"], lambda _: None)
    while len(found) < ends:
        found += member.poll(0.05, 100)
    member.close()
    return [decode(one.key, one.value, one.headers) for one in found]


def hazards(event: Envelope) -> list[str]:
    """What the event says of hazards."""
    (part,) = [part for part in event.parts if part.kind is Kind.CASE]
    return list(orjson.loads(part.text)["hazards"])


def test_each_held_record_is_published_again_once_whichever_process_does_it(
    engine: Engine, bus: EmbeddedBus
) -> None:
    hub_tables(engine)
    send(bus, *(f"r{n}" for n in range(COUNT)))
    first, second = worker(engine, bus), worker(engine, bus)
    run(first, second)
    assert [hazards(one) for one in canonical(bus)] == [[]] * COUNT
    with engine.begin() as connection:
        assert desk.map_code(connection, asked(), "dust_fumes") == COUNT
    run(second, first)
    first.close()
    second.close()
    events = canonical(bus)
    by_key: dict[str, list[Envelope]] = {}
    for one in events:
        by_key.setdefault(one.key, []).append(one)
    assert len(by_key) == COUNT
    for old, new in by_key.values():
        assert (hazards(old), hazards(new)) == ([], ["dust_fumes"])
        assert new.version > old.version
    assert len({one.id for one in events}) == 2 * COUNT
    with reading(engine) as connection:
        assert connection.execute(select(journal.timer)).all() == []
        assert connection.execute(select(journal.outbox)).all() == []
        assert connection.execute(select(journal.parked)).all() == []


def test_a_decision_waits_for_a_record_that_is_being_stored_and_then_sees_it(
    engine: Engine,
) -> None:
    """Two writers at once: the decision cannot pass between a record's reading and storing."""
    table = Table(engine=engine)
    table.arrive("first", child_hazards=MARK)
    told: list[int] = []

    def decide() -> None:
        told.append(table.map("dust_fumes"))

    other = threading.Thread(target=decide)
    with engine.begin() as connection:
        tx = JournalTx(connection, "translate", "test/0", lambda: "cause")
        list(table.stage.handler.does(record("late", child_hazards=MARK), tx, NOW))
        other.start()
        if connection.dialect.name == "postgresql":
            _wait_for_a_waiter(engine)
        assert not told
    other.join(30)
    assert told == [2]
    assert len(table.run_timers()) == 2


def _wait_for_a_waiter(engine: Engine) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(2000):
        with engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("the decision did not wait")


# --- the API -----------------------------------------------------------------------------------


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """A hub with one record that holds a code."""
    with open_test_house(engine, tmp_path) as made:
        Table(engine=engine).arrive("r1", child_hazards=MARK)
        yield made


def test_people_see_map_and_undo_over_the_api_and_each_step_is_audited(house: House) -> None:
    name = {"system": SYSTEM, "record": RECORD, "field": FIELD, "code": MARK}
    integrator = house.headers(Role.INTEGRATOR)
    with serving(house) as client:

        def post(what: str, **more: str) -> httpx.Response:
            return client.post(f"/v1/triage/{what}", json=name | more, headers=integrator)

        (open_code,) = client.get("/v1/triage", headers=integrator).json()["codes"]
        assert (open_code["code"], open_code["state"], open_code["count"]) == (MARK, "open", 1)
        assert post("map", target="dust_fumes").json() == {"again": 1}
        found = client.get(f"/v1/triage?system={SYSTEM}", headers=integrator).json()
        assert found["codes"][0]["state"] == "mapped"
        assert found["codes"][0]["decided_by"] == "somebody@office"
        assert [(one["due"], one["held"]) for one in found["again"]] == [(1, 1)]
        assert client.get("/v1/triage?system=emis", headers=integrator).json()["codes"] == []
        assert post("undo").json() == {"again": 1}
        assert post("undo").status_code == 404
        refused = post("map", target="no_such_hazard")
        assert refused.status_code == 422
        assert "name one of these" in refused.json()["detail"]
        assert MARK not in refused.text
        assert post("ignore", reason="a slip").json() == {"again": 1}
    with reading(house.engine) as connection:
        rows = connection.execute(select(audit).where(audit.c.actor == "somebody@office")).all()
    assert {"read triage", "map code", "ignore code", "undo triage"} <= {r.action for r in rows}
    assert not any(MARK in str(value) for row in rows for value in row)
