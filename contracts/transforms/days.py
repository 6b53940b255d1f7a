"""The days of the calendar by their usual text, `2026-01-05`. No day of a record is kept here."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

_FIRST, _LAST = date(1990, 1, 1), date(2034, 12, 31)
"""The births, jobs and visits of children; any other day is read as it stands, more slowly."""


@cache
def usual_days() -> Mapping[str, date]:
    """Return every day of these years: a look-up costs a fifth of reading the text."""
    days = (_FIRST + timedelta(days=number) for number in range((_LAST - _FIRST).days + 1))
    return {day.isoformat(): day for day in days}


@cache
def _texts() -> Mapping[date, str]:
    return {day: text for text, day in usual_days().items()}


def day_text(day: date) -> str:
    """Return the usual text of a day."""
    return _texts().get(day) or day.isoformat()
