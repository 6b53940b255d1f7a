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
- A rule set that tabulates a survey counts a missing answer as zero; the verdict lists it.
- Days before a law have another law: where there is work, its verdict is undetermined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from contracts.codes import section_of
from contracts.dates import completed_years, read_date
from contracts.rules import Band, RuleSet
from contracts.verdicts_work import Work, work_of

YES, NO, UNDETERMINED, OUT_OF_SCOPE = "yes", "no", "undetermined", "out_of_scope"
OLDEST = 120
DAYS_A_WEEK = 7
SEEN_HOURS = 1
"""What an eye-witness proves, in hours a week."""

_REMEMBERED = 8192

Part = tuple[str, tuple[str, ...], tuple[str, ...]]
"""Answer, reasons, missing."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the limits of one band gave: reasons that are over one, and fields that are missing."""

    over: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def lacks(self, name: str) -> None:
        """Note a missing field, once."""
        if name not in self.missing:
            self.missing.append(name)


def classify(
    child: Mapping[str, Any], work: Work | Mapping[str, Any], on: date | None, rules: RuleSet
) -> dict[str, Any]:
    """Return the verdict (the content of `contracts.model.verdict.Verdict`) of one rule set.

    `child` has age_low and age_high, or birth_earliest and birth_latest for the age on the day
    `on`. `work` is `work_of(facts)`, or the facts. Without a day, validity is not asked.
    """
    low, high = _ages(child, on)
    given = work if isinstance(work, Work) else work_of(work)
    valid = on is None or rules.retroactive or rules.is_in_force(on)
    answer, reasons, missing = _judge(low, high, given, rules, valid)
    return {
        "answer": answer, "rules": rules.name, "reasons": list(reasons), "missing": list(missing),
    }  # fmt: skip


def examine(band: Band, work: Work, rules: RuleSet) -> Findings:
    """Return every limit of a band that the work is over, and what was missing to tell."""
    findings = Findings()
    _chores(band, work, findings)
    if work.working or work.suspected:
        _any_work(band, work, findings)
        _weekly(band, work, findings)
        _daily(band, work, findings)
        _night(band, work, findings)
        _conditions(band, work, rules, findings)
        _industry(band, work, rules, findings)
    return findings


def is_hazardous(work: Work, rules: RuleSet) -> bool | None:
    """Tell whether the conditions are hazardous; None when that is not known."""
    if work.hazard or (work.hazard_unclear and rules.unclear_hazards == "counts"):
        return True
    if work.hazard_unclear or not work.hazards_told:
        return None
    return False


@lru_cache(maxsize=_REMEMBERED)
def _judge(low: int, high: int, work: Work, rules: RuleSet, valid: bool) -> Part:
    """Return the verdict's parts. Remembered: a country has few kinds of work, and many records."""
    if low >= rules.age_below:
        return OUT_OF_SCOPE, ("adult",), ()
    if high < rules.age_from:
        return OUT_OF_SCOPE, ("below_age_scope",), ()
    if not (work.working or work.suspected or work.worst_form or work.chores_week) and (
        not work.chores_open
    ):
        return NO, ("no_work_stated" if work.stated_none else "no_sign_of_work",), ()
    if not valid:
        return UNDETERMINED, ("rules_not_in_force",), ()
    if rules.missing == "zero":
        work = _as_asked(work)
    bands = [band for band in rules.bands if band.age_from <= high and low < band.age_below]
    parts = [_at(band, work, rules) for band in bands]
    if low < rules.age_from or high >= rules.age_below:
        parts.append((OUT_OF_SCOPE, (), ()))
    return parts[0] if len(parts) == 1 else _combined(parts)


def _ages(child: Mapping[str, Any], on: date | None) -> tuple[int, int]:
    """Return the lowest and the highest age that the child may have."""
    low, high = child.get("age_low"), child.get("age_high")
    if low is None and high is None and on is not None:
        first, last = read_date(child.get("birth_earliest")), read_date(child.get("birth_latest"))
        low = completed_years(last, on) if last else None
        high = completed_years(first, on) if first else None
    return (0 if low is None else low), (OLDEST if high is None else high)


