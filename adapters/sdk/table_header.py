"""Finds the header among the first rows of a sheet. Knows codes of columns, not what they mean."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from adapters.sdk.cells import is_blank, key_text, tidy
from adapters.sdk.grid import Cell, Cells, NumberedRow
from adapters.sdk.manifest import SheetForm
from adapters.sdk.unpack import UnreadableError
from contracts.dates import read_month
from contracts.errors import Reason
from contracts.guessing import code_name
from contracts.text import normalise

HEADER_WITHIN = 15  # rows that hold anything: five of titles, and what stands between them
HEADER_CODES = 3  # fewer known codes in one row are a coincidence
MONTH = "month"
TABLE_WIDTH = 4  # a sheet with a row this wide and no header may hold records
_OF_A_REPEAT = frozenset({"_parent_index", "_parent_table_name", "parent_key"})
_CODE_BESIDE_LABEL = re.compile(r"([a-z][a-z0-9_]*)[^a-z0-9]+")
_LABEL_BEFORE = re.compile(r"[^a-z0-9]+([a-z][a-z0-9_]*)")
_PARTS = re.compile(r"[\r\n()\[\]/|:=]+| [-\u2013\u2014] ")
_JOINTS = re.compile(r"[\s_.*:\u2010-\u2015-]+")
_CLEAR_CODE = re.compile(r"[a-z][a-z0-9_./:@-]*")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_CODE_WITH_BLANKS = re.compile(r"[A-Za-z][A-Za-z0-9_./:@ -]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where the header stands, which column has which name, and the names that the form lacks."""

    number: int
    names: Mapping[int, str]
    extra: tuple[str, ...] = field(default=(), repr=False)


def find_header(
    rows: Sequence[NumberedRow], form: SheetForm | None, told: Collection[str] = ()
) -> Header | None:
    """Return the header; None for rows that hold no table. Raises UnreadableError.

    With a form it is the row with the most known codes; without one the first row of codes. It may
    lack what is `told` elsewhere.
    """
    first = rows[:HEADER_WITHIN]
    if form is None:
        return _guessed(first)
    known = known_names(form.columns)
    candidates = [as_header(number, cells, known) for number, cells in first]
    best = max(candidates, key=lambda header: len(header.names), default=None)
    if best is None or len(best.names) < HEADER_CODES:
        if any(is_wide(cells, form) for _, cells in rows):
            raise UnreadableError(no_header(form))
        return None
    given = list(best.names.values())
    _check_twice([code for code in given if code in form.required])
    missing = [code for code in form.required if code not in given and code not in told]
    missing += [" or ".join(group) for group in form.one_of if not set(group) & set(given)]
    if missing:
        is_repeat = not _OF_A_REPEAT.isdisjoint(map(_folded, best.extra))
        raise UnreadableError(_REPEAT if is_repeat else _missing_column(missing))
    return best


def told_by_name(sheet: str, form: SheetForm | None) -> Mapping[str, str]:
    """Return what a sheet's name says of every row in it: a month, where the form has months."""
    name = normalise(sheet)
    is_number = name.isdecimal() and len(name) != len("202601")
    if form is None or MONTH not in form.columns or is_number:
        return {}
    month = read_month(name)
    return {} if month is None else {MONTH: f"{month:%Y-%m}"}


def known_names(names: Iterable[str]) -> Mapping[str, str]:
    """Return how headers may be written, with the name that each of them means."""
    listed = list(names)
    folded = {_folded(name): name for name in reversed(listed)}
    squeezed = Counter(map(_squeezed, listed))
    loose = {_squeezed(name): name for name in listed if squeezed[_squeezed(name)] == 1}
    return loose | folded | {name: name for name in listed}


def as_header(number: int, cells: Cells, known: Mapping[str, str]) -> Header:
    """Read a row as a header of known names."""
    names: dict[int, str] = {}
    extra: list[str] = []
    for column, cell in enumerate(cells):
        if is_blank(cell):
            continue
        if name := name_in(cell, known):
            names[column] = name
        else:
            extra.append(tidy(cell))
    return Header(number=number, names=names, extra=tuple(extra))


def name_in(cell: Cell, known: Mapping[str, str]) -> str | None:
    """Return the known name that a cell holds; a label may stand beside it in the same cell."""
    text = tidy(cell)
    if found := known.get(text) or known.get(_folded(text)) or known.get(_squeezed(text)):
        return found
    plain = key_text(cell).casefold().strip("*: ")
    if beside := _CODE_BESIDE_LABEL.fullmatch(plain) or _LABEL_BEFORE.fullmatch(plain):
        return known.get(beside[1])
    return _among_words(cell, plain, known) if isinstance(cell, str) else None


def _among_words(cell: str, plain: str, known: Mapping[str, str]) -> str | None:
    """Return the one name that stands beside words: `insp_date (DD/MM/YYYY)`, `sex / male`."""
    first = plain.partition(" ")[0]
    if "_" in first and first in known:
        return known[first]
    named = {known.get(_folded(part)) for part in _PARTS.split(cell)} - {None}
    return named.pop() if len(named) == 1 else None


