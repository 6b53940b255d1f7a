"""The kinds of rows that a rule set can tell apart, and its verdict on each. Reads no rows.

A rule set compares ages and hours with a few limits. So every row belongs to one of some thousand
kinds; `contracts.verdicts` judges one example of each, and a file's rows only look theirs up. No
second engine knows the rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from contracts.rules import Band, RuleSet
from contracts.verdicts import DAYS_A_WEEK, NO, YES, classify, examine, is_hazardous
from contracts.verdicts_work import Work

COLUMNS = (
    "child_labour", "economic_activity_over", "chores_over", "hazardous_work", "reasons", "rules",
)  # fmt: skip

AGE_UNKNOWN, NOT_COMPLETED = 0, 1
"""Ages that are none; the others follow."""
DID, DID_NOT, UNANSWERED = 0, 1, 2
"""Economic activity."""
NAMED, UNCLEAR, NONE_NAMED, UNTOLD = 0, 1, 2, 3
"""Hazards."""

_ACTIVITY_OVER = {
    "hours_week_over_limit", "hours_week_over_daily_limit", "below_minimum_age", "seen_working",
}  # fmt: skip
_ACTIVITY_MISSING = {"hours_week", "hours_day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of row, as numbers of its parts' places on the scales of `Kinds`."""

    age: int
    activity: int
    hours: int
    chores: int
    chores_open: int
    hazards: int


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """Every kind of row under one rule set. `asks_*`: what the file has questions for."""

    rules: RuleSet
    asks_chores: bool
    asks_hazards: bool

    @cached_property
    def ages(self) -> tuple[int, ...]:
        """Ages at which a band begins or the last one ends."""
        return (self.rules.age_from, *(band.age_below for band in self.rules.bands))

    @cached_property
    def hour_limits(self) -> tuple[float, ...]:
        """Weekly hours that something begins at or above, and 0."""
        found = {0.0}
        for band in self.rules.bands:
            found |= {band.hours_week_from or 0.0}
            daily = band.hours_day_over or 0.0
            found |= {daily, daily * DAYS_A_WEEK}
        return tuple(sorted(found))

    @cached_property
    def chore_limits(self) -> tuple[float, ...]:
        """Hours of chores that something begins at, and 0."""
        found = {0.0, *(band.chores_week_from or 0.0 for band in self.rules.bands)}
        return tuple(sorted(found))

    @cached_property
    def sizes(self) -> Kind:
        """How many places each scale has; 0 of hours and chores is: not known."""
        return Kind(
            age=3 + len(self.ages), activity=3, hours=1 + 2 * len(self.hour_limits),
            chores=1 + 2 * len(self.chore_limits), chores_open=2, hazards=4,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Kind]:
        """Every kind, the last scale turning fastest."""
        size = self.sizes
        scales = (size.age, size.activity, size.hours, size.chores, size.chores_open, size.hazards)
        for age, activity, hours, chores, is_open, hazards in product(*map(range, scales)):
            yield Kind(
                age=age, activity=activity, hours=hours, chores=chores, chores_open=is_open,
                hazards=hazards,
            )  # fmt: skip

    def outcome(self, kind: Kind) -> tuple[str, ...]:
        """Return what COLUMNS say of a kind."""
        if kind.age in (AGE_UNKNOWN, NOT_COMPLETED):
            reason = "age_unknown" if kind.age == AGE_UNKNOWN else "interview_not_completed"
            return "", "", "", "", reason, self.rules.name
        age, work = self._age(kind.age), self._work(kind)
        verdict = classify({"age_low": age, "age_high": age}, work, None, self.rules)
        band = next((b for b in self.rules.bands if b.age_from <= age < b.age_below), None)
        parts = ("", "", "") if band is None else self._parts(band, work)
        answer = {YES: "1", NO: "0"}.get(verdict["answer"], "")
        return answer, *parts, _reasons(verdict), self.rules.name

    def _age(self, place: int) -> int:
        return self.ages[0] - 1 if place == NOT_COMPLETED + 1 else self.ages[place - 3]

    def _work(self, kind: Kind) -> Work:
        """Return an example; children who do not work are not asked for hazards."""
        named = kind.hazards in (NAMED, UNCLEAR)
        hours = example(self.hour_limits, kind.hours) if kind.activity == DID else None
        return Work(
            working=kind.activity == DID or named, stated_none=kind.activity == DID_NOT,
            suspected=kind.activity == UNANSWERED, sight="hours_week", seen=False,
            worst_form=False, hours_week=0.0 if kind.activity == DID_NOT else hours,
            hours_day=None, days_week=None, chores_week=example(self.chore_limits, kind.chores),
            chores_open=bool(kind.chores_open), night=None, hazard=kind.hazards == NAMED,
            hazard_unclear=kind.hazards == UNCLEAR,
            hazards_told=kind.hazards != UNTOLD or kind.activity == DID_NOT, isic=None, isco=None,
        )  # fmt: skip

    def _parts(self, band: Band, work: Work) -> tuple[str, str, str]:
        """Return the three columns beside the answer: 1, 0, or empty where it is not known."""
        found = examine(band, work, self.rules)
        zero = self.rules.missing == "zero"
        activity = _flag(
            bool(_ACTIVITY_OVER & set(found.over)),
            unknown=not zero and bool(_ACTIVITY_MISSING & set(found.missing)),
        )
        chores = _flag(
            "chores_over_limit" in found.over,
            unknown=not zero and "chores_week" in found.missing,
        )
        hazardous = is_hazardous(work, self.rules)
        return (
            activity,
            chores if self.asks_chores and len(self.chore_limits) > 1 else "",
            _flag(bool(hazardous), unknown=hazardous is None and not zero)
            if self.asks_hazards
            else "",
        )


def example(limits: tuple[float, ...], place: int) -> float | None:
    """Return hours at a place of a scale: at a limit, or between it and the next one."""
    if place == 0:
        return None
    at, above = divmod(place - 1, 2)
    if not above:
        return limits[at]
    return (limits[at] + limits[at + 1]) / 2 if at + 1 < len(limits) else limits[at] + 1


def _flag(over: bool, *, unknown: bool) -> str:
    return "1" if over else "" if unknown else "0"


def _reasons(verdict: Mapping[str, list[str] | str]) -> str:
    reasons, missing = list(verdict["reasons"]), list(verdict["missing"])
    if verdict["answer"] not in (YES, NO):
        reasons += [f"missing:{name}" for name in missing]
    return ";".join(reasons)
