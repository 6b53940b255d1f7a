"""What may carry one class of data: consent, a legal basis, an override. Steps 5 and 6. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.model import GENERAL, Basis, Case, Channel, Performer, Purpose, Request, Rule, covers
from consent.policy import Condition, LegalBasis, OverrideRule, Policy, Yields
from consent.tree import Asked, earliest_end
from consent.voices import Required, Voice
from contracts.labels import Label

UNLIMITED = frozenset({Label.C0, Label.C1})
"""The classes that a free-text limit on disclosure does not hold back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What carries one class. `review` is when a person must have looked at it."""

    basis: Basis
    code: str
    based_on: tuple[str, ...] = ()
    ends: tuple[datetime, ...] = ()
    review: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Everything that steps 5 and 6 look at."""

    request: Request
    asked: Asked
    need: Required
    voices: Sequence[Voice]
    policy: Policy

    def denials(self, label: Label) -> list[Voice]:
        """Return who denies this class."""
        return [voice for voice in self.voices if voice.said.get(label) is Rule.DENY]

    def limited(self, label: Label) -> bool:
        """Tell whether a person must first read what a free text withholds."""
        return self.request.case.disclosure_limits and label not in UNLIMITED


def conditions_met(case: Case) -> frozenset[Condition]:
    """Return the conditions that a case meets."""
    held = {
        Condition.CHILD_LABOUR: case.child_labour is True,
        Condition.WORST_FORM: case.worst_form or case.armed_forces,
        Condition.ARMED_FORCES: case.armed_forces,
        Condition.PROFESSIONAL_REQUEST: case.professional_request,
    }
    return frozenset(condition for condition, holds in held.items() if holds)


def by_consent(label: Label, hearing: Hearing) -> Grant | None:
    """Everybody who must agree permits it, to every question asked, and nobody denies it."""
    if hearing.denials(label) or hearing.limited(label) or not hearing.need.every:
        return None
    questions = hearing.policy.needs.get(Purpose(hearing.request.purpose))
    used: dict[str, Voice] = {}
    for group in hearing.need.every:
        for question in questions or [""]:
            found = [
                voice
                for voice in hearing.voices
                if voice.said.get(label) is Rule.PERMIT
                and voice.consent.performer in group
                and (not question or voice.consent.policy in (question, GENERAL))
            ]
            if not found:
                return None
            used.update((voice.consent.reference, voice) for voice in found)
    ends = [earliest_end(voice.consent.provision, hearing.asked) for voice in used.values()]
    return Grant(
        basis=Basis.CONSENT,
        code="consent_given",
        based_on=tuple(sorted(used)),
        ends=tuple(end for end in ends if end is not None),
    )


def by_basis(label: Label, hearing: Hearing) -> Grant | None:
    """Return the first basis of the pack that fits and need not yield."""
    met = conditions_met(hearing.request.case)
    for rule in hearing.policy.bases:
        if _fits(rule, label, hearing.request, met) and not _yields(rule, label, hearing):
            days = timedelta(days=rule.review_days)
            review = hearing.asked.now + days if rule.review_days else None
            return Grant(basis=rule.basis, code=f"basis:{rule.code}", review=review)
    return None


def by_override(label: Label, hearing: Hearing) -> Grant | None:
    """Return what a named authority's claim opens; it never opens the mirror."""
    claim = hearing.request.override
    if claim is None or hearing.request.channel == Channel.MIRROR:
        return None
    for rule in hearing.policy.overrides:
        latest = hearing.asked.now + timedelta(minutes=rule.most_minutes)
        if (
            rule.code == claim.code
            and _may_claim(rule, label, hearing.request)
            and hearing.asked.now < claim.expires <= latest
            and not _yields(rule, label, hearing)
        ):
            return Grant(
                basis=rule.basis,
                code=f"override:{rule.code}",
                ends=(claim.expires,),
                review=claim.expires,
            )
    return None


def _fits(rule: LegalBasis, label: Label, request: Request, met: frozenset[Condition]) -> bool:
    return (
        request.recipient in rule.recipients
        and request.action in rule.actions
        and any(covers(one, request.purpose) for one in rule.purposes)
        and label in rule.classes
        and not met.isdisjoint(rule.conditions)
    )


def _may_claim(rule: OverrideRule, label: Label, request: Request) -> bool:
    claim = request.override
    return (
        claim is not None
        and claim.authority in rule.authorities
        and request.recipient in rule.recipients
        and request.purpose in rule.purposes
        and label in rule.classes
        and (not rule.group or rule.group in request.groups)
        and (label is not Label.C4 or claim.second_approver not in ("", claim.authority))
    )


def _yields(rule: LegalBasis | OverrideRule, label: Label, hearing: Hearing) -> bool:
    if rule.yields_to is Yields.NOTHING:
        return False
    denials = hearing.denials(label)
    if rule.yields_to is Yields.OBJECTION:
        return bool(denials) or hearing.limited(label)
    refused = any(voice.consent.performer is Performer.CHILD for voice in denials)
    return refused or hearing.limited(label)