def _folded(text: str) -> str:
    """A name without what typists change: case, blanks, the script of its digits."""
    return code_name(key_text(text))


def _squeezed(text: str) -> str:
    """A name without what may stand between its words: `Insp. ID` and `InspID` are `insp_id`."""
    return _JOINTS.sub("", key_text(text).casefold())


def is_wide(cells: Cells, form: SheetForm | None) -> bool:
    """Tell whether a row is as wide as a table's: with fewer cells than are required it is not."""
    least = max(TABLE_WIDTH, len(form.required) if form else 0)
    return len(cells) - sum(map(is_blank, cells)) >= least


def _guessed(rows: Sequence[NumberedRow]) -> Header | None:
    """The first row that looks like codes or words; else like words, of any script, above a table.

    A row of clear codes below one of words is the header: the words are its labels. Any other row
    below it holds records, and no cell of a record becomes a column's name.
    """
    found: Header | None = None
    for number, cells in rows:
        filled = _filled(cells)
        if any(map(_is_value, filled.values())):
            continue
        filled = {column: _code_in(cells[column]) or name for column, name in filled.items()}
        codes = {
            name for column, name in filled.items()
            if isinstance(cells[column], str) and _CODE_WITH_BLANKS.fullmatch(name)
        }  # fmt: skip
        is_header = len(codes) >= HEADER_CODES and 2 * len(codes) > len(filled)
        if is_header and (found is None or _are_clear(codes, filled)):
            found = Header(number=number, names=filled)
            if _are_clear(codes, filled):
                break
    if found is not None:
        return found
    for (number, cells), (_, below) in pairwise(rows):
        filled = _filled(cells)
        is_full = len(filled) == max(filled, default=0) - min(filled, default=0) + 1
        if is_full and _are_words(cells, filled) and 2 * len(_filled(below)) >= len(filled):
            return Header(number=number, names=filled)
    return None


def _code_in(cell: Cell) -> str:
    """Return the one clear code of two words that stands beside a label or a hint."""
    if not isinstance(cell, str):
        return ""
    parts = {part.strip("* ") for part in _PARTS.split(cell)}
    codes = [part for part in parts if "_" in part and _CLEAR_CODE.fullmatch(part)]
    if len(codes) == 1:
        return codes[0]
    plain = tidy(cell).strip("* ")
    beside = _CODE_BESIDE_LABEL.fullmatch(plain) or _LABEL_BEFORE.fullmatch(plain)
    return beside[1] if beside and not plain.isascii() else ""


def _filled(cells: Cells) -> dict[int, str]:
    return {column: tidy(cell) for column, cell in enumerate(cells) if not is_blank(cell)}


def _are_clear(codes: Collection[str], filled: Mapping[int, str]) -> bool:
    """Whether every cell is another code in small letters, and one in three is of two words."""
    plain = [name for name in codes if _CLEAR_CODE.fullmatch(name)]
    return len(plain) == len(filled) and 3 * sum("_" in name for name in plain) >= len(plain)


def _is_value(name: str) -> bool:
    """Whether a cell can be no column's name: a day, a telephone, a number but a year."""
    return not any(map(str.isalpha, name)) and not _YEAR.fullmatch(name)


def _are_words(cells: Cells, filled: Mapping[int, str]) -> bool:
    """Whether each cell is another text, and none holds a number."""
    return len(filled) == len(set(filled.values())) >= HEADER_CODES and all(
        isinstance(cells[column], str) and not any(letter.isdecimal() for letter in name)
        for column, name in filled.items()
    )


def _check_twice(names: Sequence[str]) -> None:
    """Refuse a name that stands twice: nobody knows which of two ids is the record's."""
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise UnreadableError(_column_twice(twice[0]))


def no_header(form: SheetForm | None) -> Reason:
    """Why a file or a sheet could not be read: no row of codes."""
    if form is None:
        return Reason(
            code="header_missing",
            message=f"no row with names of columns stands in the first {HEADER_WITHIN} rows",
            next_step="put a name above each column, in one row and without gaps",
        )
    return Reason(
        code="header_missing",
        message=f"no header row with the column codes stands in the first {HEADER_WITHIN} rows",
        next_step=f"put the codes in one row above the records: {', '.join(form.required)}, ...",
    )


def _column_twice(code: str) -> Reason:
    return Reason(
        code="column_twice", column=code, message=f"two columns are called {code}",
        next_step="rename or delete one of them and send the file again",
    )  # fmt: skip


def _missing_column(missing: Sequence[str]) -> Reason:
    months = ", or name each sheet as its month, 2026-01," if missing == [MONTH] else ""
    add = "add the column with its code in the header row"
    return Reason(
        code="column_missing", column=missing[0],
        message=f"the header lacks {'; '.join(missing)}",
        next_step=f"{add}{months} and send the file again",
    )  # fmt: skip


_REPEAT = Reason(
    code="repeat_apart",
    message="here stand the rows of a repeat, apart from the records that they belong to",
    next_step="send the records as the form's server gives them as JSON, each with its repeats",
)
