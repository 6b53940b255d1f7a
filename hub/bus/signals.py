"""SIGTERM and Ctrl-C as an event. The handler takes no lock, so that no signal can block another.

`Event.set` in a handler would: two signals at once, or one while the main thread waits on that very
event, and the program stands still for ever.
"""

import contextlib
import os
import signal
from threading import Event, Thread


def stop_on_signals(stop: Event) -> None:
    """Set the event when the program is asked to stop. To be called in the main thread."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def ask(_number: int, _frame: object) -> None:
        with contextlib.suppress(BlockingIOError):  # asked very many times already
            os.write(writer, b"!")

    def pass_on() -> None:
        os.read(reader, 1)
        stop.set()

    Thread(target=pass_on, name="signals", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
