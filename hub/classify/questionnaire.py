"""Which question of a survey asks what: data beside this file. Reads no answers."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from contracts import codes
from contracts.rules import RuleSet

MOST_HOURS = 168
"""Hours of a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Questions whether a chore was done, and the question for its hours."""

    asks: tuple[str, ...]
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """The questions of one survey, by what they ask.

    `hazards` make work hazardous, `unclear_hazards` do not tell their kind. `hours_below`: hours
    from there on are no answer to `hours`. `results` and `no_answer`: labels that stand in a cell
    instead of the code.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    age: str
    result: str
    completed: int
    activities: tuple[str, ...]
    hours: str
    hours_below: float
    missing: tuple[float, ...]
    no_answer: frozenset[str]
    results: Mapping[str, float]
    chores: tuple[Chore, ...]
    hazards: tuple[str, ...]
    unclear_hazards: tuple[str, ...]
    asks_all_hazards: bool = True

    def answers(self) -> tuple[str, ...]:
        """Return the questions that are answered by yes or no."""
        asks = (name for chore in self.chores for name in chore.asks)
        return (*self.activities, *self.hazards, *self.unclear_hazards, *asks)

    def amounts(self) -> tuple[str, ...]:
        """Return the questions that are answered by hours."""
        return (self.hours, *(chore.hours for chore in self.chores))

    def questions(self) -> tuple[str, ...]:
        """Return every question, in no particular order."""
        given = (self.result,) if self.result else ()
        return (self.age, *given, *self.answers(), *self.amounts())

    def needed(self, rules: RuleSet) -> tuple[str, ...]:
        """Return the questions without which this rule set cannot be asked."""
        chores = any(band.chores_week_from is not None for band in rules.bands)
        hazards = any(band.hazards for band in rules.bands)
        return (
            self.age, *self.activities, self.hours,
            *((*self.hazards, *self.unclear_hazards) if hazards else ()),
            *((chore.hours for chore in self.chores) if chores else ()),
        )  # fmt: skip

    def within(self, columns: Collection[str]) -> "Questionnaire":
        """Return what of it a file asks."""
        hazards = [name for name in self.hazards if name in columns]
        unclear = [name for name in self.unclear_hazards if name in columns]
        asked = len(hazards) + len(unclear) == len(self.hazards) + len(self.unclear_hazards)
        return replace(
            self,
            result=self.result if self.result in columns else "",
            chores=tuple(
                Chore(asks=tuple(name for name in one.asks if name in columns), hours=one.hours)
                for one in self.chores
                if one.hours in columns
            ),
            hazards=tuple(hazards), unclear_hazards=tuple(unclear), asks_all_hazards=asked,
        )  # fmt: skip


@cache
def load(name: str) -> Questionnaire:
    """Return a questionnaire by name. Raises LookupError with the names that there are."""
    if name not in names():
        raise LookupError(f"no questionnaire {name!r}; there are: {', '.join(names())}")
    return _questionnaire(name, _data()[name])


def of_rules(rules: RuleSet) -> Questionnaire:
    """Return the questionnaire that a rule set is asked of, unless somebody says another."""
    return load(next((name for name in names() if rules.short in _data()[name]["rules"]), "mics6"))


def names() -> tuple[str, ...]:
    """Return the names of all questionnaires."""
    return tuple(name for name, data in _data().items() if isinstance(data, dict))


def _questionnaire(name: str, data: dict[str, Any]) -> Questionnaire:
    counts = {one.code: one.more["counts"] for one in codes.load("hazards")}
    return Questionnaire(
        name=name, title=data["title"], rules=tuple(data["rules"]), age=data["age"],
        result=data.get("result", ""), completed=data.get("completed", 1),
        activities=tuple(data["activities"]), hours=data["hours"],
        hours_below=data.get("hours_below", MOST_HOURS + 1),
        missing=tuple(float(code) for code in data["missing"]),
        no_answer=frozenset(_data()["no_answer"]), results=data.get("results", {}),
        chores=tuple(Chore(asks=tuple(one["asks"]), hours=one["hours"]) for one in data["chores"]),
        hazards=tuple(q for q, code in data["hazards"].items() if counts[code] == "yes"),
        unclear_hazards=tuple(q for q, code in data["hazards"].items() if counts[code] != "yes"),
    )  # fmt: skip


@cache
def _data() -> dict[str, Any]:
    text = files(__package__).joinpath("questionnaires.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
