"""Codes that no list knows: records are kept, held, and translated again when people decide."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from hub.bus.audit import audit, verify
from hub.bus.database import reading
from hub.triage import decisions, desk, holdings
from hub.triage.desk import UndecidableError
from hub.triage.holdings import Named
from hub.triage.standing import Standing
from tests.stores.handling import NOW, of_topic, transaction
from tests.stores.triage_records import (
    FIELD,
    MARK,
    RECORD,
    SYSTEM,
    Table,
    asked,
    facts,
    named,
    record,
)

KNOWN = "fire_gas"


@pytest.fixture
def table(engine: Engine) -> Table:
    """An empty hub at which people decide."""
    return Table(engine=engine)


def test_a_record_with_an_unknown_code_goes_on_and_its_code_waits(table: Table) -> None:
    drafts = table.arrive("r1", child_hazards=f"{KNOWN} {MARK}")
    made = facts(drafts)["r1"]
    assert made["hazards"] == [KNOWN]
    assert [(one["field"], one["code"]) for one in made["unmapped"]] == [(FIELD, MARK)]
    (entry,) = table.look().entries
    assert (entry.named, entry.state, entry.count) == (named(), "open", 1)
    assert MARK not in repr(entry)


def test_a_mapped_code_brings_every_record_that_held_it_with_a_higher_version(
    table: Table,
) -> None:
    before = [
        draft for n in range(3)
        for draft in table.arrive(f"r{n}", child_hazards=f"{KNOWN} {MARK}")
    ]  # fmt: skip
    table.arrive("other", child_hazards="zz-another")
    assert table.map("dust_fumes") == 3
    after = table.run_timers()
    assert set(facts(after)) == {"r0", "r1", "r2"}
    assert all(one["hazards"] == [KNOWN, "dust_fumes"] for one in facts(after).values())
    assert all(one["unmapped"] == [] for one in facts(after).values())
    old = {draft.key: draft.version for draft in of_topic(before, "canonical")}
    assert all(draft.version > old[draft.key] for draft in of_topic(after, "canonical"))
    assert table.run_timers() == []
    (progress,) = table.look().progress
    assert (progress.due, progress.failed) == (0, 0)


def test_a_decision_holds_for_records_that_come_later_in_every_process(table: Table) -> None:
    other = table.process()
    table.arrive("r0", at=other, child_hazards=MARK)
    table.map("dust_fumes")
    for number, process in enumerate((table.stage, other, table.process())):
        drafts = table.arrive(f"late{number}", at=process, child_hazards=MARK)
        assert facts(drafts)[f"late{number}"]["hazards"] == ["dust_fumes"]


def test_a_decision_that_is_taken_back_opens_the_code_for_old_and_new_records(
    table: Table,
) -> None:
    table.arrive("before", child_hazards=MARK)
    table.map("dust_fumes")
    mapped = table.run_timers()
    table.arrive("after", child_hazards=MARK)
    assert table.undo() == 2
    drafts = table.run_timers()
    assert {ref: one["hazards"] for ref, one in facts(drafts).items()} == {
        "before": [],
        "after": [],
    }
    assert all(one["unmapped"] for one in facts(drafts).values())
    (entry,) = table.look().entries
    assert (entry.state, entry.count) == ("open", 2)
    assert table.map("long_hours") == 2
    again = facts(table.run_timers())
    assert again["before"]["hazards"] == ["long_hours"]
    versions = [
        draft.version for one in (mapped, drafts) for draft in of_topic(one, "canonical")
        if draft.key == "p-before"
    ]  # fmt: skip
    assert versions == sorted(versions)


def test_an_ignored_code_says_nothing_and_keeps_its_reason(table: Table) -> None:
    table.arrive("r1", child_hazards=MARK)
    table.ignore("a clerk's own mark")
    made = facts(table.run_timers())["r1"]
    assert (made["hazards"], made["unmapped"]) == ([], [])
    (entry,) = table.look().entries
    assert (entry.state, entry.reason) == ("ignored", "a clerk's own mark")
    with pytest.raises(UndecidableError, match="say why"):
        table.ignore("  ")


def test_a_newer_version_of_a_record_replaces_what_is_held_and_a_clean_one_ends_it(
    table: Table,
) -> None:
    table.arrive("r1", "1", child_hazards=MARK)
    table.arrive("r1", "2", child_hazards=f"{MARK} zz-second")
    assert {one.named.code: one.count for one in table.look().entries} == {MARK: 1, "zz-second": 1}
    table.arrive("r1", "1", child_hazards=MARK)  # comes late: it is older
    assert len(table.look().entries) == 2
    table.arrive("r1", "3", child_hazards=KNOWN)
    assert table.look().entries == []
    with reading(table.engine) as connection:
        assert connection.execute(select(holdings.holding_table)).all() == []


def test_a_held_record_of_which_a_newer_one_came_is_not_translated_from_the_old(
    table: Table,
) -> None:
    table.arrive("r1", "1", child_hazards=MARK)
    table.map("dust_fumes")
    table.arrive("r1", "2", child_hazards=f"{KNOWN} {MARK}")
    assert table.run_timers() == []


def test_a_decision_that_came_while_a_record_was_translated_reaches_it_too(table: Table) -> None:
    """The worker read the versions first; then somebody decided; then it stored the record."""
    handler = table.stage.handler
    table.arrive("first", child_hazards=MARK)
    standing = handler.standing  # type: ignore[attr-defined]
    with transaction(table.engine, "translate") as tx:
        stale = standing.of(tx.connection, SYSTEM, RECORD)
    table.map("dust_fumes")
    table.run_timers()
    standing.of = lambda *_: stale
    late = facts(table.arrive("late", child_hazards=MARK))
    del standing.of
    assert late["late"]["hazards"] == []
    assert facts(table.run_timers())["late"]["hazards"] == ["dust_fumes"]


def test_a_version_that_a_savepoint_gave_up_with_its_lock_is_read_again(table: Table) -> None:
    table.arrive("r1", child_hazards=MARK)
    standing = Standing()
    with table.engine.begin() as connection:
        savepoint = connection.begin_nested()
        assert standing.settle(connection, SYSTEM, RECORD) == 0
        savepoint.rollback()
        desk.map_code(connection, asked(), "dust_fumes")  # as another may now
        assert standing.settle(connection, SYSTEM, RECORD) == 1


def test_a_destroyed_key_ends_the_holding_and_nothing_is_said(table: Table) -> None:
    table.arrive("gone", child_hazards=MARK)
    table.arrive("here", child_hazards=MARK)
    table.shredded.add("p-gone")
    table.map("dust_fumes")
    assert set(facts(table.run_timers())) == {"here"}
    (progress,) = table.look().progress
    assert progress.held == 1


def test_a_record_that_fails_is_set_aside_and_can_be_tried_again(table: Table) -> None:
    table.arrive("bad", child_hazards=MARK)
    table.arrive("good", child_hazards=MARK)
    table.trouble.add("p-bad")
    table.map("dust_fumes")
    assert set(facts(table.run_timers())) == {"good"}
    (progress,) = table.look().progress
    assert (progress.due, progress.failed) == (0, 1)
    assert progress.places
    assert MARK not in "".join(progress.places)
    table.trouble.clear()
    with table.engine.begin() as connection:
        assert desk.retry(connection, SYSTEM, RECORD, "somebody@office", NOW) == 1
    assert set(facts(table.run_timers())) == {"bad"}


def test_many_records_are_translated_in_batches(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.stages.translate.A_BATCH", 2)
    for number in range(5):
        table.arrive(f"r{number}", child_hazards=MARK)
    assert table.map("dust_fumes") == 5
    drafts = table.run_timers()
    assert len(of_topic(drafts, "canonical")) == 5
    assert sorted(len(persons) for persons in table.prepared) == [1, 2, 2]


@pytest.mark.parametrize(
    ("code", "field", "target", "why"),
    [
        (MARK, FIELD, "no_such_hazard", "name one of these"),
        (MARK, "facts.task_text", "dust_fumes", "takes no codes"),
        ("zz-nobody-wrote-this", FIELD, "dust_fumes", "no record holds"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_changes_nothing(
    table: Table, code: str, field: str, target: str, why: str
) -> None:
    table.arrive("r1", child_hazards=MARK)
    with pytest.raises(UndecidableError, match=why) as refused:
        table.map(target, code, field)
    assert code not in str(refused.value)
    with reading(table.engine) as connection:
        assert not any(decisions.versions(connection).values())
    assert table.run_timers() == []


def test_a_contract_that_is_not_there_is_named(table: Table) -> None:
    elsewhere = Named(system="emis", record="teacher", field=FIELD, code=MARK)
    with (
        table.engine.begin() as connection,
        pytest.raises(UndecidableError, match="emis/school"),
    ):
        desk.ignore(connection, desk.Asked(named=elsewhere, by="x", at=NOW), "why not")


def test_nothing_can_be_undone_that_was_not_decided(table: Table) -> None:
    table.arrive("r1", child_hazards=MARK)
    with pytest.raises(UndecidableError, match="nothing is decided"):
        table.undo()


def test_every_step_is_in_the_audit_and_no_code_of_a_source(table: Table) -> None:
    table.arrive("r1", child_hazards=MARK)
    table.map("dust_fumes")
    table.run_timers()
    table.undo()
    with reading(table.engine) as connection:
        assert verify(connection) == []
        rows = connection.execute(select(audit)).all()
    done = {row.action for row in rows}
    assert {"hold record", "map code", "undo triage", "raise triage version"} <= done
    assert not any(MARK in str(value) for row in rows for value in row)
    assert {row.actor for row in rows} == {"translate", "somebody@office"}


def test_a_record_without_unknown_codes_leaves_nothing_in_triage(table: Table) -> None:
    table.arrive("r1")
    with reading(table.engine) as connection:
        assert {row.reason for row in connection.execute(select(audit))} == {"quality"}
        assert decisions.versions(connection) == {}


def test_what_is_held_stays_sealed(table: Table) -> None:
    """The event as it came: its part is the very ciphertext, and the row shows pseudonyms."""
    table.arrive("r1", child_hazards=MARK)
    with reading(table.engine) as connection:
        row = connection.execute(select(holdings.holding_table)).one()
    assert (row.system, row.ref, row.key) == (SYSTEM, "r1", "p-r1")


def test_the_oldest_sighting_stays_and_the_newest_moves(table: Table) -> None:
    table.arrive("r1", "1", child_hazards=MARK)
    later = NOW + timedelta(days=3)
    table.stage.take(record("r1", "2", child_hazards=MARK), later)
    (entry,) = table.look().entries
    assert (entry.since, entry.seen) == (NOW, later)
