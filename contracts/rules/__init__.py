"""Rule sets of child labour as versioned data. Says what the limits are; never applies them."""

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

STATISTICAL = "sdg-8.7.1-snahh/2018"
LEGAL = "myanmar-law/2019"
"""The two that every record is judged by."""

_NAME = re.compile(r"[a-z0-9.-]+/[0-9]{4}")
_WORDS = {
    "kind": {"statistical", "legal"},
    "missing": {"missing", "zero"},
    "unclear_hazards": {"unknown", "counts"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Ages from `age_from` up to below `age_below`, and what is child labour at them.

    A limit of None is no limit. `hours_week_from` and `chores_week_from` count at the limit,
    `hours_day_over` only above it. `industries`: work in a hazardous industry or occupation of
    the rule set counts.
    """

    age_from: int
    age_below: int
    any_work: bool = False
    hours_week_from: float | None = None
    chores_week_from: float | None = None
    hours_day_over: float | None = None
    night_work: bool = False
    hazards: bool = False
    industries: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleSet:
    """One rule set. Its bands cover `age_from` to below `age_below` without a gap.

    `missing`: an answer that is not there is `missing`, or `zero`, as a survey's tabulation counts
    it. `unclear_hazards`: a hazard without its kind (`other`) leaves it `unknown` whether the work
    is hazardous, or `counts`. `retroactive`: days before `valid_from` are judged by it, too, as
    statistics are; a law is not. `short` is its name on a command line.
    """

    name: str
    short: str
    kind: Literal["statistical", "legal"]
    valid_from: date
    valid_until: date | None = None
    retroactive: bool
    boundary: str
    source: str
    note: str
    missing: Literal["missing", "zero"]
    unclear_hazards: Literal["unknown", "counts"]
    age_from: int
    age_below: int
    hazardous_sections: frozenset[str] = frozenset()
    hazardous_occupations: frozenset[str] = frozenset()
    bands: tuple[Band, ...]

    def is_in_force(self, on: date) -> bool:
        """Tell whether it is valid on a day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@cache
def load(name: str) -> RuleSet:
    """Load a rule set by `id/version`, or the newest one of a short name or id.

    Raises LookupError, with the names that there are, when there is none.
    """
    found = _versions(name)
    if not found:
        raise LookupError(f"no rule set {name!r}; there are: {', '.join(short_names())}")
    return found[-1]


def in_force(name: str, on: date) -> RuleSet:
    """Return the version valid on a day, of a short name, an id or an `id/version`.

    `statistical` and `legal` are the two that judge every record. Where no version is valid, the
    nearest earlier one, else the first: `classify` then says so. Raises LookupError for an
    unknown name.
    """
    family = _family(name)
    for one in reversed(family):
        if one.valid_from <= on:
            return one
    return family[0]


@cache
def every() -> tuple[RuleSet, ...]:
    """Return all rule sets, oldest version first within each id. Raises ValueError on a bad one."""
    read = (_read(place.name, place.read_text("utf-8")) for place in _places())
    found = tuple(sorted(read, key=lambda one: one.name))
    for one, following in itertools.pairwise(found):
        if one.name.partition("/")[0] == following.name.partition("/")[0] and (
            one.valid_until is None or one.valid_until >= following.valid_from
        ):
            raise ValueError(f"rules/: {one.name} must end before {following.name} begins")
    return found


def short_names() -> tuple[str, ...]:
    """Return the names that a command line takes."""
    return tuple(sorted({one.short for one in every()}))


@cache
def _versions(name: str) -> tuple[RuleSet, ...]:
    return tuple(
        one for one in every() if name in (one.name, one.short, one.name.partition("/")[0])
    )


@cache
def _family(name: str) -> tuple[RuleSet, ...]:
    every_record = {"statistical": STATISTICAL, "legal": LEGAL}
    return _versions(load(every_record.get(name, name)).name.partition("/")[0])


def _places() -> Iterator[Any]:
    return (place for place in files(__name__).iterdir() if place.name.endswith(".toml"))


def _read(file: str, text: str) -> RuleSet:
    """Read one file. Raises ValueError with the file's name and what to mend."""
    data = tomllib.loads(text)
    name = f"{data.pop('id', '')}/{data.pop('version', '')}"
    if not _NAME.fullmatch(name) or file != f"{name.replace('/', '-')}.toml":
        raise ValueError(f"rules/{file}: the file is named after id and version, a year")
    for field, words in _WORDS.items():
        if data.get(field) not in words:
            raise ValueError(f"rules/{file}: {field} is one of {', '.join(sorted(words))}")
    data |= _hazardous(data.pop("hazardous", {}))
    try:
        bands = tuple(Band(**band) for band in data.pop("band", ()))
        rules = RuleSet(name=name, bands=bands, **data)
    except TypeError as error:
        raise ValueError(f"rules/{file}: {error}") from None
    edges = [rules.age_from, *(band.age_below for band in bands)]
    whole = edges[-1] == rules.age_below
    if not whole or [band.age_from for band in bands] != edges[:-1]:
        raise ValueError(f"rules/{file}: the bands leave a gap")
    return rules


def _hazardous(listed: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return what makes work hazardous by where it is done and by what is done.

    An occupation of an older classification counts only where it names its successors.
    """
    occupations = (code for one in listed.get("occupations", ()) for code in one.get("isco08", ()))
    return {
        "hazardous_sections": frozenset(listed.get("isic_sections", ())),
        "hazardous_occupations": frozenset(occupations),
    }
