"""Cells of a survey's file as numbers. What is no answer becomes null; what is none is told.

A cell is never repeated: its row and column say enough.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from contracts import codes
from contracts.text import normalise
from hub.classify.questionnaire import MOST_HOURS, Questionnaire

OLDEST = 120
_YES_NO = {"yes": 1.0, "no": 2.0}
_ANSWERS = (1.0, 2.0, 7.0, 8.0, 9.0, 97.0, 98.0, 99.0)
_BLANK = frozenset({"", ".", "-", "na", "n/a", "nan", "null", "none"})
"""How statistical programs write an empty cell, beside nothing at all."""
_COMMA = re.compile(r"[0-9]{1,3},[0-9]{1,2}")
"""A decimal as half of the world writes it. Three digits after it would be thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadCell:
    """A cell that was counted as missing for it is no answer. `row` is as a spreadsheet counts."""

    row: int
    column: str
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How one question is answered: by codes that are `valid`, or from `least` to under `below`.

    `words` are the labels of codes, in files that write those; `silent` the labels of no answer.
    """

    name: str
    column: str
    wanted: str
    valid: tuple[float, ...] = ()
    least: float = 0
    below: float = 0
    missing: tuple[float, ...] = ()
    words: Mapping[str, float] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    is_yes_or_no: bool = False

    def takes(self, number: pl.Expr) -> pl.Expr:
        """Tell whether a number is an answer, or a code for none."""
        within = (number >= self.least) & (number < self.below)
        listed = (*self.valid, *self.missing)
        return (within | number.is_in(listed) if listed else within).fill_null(value=False)


def questions(asked: Questionnaire, columns: Mapping[str, str]) -> tuple[Question, ...]:
    """Return every question of a file; `columns` has its column of each."""
    below = min(asked.hours_below, MOST_HOURS + 1)
    silent = _BLANK | asked.no_answer

    def hours(name: str, limit: float) -> Question:
        return Question(
            name=name, column=columns[name], below=limit, missing=asked.missing, silent=silent,
            wanted=f"a number of hours from 0 to {limit - 1:g}",
        )  # fmt: skip

    found = [
        Question(
            name=asked.age, column=columns[asked.age], wanted="an age in completed years",
            below=OLDEST + 1, missing=asked.missing, silent=silent,
        ),
        hours(asked.hours, below),
        *(hours(chore.hours, MOST_HOURS + 1) for chore in asked.chores),
        *(
            Question(
                name=name, column=columns[name], wanted="1 (yes), 2 (no) or a code for no answer",
                valid=_ANSWERS, is_yes_or_no=True, silent=silent,
            )
            for name in asked.answers()
        ),
    ]  # fmt: skip
    if asked.result:
        name, wanted = asked.result, "a result of the interview, 1 to 99"
        found.append(
            Question(
                name=name, column=columns[name], wanted=wanted, least=1, below=100, silent=silent,
                words=asked.results,
            )
        )  # fmt: skip
    return tuple(found)


def read(
    cells: pl.DataFrame, wanted: Sequence[Question], places: pl.Series
) -> tuple[pl.DataFrame, list[BadCell]]:
    """Return a Float64 column for each question, and the cells that are no answer to it."""
    numbers = cells.select(
        pl.col(one.column).cast(pl.Float64, strict=False).alias(one.name) for one in wanted
    )
    odd = _odd(cells, numbers, wanted)
    bad: list[BadCell] = []
    if odd:
        mended = [_mend(cells, one) for one in odd]
        numbers = numbers.with_columns(*mended)
        bad = list(_told(cells, numbers, odd, places))
    return numbers.with_columns(_answers(one) for one in wanted), bad


def _odd(cells: pl.DataFrame, numbers: pl.DataFrame, wanted: Sequence[Question]) -> list[Question]:
    """Return the questions of which some cell is filled and no number that they take."""
    filled = cells.select(pl.col(one.column).is_not_null().alias(one.name) for one in wanted)
    taken = numbers.select(one.takes(pl.col(one.name)) for one in wanted)
    found = [bool((filled[one.name] & ~taken[one.name]).any()) for one in wanted]
    return [one for one, is_odd in zip(wanted, found, strict=True) if is_odd]


def _mend(cells: pl.DataFrame, question: Question) -> pl.Series:
    """Read a column again, slowly: other digits, blanks in disguise, words for yes and no."""
    column = cells[question.column]
    if column.dtype != pl.String:
        return column.cast(pl.Float64, strict=False).fill_nan(None).alias(question.name)
    texts = column.drop_nulls().unique().to_list()
    read_again = {text: _number(text, question) for text in texts}
    return column.replace_strict(
        list(read_again), list(read_again.values()), default=None, return_dtype=pl.Float64
    ).alias(question.name)


def _number(text: str, question: Question) -> float | None:
    clean = normalise(text)
    word = clean.casefold()
    if word in question.silent:
        return None
    if word in question.words:
        return question.words[word]
    if question.is_yes_or_no and not clean.isdecimal():
        said = codes.load("yes_no").find(clean)
        if said in _YES_NO:
            return _YES_NO[said]
    if _COMMA.fullmatch(clean):
        clean = clean.replace(",", ".")
    try:
        return None if "_" in clean else float(clean)  # 1_3 is a number to Python alone
    except ValueError:
        return None


def _told(
    cells: pl.DataFrame, numbers: pl.DataFrame, odd: Sequence[Question], places: pl.Series
) -> Iterator[BadCell]:
    """Find the rows of the cells that stay odd, in the order of the file."""
    found = []
    for place, one in enumerate(odd):
        filled = cells[one.column].is_not_null()
        if cells[one.column].dtype == pl.String:
            text = cells[one.column].str.strip_chars().str.to_lowercase()
            filled &= ~text.is_in(sorted(one.silent)).fill_null(value=False)
        refused = ~numbers.select(one.takes(pl.col(one.name))).to_series()
        found += [(row, place) for row in (filled & refused).arg_true().to_list()]
    for row, place in sorted(found):
        yield BadCell(row=places[row], column=odd[place].column, wanted=odd[place].wanted)


def _answers(question: Question) -> pl.Expr:
    """Keep answers alone."""
    number = pl.col(question.name)
    keep = question.takes(number)
    if question.missing:
        keep &= ~number.is_in(question.missing).fill_null(value=False)
    return pl.when(keep).then(number).alias(question.name)
