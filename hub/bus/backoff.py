"""When to try again what failed: exponential waits with jitter, each thing by itself. No I/O."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, wait_exponential_jitter
from tenacity.wait import wait_base


@dataclass(frozen=True, slots=True)
class _Failure:
    attempts: int
    until: float


class Backoff:
    """Counts failures per thing and says until when it rests (wall time)."""

    def __init__(self, wall: Callable[[], float], wait: wait_base | None = None) -> None:
        self._wall = wall
        self._wait = wait or wait_exponential_jitter(multiplier=0.5, max=60, jitter=1)
        self._failures: dict[Hashable, _Failure] = {}

    def failed(self, thing: Hashable, after: float | None = None) -> float:
        """Note one more failure and return the seconds to rest, at least the hint `after`."""
        before = self._failures.get(thing)
        attempts = (before.attempts if before else 0) + 1
        seconds = max(self._seconds(attempts), after or 0.0)
        self._failures[thing] = _Failure(attempts, self._wall() + seconds)
        return seconds

    def worked(self, thing: Hashable) -> None:
        """Forget the failures of a thing."""
        self._failures.pop(thing, None)

    def rests(self, thing: Hashable) -> bool:
        """Tell whether it is too early to try the thing again."""
        failure = self._failures.get(thing)
        return failure is not None and self._wall() < failure.until

    def resting(self) -> list[Hashable]:
        """Return the things that rest now."""
        return [thing for thing in self._failures if self.rests(thing)]

    def _seconds(self, attempts: int) -> float:
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempts
        return float(self._wait(state))
