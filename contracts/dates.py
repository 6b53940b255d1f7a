"""Dates and ages as offices write them. Never guesses: what has two meanings is unreadable.

Times are turned into days of the country's zone. A day is the first number (`DD/MM/YYYY`).
"""

import re
from datetime import date, datetime, timedelta, timezone

from contracts.text import normalise

COUNTRY_ZONE = timezone(timedelta(hours=6, minutes=30), "Asia/Yangon")  # no other since 1945
EXCEL_EPOCH = date(1899, 12, 30)  # serial 60 is a day that never was; births after 1900-03-01 fit
EXCEL_SERIALS = range(61, 73_416)  # 1900-03-01 to 2100-12-31
BUDDHIST_YEARS = range(2400, 2644)  # 1857 to 2100
BUDDHIST_OFFSET = 543
YEARS = range(1857, 2101)
TWO_DIGIT_PIVOT = 50  # 49 is 2049: these are children and their years
TWO_DIGIT_BUDDHIST = range(50, 70)  # 53 is 2553, which is 2010: no child was born in 1953

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january ဇန်နဝါရီ ဇန္နဝါရီ",
            "feb february ဖေဖော်ဝါရီ ဖေဖေါ်ဝါရီ", "mar march မတ်", "apr april ဧပြီ",
            "may မေ", "jun june ဇွန်", "jul july ဇူလိုင်", "aug august ဩဂုတ် သြဂုတ်",
            "sep sept september စက်တင်ဘာ", "oct october အောက်တိုဘာ", "nov november နိုဝင်ဘာ",
            "dec december ဒီဇင်ဘာ",
        ), 1,
    )
    for name in names.split()
}  # fmt: skip
_NAME = rf"({'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_GAP = r" ?[-/., ] ?"

_YEAR_FIRST = re.compile(r"([0-9]{4}) ?[-/.] ?([0-9]{1,2}) ?[-/.] ?([0-9]{1,2})")
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}}){_GAP}([0-9]{{1,2}}){_GAP}([0-9]{{4}}|[0-9]{{2}})")
_DAY_NAMED = re.compile(rf"([0-9]{{1,2}}){_GAP}{_NAME}{_GAP}([0-9]{{4}}|[0-9]{{2}})")
_TIME_BEHIND = re.compile(r" [0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[ap]m)?$")
_MONTH_NAMED = re.compile(rf"{_NAME}{_GAP}([0-9]{{4}}|[0-9]{{2}})")
_NAMED_LAST = re.compile(rf"([0-9]{{4}}){_GAP}{_NAME}")
_NAMED_FIRST = re.compile(rf"{_NAME}{_GAP}([0-9]{{1,2}}){_GAP}([0-9]{{4}})")
_YEAR_NAMED = re.compile(rf"([0-9]{{4}}){_GAP}{_NAME}{_GAP}([0-9]{{1,2}})")
_MONTH_COMPACT = re.compile(r"((?:19|20|25)[0-9]{2})(0[1-9]|1[0-2])")
_WEEKDAY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|"
    r"(?:တနင်္ဂနွေ|တနင်္လာ|အင်္ဂါ|ဗုဒ္ဓဟူး|ကြာသပတေး|သောကြာ|စနေ)(?:နေ့)?"
)
_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b")
_PARTICLE = re.compile(r"ခုနှစ်|ပြည့်နှစ်|လပိုင်း|ရက်နေ့|ရက်|လ(?=[ ,\u104a./-]|$)|[\u104a\u104b'\u2018\u2019]")
_LEAST_SERIAL = 20_000  # 1954: a smaller number in a column of months is a year or a month alone
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"([0-9]{5})(\.[0-9]+)?")
_ISO_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{4,}.*")
_MONTH_TEXT = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})")
_MONTH_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})")


