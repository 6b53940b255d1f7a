"""Runs the hub's programs: workers in threads, the API, the mirror as a child. Builds nothing.

Every program stops cleanly on SIGTERM and Ctrl-C: transactions end, outboxes are published or
kept, groups are left. A worker that must stop (FatalError) stops its program, and says why.
"""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI

from contracts.errors import FatalError
from hub.bus.signals import stop_on_signals
from hub.bus.worker import Worker
from hub.leash import leashed
from hub.settings import passed_on
from hub.tasks import Task

log = structlog.get_logger()
STOP_SECONDS = 20.0
CALL_SECONDS = 5.0
LOOK_SECONDS, SAY_SECONDS = 60.0, 3600.0


class Stopping:
    """The one stop signal of a program, set by SIGTERM, Ctrl-C or a worker that gave up."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.problem: FatalError | None = None

    def listen(self) -> None:
        """Stop on SIGTERM and SIGINT. To be called in the main thread."""
        stop_on_signals(self.event)

    def give_up(self, problem: FatalError) -> None:
        """Stop the whole program because of this."""
        self.problem = self.problem or problem
        self.event.set()

    def check(self) -> None:
        """Raise what made the program stop, if something did."""
        if self.problem:
            raise self.problem


@dataclass(slots=True, kw_only=True)
class Reminder:
    """Logs referrals that wait in vain: looks once a minute, tells it at once, then once an hour.

    `look` gives those whose system is not connected; `clock` is in seconds.
    """

    look: Callable[[], Sequence[Task]]
    clock: Callable[[], float] = time.monotonic
    next_look: float = 0.0
    next_word: float = 0.0

    def remind(self) -> None:
        """Look, if it is time to, and say what there is to say."""
        now = self.clock()
        if now < self.next_look:
            return
        self.next_look = now + LOOK_SECONDS
        found = self.look()
        if found and now >= self.next_word:
            self.next_word = now + SAY_SECONDS
            for one in found:
                log.warning(
                    "referrals_wait", system=one.system, count=one.count,
                    problem="no DSW system is connected: set dsw_cms.url, then start the hub again",
                )  # fmt: skip


def run_workers(workers: Sequence[Worker], stopping: Stopping) -> list[threading.Thread]:
    """Run each worker in a thread of its own until the program stops."""
    threads = [
        threading.Thread(
            target=_run_one, args=(worker, stopping), name=worker.stage.name, daemon=True
        )
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    return threads


def _run_one(worker: Worker, stopping: Stopping) -> None:
    try:
        worker.run(stopping.event)
    except FatalError as error:
        log.exception("worker_stopped", stage=worker.stage.name)
        stopping.give_up(error)
    except Exception as error:
        log.exception("worker_failed", stage=worker.stage.name)
        stopping.give_up(
            FatalError(
                f"stage {worker.stage.name} failed ({type(error).__name__}): read the log, mend the"
                " cause, then start it again"
            )
        )


def join_all(threads: Sequence[threading.Thread]) -> None:
    """Wait for workers that are stopping, but not for a call to the outside that hangs.

    Whoever asked for the stop would lose patience and kill the program, with its own children
    left behind. A call that is given up is claimed in the journal, and is made again later.
    """
    until = time.monotonic() + CALL_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    if hanging := [thread.name for thread in threads if thread.is_alive()]:
        log.warning("calls_given_up", stages=",".join(hanging))


@contextmanager
def serving(app: FastAPI, host: str, port: int) -> Iterator[int]:
    """Serve the API in a thread; gives the port.

    Raises FatalError when the port is taken.
    """
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False,
        date_header=True, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="api", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise FatalError(f"the API cannot listen on {host}:{port}: is the port taken?")
            thread.join(0.02)
        yield port
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS)


def wait_for_port(host: str, port: int, stop: threading.Event) -> None:
    """Wait until nobody listens there: a mirror whose hub was killed is ending just now.

    After some seconds the caller goes on, and whoever binds the port says that it is taken.
    """
    until = time.monotonic() + STOP_SECONDS
    while port and time.monotonic() < until and not stop.is_set():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                log.warning("waiting", service=f"port {port}", reason="another process holds it")
            else:
                return
        stop.wait(0.2)


@contextmanager
def mirror_process(settings_file: Path, log_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the mirror as a child, with an environment that holds nothing of the hub's."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module
            leashed("mirror", "--settings", str(settings_file)),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=passed_on(),
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
