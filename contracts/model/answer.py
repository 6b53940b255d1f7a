"""What a recipient's system says about a referral. No names: ids, user names and states."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model.base import System, Thing

ReferralState = Literal["accepted", "rejected", "done", "in_progress", "revoked"]


class Answer(Thing):
    """The state of one referral, on the topic `answer`. References are pseudonyms (HMAC)."""

    system: Annotated[System, Label.C2] = Field(description="The recipient's system.")
    case_ref: Annotated[str, Label.C2] = Field(description="Pseudonym of the recipient's case.")
    referral_ref: Annotated[str, Label.C2] = Field(
        default="", description="Pseudonym of the recipient's referral; empty: none exists."
    )
    service_id: Annotated[str, Label.C2] = Field(
        default="", description="Service row that carries the hub's referral."
    )
    state: Annotated[ReferralState, Label.C2] = Field(description="State of the referral.")
    on: Annotated[date, Label.C2] = Field(description="Day on which it became so.")


class ReferralAnswer(Thing):
    """A Primero referral as read: `translate` gives it, the hub turns it into an `Answer`."""

    kind: Annotated[Literal["referral"], Label.C2] = "referral"
    referral: Annotated[str, Label.C3] = Field(description="The recipient's id of the referral.")
    case: Annotated[str, Label.C3] = Field(description="The recipient's id of the case.")
    service_id: Annotated[str, Label.C2] = Field(default="", description="Service row, if any.")
    state: Annotated[ReferralState, Label.C2] = Field(description="State of the referral.")
    on: Annotated[date, Label.C2] = Field(description="Day of the response, else of creation.")


class ServiceRow(Thing):
    """One service row of a case."""

    id: Annotated[str, Label.C2] = Field(description="unique_id of the row.")
    implemented: Annotated[bool, Label.C2] = Field(description="The service was given.")


class CaseAnswer(Thing):
    """The state of a Primero case: what tells the answer to a referral that is an assignment."""

    kind: Annotated[Literal["case"], Label.C2] = "case"
    case: Annotated[str, Label.C3] = Field(description="The recipient's id of the case.")
    owner: Annotated[str, Label.C7] = Field(default="", description="User who owns the case.")
    status: Annotated[Literal["open", "closed"], Label.C2] = Field(description="Case status.")
    services: Annotated[list[ServiceRow], Label.C2] = Field(
        default_factory=list, description="Service rows with an id."
    )
    on: Annotated[date, Label.C2] = Field(description="Day of the case's last change.")
