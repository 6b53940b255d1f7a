"""Both verdicts of a record, remembered by the signs that they are made from. Judges nothing.

A country has few kinds of work and many records. No sign is a person's: hours, codes, ages.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from contracts import rules
from contracts.rules import RuleSet
from contracts.verdicts import classify
from contracts.verdicts_work import work_of

REMEMBERED = 8192

SIGNS = (
    "hours_week", "hours_day", "days_week", "chores_week", "night_work", "child_found",
    "sees_working", "teacher_refers", "absence_reason", "isic", "isco",
)  # fmt: skip
LISTS = ("hazards", "worst_forms")
FOLLOWING = ("concern", "age_low", "age_high")
"""SIGNS and LISTS are as they were read, these are made from others. With `absent` they are every
fact that a verdict asks for.
"""

Signs = tuple[Any, ...]
"""The values of SIGNS, and of LISTS as tuples."""

_Both = tuple[dict[str, Any], dict[str, Any]]
_Like = tuple[Signs, str | None, int | None, int | None, date]

_known: dict[_Like, _Both] = {}
"""A dictionary and not an `lru_cache`, whose order of use costs a third of the look-up."""
_verdicts: dict[tuple[str, ...], dict[str, Any]] = {}
"""Each verdict by what it says. There are few, and what is often used is near at hand."""


def both(facts: Mapping[str, Any], on: date, signs: Signs | None = None) -> _Both:
    """Return the legal and the statistical verdict, under the rules of the day.

    `signs` are those of the facts, where they are known. Records share verdicts: whoever wants
    another verdict makes a new one.
    """
    day = _rules_of(on)[2]
    if facts["absent"]:
        return _judged(facts, day)
    get = facts.get
    if signs is None:
        signs = (*map(get, SIGNS), tuple(facts["hazards"]), tuple(facts["worst_forms"]))
    like = signs, get("concern"), get("age_low"), get("age_high"), day
    found = _known.get(like)
    if found is None:
        # What such records have in common is judged, and nothing else of this one.
        common = zip((*SIGNS, *LISTS, *FOLLOWING), (*signs, *like[1:-1]), strict=True)
        found = _judged(dict(common), day)
        if len(_known) < REMEMBERED:
            _known[like] = found
    return found


def _judged(facts: Mapping[str, Any], day: date) -> _Both:
    legal, statistical, _ = _rules_of(day)
    work = work_of(facts)
    return (
        _shared(classify(facts, work, day, legal)),
        _shared(classify(facts, work, day, statistical)),
    )


def _shared(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict that says the same."""
    says = verdict["answer"], verdict["rules"], *verdict["reasons"], "", *verdict["missing"]
    if len(_verdicts) < REMEMBERED:
        return _verdicts.setdefault(says, verdict)
    return _verdicts.get(says, verdict)


@lru_cache(maxsize=REMEMBERED)
def _rules_of(on: date) -> tuple[RuleSet, RuleSet, date]:
    """Return the rule sets of a day, and one day that stands for all days with the same rules."""
    legal = rules.in_force(rules.LEGAL, on)
    statistical = rules.in_force(rules.STATISTICAL, on)
    begun = max(legal.valid_from, statistical.valid_from)
    same = legal.is_in_force(on) and statistical.is_in_force(on)
    return legal, statistical, begun if same else on
