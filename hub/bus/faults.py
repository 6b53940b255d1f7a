"""Named places where a process may be made to die, to prove that nothing is lost there.

Does nothing unless armed; settings of a test run arm it, never the environment.
"""

import os
import signal

FAULT_POINTS = (
    "worker.polled",  # records in hand, no transaction yet
    "batch.handled",  # the handler is done, the transaction still open
    "outbox.committed",  # stored, nothing published yet
    "outbox.midway",  # some records published, others not
    "outbox.published",  # all published, still in the outbox
    "outbox.cleared",  # published and out of the outbox
    "timers.handled",  # a timer's work is done, the transaction still open
    "errands.claimed",  # about to call the outside
    "errands.performed",  # the outside did it, we have not stored that
    "errands.settled",  # the result is stored
)

_armed: dict[str, int] = {}


def arm(name: str, after: int = 1) -> None:
    """Die, as `kill -9` would have it, the `after`-th time that the point is passed."""
    if name not in FAULT_POINTS:
        raise ValueError(f"no fault point {name}: choose one of {', '.join(FAULT_POINTS)}")
    _armed[name] = after


def disarm() -> None:
    """Forget what was armed."""
    _armed.clear()


def fault(name: str) -> None:
    """Pass a fault point."""
    if name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
