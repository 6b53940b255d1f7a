"""Entries of one transaction, written together at its end: none lost, none that did not happen."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select

from contracts.audit import AuditEntry
from hub.bus.audit import append, audit, audit_metadata, heads, verify
from hub.bus.gathering import gathering

NOW = datetime(2026, 2, 1, tzinfo=UTC)


class MishapError(Exception):
    """Something that goes wrong in a handler."""


def entry(subject: str) -> AuditEntry:
    """An entry about a child."""
    return AuditEntry(at=NOW, actor="test", action="store", subject=subject)


@pytest.fixture
def store(engine: Engine) -> Engine:
    """A database with the audit's tables."""
    audit_metadata.create_all(engine)
    return engine


def subjects(store: Engine, shard: str) -> list[str]:
    """What the chain tells, in its order."""
    query = select(audit.c.subject).where(audit.c.shard == shard).order_by(audit.c.sequence)
    with store.begin() as connection:
        assert verify(connection) == []
        return list(connection.execute(query).scalars())


def test_gathered_entries_stand_in_their_order_in_each_chain(store: Engine) -> None:
    with store.begin() as connection:
        append(connection, "b", entry("before"))
        with gathering(connection):
            for shard, subject in (("b", "1"), ("a", "2"), ("b", "3")):
                append(connection, shard, entry(subject))
            count = select(func.count()).select_from(audit)
            assert connection.execute(count).scalar_one() == 1
        append(connection, "b", entry("after"))

    assert subjects(store, "b") == ["before", "1", "3", "after"]
    assert subjects(store, "a") == ["2"]


def test_what_a_savepoint_takes_back_is_not_told(store: Engine) -> None:
    with store.begin() as connection, gathering(connection):
        append(connection, "a", entry("kept"))
        savepoint = connection.begin_nested()
        append(connection, "a", entry("taken back"))
        savepoint.rollback()

    assert subjects(store, "a") == ["kept"]


def test_an_error_leaves_nothing_behind(store: Engine) -> None:
    def fails() -> None:
        with store.begin() as connection, gathering(connection):
            append(connection, "a", entry("never"))
            raise MishapError

    with pytest.raises(MishapError):
        fails()

    with store.begin() as connection:
        assert heads(connection) == {}
