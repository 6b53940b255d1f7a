"""Held and let go: a batch comes to the same as its records one by one, whatever their order."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select

from contracts.audit import AuditEntry
from contracts.envelope import Envelope
from hub.bus import journal
from hub.bus.audit import audit, verify
from hub.bus.database import reading
from hub.bus.gathering import gathering
from hub.triage import keeping
from hub.triage.desk import timer_key
from hub.triage.holdings import HeldCode, Holding, Why, held_table, holding_table
from tests.stores.handling import NOW, hub_tables

CODES = [HeldCode(why=Why.CODE, field="facts.hazards", code=code) for code in ("zz-1", "zz-2")]
CODES.append(HeldCode(why=Why.LABEL, field="facts.hazards", code="zz-1", label="Heat"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One version of a record, with the codes that it is held for."""

    ref: str
    version: str
    codes: tuple[HeldCode, ...]
    at: datetime
    due: bool = False


def keep(connection: Connection, one: Coming, system: str) -> None:
    """What translate does with it."""
    entry = AuditEntry(at=NOW, actor="test", action="keep", subject=f"{one.ref}|{one.version}")
    if not one.codes:
        place = (system, one.ref)
        keeping.let_go(connection, system, place, one.version, one.at, audit=entry)
        return
    envelope = Envelope(
        id=f"{system}{one.ref}{one.version}", type="test", source="/test", key=f"p-{one.ref}",
        version=one.version, time=NOW, data={"system": system, "ref": one.ref},
    )  # fmt: skip
    holding = Holding(record="inspection", topic="source", envelope=envelope)
    keeping.hold(connection, system, holding, one.codes, one.at, due=one.due, audit=entry)


def kept(engine: Engine, system: str) -> dict[str, Any]:
    """All that is held of a system, and what the audit says of it; its name is left out."""
    of_holding, of_code = holding_table.c, held_table.c
    holding = select(of_holding.ref, of_holding.version, of_holding.due, of_holding.trouble)
    code = select(
        of_code.ref, of_code.why, of_code.field, of_code.code, of_code.label, of_code.since,
        of_code.seen,
    )  # fmt: skip
    told = select(audit.c.subject).where(audit.c.shard == system).order_by(audit.c.sequence)
    with reading(engine) as connection:
        assert verify(connection) == []
        return {
            "holding": set(connection.execute(holding.where(of_holding.system == system)).all()),
            "codes": set(connection.execute(code.where(of_code.system == system)).all()),
            "audit": list(connection.execute(told).scalars()),
        }


def coming(chance: random.Random) -> list[Coming]:
    """Versions of a few records, in any order."""
    return [
        Coming(
            ref=f"r{chance.randint(1, 3)}", version=str(chance.randint(1, 4)),
            codes=tuple(chance.sample(CODES, chance.randint(0, 3))),
            at=NOW + timedelta(minutes=number), due=chance.random() < 0.2,
        )
        for number in range(chance.randint(1, 12))
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_batch_comes_to_what_its_records_come_to_one_by_one(engine: Engine, seed: int) -> None:
    """On an empty store, and then on what the batch before left."""
    hub_tables(engine)
    chance = random.Random(seed)
    for _ in range(3):
        batch = coming(chance)
        for one in batch:
            with engine.begin() as connection:
                keep(connection, one, "alone")
        with engine.begin() as connection, gathering(connection):
            for one in batch:
                keep(connection, one, "together")
        assert kept(engine, "together") == kept(engine, "alone")


@pytest.mark.parametrize("count", [1, 200])
def test_a_batch_takes_as_many_statements_as_one_record(engine: Engine, count: int) -> None:
    hub_tables(engine)
    batch = [
        Coming(ref=f"r{n}", version="1", codes=tuple(CODES[: n % 2 + 1]), at=NOW)
        for n in range(count)
    ]  # fmt: skip
    for _ in range(2):
        with engine.begin() as connection, counted(engine) as statements, gathering(connection):
            for one in batch:
                keep(connection, one, "together")
    assert len(statements) <= 9


def test_a_record_that_is_due_at_once_wakes_its_contract(engine: Engine) -> None:
    hub_tables(engine)
    batch = [Coming(ref=f"r{n}", version="1", codes=(CODES[0],), at=NOW, due=True) for n in "ab"]
    with engine.begin() as connection, gathering(connection):
        for one in batch:
            keep(connection, one, "together")
    with reading(engine) as connection:
        (timer,) = connection.execute(select(journal.timer)).all()
    assert timer.key.startswith(timer_key("together", "inspection"))
    assert timer.data == {"system": "together", "record": "inspection"}


def test_nothing_is_told_of_a_record_that_held_nothing(engine: Engine) -> None:
    hub_tables(engine)
    with engine.begin() as connection, gathering(connection):
        keep(connection, Coming(ref="r1", version="1", codes=(), at=NOW), "together")
    assert kept(engine, "together") == {"holding": set(), "codes": set(), "audit": []}


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are run inside."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)
