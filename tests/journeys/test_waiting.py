"""Programs that start before what they need: they wait, say for what, and stop when told."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from contracts.errors import FatalError, RetriableError
from hub.bus.waiting import wait_for
from tests.services.process import Process, free_ports


@contextmanager
def started(folder: Path, *words: str, **settings: str) -> Iterator[Process]:
    env = {"PATH": os.environ["PATH"], "CLM_HOME": str(folder / "home"), "CLM_LOG": "json"}
    command = [sys.executable, "-m", "hub", *words]
    log = folder / "log"
    process = Process(command, log=log, cwd=Path(__file__).parents[2], env=env | settings)
    try:
        yield process
    finally:
        process.end(signal.SIGKILL, within=10)


def waits_and_stops(process: Process, words: str) -> None:
    process.wait_until(lambda: words in process.log.read_text(encoding="utf-8"), within=60)
    process.end(signal.SIGTERM, within=40)
    assert process.status == 0
    assert "Traceback" not in process.log.read_text(encoding="utf-8")


def test_a_worker_waits_for_a_database_server_that_is_not_there(tmp_path: Path) -> None:
    address = f"postgresql+psycopg://nobody:word-of-pass@127.0.0.1:{free_ports(1)[0]}"
    with started(tmp_path, "work", "translate", CLM_DATABASE=address) as worker:
        waits_and_stops(worker, '"event":"waiting"')
        assert "word-of-pass" not in worker.last_words()


def test_the_api_waits_for_setup(tmp_path: Path) -> None:
    with started(tmp_path, "api", CLM_AFTER_SETUP="true") as api:
        waits_and_stops(api, "not prepared yet")


def test_a_worker_waits_for_the_clock_of_the_country_and_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    with started(tmp_path, "work", "translate", CLM_CLOCK=str(tmp_path / "clock")) as worker:
        worker.wait_until(lambda: "holds no time yet" in worker.last_words(), within=60)
        (tmp_path / "clock").write_text("2026-01-05T08:00:00+06:30")
        waits_and_stops(worker, "workers_started")


def test_setup_that_is_stopped_before_its_end_says_so(tmp_path: Path) -> None:
    admin = f"postgresql+psycopg://nobody@127.0.0.1:{free_ports(1)[0]}"
    ours = "postgresql+psycopg://hub:word@127.0.0.1:1"
    settings = {"CLM_ADMIN__DATABASE": admin, "CLM_DATABASE": ours}
    with started(tmp_path, "setup", **settings) as setup:
        setup.wait_until(lambda: '"event":"waiting"' in setup.last_words(), within=60)
        setup.end(signal.SIGTERM, within=40)
        assert setup.status == 1
        assert "run it again" in setup.last_words()


def test_only_what_waiting_mends_is_waited_for() -> None:
    answers: Iterator[RetriableError | str] = iter([RetriableError("away", after=0.01), "there"])

    def get() -> str:
        answer = next(answers)
        if isinstance(answer, RetriableError):
            raise answer
        return answer

    assert wait_for("part", get, Event()) == "there"
    stop = Event()
    stop.set()
    assert wait_for("part", get, stop) is None
    with pytest.raises(FatalError):
        wait_for("part", _refuse, Event())


def _refuse() -> None:
    raise FatalError("mend the settings")
