"""The one worker loop: runs a stage so that nothing is lost and no effect happens twice.

Each round publishes what is left, polls, handles a batch in one transaction, publishes what it
made, then wakes timers, tries parked records again and runs errands. It knows no stage by name.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from uuid import uuid4

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from tenacity.wait import wait_base

from contracts.errors import RetriableError
from hub.bus import journal, parking
from hub.bus.backoff import Backoff
from hub.bus.batch import Batches
from hub.bus.collector import collect_seldom
from hub.bus.database import reading, waiting_mends
from hub.bus.errands import Errands
from hub.bus.faults import fault
from hub.bus.handling import Handling
from hub.bus.opening import Opener
from hub.bus.outbox import Outbox, Stored
from hub.bus.port import Bus, FencedError, Incoming
from hub.bus.seat import Seat
from hub.bus.stage import Handler, Keyring, RunsErrands, Stage, Wakes
from hub.bus.timers import Timers

log = structlog.get_logger()

ROUND = "round"
RETRIES = "retries"
DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a worker works; times in wall seconds. `patience` says how long failures rest."""

    batch: int = 500
    chunk: int = 500
    poll_seconds: float = 0.2
    sweep_seconds: float = 2.0
    lag_seconds: float = 1.0
    errand_lease: float = 15.0
    errands_a_round: int = 20
    inbox_days: float = 30.0
    contract: str = "1"
    patience: wait_base | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class Worker:
    """Runs one stage. Used by one thread; any number of workers may run the same stage.

    `clock` tells the time of the country that the stages work with, `wall` that of leases and
    back-off. `instance` is the installation's id; `run_id` must be unique to this object. `beat` is
    told after every round whether it went well.
    """

    stage: Stage
    handler: Handler
    bus: Bus
    engine: Engine
    keyring: Keyring | None
    clock: Callable[[], datetime]
    instance: str
    options: Options = field(default_factory=Options)
    wall: Callable[[], float] = time.time
    beat: Callable[[bool], None] = lambda _well: None
    run_id: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        """Put the parts together; joins the group at the first step."""
        collect_seldom()
        self._backoff = Backoff(self.wall, self.options.patience)
        self._stop = Event()
        self._busy = False
        self._swept = self._pruned = 0.0
        self._outbox = Outbox(
            stage=self.stage,
            bus=self.bus,
            engine=self.engine,
            keyring=self.keyring,
            instance=self.instance,
            run=self.run_id,
            contract=self.options.contract,
            chunk=self.options.chunk,
        )
        self._seat = Seat(
            stage=self.stage,
            bus=self.bus,
            engine=self.engine,
            backoff=self._backoff,
            wall=self.wall,
            lag_seconds=self.options.lag_seconds,
        )
        opener = Opener(stage=self.stage, keyring=self.keyring)
        handling = Handling(
            stage=self.stage, handler=self.handler, opener=opener, outbox=self._outbox
        )
        self._batches = Batches(
            handling=handling, engine=self.engine, clock=self.clock, wall=self.wall
        )
        self._timers = self._made_timers(handling)
        self._errands = self._made_errands(handling)

    def run(self, stop: Event) -> None:
        """Work until told to stop; then finish the transaction, publish and leave the group.

        Raises FatalError when a person must act first.
        """
        self._stop = stop
        log.info("worker starts", stage=self.stage.name, run=self.run_id)
        try:
            while not stop.is_set():
                did = self.step()
                self.beat(not self._backoff.rests(ROUND))
                if not did and (not self.stage.reads or self._backoff.rests(ROUND)):
                    stop.wait(self.options.poll_seconds)
        finally:
            self.close()
            log.info("worker stopped", stage=self.stage.name, run=self.run_id)

    def step(self, seconds: float | None = None) -> bool:
        """Do one round and tell whether there was anything to do.

        Waits for records up to `seconds` (by default as the options say) after an idle round.
        """
        if self._backoff.rests(ROUND):
            return False
        patience = self.options.poll_seconds if seconds is None else seconds
        try:
            self._busy = self._round(0.0 if self._busy else patience)
        except FencedError:
            log.warning("fenced: another worker is ahead", stage=self.stage.name)
            self._busy = True
        except RetriableError as error:
            self._rest(error, error.after)
        except DBAPIError as error:
            if not waiting_mends(error):
                raise
            self._rest(error, None)
        else:
            self._backoff.worked(ROUND)
        return self._busy

    def close(self) -> None:
        """Publish what is stored, as far as the bus lets us, and leave the group."""
        try:
            self._outbox.flush()
        except (RetriableError, DBAPIError) as error:
            log.warning("left in the outbox", stage=self.stage.name, error=type(error).__name__)
        finally:
            self._seat.close()

    def _round(self, seconds: float) -> bool:
        did = self._outbox.flush()
        records = self._seat.poll(seconds, self.options.batch)
        # What an earlier owner left goes out before anything new of the same partition.
        did |= self._sweep()
        if records:
            did |= self._handle(records)
        did |= self._wake_and_retry()
        did |= self._run_errands()
        self._prune()
        return did

    def _handle(self, records: Sequence[Incoming]) -> bool:
        fault("worker.polled")
        first = {record.partition: record.offset for record in reversed(records)}
        try:
            done = self._batches.run(records, self._seat.at(records))
        except Exception:
            self._seat.dropped(records)
            raise
        self._outbox.committed(done.stored)
        self._seat.concluded(done)
        log.debug("batch", stage=self.stage.name, count=len(records), made=len(done.stored))
        self._outbox.flush()
        self._seat.show()
        return any(done.moved[place] > offset for place, offset in first.items())

    def _publish(self, stored: Sequence[Stored]) -> None:
        self._outbox.committed(stored)
        self._outbox.flush()

    def _sweep(self) -> bool:
        fresh, now = self._seat.fresh, self.wall()
        if not fresh and now - self._swept < self.options.sweep_seconds:
            return False
        lanes = self._seat.lanes()
        did = self._outbox.sweep(lanes, fresh=fresh)
        while fresh and self._outbox.sweep(lanes, fresh=True):
            pass  # each sweep has an end, and nothing new may go out before the last
        self._seat.fresh, self._swept = False, now
        return did

    def _wake_and_retry(self) -> bool:
        with reading(self.engine) as connection:
            waiting = journal.look(connection, self.stage.name, self.clock())
        did = False
        if waiting.due and self._timers is not None:
            stored = self._timers.run()
            did = stored is not None
            self._publish(stored or ())
        if waiting.retries and not self._backoff.rests(RETRIES):
            did |= self._retry()
        return did

    def _retry(self) -> bool:
        try:
            stored = self._batches.retry()
        except RetriableError as error:
            seconds = self._backoff.failed(RETRIES, error.after)
            log.warning("parked rest", stage=self.stage.name, seconds=round(seconds, 1))
            return False
        self._backoff.worked(RETRIES)
        self._publish(stored or ())
        return stored is not None

    def _run_errands(self) -> bool:
        did = False
        for _ in range(self.options.errands_a_round if self._errands else 0):
            if self._stop.is_set() or self._errands is None:
                break
            ran = self._errands.run()
            if ran is None:
                break
            self._publish(ran.stored)
            did |= ran.worked
        return did

    def _prune(self) -> None:
        now = self.wall()
        if now - self._pruned < DAY / 24:
            return
        self._pruned = now
        with self.engine.begin() as connection:
            journal.prune_inbox(connection, self.stage.name, now - self.options.inbox_days * DAY)

    def _rest(self, error: Exception, after: float | None) -> None:
        self._busy = False
        log.warning(
            "worker rests",
            stage=self.stage.name,
            error=type(error).__name__,
            place=parking.place_of(error),
            seconds=round(self._backoff.failed(ROUND, after), 1),
        )

    def _made_timers(self, handling: Handling) -> Timers | None:
        if not isinstance(self.handler, Wakes):
            return None
        return Timers(
            handling=handling,
            wakes=self.handler,
            engine=self.engine,
            clock=self.clock,
            backoff=Backoff(self.wall, self.options.patience),
        )

    def _made_errands(self, handling: Handling) -> Errands | None:
        if not isinstance(self.handler, RunsErrands):
            return None
        return Errands(
            handling=handling,
            runs=self.handler,
            engine=self.engine,
            clock=self.clock,
            wall=self.wall,
            backoff=Backoff(self.wall, self.options.patience),
            lease=self.options.errand_lease,
        )
