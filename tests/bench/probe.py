"""Where the CPU of a stage goes, by part. Wraps the parts' own functions, and puts them back.

Each part's share is its own: what a part calls of another part counts there. The clock of all
threads is read, so the Kafka client's thread counts where the stage waits for it. Measuring costs
time itself, so the rounds that make the ratio run without this.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection

from hub import quality
from hub.bus import audit, journal, parking
from hub.bus.embedded import EmbeddedBus
from hub.bus.handling import Handling
from hub.bus.kafka.bus import KafkaBus
from hub.bus.opening import Opener
from hub.bus.outbox import Outbox
from hub.bus.seat import Seat
from hub.triage import keeping

REST, HANDLER, STORE = "loop", "handler", "store"
_SPANS: tuple[tuple[object, str, str], ...] = (
    (Seat, "poll", "bus in"),
    (Opener, "decode", "open"),
    (Opener, "prepare", "open"),
    (Opener, "message", "open"),
    (Handling, "produce", HANDLER),
    (Outbox, "encode", "seal"),
    (Outbox, "store", "outbox"),
    (Outbox, "_clear", "outbox"),
    (Outbox, "sweep", "outbox"),
    (KafkaBus, "publish", "bus out"),
    (EmbeddedBus, "publish", "bus out"),
    (audit, "append", "audit"),
    (audit, "_write", "audit"),
    (keeping, "_write", STORE),
    (quality, "_write", STORE),
    (journal, "advance", "journal"),
    (journal, "seen_before", "journal"),
    (journal, "remember", "journal"),
    (journal, "look", "journal"),
    (parking, "supersede", "journal"),
    (Connection, "_begin_impl", "begin, commit"),
    (Connection, "_commit_impl", "begin, commit"),
)
PARTS = ("bus in", "open", HANDLER, STORE, "audit", "seal", "outbox", "journal", "begin, commit",
         "bus out", REST)  # fmt: skip


class Probe:
    """Collects CPU seconds by stage and part while `watching`."""

    def __init__(self) -> None:
        self._spent: dict[str, dict[str, float]] = {}
        self._stage: dict[str, float] = {}
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def watching(self, stage: str) -> Iterator[None]:
        """Count for this stage; what no part claims is the loop's own."""
        self._stage = self._spent.setdefault(stage, defaultdict(float))
        with ExitStack() as stack:
            for owner, name, part in _SPANS:
                stack.enter_context(patch.object(owner, name, self._around(owner, name, part)))
            for name in ("execute", "exec_driver_sql"):
                stack.enter_context(patch.object(Connection, name, self._statement(name)))
            self._open, self._since = [REST], time.process_time()
            yield
            self._turn()

    def shares(self, events: int) -> Mapping[str, Mapping[str, float]]:
        """CPU microseconds an event, by stage and part."""
        return {
            stage: {part: round(spent.get(part, 0.0) / events * 1e6, 1) for part in PARTS}
            for stage, spent in self._spent.items()
        }

    def _around(self, owner: object, name: str, part: str) -> Callable[..., Any]:
        real = getattr(owner, name)

        @wraps(real)
        def measured(*args: Any, **kwargs: Any) -> object:
            self._enter(part)
            try:
                return real(*args, **kwargs)
            finally:
                self._leave()

        return measured

    def _statement(self, name: str) -> Callable[..., Any]:
        """A statement that the handler itself makes is its store; others belong to their part."""
        real = getattr(Connection, name)

        @wraps(real)
        def measured(*args: Any, **kwargs: Any) -> object:
            if self._open[-1] != HANDLER:
                return real(*args, **kwargs)
            self._enter(STORE)
            try:
                return real(*args, **kwargs)
            finally:
                self._leave()

        return measured

    def _enter(self, part: str) -> None:
        self._turn()
        self._open.append(part)

    def _leave(self) -> None:
        self._turn()
        self._open.pop()

    def _turn(self) -> None:
        now = time.process_time()
        self._stage[self._open[-1]] += now - self._since
        self._since = now
