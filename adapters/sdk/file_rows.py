"""The rows of an opened file, once, whatever its kind. Gives them no meaning, closes nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

from adapters.sdk.manifest import SheetForm
from adapters.sdk.reading_sheets import grids_in
from adapters.sdk.table import Problem, Row, Tables
from adapters.sdk.unpack import UnreadableError
from adapters.sdk.zawgyi_columns import Encodings
from contracts.errors import Reason
from contracts.guessing import code_name

Kind = Literal["xlsx", "xls", "ods", "csv", "json", "jsonl", "sav"]
KINDS: Mapping[str, Kind] = {
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods", ".csv": "csv", ".tsv": "csv",
    ".txt": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".sav": "sav",
    ".zsav": "sav",
}  # fmt: skip
TABLES: frozenset[Kind] = frozenset({"xlsx", "xls", "ods", "csv"})
LOOKED_AT = 200  # records of a document, for the names in them


@dataclass(slots=True, kw_only=True)
class FileRows:
    """One reading of a file. `columns`, `problems` and `extra` fill while the rows are taken.

    `found` are the rows as they stand in the file; `rows` the same with Zawgyi converted.
    """

    found: Iterator[Row] = field(repr=False)
    columns: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encodings: Encodings = field(default_factory=Encodings)

    def rows(self) -> Iterator[Row]:
        """Give the rows. Raises UnreadableError for what shows only on the way."""
        return self.encodings.rows(self.found)


def rows_of(
    file: BinaryIO, kind: Kind, sheet: SheetForm | None, needed: Iterable[str] = ()
) -> FileRows:
    """Read a file from its start: a table by its header, a document record by record.

    Of a document whose first records hold none of the fields that are `needed` nothing is given.
    """
    file.seek(0)
    if kind in TABLES:
        tables = Tables(grids_in(file, kind), sheet)
        return FileRows(
            found=tables.rows(), columns=tables.columns, problems=tables.problems,
            extra=tables.extra, notes=tables.notes,
        )  # fmt: skip
    numbered = (Row(sheet="", sheet_index=0, number=n, cells=r) for n, r in numbered_in(file, kind))
    return FileRows(found=_of_this_form(numbered, tuple(needed)))


def numbered_in(file: BinaryIO, kind: Kind) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the records of a document or a survey with their numbers, as its reader counts them."""
    if kind == "sav":
        from adapters.sdk.sav_records import survey_rows

        # The library wants a path; this one is the file that was opened, and no other.
        return survey_rows(Path(f"/dev/fd/{file.fileno()}"))
    from adapters.sdk.json_records import records_by_line, records_in

    return enumerate(records_in(file.read()), 1) if kind == "json" else records_by_line(file)


def _of_this_form(rows: Iterator[Row], needed: tuple[str, ...]) -> Iterator[Row]:
    first = list(islice(rows, LOOKED_AT))
    codes = set(map(code_name, needed))
    if first and codes and not any(code_name(name) in codes for row in first for name in row.cells):
        raise UnreadableError(_another_form(needed))
    return chain(first, rows)


def _another_form(needed: tuple[str, ...]) -> Reason:
    return Reason(
        code="column_missing", column=needed[0],
        message=f"the records lack {'; '.join(needed)}",
        next_step="put the file into the folder of its own form, or export it with these fields",
    )  # fmt: skip
