"""The demo's processes: sandbox, hub and (as the hub's child) the mirror. Starts and ends them.

Each dies with this process, also when it is killed, so that a home is never held by a leftover.
"""

import contextlib
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from contracts.errors import FatalError
from hub.home import write_private
from hub.settings import passed_on

START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(slots=True, kw_only=True)
class Part:
    """One process of the demo, and the address at which it answers."""

    name: str
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def check_alive(self) -> None:
        """Raise FatalError, with where to read why, when the process has ended."""
        if self.process.poll() is not None:
            raise FatalError(
                f"the {self.name} stopped with status {self.process.returncode}: the last lines of"
                f" {self.log} say why; `make demo` again goes on from what is stored"
            )

    def stop(self) -> None:
        """Ask it to stop, wait, and end it when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(slots=True, kw_only=True)
class Parts:
    """All processes, in the order in which they started."""

    started: list[Part] = field(default_factory=list)

    def start(
        self, name: str, command: Sequence[str], url: str, log: Path, variables: dict[str, str]
    ) -> Part:
        """Start a process; its environment is what it needs and nothing of ours."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=passed_on("HOME") | {"PYTHONUNBUFFERED": "1"} | variables,
            )  # fmt: skip
        part = Part(name=name, process=process, url=url, log=log)
        self.started.append(part)
        return part

    def wait_until(self, part: Part, ready: Callable[[], bool]) -> None:
        """Wait until the part answers. Raises FatalError when it stops, or takes too long."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            part.check_alive()
            with contextlib.suppress(httpx.HTTPError):
                if ready():
                    return
            time.sleep(0.05)
        raise FatalError(f"the {part.name} does not answer: read {part.log}, then try again")

    def check_alive(self) -> None:
        """Raise FatalError when one has ended."""
        for part in self.started:
            part.check_alive()

    def stop(self) -> None:
        """Stop all, the last started first."""
        for part in reversed(self.started):
            part.stop()


def port_for(wanted: int) -> int:
    """The wanted port when it is free, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise FatalError("no free port on 127.0.0.1: end a program that listens there")


def secret(path: Path) -> str:
    """A secret of this demo, made at the first start and kept."""
    write_private(path, secrets.token_hex(24).encode())
    return path.read_text("utf-8")
