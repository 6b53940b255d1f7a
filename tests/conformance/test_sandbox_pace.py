"""The sandbox at its own pace: its clock runs by itself, on from where it stood."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conformance.sandbox_process import sandbox

BEGIN = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)


def test_its_days_pass_and_what_is_due_happens_and_a_second_start_goes_on(tmp_path: Path) -> None:
    clock = tmp_path / "elsewhere" / "now"
    clock.parent.mkdir()
    options = ("--pace", "86400", "--clock", str(clock))
    with sandbox(tmp_path, *options) as country:
        deadline = time.monotonic() + 30
        while not list((tmp_path / "sandbox/labour_inspection/inbox").glob("*.xlsx")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        stopped = datetime.fromisoformat(country.state["now"])
        assert stopped > BEGIN + timedelta(hours=12)
    assert not (tmp_path / "sandbox" / "clock").exists()
    with sandbox(tmp_path, *options) as country:
        assert datetime.fromisoformat(country.state["now"]) >= stopped


def test_without_a_pace_its_clock_stands_still(tmp_path: Path) -> None:
    with sandbox(tmp_path) as country:
        assert datetime.fromisoformat(country.state["now"]) == BEGIN
