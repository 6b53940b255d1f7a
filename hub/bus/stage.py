"""What a stage is to the worker: a handler, and what it may read, open and publish. No I/O here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Connection

from contracts.envelope import Draft, Kind, Message, Part


class Opens(StrEnum):
    """Which sealed parts a stage is handed in the clear."""

    NOTHING = "nothing"
    IDENTITY = "identity"
    CASE = "case"
    ALL = "all"

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of parts that it covers."""
        return _covered(self)


@cache  # it is asked for each part of each record
def _covered(opens: Opens) -> frozenset[Kind]:
    return frozenset(kind for kind in Kind if opens is Opens.ALL or kind == opens.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A thing due. `key` is unique within the stage; `data` holds pseudonyms and codes only."""

    stage: str
    key: str
    due: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


class Tx(Protocol):
    """One transaction of a stage's own database, as handlers see it."""

    @property
    def connection(self) -> Connection:
        """For the stores of the rooms; everything written here commits or vanishes together.

        What a store gives to `hub.bus.gathering.later` is written when the batch ends: a handler
        does not read it back before.
        """

    @property
    def shard(self) -> str:
        """Names the audit chain that this transaction writes: stage and partition."""

    def set_timer(
        self, key: str, due: datetime, *, stage: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Wake the stage (this one by default) at `due`; that key's earlier timer is replaced."""

    def drop_timer(self, key: str, *, stage: str = "") -> None:
        """Forget a timer; unknown keys are ignored."""


class Handler(Protocol):
    """One step of the data path. Yields drafts; sees no bus and no key; time is an argument."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterable[Draft]:
        """Handle one message. Idempotent by the state that it stores; order per key is kept.

        Raises RejectedError, RetriableError, or anything else (then the record is parked).
        """


@runtime_checkable
class Wakes(Protocol):
    """A handler that also has timers."""

    def wakes(self, timer: Timer, tx: Tx, now: datetime) -> Iterable[Draft]:
        """Handle one due timer; the worker has removed it, set it again to be woken again."""


@runtime_checkable
class RunsErrands(Protocol):
    """A handler that calls the outside, between two transactions.

    `claim` records in the first transaction what is about to be done and returns it; `perform`
    does it with no transaction open; `settle` records the result in the second. A crash between
    them leaves the claim open, so `claim` names the errand again: `perform` must be safe to repeat.
    """

    def claim(self, tx: Tx, now: datetime, most: int) -> Sequence["Errand"]: ...

    def perform(self, errand: "Errand", now: datetime) -> object: ...

    def settle(
        self,
        errand: "Errand",
        result: Any,  # noqa: ANN401 - what its own `perform` returned
        tx: Tx,
        now: datetime,
    ) -> Iterable[Draft]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One call to the outside. `key` names it in claims and logs (a pseudonym)."""

    key: str
    data: Any = field(repr=False)


class Keyring(Protocol):
    """Seals and opens parts; the worker holds it, handlers never do."""

    def seal(self, person: str, kind: Kind, origin: str, content: Mapping[str, Any]) -> Part:
        """Seal under the person's key, made on first use.

        Raises ShreddedError when that key was destroyed.
        """

    def open(self, part: Part) -> Mapping[str, Any]:
        """Open a part. Raises ShreddedError when the key was destroyed, FatalError when forged."""

    def prepare(self, persons: Iterable[str]) -> None:
        """Load or make the keys of a batch in one go, so that seal and open need no query each."""


class ShreddedError(Exception):
    """The key of this person was destroyed: the content is gone for ever, and rightly so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One row of the data path: see `hub/pipeline.py` and `mirror/feed.py`."""

    name: str
    reads: tuple[str, ...]
    opens: Opens
    publishes: tuple[str, ...]
    does: str
