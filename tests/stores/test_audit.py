"""The audit chain: in the work's own transaction, and every tampering with it shows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, select, update

from contracts.audit import AuditEntry
from hub.bus.audit import append, audit, audit_head, audit_metadata, heads, verify

NOW = datetime(2026, 1, 5, 1, 30, 0, 5, tzinfo=UTC)


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        at=NOW + timedelta(seconds=number),
        actor="release",
        action="store candidate",
        subject=f"child-{number}",
        reason="policy_default",
        count=number,
    )


@pytest.fixture
def chains(engine: Engine) -> Engine:
    audit_metadata.create_all(engine)
    with engine.begin() as connection:
        for number in range(1, 6):
            append(connection, "a", entry(number))
        append(connection, "b", entry(7))
        append(connection, "b", entry(8))
    return engine


def broken(engine: Engine) -> list[tuple[str, int]]:
    with engine.begin() as connection:
        return verify(connection)


def change(connection: Connection, place: int, **values: object) -> None:
    where = (audit.c.shard == "a", audit.c.sequence == place)
    connection.execute(update(audit).where(*where).values(**values))


def test_untouched_chains_are_whole(chains: Engine) -> None:
    assert broken(chains) == []
    with chains.begin() as connection:
        assert {shard: head.sequence for shard, head in heads(connection).items()} == {
            "a": 5,
            "b": 2,
        }


def test_an_entry_vanishes_with_the_work_that_it_records(chains: Engine) -> None:
    with chains.connect() as connection:
        append(connection, "a", entry(9))
        connection.rollback()
    assert broken(chains) == []
    with chains.begin() as connection:
        assert heads(connection)["a"].sequence == 5


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "nobody"},
        {"action": "nothing"},
        {"subject": "child-0"},
        {"reason": ""},
        {"count": 99},
        {"at": NOW},
        {"hash": "0" * 64},
        {"previous": "0" * 64},
    ],
)
def test_a_changed_field_shows(chains: Engine, values: dict[str, object]) -> None:
    with chains.begin() as connection:
        change(connection, 3, **values)
    assert ("a", 3) in broken(chains)
    assert {shard for shard, _ in broken(chains)} == {"a"}


def test_a_dropped_entry_shows(chains: Engine) -> None:
    with chains.begin() as connection:
        connection.execute(delete(audit).where(audit.c.shard == "a", audit.c.sequence == 2))
    assert broken(chains) == [("a", 2)]


def test_two_swapped_entries_show(chains: Engine) -> None:
    with chains.begin() as connection:
        for was, now in ((2, 99), (3, 2), (99, 3)):
            change(connection, was, sequence=now)
    assert {("a", 2), ("a", 3)} <= set(broken(chains))


def test_a_cut_tail_shows_by_its_head(chains: Engine) -> None:
    with chains.begin() as connection:
        connection.execute(delete(audit).where(audit.c.shard == "a", audit.c.sequence > 3))
    assert broken(chains) == [("a", 5)]


def test_a_vanished_chain_shows_by_its_head(chains: Engine) -> None:
    with chains.begin() as connection:
        connection.execute(delete(audit).where(audit.c.shard == "b"))
    assert broken(chains) == [("b", 2)]


def test_a_tail_cut_with_its_head_shows_only_by_a_head_kept_elsewhere(chains: Engine) -> None:
    with chains.begin() as connection:
        kept = heads(connection)
        connection.execute(delete(audit).where(audit.c.shard == "a", audit.c.sequence > 3))
        digest = connection.execute(
            select(audit.c.hash).where(audit.c.shard == "a", audit.c.sequence == 3)
        ).scalar_one()
        cut = update(audit_head).where(audit_head.c.shard == "a")
        connection.execute(cut.values(sequence=3, hash=digest))
    assert broken(chains) == []
    with chains.begin() as connection:
        assert verify(connection, kept) == [("a", 5)]


def test_a_head_kept_elsewhere_agrees_with_a_chain_that_grew(chains: Engine) -> None:
    with chains.begin() as connection:
        kept = heads(connection)
        append(connection, "a", entry(10))
        assert verify(connection, kept) == []


def test_writers_of_one_shard_queue_up(chains: Engine) -> None:
    def write(number: int) -> None:
        with chains.begin() as connection:
            append(connection, "c", entry(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(1, 21)))
    assert broken(chains) == []
    with chains.begin() as connection:
        assert heads(connection)["c"].sequence == 20
