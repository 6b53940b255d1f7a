"""The mirror's store, on both databases: epochs, withdrawals, the door, the closed schema."""

import inspect as python_inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Boolean, DateTime, Engine, Integer, MetaData, String, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from contracts.audit import AuditEntry
from contracts.model.mirror_case import MirrorCase
from hub.bus.audit import audit_metadata, verify
from hub.bus.journal import journal_metadata
from mirror import store, tables
from mirror.messages import EpochMarker, StatisticCell
from tests.mirror_rows import AUDIT, NOW, case, pseudonym, version

K = 3


@pytest.fixture
def mirror(database: str) -> Iterator[store.Database]:
    """An empty mirror."""
    engine = store.open_store(database)
    yield engine
    engine.dispose()


def put(mirror: Engine, *rows: MirrorCase) -> None:
    with mirror.begin() as connection:
        for row in rows:
            store.put_rows(connection, "s", [row], version(row), audit=AUDIT)


def close(mirror: Engine, epoch: int, rows: int) -> bool:
    marker = EpochMarker(
        epoch=epoch, as_of=NOW, rows=rows, sources={"emis": None, "dsw_cms": NOW}, contract="c/1"
    )
    with mirror.begin() as connection:
        return store.close_epoch(connection, "s", marker, NOW, audit=AUDIT)


def purge(mirror: Engine, number: int, guard: str) -> None:
    with mirror.begin() as connection:
        store.purge(connection, "s", pseudonym(number), guard, at=NOW, audit=AUDIT)


def seen(mirror: Engine, k: int = 1, **where: Any) -> dict[str, int]:
    """The visible rows: pseudonym and epoch."""
    with store.snapshot(mirror) as connection:
        rows = store.list_cases(connection, k=k, after="", most=1000, where=where)
    return {row["pseudonym"]: row["epoch"] for row in rows}


def complete(mirror: Engine) -> bool:
    with store.snapshot(mirror) as connection:
        return store.freshness(connection).complete


def test_rows_wait_for_the_marker_of_their_epoch(mirror: Engine) -> None:
    put(mirror, case(1), case(2))
    assert seen(mirror) == {}
    assert not complete(mirror)
    assert close(mirror, 1, 2)
    assert seen(mirror) == {pseudonym(1): 1, pseudonym(2): 1}
    assert complete(mirror)


def test_an_epoch_replaces_what_changed_and_keeps_the_rest(mirror: Engine) -> None:
    put(mirror, case(1), case(2))
    close(mirror, 1, 2)
    put(mirror, case(2, epoch=2, sex="M"), case(3, epoch=2))
    assert seen(mirror) == {pseudonym(1): 1, pseudonym(2): 1}
    close(mirror, 2, 3)
    assert seen(mirror) == {pseudonym(1): 1, pseudonym(2): 2, pseudonym(3): 2}
    assert seen(mirror, sex="M") == {pseudonym(2): 2}


def test_everything_may_come_twice(mirror: Engine) -> None:
    for _ in range(2):
        put(mirror, case(1), case(2))
        close(mirror, 1, 2)
    assert not close(mirror, 1, 2)
    assert seen(mirror) == {pseudonym(1): 1, pseudonym(2): 1}
    assert complete(mirror)


def test_a_late_row_of_an_ended_epoch_is_shown_at_once_and_undoes_nothing(mirror: Engine) -> None:
    put(mirror, case(1))
    close(mirror, 1, 2)
    assert not complete(mirror)
    put(mirror, case(2))
    assert complete(mirror)
    put(mirror, case(1, epoch=2, sex="M"))
    close(mirror, 2, 2)
    put(mirror, case(1))
    assert seen(mirror, sex="M") == {pseudonym(1): 2}


def test_a_withdrawal_waits_for_nothing_and_spares_the_others(mirror: Engine) -> None:
    put(mirror, case(1), case(2))
    close(mirror, 1, 2)
    put(mirror, case(1, epoch=2))
    purge(mirror, 1, "0000000002.0000000001")
    assert seen(mirror) == {pseudonym(2): 1}
    assert complete(mirror)
    close(mirror, 2, 1)
    assert seen(mirror) == {pseudonym(2): 1}
    assert complete(mirror)


