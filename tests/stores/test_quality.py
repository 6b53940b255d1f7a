"""Scores by source and day: each record counts once, whatever is read or translated again."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from contracts import source_contract
from contracts.audit import AuditEntry
from hub import quality
from hub.bus.audit import audit
from hub.bus.database import reading
from hub.quality import Checked, Score, Service
from hub.web.tokens import Role
from tests.stores.handling import NOW, hub_tables
from tests.stores.house import open_test_house, serving
from tests.stores.triage_records import RECORD, SYSTEM, Table

DAY = date(2026, 2, 1)
AUDIT = AuditEntry(at=NOW, actor="test", action="check record")


def note(engine: Engine, ref: str, *broken: str, version: str = "1", changed: datetime = NOW,
         system: str = "emis", record: str = "school", rules: int = 4) -> None:  # fmt: skip
    """One record was checked."""
    checked = Checked(
        system=system, record=record, ref=ref, version=version, changed=changed, rules=rules,
        broken=broken,
    )  # fmt: skip
    with engine.begin() as connection:
        quality.note(connection, "s", checked, NOW, audit=AUDIT)


def scores(engine: Engine, since: date = DAY) -> list[Score]:
    """What the hub says."""
    with reading(engine) as connection:
        return quality.scores(connection, since=since)


def services(engine: Engine, now: datetime) -> dict[str, Service]:
    """Promises, by name."""
    with reading(engine) as connection:
        return {one.promise: one for one in quality.services(connection, now)}


def test_the_score_is_the_share_of_checks_that_held(engine: Engine) -> None:
    hub_tables(engine)
    note(engine, "r1", "days_add_up", "dates_in_order")
    note(engine, "r2", "days_add_up")
    note(engine, "r3")
    (one,) = scores(engine)
    assert (one.day, one.records, one.checks, one.score) == (DAY, 3, 12, 0.75)
    assert one.broken == {"dates_in_order": 1, "days_add_up": 2}


def test_a_record_that_comes_again_moves_its_count_and_an_older_one_changes_nothing(
    engine: Engine,
) -> None:
    hub_tables(engine)
    note(engine, "r1", "days_add_up")
    note(engine, "r1", "days_add_up")
    assert [one.broken for one in scores(engine)] == [{"days_add_up": 1}]
    note(engine, "r1", version="2", changed=NOW + timedelta(days=1))
    note(engine, "r1", "days_add_up", version="1")
    (one,) = scores(engine)
    assert (one.day, one.records, one.broken) == (DAY + timedelta(days=1), 1, {})


def test_days_before_are_left_out_and_the_newest_comes_first(engine: Engine) -> None:
    hub_tables(engine)
    for back in (0, 1, 2):
        note(engine, f"r{back}", changed=NOW - timedelta(days=back))
    assert [one.day.day for one in scores(engine, DAY - timedelta(days=1))] == [1, 31]


def test_a_day_is_that_of_the_country(engine: Engine) -> None:
    hub_tables(engine)
    note(engine, "r1", changed=datetime(2026, 2, 1, 20, 0, tzinfo=UTC))
    assert [one.day for one in scores(engine)] == [date(2026, 2, 2)]


def test_a_contract_without_rules_has_nothing_broken(engine: Engine) -> None:
    hub_tables(engine)
    note(engine, "r1", rules=0)
    assert [(one.checks, one.score) for one in scores(engine)] == [(0, 1.0)]


def test_promises_are_held_against_the_newest_record(engine: Engine) -> None:
    """A workbook a month, fifteen days after it was made at the latest."""
    hub_tables(engine)
    note(engine, "old", changed=NOW - timedelta(days=60))
    assert {name: one.kept for name, one in services(engine, NOW).items()} == {
        "frequency": False, "latency": False,
    }  # fmt: skip
    note(engine, "new", changed=NOW - timedelta(days=3))
    assert {name: one.kept for name, one in services(engine, NOW).items()} == {
        "frequency": True, "latency": True,
    }  # fmt: skip
    assert not services(engine, NOW + timedelta(days=40))["frequency"].kept


def test_the_stream_is_checked_and_a_second_translation_does_not_double(engine: Engine) -> None:
    table = Table(engine=engine)
    rules = quality.rules_of(source_contract.load(SYSTEM, RECORD))
    table.arrive("r1", child_hazards="zz-unknown")
    table.arrive("r2", child_hazards="zz-unknown")
    table.map("dust_fumes", "zz-unknown")
    assert table.run_timers()
    (one,) = scores(engine)
    assert (one.records, one.checks) == (2, 2 * rules)
    with reading(engine) as connection:
        told = connection.execute(select(audit.c.count).where(audit.c.reason == "quality"))
        assert sorted(told.scalars()) == [1, 1, 2]  # two came alone, and were taken up together


@pytest.mark.parametrize("system", ["", "?system=emis"])
def test_the_api_gives_scores_and_promises(engine: Engine, tmp_path: Path, system: str) -> None:
    with open_test_house(engine, tmp_path) as house, serving(house) as client:
        note(engine, "r1", "days_add_up")
        note(engine, "c1", system="dsw_cms", record="case")
        answer = client.get(f"/v1/quality{system}", headers=house.headers(Role.OPERATOR)).json()
    assert {one["system"] for one in answer["scores"]} == (
        {"emis"} if system else {"emis", "dsw_cms"}
    )  # fmt: skip
    assert answer["scores"][-1]["broken"] == {"days_add_up": 1}
    assert answer["services"][0].keys() >= {"promise", "kept", "newest"}
