"""What a decision must know of a child, from the facts of all its records. Pure; no identity."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from consent.model import Case
from contracts.dates import COUNTRY_ZONE

Facts = Mapping[str, Any]
"""One record's `CaseFacts`, as stored."""

CONCERNS = ("child_labour", "worst_form")


def case_of(facts: Sequence[Facts], now: datetime, *, guardian_unsafe: bool = False) -> Case:
    """Return the case that several records of one child make together, in whatever order."""
    low, high = ages_at(facts, now.astimezone(COUNTRY_ZONE).date())
    return Case(
        child_labour=is_child_labour(facts),
        worst_form=any(has_worst_form(one) for one in facts),
        armed_forces=any("a4" in (one.get("worst_forms") or ()) for one in facts),
        professional_request=any(_professional_request(one) for one in facts),
        disclosure_limits=any(bool(one.get("disclosure_limits")) for one in facts),
        guardian_unsafe=guardian_unsafe,
        age_low=low,
        age_high=high,
        turns_18=_turns_18(facts),
    )


def is_child_labour(facts: Sequence[Facts]) -> bool | None:
    """Tell a child-labour case; None when nothing says yes and something is undetermined."""
    if any(says_child_labour(one) for one in facts):
        return True
    return None if any("undetermined" in _verdicts(one) for one in facts) else False


def says_child_labour(one: Facts) -> bool:
    """Tell whether this record makes it a child-labour case: a verdict, or a person's word."""
    return "yes" in _verdicts(one) or one.get("concern") in CONCERNS or has_worst_form(one)


def has_worst_form(one: Facts) -> bool:
    """Tell whether this record names a worst form; hours never do."""
    return bool(one.get("worst_forms")) or one.get("concern") == "worst_form"


def ages_at(facts: Sequence[Facts], day: date) -> tuple[int | None, int | None]:
    """Return the completed years that the child may have on a day, as wide as any record says."""
    spans = [
        (one["age_low"] + _years(one, day), one["age_high"] + _years_begun(one, day))
        for one in facts
        if one.get("age_low") is not None and one.get("age_high") is not None
    ]
    if not spans:
        return None, None
    return min(low for low, _ in spans), max(high for _, high in spans)


def _verdicts(one: Facts) -> tuple[str, str]:
    return one["legal"]["answer"], one["statistical"]["answer"]


def _professional_request(one: Facts) -> bool:
    """An inspector who found a child, or a teacher who asks for it."""
    return one.get("child_found") == "yes" or one.get("teacher_refers") == "yes"


def _turns_18(facts: Sequence[Facts]) -> date | None:
    """Return the earliest day on which the child may turn 18: a birthday right after seeing it."""
    days = [
        _same_day(_observed(one), max(0, 17 - one["age_high"]))
        for one in facts
        if one.get("age_high") is not None
    ]
    return min(days, default=None)


def _years(one: Facts, day: date) -> int:
    """Return the whole years from the observation to the day, never less than none."""
    seen = _observed(one)
    return max(0, day.year - seen.year - ((day.month, day.day) < (seen.month, seen.day)))


def _years_begun(one: Facts, day: date) -> int:
    """Return the years begun since: the birthday may have been the very next day."""
    whole = _years(one, day)
    return whole + (_same_day(_observed(one), whole) < day)


def _observed(one: Facts) -> date:
    seen = one["observed_on"]
    return seen if isinstance(seen, date) else date.fromisoformat(seen)


def _same_day(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)
