"""What people decide: stored with its event or not at all, and counted once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from tenacity import wait_none

from consent.engine import decide
from consent.model import Action, Case, Channel, Consent, Effect, Purpose, Request
from consent.store import ConsentStore, consent_metadata
from contracts.envelope import decode
from contracts.labels import Label
from contracts.model.consent_statement import ConsentStatement
from hub.bus.audit import audit, audit_metadata
from hub.bus.database import reading
from hub.bus.journal import journal_metadata
from hub.bus.worker import Options, Worker
from hub.people import Said
from hub.pipeline import STAGES
from hub.stages.people import People
from tests.stores.house import CHILD, INSTANCE, NOW, House, open_test_house
from tests.stores.standing import open_work

TODAY = date(2026, 2, 1)


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """A hub with nothing in it."""
    tables = (journal_metadata, audit_metadata, consent_metadata)
    with open_test_house(engine, tmp_path, tables) as made:
        yield made


def said(answer: str, *, name: str = "one", on: date = TODAY, by: str = "guardian") -> Said:
    """What somebody said."""
    statement = ConsentStatement.model_validate(
        {"scope": "reporting", "answer": answer, "by": by, "on": on}
    )
    return Said(id=name, child=CHILD, person="p" * 32, statement=statement, actor="officer")


def record(house: House, *answers: Said, minutes: int = 0) -> list[bool]:
    """Record each in a transaction of its own."""
    found = []
    for one in answers:
        with house.engine.begin() as connection:
            found.append(house.desk.record(connection, one, NOW + timedelta(minutes=minutes)))
    return found


def stored(house: House) -> list[Consent]:
    """The consents of the child."""
    with reading(house.engine) as connection:
        found = ConsentStore(connection, "test").consents_of(CHILD)
    return [one for one in found if isinstance(one, Consent)]


def mirror_effect(house: House, minutes: int) -> Effect:
    """Whether MOLIP may have the row, so many minutes after the start."""
    request = Request(
        subject=CHILD, recipient="molip", purpose=Purpose.MONITOR, action=Action.MIRROR,
        channel=Channel.MIRROR, classes=frozenset({Label.C1}),
        case=Case(child_labour=True, age_low=12, age_high=12),
    )  # fmt: skip
    now = NOW + timedelta(minutes=minutes)
    return decide(request, stored(house), house.desk.policy, now).effect


def test_an_objection_leaves_with_its_audit_entry_and_as_one_event(house: House) -> None:
    """Consent row, audit entry and outbox row commit together; the worker publishes the event."""
    assert record(house, said("no")) == [True]

    with reading(house.engine) as connection:
        actions = list(connection.execute(select(audit.c.action)).scalars())
    assert actions == ["record objection"]
    assert open_work(house.engine).outbox == 1
    worker = Worker(
        stage=STAGES["people"], handler=People(), bus=house.bus, engine=house.engine,
        keyring=None, clock=lambda: NOW, instance=INSTANCE,
        options=Options(poll_seconds=0, patience=wait_none()),
    )  # fmt: skip
    worker.step()
    worker.close()
    assert open_work(house.engine).outbox == 0
    member = house.bus.join("test", ["consent"], lambda _: None)
    records = member.poll(5.0, 10)
    member.close()
    (event,) = [decode(one.key, one.value, one.headers) for one in records]
    assert event.key == CHILD
    assert event.type == "clm.consent.v1"
    assert event.data == {
        "child": CHILD,
        "person": "p" * 32,
        "id": "one",
        "statement": {
            "scope": "reporting", "answer": "no", "by": "guardian", "on": "2026-02-01",
        },
    }  # fmt: skip
    assert event.parts == ()


def test_the_same_request_twice_counts_once(house: House) -> None:
    """A repeated POST changes nothing, neither in the consents nor in the outbox."""
    assert record(house, said("no"), said("no")) == [True, False]

    assert len(stored(house)) == 1
    assert open_work(house.engine).outbox == 1
    with reading(house.engine) as connection:
        assert connection.execute(select(func.count()).select_from(audit)).scalar_one() == 1


def test_an_id_that_is_used_twice_swallows_no_other_answer(house: House) -> None:
    """An objection under an id that a permission had is recorded all the same."""
    assert record(house, said("yes"), said("no")) == [True, True]

    assert mirror_effect(house, 1) is Effect.DENY


def test_a_transaction_that_fails_leaves_nothing(house: House) -> None:
    """Neither row nor event; and the same request is new again afterwards."""
    with house.engine.connect() as connection, connection.begin() as transaction:
        house.desk.record(connection, said("no"), NOW)
        transaction.rollback()

    assert stored(house) == []
    assert open_work(house.engine).outbox == 0
    assert record(house, said("no")) == [True]


def test_a_later_permission_lifts_an_objection_and_a_later_objection_comes_back(
    house: House,
) -> None:
    """The newest answer of one person counts."""
    record(house, said("no", name="a"), minutes=0)
    assert mirror_effect(house, 1) is Effect.DENY
    record(house, said("yes", name="b"), minutes=2)
    assert mirror_effect(house, 3) is Effect.PERMIT
    record(house, said("no", name="c"), minutes=4)
    assert mirror_effect(house, 5) is Effect.DENY
    assert [one.version for one in stored(house)] == [1, 2, 3]


def test_a_permission_recorded_late_does_not_lift_a_newer_objection(house: House) -> None:
    """A form of January that is entered in February is older than the objection of February."""
    record(house, said("no", name="a"))
    record(house, said("yes", name="b", on=date(2026, 1, 20)), minutes=5)

    assert mirror_effect(house, 6) is Effect.DENY


def test_another_person_does_not_lift_an_objection(house: House) -> None:
    """The child's no stands against the guardian's yes."""
    record(house, said("no", name="a", by="child"), said("yes", name="b"))

    assert mirror_effect(house, 1) is Effect.DENY


def test_two_who_decide_at_once_are_both_recorded(house: House) -> None:
    """Each gets a version of its own, whoever comes first."""
    answers = [said("no", name=str(number)) for number in range(6)]
    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(pool.map(lambda one: record(house, one), answers))

    assert found == [[True]] * 6
    assert [one.version for one in stored(house)] == [1, 2, 3, 4, 5, 6]
    assert open_work(house.engine).outbox == 6


def test_one_request_sent_by_two_at_once_counts_once(house: House) -> None:
    """The second waits for the first, and finds it done."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(pool.map(lambda one: record(house, one), [said("no")] * 6))

    assert sorted(found) == [[False]] * 5 + [[True]]
    assert open_work(house.engine).outbox == 1
