"""The sheets of any table file, by its content. What a cell means is no business of this file."""

import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from adapters.sdk.csv_grid import csv_grids
from adapters.sdk.grid import Grid
from adapters.sdk.manifest import SheetForm
from adapters.sdk.table import Row, Tables
from adapters.sdk.unpack import NOT_A_WORKBOOK, PACKED, TOO_LARGE, UnreadableError
from adapters.sdk.zawgyi_columns import ORIGINALS

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the older Office format, and any encrypted newer one
MAX_WHOLE = 64 * 2**20  # bytes of a file whose format can only be read whole


def grids_in(file: BinaryIO, kind: str) -> Iterator[Grid]:
    """Give the sheets one after the other. Raises UnreadableError."""
    start = file.read(8)
    file.seek(0)
    if kind == "csv" and not start.startswith((PACKED, _OLD)):
        return csv_grids(file)
    if start.startswith(PACKED) and kind != "ods":
        from adapters.sdk.xlsx_grid import xlsx_grids

        return xlsx_grids(file)
    if start.startswith((_OLD, PACKED)):
        return _whole(file, is_zip=start.startswith(PACKED))
    rest = start + file.read(2**20)
    raise UnreadableError(NOT_A_WORKBOOK, unfinished=not rest.strip(b"\0"))


def read_workbook(content: bytes | BinaryIO, form: SheetForm | None) -> Tables:
    """Return the tables of a workbook, to be read once. Raises UnreadableError, also later."""
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    return Tables(grids_in(file, "xlsx"), form)


def _whole(file: BinaryIO, *, is_zip: bool) -> Iterator[Grid]:
    from adapters.sdk.grid_whole import whole_grids

    content = file.read(MAX_WHOLE + 1)
    if len(content) > MAX_WHOLE:
        raise UnreadableError(TOO_LARGE)
    return whole_grids(content, is_zip=is_zip)


def body_of(row: Row) -> Mapping[str, Any]:
    """Return the row's cells as a record's body, the originals of converted texts among them."""
    return {**row.cells, ORIGINALS: dict(row.originals)} if row.originals else row.cells
