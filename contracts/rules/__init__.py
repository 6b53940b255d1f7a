"""Rule sets of child labour as versioned data. Says what the limits are; never applies them."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

STATISTICAL = "sdg-8.7.1-snahh/2018"
LEGAL = "myanmar-law/2019"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Ages from `age_from` up to below `age_below`, and what is child labour at them.

    A limit of None is no limit. `hours_week_from` and `chores_week_from` count at the limit,
    `hours_day_over` only above it.
    """

    age_from: int
    age_below: int
    any_work: bool = False
    hours_week_from: float | None = None
    chores_week_from: float | None = None
    hours_day_over: float | None = None
    night_work: bool = False
    hazards: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One rule set. Its bands cover `age_from` to below `age_below` without a gap."""

    name: str
    kind: str
    valid_from: date
    source: str
    age_from: int
    age_below: int
    bands: tuple[Band, ...]


@cache
def load(name: str) -> RuleSet:
    """Load a rule set by `id/version`. Raises ValueError when its bands leave a gap."""
    text = files(__name__).joinpath(f"{name.replace('/', '-')}.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    bands = tuple(Band(**band) for band in data["band"])
    edges = [data["age_from"], *(band.age_below for band in bands)]
    if edges[-1] != data["age_below"] or any(
        band.age_from != edge for band, edge in zip(bands, edges, strict=False)
    ):
        raise ValueError(f"the bands of {name} leave a gap: mend rules/")
    return RuleSet(
        name=f"{data['id']}/{data['version']}", kind=data["kind"], valid_from=data["valid_from"],
        source=data["source"], age_from=data["age_from"], age_below=data["age_below"], bands=bands,
    )  # fmt: skip
