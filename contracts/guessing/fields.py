"""What a column holds, guessed from a sample of its values. Keeps no value that is no code."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts import codes
from contracts.cells import is_blank
from contracts.dates import read_date, read_month
from contracts.guessing.names import DATE_WORDS, Hint, hint_of, is_key, parts_of, personal_class
from contracts.text import normalise

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,5})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,5})[.,][0-9]{1,6}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{1,2}")
_TIMED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_CODE = re.compile(r"[^\s]{1,40}")
_REMARKS = re.compile(r"remark|note|comment|text|မှတ်ချက်", re.IGNORECASE)
LEAST_ROWS = 20
"""Of fewer rows it says little that a cell is filled in all of them."""

_MOST_CODES = 12
_MOST_NUMBERS = 5
_REPEATS = 3
"""A text that stands in fewer rows than this may tell of one person, and is never written down."""

_TRIED_LISTS = ("sexes", "yes_no", "townships", "school_statuses", "absence_reasons", "child_found")
_LIST_CLASS = {"sexes": "C1", "townships": "C1", "child_found": "C1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGuess:
    """A field of a record: what it seems to be, and how private it may be at most.

    `filled`: in every row of the sample; `required`: of so many rows that it says something.
    `codes` are the values of what looks like a code list, `code_list` one of ours that knows all
    of them. `inner` are the fields of an object, or of a list's elements.
    """

    name: str
    type: str
    label: str
    required: bool = False
    filled: bool = False
    unique: bool = False
    code_list: str = ""
    codes: tuple[str, ...] = ()
    hint: Hint | None = None
    month: bool = False
    inner: tuple["FieldGuess", ...] = field(default=())


def guess_fields(rows: Sequence[Mapping[str, object]]) -> tuple[FieldGuess, ...]:
    """Return a guess for every name in the rows, in the order in which they come."""
    names = dict.fromkeys(name for row in rows for name in row if not name.startswith("_zawgyi"))
    return tuple(_field(name, [row.get(name) for row in rows]) for name in names)


def _field(name: str, cells: Sequence[object]) -> FieldGuess:
    filled = [
        normalise(cell) if isinstance(cell, str) else cell for cell in cells if not is_blank(cell)
    ]
    required = len(cells) >= LEAST_ROWS and len(filled) == len(cells)
    if any(isinstance(cell, list | dict) for cell in filled):
        return _nested(name, filled, required=required)
    kind = _type(name, filled)
    unique = len(filled) > 1 and len({str(cell) for cell in filled}) == len(filled)
    code_list = _known_list(filled) if kind in {"string", "boolean"} else ""
    repeated = () if code_list else _repeated(name, kind, filled)
    return FieldGuess(
        name=name, type=kind, required=required, filled=len(filled) == len(cells), unique=unique,
        code_list=code_list, codes=repeated, hint=hint_of(name), month=_are_months(filled),
        label=_label(name, kind, code_list, coded=bool(repeated)),
    )  # fmt: skip


def _nested(name: str, filled: Sequence[object], *, required: bool) -> FieldGuess:
    many = any(isinstance(cell, list) for cell in filled)
    things = [
        one
        for cell in filled
        for one in (cell if isinstance(cell, list) else [cell])
        if isinstance(one, dict)
    ]
    return FieldGuess(
        name=name, type="array" if many else "object", label=personal_class(name) or "C5",
        required=required, inner=guess_fields(things), hint=None,
    )  # fmt: skip


def _type(name: str, filled: Sequence[object]) -> str:
    texts = [str(cell) for cell in filled]
    fits = {
        "boolean": all(isinstance(cell, bool) for cell in filled),
        "timestamp": all(map(_TIMED.fullmatch, texts)),
        "date": _are_dates(name, filled),
        "string": is_key(name),
        "integer": all(map(_WHOLE.fullmatch, texts)),
        "number": all(_WHOLE.fullmatch(text) or _DECIMAL.fullmatch(text) for text in texts),
    }
    return (
        next((kind for kind, fitting in fits.items() if fitting), "string") if filled else "string"
    )


def _are_dates(name: str, filled: Sequence[object]) -> bool:
    """Where the name says so, most cells are enough: one typed wrong makes no other column of it.

    A number alone may be a day's serial number: it is one only where the name says so.
    """
    read = sum(read_date(cell) is not None for cell in filled)
    if DATE_WORDS & set(parts_of(name)):
        return 2 * read > len(filled)
    texts = [cell for cell in filled if isinstance(cell, str) and not cell.isdecimal()]
    return read == len(texts) == len(filled)


def _are_months(filled: Sequence[object]) -> bool:
    """Tell whether cells are months, as `2026-01`."""
    return bool(filled) and all(
        isinstance(cell, str) and _MONTH.fullmatch(cell) and read_month(cell) for cell in filled
    )


def _known_list(filled: Sequence[object]) -> str:
    """Return the first list of ours that knows every value."""
    texts = {str(cell).casefold() if isinstance(cell, bool) else str(cell) for cell in filled}
    for name in _TRIED_LISTS:
        if texts and all(codes.load(name).find(text) for text in texts):
            return name
    return ""


def _repeated(name: str, kind: str, filled: Sequence[object]) -> tuple[str, ...]:
    """Return the values of what looks like a code list; none for what may be of one person.

    Few small numbers may be codes as well: many offices write 1, 2, 3. A text of several words is
    somebody's remark or name, and so is every cell of a column that says so.
    """
    counts = Counter(str(cell) for cell in filled)
    looks_coded = (
        len(counts) <= {"string": _MOST_CODES, "integer": _MOST_NUMBERS}.get(kind, 0)
        and min(counts.values(), default=0) >= _REPEATS
        and all(map(_CODE.fullmatch, counts))
        and not _REMARKS.search(name)
    )
    return tuple(sorted(counts)) if looks_coded and not personal_class(name) else ()


def _label(name: str, kind: str, code_list: str, *, coded: bool) -> str:
    """Return the privacy class, the stricter one in doubt: unknown text may say anything."""
    hint = hint_of(name)
    if hint:
        return hint.label
    if said := personal_class(name):
        return said
    if is_key(name) or kind in {"date", "timestamp"}:
        return "C3"
    if code_list:
        return _LIST_CLASS.get(code_list, "C2")
    if coded and kind == "string":
        return "C4"
    return "C2" if kind in {"integer", "number", "boolean"} else "C5"
