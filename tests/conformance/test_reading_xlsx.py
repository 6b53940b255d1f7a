"""Workbooks streamed slice by slice: the same cells as a reader that holds the whole sheet."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from python_calamine import CalamineWorkbook

from adapters.sdk.cells import Broken, is_blank, plain
from adapters.sdk.reading_sheets import grids_in
from tests.bench.workbook import write

Sheets = dict[str, dict[tuple[int, int], Any]]
TEXTS = st.one_of(
    st.sampled_from([
        "", " ", "\ue0f1\ue0f2\ue0f5", "\u200b", "မောင်လှ", " a ", "a\nb", "&<>\"'", "_x000D_", "007",
        "#N/A", "TRUE", 't="s"><v>5', "]]>", "=1+1",
    ]),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=12),
)  # fmt: skip
DATES = st.dates(date(1904, 1, 2), date(2100, 1, 1))
TIMES = st.times().map(lambda at: at.replace(microsecond=0, fold=0))
VALUES = st.one_of(
    TEXTS, st.booleans(), st.integers(-(10**9), 10**9), DATES, TIMES,
    st.floats(-1e6, 1e6).map(lambda number: round(number, 4)),
    st.builds(datetime.combine, DATES, TIMES),
)  # fmt: skip
PLACES = st.tuples(
    st.one_of(st.integers(1, 30), st.sampled_from([999, 1000, 1001, 1999, 2000])),
    st.one_of(st.integers(1, 8), st.sampled_from([26, 27])),
)
SHEETS: st.SearchStrategy[Sheets] = st.dictionaries(
    st.sampled_from(["A", "ဇန်နဝါရီ", "Grade 1", "x & y"]),
    st.dictionaries(PLACES, VALUES, max_size=40), min_size=1, max_size=3,
)  # fmt: skip
Cells = Mapping[tuple[int, int], object]
Maker = Callable[[Sheets, bool, bool], bytes]


def by_openpyxl(sheets: Sheets, odd: bool, from_1904: bool) -> bytes:
    """Texts are inline; `odd` adds rich text, an error and a hidden sheet."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    if from_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for name, cells in sheets.items():
        sheet = book.create_sheet(name)
        for (row, column), value in cells.items():
            cell = sheet.cell(row, column)
            if isinstance(value, str):
                cell.value, cell.data_type = value, "s"  # no formula, whatever it looks like
            else:
                cell.value = value
        if odd:
            rich = CellRichText("a", TextBlock(InlineFont(b=True), "b "))
            sheet["C3"], sheet["D4"] = rich, "#REF!"
            sheet["D4"].data_type = "e"
            sheet.sheet_state = "hidden" if len(book.worksheets) > 1 else "visible"
    return saved(book)


def by_xlsxwriter(sheets: Sheets, odd: bool, from_1904: bool) -> bytes:
    """Texts are shared, or inline where `odd` saves memory; formulas have results."""
    out = io.BytesIO()
    how = {"in_memory": not odd, "constant_memory": odd, "date_1904": from_1904,
           "strings_to_formulas": False, "strings_to_urls": False}  # fmt: skip
    with xlsxwriter.Workbook(out, how) as book:
        formats = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            time: book.add_format({"num_format": "hh:mm"}),
        }
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for row, column in sorted(cells):
                value = cells[row, column]
                place = (row - 1, column - 1)
                if isinstance(value, date | time):
                    sheet.write_datetime(*place, value, formats[type(value)])
                elif isinstance(value, str):
                    sheet.write_string(*place, value)
                elif isinstance(value, bool):
                    sheet.write_boolean(*place, value)
                elif value == 7:
                    sheet.write_formula(*place, "=3+4", None, 7)
                else:
                    sheet.write_number(*place, value)
    return out.getvalue()


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def streamed(content: bytes) -> Sequence[tuple[str, Cells]]:
    """Every cell that is not empty, by its row and column; errors as if there were nothing."""
    found = []
    for grid in grids_in(io.BytesIO(content), "xlsx"):
        cells = {
            (number, column): cell
            for number, row in grid.rows for column, cell in enumerate(row, 1)
            if cell is not None and not isinstance(cell, Broken)
        }  # fmt: skip
        found.append((grid.sheet, cells))
    return found


def held(content: bytes) -> Sequence[tuple[str, Cells]]:
    """The same from the reader that holds each sheet whole."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        cells = {
            (number, column): plain(cell)
            for number, row in enumerate(rows, 1) for column, cell in enumerate(row, 1)
            if not is_blank(plain(cell))
        }  # fmt: skip
        found.append((name, cells))
    return found


@pytest.mark.parametrize("make", [by_openpyxl, by_xlsxwriter])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheets=SHEETS, odd=st.booleans(), from_1904=st.booleans())
def test_slices_hold_the_cells_of_the_whole(
    make: Maker, sheets: Sheets, odd: bool, from_1904: bool
) -> None:
    """Whatever program wrote the file, and however wide, long or empty its sheets are."""
    content = make(sheets, odd, from_1904)
    assert streamed(content) == held(content)


def test_a_column_far_to_the_right_is_read_as_well() -> None:
    """Letters of three are rare, and take the careful way."""
    cells = {(1, 1): "a ", (1, 702): 1, (2, 703): " b", (40, 16_384): date(2026, 1, 5)}
    content = by_openpyxl({"S": cells}, odd=True, from_1904=False)
    found = dict(streamed(content))["S"]
    assert found == {**cells, (3, 3): "ab ", (40, 16_384): "2026-01-05"}


def changed(content: bytes, change: Callable[[str, str], str]) -> bytes:
    """The same workbook with its XML written in another way."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good, zipfile.ZipFile(out, "w") as packed:
        for name in good.namelist():
            packed.writestr(name, change(name, good.read(name).decode()))
    return out.getvalue()


