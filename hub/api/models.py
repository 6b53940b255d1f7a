"""What the API answers and takes: closed models, a privacy label on every field. No logic."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.labels import Label
from hub.api.closed import Closed

System = Literal["dsw_cms", "labour_inspection", "emis", "labour_force_survey", "public_reports"]
TaskKind = Literal["referral", "records", "system"]
State = Literal["waiting", "undeliverable", "delivered", "accepted", "rejected", "done"]
_C0, _C1, _C2 = Label.C0, Label.C1, Label.C2


class SourceSums(Closed):
    """How the lines of one source stand: `received` is the sum of the others."""

    received: Annotated[int, _C0]
    released: Annotated[int, _C0]
    counted: Annotated[int, _C0]
    withheld: Annotated[int, _C0]
    parked: Annotated[int, _C0]
    rejected: Annotated[int, _C0]
    in_flight: Annotated[int, _C0]
    closed: Annotated[bool, _C0] = Field(description="Nothing is in flight, and the sum holds.")


class LedgerAnswer(Closed):
    """The ledger of all sources."""

    sources: Annotated[dict[str, SourceSums], _C0]
    echoes: Annotated[int, _C0]
    children: Annotated[int, _C0]


class SourceAnswer(Closed):
    """How far one source has been read."""

    system: Annotated[str, _C0]
    progress: Annotated[dict[str, int | AwareDatetime], _C0] = Field(
        description="The checkpoint's times and counts; names of files and records are left out."
    )
    polls: Annotated[int, _C0]
    complete_until: Annotated[datetime | None, _C0]
    problem: Annotated[str, _C0]
    next_step: Annotated[str, _C0]


class RejectReason(Closed):
    """One thing that is wrong with a record; never a value of it."""

    code: Annotated[str, _C0]
    column: Annotated[str, _C0]
    message: Annotated[str, _C0]
    next_step: Annotated[str, _C0]
    where: Annotated[str, Label.C7]


class RejectAnswer(Closed):
    """A record that its source must mend. `ref` is its pseudonym."""

    system: Annotated[str, _C0]
    ref: Annotated[str, _C1]
    first_seen: Annotated[datetime, _C1]
    reasons: Annotated[list[RejectReason], _C0]


class RejectPage(Closed):
    """One page; ask again with `after` while it is not null."""

    rejects: Annotated[list[RejectAnswer], _C1]
    after: Annotated[str | None, _C1]


class ParkedAnswer(Closed):
    """A record that met an unforeseen error: a pointer and the error's place, no content."""

    stage: Annotated[str, _C0]
    message: Annotated[str, _C0]
    topic: Annotated[str, _C0]
    partition: Annotated[int, _C0]
    offset: Annotated[int, _C0]
    system: Annotated[str, _C0]
    error: Annotated[str, _C0]
    place: Annotated[str, _C0]
    attempts: Annotated[int, _C0]
    retry: Annotated[bool, _C0]
    at: Annotated[datetime, _C0]


class RetryRequest(Closed):
    """Which parked records to try again: all of a stage, or those of one system."""

    stage: Annotated[str, _C0] = Field(max_length=40, pattern=r"^[a-z_]+$")
    system: Annotated[System | None, _C0] = None


class RetryAnswer(Closed):
    """How many records the stage's workers will try again."""

    asked: Annotated[int, _C0]


class ReferralAnswer(Closed):
    """One referral, as both ends may see it."""

    id: Annotated[str, _C2]
    trigger_system: Annotated[str, _C2]
    first_contact: Annotated[str, _C2] = Field(description="Who met the child first and referred.")
    state: Annotated[State, _C2]
    on: Annotated[date, _C2] = Field(description="Day of that state.")
    recipient_system: Annotated[str, _C2]
    recipient: Annotated[str, Label.C7] = Field(description="Empty while nobody serves the place.")
    deadline: Annotated[date, _C2]
    route: Annotated[str, _C2] = Field(description="Empty, referral, assignment or service.")
    tasks: Annotated[list[str], _C2] = Field(description="Why it waits for a person, if it does.")


class ReferralPage(Closed):
    """One page, in the order in which they were made; ask again with `after` while not null."""

    referrals: Annotated[list[ReferralAnswer], _C2]
    after: Annotated[str | None, _C2]


class RecordKey(Closed):
    """A record by its own key, in the source's terms. Sent in a body, never in a URL."""

    system: Annotated[System, _C0]
    row_key: Annotated[str, Label.C3] = Field(min_length=1, max_length=200)


class TaskAnswer(Closed):
    """What waits for a person, why, and what to do: `count` records, one referral, or a system
    that is not connected, for which `count` referrals wait.
    """

    kind: Annotated[TaskKind, _C2]
    system: Annotated[str, _C2]
    referral: Annotated[str, _C2]
    reason: Annotated[str, _C2]
    why: Annotated[str, _C0]
    next_step: Annotated[str, _C0]
    count: Annotated[int, _C2]
    since: Annotated[datetime, _C2]
    deadline: Annotated[date | None, _C2]


class ConsentRequest(RecordKey):
    """What a guardian or a child decided. `id` makes a repeated request count once."""

    decision: Annotated[Literal["object", "permit"], _C2]
    scope: Annotated[Literal["reporting"], _C2]
    by: Annotated[Literal["guardian", "child"], _C2]
    on: Annotated[date, _C2]
    id: Annotated[UUID | None, _C0] = None


class ConsentAnswer(Closed):
    """It is recorded and will hold, whatever happens now."""

    id: Annotated[UUID, _C0]
    next_step: Annotated[str, _C0]


class ExplainAnswer(Closed):
    """The last decision for a child: may MOLIP see its row, and why."""

    state: Annotated[str, _C2] = Field(description="candidate, withheld, parked or undecided.")
    reasons: Annotated[list[str], _C2]
    words: Annotated[list[str], _C0]
    decided_at: Annotated[datetime | None, _C2]
    policy: Annotated[str, _C0]


class FlowAnswer(Closed):
    """How much is under way, by stage; `total` is nothing when everything has arrived."""

    total: Annotated[int, _C0]
    quiet: Annotated[bool, _C0] = Field(description="Nothing moves, and no timer is due.")
    lag: Annotated[dict[str, dict[str, int]], _C0]
    outbox: Annotated[dict[str, int], _C0]
    claims: Annotated[dict[str, int], _C0]
    parked: Annotated[dict[str, int], _C0]
    retrying: Annotated[int, _C0]
    deliveries_open: Annotated[int, _C0]
    next_timers: Annotated[dict[str, datetime], _C0]
    ends_total: Annotated[int, _C0]
    at: Annotated[datetime, _C0]
