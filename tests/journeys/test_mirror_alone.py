"""The mirror as a program of its own: alone in the tree, killed in the middle, stopped in order."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.envelope import decode
from contracts.topics import TOPICS, Zone
from hub.bus.embedded import EmbeddedBus
from hub.bus.port import Partition
from tests.mirror_rows import (
    ISSUER,
    case,
    event,
    marker_event,
    pseudonym,
    publish,
    row_events,
    token,
)

ROOT = Path(__file__).resolve().parents[2]
MOLIP_TOPICS = [topic for topic in TOPICS if topic.zone is Zone.MOLIP]

# Starts the mirror with everything else of the tree unimportable.
ALONE = """
import sys
ALLOWED = ("hub.bus", "hub.web")
class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        mine = name == "hub" or name.startswith(ALLOWED)
        if top in ("adapters", "consent", "tests") or (top == "hub" and not mine):
            raise ImportError("not for the mirror: " + name)
sys.meta_path.insert(0, Guard())
for forbidden in ("hub.pipeline", "hub.vault.keyring", "adapters.sdk.ports", "consent"):
    try:
        __import__(forbidden)
    except ImportError:
        continue
    raise SystemExit("the guard does not guard " + forbidden)
from mirror.__main__ import main
raise SystemExit(main(sys.argv[1:]))
"""


class Mirror:
    """One run of the program; its log lines can be waited for."""

    def __init__(self, home: Path, *arguments: str, fault: str = "") -> None:
        code = ALONE
        if fault:
            armed = f'from hub.bus.faults import arm; arm("{fault}"); '
            code = ALONE.replace("raise SystemExit(main", f"{armed}raise SystemExit(main")
        self._child = subprocess.Popen(
            [sys.executable, "-c", code, "--settings", str(home / "mirror.toml"), *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, wanted: str, **fields: object) -> dict[str, Any]:
        """Return the first log line of that event and those fields."""

        def found() -> list[dict[str, Any]]:
            return [
                line
                for line in self.lines
                if line.get("event") == wanted and fields.items() <= line.items()
            ]

        with self._news:
            arrived = self._news.wait_for(lambda: found() or self._ended(), timeout=60)
            assert arrived, self.lines
            assert found(), self.lines
            return found()[0]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, and return the exit status."""
        self._child.send_signal(number)
        return self.exit_status()

    def exit_status(self) -> int:
        """Wait until it ends."""
        status = self._child.wait(timeout=60)
        self._reader.join()
        assert self._child.stderr is not None
        self._child.stderr.close()
        return status

    def close(self) -> None:
        """Make sure that it is gone."""
        if self._child.poll() is None:
            self.end(signal.SIGKILL)

    def _ended(self) -> bool:
        return not self._reader.is_alive()

    def _read(self) -> None:
        assert self._child.stderr is not None
        for line in self._child.stderr:
            with self._news:
                try:
                    self.lines.append(json.loads(line))
                except ValueError:
                    self.lines.append({"event": line.strip()})
                self._news.notify_all()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Settings, keys, and nothing else."""
    (tmp_path / "jwks.json").write_text(json.dumps(ISSUER.public_keys()))
    (tmp_path / "mirror.toml").write_text(
        f'database = "sqlite:///{tmp_path}/mirror.sqlite"\nbus_home = "{tmp_path}"\n'
        f'jwks_file = "{tmp_path}/jwks.json"\nport = 0\nk = 2\n'
    )
    return tmp_path


@pytest.fixture
def bus(home: Path) -> Iterator[EmbeddedBus]:
    """The hub's side of the border."""
    with EmbeddedBus(home / "bus", zones=(Zone.MOLIP,)) as bus:
        bus.create(MOLIP_TOPICS)
        yield bus


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Mirror]]:
    """Start the program; whatever still runs at the end is ended."""
    started: list[Mirror] = []

    def start(*arguments: str, fault: str = "") -> Mirror:
        started.append(Mirror(home, *arguments, fault=fault))
        return started[-1]

    yield start
    for one in started:
        one.close()


