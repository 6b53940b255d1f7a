"""What a decision lets through of a record, and nothing else. Pure; decides no access itself.

Labels decide, not lists of names: a field passes when its class is permitted, so a field that is
added to the schema is covered from its first day (`consent.visible`). An obligation that is not
understood refuses.

Of several records of one child each field comes from the most recent observation that has it; of
one day, the DSW comes before the inspectorate before the school before what a survey or anybody
reports; then the record's own key decides. So the result does not depend on the order in which
records arrived.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import orjson

from consent.model import Action, Decision, Effect
from consent.profile import Facts, has_worst_form, says_child_labour
from consent.visible import labels, visible
from contracts.model.base import UNMAPPED
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from contracts.model.mirror_case import AgeBracket, MirrorCase

PRECEDENCE = ("dsw_cms", "labour_inspection", "emis", "labour_force_survey", "public_reports")
LISTS = ("hazards", "worst_forms", "service_requested", "notes")
SUBFORMS = ("services", "referrals", "follow_ups")
VERDICTS = ("legal", "statistical")
NO_ANSWER: tuple[object, ...] = (None, "", "unknown", UNMAPPED, "not_asked", [])
UNDERSTOOD = {
    Action.MIRROR: frozenset({"PSEUDONYMISE", "GENERALISE", "NO_REDISCLOSE", "REDACT"}),
    Action.REFER: frozenset({"NO_REDISCLOSE", "REDACT", "NOTIFY_ON_WITHDRAWAL", "REVIEW"}),
}
OWED = {Action.MIRROR: frozenset({"PSEUDONYMISE", "GENERALISE"}), Action.REFER: frozenset[str]()}
GENERALISED = "mirror"  # the one profile that this filter knows
WHEN_CLOSED = {"referral_outcome": "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing may pass, or nothing can be said: codes for `consent.words`."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReferralContent:
    """What a recipient may have of a child, for a `Delivery`. Holds a person's values."""

    identity: Mapping[str, Any]
    facts: Mapping[str, Any]
    consents: Mapping[str, Any]


def to_mirror_row(
    facts: Sequence[Facts],
    decision: Decision,
    *,
    section_of: Callable[[str], str],
    referral_outcome: str = "unknown",
    hazardous: Callable[[Sequence[str]], bool] = bool,
) -> dict[str, Any] | Refusal:
    """Return the candidate fields of `MirrorCase`, at the coarsest rung of the ladder."""
    if refusal := _refused(decision, Action.MIRROR):
        return refusal
    told = _newest_first(facts)
    seen = [visible(one, CaseFacts, decision) for one in told]
    isic = _first(seen, "isic")
    row = {
        "state": (_first(seen, "township") or "")[:6],
        "age_bracket": _bracket(seen),
        "sex": _first(seen, "sex") or "unknown",
        "isic_section": section_of(isic) if isic else "unknown",
        "quarter": _quarter(told),
        "legal_verdict": _verdict(seen, "legal"),
        "statistical_verdict": _verdict(seen, "statistical"),
        "hazardous": hazardous(_union(seen, "hazards")),
        "worst_form": any(has_worst_form(one) for one in told),
        "referral_outcome": referral_outcome,
    }
    return _closed_row(row, decision)


def for_referral(
    identity: Mapping[str, Any], facts: Sequence[Facts], decision: Decision
) -> ReferralContent | Refusal:
    """Return what the decision lets a recipient of a referral have."""
    if refusal := _refused(decision, Action.REFER):
        return refusal
    seen = [visible(one, CaseFacts, decision) for one in _newest_first(facts)]
    apart = {"consents", *LISTS, *SUBFORMS, *VERDICTS}
    names = sorted({name for one in seen for name in one} - apart)
    merged = {name: value for name in names if (value := _first(seen, name)) is not None}
    merged |= {name: found for name in LISTS if (found := _union(seen, name))}
    merged |= {name: rows for name in SUBFORMS if (rows := _rows(seen, name))}
    merged |= {name: whole for name in VERDICTS if (whole := _whole_verdict(seen, name))}
    return ReferralContent(
        identity=visible(identity, Identity, decision),
        facts=merged,
        consents=_answers(seen),
    )