def _as_asked(work: Work) -> Work:
    """Leave out what a survey does not ask: it has hours, chores and hazards, and no witness."""
    return replace(work, seen=False, hours_day=None)


def _at(band: Band, work: Work, rules: RuleSet) -> Part:
    """Return the verdict's parts for the ages of one band."""
    if work.worst_form:
        return YES, ("worst_form_stated",), ()
    findings = examine(band, work, rules)
    missing = tuple(findings.missing)
    if findings.over:
        return YES, tuple(findings.over), ()
    if missing and rules.missing == "missing":
        return UNDETERMINED, (), missing
    reasons = ["within_limits"]
    if missing:
        reasons.append("missing_counted_as_zero")
    if band.chores_week_from is not None and work.chores_week is None and not work.chores_open:
        reasons.append("chores_not_asked")
    return NO, tuple(reasons), missing


def _chores(band: Band, work: Work, findings: Findings) -> None:
    limit, hours = band.chores_week_from, work.chores_week
    if limit is None:
        return
    if hours is not None and hours >= limit:
        findings.over.append("chores_over_limit")
    elif work.chores_open:
        findings.lacks("chores_week")


def _any_work(band: Band, work: Work, findings: Findings) -> None:
    if not band.any_work:
        return
    if work.working:
        findings.over.append("below_minimum_age")
    else:
        findings.lacks(work.sight)


def _weekly(band: Band, work: Work, findings: Findings) -> None:
    limit, hours = band.hours_week_from, work.hours_week
    if limit is None:
        return
    if hours is not None and hours >= limit:
        findings.over.append("hours_week_over_limit")
    elif hours is None and limit <= SEEN_HOURS and _an_hour_was_seen(work):
        findings.over.append("seen_working")
    elif hours is None or (not hours and work.working):
        # no hours beside other signs of work: one of the two is wrong
        findings.lacks("hours_week")


def _an_hour_was_seen(work: Work) -> bool:
    return work.seen or (work.hours_day or 0) >= SEEN_HOURS


def _daily(band: Band, work: Work, findings: Findings) -> None:
    limit = band.hours_day_over
    if limit is None:
        return
    week, day = work.hours_week, work.hours_day
    if day is not None and day > limit:
        findings.over.append("hours_day_over_limit")
    elif week is not None and week > limit * (work.days_week or DAYS_A_WEEK):
        findings.over.append("hours_week_over_daily_limit")
    elif day is None and (week is None or week > limit):
        findings.lacks("hours_day")


def _night(band: Band, work: Work, findings: Findings) -> None:
    if not band.night_work:
        return
    if work.night == "yes":
        findings.over.append("night_work")
    elif work.night != "no":
        findings.lacks("night_work")


def _conditions(band: Band, work: Work, rules: RuleSet, findings: Findings) -> None:
    if not band.hazards:
        return
    hazardous = is_hazardous(work, rules)
    if hazardous:
        findings.over.append("hazardous_work")
    elif hazardous is None:
        findings.lacks("hazards")
    elif not work.working:
        findings.lacks(work.sight)


def _industry(band: Band, work: Work, rules: RuleSet, findings: Findings) -> None:
    """Judge by where and at what the child works; of an inspected workplace, only one at work."""
    if not band.industries:
        return
    section = section_of(work.isic) if work.isic else "unknown"
    if not work.working:
        findings.lacks(work.sight)
    elif section in rules.hazardous_sections:
        findings.over.append("hazardous_industry")
    elif work.isco in rules.hazardous_occupations:
        findings.over.append("hazardous_occupation")
    elif section == "unknown":
        findings.lacks("isic")


def _combined(parts: Sequence[Part]) -> Part:
    """Return one verdict of several ages': an answer only if they agree."""
    answers = {answer for answer, _, _ in parts}
    reasons = tuple(dict.fromkeys(reason for _, given, _ in parts for reason in given))
    missing = tuple(dict.fromkeys(name for _, _, given in parts for name in given))
    if len(answers) == 1:
        return answers.pop(), reasons, missing
    return UNDETERMINED, ("age_straddles_limit",), tuple(dict.fromkeys(("age", *missing)))
