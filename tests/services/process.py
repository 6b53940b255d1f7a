"""A child process that never outlives us, and free ports. Ends nothing that it did not start."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import SystemRandom

from tests.services.errors import PartFailedError

_PR_SET_PDEATHSIG = 1
# Below the range from which the system takes ports for outgoing connections: while a broker is
# down, a client that knocks on its port could otherwise be given that very port.
_PORTS = range(20_000, 32_000)


class Process:
    """A started program: its log file, its end. Start it from a thread that lives as long as it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        user: int | None = None,
        parent_died: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.log = log
        self._name = Path(command[0]).name
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end it in order
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                # It makes two system calls through a pointer that was looked up before.
                preexec_fn=_dies_with_parent(parent_died),  # noqa: PLW1509
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._child.poll()

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def end(self, how: signal.Signals, *, within: float) -> None:
        """Send a signal and wait; after the time, SIGKILL."""
        if not self.alive():
            return
        self._child.send_signal(how)
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def wait_until(self, ready: Callable[[], bool], *, within: float) -> None:
        """Poll until it is ready; one that ended or is late is an error with its last words."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.alive():
                raise PartFailedError(f"{self._name} ended at once: {self.last_words()}")
            if time.monotonic() > deadline:
                raise PartFailedError(
                    f"{self._name} is not ready after {within:.0f} s: {self.last_words()}"
                )
            time.sleep(0.05)

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()


def free_ports(count: int) -> list[int]:
    """Different loopback ports that nobody listens on now."""
    found: list[int] = []
    for port in SystemRandom().sample(_PORTS, k=len(_PORTS)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise PartFailedError("no free loopback port")


def listens(port: int) -> bool:
    """Whether someone accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _dies_with_parent(how: signal.Signals) -> Callable[[], None] | None:
    """Ask the kernel to signal the child when we die, however we die (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: between fork and exec it might deadlock
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        if os.getppid() != parent:  # we died in between
            os._exit(1)

    return in_child
