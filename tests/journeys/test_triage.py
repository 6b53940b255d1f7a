"""`clmhub triage` at a home: a code is seen, mapped, taken back, ignored. A command and a store."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from contracts.audit import AuditEntry
from contracts.errors import FatalError
from hub import schema
from hub.bus.database import open_database
from hub.cli_quality import quality
from hub.cli_triage import app
from hub.home import instance_id
from hub.house import database_url
from hub.quality import Checked, note
from hub.settings import load_settings
from hub.triage import desk
from hub.triage.desk import UndecidableError
from hub.web.clock import wall_clock
from tests.stores.handling import NOW
from tests.stores.triage_records import FIELD, RECORD, SYSTEM, Table, facts

NAMED = (SYSTEM, RECORD, FIELD, "zz-heat")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose hub has taken one row in."""
    return tmp_path / "home"


@pytest.fixture
def table(home: Path) -> Iterator[Table]:
    """The stage translate of that hub."""
    settings = load_settings(None, given={"home": home})
    urls = [database_url(settings, name, instance_id(home)) for name in ("hub", "vault")]
    engines = [open_database(url) for url in urls]
    schema.upgrade(engines[0], engines[1], instance_id(home))
    yield Table(engine=engines[0])
    for engine in engines:
        engine.dispose()


def clmhub(home: Path, *words: str) -> str:
    """Run the command and return what it printed."""
    done = CliRunner().invoke(app, [*words, "--home", str(home)], env={"COLUMNS": "40"})
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_a_code_goes_through_triage_from_the_command_line(home: Path, table: Table) -> None:
    assert "No code waits" in clmhub(home)
    table.arrive("r1", child_hazards="zz-heat")
    shown = clmhub(home, "--system", SYSTEM)
    assert "zz-heat" in shown
    assert "open" in shown
    assert "1 records are mapped again" in clmhub(home, "map", *NAMED, "extreme_temperature")
    assert "1 of 1 held records are still to be mapped again" in clmhub(home)
    assert facts(table.run_timers())["r1"]["hazards"] == ["extreme_temperature"]
    shown = clmhub(home)
    assert "mapped extreme_temperature" in shown
    assert "still to be mapped" not in shown
    clmhub(home, "undo", *NAMED)
    assert facts(table.run_timers())["r1"]["hazards"] == []
    clmhub(home, "ignore", *NAMED, "--reason", "a slip of the pen")
    assert facts(table.run_timers())["r1"]["unmapped"] == []
    assert "ignored a slip of the pen" in clmhub(home)


def test_a_code_is_shown_as_text_and_steers_no_terminal(home: Path, table: Table) -> None:
    table.arrive("r1", isic4="[red]tea[/red]")
    assert "[red]tea[/red]" in clmhub(home)


def test_a_wrong_target_is_refused_with_what_the_field_takes(home: Path, table: Table) -> None:
    table.arrive("r1", child_hazards="zz-heat")
    with pytest.raises(UndecidableError, match="dust_fumes"):
        clmhub(home, "map", *NAMED, "hot")


def test_what_could_not_be_mapped_again_is_named_and_tried_once_more(
    home: Path, table: Table
) -> None:
    table.arrive("r1", child_hazards="zz-heat")
    table.trouble.add("p-r1")
    clmhub(home, "map", *NAMED, "extreme_temperature")
    assert table.run_timers() == []
    assert f"clmhub triage retry {SYSTEM} {RECORD}" in clmhub(home)
    table.trouble.clear()
    clmhub(home, "retry", SYSTEM, RECORD)
    assert facts(table.run_timers())["r1"]["hazards"] == ["extreme_temperature"]


def test_a_renamed_code_is_shown_and_accepted(home: Path, table: Table) -> None:
    given = {"case": {"protection_concerns": {"trafficked_smuggled": "Dis\x1babled"}}}
    with table.engine.begin() as connection:
        desk.take_labels(connection, "collect", "dsw_cms", given, NOW)
    assert "1 codes were renamed" in clmhub(home)
    shown = clmhub(home, "labels")
    assert "was: Trafficked/Smuggled" in shown
    assert "Dis\ufffdabled" in shown
    clmhub(home, "accept", "dsw_cms", "case", "protection_concerns", "trafficked_smuggled")
    assert "Every code is called what its contract calls it" in clmhub(home, "labels")


def test_quality_is_shown_by_source_and_day(home: Path, table: Table) -> None:
    command = typer.Typer()
    command.command()(quality)

    def shown() -> str:
        given = ["--days", "366", "--home", str(home)]
        done = CliRunner().invoke(command, given, env={"COLUMNS": "40"})
        assert done.exit_code == 0
        return done.stdout

    nothing = shown()
    assert "No record has been checked" in nothing
    assert "the last 366 days; --days N shows more or fewer" in nothing
    checked = Checked(
        system="emis", record="school", ref="r1", version="1", rules=4, broken=("days_add_up",),
        changed=wall_clock() - timedelta(days=90),
    )  # fmt: skip
    audit = AuditEntry(at=NOW, actor="test", action="check record")
    with table.engine.begin() as connection:
        note(connection, "s", checked, wall_clock(), audit=audit)
    told = shown()
    assert "75.0%" in told
    assert "days_add_up 1" in told
    assert "emis/school: promises a frequency of 31 days" in told


def test_a_home_without_a_hub_is_told(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="start the hub"):
        clmhub(tmp_path / "empty")
