"""The mirror's composition root: builds every part, serves the API and runs reflect in one process.

What is not there yet is waited for, with a line in the log that says what; the API answers as
soon as the database does, whether the bus is there or not.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import structlog
import uvicorn
from starlette.types import ASGIApp

from contracts.errors import FatalError, RetriableError
from contracts.topics import BY_NAME, Zone
from hub.bus.open import open_bus
from hub.bus.port import Bus
from hub.bus.waiting import WAIT_SECONDS, wait_for
from hub.bus.worker import Worker
from hub.web.access import Access
from hub.web.clock import clock_from, wall_clock
from hub.web.tokens import Verifier, load_keys
from mirror import store
from mirror.api import create_app
from mirror.dashboard.page import dashboard_pages
from mirror.feed import REFLECT, Reflect
from mirror.service import Reader
from mirror.settings import Settings

AUDIENCE = "mirror"
TOPICS = tuple(BY_NAME[name] for name in (*REFLECT.reads, *REFLECT.publishes))
log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Feeding:
    """Whether the stage runs; the readiness page asks."""

    running: bool = False

    def check(self) -> None:
        """Raise unless the stage runs."""
        if not self.running:
            raise RetriableError("reflect waits for the bus")


def run(settings: Settings, stop: Event) -> None:
    """Serve and reflect until told to stop. Raises FatalError when a person must act."""
    verifier = _verifier(settings)
    database = wait_for("database", lambda: store.open_store(settings.database), stop)
    if database is None:
        return
    feeding = Feeding()
    try:
        with serving(build_app(settings, verifier, database, feeding), settings):
            reflect(settings, database, feeding, stop)
    finally:
        database.dispose()


def build_app(
    settings: Settings, verifier: Verifier, database: store.Database, feeding: Feeding
) -> ASGIApp:
    """Build the API and the pages over an open database."""
    access = Access(verifier, clock=wall_clock, secure_cookie=settings.secure_cookie)
    reader = Reader(database=database, k=settings.k, clock=wall_clock)
    checks = {"database": lambda: store.check(database), "reflect": feeding.check}
    return create_app(reader, access, dashboard_pages(), checks)


def reflect(settings: Settings, database: store.Database, feeding: Feeding, stop: Event) -> None:
    """Run the stage until told to stop; a bus that goes away is waited for."""
    clock = clock_from(settings.clock)
    while not stop.is_set():
        bus = wait_for("bus", lambda: _open_bus(settings), stop)
        if bus is None:
            return
        try:
            if wait_for("clock", clock, stop) is None:
                return
            feeding.running = True
            _worker(settings, bus, database, clock).run(stop)
        except RetriableError as error:
            log.warning("waiting", service="bus", reason=str(error))
            stop.wait(WAIT_SECONDS)
        finally:
            feeding.running = False
            bus.close()


class serving:  # noqa: N801 - used as `with serving(app, settings):`
    """The web server, in a thread of its own; leaving ends it after the open answers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._socket = _listen(settings.host, settings.port)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, args=([self._socket],), name="api", daemon=True
        )

    def __enter__(self) -> None:
        self._thread.start()
        host, port = self._socket.getsockname()[:2]
        log.info("serving", address=f"http://{host}:{port}")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()


def _verifier(settings: Settings) -> Verifier:
    path: Path = settings.jwks_file
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise FatalError(
            f"cannot read the key set {path}: put the issuer's public keys (JWKS) there"
        ) from None
    keys: Mapping[str, object] = load_keys(text, str(path))
    return Verifier(keys, issuer=settings.issuer, audience=AUDIENCE)


def _open_bus(settings: Settings) -> Bus:
    bus = open_bus(
        settings.bus, home=settings.bus_home, instance=settings.instance, zones=(Zone.MOLIP,)
    )
    try:
        bus.create(TOPICS)
    except BaseException:
        bus.close()
        raise
    return bus


def _worker(
    settings: Settings, bus: Bus, database: store.Database, clock: Callable[[], datetime]
) -> Worker:
    return Worker(
        stage=REFLECT,
        handler=Reflect(),
        bus=bus,
        engine=database,
        keyring=None,
        clock=clock,
        instance=settings.instance,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise FatalError(f"cannot listen on {host}:{port} ({error.strerror})") from None
    return listener