@pytest.mark.parametrize(
    ("consent", "child", "comes_back"),
    [(1, 9, False), (2, 3, False), (2, 4, True), (2, 5, True), (3, 1, True)],
)
def test_only_a_decision_not_older_than_the_withdrawal_brings_a_row_back(
    mirror: Engine, consent: int, child: int, *, comes_back: bool
) -> None:
    purge(mirror, 1, "0000000002.0000000004")
    purge(mirror, 1, "0000000001.0000000001")  # an older withdrawal that comes late
    put(mirror, case(1, consent_version=consent, child_version=child))
    close(mirror, 1, int(comes_back))
    assert (pseudonym(1) in seen(mirror)) is comes_back
    assert complete(mirror)


def test_a_crash_before_the_commit_shows_nothing_of_the_epoch(mirror: Engine) -> None:
    put(mirror, case(1), case(2))
    marker = EpochMarker(epoch=1, as_of=NOW, rows=2, sources={}, contract="c/1")
    with mirror.connect() as connection:
        transaction = connection.begin()
        store.close_epoch(connection, "s", marker, NOW, audit=AUDIT)
        assert store.visible_rows(connection) == 2
        assert seen(mirror) == {}
        transaction.rollback()
    assert seen(mirror) == {}
    close(mirror, 1, 2)
    assert len(seen(mirror)) == 2


def test_a_reader_sees_one_epoch_from_its_first_look_to_its_last(mirror: Engine) -> None:
    put(mirror, case(1), case(2))
    close(mirror, 1, 2)
    put(mirror, case(3, epoch=2))
    with store.snapshot(mirror) as connection:
        assert store.freshness(connection).epoch == 1
        close(mirror, 2, 3)
        assert store.visible_rows(connection) == 2
    assert len(seen(mirror)) == 3


def test_a_missing_row_makes_every_answer_incomplete(mirror: Engine) -> None:
    put(mirror, case(1))
    close(mirror, 1, 2)
    assert not complete(mirror)


def test_a_class_smaller_than_k_is_never_answered(mirror: Engine) -> None:
    rows = [case(n) for n in range(K)] + [case(n, sex="M") for n in range(10, 10 + K - 1)]
    put(mirror, *rows)
    close(mirror, 1, len(rows))
    assert seen(mirror, k=K).keys() == {pseudonym(n) for n in range(K)}
    assert seen(mirror, k=K, sex="M") == {}
    with store.snapshot(mirror) as connection:
        by_sex = store.count_cases(connection, k=K, by=["sex"])
        everywhere = store.count_cases(connection, k=K, by=["state", "quarter"])
    assert by_sex == [{"sex": "F", "cases": K}]
    assert everywhere == [{"state": "MMR013", "quarter": "2026-01", "cases": K}]
    purge(mirror, 0, "0000000002.0000000001")
    assert seen(mirror, k=K) == {}


def test_pages_follow_each_other_without_gap_or_double(mirror: Engine) -> None:
    put(mirror, *(case(n) for n in range(10)))
    close(mirror, 1, 10)
    found: list[str] = []
    with store.snapshot(mirror) as connection:
        while page := store.list_cases(
            connection, k=1, after=found[-1] if found else "", most=3, where={}
        ):
            found += [row["pseudonym"] for row in page]
    assert found == sorted(pseudonym(n) for n in range(10))


def test_the_newest_version_of_a_statistic_stays(mirror: Engine) -> None:
    cell = StatisticCell(table="inspections", area="MMR013", period="2026-01", value=3)
    for number, value in (("2", 5), ("1", 4)):
        with mirror.begin() as connection:
            newer = cell.model_copy(update={"value": value})
            store.put_statistic(connection, "s", "i/1", newer, version=number, audit=AUDIT)
    with mirror.begin() as connection:
        assert [one.value for one in store.list_statistics(connection)] == [5]
        store.drop_statistic(connection, "s", "i/1", audit=AUDIT)
        assert store.list_statistics(connection) == []


def test_epochs_are_listed_with_their_lag(mirror: Engine) -> None:
    close(mirror, 1, 0)
    close(mirror, 2, 0)
    with store.snapshot(mirror) as connection:
        fresh = store.freshness(connection)
        epochs = store.list_epochs(connection, most=5)
    assert [one["epoch"] for one in epochs] == [2, 1]
    assert fresh.as_of == NOW
    assert fresh.sources == {"emis": None, "dsw_cms": NOW}


