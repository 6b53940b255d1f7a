"""What an adapter is to the hub: it pulls records, or pushes deliveries. It never publishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable

from contracts.errors import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record as the source holds it.

    `record` names its contract (`case`, `referral`, `inspection`, `school`), `key` is the
    source's stable key of the record, `person` the source's key of the person it is about
    (empty: about no child), `version` compares as text, `body` maps the source's own field names
    to its own values, `where` says where a person finds it (`file, sheet, row 12`).
    """

    record: str
    key: str = field(repr=False)
    person: str = field(repr=False)
    version: str
    body: Mapping[str, Any] = field(repr=False)
    where: str
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something that is no record: a file that cannot be read. One ledger line, `key` its name."""

    key: str
    version: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one pull gave.

    `checkpoint` is stored with the records and handed to the next pull. `more` asks for another
    pull at once. `complete_until`: all that the source held up to then (by the source's own
    clock) has been given, in this batch or before; None while that cannot be said.
    `mended` names what was given as unreadable before and has been read now. `labels` says what
    the site calls its codes now, when it was asked and that has changed: by record, and by the path
    of a field in it.
    """

    records: Sequence[Record]
    unreadable: Sequence[Unreadable] = ()
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    more: bool = False
    complete_until: datetime | None = None
    mended: Sequence[str] = ()
    labels: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None


@runtime_checkable
class Pulls(Protocol):
    """A system that is read."""

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """Give about `most` records after the checkpoint, oldest first; may give one twice.

        Raises RetriableError when waiting mends it (503, time-out, a page cut off), FatalError
        when a person must act (401: the first one stops, for the sixth locks the account).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A referral, as the recipient's system is to hold it.

    `id` is the hub's referral id; `to_system` and `recipient` the system and its user or office;
    `case` the recipient's own case of the child when it has one, and `new_case` the id for a new
    one; `with_consent` chooses referral (true) or assignment (false); `identity`, `facts` and
    `consents` are what the consent decision let through; `from_office` and `from_record` name the
    trigger in its source's terms.
    """

    id: str
    to_system: str
    recipient: str
    service: str
    with_consent: bool
    case: str | None = field(repr=False)
    new_case: str
    identity: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)
    consents: Mapping[str, Any] = field(repr=False)
    from_system: str
    from_office: str
    from_record: str = field(repr=False)
    deadline: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The state of a referral, on its way home to the office of the system that referred."""

    referral: str
    system: str
    office: str
    row_key: str = field(repr=False)
    state: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the recipient now holds, as re-read from it: its own ids, and the route taken."""

    case: str = ""
    service: str = ""
    referral: str = ""
    route: str = ""


@runtime_checkable
class PushesReferrals(Protocol):
    """A system that receives referrals."""

    def push(self, delivery: Delivery) -> Receipt:
        """Make the recipient hold it exactly once: look first, then create what is missing.

        Safe to repeat after a crash at any point. Raises RetriableError, RejectedError (the
        recipient refuses it for good; reasons say why) or FatalError.
        """


@runtime_checkable
class PushesAnswers(Protocol):
    """A system that takes answers home."""

    def answer(self, answers: Sequence[Answer]) -> None:
        """Put the answers where their office finds them; repeating one changes nothing."""
