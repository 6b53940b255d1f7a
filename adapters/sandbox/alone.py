"""Keeps one sandbox a home, and ends it with the program that started it. Unix only."""

import fcntl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_PATIENCE, _PAUSE = 10.0, 0.05


class Stoppable(Protocol):
    """A server that ends by itself soon after it was told to."""

    should_exit: bool


class OccupiedError(Exception):
    """Another sandbox runs in this home."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder; wait a little for one that is just ending. A kill lets go of it too."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise OccupiedError(
                        f"another sandbox runs in {folder}: stop it, or choose another --home"
                    ) from None
                time.sleep(_PAUSE)
        yield


def end_with_stdin(server: Stoppable) -> None:
    """Stop this program when whoever holds the other end of its standard input is gone."""

    def wait() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        server.should_exit = True

    threading.Thread(target=wait, name="stdin", daemon=True).start()
