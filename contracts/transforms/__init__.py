"""The closed list of transforms that a mapping may name. Each reads one value; none knows a source.

| name | reads | gives |
|---|---|---|
| text | free text | normalised text |
| key | a code of the source's own (office, case) | text; a number without `.0` |
| name | a full name | the name; nothing when it is a mask or a dash |
| joined_name | several parts | one full name |
| card | a citizenship card number | `12/OUKAMA(N)123456`, or as written with a note |
| phone | a telephone | `09...` |
| latitude, longitude | a position: `lat lon` as text, or a GeoJSON point | one of the two numbers |
| date, month | any form of a date | a day; the first day of a month, or `2026-01` as text |
| number, integer | a number within the contract's and the schema's limits | float, int |
| sum | several numbers, each within the limits | their sum; nothing when all are empty |
| flag | true or false, also as text | bool |
| filled | any text | true when there is some |
| code | one code, by list or crosswalk | the code |
| codes | several codes: a list, or text with blanks between | a list of codes |
| place | a location code of a township or of a place in one | the township's P-code |

Whatever a transform gives for a target, the schema takes: `build` refuses any other pair.
"""

from collections.abc import Callable, Mapping
from datetime import date

from contracts.cards import read_card
from contracts.cells import (
    LONGEST_TEXT,
    NO_NAMES,
    NO_VALUES,
    Odd,
    Unreadable,
    cell_text,
    refuse_nothing,
    usual_day,
)
from contracts.dates import read_date, read_month
from contracts.mapping.rows import Row
from contracts.mapping.targets import Leaf
from contracts.text import card_key, full_name
from contracts.text import phone as read_phone
from contracts.transforms import codes as coded
from contracts.transforms import numbers as numbers
from contracts.transforms.binding import Binding, Transform


def build(binding: Binding) -> Transform:
    """Return the transform of a mapping row, with its lists and limits bound."""
    return _MAKERS[binding.row.transform](binding)


def names() -> tuple[str, ...]:
    """Return the names that a mapping may use."""
    return tuple(_MAKERS)


def misfit(row: Row, leaf: Leaf) -> str:
    """Return why a transform cannot give what its target holds; empty when it can."""
    needs = row.transform in CODED
    if needs != bool(row.codes or row.crosswalk):
        return f"{row.transform} needs {'codes or a crosswalk' if needs else 'neither list'}"
    if (row.transform == "codes") != leaf.many:
        return f"{leaf.target} takes {'several values: use codes' if leaf.many else 'one value'}"
    if leaf.kind not in _GIVES[row.transform]:
        return f"{row.transform} gives no {leaf.kind}, as {leaf.target} is"
    if row.transform in _FREE and (leaf.codes or not leaf.free):
        return f"{leaf.target} is coded: use code with a list or a crosswalk"
    if row.transform == "month" and leaf.kind == "text" and not leaf.accepts("2026-01"):
        return f"{leaf.target} is no month"
    return ""


def _text(raw: object) -> str | None:
    if type(raw) is str and raw.isascii() and raw.isprintable() and len(raw) <= LONGEST_TEXT:
        text = " ".join(raw.split())  # what normalising does to the usual cell
    else:
        text = cell_text(raw)
    return text if text and text not in NO_VALUES else None


def _name(raw: object) -> str | None:
    if type(raw) is str and (not raw.isascii() or raw.strip() in NO_NAMES):
        text = cell_text(raw)
        if text:
            refuse_nothing(text)
    return _name_part(raw)


def _name_part(raw: object) -> str | None:
    if type(raw) is str and len(raw) <= LONGEST_TEXT:
        if raw.isascii() and raw.isprintable() and raw[:1].isalpha():
            return " ".join(raw.split())  # the usual name in Latin letters: it has one
        return full_name(raw) or None
    cell_text(raw)  # refuses what is no single value, or too long
    return full_name(raw) or None if isinstance(raw, str) else None


def _joined_name(raw: object) -> str | None:
    parts = raw if isinstance(raw, tuple) else (raw,)
    return " ".join(filter(None, map(_name_part, parts))) or None


def _card(raw: object) -> str | None:
    if type(raw) is str and card_key(raw) is not None:
        return raw  # in the form that cards are given
    text = cell_text(raw)
    if not text:
        return None
    refuse_nothing(text)
    number, readable = read_card(text)
    if not readable:
        raise Odd(number, note="card_unreadable")
    return number


def _phone(raw: object) -> str | None:
    return read_phone(cell_text(raw)) or None


def _date(binding: Binding) -> Transform:
    as_text = binding.leaf.json

    def read(raw: object) -> date | str | None:
        if type(raw) is str and (usual := usual_day(raw)) is not None:
            return raw if as_text else usual
        day = read_date(raw)
        if day is None and (text := cell_text(raw)):
            refuse_nothing(text)
            raise Unreadable("a date")
        return day.isoformat() if day is not None and as_text else day

    return read


def _month(binding: Binding) -> Transform:
    as_text, short = binding.leaf.json, binding.leaf.kind == "text"

    def read(raw: object) -> date | str | None:
        month = read_month(raw)
        if month is None:
            if text := cell_text(raw):
                refuse_nothing(text)
                raise Unreadable("a month, as 2026-01")
            return None
        return f"{month:%Y-%m}" if short else month.isoformat() if as_text else month

    return read


def _flag(raw: object) -> bool | None:
    text = cell_text(raw).casefold()
    if text in {"true", "false"}:
        return text == "true"
    if text:
        raise Unreadable("true or false")
    return None


def _filled(raw: object) -> bool | None:
    return True if cell_text(raw) else None


def _plain(read: Transform) -> Callable[[Binding], Transform]:
    """Return a maker of a transform that has nothing to bind."""
    return lambda _binding: read


_MAKERS: dict[str, Callable[[Binding], Transform]] = {
    "text": _plain(_text),
    "key": _plain(_text),
    "name": _plain(_name),
    "joined_name": _plain(_joined_name),
    "card": _plain(_card),
    "phone": _plain(_phone),
    "latitude": _plain(numbers.coordinate(0)),
    "longitude": _plain(numbers.coordinate(1)),
    "date": _date,
    "month": _month,
    "number": numbers.number,
    "integer": numbers.integer,
    "sum": numbers.total,
    "flag": _plain(_flag),
    "filled": _plain(_filled),
    "code": coded.code,
    "codes": coded.several_codes,
    "place": coded.place,
}
_FREE = frozenset({"text", "key", "name", "joined_name", "card", "phone"})
CODED = frozenset({"code", "codes"})
_GIVES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((*_FREE, *CODED, "place"), frozenset({"text"})),
    **dict.fromkeys(("number", "sum", "latitude", "longitude"), frozenset({"number"})),
    **dict.fromkeys(("flag", "filled"), frozenset({"flag"})),
    "integer": frozenset({"integer"}), "date": frozenset({"date"}),
    "month": frozenset({"date", "text"}),
}  # fmt: skip
