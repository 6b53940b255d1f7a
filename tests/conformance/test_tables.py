"""Workbooks as offices really write them: what is a record, and what only looks like one."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import openpyxl
import pytest
import xlsxwriter

from adapters.sdk.cells import key_text, plain
from adapters.sdk.manifest import SheetForm, load_manifest
from adapters.sdk.reading_sheets import read_workbook
from adapters.sdk.table import Problem, Row
from adapters.sdk.unpack import UnreadableError
from contracts import source_contract
from contracts.row_keys import keys_of
from tests.conformance.sheets import INSPECTION, SCHOOL, found, found_none, pupil, workbook

FORM = load_manifest("adapters.labour_inspection").sheet or pytest.fail("no form")
SCHOOL_FORM = load_manifest("adapters.emis").sheet or pytest.fail("no form")
LABELS = ("စစ်ဆေးမှု", "နေ့ (DD/MM/2026)", "ရုံး", "အမည်", "မြို့နယ်", "တွေ့", "စဉ်", "အမည်", "နာရီ")


@dataclass
class Book:
    """What a workbook holds, read to its end."""

    rows: list[Row]
    problems: list[Problem]
    extra: list[str]


def _book(content: bytes, form: SheetForm | None = FORM) -> Book:
    tables = read_workbook(content, form)
    return Book(list(tables.rows()), tables.problems, tables.extra)


def _read(rows: Sequence[Sequence[object]], form: SheetForm = FORM) -> Book:
    return _book(workbook(Sheet=rows), form)


def test_titles_labels_blanks_and_subtotals_are_no_records() -> None:
    """Only the three inspections remain, with the row numbers that Excel shows."""
    rows: Sequence[Sequence[object]] = [
        ("Ministry of Labour",), ("အလုပ်ရုံစစ်ဆေးရေး",), (), INSPECTION, LABELS, found("I-1", 1), (),
        ("စုစုပေါင်း ၁ ဦး", None, None, None, None, None, None, None, 20), found("I-2", 1),
        (None, None, None, "Sub-total:", None, None, None, None, 20), found_none("I-3"),
        ("Total", None, None, None, None, None, None, None, 40),
    ]  # fmt: skip
    book = _read(rows)
    assert [row.number for row in book.rows] == [6, 9, 11]
    assert not book.problems


def test_a_poor_record_is_still_a_record() -> None:
    """A child with a name and nothing else, and a row without its key, are given."""
    nameless = [None, "2026-01-05", "YGN", "Total Tea", "MMR013001", "yes", 1, "Made Up", 20]
    only_name = [None, None, None, None, None, None, None, "Made Up", None]
    book = _read([INSPECTION, found("I-0", 1), found("I-0", 2), nameless, only_name])
    assert [row.number for row in book.rows] == [2, 3, 4, 5]


def test_columns_may_stand_in_any_order_and_strange_ones_are_counted() -> None:
    """The codes decide, not the places."""
    turned = (*reversed(INSPECTION), "inspector mood")
    book = _read([turned, [*reversed(found("I-1", 1)), "good"]])
    assert book.rows[0].cells["insp_id"] == "I-1"
    assert "inspector mood" not in book.rows[0].cells
    assert book.extra == ["inspector mood"]


def test_a_header_printed_again_is_no_record_and_may_change_the_order() -> None:
    """Long lists repeat their header on each page."""
    again = [*reversed(INSPECTION)]
    book = _read([INSPECTION, found("I-1", 1), again, [*reversed(found("I-2", 1))]])
    assert [row.cells["insp_id"] for row in book.rows] == ["I-1", "I-2"]


def test_every_sheet_is_read_and_one_bad_sheet_spoils_no_other() -> None:
    """One sheet a grade; the second lost a required column, the last is a cover."""
    sheets: dict[str, Sequence[Sequence[object]]] = {
        "Grade 1": [SCHOOL, pupil(1)],
        "Grade 2": [SCHOOL[:-1], pupil(2)[:-1]],
        "Grade 3": [SCHOOL, pupil(3)],
        "About": [["Filled in by the head teacher"], ["2026"]],
    }
    book = _book(workbook(**sheets), SCHOOL_FORM)
    assert [(row.sheet, row.sheet_index) for row in book.rows] == [("Grade 1", 0), ("Grade 3", 2)]
    assert [(p.sheet, p.reason.code, p.reason.column) for p in book.problems] == [
        ("Grade 2", "column_missing", "status")
    ]


@pytest.mark.parametrize(
    ("rows", "code", "named"),
    [
        ([INSPECTION[1:], found("I", 1)[1:]], "column_missing", "insp_id"),
        ([INSPECTION[:3] + INSPECTION[4:], found("I", 1)], "column_missing", "wp_id or wp_name"),
        ([(*INSPECTION, "insp_id"), found("I", 1)], "column_twice", "insp_id"),
        ([("a", "b", "c", "d"), (1, 2, 3, 4)], "header_missing", "insp_id"),
        ([], "header_missing", "insp_id"),
    ],
)
def test_an_unusable_header_is_named(
    rows: Sequence[Sequence[object]], code: str, named: str
) -> None:
    """The reason says which column, so that the office can mend it."""
    with pytest.raises(UnreadableError) as caught:
        _read(rows)
    reason = caught.value.reason
    assert reason.code == code
    assert named in f"{reason.message} {reason.next_step}"
    assert not caught.value.unfinished


def test_a_merged_key_holds_for_every_row_that_it_spans() -> None:
    """An inspection's number is often merged over the children found there."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (INSPECTION, found("I-1", 1), found(None, 2), found("I-2", 1)):
        sheet.append(list(row))
    sheet.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    rows = _book(out.getvalue()).rows
    assert [row.cells["insp_id"] for row in rows] == ["I-1", "I-1", "I-2"]


