"""Which consents count, and what each says: steps 3 and 4 of a decision. Pure; combines nothing.

Supersede first, filter second: only then does a withdrawn or ended newer consent not bring an older
and broader one back. A record that was withdrawn or refused speaks on, as an objection to all that
it was about; only a newer yes of the same person to the same organisation lifts it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from consent.model import Case, Consent, Performer, Provision, Rule, Status, covers
from consent.parse import too_deep
from consent.policy import Lapse, Policy
from consent.tree import Asked, judge, matches
from contracts.labels import Label

COUNTED = (Status.ACTIVE, Status.INACTIVE, Status.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What one consent says of each asked class, and why, where it permits nothing."""

    consent: Consent
    said: Mapping[Label, Rule] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """Who must agree: somebody of every group. Voices of `ignored` are not heard at all."""

    every: tuple[frozenset[Performer], ...]
    ignored: frozenset[Performer] = frozenset()
    lapsed: bool = False


def understood(consents: Iterable[object]) -> list[Consent] | None:
    """Return the consents, or None when one of them is not understood or stands twice."""
    found: dict[tuple[str, int], Consent] = {}
    for one in consents:
        if not isinstance(one, Consent) or too_deep(one.provision):
            return None
        key = (one.id, one.version)
        if found.setdefault(key, one) != one:
            return None
    return list(found.values())


def required(case: Case, policy: Policy) -> Required:
    """Return who must agree, for every age that the child may have."""
    low = case.age_low if case.age_low is not None else 0
    high = case.age_high if case.age_high is not None else max(low, 17)
    if low >= 18 or (policy.lapse is Lapse.POSSIBLE and high >= 18):
        return Required(every=(frozenset({Performer.CHILD}),), lapsed=True)
    bands = [one for one in policy.bands if one.from_age <= high and one.to_age >= low]
    groups = tuple(dict.fromkeys(group for band in bands for group in band.every))
    if case.guardian_unsafe and all(band.without_unsafe_guardian for band in bands):
        kept = tuple(group for group in groups if Performer.GUARDIAN not in group)
        return Required(every=kept, ignored=frozenset({Performer.GUARDIAN}))
    return Required(every=groups)


def hear(
    consents: Sequence[Consent], subject: str, asked: Asked, need: Required
) -> tuple[Voice, ...]:
    """Return what the newest consents of this child say, in an order of its own."""
    mine = [one for one in consents if one.subject == subject and one.status in COUNTED]
    voices = [
        _voice(one, asked, need)
        for one in (*_newest(mine, asked.now), *_objections_dated_ahead(mine, asked.now))
        if one.performer not in need.ignored
    ]
    return tuple(sorted(voices, key=lambda voice: voice.consent.reference))


def _newest(consents: Iterable[Consent], now: datetime) -> list[Consent]:
    """Return the newest of each (policy, organisation, performer); all of them where they tie."""
    groups: dict[tuple[str, str, Performer], list[Consent]] = {}
    for one in consents:
        if one.effective <= now:
            groups.setdefault((one.policy, one.organization, one.performer), []).append(one)
    return [one for group in groups.values() for one in group if _age(one) == max(map(_age, group))]


def _objections_dated_ahead(consents: Iterable[Consent], now: datetime) -> list[Consent]:
    """Return objections with a date that has not come: a wrong clock must not silence a no."""
    return [
        one
        for one in consents
        if one.effective > now
        and (one.status is not Status.ACTIVE or one.provision.type is Rule.DENY)
    ]


def _age(one: Consent) -> tuple[datetime, int]:
    return one.effective, one.version


def _voice(one: Consent, asked: Asked, need: Required) -> Voice:
    if one.status is not Status.ACTIVE:
        return _objection(one, asked)
    said = judge(one.provision, asked)
    permits = Rule.PERMIT in said.values()
    if permits and one.conflict_of_interest:
        return Voice(consent=one, said=_denials(said), reason="conflict_of_interest")
    if permits and need.lapsed and one.performer is not Performer.CHILD:
        return Voice(consent=one, said=_denials(said), reason="guardian_lapsed")
    if permits:
        return Voice(consent=one, said=said)
    if said:
        reason = "assent_refused" if one.performer is Performer.CHILD else "objection"
        return Voice(consent=one, said=said, reason=reason)
    return Voice(consent=one, reason=_why_silent(one.provision, asked))


def _objection(one: Consent, asked: Asked) -> Voice:
    """A withdrawn or refused record: a denial of all classes for whatever its root was about."""
    root = replace(one.provision, type=Rule.DENY)
    if not matches(root, asked):
        return Voice(consent=one)
    reason = "consent_withdrawn" if one.status is Status.INACTIVE else "consent_refused"
    return Voice(consent=one, said=dict.fromkeys(asked.classes, Rule.DENY), reason=reason)


def _denials(said: Mapping[Label, Rule]) -> dict[Label, Rule]:
    return {label: rule for label, rule in said.items() if rule is Rule.DENY}


def _why_silent(root: Provision, asked: Asked) -> str:
    if root.purposes and not any(covers(one, asked.purpose) for one in root.purposes):
        return "purpose_not_covered"
    if root.end is not None and root.end < asked.now:
        return "consent_expired"
    if root.start is not None and asked.now < root.start:
        return "consent_not_yet"
    return "recipient_not_covered"
