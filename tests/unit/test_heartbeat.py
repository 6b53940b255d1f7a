"""A worker's heartbeat tells the truth: working, waiting, stuck, or never started."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.heartbeat import OLDEST_SECONDS, Heartbeat, main, trouble


def test_a_stage_that_goes_round_works(tmp_path: Path) -> None:
    Heartbeat(tmp_path / "run", "refer").beat(True)
    assert trouble(tmp_path / "run", "refer", time.time()) == ""


def test_a_stage_that_never_began_is_called_that(tmp_path: Path) -> None:
    assert "has not started" in trouble(tmp_path, "refer", time.time())


def test_a_stage_whose_round_failed_is_called_waiting_at_once_and_well_again_at_once(
    tmp_path: Path,
) -> None:
    heart = Heartbeat(tmp_path, "refer")
    heart.beat(True)
    heart.beat(False)
    assert "waits" in trouble(tmp_path, "refer", time.time())
    heart.beat(True)
    assert trouble(tmp_path, "refer", time.time()) == ""


def test_a_stage_whose_loop_stands_still_is_called_that(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "refer").beat(True)
    assert "seconds ago" in trouble(tmp_path, "refer", time.time() + OLDEST_SECONDS + 5)


def test_a_heartbeat_that_cannot_be_written_stops_no_worker(tmp_path: Path) -> None:
    (tmp_path / "refer").mkdir()
    Heartbeat(tmp_path, "refer").beat(True)
    assert "has not started" in trouble(tmp_path, "refer", time.time())


def test_the_check_is_a_program_that_needs_nothing_else_of_the_hub(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "refer").beat(True)
    root = Path(__file__).resolve().parents[2]
    for stages, status in ((["refer"], 0), (["refer", "deliver"], 1), ([], 2)):
        command = [sys.executable, "-S", "-m", "hub.heartbeat", str(tmp_path), *stages]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr != "") == (status, status == 2)


def test_the_check_names_every_stage_that_is_unwell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "refer", "deliver"]) == 1
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "refer", "deliver",
    ]  # fmt: skip
