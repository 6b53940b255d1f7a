"""Small workbooks as offices write them, for tests. All persons are made up."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import openpyxl

INSPECTION = (
    "insp_id", "insp_date", "office_code", "wp_name", "wp_township",
    "child_found", "child_no", "child_name", "child_hours_week",
)  # fmt: skip
SCHOOL = ("township_pcode", "school_code", "month", "student_no", "name_my", "status")


def found(insp: object, child: object, name: str = "Made Up", hours: object = 20) -> list[object]:
    """A row of an inspection that found a child."""
    return [insp, "2026-01-05", "YGN", "Tea shop", "MMR013001", "yes", child, name, hours]


def found_none(insp: object) -> list[object]:
    """A row of an inspection that found none."""
    return [insp, "2026-01-05", "YGN", "Tea shop", "MMR013001", "no", None, None, None]


def pupil(number: object, month: object = "2026-01") -> list[object]:
    """A pupil's row."""
    return ["MMR013001", "0012", month, number, "Made Up", "enrolled"]


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A workbook of these sheets, given row by row."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(inbox: Path, name: str, content: bytes, *, at: int = 1_767_600_000) -> Path:
    """Put a file into a folder, with its time in whole seconds."""
    inbox.mkdir(parents=True, exist_ok=True)
    path = inbox / name
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path