def test_cells_are_given_as_they_were_found() -> None:
    """Typed dates become ISO text, serials stay numbers, texts keep their blanks."""
    book = _read([INSPECTION, ["I\u00a0", date(2026, 1, 5), 46000, " x ", "012", "yes", 1.0, True]])
    assert dict(book.rows[0].cells) == {
        "insp_id": "I\u00a0", "insp_date": "2026-01-05", "office_code": 46000, "wp_name": " x ",
        "wp_township": "012", "child_found": "yes", "child_no": 1, "child_name": True,
    }  # fmt: skip
    assert plain(12.5) == 12.5
    assert plain("") is None


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("၁၂၃", "123"),
        (" A\u200b\u00a01 ", "A 1"),
        (12, "12"),
        (12.5, "12.5"),
        (None, ""),
        ("႐", "႐"),
    ],
)
def test_keys_lose_only_what_nobody_sees(cell: str | float | None, key: str) -> None:
    """Digits of any script, blanks and invisible marks; letters stay."""
    expected = "0" if key == "႐" else key  # a Shan digit zero is a digit as well
    assert key_text(cell) == expected


@pytest.mark.parametrize(
    "cell",
    ["2026-01", "2026-1", "2026/01", "01/2026", "1.2026", "05/01/2026", "၂၀၂၆-၀၁", "2569-01", 46027,
     "2026-01-05", "2026-01-05T00:00:00", "2026-01-05 00:00:00"],
)  # fmt: skip
def test_months_have_one_form(cell: str | int) -> None:
    """However the office wrote it."""
    assert _month(cell) == "2026-01"


def test_what_is_no_month_stays_as_it_is() -> None:
    """The contract rejects it; the key must not invent one."""
    assert [_month(cell) for cell in ("January", "2026-13", 12)] == ["January", "2026-13", "12"]


def _month(cell: object) -> str:
    """The month in a pupil's key."""
    row = {"school_code": "1", "student_no": "2", "month": cell}
    keys = keys_of(source_contract.load("emis", "school"))(row)
    assert keys
    return keys[0].removeprefix("1/2/")


# --- files that are no workbooks, or worse -----------------------------------------------------

WHOLE = workbook(Sheet=[INSPECTION, found("I-1", 1)])


