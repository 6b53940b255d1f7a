"""Looks up the verdict of many rows at once: polars expressions made from one rule set's limits."""

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce

import polars as pl

from contracts.rules import RuleSet
from hub.classify import kinds
from hub.classify.kinds import Kinds
from hub.classify.questionnaire import Chore, Questionnaire

_YES, _NO = 1.0, 2.0


class Engine:
    """One rule set, made ready for one file's questions."""

    def __init__(self, rules: RuleSet, asked: Questionnaire) -> None:
        """Judge an example of every kind of row."""
        has_hazards = bool(asked.hazards or asked.unclear_hazards)
        kinds_of_rows = Kinds(rules=rules, asks_chores=bool(asked.chores), asks_hazards=has_hazards)
        self._outcomes = _outcomes(kinds_of_rows)
        self._place = _place(kinds_of_rows, asked)

    def judge(self, numbers: pl.DataFrame) -> pl.DataFrame:
        """Return the columns of `kinds.COLUMNS`, a row a row.

        `numbers` has a column of Float64 for each question, null where there is no answer.
        """
        return self._outcomes[numbers.select(self._place).to_series()]


@lru_cache(maxsize=16)
def _outcomes(given: Kinds) -> pl.DataFrame:
    """Return what is said of each kind. An empty cell is null, which is written as nothing."""
    rows = [given.outcome(kind) for kind in given]
    schema = dict.fromkeys(kinds.COLUMNS, pl.String)
    outcomes = pl.DataFrame(rows, schema=schema, orient="row")
    return outcomes.with_columns(pl.all().replace("", None))


def _place(given: Kinds, asked: Questionnaire) -> pl.Expr:
    """Return the row of a row's kind among all kinds."""
    sizes = given.sizes
    chores, chores_open = _chores(asked)
    scales = (
        (_age(given, asked), sizes.age),
        (_activity(asked), sizes.activity),
        (_step(_hours(asked), given.hour_limits), sizes.hours),
        (_step(chores, given.chore_limits), sizes.chores),
        (chores_open.cast(pl.UInt32), sizes.chores_open),
        (_hazards(asked), sizes.hazards),
    )
    zero = pl.lit(0, pl.UInt32)
    return reduce(lambda place, scale: place * scale[1] + scale[0], scales, zero).alias("place")


def _age(given: Kinds, asked: Questionnaire) -> pl.Expr:
    age = pl.col(asked.age)
    place = _count(age >= limit for limit in given.ages) + (kinds.NOT_COMPLETED + 1)
    place = pl.when(age.is_null()).then(_place_of(kinds.AGE_UNKNOWN)).otherwise(place)
    if not asked.result:
        return place
    completed = pl.col(asked.result).eq_missing(float(asked.completed))
    return pl.when(completed).then(place).otherwise(_place_of(kinds.NOT_COMPLETED))


def _activity(asked: Questionnaire) -> pl.Expr:
    return (
        pl.when(_any(asked.activities, _YES))
        .then(_place_of(kinds.DID))
        .when(_all(asked.activities, _NO))
        .then(_place_of(kinds.DID_NOT))
        .otherwise(_place_of(kinds.UNANSWERED))
    )


def _hours(asked: Questionnaire) -> pl.Expr:
    """Hours count where work was named."""
    return pl.when(_any(asked.activities, _YES)).then(pl.col(asked.hours))


def _hazards(asked: Questionnaire) -> pl.Expr:
    everything = (*asked.hazards, *asked.unclear_hazards)
    told = _all_in(everything, (_YES, _NO)) if asked.asks_all_hazards else pl.lit(value=False)
    return (
        pl.when(_any(asked.hazards, _YES))
        .then(_place_of(kinds.NAMED))
        .when(_any(asked.unclear_hazards, _YES))
        .then(_place_of(kinds.UNCLEAR))
        .when(told)
        .then(_place_of(kinds.NONE_NAMED))
        .otherwise(_place_of(kinds.UNTOLD))
    )


def _chores(asked: Questionnaire) -> tuple[pl.Expr, pl.Expr]:
    """Return the hours of all chores where any was done, and whether some stay unknown.

    A chore without a question of its own whether it was done is done where it has hours.
    """
    if not asked.chores:
        return pl.lit(None, pl.Float64), pl.lit(value=False)
    done = reduce(pl.Expr.or_, (_was_done(chore) for chore in asked.chores))
    total = pl.sum_horizontal(pl.col(chore.hours) for chore in asked.chores)
    unknown = reduce(pl.Expr.or_, (_stays_unknown(chore) for chore in asked.chores))
    return pl.when(done).then(total).otherwise(0.0), unknown


def _was_done(chore: Chore) -> pl.Expr:
    if chore.asks:
        return _any(chore.asks, _YES)
    return (pl.col(chore.hours) > 0).fill_null(value=False)


def _stays_unknown(chore: Chore) -> pl.Expr:
    hours = pl.col(chore.hours).is_null()
    if not chore.asks:
        return hours
    return ~_all(chore.asks, _NO) & (hours | ~_any(chore.asks, _YES))


def _step(hours: pl.Expr, limits: Sequence[float]) -> pl.Expr:
    """Return the place of hours on a scale; see `kinds.example`. Not known is 0."""
    places = _count(one for limit in limits for one in (hours >= limit, hours > limit))
    return places.fill_null(0)


def _count(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return reduce(pl.Expr.add, (one.cast(pl.UInt32) for one in conditions))


def _place_of(number: int) -> pl.Expr:
    return pl.lit(number, pl.UInt32)


def _any(questions: Sequence[str], answer: float) -> pl.Expr:
    if not questions:
        return pl.lit(value=False)
    return pl.any_horizontal(pl.col(name).eq_missing(answer) for name in questions)


def _all(questions: Sequence[str], answer: float) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).eq_missing(answer) for name in questions)


def _all_in(questions: Sequence[str], answers: Sequence[float]) -> pl.Expr:
    return pl.all_horizontal(
        pl.col(name).is_in(answers).fill_null(value=False) for name in questions
    )
