"""Writes XLSX files as offices really do: titles, second headers, subtotals, odd cells.

The same rows, name and instant give the same bytes. Knows columns and habits, not what they mean.
"""

import io
import os
import random
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from adapters.sandbox.columns import COLUMNS, DATES, LABELS_MY, NUMBERS, TITLES
from adapters.sandbox.entries import Json
from adapters.sandbox.words import DIGITS_MY

_SEXES = {"M": ("M", "ကျား", "male"), "F": ("F", "မ", "female")}
_EXCEL_DAY_ZERO = date(1899, 12, 30).toordinal()
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - the file format has no zones


def render(system: str, name: str, sheets: dict[str, list[Json]]) -> bytes:
    """Return the workbook's bytes; its habits are drawn from its name."""
    rng = random.Random(f"habits of {name}")  # noqa: S311 - a name makes its habits
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False})
    book.set_properties({"created": _MADE})
    formats = {
        "date": book.add_format({"num_format": "dd/mm/yyyy"}),
        "bold": book.add_format({"bold": True}),
    }
    for title, rows in sheets.items():
        _Sheet(system, book.add_worksheet(title), formats, rng).fill(rows)
    book.close()
    return out.getvalue()


def place(path: Path, content: bytes, at: datetime, *, copied: float = 1.0) -> None:
    """Put a file into a folder with the country's time on it.

    It appears whole, by a rename; with `copied` below 1 only its first part is there, as when
    someone copies it over a slow line.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f".{path.name}.part")
    with whole.open("wb") as file:
        file.write(content[: int(len(content) * copied)])
        file.flush()
        os.fsync(file.fileno())
    os.utime(whole, (at.timestamp(), at.timestamp()))
    whole.replace(path)


class _Sheet:
    """One sheet: a few title rows, the header, the records, now and then a subtotal."""

    def __init__(
        self, system: str, sheet: Worksheet, formats: dict[str, object], rng: random.Random
    ) -> None:
        self._system, self._sheet, self._formats, self._rng = system, sheet, formats, rng
        self._columns = list(COLUMNS[system])
        if rng.random() < 0.4:
            moved = self._columns.pop(rng.randrange(4, len(self._columns)))
            self._columns.append(moved)
        if rng.random() < 0.3:
            self._columns.insert(0, "serial_no")  # a column of their own, which nobody asked for
        self._row = 0

    def fill(self, rows: list[Json]) -> None:
        self._titles()
        self._line(self._columns, bold=True)
        if self._rng.random() < 0.6:
            self._line([LABELS_MY.get(code, code) for code in self._columns])
        subtotals = self._rng.random() < 0.6
        for number, row in enumerate(rows, start=1):
            self._record(number, row)
            if subtotals and number % 4 == 0:
                self._subtotal(4)
            if self._rng.random() < 0.1:
                self._row += 1  # an empty row
        if subtotals:
            self._subtotal(len(rows))

    def _titles(self) -> None:
        for text in TITLES[self._system][: self._rng.randrange(4)]:
            if self._rng.random() < 0.5:
                self._sheet.merge_range(self._row, 0, self._row, 5, text, self._formats["bold"])
            else:
                self._sheet.write_string(self._row, 0, text)
            self._row += 1

    def _line(self, texts: list[str], *, bold: bool = False) -> None:
        for column, text in enumerate(texts):
            self._sheet.write_string(
                self._row, column, text, self._formats["bold"] if bold else None
            )
        self._row += 1

    def _subtotal(self, count: int) -> None:
        label = self._rng.choice(("စုစုပေါင်း", "Total"))
        self._sheet.write_string(self._row, 0, label)
        self._sheet.write_number(self._row, len(self._columns) - 1, count)
        self._row += 1

    def _record(self, number: int, row: Json) -> None:
        for column, code in enumerate(self._columns):
            value = number if code == "serial_no" else row.get(code)
            if value is not None:
                self._cell(column, code, value)
        self._row += 1

    def _cell(self, column: int, code: str, value: object) -> None:
        cell = self._habit(code, value)
        if isinstance(cell, date):
            self._sheet.write_datetime(self._row, column, cell, self._formats["date"])
        elif isinstance(cell, str):
            self._sheet.write_string(self._row, column, cell)
        else:
            self._sheet.write_number(self._row, column, cell)

    def _habit(self, code: str, value: object) -> object:
        """Return the value in one of the forms in which offices write it."""
        if code in DATES:
            return self._date(date.fromisoformat(str(value)))
        if code == "month" and self._rng.random() < 0.2:
            return date.fromisoformat(f"{value}-01")
        if code in {"sex", "child_sex"}:
            return self._rng.choice(_SEXES[str(value)])
        if code in NUMBERS or isinstance(value, int):
            text = str(value)
            return self._rng.choice((value, value, value, text, text.translate(DIGITS_MY)))
        if self._rng.random() < 0.03:
            return f"{value}\u00a0"
        return value

    def _date(self, day: date) -> object:
        numeric = f"{day:%d/%m/%Y}"
        forms: tuple[object, ...] = (
            day, day, str(day), numeric, f"{day.day}.{day.month}.{day:%y}",
            day.toordinal() - _EXCEL_DAY_ZERO, f"{day:%d/%m}/{day.year + 543}",
            numeric.translate(DIGITS_MY),
        )  # fmt: skip
        return self._rng.choice(forms)
