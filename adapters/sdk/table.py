"""Finds the table in each sheet of a workbook and gives its rows. Knows codes of columns only.

Offices put titles above the header, labels below it, subtotals between the records and one sheet
a grade; none of these is a record, and none may hide one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.sdk.cells import Plain, is_blank, key_text, tidy
from adapters.sdk.grid import Cells, Grid, read_grids
from adapters.sdk.manifest import SheetForm
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason

HEADER_WITHIN = 10  # rows
LABELS_WITHIN = 2  # rows below the header
HEADER_CODES = 3  # fewer known codes in one row are a coincidence
TABLE_WIDTH = 4  # a sheet with a row this wide and no header may hold records
_TOTAL = re.compile(
    r"(?:စုစုပေါင်း|စုစုေပါင္း).*|ပေါင်း[\W\d]*|(?:grand |sub[- ]?)?total(?: \w+)?[\W\d]*", re.IGNORECASE
)
_BRACKETS = re.compile(r"\(.*?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record's row; `cells` maps column codes to what was found, empty cells left out."""

    sheet: str
    sheet_index: int
    number: int
    cells: Mapping[str, Plain] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A sheet that could not be read; an empty name means the whole workbook."""

    sheet: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """What one file holds. `extra_columns` counts the columns that the form does not know."""

    rows: Sequence[Row] = field(repr=False)
    problems: Sequence[Problem]
    extra_columns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """Where the header stands, which column has which code, and how many are none of ours."""

    at: int
    codes: Mapping[int, str]
    extra: int


def read_workbook(content: bytes, form: SheetForm) -> Workbook:
    """Read every sheet that holds the form's table. Raises UnreadableError when none does."""
    rows: list[Row] = []
    problems: list[Problem] = []
    headers: list[_Header] = []
    for grid in read_grids(content):
        try:
            header = _find_header(grid, form)
        except UnreadableError as error:
            problems.append(Problem(sheet=grid.sheet, reason=error.reason))
            continue
        if header:
            headers.append(header)
            rows.extend(_records(grid, header, form))
    if not headers:
        if problems:
            raise UnreadableError(replace(problems[0].reason, where=problems[0].sheet))
        raise UnreadableError(_no_header(form))
    return Workbook(rows=rows, problems=problems, extra_columns=sum(h.extra for h in headers))


def _find_header(grid: Grid, form: SheetForm) -> _Header | None:
    """The row with the most known codes; None for a sheet that holds no table at all."""
    known = frozenset(form.columns)
    candidates = [_as_header(at, row, known) for at, row in enumerate(grid.rows[:HEADER_WITHIN])]
    best = max(candidates, key=lambda header: len(header.codes), default=None)
    if best is None or len(best.codes) < HEADER_CODES:
        if any(len(row) - row.count(None) >= TABLE_WIDTH for row in grid.rows):
            raise UnreadableError(_no_header(form))
        return None
    given = list(best.codes.values())
    if twice := sorted({code for code in given if given.count(code) > 1}):
        raise UnreadableError(_column_twice(twice[0]))
    missing = [code for code in form.required if code not in given]
    missing += [" or ".join(group) for group in form.one_of if not set(group) & set(given)]
    if missing:
        raise UnreadableError(_missing_column(missing))
    return best


def _as_header(at: int, row: Cells, known: frozenset[str]) -> _Header:
    names = {column: _code(cell) for column, cell in enumerate(row) if cell is not None}
    codes = {column: name for column, name in names.items() if name in known}
    return _Header(at=at, codes=codes, extra=len(names) - len(codes))


def _code(cell: Plain | None) -> str:
    return key_text(cell).casefold().strip("*: ").replace(" ", "_")


def _records(grid: Grid, header: _Header, form: SheetForm) -> Iterator[Row]:
    known = frozenset(form.columns)
    for at in range(header.at + 1, len(grid.rows)):
        cells = grid.rows[at]
        again = _as_header(at, cells, known) if _may_be_header(cells, header, known) else header
        if again is not header and len(again.codes) >= len(header.codes) / 2:
            header = again  # printed again on a new page, perhaps in another order
            continue
        found = {
            code: value
            for column, code in header.codes.items()
            if (value := cells[column]) is not None and not is_blank(value)
        }
        poor = 2 * len(_required(found, form)) < len(form.required)
        near = header.at < at <= header.at + LABELS_WITHIN
        if found and not (poor and _is_no_record(cells, found, header, at in grid.wide)):
            if near and _is_labels(found, form):
                continue
            yield Row(sheet=grid.sheet, sheet_index=grid.index, number=at + 1, cells=found)


def _may_be_header(cells: Cells, header: _Header, known: frozenset[str]) -> bool:
    return all(
        isinstance(cells[column], str) and _code(cells[column]) in known
        for column in list(header.codes)[:HEADER_CODES]
    )


def _is_no_record(
    cells: Cells, found: Mapping[str, Plain], header: _Header, merged_sideways: bool
) -> bool:
    """Whether a row that lacks most required cells is a subtotal or a title."""
    row = [cell for cell in cells if not is_blank(cell)]
    if any(isinstance(cell, str) and _TOTAL.fullmatch(tidy(cell)) for cell in row):
        return True
    leftmost = header.codes[min(header.codes)]
    return len(row) == 1 and (merged_sideways or leftmost in found)


def _is_labels(found: Mapping[str, Plain], form: SheetForm) -> bool:
    """Whether a row holds names of columns: dates, ids and places of a record all hold a digit."""
    required = _required(found, form)
    return len(required) >= HEADER_CODES and not any(map(_has_digit, required))


def _required(found: Mapping[str, Plain], form: SheetForm) -> list[Plain]:
    return [found[code] for code in form.required if code in found]


def _has_digit(cell: Plain) -> bool:
    return not isinstance(cell, str) or any(c.isdecimal() for c in _BRACKETS.sub("", cell))


def _no_header(form: SheetForm) -> Reason:
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
    return Reason(
        code="column_missing", column=missing[0],
        message=f"the header lacks {'; '.join(missing)}",
        next_step="add the column with its code in the header row and send the file again",
    )  # fmt: skip
