"""Due timers, handled once each in small transactions. A timer that fails stays due and rests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine

from contracts.errors import FatalError, RetriableError
from hub.bus import journal, parking
from hub.bus.backoff import Backoff
from hub.bus.database import waiting_mends
from hub.bus.faults import fault
from hub.bus.handling import Handling
from hub.bus.outbox import NO_LANE, Produced, Stored
from hub.bus.stage import Wakes

log = structlog.get_logger()

SHARD = "timers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """Wakes the handler of a stage."""

    handling: Handling
    wakes: Wakes
    engine: Engine
    clock: Callable[[], datetime]
    backoff: Backoff
    most: int = 50

    def run(self) -> list[Stored] | None:
        """Handle some due timers in one transaction; None when none was due and worked."""
        now = self.clock()
        resting = [str(key) for key in self.backoff.resting()]
        with self.engine.begin() as connection:
            due = journal.take_due(
                connection, self.handling.stage.name, now, most=self.most, but=resting
            )
            woken = [self._wake(connection, one, now) for one in due]
            stored = [row for rows in woken for row in rows or ()]
            self.handling.outbox.store(connection, stored)
            fault("timers.handled")
        return stored if any(rows is not None for rows in woken) else None

    def _wake(
        self, connection: Connection, one: journal.DueTimer, now: datetime
    ) -> list[Stored] | None:
        stage, key = self.handling.stage.name, one.timer.key
        tx = self.handling.transaction(connection, SHARD)
        try:
            with connection.begin_nested():
                tx.drop_timer(key)
                drafts = list(self.wakes.wakes(one.timer, tx, now))
                produced = Produced(cause=one.cause, lane=NO_LANE, drafts=drafts, now=now)
                stored = self.handling.outbox.encode([produced])
        except FatalError:
            raise
        except Exception as error:
            if waiting_mends(error):
                raise
            after = error.after if isinstance(error, RetriableError) else None
            seconds = self.backoff.failed(key, after)
            tell = log.warning if isinstance(error, RetriableError) else log.error
            words = {"error": type(error).__name__, "place": parking.place_of(error)}
            tell("timer failed", stage=stage, key=key, seconds=round(seconds, 1), **words)
            return None
        self.backoff.worked(key)
        return stored