def test_every_write_is_audited_in_an_unbroken_chain(mirror: Engine) -> None:
    put(mirror, case(1))
    close(mirror, 1, 1)
    purge(mirror, 1, "9")
    later = AuditEntry(at=NOW + timedelta(hours=1), actor="analyst-1", action="read", count=4)
    store.record_access(mirror, later)
    with mirror.begin() as connection:
        assert verify(connection) == []
        written = connection.execute(text("SELECT count(*) FROM audit")).scalar_one()
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE shard = 'api'"))
        assert verify(connection) == [("api", 1)]
    assert written == 4


WRITES = {"put_rows", "purge", "close_epoch", "put_statistic", "drop_statistic"}


def test_each_function_that_writes_takes_an_audit_entry() -> None:
    module: ModuleType = store
    public = {
        name: function
        for name, function in vars(module).items()
        if python_inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    }
    writes = {
        name for name, function in public.items()
        if re.search(r"\b(insert|upsert|delete|update)\(", python_inspect.getsource(function))
    }  # fmt: skip
    assert writes == WRITES
    for name in writes:
        parameter = python_inspect.signature(public[name]).parameters["audit"]
        assert parameter.default is parameter.empty


def test_the_row_has_exactly_the_agreed_columns() -> None:
    fields = list(MirrorCase.model_fields)
    assert list(tables.molip_case.columns.keys()) == fields
    assert list(tables.pending_case.columns.keys()) == fields


def test_the_database_itself_refuses_what_is_no_code(mirror: Engine) -> None:
    good = case(1).model_dump()
    telling = "Maung Kyaw"
    broken = {
        name: telling[: column.type.length]
        for name, column in tables.molip_case.columns.items()
        if isinstance(column.type, String)
    } | {"rung": 10, "epoch": 0, "child_version": 0, "consent_version": -1}
    broken["quarter"] = "2026-02"
    for name, value in broken.items():
        with pytest.raises(IntegrityError), mirror.begin() as connection:
            connection.execute(insert(tables.molip_case), [good | {name: value}])
    with mirror.begin() as connection:
        connection.execute(insert(tables.molip_case), [good])


def test_the_catalogue_holds_no_free_text(mirror: Engine) -> None:
    catalogue = inspect(mirror)
    technical = {*journal_metadata.tables, *audit_metadata.tables, "alembic_version"}
    assert set(catalogue.get_table_names()) == technical | set(tables.metadata.tables)
    for table in tables.metadata.tables:
        checked = {one["name"]: one["sqltext"] for one in catalogue.get_check_constraints(table)}
        for column in catalogue.get_columns(table):
            kind = column["type"]
            assert isinstance(kind, (String, Integer, Boolean, DateTime)), column["name"]
            if isinstance(kind, String):
                assert kind.length is not None
                assert kind.length <= 80
                assert any(column["name"] in rule for rule in checked.values()), column["name"]


def described(engine: Engine) -> dict[str, Any]:
    """The catalogue, as text that can be compared."""
    catalogue = inspect(engine)
    return {
        table: {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"]) for c in catalogue.get_columns(table)
            ],
            "key": catalogue.get_pk_constraint(table)["constrained_columns"],
            "checks": sorted(
                (str(c["name"]), str(c["sqltext"])) for c in catalogue.get_check_constraints(table)
            ),
            "indexes": sorted(
                (str(i["name"]), i["column_names"]) for i in catalogue.get_indexes(table)
            ),
            "references": [k["referred_table"] for k in catalogue.get_foreign_keys(table)],
        }
        for table in catalogue.get_table_names()
        if table != "alembic_version"
    }


def test_migrations_and_tables_do_not_drift_apart(mirror: Engine) -> None:
    migrated = described(mirror)
    known: tuple[MetaData, ...] = (tables.metadata, journal_metadata, audit_metadata)
    for one in reversed(known):
        one.drop_all(mirror)
    for one in known:
        one.create_all(mirror)
    assert described(mirror) == migrated


def test_opening_twice_changes_nothing(database: str) -> None:
    first = store.open_store(database)
    put(first, case(1))
    close(first, 1, 1)
    first.dispose()
    second = store.open_store(database)
    assert seen(second) == {pseudonym(1): 1}
    second.dispose()
