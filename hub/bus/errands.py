"""Calls to the outside, between two transactions: claimed, performed, settled, one at a time.

A lease in the journal keeps two workers from the same errand. It must outlast the longest call, so
`perform` bounds its own waiting well below the lease; after a crash the claim is taken over when
the lease has run out, and the call is made again: it must be safe to repeat. Claiming and settling
take turns, so a handler never claims on a state that another worker is about to settle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, bindparam, delete, or_, select

from contracts.errors import FatalError, RetriableError
from hub.bus import journal, parking
from hub.bus.backoff import Backoff
from hub.bus.database import inserting, waiting_mends
from hub.bus.faults import fault
from hub.bus.handling import Handling
from hub.bus.journal import claim as claims
from hub.bus.outbox import NO_LANE, Produced, Stored
from hub.bus.port import FencedError
from hub.bus.stage import Errand, RunsErrands

log = structlog.get_logger()

_OTHERS = select(claims.c.key).where(
    claims.c.stage == bindparam("stage"),
    claims.c.run != bindparam("run"),
    claims.c.until > bindparam("now"),
)
SHARD = "errands"
FOREVER = 10.0**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one errand: records to publish, or a failure that rests now."""

    worked: bool
    stored: Sequence[Stored] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Errands:
    """Runs the errands of a stage."""

    handling: Handling
    runs: RunsErrands
    engine: Engine
    clock: Callable[[], datetime]
    wall: Callable[[], float]
    backoff: Backoff
    lease: float

    def run(self) -> Ran | None:
        """Run one errand; None when there is none. Its failure is its own."""
        taken = self._claim()
        if taken is None:
            return None
        errand, cause = taken
        fault("errands.claimed")
        try:
            result = self.runs.perform(errand, self.clock())
        except Exception as error:  # noqa: BLE001 - the outside may fail in any way
            self._failed(errand, error)
            return Ran(worked=False)
        fault("errands.performed")
        try:
            stored = self._settle(errand, result, cause)
        except FatalError:
            raise
        except Exception as error:
            if waiting_mends(error):
                raise
            self._failed(errand, error)
            return Ran(worked=False)
        fault("errands.settled")
        self.backoff.worked(errand.key)
        return Ran(worked=True, stored=stored)

    def _claim(self) -> tuple[Errand, str] | None:
        """Let the handler record what is to be done, and take the first that nobody else has."""
        with self.engine.begin() as connection:
            journal.take_turn(connection, self.handling.stage.name)
            busy = self._busy(connection)
            tx = self.handling.transaction(connection, SHARD)
            for errand in self.runs.claim(tx, self.clock(), 1 + len(busy)):
                if errand.key not in busy:
                    return errand, self._take(connection, errand.key)
        return None

    def _busy(self, connection: Connection) -> set[str]:
        """The errands that rest after a failure, and those that another live worker has."""
        mine = {"stage": self.handling.stage.name, "run": self.handling.outbox.run}
        others = connection.execute(_OTHERS, {**mine, "now": self.wall()})
        return {str(key) for key in self.backoff.resting()} | set(others.scalars())

    def _take(self, connection: Connection, key: str) -> str:
        """Write the lease; what the errand causes derives from the returned name."""
        run, cause = self.handling.outbox.run, self.handling.outbox.new_cause()
        now = self.wall()
        mine = {"run": run, "until": now + self.lease, "cause": cause}
        done = connection.execute(
            inserting(connection, claims)
            .values(stage=self.handling.stage.name, key=key, **mine)
            .on_conflict_do_update(
                index_elements=["stage", "key"],
                set_=mine,
                where=or_(claims.c.run == run, claims.c.until <= now),
            )
            .returning(claims.c.key)
        ).all()
        if not done:
            raise FencedError(f"{self.handling.stage.name}: another worker took the errand first")
        return cause

    def _settle(self, errand: Errand, result: object, cause: str) -> list[Stored]:
        stage, now = self.handling.stage.name, self.clock()
        with self.engine.begin() as connection:
            journal.take_turn(connection, stage)
            done = connection.execute(
                delete(claims).where(
                    claims.c.stage == stage, claims.c.key == errand.key, claims.c.cause == cause
                )
            )
            if done.rowcount != 1:
                raise FencedError(f"{stage}: the lease ran out, another worker has the errand")
            tx = self.handling.transaction(connection, SHARD)
            drafts = list(self.runs.settle(errand, result, tx, now))
            produced = Produced(cause=cause, lane=NO_LANE, drafts=drafts, now=now)
            stored = self.handling.outbox.encode([produced])
            self.handling.outbox.store(connection, stored)
        return stored

    def _failed(self, errand: Errand, error: Exception) -> None:
        """Rest this errand; the claim stays open, and comes again."""
        after = error.after if isinstance(error, RetriableError) else None
        if isinstance(error, FatalError):
            after = FOREVER  # a person must act: not again before this worker starts anew
        seconds = self.backoff.failed(errand.key, after)
        tell = log.warning if isinstance(error, RetriableError) else log.error
        tell(
            "errand failed",
            stage=self.handling.stage.name,
            key=errand.key,
            error=type(error).__name__,
            place=parking.place_of(error),
            seconds=round(seconds, 1),
        )
