"""The people's door to consent: record an answer, explain decisions. Decides and stores nothing.

A child is named by a source and its record key, in the body and never in the URL. A record that is
unknown and one that the caller may not see are answered alike.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from consent.model import Decision
from consent.words import explain
from contracts.labels import Label
from contracts.model.base import System
from contracts.model.consent_statement import ConsentStatement, Scope, Speaker
from hub.web.tokens import Caller


class ConsentService(Protocol):
    """What the hub does for this door, each in one transaction with its audit entry."""

    def child_of(self, system: str, record_key: str, caller: Caller) -> str | None:
        """Return the child of a source's record, None where there is none for this caller."""

    def answer(self, child: str, said: ConsentStatement, caller: Caller) -> int:
        """Store the answer, tell the gates to look again, and return the consent version."""

    def decisions_of(self, child: str, caller: Caller) -> Sequence[Decision]:
        """Return the newest decision of each recipient and purpose."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class RecordKey(_Body):
    """A record as its source names it."""

    system: Annotated[System, Label.C2] = Field(description="The source.")
    record_key: Annotated[str, Label.C3] = Field(
        min_length=1, max_length=200, description="The source's own key."
    )


class Answered(RecordKey):
    """What somebody said to a case worker: a no is an objection, whoever says it."""

    scope: Annotated[Scope, Label.C2] = Field(
        description="The question: reporting, services or disclosure."
    )
    answer: Annotated[Literal["yes", "no"], Label.C2] = Field(
        description="A no stops sharing at once."
    )
    by: Annotated[Speaker, Label.C2] = Field(description="Who said it.")
    on: Annotated[date, Label.C2] = Field(description="The day on which it was said.")


class Recorded(_Body):
    """That it is recorded. `consent_version` is what the mirror's copies are measured against."""

    consent_version: Annotated[int, Label.C0] = Field(
        ge=1, description="Grows with every answer of this child."
    )


class Explained(_Body):
    """One decision in words; no identity."""

    recipient: Annotated[str, Label.C0] = Field(description="Who asked.")
    purpose: Annotated[str, Label.C0] = Field(description="What for.")
    effect: Annotated[str, Label.C2] = Field(description="PERMIT, PERMIT_PARTIAL or DENY.")
    basis: Annotated[str, Label.C2] = Field(description="What carries it; empty for a denial.")
    policy: Annotated[str, Label.C0] = Field(description="The policy pack and its version.")
    reasons: Annotated[list[str], Label.C2] = Field(description="Codes.")
    words_en: Annotated[list[str], Label.C2] = Field(description="The same in English.")
    words_my: Annotated[list[str], Label.C2] = Field(description="The same in Burmese.")


class Explanations(_Body):
    """Every decision on one child."""

    decisions: Annotated[list[Explained], Label.C2] = Field(
        description="One for each recipient and purpose."
    )


def router(service: ConsentService, check: Callable[[Request], Caller]) -> APIRouter:
    """Return the two endpoints; `check` lets in data protection officers and case managers."""
    routes = APIRouter(prefix="/v1/consent", tags=["consent"])
    who = Annotated[Caller, Depends(check)]

    def found(record: RecordKey, caller: Caller) -> str:
        child = service.child_of(record.system, record.record_key, caller)
        if child is None:
            raise HTTPException(status_code=404)
        return child

    @routes.post("/answers", status_code=201)
    def record_answer(body: Answered, caller: who) -> Recorded:
        """Record a yes or a no to one question. A no takes the child's row out of the mirror."""
        said = ConsentStatement(scope=body.scope, answer=body.answer, by=body.by, on=body.on)
        version = service.answer(found(body, caller), said, caller)
        return Recorded(consent_version=version)

    @routes.post("/explanations")
    def explain_decisions(body: RecordKey, caller: who) -> Explanations:
        """Say why this child's data are shared or withheld."""
        decisions = service.decisions_of(found(body, caller), caller)
        return Explanations(decisions=[_explained(one) for one in decisions])

    return routes


def _explained(decision: Decision) -> Explained:
    return Explained(
        recipient=decision.recipient,
        purpose=decision.purpose,
        effect=decision.effect,
        basis=decision.basis,
        policy=decision.policy,
        reasons=list(decision.reasons),
        words_en=list(explain(decision, "en")),
        words_my=list(explain(decision, "my")),
    )
