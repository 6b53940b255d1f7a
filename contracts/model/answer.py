"""What a recipient's system says about a referral. No names: ids, user names and states."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, System, Thing

ReferralState = Literal["accepted", "rejected", "done", "in_progress", "revoked"]

_KIND = Meaning("What answers: a referral or a case.", of.OWN)
_SERVICE = Meaning("Service row that carries the referral; empty: none.", of.PRIMERO)
_STATE = Meaning("State of the referral.", of.PRIMERO)


class Answer(Thing):
    """The state of one referral, on the topic `answer`. References are pseudonyms (HMAC)."""

    system: Annotated[System, Label.C2, Meaning("The recipient's system.", of.OWN)]
    case_ref: Annotated[str, Label.C2, Meaning("Pseudonym of the recipient's case.", of.OWN)]
    referral_ref: Annotated[
        str, Label.C2, Meaning("Pseudonym of the recipient's referral; empty: none.", of.OWN)
    ] = ""
    service_id: Annotated[str, Label.C2, _SERVICE] = ""
    state: Annotated[ReferralState, Label.C2, _STATE]
    on: Annotated[date, Label.C2, Meaning("Day on which it became so.", of.OWN, "d")]


class ReferralAnswer(Thing):
    """A Primero referral as read: `translate` gives it, the hub turns it into an `Answer`."""

    kind: Annotated[Literal["referral"], Label.C2, _KIND] = "referral"
    referral: Annotated[str, Label.C3, Meaning("The recipient's id of it.", of.PRIMERO)]
    case: Annotated[str, Label.C3, Meaning("The recipient's id of the case.", of.PRIMERO)]
    service_id: Annotated[str, Label.C2, _SERVICE] = ""
    state: Annotated[ReferralState, Label.C2, _STATE]
    on: Annotated[
        date, Label.C2, Meaning("Day of the response, else of creation.", of.PRIMERO, "d")
    ]


class ServiceRow(Thing):
    """One service row of a case."""

    id: Annotated[str, Label.C2, Meaning("unique_id of the row.", of.PRIMERO)]
    implemented: Annotated[bool, Label.C2, Meaning("The service was given.", of.PRIMERO)]


class CaseAnswer(Thing):
    """The state of a Primero case: what tells the answer to a referral that is an assignment."""

    kind: Annotated[Literal["case"], Label.C2, _KIND] = "case"
    case: Annotated[str, Label.C3, Meaning("The recipient's id of the case.", of.PRIMERO)]
    owner: Annotated[str, Label.C7, Meaning("User who owns the case.", of.PRIMERO)] = ""
    status: Annotated[Literal["open", "closed"], Label.C2, Meaning("Its status.", of.PRIMERO)]
    services: Annotated[
        list[ServiceRow], Label.C2, Meaning("Service rows with an id.", of.PRIMERO)
    ] = Field(default_factory=list)
    on: Annotated[date, Label.C2, Meaning("Day of the case's last change.", of.PRIMERO, "d")]