def read_date(value: object) -> date | None:
    """Return the day that a cell means, or None when it cannot be read as exactly one."""
    if isinstance(value, datetime) and value.tzinfo and value.year in YEARS:
        value = value.astimezone(COUNTRY_ZONE)
    if isinstance(value, date):
        return _day(value.year, value.month, value.day)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_serial(value)
    return _from_text(normalise(value)) if isinstance(value, str) else None


def read_month(value: object) -> date | None:
    """Return the first day of the month that a cell means (`2026-01`, `01/2026`, any date)."""
    if isinstance(value, (int, float)) and value < _LEAST_SERIAL:
        return None
    text = normalise(value).casefold() if isinstance(value, str) else ""
    month = _month_from(text) or read_date(value)
    if month is None and (bare := _bare(text)) != text:
        return read_month(bare)
    return None if month is None else month.replace(day=1)


def _month_from(text: str) -> date | None:
    """Return a day of the month that a text names without a day."""
    if (found := _MONTH_TEXT.fullmatch(text)) or (found := _MONTH_COMPACT.fullmatch(text)):
        return _day(int(found[1]), int(found[2]), 1)
    if found := _MONTH_LAST.fullmatch(text):
        return _day(int(found[2]), int(found[1]), 1)
    if found := _MONTH_NAMED.fullmatch(text):
        return _day(_full_year(found[2]), _MONTHS[found[1]], 1)
    if found := _NAMED_LAST.fullmatch(text):
        return _day(int(found[1]), _MONTHS[found[2]], 1)
    return None


def completed_years(birth: date, on: date) -> int:
    """Return the age on a day; negative for a birth after it."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def birth_interval(age: int, on: date) -> tuple[date, date]:
    """Return the first and last birth date of someone who is `age` completed years on a day."""
    return _same_day(on, on.year - age - 1) + timedelta(days=1), _same_day(on, on.year - age)


def _same_day(on: date, year: int) -> date:
    """Return the day in another year; 29 February falls back to the 28th."""
    try:
        return on.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _from_text(text: str) -> date | None:
    if (found := _YEAR_FIRST.fullmatch(text)) or (found := _COMPACT.fullmatch(text)):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(text):
        return _day(_full_year(found[3]), int(found[2]), int(found[1]))
    if found := _SERIAL.fullmatch(text):
        return _from_serial(int(found[1]))
    if _ISO_TIME.fullmatch(text):
        return _from_time(text)
    return _from_untidy(text)


def _from_untidy(text: str) -> date | None:
    """Read what spreadsheets and typists put around a day: a time, a mark of text, a full stop."""
    bare = _bare(text)
    if found := _DAY_NAMED.fullmatch(bare):
        return _day(_full_year(found[3]), _MONTHS[found[2]], int(found[1]))
    if found := _NAMED_FIRST.fullmatch(bare):
        return _day(int(found[3]), _MONTHS[found[1]], int(found[2]))
    if found := _YEAR_NAMED.fullmatch(bare):
        return _day(int(found[1]), _MONTHS[found[2]], int(found[3]))
    return _from_text(bare) if len(bare) < len(text) else None


def _bare(text: str) -> str:
    """Return a date without its time, weekday and the words for year, month and day."""
    bare = _TIME_BEHIND.sub("", text.casefold().lstrip("'\u2018\u2019"))
    bare = _ORDINAL.sub("", _PARTICLE.sub(" ", _WEEKDAY.sub(" ", bare)))
    return " ".join(bare.replace(" ,", ",").split()).strip(",. ")


def _from_time(text: str) -> date | None:
    try:
        return read_date(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    if year in TWO_DIGIT_BUDDHIST:
        return year + 2500
    return year + (2000 if year < TWO_DIGIT_PIVOT else 1900)


def _from_serial(value: float) -> date | None:
    if not EXCEL_SERIALS.start <= value < EXCEL_SERIALS.stop:
        return None
    return EXCEL_EPOCH + timedelta(days=int(value))


def _day(year: int, month: int, day: int) -> date | None:
    if year in BUDDHIST_YEARS:
        year -= BUDDHIST_OFFSET
    if year not in YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
