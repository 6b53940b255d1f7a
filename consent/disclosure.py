"""A record of what was disclosed to whom on which decision. Pure: codes and references, no values.

A withdrawal walks these records, so that every copy learns of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.model import Decision
from contracts.envelope import derived_id
from contracts.labels import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One disclosure. `reference` is what the recipient knows it by: a referral id, an epoch."""

    id: str
    child: str
    recipient: str
    purpose: str
    reference: str
    classes: tuple[Label, ...]
    basis: str
    decision: str
    based_on: tuple[str, ...]
    policy: str
    at: datetime


def disclosure_of(decision: Decision, reference: str, now: datetime) -> Disclosure:
    """Return the record of one disclosure; the same decision and reference make the same id.

    Raises ValueError for a decision that permits nothing: there is nothing to record.
    """
    if not decision.permitted:
        raise ValueError("a denial discloses nothing")
    return Disclosure(
        id=derived_id("disclosure", decision.id, reference),
        child=decision.subject,
        recipient=decision.recipient,
        purpose=decision.purpose,
        reference=reference,
        classes=tuple(sorted(decision.permitted)),
        basis=decision.basis,
        decision=decision.id,
        based_on=decision.based_on,
        policy=decision.policy,
        at=now,
    )


def no_longer_covered(
    disclosures: Iterable[Disclosure], decision: Decision
) -> tuple[Disclosure, ...]:
    """Return the disclosures to this recipient and purpose that a new decision would not repeat."""
    return tuple(
        one
        for one in disclosures
        if (one.recipient, one.purpose) == (decision.recipient, decision.purpose)
        and not all(decision.permits(label) for label in one.classes)
    )
