"""What the clear part of every message on the bus holds: one closed model a kind. Sends nothing.

Pseudonyms, codes, counts and times only: whatever says more travels sealed (`contracts.envelope`).
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from contracts.labels import Label
from contracts.model.answer import ReferralState
from contracts.model.base import Meaning, System, Thing
from contracts.model.consent_statement import ConsentStatement

OWN = "own"
Ended = Literal["rejected", "parked", "counted", "linked"]
Stands = Literal["in_flight", "released", "withheld", "parked"]
Reached = Literal["waiting", "undeliverable", "delivered", "accepted", "rejected", "done"]
FurthestOutcome = Literal["none", "waiting", "delivered", "accepted", "rejected", "done", "task"]

_System = Annotated[System, Label.C2, Meaning("Source system.", OWN)]
_Record = Annotated[str, Label.C2, Meaning("Source record: the name of its contract.", OWN)]
_Ref = Annotated[str, Label.C1, Meaning("Pseudonym of the record.", OWN)]
_Person = Annotated[
    str, Label.C1, Meaning("Pseudonym of the source person: names the key of the parts.", OWN)
]
_Child = Annotated[str, Label.C1, Meaning("Random id of the child.", OWN)]
_CaseRef = Annotated[str, Label.C2, Meaning("Pseudonym of the recipient's case.", OWN)]
_On = Annotated[date, Label.C2, Meaning("Day on which it became so.", OWN, "d")]
_Sequence = Annotated[int, Label.C0, Meaning("Grows with each change.", OWN), Field(ge=0)]
_Reason = Annotated[str, Label.C0, Meaning("A code that says why; empty: no reason.", OWN)]


class RecordNamed(Thing):
    """Which record of which source it is: all that is clear in a source's record."""

    system: _System
    record: _Record
    ref: _Ref
    person: _Person


class RawRecord(Thing):
    """A source's own record as its adapter read it: always sealed."""

    key: Annotated[str, Label.C3, Meaning("The source's own key of the record.", OWN)]
    person: Annotated[
        str | None, Label.C3, Meaning("The source's own key of the person, where it has one.", OWN)
    ]
    where: Annotated[str, Label.C7, Meaning("File, sheet and row, or place in an answer.", OWN)]
    body: Annotated[dict[str, Any], Label.C5, Meaning("The record, as its contract has it.", OWN)]
    changed: Annotated[AwareDatetime, Label.C1, Meaning("When it became so.", OWN)]


class ReferralAnswered(Thing):
    """A recipient's system says how one referral stands."""

    kind: Annotated[Literal["referral"], Label.C0, Meaning("About one referral.", OWN)]
    system: _System
    on: _On
    case_ref: _CaseRef
    referral_ref: Annotated[str, Label.C2, Meaning("Pseudonym of its referral.", OWN)]
    service_id: Annotated[str, Label.C2, Meaning("Service row of the referral.", OWN)]
    state: Annotated[ReferralState, Label.C2, Meaning("How it stands.", OWN)]


class CaseAnswered(Thing):
    """A recipient's system says how a case stands: it answers a referral that is an assignment."""

    kind: Annotated[Literal["case"], Label.C0, Meaning("About one case.", OWN)]
    system: _System
    on: _On
    case_ref: _CaseRef
    status: Annotated[Literal["open", "closed"], Label.C2, Meaning("Status of the case.", OWN)]
    services: Annotated[
        list[Annotated[list[str | bool], Field(min_length=2, max_length=2)]],
        Label.C2,
        Meaning("Service rows: the id of each, and whether it was given.", OWN),
    ]
    owner: Annotated[str, Label.C2, Meaning("Pseudonym of the user who owns the case.", OWN)]


class DeliveryAnswered(Thing):
    """The hub itself says that a referral reached its recipient, or cannot."""

    kind: Annotated[Literal["delivery"], Label.C0, Meaning("About a delivery.", OWN)]
    referral: Annotated[str, Label.C1, Meaning("Id of the referral.", OWN)]
    state: Annotated[
        Literal["delivered", "undeliverable"], Label.C2, Meaning("What became of it.", OWN)
    ]
    on: _On
    route: Annotated[str, Label.C2, Meaning("How it went; absent: it did not.", OWN)] = ""
    case_ref: Annotated[str, Label.C2, Meaning("Pseudonym of the case that it made.", OWN)] = ""
    reason: _Reason = ""


class ConsentSaid(Thing):
    """What a person said at the desk or the console about a child's data."""

    child: _Child
    person: _Person
    statement: Annotated[ConsentStatement, Label.C2, Meaning("What was said.", OWN)]
    id: Annotated[str, Label.C0, Meaning("Id of the statement: said twice, it counts once.", OWN)]


class Member(RecordNamed):
    """One record of a child."""

    changed: Annotated[AwareDatetime, Label.C1, Meaning("When the record became so.", OWN)]
    origin: Annotated[str, Label.C0, Meaning("The event that sealed its parts.", OWN)]


