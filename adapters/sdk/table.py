"""Finds the table in each sheet of a file and gives its rows, one by one. Knows column codes only.

Offices put titles above the header, labels below it, subtotals between the records and one sheet
a grade; none of these is a record, and none may hide one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import cast

from adapters.sdk.cells import Broken, Plain, is_blank, key_text, tidy
from adapters.sdk.grid import Cells, Grid, NumberedRow
from adapters.sdk.manifest import SheetForm
from adapters.sdk.table_header import (
    HEADER_CODES,
    HEADER_WITHIN,
    Header,
    as_header,
    find_header,
    is_wide,
    known_names,
    name_in,
    no_header,
)
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason

LABELS_WITHIN = 2  # rows below the header
REMEMBERED = 10_000
_TOTAL_ALONE = re.compile(
    r"(?:စုစု ?ပေါင်း|စုစု ?ေပါင္း|ပေါင်း|ေပါင္း|(?:grand |sub[- ]?)?total)[\W\d]*", re.IGNORECASE
)
_TOTAL = re.compile(
    _TOTAL_ALONE.pattern
    + r"|.{0,40}(?:စုစု ?ပေါင်း|စုစု ?ေပါင္း|အားလုံးပေါင်း).*|(?:grand |sub[- ]?)total.*"
    r"|total(?: \w+)?(?:[\W\d].*)?|(?:all )?totals?|sum|average|(?:\w+ ){1,3}total[\W\d]*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\(.*?\)")
_BROKEN = frozenset(Broken)
_BURMESE = re.compile(r"[\u1000-\u109f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record's row; `cells` maps column codes to what was found, empty cells left out.

    `originals` holds what the office wrote where `cells` holds it in another encoding.
    """

    sheet: str
    sheet_index: int
    number: int
    cells: Mapping[str, Plain] = field(repr=False)
    originals: Mapping[str, Plain] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A sheet that could not be read, or cells of one column in it; no name: the whole file."""

    sheet: str
    reason: Reason


@dataclass(slots=True)
class Tables:
    """The tables of one file, read once, sheet by sheet.

    The other fields fill while `rows` are taken: `extra` names the columns that the form lacks.
    """

    grids: Iterable[Grid] = field(repr=False)
    form: SheetForm | None
    problems: list[Problem] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    _broken: dict[tuple[str, Broken], list[int]] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Give the records. Raises UnreadableError when no sheet holds the form's table."""
        found = False
        for grid in self.grids:
            try:
                table = self._table(grid)
            except UnreadableError as error:
                self.problems.append(Problem(sheet=grid.sheet, reason=error.reason))
                continue
            if table:
                found = True
                yield from self._records(grid, *table)
                self._report(grid.sheet)
        if not found:
            if self.problems:
                first = self.problems[0]
                where = first.reason.where or first.sheet
                raise UnreadableError(replace(first.reason, where=where))
            raise UnreadableError(no_header(self.form))

    def _table(self, grid: Grid) -> tuple[Header, Iterator[NumberedRow]] | None:
        """Return the sheet's header and the rows below it; None for a sheet without a table."""
        first: list[NumberedRow] = []
        for row in grid.rows:
            first.append(row)
            if row[0] > HEADER_WITHIN + LABELS_WITHIN:
                break
        header = find_header(first, self.form)
        if header is None:
            if self.form and any(is_wide(cells, self.form) for _, cells in grid.rows):
                raise UnreadableError(no_header(self.form))
            return None
        self.columns += [name for name in header.names.values() if name not in self.columns]
        self.extra += header.extra
        below = [row for row in first if row[0] > header.number]
        if self.form is None and below and _is_burmese(below[0][1], header):
            del below[0]
        return header, chain(below, grid.rows)

    def _records(self, grid: Grid, header: Header, rows: Iterator[NumberedRow]) -> Iterator[Row]:
        form = self.form
        known = known_names(form.columns if form else header.names.values())
        columns = sorted(header.names.items())
        of_first: dict[Plain | Broken | None, bool] = {}  # a code or an id: it comes again
        for number, cells in rows:
            first = _at(cells, columns[0][0])
            if first not in of_first:
                if len(of_first) > REMEMBERED:
                    of_first.clear()
                of_first[first] = name_in(first, known) is not None
            if of_first[first] and (repeated := _repeated(number, cells, header, known)):
                header, columns = repeated, sorted(repeated.names.items())
                continue  # printed again on a new page, perhaps in another order
            found = self._found(number, cells, columns)
            if found and not (
                _is_no_record(cells, found, header, number in grid.wide, form)
                or (form and header.number < number <= header.number + LABELS_WITHIN
                    and (_is_labels(found, form) or _is_burmese(cells, header)))
            ):  # fmt: skip
                yield Row(sheet=grid.sheet, sheet_index=grid.index, number=number, cells=found)

    def _found(
        self, number: int, cells: Cells, columns: Sequence[tuple[int, str]]
    ) -> dict[str, Plain]:
        """Return what stands under the names, and keep note of what should and does not."""
        if len(cells) <= columns[-1][0]:
            cells = cells + [None] * (columns[-1][0] + 1 - len(cells))
        found = {name: cell for column, name in columns if (cell := cells[column]) is not None}
        if not _BROKEN.isdisjoint(found.values()):
            for name, cell in found.items():
                if isinstance(cell, Broken):
                    self._broken.setdefault((name, cell), []).append(number)
            return {name: cell for name, cell in found.items() if not isinstance(cell, Broken)}
        return cast(dict[str, Plain], found)

    def _report(self, sheet: str) -> None:
        """Tell of each column that held broken cells once, with the first of them."""
        for (name, what), rows in self._broken.items():
            more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
            reason = Reason(
                code="cell_without_value", column=name, where=f"{sheet}, row {rows[0]}{more}",
                message=f"{name} holds {what.value}; the rows were read without it",
                next_step="open the file, put the values themselves there, save and send it again",
            )  # fmt: skip
            self.problems.append(Problem(sheet=sheet, reason=reason))
        self._broken.clear()