@pytest.mark.parametrize("content", [b"", b"\0" * 4000, WHOLE[:-200], WHOLE[: len(WHOLE) // 3]])
def test_a_half_copied_file_may_still_come(content: bytes) -> None:
    """Empty, laid out with zeros, or cut: it is looked at again."""
    with pytest.raises(UnreadableError) as caught:
        _book(content)
    assert caught.value.unfinished


@pytest.mark.parametrize("content", [b"name,age\n", b"\xd0\xcf\x11\xe0old", b"<html>"])
def test_what_is_no_workbook_is_said_at_once(content: bytes) -> None:
    """Text, an old or encrypted file, a web page."""
    with pytest.raises(UnreadableError) as caught:
        _book(content)
    assert not caught.value.unfinished
    assert caught.value.reason.code == "not_a_workbook"


def test_any_other_zip_is_no_workbook() -> None:
    """A document or an archive with the wrong ending."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(UnreadableError, match="not_a_workbook"):
        _book(out.getvalue())


def test_a_sheet_that_unfolds_over_everything_costs_nothing() -> None:
    """Two cells, far apart, are a rectangle of 17 thousand million, and two cells all the same."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (INSPECTION, found("I-1", 1)):
        sheet.append(list(row))
    sheet["XFD1048576"] = "far"
    out = io.BytesIO()
    book.save(out)
    assert [row.number for row in _book(out.getvalue()).rows] == [2]


def test_a_sheet_that_only_looks_wide_is_read() -> None:
    """Formatting far below the table is common, and holds nothing."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (INSPECTION, found("I-1", 1)):
        sheet.append(list(row))
    sheet["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    assert len(_book(out.getvalue()).rows) == 1


@pytest.mark.parametrize(
    ("name", "limit"),
    [("MAX_BYTES", 2000), ("MAX_PARTS", 2), ("MAX_RATIO", 1), ("MAX_BYTES", 0)],
)
def test_a_bomb_is_refused(name: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too much when unpacked, too many parts, packed too tightly."""
    monkeypatch.setattr(f"adapters.sdk.unpack.{name}", limit)
    monkeypatch.setattr("adapters.sdk.unpack.SMALL", 0)
    with pytest.raises(UnreadableError, match="workbook_too_large"):
        _book(WHOLE)


def test_one_text_in_every_cell_of_a_row_is_refused() -> None:
    """Shared once in the file, it would be told a thousand times in the record."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, INSPECTION)
        sheet.write_row(1, 0, [*found("I-1", 1), *["x" * 30_000] * 40])
    with pytest.raises(UnreadableError, match="text_too_long"):
        _book(out.getvalue())


def test_damage_anywhere_is_an_answer_and_never_a_crash() -> None:
    """One byte at a time, all through the file."""
    for place in range(0, len(WHOLE), 97):
        broken = WHOLE[:place] + bytes([WHOLE[place] ^ 0x55]) + WHOLE[place + 1 :]
        try:
            _book(broken)
        except UnreadableError:
            continue


def _edited(change: Callable[[str, bytes], tuple[str, bytes]]) -> bytes:
    """A good workbook, its parts changed one by one."""
    out = io.BytesIO()
    good = zipfile.ZipFile(io.BytesIO(workbook(S=[INSPECTION, found("I", 1)])))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in good.namelist():
            packed.writestr(*change(name, good.read(name)))
    return out.getvalue()


def _in_sheet(xml: bytes) -> bytes:
    return _edited(lambda name, old: (name, old.replace(b"</sheetData>", xml)))


@pytest.mark.parametrize(
    "place", ["xl/Worksheets/sheet1.xml", "XL/WORKSHEETS/SHEET1.xml", "xl\\worksheets\\sheet1.xml"]
)
def test_a_sheet_is_found_wherever_its_part_stands(place: str) -> None:
    """Names of parts have no case, and some programs write them with the other stroke."""
    moved = _edited(lambda name, xml: (place, xml) if "sheet1" in name else (name, xml))
    assert len(_book(moved).rows) == 1


@pytest.mark.parametrize("far", ["XFE3", "AAAA3", "A1048577", "A99999999999999999999"])
def test_a_cell_beyond_the_end_of_all_sheets_is_refused(far: str) -> None:
    """The reader would set memory aside for everything up to there, and end the process."""
    row = "".join(letter for letter in far if letter.isdecimal())
    xml = f'<row r="{row}"><c r="{far}"><v>1</v></c></row></sheetData>'.encode()
    with pytest.raises(UnreadableError, match="workbook_too_large"):
        _book(_in_sheet(xml))


def test_a_part_that_hides_its_size_is_unpacked_no_further() -> None:
    """The directory of a zip says what it likes."""
    long = 50_000_000
    lying = _edited(lambda name, xml: (name, b" " * long if "sheet1" in name else xml)).replace(
        long.to_bytes(4, "little"), (1000).to_bytes(4, "little")
    )
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError):
            _book(lying)
        assert tracemalloc.get_traced_memory()[1] < long
    finally:
        tracemalloc.stop()


def test_a_text_longer_than_any_cell_is_refused() -> None:
    """No event could carry it."""
    cell = b'<row r="3"><c r="A3" t="inlineStr"><is><t>' + b"x" * 32_768 + b"</t></is></c></row>"
    with pytest.raises(UnreadableError) as caught:
        _book(_in_sheet(cell + b"</sheetData>"))
    assert (caught.value.reason.code, caught.value.reason.where) == ("text_too_long", "S")


def test_a_sheet_whose_name_is_a_book_is_refused() -> None:
    """The name stands beside every record and in every reason."""
    named = _edited(lambda name, xml: (name, xml.replace(b'name="S"', b'name="%s"' % (b"S" * 256))))
    with pytest.raises(UnreadableError) as caught:
        _book(named)
    assert caught.value.reason.code == "workbook_damaged"


def test_merged_cells_upon_each_other_are_unfolded_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each costs as much as the sheet is long."""
    monkeypatch.setattr("adapters.sdk.xlsx_grid.MAX_UNFOLDED", 10)
    merged = b'<mergeCells count="20">' + b'<mergeCell ref="A1:A2"/>' * 20 + b"</mergeCells>"
    with pytest.raises(UnreadableError):
        _book(_in_sheet(b"</sheetData>" + merged))


def test_a_number_that_json_lacks_stays_visible() -> None:
    """As text, which the contract refuses by name; it would else be gone without a word."""
    assert [plain(cell) for cell in (float("nan"), float("inf"))] == ["nan", "inf"]