def prefixed(name: str, xml: str) -> str:
    """As some libraries write it: every element of a sheet with the prefix of its namespace."""
    if "worksheets/" not in name and "sharedStrings" not in name:
        return xml
    xml = re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", xml)
    return xml.replace("xmlns=", "xmlns:x=")


ODD_WAYS: dict[str, Callable[[str, str], str]] = {
    "prefixes": prefixed,
    "comments": lambda _, xml: xml.replace("<row ", "<!-- page --><row "),
    "quotes": lambda _, xml: xml.replace('t="s"', "t='s'"),
    "blanks": lambda _, xml: xml.replace(' t="s"', '\n t = "s" '),
    "order": lambda _, xml: xml.replace("<c r=", "<c cm='0' r="),
}  # fmt: skip


@pytest.mark.parametrize("way", ODD_WAYS)
def test_unusual_xml_says_the_same(way: str) -> None:
    """Prefixes, comments, single quotes and other orders are all XML."""
    sheets: Sheets = {
        "S": {(row, column): f"r{row} & c{column}" for row in (1, 2, 1500) for column in (1, 2)}
    }
    content = by_xlsxwriter(sheets, odd=False, from_1904=False)
    assert streamed(changed(content, ODD_WAYS[way])) == [("S", sheets["S"])]


def test_cells_without_references_stand_one_after_the_other() -> None:
    """The format allows it, and some programs do it."""
    content = by_xlsxwriter({"S": {(1, 1): 1, (1, 2): 2, (2, 1): 3}}, odd=False, from_1904=False)
    bare = changed(
        content,
        lambda name, xml: re.sub(r' r="[A-Z]*\d+"', "", xml) if "worksheets" in name else xml,
    )
    assert streamed(bare) == [("S", {(1, 1): 1, (1, 2): 2, (2, 1): 3})]


def test_marked_text_is_read_where_the_reader_alone_would_lose_it() -> None:
    """Characters set apart (CDATA) are text as well."""
    content = by_xlsxwriter({"S": {(1, 1): "abc"}}, odd=False, from_1904=False)
    apart = changed(content, lambda _, xml: xml.replace("<t>abc</t>", "<t>a<![CDATA[b&]]>c</t>"))
    assert streamed(apart) == [("S", {(1, 1): "ab&c"})]


def cells_of(book: openpyxl.Workbook) -> dict[tuple[int, int], object]:
    """Every cell of the first sheet, what is broken too."""
    grids = grids_in(io.BytesIO(saved(book)), "xlsx")
    grid = next(grids)
    return {
        (number, column): cell
        for number, row in grid.rows for column, cell in enumerate(row, 1) if cell is not None
    }  # fmt: skip


def test_errors_and_formulas_without_results_are_seen() -> None:
    """A reader that gives nothing for them would make a missing value of each."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["B1"], sheet["C1"] = "=1+1", "#N/A", "text"
    sheet["B1"].data_type = "e"
    assert cells_of(book) == {(1, 1): Broken.NO_VALUE, (1, 2): Broken.ERROR, (1, 3): "text"}


def test_the_text_that_a_formula_left_empty_is_empty() -> None:
    """`=IF(A1="","",A1)` is how offices copy columns."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, '=IF(B1="","",B1)', None, "")
        sheet.write_formula(0, 1, '="a"&"b"', None, "ab")
    assert streamed(out.getvalue()) == [("Sheet1", {(1, 2): "ab"})]


@pytest.mark.parametrize("rows", [["A1:A3"], ["A1:B3"], ["A1:A3", "A1:A3"], ["A3:A900"], ["Z1:Z9"]])
def test_merged_cells_reach_down_and_never_sideways(rows: Sequence[str]) -> None:
    """Into every row that holds something of its own."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for number in range(1, 5):
        sheet.cell(number, 3, number)
    sheet["A1"], sheet["A3"] = "one", "three"
    for reference in rows:
        sheet.merge_cells(reference)
    first = [cells_of(book).get((number, 1)) for number in range(1, 5)]
    expected: dict[str, list[str | None]] = {
        "A1:A3": ["one", "one", "one", None], "A1:B3": ["one", "one", "one", None],
        "A3:A900": ["one", None, "three", "three"], "Z1:Z9": ["one", None, "three", None],
    }  # fmt: skip
    assert first == expected[rows[0]]


def test_durations_keep_their_form() -> None:
    """Hours that were worked are sometimes typed as a time."""
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = timedelta(hours=30)
    assert streamed(saved(book)) == held(saved(book))


_CHILD = """
import sys
from pathlib import Path
from adapters.emis.adapter import Emis
from datetime import datetime, UTC
from tests.bench.workbook import peak_of_this_process
desk = Emis(Path(sys.argv[1]), clock=lambda: datetime(2026, 1, 6, tzinfo=UTC))
checkpoint, count, more = None, 0, True
while more:
    batch = desk.pull(checkpoint, 500)
    checkpoint, more = batch.checkpoint, batch.more
    count += len(batch.records)
print(count, peak_of_this_process())
"""


def _pulled(home: Path, rows: int) -> tuple[int, int]:
    (home / "inbox").mkdir(parents=True)
    write(home / "inbox" / "pupils.xlsx", rows)
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(home)], capture_output=True, text=True, check=True
    )
    count, peak = done.stdout.split()
    return int(count), int(peak)


def test_three_times_the_rows_take_no_three_times_the_memory(tmp_path: Path) -> None:
    """From a folder, in batches, with the search for two persons under one key."""
    (few, low), (many, high) = (_pulled(tmp_path / str(rows), rows) for rows in (5_000, 15_000))
    assert (few, many) == (5_000, 15_000)
    assert high <= 1.3 * low
