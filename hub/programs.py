"""The hub's programs, as the command line starts them. Each opens what it needs and closes it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import Connection, Engine

from contracts.errors import FatalError, RetriableError
from hub import ledger, quality, tasks
from hub.bus import parking
from hub.bus.audit import verify
from hub.bus.database import open_database, reading, waiting_mends
from hub.bus.waiting import wait_for
from hub.compose import api_app, mirror_settings, worker
from hub.draining import begin
from hub.home import check_home, instance_id, locked
from hub.house import House, database_url, open_house
from hub.ledger import Held, Rejected, Totals
from hub.pipeline import PIPELINE, STAGES
from hub.quality import Score, Service
from hub.running import (
    STOP_SECONDS,
    Reminder,
    Stopping,
    join_all,
    mirror_process,
    run_workers,
    serving,
    wait_for_port,
)
from hub.settings import Settings
from hub.setup import set_up
from hub.triage import desk, labels
from hub.web.clock import clock_from
from hub.web.logs import configure_logs

log = structlog.get_logger()
POLL_ONCE = 0.5
"""Seconds between two polls of a source that is read once: a file may have to stay the same."""
UP = "up-"
"""Begins the run ids of `up`, which holds the home alone: an earlier run of it is dead."""


def up(settings: Settings) -> None:
    """Run everything in one process, and the mirror as its child, until told to stop."""
    _logs(settings)
    stopping = Stopping()
    stopping.listen()
    with locked(settings.home, "hub", patience=STOP_SECONDS), _house(settings, stopping) as house:
        if house is None:
            return
        house.free_claims(UP)
        workers = [worker(house, stage.name, run=f"{UP}{uuid4().hex}") for stage in PIPELINE]
        wait_for_port(settings.host, settings.molip.port, stopping.event)
        with (
            _api(house) as port,
            mirror_process(mirror_settings(house), _mirror_log(settings)) as mirror,
        ):
            threads = run_workers(workers, stopping)
            hint = _where_to_look(settings, port)
            log.info("hub_started", port=port, instance=house.instance, hint=hint)
            reminder = Reminder(look=partial(unsent, house))
            while not stopping.event.wait(0.5):
                reminder.remind()
                if mirror.poll() is not None:
                    stopping.give_up(
                        FatalError(f"the mirror stopped: read {_mirror_log(settings)}")
                    )
            join_all(threads)
    stopping.check()


def work(settings: Settings, stages: Sequence[str]) -> None:
    """Run the workers of these stages until told to stop."""
    _logs(settings)
    stopping = Stopping()
    stopping.listen()
    names = list(STAGES) if list(stages) == ["all"] else list(stages)
    with _house(settings, stopping) as house:
        if house is None:
            return
        threads = run_workers([worker(house, name) for name in names], stopping)
        log.info("workers_started", stages=",".join(names))
        stopping.event.wait()
        join_all(threads)
    stopping.check()


def work_once(settings: Settings, say: Callable[[str], None]) -> None:
    """Read every source to its end, handle what comes of it, and stop."""
    _logs(settings)
    stopping = Stopping()
    stopping.listen()
    often = settings.model_copy(update={"poll_seconds": min(settings.poll_seconds, POLL_ONCE)})
    with _house(often, stopping) as house:
        if house is None:
            return
        draining = begin(house, say)
        threads = run_workers([worker(house, name) for name in STAGES], stopping)
        draining.wait(stopping.event)
        stopping.event.set()
        join_all(threads)
    stopping.check()


def api(settings: Settings) -> None:
    """Serve the API, with the stage `people` that publishes what is decided there."""
    _logs(settings)
    stopping = Stopping()
    stopping.listen()
    with _house(settings, stopping) as house:
        if house is None:
            return
        with _api(house) as port:
            threads = run_workers([worker(house, "people")], stopping)
            log.info("api_started", port=port)
            stopping.event.wait()
            join_all(threads)
    stopping.check()


def setup(settings: Settings, mirror_folder: Path | None, say: Callable[[str], None]) -> None:
    """Prepare the installation once, waiting for Kafka and PostgreSQL as long as it takes."""
    _logs(settings)
    stopping = Stopping()
    stopping.listen()
    done = wait_for("setup", lambda: set_up(settings, mirror_folder, say), stopping.event)
    if done is None:
        raise FatalError("setup was stopped before its end: run it again")


def rejected(settings: Settings, system: str | None) -> list[Rejected]:
    """The lines that a source must mend."""
    with _hub_database(settings) as engine, reading(engine) as connection:
        return ledger.list_rejected(connection, system)


def totals(settings: Settings) -> dict[str, Totals]:
    """How every source's lines stand."""
    with _hub_database(settings) as engine, reading(engine) as connection:
        return ledger.totals(connection)


