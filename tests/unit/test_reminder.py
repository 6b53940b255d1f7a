"""What waits in vain is said at once, once an hour, and no more when it is over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from structlog.testing import capture_logs

from hub.running import LOOK_SECONDS, SAY_SECONDS, Reminder
from hub.tasks import NOT_CONNECTED, Task

NOW = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)


@dataclass
class World:
    """Referrals that wait, and a clock."""

    waiting: int = 0
    seconds: float = 5.0
    looks: int = 0
    reminder: Reminder = field(init=False)

    def __post_init__(self) -> None:
        self.reminder = Reminder(look=self.look, clock=lambda: self.seconds)

    def look(self) -> list[Task]:
        self.looks += 1
        if not self.waiting:
            return []
        task = Task(
            kind="system", system="dsw_cms", reason=NOT_CONNECTED, since=NOW, count=self.waiting
        )
        return [task]

    def said(self, after: float = 0.0) -> list[int]:
        """What the log says this much later."""
        self.seconds += after
        with capture_logs() as logs:
            self.reminder.remind()
        assert {line["event"] for line in logs} <= {"referrals_wait"}
        return [line["count"] for line in logs]


def test_it_is_said_at_once_and_then_once_an_hour() -> None:
    world = World(waiting=3)
    assert world.said() == [3]
    assert world.said(LOOK_SECONDS) == []
    world.waiting = 4
    assert world.said(SAY_SECONDS) == [4]


def test_nothing_is_said_while_nothing_waits_and_the_first_is_not_missed() -> None:
    world = World()
    assert world.said() == []
    assert world.said(SAY_SECONDS) == []
    world.waiting = 1
    assert world.said(LOOK_SECONDS) == [1]


def test_the_database_is_asked_once_a_minute() -> None:
    world = World()
    for _ in range(10):
        world.said(LOOK_SECONDS / 5)
    assert world.looks == 2
