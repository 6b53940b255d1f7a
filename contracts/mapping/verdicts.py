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

REMEMBERED = 8192

SIGNS = (
    "hours_week", "hours_day", "days_week", "chores_week", "night_work", "child_found",
    "sees_working", "teacher_refers", "absence_reason", "concern", "isic", "isco", "age_low",
    "age_high",
)  # fmt: skip
"""Every fact that a verdict asks for, beside `LISTS` and `absent`."""
LISTS = ("hazards", "worst_forms")

_Both = tuple[dict[str, Any], dict[str, Any]]

_known: dict[tuple[Any, ...], _Both] = {}
"""A dictionary and not an `lru_cache`, whose order of use costs a third of the look-up."""


def both(facts: Mapping[str, Any], on: date) -> _Both:
    """Return the legal and the statistical verdict, under the rules of the day.

    Records of like signs share them: whoever wants another verdict makes a new one.
    """
    legal, statistical, day = _rules_of(on)
    if facts["absent"]:
        return classify(facts, facts, day, legal), classify(facts, facts, day, statistical)
    get = facts.get
    signs = (*map(get, SIGNS), tuple(facts["hazards"]), tuple(facts["worst_forms"]), day)
    found = _known.get(signs)
    if found is None:
        found = _judged(signs[:-1], day)
        if len(_known) < REMEMBERED:
            _known[signs] = found
    return found


def _judged(signs: tuple[Any, ...], day: date) -> _Both:
    legal, statistical, _ = _rules_of(day)
    facts = dict(zip((*SIGNS, *LISTS), signs, strict=True))
    return classify(facts, facts, day, legal), classify(facts, facts, day, statistical)


@lru_cache(maxsize=REMEMBERED)
def _rules_of(on: date) -> tuple[RuleSet, RuleSet, date]:
    """Return the rule sets of a day, and one day that stands for all days with the same rules."""
    legal = rules.in_force(rules.LEGAL, on)
    statistical = rules.in_force(rules.STATISTICAL, on)
    begun = max(legal.valid_from, statistical.valid_from)
    same = legal.is_in_force(on) and statistical.is_in_force(on)
    return legal, statistical, begun if same else on
