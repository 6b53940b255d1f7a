"""`clmhub demo`: starts country, hub and mirror, and runs the story. Decides nothing."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx

from contracts.errors import FatalError
from hub.bus.signals import stop_on_signals
from hub.demo.conductor import Conductor, Sandbox
from hub.demo.home import write_settings
from hub.demo.hub_client import HubClient, count_mirror_cases
from hub.demo.parts import Part, Parts, secret
from hub.demo.report import Progress, print_places, print_result, result_of
from hub.home import keep_kind, locked, token_issuer
from hub.leash import leashed
from hub.settings import Settings
from hub.web.clock import wall_clock
from hub.web.tokens import Role

EPOCH_SECONDS = 2 * 86_400
HALF_COPIED_SECONDS = 7_200
ERRAND_SECONDS = 15.0
POLL_SECONDS = 0.1
IDLE_SECONDS = 0.1
SANDBOX_PORT = 8730
MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line chose."""

    settings: Settings
    once: bool
    json: bool
    children: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The parts at work, and how to speak with them."""

    sandbox: Sandbox
    hub: HubClient
    mirror: httpx.Client
    parts: Parts
    places: dict[str, str]


def run_demo(choices: Choices) -> int:
    """Run the story to its end; stay up afterwards, unless `once`. Returns the exit status."""
    began = time.monotonic()
    check_choices(choices)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    progress = Progress(quiet=choices.json)
    with locked(choices.settings.home, "demo"), _running(choices, progress) as running:
        conductor = Conductor(
            country=running.sandbox, look=running.hub.look, alive=running.parts.keep_alive,
            told=progress.moved,
        )  # fmt: skip
        with progress.shown(running.hub.summary):
            conductor.run()
        result = result_of(
            conductor.patiently(running.hub.summary),
            conductor.patiently(lambda: count_mirror_cases(running.mirror)),
            seconds=time.monotonic() - began, bus=choices.settings.bus,
            database=choices.settings.database,
        )  # fmt: skip
        if not choices.once:
            _stay(conductor, lambda: print_places(running.places, result))
    print_result(result, as_json=choices.json)
    return 0 if result["closed"] else 1


@contextmanager
def _running(choices: Choices, progress: Progress) -> Iterator[Running]:
    parts = Parts()
    home = choices.settings.home.absolute()
    # Before its settings are written anew: a slip must not spoil the home for the next command.
    keep_kind(home, choices.settings.bus, choices.settings.database)
    try:
        progress.moved("starting the sandbox country")
        control = secret(home / "sandbox-secrets" / "control")
        password = secret(home / "sandbox-secrets" / "primero")
        sandbox = _start_sandbox(choices, parts, home, control, password)
        progress.moved("starting the hub and the mirror")
        hub, mirror_url = _start_hub(choices, parts, home, sandbox.url, password)
        operator = _client(hub.url, _token(home, "hub", Role.OPERATOR))
        analyst = _client(mirror_url, _token(home, "mirror", Role.MOLIP_ANALYST))
        parts.wait_until(hub, lambda: analyst.get("/v1/epochs").status_code == 200)
        yield Running(
            sandbox=Sandbox(client=_client(sandbox.url, control)),
            hub=HubClient(client=operator), mirror=analyst, parts=parts,
            places={
                "hub": hub.url, "mirror": mirror_url, "sandbox": sandbox.url, "home": str(home),
                "operator": _token(home, "hub", Role.OPERATOR, Role.DATA_PROTECTION_OFFICER),
                "inspector": _token(home, "hub", Role.INSPECTOR),
                "case_manager": _token(home, "hub", Role.CASE_MANAGER),
                "analyst": _token(home, "mirror", Role.MOLIP_ANALYST),
            },
        )  # fmt: skip
    finally:
        parts.stop()


def _start_sandbox(choices: Choices, parts: Parts, home: Path, control: str, password: str) -> Part:
    port = parts.port(SANDBOX_PORT)
    url = f"http://127.0.0.1:{port}"
    command = leashed(
        "adapters.sandbox", "--home", str(home), "--children", str(choices.children),
        "--seed", str(choices.seed), "--port", str(port), "--token", control,
        "--password", password,
    )  # fmt: skip
    part = parts.start("sandbox", command, url, home / "sandbox" / "log", {})
    parts.wait_until(part, lambda: httpx.get(f"{url}/health").status_code in (200, 204))
    return part


def _start_hub(
    choices: Choices, parts: Parts, home: Path, primero: str, password: str
) -> tuple[Part, str]:
    settings = choices.settings
    port, mirror_port = parts.port(settings.port), parts.port(settings.molip.port)
    sandbox = home / "sandbox"
    values = {
        "bus": settings.bus, "database": settings.database, "clock": str(sandbox / "clock"),
        "log": "json", "k": settings.k, "port": port, "policy": settings.policy,
        "epoch_seconds": EPOCH_SECONDS, "poll_seconds": POLL_SECONDS, "idle_seconds": IDLE_SECONDS,
        "half_copied_seconds": HALF_COPIED_SECONDS, "publish_at_once": settings.publish_at_once,
        "errand_seconds": ERRAND_SECONDS,
    }  # fmt: skip
    sections: dict[str, dict[str, object]] = {
        "molip": {"port": mirror_port},
        "dsw_cms": {"url": primero, "user": "clm_hub", "password": password},
        "labour_inspection": {"folder": str(sandbox / "labour_inspection")},
        "emis": {"folder": str(sandbox / "emis")},
    }
    write_settings(home, values, sections)
    url = f"http://127.0.0.1:{port}"
    # Each start of the hub meets the next fault of a crash test; without any, none.
    faults = [{"CLM_FAULT": fault} for fault in settings.fault.split(",") if fault]
    log = home / "logs" / "hub.log"
    part = parts.start("hub", leashed("hub", "up", "--home", str(home)), url, log, {}, faults)
    parts.wait_until(part, lambda: httpx.get(f"{url}/health/live").status_code == 200)
    return part, f"http://127.0.0.1:{mirror_port}"


def _stay(conductor: Conductor, tell: Callable[[], None]) -> None:
    """Stay up until Ctrl-C; once a minute the country's clock moves on to the next epoch."""
    stop = threading.Event()
    stop_on_signals(stop)
    tell()  # who reads it may press Ctrl-C at once
    # From here on the addresses and tokens stay on the screen.
    conductor = replace(conductor, told=lambda _: None)
    while not stop.wait(MINUTE):
        standing = conductor.settle()
        if standing.next_timer:
            conductor.advance(standing.next_timer)


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20.0, trust_env=False
    )


def _token(home: Path, audience: str, *roles: Role) -> str:
    return token_issuer(home).issue(
        subject=f"demo-{roles[0]}", roles=roles, audience=audience, now=wall_clock(),
        lifetime=timedelta(days=1),
    )  # fmt: skip


def check_choices(choices: Choices) -> None:
    """Raise FatalError for a demo in production mode."""
    if choices.settings.production:
        raise FatalError("a demonstration does not run in production mode: give it another --home")