class ChildState(Thing):
    """A child as the set of its records; the parts of all of them come along, still sealed."""

    child: _Child
    version: _Sequence
    into: Annotated[
        str | None, Label.C1, Meaning("The child that this one turned out to be; null: none.", OWN)
    ]
    left: Annotated[
        list[str], Label.C1, Meaning("Children that some of these records were part of.", OWN)
    ]
    members: Annotated[list[Member], Label.C2, Meaning("Its records; none: it is empty.", OWN)]


class ReferralStood(Thing):
    """One referral of a child, as the standard operating procedure has it."""

    id: Annotated[str, Label.C1, Meaning("Id of the referral.", OWN)]
    trigger_system: _System
    trigger_ref: Annotated[str, Label.C1, Meaning("Record that made it necessary.", OWN)]
    trigger_at: Annotated[AwareDatetime, Label.C1, Meaning("When that was.", OWN)]
    state: Annotated[Reached, Label.C2, Meaning("How it stands.", OWN)]
    state_on: _On
    recipient_system: Annotated[str, Label.C2, Meaning("System that it goes to.", OWN)]
    recipient: Annotated[str, Label.C7, Meaning("Code of the office or user.", OWN)]
    service: Annotated[str, Label.C2, Meaning("Service asked for.", OWN, codes="services")]
    service_id: Annotated[str, Label.C2, Meaning("Service row that carries it.", OWN)]
    route: Annotated[str, Label.C2, Meaning("How it went; empty: not yet.", OWN)]
    case_ref: _CaseRef
    deadline: Annotated[date, Label.C1, Meaning("Day by which an answer is due.", OWN, "d")]


class ReferralsOfChild(Thing):
    """All referrals of one child, with the parts that a delivery needs."""

    child: _Child
    version: _Sequence
    sequence: _Sequence
    members: Annotated[list[Member], Label.C2, Meaning("The child's records.", OWN)]
    referrals: Annotated[list[ReferralStood], Label.C2, Meaning("Its referrals.", OWN)]


class ChildStatus(Thing):
    """How far help has come."""

    child: _Child
    outcome: Annotated[FurthestOutcome, Label.C2, Meaning("The furthest of its referrals.", OWN)]


class ReasonTold(Thing):
    """Why a record was not taken, for the person who can mend it. Repeats no value."""

    code: Annotated[str, Label.C0, Meaning("Stable identifier.", OWN)]
    message: Annotated[str, Label.C0, Meaning("What is wrong.", OWN)]
    next_step: Annotated[str, Label.C0, Meaning("What to do.", OWN)]
    column: Annotated[str, Label.C0, Meaning("The source's own field; empty: the whole.", OWN)]
    where: Annotated[str, Label.C7, Meaning("File, sheet and row.", OWN)]


class RecordOutcome(Thing):
    """Where one line of the ledger ended, or which child it follows from now on."""

    system: _System
    ref: _Ref
    state: Annotated[Ended, Label.C0, Meaning("Where the line stands.", OWN)]
    reason: _Reason = ""
    reasons: Annotated[list[ReasonTold], Label.C7, Meaning("Why it was rejected.", OWN)] = Field(
        default_factory=list
    )
    turn: Annotated[
        int, Label.C0, Meaning("Order of linkage decisions under one version.", OWN)
    ] = 0
    child: Annotated[str | None, Label.C1, Meaning("The child whose record it is.", OWN)] = None


class ChildOutcome(Thing):
    """Where the lines stand that follow one child."""

    child: _Child
    state: Annotated[Stands, Label.C0, Meaning("Where they stand.", OWN)]
    reason: _Reason
    epoch: Annotated[int, Label.C0, Meaning("Publication that made it so; 0: none.", OWN)]


class EpochReceived(Thing):
    """The mirror has shown an epoch."""

    epoch: Annotated[int, Label.C0, Meaning("Number of the publication.", OWN), Field(ge=1)]
    rows: Annotated[int, Label.C0, Meaning("Rows that it shows.", OWN), Field(ge=0)]


class EpochEnded(Thing):
    """Ends a publication: after it the mirror shows exactly `rows` cases."""

    epoch: Annotated[int, Label.C0, Meaning("Number of the publication.", OWN), Field(ge=1)]
    as_of: Annotated[AwareDatetime, Label.C0, Meaning("When it was closed.", OWN)]
    rows: Annotated[int, Label.C0, Meaning("Rows that it shows.", OWN), Field(ge=0)]
    total_cases: Annotated[
        int | None, Label.C0, Meaning("Cases in all, where that may be told.", OWN), Field(ge=0)
    ] = None
    sources: Annotated[
        dict[System, AwareDatetime | None],
        Label.C0,
        Meaning("Until when each source was read in full; null: never yet.", OWN),
    ]
    contract: Annotated[str, Label.C0, Meaning("Contract of the rows and its version.", OWN)]


class CellTold(Thing):
    """One cell of one published table."""

    table: Annotated[str, Label.C0, Meaning("Code of the table.", OWN)]
    area: Annotated[str, Label.C0, Meaning("State or region; `MMR`: the country.", OWN)]
    period: Annotated[str, Label.C0, Meaning("A year, or the first month of a quarter.", OWN)]
    value: Annotated[int, Label.C0, Meaning("The count.", OWN, "1"), Field(ge=0)]
