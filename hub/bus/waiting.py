"""Waiting at a program's start for what is not there yet, with a line in the log that says what.

Only what waiting mends is waited for; what a person must mend goes on to the caller.
"""

from collections.abc import Callable
from threading import Event
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from contracts.errors import RetriableError
from hub.bus.database import waiting_mends

Wanted = TypeVar("Wanted")
log = structlog.get_logger()
WAIT_SECONDS = 2.0


def wait_for(name: str, get: Callable[[], Wanted], stop: Event) -> Wanted | None:
    """Return what is wanted as soon as it can be had; None when told to stop before."""
    while not stop.is_set():
        try:
            return get()
        except RetriableError as error:
            log.warning("waiting", service=name, reason=str(error))
            stop.wait(error.after or WAIT_SECONDS)
        except DBAPIError as error:
            if not waiting_mends(error):
                raise
            log.warning("waiting", service=name, reason="the database does not answer yet")
            stop.wait(WAIT_SECONDS)
    return None
