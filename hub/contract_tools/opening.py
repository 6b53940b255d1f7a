"""Opens a file for the contract tools; one that holds nothing says so, whatever its kind."""

from contextlib import closing
from pathlib import Path

from adapters.sdk.manifest import SheetForm
from adapters.sdk.plain_file import NotPlainError, open_plain_file
from adapters.sdk.reading import KINDS, MAX_FILE, ReadFile, open_file
from adapters.sdk.reading_sheets import grids_in
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason

TABLES = frozenset({"xlsx", "xls", "ods", "csv"})
NO_RECORDS = Reason(
    code="no_records", message="the file holds no record",
    next_step="give a file with some records; in a table, below a row of column names",
)  # fmt: skip


def opened(path: Path, form: SheetForm | None = None) -> ReadFile:
    """Open a file as `open_file` does. Raises UnreadableError, NO_RECORDS for an empty one."""
    try:
        return open_file(path, form=form)
    except UnreadableError:
        if _is_empty(path):
            raise UnreadableError(NO_RECORDS) from None
        raise


def _is_empty(path: Path) -> bool:
    """Tell whether a file has no byte, or is a table without a filled cell."""
    kind = KINDS.get(path.suffix.lower(), "")
    try:
        with closing(open_plain_file(path, MAX_FILE)) as file:
            if not file.read(1):
                return True
            file.seek(0)
            rows = (row for grid in grids_in(file, kind) for row in grid.rows)
            return kind in TABLES and next(rows, None) is None
    except (UnreadableError, NotPlainError, OSError):
        return False
