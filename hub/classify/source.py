"""A survey's file as batches of rows: what is written again, and what is read. Judges nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from contracts.errors import FatalError
from contracts.rules import RuleSet
from hub.classify.kinds import COLUMNS
from hub.classify.questionnaire import Questionnaire

HEADER_ROWS = 1
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows in order. `rows` are as they will be written, `cells` as they are read.

    `places` are their rows as a spreadsheet counts them.
    """

    rows: pl.DataFrame = field(repr=False)
    cells: pl.DataFrame = field(repr=False)
    places: pl.Series


class Source(Protocol):
    """An open file. `header` are its columns as it names them; a batch calls them c0, c1, ..."""

    header: tuple[str, ...]

    def batches(self) -> Iterator[Batch]:
        """Yield all rows once, in order. Raises FatalError where it cannot read."""


def places(first: int, rows: int) -> pl.Series:
    """Return the rows of a spreadsheet from `first` on."""
    return pl.int_range(first, first + rows, eager=True)


def internal(place: int) -> str:
    """Return the name that a batch gives to a column: names in files may occur twice."""
    return f"c{place}"


def columns_of(header: tuple[str, ...], wanted: Questionnaire, rules: RuleSet) -> Mapping[str, str]:
    """Return the batch's column of each question that the file asks; case means nothing.

    Raises FatalError that names what is missing, what occurs twice, and what is in the way.
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        places.setdefault(name.strip().casefold(), []).append(place)
    _refuse(header, wanted, rules, places)
    found = {name: places.get(name.casefold(), []) for name in wanted.questions()}
    return {name: internal(at[0]) for name, at in found.items() if at}


def _refuse(
    header: tuple[str, ...], wanted: Questionnaire, rules: RuleSet, places: dict[str, list[int]]
) -> None:
    needed = wanted.needed(rules)
    absent = [name for name in needed if name.casefold() not in places]
    if absent:
        hint = " Is its first row the header?" if len(absent) == len(needed) else ""
        raise FatalError(
            f"the file has no column {_named(absent)}: the rules {rules.short} need"
            f" {'it' if len(absent) == 1 else 'them'} ({wanted.title}). Names may be in any case."
            f"{hint}"
        )
    twice = [name for name in wanted.questions() if len(places.get(name.casefold(), ())) > 1]
    if twice:
        raise FatalError(f"the file has more than one column {_named(twice)}: leave one of them")
    taken = [name for name in header if name.strip().casefold() in COLUMNS]
    if taken:
        raise FatalError(
            f"the file has a column {_named(taken)}, which would be written beside it:"
            " rename or remove it"
        )


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return shown if more <= 0 else f"{shown} and {more} more"
