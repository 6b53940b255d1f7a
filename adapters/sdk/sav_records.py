"""The rows of an SPSS file (.sav, .zsav), some thousand at a time. Codes stay numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from adapters.sdk.cells import Plain, plain
from adapters.sdk.unpack import UnreadableError
from contracts.errors import Reason

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What an SPSS file says of its columns: their labels, and the labels of their codes."""

    columns: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[Plain, str]] = field(default_factory=dict)


def open_survey(path: Path) -> Survey:
    """Read the dictionary of the file. Raises UnreadableError."""
    _, about = _read(path, metadataonly=True)
    named = {name: label for name, label in about.column_names_to_labels.items() if label}
    codes = {
        name: {
            code: str(text) for value, text in labels.items() if (code := plain(value)) is not None
        }
        for name, labels in about.variable_value_labels.items()
    }
    return Survey(columns=tuple(about.column_names), labels=named, codes=codes)


def survey_rows(path: Path) -> Iterator[tuple[int, dict[str, Plain]]]:
    """Give the rows with their numbers from 1; a value that the survey declares missing stays."""
    start = 0
    while True:
        columns, _ = _read(path, row_offset=start, row_limit=ROWS_AT_ONCE)
        lists = {name: _plain_list(values) for name, values in columns.items()}
        count = max((len(values) for values in lists.values()), default=0)
        for at in range(count):
            found = ((name, _cell(values[at])) for name, values in lists.items())
            yield start + at + 1, {name: cell for name, cell in found if cell is not None}
        start += count
        if count < ROWS_AT_ONCE:
            return


def _read(path: Path, **how: Any) -> tuple[Mapping[str, Any], Any]:
    import pyreadstat

    try:
        found: tuple[Mapping[str, Any], Any] = pyreadstat.read_sav(
            str(path), output_format="dict", user_missing=True, **how
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError):
        raise UnreadableError(_NOT_A_SURVEY) from None
    return found


def _plain_list(values: Any) -> list[object]:  # noqa: ANN401 - an array of numpy
    """The library gives arrays, and lists where the values are of several kinds."""
    return values if isinstance(values, list) else list(values.tolist())


def _cell(value: object) -> Plain | None:
    if isinstance(value, float) and not isfinite(value):
        return None  # how the format says that there is no answer
    if isinstance(value, datetime | date):
        return value.isoformat()
    return plain(value.rstrip() if isinstance(value, str) else value)


_NOT_A_SURVEY = Reason(
    code="not_a_survey",
    message="the file is no SPSS file (.sav), or it is damaged",
    next_step="save it again from the statistics program, and send it again",
)
