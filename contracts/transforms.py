"""The closed list of transforms that a mapping may name. Each reads one value; none knows a source.

| name | reads | gives |
|---|---|---|
| text | free text | normalised text |
| key | a code of the source's own (office, case) | text; a number without `.0` |
| name | a full name | the name; nothing when it is a mask or a dash |
| joined_name | several parts | one full name |
| card | a citizenship card number | `12/OUKAMA(N)123456`, or as written with a note |
| phone | a telephone | `09...` |
| date, month | any form of a date | a day; the first day of a month |
| number, integer | a number within the contract's limits | float, int |
| flag | true or false, also as text | bool |
| filled | any text | true when there is some |
| code | one code, by list or crosswalk | the code |
| codes | several codes: a list, or text with blanks between | a list of codes |
| place | a location code of a township or of a place in one | the township's P-code |
| service_rows | Primero's services subform | id and whether it was given |
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from contracts import codes
from contracts.cards import read_card
from contracts.cells import Impossible, Odd, Unreadable, cell_text, is_blank, triage_text
from contracts.dates import read_date, read_month
from contracts.source_contract import Row
from contracts.text import full_name
from contracts.text import phone as read_phone

Transform = Callable[[object], Any]
"""Gives a value or None (nothing in it); raises Unreadable, Impossible or Odd."""

_NUMBER = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,15})?")
_LARGEST = 10**15
_PLACE = re.compile(r"(MMR[0-9]{6})[0-9]*")
_BETWEEN = re.compile(r"[\s,;|]+")


def build(row: Row, crosswalks: Mapping[str, Mapping[str, str]]) -> Transform:
    """Return the transform of a mapping row, with its lists and limits bound."""
    return _MAKERS[row.transform](row, crosswalks)


def names() -> tuple[str, ...]:
    """Return the names that a mapping may use."""
    return tuple(_MAKERS)


def _text(raw: object) -> str | None:
    return cell_text(raw) or None


def _name(raw: object) -> str | None:
    cell_text(raw)  # refuses what is no single value, or too long
    return full_name(raw) or None if isinstance(raw, str) else None


def _joined_name(raw: object) -> str | None:
    parts = raw if isinstance(raw, tuple) else (raw,)
    return " ".join(filter(None, map(_name, parts))) or None


def _card(raw: object) -> str | None:
    text = cell_text(raw)
    if not text:
        return None
    number, readable = read_card(text)
    if not readable:
        raise Odd(number, note="card_unreadable")
    return number


def _phone(raw: object) -> str | None:
    return read_phone(cell_text(raw)) or None


def _date(raw: object) -> date | None:
    day = read_date(raw)
    if day is None and cell_text(raw):
        raise Unreadable("a date")
    return day


def _month(raw: object) -> date | None:
    month = read_month(raw)
    if month is None and cell_text(raw):
        raise Unreadable("a month, as 2026-01")
    return month


def _flag(raw: object) -> bool | None:
    text = cell_text(raw).casefold()
    if text in {"true", "false"}:
        return text == "true"
    if text:
        raise Unreadable("true or false")
    return None


def _filled(raw: object) -> bool | None:
    return True if cell_text(raw) else None


def _number(row: Row, _: object) -> Transform:
    low, high = row.minimum, row.maximum

    def read(raw: object) -> float | None:
        number = raw if type(raw) is int else _read_number(raw)
        if number is None:
            return None
        if abs(number) > _LARGEST:
            raise Unreadable("a number of usual size")
        if (low is not None and number < low) or (high is not None and number > high):
            raise Impossible
        return float(number)

    return read


def _read_number(raw: object) -> float | None:
    text = cell_text(raw)
    if not text:
        return None
    if isinstance(raw, bool) or not _NUMBER.fullmatch(text):
        raise Unreadable("a number")
    return float(text.replace(",", "."))


def _integer(row: Row, _: object) -> Transform:
    read_number = _number(row, None)

    def read(raw: object) -> int | None:
        number = read_number(raw)
        return None if number is None else int(number)  # an age of 12.5 is 12 completed years

    return read


def _code(row: Row, crosswalks: Mapping[str, Mapping[str, str]]) -> Transform:
    find, table = _finder(row, crosswalks)

    def read(raw: object) -> str | None:
        if type(raw) is str and (code := table.get(raw)) is not None:
            return code or None
        text = cell_text(raw)
        if not text:
            return None
        code = find(text)
        if code is None:
            raise Odd(None, unmapped=(triage_text(raw),))
        return code or None

    return read


def _codes(row: Row, crosswalks: Mapping[str, Mapping[str, str]]) -> Transform:
    find, table = _finder(row, crosswalks)

    def read(raw: object) -> list[str] | None:
        found: list[str] = []
        strange: list[str] = []
        for text in _several(raw):
            code = table.get(text) if type(text) is str else None
            if code is None:
                code = find(triage_text(text))
            if code is None:
                strange.append(triage_text(text))
            elif code and code not in found:
                found.append(code)
        if strange:
            raise Odd(found, unmapped=tuple(dict.fromkeys(strange)))
        return found or None

    return read


def _several(raw: object) -> Sequence[object]:
    if isinstance(raw, list):
        return [one for one in raw if not is_blank(one)]
    return [text for text in _BETWEEN.split(cell_text(raw)) if text]


def _finder(
    row: Row, crosswalks: Mapping[str, Mapping[str, str]]
) -> tuple[Callable[[str], str | None], Mapping[str, str]]:
    """Return what looks a text up, and its table of exact spellings.

    A text gives its code, `""` when it is known and means nothing here, None when it is unknown.
    """
    if row.codes:
        code_list = codes.load(row.codes, row.level)
        return code_list.find, code_list.spellings
    table = crosswalks[row.crosswalk]
    return (lambda text: table.get(text, table.get(text.casefold()))), table


def _place(raw: object) -> str | None:
    text = cell_text(raw).upper()
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    if found is None or found[1] not in codes.load("townships"):
        raise Odd(None, unmapped=(triage_text(raw),))
    return found[1]


def _service_rows(raw: object) -> list[dict[str, Any]] | None:
    if not isinstance(raw, list):
        raise Unreadable("a list of service rows")
    rows = []
    for one in raw:
        key = triage_text(one.get("unique_id")) if isinstance(one, dict) else ""
        if key:
            done = one.get("service_implemented") == "implemented"
            rows.append(
                {"id": key, "implemented": done or bool(one.get("service_implemented_day_time"))}
            )
    return rows or None


def _plain(read: Transform) -> Callable[[Row, Mapping[str, Mapping[str, str]]], Transform]:
    """Return a maker of a transform that has nothing to bind."""
    return lambda _row, _crosswalks: read


_MAKERS: dict[str, Callable[[Row, Mapping[str, Mapping[str, str]]], Transform]] = {
    "text": _plain(_text),
    "key": _plain(_text),
    "name": _plain(_name),
    "joined_name": _plain(_joined_name),
    "card": _plain(_card),
    "phone": _plain(_phone),
    "date": _plain(_date),
    "month": _plain(_month),
    "number": _number,
    "integer": _integer,
    "flag": _plain(_flag),
    "filled": _plain(_filled),
    "code": _code,
    "codes": _codes,
    "place": _plain(_place),
    "service_rows": _plain(_service_rows),
}
