"""The demo's processes: sandbox, hub and (as the hub's child) the mirror. Starts and ends them.

Each dies with this process, also when it is killed, so that a home is never held by a leftover. One
that was itself killed (for want of memory, or by a test) is started again, as an operator's
supervisor would; one that stopped by its own decision is not.
"""

import contextlib
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from contracts.errors import FatalError
from hub.home import locked, write_private
from hub.settings import passed_on

START_SECONDS = 60.0
STOP_SECONDS = 20.0
MOST_STARTS = 30


@dataclass(slots=True, kw_only=True)
class Part:
    """One process of the demo, and the address at which it answers.

    `once` gives the variables that only the next start gets, each time it is asked.
    """

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]
    url: str
    log: Path
    once: Iterator[Mapping[str, str]]
    process: subprocess.Popen[bytes] = field(init=False)
    starts: int = 0

    def start(self) -> None:
        """Start the process; its environment is what it needs and nothing of ours."""
        self.starts += 1
        self.log.parent.mkdir(parents=True, exist_ok=True)
        extra = next(self.once, {})
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own modules
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=passed_on("HOME") | {"PYTHONUNBUFFERED": "1", **self.variables, **extra},
            )  # fmt: skip

    def keep_alive(self) -> None:
        """Start it again when it was killed.

        Raises FatalError, with where to read why, when it stopped by itself, or is killed again
        and again.
        """
        status = self.process.poll()
        if status is not None and status < 0 and self.starts < MOST_STARTS:
            self.start()
        elif status is not None:
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
    ports: ExitStack = field(default_factory=ExitStack)

    def port(self, wanted: int) -> int:
        """The wanted port when it is free, else any free one.

        It is kept from other demos of this machine until this one ends: seconds may pass before
        the part that it is for listens there.
        """
        port = port_for(wanted)
        folder = Path(tempfile.gettempdir())
        try:
            self.ports.enter_context(locked(folder, f"clmhub-port-{port}"))
        except (FatalError, OSError):
            return self.port(0)
        return port

    def start(
        self,
        name: str,
        command: Sequence[str],
        url: str,
        log: Path,
        variables: Mapping[str, str],
        once: Iterable[Mapping[str, str]] = (),
    ) -> Part:
        """Start one more process."""
        part = Part(
            name=name, command=command, variables=variables, url=url, log=log, once=iter(once)
        )
        part.start()
        self.started.append(part)
        return part

    def wait_until(self, part: Part, ready: Callable[[], bool]) -> None:
        """Wait until the part answers. Raises FatalError when it stops, or takes too long."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            part.keep_alive()
            with contextlib.suppress(httpx.HTTPError):
                if ready():
                    return
            time.sleep(0.05)
        raise FatalError(f"the {part.name} does not answer: read {part.log}, then try again")

    def keep_alive(self) -> None:
        """Start again what was killed. Raises FatalError when one has stopped by itself."""
        for part in self.started:
            part.keep_alive()

    def stop(self) -> None:
        """Stop all, the last started first."""
        for part in reversed(self.started):
            part.stop()
        self.ports.close()


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
