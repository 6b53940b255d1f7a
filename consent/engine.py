"""`decide`: may these data go there, for that, and on what basis. Pure and total; any doubt denies.

The eight steps of `research/privacy.md` 1.4 in the design's annex, in their order. Time is an
argument; nothing is read, sent or stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consent.bases import Grant, Hearing, by_basis, by_consent, by_override
from consent.bounds import closed, invalid, out_of_bounds
from consent.model import (
    Channel,
    Consent,
    Decision,
    Effect,
    Obligation,
    Performer,
    Request,
    Unsupported,
)
from consent.parse import day_begins
from consent.policy import Policy
from consent.tree import Asked
from consent.voices import hear, required, understood
from contracts.envelope import derived_id
from contracts.labels import Label

IDENTIFYING = frozenset(Label) - {Label.C0, Label.C1, Label.C2}


def decide(
    request: Request,
    consents: Iterable[Consent | Unsupported] | None,
    policy: Policy,
    now: datetime,
) -> Decision:
    """Decide one request. `consents` None: they could not be read, which denies."""
    try:
        outcome = _first_fault(request, consents, policy, now) or _hear_and_combine(
            request, tuple(consents or ()), policy, now
        )
        return _decision(request, outcome, policy, now)
    except Exception:  # noqa: BLE001 - total: what the engine cannot do, it does not permit
        return _refusal(request, policy, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What the steps found; a class without a grant is denied."""

    grants: Mapping[Label, Grant] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    ends: tuple[datetime, ...] = ()


def _refusal(request: Request, policy: Policy, now: datetime) -> Decision:
    """Deny a request of which nothing is certain, not even its shape."""
    names = tuple(map(str, (request.subject, request.recipient, request.purpose, request.action)))
    return Decision(
        id=derived_id("decision", *names, policy.reference, now.isoformat()),
        subject=names[0],
        recipient=names[1],
        purpose=names[2],
        action=names[3],
        effect=Effect.DENY,
        policy=policy.reference,
        reasons=("engine_fault",),
        at=now,
        expires_at=now,
    )


def _first_fault(
    request: Request,
    consents: Iterable[Consent | Unsupported] | None,
    policy: Policy,
    now: datetime,
) -> _Outcome | None:
    """Steps 1 and 2, as far as they end everything; None when they do not."""
    reasons = invalid(request, policy, now)
    if not reasons and consents is None:
        reasons = ("unavailable",)
    if not reasons:
        reasons = out_of_bounds(request, policy)
    return _Outcome(reasons=reasons) if reasons else None


def _hear_and_combine(
    request: Request, consents: tuple[Consent | Unsupported, ...], policy: Policy, now: datetime
) -> _Outcome:
    """Steps 3 to 6, class by class."""
    known = understood(consents)
    if known is None:
        return _Outcome(reasons=("unsupported_consent",))
    asked = _asked(request, policy, now)
    need = required(request.case, policy)
    voices = hear(known, request.subject, asked, need)
    hearing = Hearing(request=request, asked=asked, need=need, voices=voices, policy=policy)
    grants: dict[Label, Grant] = {}
    reasons: list[str] = []
    ends: list[datetime] = []
    for label in sorted(asked.classes):
        barred, end = closed(label, request, policy, now)
        grant = None if barred else _grant(label, hearing)
        if grant is not None:
            grants[label] = grant
            ends += [end, *grant.ends] if end else grant.ends
        reasons += [grant.code] if grant else [barred] if barred else _why_not(label, hearing)
    return _Outcome(grants=grants, reasons=tuple(dict.fromkeys(reasons)), ends=tuple(ends))


def _asked(request: Request, policy: Policy, now: datetime) -> Asked:
    groups = {f"group:{one}" for one in request.groups}
    role = policy.recipients[request.recipient].role
    return Asked(
        actors=frozenset({request.recipient, role, *groups}),
        purpose=request.purpose,
        action=request.action,
        classes=frozenset(Label(one) for one in request.classes),
        now=now,
    )


def _grant(label: Label, hearing: Hearing) -> Grant | None:
    return by_consent(label, hearing) or by_basis(label, hearing) or by_override(label, hearing)


def _why_not(label: Label, hearing: Hearing) -> list[str]:
    """Say why a class is denied, the strongest reasons first."""
    request = hearing.request
    reasons = [voice.reason or "objection" for voice in hearing.denials(label)]
    if hearing.limited(label):
        reasons.append("disclosure_limits")
    if request.override is not None:
        reasons.append("override_refused")
    if reasons:
        return reasons
    silent = [voice.reason for voice in hearing.voices if not voice.said and voice.reason]
    permitting = [voice for voice in hearing.voices if voice.said]
    if not permitting:
        return silent or ["no_consent"]
    if not any(label in voice.said for voice in permitting):
        return [f"class_not_covered:{label}"]
    missing = [
        f"missing_performer:{_named(group)}"
        for group in hearing.need.every
        if not any(voice.consent.performer in group and label in voice.said for voice in permitting)
    ]
    return silent + missing or ["question_not_answered"]


def _named(group: frozenset[Performer]) -> str:
    """Return the one whom a case worker would ask first."""
    if group == {Performer.CHILD}:
        return "child"
    return "guardian" if Performer.CHILD not in group else "anyone"


def _decision(request: Request, outcome: _Outcome, policy: Policy, now: datetime) -> Decision:
    """Steps 7 and 8: what the enforcer must do, and until when the answer stands."""
    permitted = {label: grant.basis for label, grant in outcome.grants.items()}
    denied = frozenset(one for one in Label if one in request.classes and one not in permitted)
    partial = Effect.PERMIT_PARTIAL if denied else Effect.PERMIT
    until = [now + timedelta(seconds=policy.refresh_seconds), *outcome.ends]
    if request.case.turns_18 is not None and day_begins(request.case.turns_18) > now:
        until.append(day_begins(request.case.turns_18))
    names = (request.subject, request.recipient, request.purpose, request.action)
    return Decision(
        id=derived_id("decision", *map(str, names), policy.reference, now.isoformat()),
        subject=request.subject,
        recipient=request.recipient,
        purpose=request.purpose,
        action=request.action,
        effect=partial if permitted else Effect.DENY,
        permitted=permitted,
        denied=denied,
        obligations=_obligations(request, outcome, denied),
        based_on=tuple(sorted({one for g in outcome.grants.values() for one in g.based_on})),
        policy=policy.reference,
        reasons=outcome.reasons,
        at=now,
        expires_at=min(until),
    )


def _obligations(
    request: Request, outcome: _Outcome, denied: frozenset[Label]
) -> tuple[Obligation, ...]:
    if not outcome.grants:
        return ()
    owed = []
    if request.channel == Channel.MIRROR:
        owed.append(Obligation(code="PSEUDONYMISE", value=request.recipient))
        owed.append(Obligation(code="GENERALISE", value="mirror"))
    owed.append(Obligation(code="NO_REDISCLOSE"))
    if denied:
        owed.append(Obligation(code="REDACT", value=",".join(sorted(denied))))
    if not IDENTIFYING.isdisjoint(outcome.grants):
        owed.append(Obligation(code="NOTIFY_ON_WITHDRAWAL", value=request.recipient))
    reviews = [grant.review for grant in outcome.grants.values() if grant.review is not None]
    if reviews:
        owed.append(Obligation(code="REVIEW", value=min(reviews).isoformat()))
    return tuple(owed)