def visible(mirror: Mirror) -> tuple[int, bool, Sequence[str]]:
    """Epoch, completeness and pseudonyms, as the API tells them."""
    address = mirror.wait_for("serving")["address"]
    headers = {"authorization": f"Bearer {token()}"}
    body = httpx.get(f"{address}/v1/cases", headers=headers).json()
    return body["epoch"], body["complete"], [row["pseudonym"] for row in body["cases"]]


def test_it_runs_with_nothing_else_of_the_tree_and_stops_in_order(
    bus: EmbeddedBus, start: Callable[..., Mirror], home: Path
) -> None:
    publish(bus, [*row_events(case(n) for n in range(3)), marker_event(1, 3)])
    mirror = start()
    mirror.wait_for("epoch closed", epoch=1)
    assert visible(mirror) == (1, True, [pseudonym(n) for n in range(3)])
    gone = event("mirror", "clm.mirror.gone.v1", pseudonym(0), None, version="9")
    late = event("mirror", "clm.mirror.case.v1", pseudonym(4), {"name": "x"}, version="1")
    publish(bus, [gone, late, *row_events([case(5, epoch=2)]), marker_event(2, 3)])
    mirror.wait_for("epoch closed", epoch=2)
    assert visible(mirror) == (2, False, [pseudonym(n) for n in (1, 2, 5)])
    assert mirror.end() == 0
    assert bus.ends(["receipt"]) == {Partition("receipt", 0): 2}
    assert sorted(path.name for path in (home / "bus").glob("*.sqlite")) == ["molip.sqlite"]


@pytest.mark.parametrize("fault", ["batch.handled", "outbox.committed"])
def test_killed_in_the_middle_it_ends_with_the_same_rows_and_one_receipt(
    bus: EmbeddedBus, start: Callable[..., Mirror], fault: str
) -> None:
    publish(bus, [*row_events(case(n) for n in range(20)), marker_event(1, 20)])
    assert start(fault=fault).exit_status() == -signal.SIGKILL
    mirror = start()
    assert receipts(bus) == {(1, 20)}
    epoch, complete, names = visible(mirror)
    assert (epoch, complete, len(names)) == (1, True, 20)
    assert mirror.end(signal.SIGINT) == 0
    assert receipts(bus) == {(1, 20)}


def receipts(bus: EmbeddedBus) -> set[tuple[int, int]]:
    """Wait for what the mirror tells the hub: epochs and rows; one event may lie there twice."""
    told: dict[str, tuple[int, int]] = {}
    member = bus.join("test", ["receipt"], lambda _partition: None)
    for _ in range(60):
        for record in member.poll(1.0, 100):
            found = decode(record.key, record.value, record.headers)
            assert found.data is not None
            told[found.id] = (found.data["epoch"], found.data["rows"])
        if told:
            break
    member.close()
    assert len(told) == 1
    return set(told.values())


def test_it_answers_while_it_waits_for_the_bus_and_goes_on_when_it_comes(
    start: Callable[..., Mirror], home: Path
) -> None:
    clock = home / "clock"
    settings = home / "mirror.toml"
    settings.write_text(settings.read_text() + f'clock = "{clock}"\n')
    mirror = start()
    mirror.wait_for("waiting", service="clock")
    assert visible(mirror) == (0, False, [])
    address = mirror.wait_for("serving")["address"]
    assert httpx.get(f"{address}/health/ready").status_code == 503
    clock.write_text("2026-01-05T08:00:00+06:30")
    mirror.wait_for("worker starts")
    assert mirror.end() == 0


def test_a_missing_key_set_stops_it_with_a_sentence(
    start: Callable[..., Mirror], home: Path
) -> None:
    (home / "jwks.json").unlink()
    mirror = start()
    assert mirror.exit_status() == 1
    assert "jwks.json" in mirror.lines[-1]["event"]


def test_an_occupied_port_stops_it_with_a_sentence(
    start: Callable[..., Mirror], home: Path
) -> None:
    first = start()
    port = first.wait_for("serving")["address"].rpartition(":")[2]
    settings = home / "mirror.toml"
    settings.write_text(settings.read_text().replace("port = 0", f"port = {port}"))
    second = start()
    assert second.exit_status() == 1
    assert f"cannot listen on 127.0.0.1:{port}" in second.lines[-1]["event"]
