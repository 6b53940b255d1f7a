"""The demo's time: advances the country's clock at quiescence only, to the next thing that is due.

Quiescent means: every source was read to its end after its last change, no stage lags, no outbox
holds anything, no delivery is open, and the mirror has acknowledged the last epoch. So the story
is the same on every run, however fast the parts are and however often they were killed.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import httpx

from contracts.errors import FatalError

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.05


class Country(Protocol):
    """The sandbox, as the conductor needs it."""

    def state(self) -> Mapping[str, Any]:
        """`now`, `next_due` (or None), `revision` and `ended`."""

    def advance(self, to: datetime) -> None:
        """Move the clock and apply everything that is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """The sandbox over HTTP."""

    client: httpx.Client

    def state(self) -> Mapping[str, Any]:
        """Where the country stands."""
        answer = self.client.get("/_country/state")
        answer.raise_for_status()
        state: Mapping[str, Any] = answer.json()
        return state

    def advance(self, to: datetime) -> None:
        """Move the country's clock."""
        self.client.post("/_country/advance", json={"to": to.isoformat()}).raise_for_status()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One look at the hub: `still` when nothing is under way, and what would move next."""

    still: bool
    waiting: str
    ends: int
    polls: Mapping[str, int]
    next_timer: datetime | None
    next_deadline: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conductor:
    """Runs the story. `look` looks at the hub, `alive` starts again what was killed, and
    raises when a process has stopped by itself.
    """

    country: Country
    look: Callable[[], Standing]
    alive: Callable[[], None]
    told: Callable[[str], None]

    def run(self) -> None:
        """Advance until the story is over and its last epoch is closed."""
        last = False
        while True:
            standing = self.settle()
            state = self.patiently(self.country.state)
            if last:
                return
            due = [
                moment
                for moment in (_time(state["next_due"]), standing.next_timer)
                if moment is not None
            ]
            last = state["ended"] and standing.next_deadline is None
            if due:
                self.advance(min(due))

    def advance(self, to: datetime) -> None:
        """Move the clock to the next thing due."""
        self.told(f"the clock of the country moves to {to:%Y-%m-%d %H:%M:%S}")
        self.patiently(lambda: self.country.advance(to))

    def settle(self) -> Standing:
        """Wait for quiescence and return how the hub stands then.

        The hub is still, and each source was read to its end after the country's last change: of
        two polls that ended since, the second one began after it.
        Raises FatalError, naming what it waits for, when nothing moves for minutes.
        """
        before: Mapping[str, int] = {}
        stood, moved, waiting = (-1, -1), time.monotonic(), "the hub to answer"
        while time.monotonic() - moved < PATIENCE_SECONDS:
            self.alive()
            with contextlib.suppress(httpx.HTTPError):
                revision, look = self._revision(), self.look()
                waiting = look.waiting
                if revision != stood[0]:
                    before = look.polls
                if (revision, look.ends) != stood:
                    stood, moved = (revision, look.ends), time.monotonic()
                read = all(polls >= before[system] + 2 for system, polls in look.polls.items())
                if look.still and read and self._revision() == revision:
                    return look
            time.sleep(PAUSE_SECONDS)
        raise FatalError(f"the demo stands still, waiting for {waiting}: read the logs in its home")

    def _revision(self) -> int:
        return int(self.country.state()["revision"])

    def patiently(self, act: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer: a part that was killed is on its way back."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return act()
            except httpx.HTTPError:
                self.alive()
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
