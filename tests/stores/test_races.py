"""Two workers of one stage at the same child, on PostgreSQL: nobody's work is lost."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text

from adapters.sdk.ids import service_id
from contracts.envelope import Message
from hub import candidates
from hub.bus.database import open_database, reading
from hub.referrals import store as referrals
from hub.referrals.procedure import load_directory, load_procedure
from hub.stages.publish import Publish
from hub.stages.refer import Refer
from hub.stages.release import Release
from tests.stores.facts import NO, child_event, finding
from tests.stores.handling import NOW, Desk, hub_tables, message, of_topic, transaction
from tests.stores.test_publish import EPOCH, K, pseudonym
from tests.stores.test_refer import CHILD, REFERRAL, record_ref
from tests.stores.test_release import POLICY, Vault

SECONDS = 20.0


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of the server: SQLite knows one writer at a time anyway."""
    server = request.getfixturevalue("postgres_server")
    engine = open_database(f"{server.address}/races_{os.urandom(6).hex()}")
    yield hub_tables(engine)
    engine.dispose()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Where the second worker runs."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def meanwhile(engine: Engine, pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    """Start the second worker; return when it waits for a lock, or is done."""
    future = pool.submit(act)
    waits = text(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )
    while not future.done():
        with reading(engine) as connection:
            if connection.execute(waits).scalar_one():
                break
    return future


def both(engine: Engine, pool: ThreadPoolExecutor, desk: Desk, one: Message, other: Message
         ) -> list[Any]:  # fmt: skip
    """Two workers handle these messages; the second begins before the first one commits."""
    with transaction(engine, desk.stage) as tx:
        made = list(desk.handler.does(one, tx, NOW))
        future = meanwhile(engine, pool, lambda: desk.take(other))
    return [*made, *future.result(SECONDS)]


def test_the_first_news_of_a_child_from_two_topics_is_not_overwritten(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    """The child's records and its referral's status come to two workers at once."""
    vault = Vault()
    vault.known["origin-r1"] = finding()
    desk = Desk(
        engine=engine, stage="release", handler=Release(policy=POLICY, open_part=vault.open)
    )
    status = message("status", CHILD, f"{1:010d}", {"child": CHILD, "outcome": "waiting"})
    both(engine, pool, desk, child_event(CHILD, 1, {"r1": finding()}), status)
    with engine.begin() as connection:
        child = candidates.lock_child(connection, CHILD)
    assert (child.version, child.outcome) == (1, "waiting")


def test_an_objection_during_an_epoch_takes_out_the_row_that_the_epoch_shows(
    engine: Engine, pool: ThreadPoolExecutor
) -> None:
    """The epoch read the candidate before the objection, and shows its row after it."""
    vault = Vault()
    facts = {f"child-{number}": finding() for number in range(K)}
    vault.known = {f"origin-r{child}": one for child, one in facts.items()}
    release = Desk(
        engine=engine, stage="release", handler=Release(policy=POLICY, open_part=vault.open)
    )
    publish = Publish(pseudonym=pseudonym, k=K, epoch_seconds=3600)
    for child, one in facts.items():
        release.take(child_event(child, 1, {f"r{child}": one}))
    no = finding(legal=NO, statistical=NO)
    vault.known["origin-rchild-0"] = no
    with transaction(engine, "publish") as tx:
        list(publish.wakes(EPOCH, tx, NOW))
        release.take(child_event("child-0", 2, {"rchild-0": no}))
    with reading(engine) as connection:
        keys = connection.execute(text("select key from journal_timer")).scalars().all()
    assert "withdraw:child-0" in keys


@pytest.fixture
def refer(engine: Engine) -> Desk:
    """The stage with the procedure and directory that ship with the hub."""
    handler = Refer(
        procedure=load_procedure(), directory=load_directory(None), record_ref=record_ref,
        service_user="clm_hub",
    )  # fmt: skip
    return Desk(engine=engine, stage="refer", handler=handler)


def test_two_states_of_a_childs_referrals_never_share_a_number(
    engine: Engine, pool: ThreadPoolExecutor, refer: Desk
) -> None:
    """Deliver and release take the higher number: the newest must know what the other one did."""
    refer.take(child_event(CHILD, 1, {"r1": finding()}))
    answer = {"kind": "delivery", "referral": REFERRAL, "state": "delivered", "on": "2026-02-03",
              "route": "referral", "case_ref": "case"}  # fmt: skip
    delivered = message("answer", "case", "2026", answer)
    drafts = both(engine, pool, refer, delivered, message("consent", CHILD, "1", {"child": CHILD}))
    told = {
        draft.version: draft.data["referrals"][0]["state"]
        for draft in of_topic(drafts, "referral")
        if draft.data
    }
    assert len(told) == 2
    assert told[max(told)] == "delivered"


def test_two_answers_for_one_referral_are_both_heard(
    engine: Engine, pool: ThreadPoolExecutor, refer: Desk
) -> None:
    """The second one is judged on what the first one left."""
    refer.take(child_event(CHILD, 1, {"r1": finding()}))
    refused = {"kind": "delivery", "referral": REFERRAL, "state": "undeliverable",
               "reason": "no_recipient", "on": "2026-02-03"}  # fmt: skip
    done = {"kind": "referral", "system": "dsw_cms", "case_ref": "case", "referral_ref": "x",
            "service_id": service_id(REFERRAL), "state": "done", "on": "2026-02-04"}  # fmt: skip
    both(engine, pool, refer, message("answer", "case", "2026", done),
         message("answer", REFERRAL, "2026", refused))  # fmt: skip
    with reading(engine) as connection:
        found = referrals.get_one(connection, REFERRAL)
    assert found is not None
    assert found.state == "done"
