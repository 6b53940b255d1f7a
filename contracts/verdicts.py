"""Is it child labour, by one rule set: pure, and never more certain than its inputs.

How doubt is settled:
- Only a stated worst form is one; hours never make one. It decides at every age of the scope.
- Weekly hours are never made from daily ones. A week over seven times the daily limit does tell
  that some day was over it, and an inspector or teacher who saw a child at work saw at least an
  hour of it: that much, and no more, is concluded from either.
- No sign of work at all is "no" (`no_sign_of_work`), else every pupil of a country would be a
  person's task; it stays apart from `no_work_stated`. A suspicion is a sign: an inspector's, or a
  teacher's who asks for a referral.
- No hazard named means none where the record describes work, and is unknown where it does not.
- An age that is an interval gives an answer only when every age in it gives the same one.
- Chores that no source asked about are left out of the sum, and the reason says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from contracts import codes
from contracts.rules import Band, RuleSet

YES, NO, UNDETERMINED, OUT_OF_SCOPE = "yes", "no", "undetermined", "out_of_scope"
OLDEST = 120
DAYS_A_WEEK = 7
SEEN_HOURS = 1
"""What an eye-witness proves, in hours a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the facts say about work.

    `seen`: an inspector or a teacher saw it; `sight` is the field in which they would say so.
    """

    working: bool
    stated_none: bool
    suspected: bool
    sight: str
    seen: bool
    worst_form: bool
    hours_week: float | None
    hours_day: float | None
    days_week: int | None
    chores_week: float | None
    night: str | None
    hazardous: bool | None


@dataclass(slots=True)
class _Findings:
    """What the limits of one band gave."""

    over: list[str]
    missing: list[str]


def classify(
    facts: Mapping[str, Any], rules: RuleSet, *, work: Work | None = None
) -> dict[str, Any]:
    """Return the verdict (the content of `contracts.model.verdict.Verdict`) of one rule set.

    `facts` has the fields of CaseFacts; `chores_week` is read when a source gives it. `work` is
    `work_of(facts)`, for a caller that asks several rule sets.
    """
    found = work or work_of(facts)
    low, high = facts.get("age_low"), facts.get("age_high")
    low, high = (0 if low is None else low), (OLDEST if high is None else high)
    if low >= rules.age_below:
        return _verdict(rules, OUT_OF_SCOPE, ["adult"])
    if high < rules.age_from:
        return _verdict(rules, OUT_OF_SCOPE, ["below_age_scope"])
    if not (found.working or found.suspected or found.worst_form or found.chores_week):
        reason = "no_work_stated" if found.stated_none else "no_sign_of_work"
        return _verdict(rules, NO, [reason])
    parts = [
        _at(band, found) for band in rules.bands if band.age_from <= high and low < band.age_below
    ]
    if low < rules.age_from or high >= rules.age_below:
        parts.append((OUT_OF_SCOPE, [], []))
    if len(parts) == 1:
        answer, reasons, missing = parts[0]
        return _verdict(rules, answer, reasons, missing)
    return _combined(rules, parts)


def work_of(facts: Mapping[str, Any]) -> Work:
    """Return what the facts say about work; every sign counts, whoever gave it."""
    get = facts.get
    hours_week, hours_day, hazards = get("hours_week"), get("hours_day"), get("hazards") or ()
    found, sees, night = get("child_found"), get("sees_working"), get("night_work")
    seen = found == "yes" or sees == "yes"
    suspected = found == "suspected" or get("teacher_refers") == "yes"
    # An inspected workplace has a sector without the child; elsewhere the sector is the child's.
    sector = found is None and bool(get("isic") or get("isco"))
    described = found is not None or hours_week is not None or hours_day is not None
    working = bool(
        seen or hours_week or hours_day or hazards or night == "yes" or sector
        or get("absence_reason") == "working" or get("concern")
    )  # fmt: skip
    return Work(
        working=working,
        stated_none=hours_week == 0 or found == "no" or sees == "no",
        suspected=suspected,
        sight="sees_working" if found is None else "child_found",
        seen=seen,
        worst_form=bool(get("worst_forms")) or get("concern") == "worst_form",
        hours_week=hours_week,
        hours_day=hours_day,
        days_week=get("days_week"),
        chores_week=get("chores_week"),
        night=night,
        hazardous=_hazardous(hazards, night) if described or hazards else None,
    )


def _hazardous(hazards: Sequence[str], night: str | None) -> bool | None:
    """Tell whether the conditions are hazardous; None when only unclear ones are named."""
    if not hazards and night != "yes":
        return False
    counts = _counting()
    named = {counts.get(one, "unknown") for one in hazards}
    if night == "yes":
        named.add(counts["night_work"])
    return True if "yes" in named else None if "unknown" in named else False


@cache
def _counting() -> dict[str, str]:
    return {one.code: one.more["counts"] for one in codes.load("hazards")}


def _at(band: Band, work: Work) -> tuple[str, list[str], list[str]]:
    """Return (answer, reasons, missing) for the ages of one band."""
    if work.worst_form:
        return YES, ["worst_form_stated"], []
    findings = _Findings(over=[], missing=[])
    _chores(band, work, findings)
    if work.working or work.suspected:
        _any_work(band, work, findings)
        _weekly(band, work, findings)
        _daily(band, work, findings)
        _conditions(band, work, findings)
    if findings.over:
        return YES, findings.over, []
    if findings.missing:
        return UNDETERMINED, [], findings.missing
    reasons = ["within_limits"]
    if band.chores_week_from is not None and work.chores_week is None:
        reasons.append("chores_not_asked")
    return NO, reasons, []


def _chores(band: Band, work: Work, findings: _Findings) -> None:
    limit, hours = band.chores_week_from, work.chores_week
    if limit is not None and hours is not None and hours >= limit:
        findings.over.append("chores_over_limit")


def _any_work(band: Band, work: Work, findings: _Findings) -> None:
    if not band.any_work:
        return
    if work.working:
        findings.over.append("below_minimum_age")
    else:
        findings.missing.append(work.sight)


def _weekly(band: Band, work: Work, findings: _Findings) -> None:
    limit, hours = band.hours_week_from, work.hours_week
    if limit is None:
        return
    if hours is not None and hours >= limit:
        findings.over.append("hours_week_over_limit")
    elif hours is None and limit <= SEEN_HOURS and _an_hour_was_seen(work):
        findings.over.append("seen_working")
    elif hours is None or (not hours and work.working):
        # no hours beside other signs of work: one of the two is wrong
        findings.missing.append("hours_week")


def _an_hour_was_seen(work: Work) -> bool:
    return work.seen or (work.hours_day or 0) >= SEEN_HOURS


def _daily(band: Band, work: Work, findings: _Findings) -> None:
    limit = band.hours_day_over
    if limit is None:
        return
    week, day = work.hours_week, work.hours_day
    if day is not None and day > limit:
        findings.over.append("hours_day_over_limit")
    elif week is not None and week > limit * (work.days_week or DAYS_A_WEEK):
        findings.over.append("hours_week_over_daily_limit")
    elif day is None and (week is None or week > limit):
        findings.missing.append("hours_day")


def _conditions(band: Band, work: Work, findings: _Findings) -> None:
    if band.night_work:
        if work.night == "yes":
            findings.over.append("night_work")
        elif work.night != "no":
            findings.missing.append("night_work")
    if band.hazards:
        if work.hazardous:
            findings.over.append("hazardous_work")
        elif work.hazardous is None:
            findings.missing.append("hazards")
        elif not work.working:
            findings.missing.append(work.sight)


def _combined(rules: RuleSet, parts: Sequence[tuple[str, list[str], list[str]]]) -> dict[str, Any]:
    """Return one verdict of several ages': an answer only if they agree."""
    answers = {answer for answer, _, _ in parts}
    reasons = list(dict.fromkeys(reason for _, given, _ in parts for reason in given))
    missing = list(dict.fromkeys(field for _, _, given in parts for field in given))
    if len(answers) == 1:
        return _verdict(rules, answers.pop(), reasons, missing)
    return _verdict(rules, UNDETERMINED, ["age_straddles_limit"], ["age", *missing])


def _verdict(
    rules: RuleSet, answer: str, reasons: list[str], missing: list[str] | None = None
) -> dict[str, Any]:
    return {"answer": answer, "rules": rules.name, "reasons": reasons, "missing": missing or []}
