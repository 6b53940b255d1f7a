"""Lets the country live at its own pace: moves its clock on steadily, from where it stood.

For installations whose hub reads the country's clock file. Without it only `/_country` moves time.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from adapters.sandbox.country import Country

_TICK_SECONDS = 1.0


@contextmanager
def living(country: Country, pace: float) -> Iterator[None]:
    """Let `pace` seconds of the country pass in each second; 0 leaves its clock alone."""
    if not pace:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_live, args=(country, pace, stop), name="pace", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _live(country: Country, pace: float, stop: threading.Event) -> None:
    before = time.monotonic()
    while not stop.wait(_TICK_SECONDS):
        now = time.monotonic()
        with country.lock:
            country.advance(country.now() + timedelta(seconds=pace * (now - before)))
        before = now
