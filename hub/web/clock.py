"""Where the time comes from: the wall, or a file that a trial's own country keeps. No logic."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from contracts.errors import RetriableError

Clock = Callable[[], datetime]
WALL = "wall"


def wall_clock() -> datetime:
    """Return the time of the wall, in UTC. Tokens and back-off always live by this one."""
    return datetime.now(UTC)


def clock_from(setting: str) -> Clock:
    """Return the clock that a setting names: `wall`, or the path of a file with an ISO time."""
    if setting == WALL:
        return wall_clock
    path = Path(setting)

    def read() -> datetime:
        try:
            at = datetime.fromisoformat(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            raise RetriableError(f"the clock file {path} holds no time yet", after=1) from None
        if at.tzinfo is None:
            raise RetriableError(f"the clock file {path} holds a time with no zone", after=1)
        return at.astimezone(UTC)

    return read
