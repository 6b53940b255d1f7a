"""Numbers with what people write around them: `13 yrs`, `8:30`, `1,500,000 Ks`. Guesses no unit.

A unit must be the one that the field is in, or a part or a multiple of it (minutes, lakhs): `8
hrs/day` is no number of weekly hours.
"""

import re
from collections.abc import Mapping

_PLAIN = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,15})?")
_IN_THOUSANDS = re.compile(
    r"-?[1-9][0-9]{0,2}((,[0-9]{3}){1,4}|( [0-9]{3}){1,4}|(,[0-9]{2}){1,4},[0-9]{3})"
    r"(\.[0-9]{1,15})?"
)  # 50,000 kyat, 50 000, 1,50,000
_SCIENTIFIC = re.compile(r"-?[0-9](\.[0-9]{1,15})?[eE]\+?[0-9]{1,2}")

_N = r"(?P<n>-?[0-9][0-9., ]{0,24}?)"
_EACH = r" ?(?:/|\bper|\ba|\bin a|\beach|\bevery)? ?"
_WEEK, _DAY = rf"(?:{_EACH}(?:weekly|week|wk|ပတ်))?", rf"(?:{_EACH}(?:daily|day|d|ရက်))?"
_HOUR, _MINUTE = r"(?:hours?|hrs?|h|နာရီ)\.?", r"(?:minutes?|mins?|m|မိနစ်)\.?"
_HALF = r"(?P<half> ?½| 1/2)"
_HOURS = (
    rf"{_N} ?{_HOUR}",
    r"(?P<n>[0-9]{1,3})[:း](?P<m>[0-5][0-9])(?:[:း][0-5][0-9])?(?: ?(?:hours?|hrs?|နာရီ))?",
    rf"(?P<n>[0-9]{{1,3}}) ?{_HOUR} ?(?P<m>[0-5]?[0-9]) ?{_MINUTE}",
    rf"(?P<n>[0-9]{{1,3}}) ?{_HOUR}(?P<m>[0-5][0-9])",
    rf"(?P<n>[0-9]{{1,3}}){_HALF}(?: ?{_HOUR})?",
    r"(?P<n>[0-9]{1,3}) ?နာရီ(?P<half>ခွဲ)",
    r"(?P<days>[0-9]) days?, (?P<n>[0-9]{1,2}):(?P<m>[0-5][0-9]):00",  # a typed duration
)
_IN_A_WEEK, _IN_A_DAY = r"(?:(?:တစ်|1 ?)ပတ်(?:လျှင်)? ?)?", r"(?:(?:တစ်|1 ?)ရက်(?:လျှင်)? ?)?"
_YEAR = r"(?:years?|yrs?|yr|ys?|နှစ်)\.?"
_OLD = r"(?: ?(?:old|of age|သား|သမီး|အရွယ်)\.?)?"
_MONTHS = r",? ?(?:and |& )?(?P<twelfths>[0-9]{1,2}) ?(?:months?|mths?|mos?|m|လ)\.?"
_AGE = r"(?:(?:age|aged|အသက်) ?)?"
_KYAT = r"(?:mmk|kyats?|ks|ကျပ်)"
_MANY = r"(?: ?(?P<times>lakh|million|သိန်း|သန်း)s?)?"
_TIMES = {"lakh": 100_000, "သိန်း": 100_000, "million": 1_000_000, "သန်း": 1_000_000}

_FORMS: Mapping[str, tuple[str, ...]] = {
    "h/wk": (*(f"{_IN_A_WEEK}{form}{_WEEK}" for form in _HOURS), f"{_N}{_WEEK}"),
    "h/d": (*(f"{_IN_A_DAY}{form}{_DAY}" for form in _HOURS), f"{_N}{_DAY}"),
    "d/wk": (rf"{_IN_A_WEEK}{_N} ?(?:days?|d|ရက်)\.?{_WEEK}", f"{_N}{_WEEK}"),
    "d": (rf"{_N} ?(?:days?|d|ရက်)\.?",),
    "a": (f"{_AGE}{_N}(?: ?{_YEAR})?{_OLD}", f"{_AGE}{_N} ?{_YEAR}{_MONTHS}{_OLD}", f"{_N} ?နှစ်ခွဲ"),
    "persons": (rf"{_N} ?(?:persons?|people|workers?|employees?|ဦး|ယောက်)\.?",),
    "kyat": (rf"(?:(?:{_KYAT}|k)\.? ?)?{_N}{_MANY}(?: ?{_KYAT})?\.?(?:/[-=])?",),
}
_UNITS: Mapping[str, str] = {
    "hours_week": "h/wk", "chores_week": "h/wk", "hours_day": "h/d", "days_week": "d/wk",
    "school_days": "d", "days_present": "d", "days_absent": "d", "age": "a",
    "workers_total": "persons", "workers_15_17_m": "persons", "workers_15_17_f": "persons",
    "workers_u15_m": "persons", "workers_u15_f": "persons", "sanction_amount": "kyat",
}  # fmt: skip
_READ = {unit: tuple(map(re.compile, forms)) for unit, forms in _FORMS.items()}
_QUOTES = "'\u2018\u2019"


def plain_number(text: str) -> float | None:
    """Return the number that a text is, with a comma or a point, also in thousands."""
    text = text.lstrip(_QUOTES)
    if _IN_THOUSANDS.fullmatch(text):
        return float(text.replace(",", "").replace(" ", ""))
    if _PLAIN.fullmatch(text):
        return float(text.replace(",", "."))
    return float(text) if _SCIENTIFIC.fullmatch(text) else None


def with_unit(text: str, name: str) -> float | None:
    """Return the number in the unit of a field, by the field's name; None for any other text."""
    plain = text.casefold().strip(_QUOTES + " ")
    for form in _READ.get(_UNITS.get(name, ""), ()):
        if found := form.fullmatch(plain):
            parts = found.groupdict()
            number = plain_number(parts["n"].strip())
            return None if number is None else _with_parts(number, parts)
    return None


def _with_parts(number: float, parts: Mapping[str, str | None]) -> float:
    """Add what stands in other units: minutes, a half, months, lakhs."""
    number *= _TIMES.get(parts.get("times") or "", 1)
    number += 24 * int(parts.get("days") or 0) + int(parts.get("m") or 0) / 60
    return number + int(parts.get("twelfths") or 0) / 12 + (0.5 if parts.get("half") else 0)