def _refused(decision: Decision, action: Action) -> Refusal | None:
    """Check that the decision permits, is about this exit, and asks only what is done here."""
    if decision.effect is Effect.DENY or not decision.permitted:
        return Refusal(reasons=decision.reasons or ("denied",))
    if decision.action != action:
        return Refusal(reasons=("decision_for_another_exit",))
    codes = {one.code for one in decision.obligations}
    values = {one.code: one.value for one in decision.obligations}
    redacted = {str(label) for label in decision.denied}
    understood = (
        codes <= UNDERSTOOD[action]
        and codes >= OWED[action]
        and values.get("GENERALISE", GENERALISED) == GENERALISED
        and values.get("PSEUDONYMISE", decision.recipient) == decision.recipient
        and ("REDACT" not in values or set(values["REDACT"].split(",")) <= redacted)
    )
    return None if understood else Refusal(reasons=("obligation_not_understood",))


def _closed_row(row: dict[str, Any], decision: Decision) -> dict[str, Any] | Refusal:
    """Let each field through by its label; one that cannot say "unknown" refuses the row."""
    missing = [f"incomplete:{name}" for name in row if row[name] in ("", None)]
    if missing:
        return Refusal(reasons=tuple(missing))
    closed = [name for name in row if not decision.permits(labels(MirrorCase)[name])]
    if any(name not in WHEN_CLOSED for name in closed):
        return Refusal(reasons=("class_denied",))
    return row | {name: WHEN_CLOSED[name] for name in closed}


def _newest_first(facts: Sequence[Facts]) -> list[Facts]:
    """Order by observation, newest first, then by system, then by key and content."""
    keyed = sorted(facts, key=lambda one: (_rank(one), str(one.get("row_key", "")), _bytes(one)))
    return sorted(keyed, key=lambda one: str(one["observed_on"]), reverse=True)


def _rank(one: Facts) -> int:
    system = one.get("system")
    return PRECEDENCE.index(system) if system in PRECEDENCE else len(PRECEDENCE)


def _bytes(one: Facts) -> bytes:
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS)


def _first(seen: Sequence[Facts], name: str) -> Any:  # noqa: ANN401 - a field of any type
    answers = (one.get(name) for one in seen)
    known = (value for value in answers if value not in NO_ANSWER)
    return next(known, next((one[name] for one in seen if one.get(name) is not None), None))


def _union(seen: Sequence[Facts], name: str) -> list[str]:
    return sorted({value for one in seen for value in one.get(name) or ()})


def _rows(seen: Sequence[Facts], name: str) -> list[Mapping[str, Any]]:
    """Return the rows of all records, the newest record's first, each row once."""
    rows: list[Mapping[str, Any]] = []
    for one in seen:
        rows += [row for row in one.get(name) or () if row not in rows]
    return rows


def _bracket(seen: Sequence[Facts]) -> str | None:
    """Return the age bracket at the newest observation with an age that lies in one bracket.

    Where no age does, the middle of the newest span decides: it is the age that was estimated.
    """
    spans = [
        (one["age_low"], one["age_high"])
        for one in seen
        if one.get("age_low") is not None and one.get("age_high") is not None
    ]
    certain = (_bracket_of(low) for low, high in spans if _bracket_of(low) == _bracket_of(high))
    middle = (_bracket_of((low + high) // 2) for low, high in spans)
    return next((one for one in (*certain, *middle) if one), None)


def _bracket_of(age: int) -> str | None:
    for bracket in get_args(AgeBracket):
        low, high = map(int, bracket.split("-"))
        if low <= age <= high:
            return str(bracket)
    return None


def _quarter(told: Sequence[Facts]) -> str | None:
    """Return the quarter of the first observation that made it a child-labour case."""
    days = [str(one["observed_on"]) for one in told if says_child_labour(one)]
    if not days:
        return None
    first = date.fromisoformat(min(days))
    return f"{first.year:04}-{3 * ((first.month - 1) // 3) + 1:02}"


def _verdict(seen: Sequence[Facts], name: str) -> str | None:
    whole = _whole_verdict(seen, name)
    return whole["answer"] if whole else None


def _whole_verdict(seen: Sequence[Facts], name: str) -> Mapping[str, Any] | None:
    """Return the newest verdict of the gravest answer: a later "no" of another record heals none.

    An adult's record (`out_of_scope`) says nothing about the child.
    """
    for answer in ("yes", "undetermined", "no"):
        for one in seen:
            if name in one and one[name]["answer"] == answer:
                found: Mapping[str, Any] = one[name]
                return found
    return None


def _answers(seen: Sequence[Facts]) -> dict[str, str]:
    """Return the newest answer to each question of consent; of one day, a no counts."""
    said = sorted(_statements(seen), key=lambda one: (str(one["on"]), one["answer"] == "no"))
    return {one["scope"]: one["answer"] for one in said if one["answer"] != "not_asked"}


def _statements(seen: Sequence[Facts]) -> Iterator[Mapping[str, Any]]:
    for one in seen:
        yield from one.get("consents") or ()
