"""Finds the table in each sheet of a file and gives its rows, one by one. Knows column codes only.

Offices put titles above the header, labels below it, subtotals between the records and one sheet
a grade; none of these is a record, and none may hide one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import cast

from adapters.sdk.cells import DITTO, Broken, Plain, key_text
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
    told_by_name,
)
from adapters.sdk.table_rows import at, is_burmese, is_labels, is_no_record
from adapters.sdk.unpack import UnreadableError
from contracts.cells import NO_VALUES
from contracts.errors import Reason

LABELS_WITHIN = 2  # rows below the header
REMEMBERED = 10_000
_ONE_DIGIT = str.maketrans("123456789", "000000000")
_NO_PLAIN = frozenset(Broken) | NO_VALUES | DITTO


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
    notes: list[str] = field(default_factory=list)
    _told: Mapping[str, str] = field(default_factory=dict)
    _broken: dict[tuple[str, Broken], list[int]] = field(default_factory=dict)
    _differing: dict[str, list[int]] = field(default_factory=dict)
    _has_twins: bool = False
    _above: Mapping[str, Plain] = field(default_factory=dict, repr=False)

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
            if len(first) >= HEADER_WITHIN + LABELS_WITHIN:
                break
        told = told_by_name(grid.sheet, self.form)
        header = find_header(first, self.form, told)
        if header is None:
            if self.form and any(is_wide(cells, self.form) for _, cells in grid.rows):
                raise UnreadableError(no_header(self.form))
            return None
        self.columns += [name for name in header.names.values() if name not in self.columns]
        self.extra += header.extra
        self._told = {name: it for name, it in told.items() if name not in header.names.values()}
        self.notes += [f"sheet {grid.sheet}: its name gives the {name}" for name in self._told]
        below = [row for row in first if row[0] > header.number]
        if self.form is None and below and is_burmese(below[0][1], header):
            del below[0]
        return header, chain(below, grid.rows)

    def _records(self, grid: Grid, header: Header, rows: Iterator[NumberedRow]) -> Iterator[Row]:
        form = _form_without(self._told, self.form)
        known = known_names(form.columns if form else header.names.values())
        columns = sorted(header.names.items())
        self._has_twins = len(columns) > len(set(header.names.values()))
        self._above = {}
        of_first: dict[object, bool] = {}  # a code, or the shape of an id: it comes again
        below = 0
        for number, cells in rows:
            below += 1
            first = at(cells, columns[0][0])
            shape = first.translate(_ONE_DIGIT) if type(first) is str else None
            if shape not in of_first:
                if len(of_first) > REMEMBERED:
                    of_first.clear()
                of_first[shape] = name_in(first, known) is not None
            if of_first[shape] and (repeated := _repeated(number, cells, header, known)):
                header, columns, below = repeated, sorted(repeated.names.items()), 0
                continue  # printed again on a new page, perhaps in another order
            found = self._found(number, cells, columns)
            if found and not (
                is_no_record(cells, found, header, number in grid.wide, form)
                or (form and below <= LABELS_WITHIN
                    and (is_labels(found, form) or is_burmese(cells, header)))
            ):  # fmt: skip
                self._above = found
                cells_of = {**self._told, **found} if self._told else found
                yield Row(sheet=grid.sheet, sheet_index=grid.index, number=number, cells=cells_of)

    def _found(
        self, number: int, cells: Cells, columns: Sequence[tuple[int, str]]
    ) -> dict[str, Plain]:
        """Return what stands under the names, and keep note of what should and does not."""
        if len(cells) <= columns[-1][0]:
            cells = cells + [None] * (columns[-1][0] + 1 - len(cells))
        found = {name: cell for column, name in columns if (cell := cells[column]) is not None}
        if self._has_twins:
            found = self._first_of_twins(number, cells, columns)
        if not _NO_PLAIN.isdisjoint(found.values()):
            return dict(self._meant(number, found))
        return cast(dict[str, Plain], found)

    def _first_of_twins(
        self, number: int, cells: Cells, columns: Sequence[tuple[int, str]]
    ) -> dict[str, Plain | Broken]:
        """Return the first filled cell of each name, and keep note where a second one differs."""
        found: dict[str, Plain | Broken] = {}
        for column, name in columns:
            cell = cells[column]
            if cell is not None and key_text(found.setdefault(name, cell)) != key_text(cell):
                self._differing.setdefault(name, []).append(number)
        return found

    def _meant(
        self, number: int, found: Mapping[str, Plain | Broken]
    ) -> Iterator[tuple[str, Plain]]:
        """Give what cells mean that hold no value of their own: a dash, or the one above."""
        for name, cell in found.items():
            if isinstance(cell, Broken):
                self._broken.setdefault((name, cell), []).append(number)
            elif cell in DITTO and self._above:
                if name in self._above:
                    yield name, self._above[name]
            elif cell not in NO_VALUES:
                yield name, cell

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
        for name, rows in self._differing.items():
            more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
            reason = Reason(
                code="column_twice", column=name, where=f"{sheet}, row {rows[0]}{more}",
                message=f"two columns are called {name} and differ; the first one counts",
                next_step="rename or delete one of them and send the file again",
            )  # fmt: skip
            self.problems.append(Problem(sheet=sheet, reason=reason))
        self._broken.clear()
        self._differing.clear()


def _form_without(told: Mapping[str, str], form: SheetForm | None) -> SheetForm | None:
    """The form of a sheet's rows, which need not hold what its name tells."""
    if form is None or not told:
        return form
    required = tuple(code for code in form.required if code not in told)
    return form.model_copy(update={"required": required})


def _repeated(number: int, cells: Cells, header: Header, known: Mapping[str, str]) -> Header | None:
    """The row as a header printed again; None when it is none."""
    if not all(
        isinstance(cell := at(cells, column), str) and name_in(cell, known)
        for column in list(header.names)[:HEADER_CODES]
    ):
        return None
    again = as_header(number, cells, known)
    return again if 2 * len(again.names) >= len(header.names) else None
