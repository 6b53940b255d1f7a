"""The country's days: when things happen in its sixty days. Instants are whole seconds, in UTC."""

from datetime import UTC, date, datetime, timedelta, timezone

YANGON = timezone(timedelta(hours=6, minutes=30))
FIRST_DAY = date(2026, 1, 5)

DSW_DAYS = (0, 1, 4, 7, 9, 14, 18)
INSPECTION_DAYS = (1, 4, 7, 11, 14, 18, 21)
SCHOOL_DAYS = (9, 18, 28)
SECOND_MONTH_DAY = 56
NO_WORKBOOK_DAY, HALF_COPIED_DAY = 7, 18
CASE_CORRECTED_DAY, ROWS_CORRECTED_DAY, LATE_OBJECTION_DAY = 11, 25, 35

_ANSWER_WEEKDAYS = {1, 4}  # case managers sit together on Tuesdays and Fridays
_MORNING, _HALF_COPIED, _AFTERNOON = 8, 9, 15


def morning(day: int) -> datetime:
    """Return 08:00 in Yangon on that day of the country."""
    return _at(FIRST_DAY + timedelta(days=day), _MORNING)


def copied_at(day: int) -> datetime:
    """Return when a half-copied workbook is whole: one hour later."""
    return _at(FIRST_DAY + timedelta(days=day), _HALF_COPIED)


def answer_slot(seen: datetime, days: int) -> datetime:
    """Return the first afternoon on which case managers answer, `days` or more after `seen`."""
    day = seen.astimezone(YANGON).date() + timedelta(days=max(1, days))
    while day.weekday() not in _ANSWER_WEEKDAYS:
        day += timedelta(days=1)
    return _at(day, _AFTERNOON)


def local_date(instant: datetime) -> date:
    """Return the date on the wall in Yangon."""
    return instant.astimezone(YANGON).date()


def iso(instant: datetime) -> str:
    """Return the instant as Primero writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=YANGON).astimezone(UTC)