def parked(settings: Settings) -> tuple[list[parking.Aside], list[Held]]:
    """What was set aside after an unforeseen failure, and what waits until a person decides."""
    with _hub_database(settings) as engine, reading(engine) as connection:
        failed = parking.list_parked(connection, system="", most=1000)
        held = [one for one in ledger.list_held(connection) if one.reason != "unforeseen"]
        return failed, held


def retry_parked(settings: Settings) -> int:
    """Ask the workers to try every parked record again; returns how many."""
    with _hub_database(settings) as engine, engine.begin() as connection:
        return sum(parking.retry_parked(connection, stage.name) for stage in PIPELINE)


def triage(settings: Settings, system: str) -> desk.Overview:
    """The codes that no list knows, and what was decided of them."""
    with _hub_database(settings) as engine, reading(engine) as connection:
        return desk.overview(connection, system=system)


def changed_labels(settings: Settings) -> list[labels.Changed]:
    """The codes that their site has renamed."""
    with _hub_database(settings) as engine, reading(engine) as connection:
        return labels.all_changed(connection)


def read_quality(settings: Settings, days: int) -> tuple[list[Score], list[Service]]:
    """The scores of the last days, and how each source keeps what its contract promises."""
    now = clock_from(settings.clock)()
    with _hub_database(settings) as engine, reading(engine) as connection:
        since = (now - timedelta(days=days)).date()
        return quality.scores(connection, since=since), quality.services(connection, now)


def decide(settings: Settings, do: Callable[[Connection, datetime], int]) -> int:
    """Do something in triage, in one transaction; the workers go on from there."""
    with _hub_database(settings) as engine, engine.begin() as connection:
        return do(connection, clock_from(settings.clock)())


def verify_audit(settings: Settings) -> list[tuple[str, int]]:
    """The broken links of the audit chain."""
    with _hub_database(settings) as engine, reading(engine) as connection:
        return list(verify(connection))


@contextmanager
def _house(settings: Settings, stopping: Stopping) -> Iterator[House | None]:
    """The open house as soon as all that it needs is there; None when told to stop before."""
    house = wait_for("hub", lambda: open_house(settings), stopping.event)
    if house is None:
        yield None
        return
    with house:
        yield house


@contextmanager
def _hub_database(settings: Settings) -> Iterator[Engine]:
    check_home(settings.home)
    engine = open_database(database_url(settings, "hub", instance_id(settings.home)))
    try:
        yield engine
    finally:
        engine.dispose()


def _api(house: House) -> AbstractContextManager[int]:
    settings = house.settings
    return serving(api_app(house), settings.host, settings.port)


def unsent(house: House) -> list[tasks.Task]:
    """The referrals that no connected system takes; none while the database is busy or away."""
    try:
        with reading(house.hub) as connection:
            return tasks.list_unsent(connection, house.systems)
    except Exception as error:
        if isinstance(error, RetriableError) or waiting_mends(error):
            return []
        raise


def _where_to_look(settings: Settings, port: int) -> str:
    """The addresses of both pages, and how to sign in, for whoever reads the log."""
    home = f" --home {settings.home}" if settings.home != Settings().home else ""
    token = f"clmhub token{home if home.isascii() else ''}"
    mirror = settings.molip.port
    return (
        f"the hub's page is http://{settings.host}:{port}, sign in with what"
        f" `{token} --role operator` prints; the mirror's is"
        f" {f'http://{settings.host}:{mirror}' if mirror else 'told in its log'}, with what"
        f" `{token} --audience mirror --role molip_analyst` prints"
    )


def _mirror_log(settings: Settings) -> Path:
    return settings.home / "logs" / "mirror.log"


def _logs(settings: Settings) -> None:
    pretty = settings.log == "pretty" or (settings.log == "auto" and sys.stderr.isatty())
    configure_logs(pretty=pretty)