def _at(cells: Cells, column: int) -> Plain | Broken | None:
    return cells[column] if column < len(cells) else None


def _repeated(number: int, cells: Cells, header: Header, known: Mapping[str, str]) -> Header | None:
    """The row as a header printed again; None when it is none."""
    if not all(
        isinstance(cell := _at(cells, column), str) and name_in(cell, known)
        for column in list(header.names)[:HEADER_CODES]
    ):
        return None
    again = as_header(number, cells, known)
    return again if 2 * len(again.names) >= len(header.names) else None


def _is_no_record(
    cells: Cells, found: Mapping[str, Plain], header: Header, wide: bool, form: SheetForm | None
) -> bool:
    """Whether a row that lacks required cells is a subtotal, a title, or signed: `Checked by`."""
    given = _required(found, form) if form else []
    if form and not _is_poor(given, form):
        return _sums_up(cells, given, form)
    if form is None and 2 * len(found) > max(len(header.names), HEADER_CODES):
        return False
    row = [cell for cell in cells if not is_blank(cell)]
    if any(map(_is_total, row)):
        return True
    leftmost = header.names[min(header.names)]
    if len(row) == 1:
        return len(header.names) > 1 and (wide or leftmost in found or bool(given))
    is_signed = form is not None and len(row) == 2 and leftmost in form.required
    return is_signed and leftmost in found and not _has_digit(found[leftmost])


def _sums_up(cells: Cells, given: Sequence[Plain], form: SheetForm) -> bool:
    """Whether a row that repeats its school or its inspection is a subtotal: it says so plainly."""
    if len(given) == len(form.required):
        return False
    told = sum(not _is_total(cell) for cell in given)
    return told + 2 <= len(form.required) and any(
        isinstance(cell, str) and _TOTAL_ALONE.fullmatch(tidy(cell)) for cell in cells
    )


def _is_poor(given: Sequence[Plain], form: SheetForm) -> bool:
    """Whether most required cells are empty; the word "total" is no value of any."""
    if len(given) == len(form.required):
        return False
    return 2 * sum(not _is_total(cell) for cell in given) < len(form.required)


def _is_total(cell: Plain | Broken | None) -> bool:
    return isinstance(cell, str) and bool(_TOTAL.fullmatch(tidy(cell)))


def _is_labels(found: Mapping[str, Plain], form: SheetForm) -> bool:
    """Whether a row holds names of columns, or their numbers: (1), (2), (3).

    Dates, ids and places of a record all hold a digit, and its numbers are cells of digits alone.
    """
    if _are_counted(found):
        return True
    if any(map(_is_number, found.values())):
        return False
    required = _required(found, form)
    if len(required) >= HEADER_CODES:
        return not any(map(_has_digit, required))
    return len(found) > 1 and not any(map(_has_digit, found.values()))


def _is_number(cell: Plain) -> bool:
    if not isinstance(cell, str):
        return True
    return any(map(str.isdecimal, cell)) and not any(map(str.isalpha, cell))


def _are_counted(found: Mapping[str, Plain]) -> bool:
    texts = [re.sub(r"[^\d]", "", key_text(cell)) for cell in found.values() if _is_number(cell)]
    numbers = [int(text) for text in texts if 0 < len(text) < 4]
    return len(numbers) == len(found) >= HEADER_CODES and all(
        before < after for before, after in pairwise(numbers)
    )


def _is_burmese(cells: Cells, header: Header) -> bool:
    """Whether the row below a header of codes holds a Burmese label for most of them."""
    labels = [
        cell for column in header.names
        if isinstance(cell := _at(cells, column), str) and _BURMESE.search(cell)
        and not _has_digit(cell)
    ]  # fmt: skip
    return len(labels) >= HEADER_CODES and 10 * len(labels) >= 8 * len(header.names)


def _required(found: Mapping[str, Plain], form: SheetForm) -> list[Plain]:
    return [found[code] for code in form.required if code in found]


def _has_digit(cell: Plain) -> bool:
    return not isinstance(cell, str) or any(c.isdecimal() for c in _BRACKETS.sub("", cell))
