"""What offices put around and between the records of a table, and into cells without a value."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.sdk.manifest import load_manifest
from adapters.sdk.reading import open_file
from adapters.sdk.reading_sheets import grids_in, read_workbook
from adapters.sdk.table import Row, Tables
from adapters.sdk.unpack import UnreadableError
from tests.conformance.sheets import INSPECTION, found, workbook

FORM = load_manifest("adapters.labour_inspection").sheet or pytest.fail("no form")
LABELS = ["အမှတ်", "ရက်စွဲ", "ရုံး", "အမည်", "မြို့နယ်", "တွေ့ရှိ", "စဉ်", "ကလေးအမည်", "နာရီ"]
ODS = (
    "xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'"
    " xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0'"
    " xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'"
)
MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def _tables(rows: Sequence[Sequence[object]]) -> Tables:
    return read_workbook(workbook(S=rows), FORM)


def _read(rows: Sequence[Sequence[object]]) -> list[Row]:
    return list(_tables(rows).rows())


def _csv(text: str | bytes) -> list[Row]:
    content = text.encode() if isinstance(text, str) else text
    return list(Tables(grids_in(io.BytesIO(content), "csv"), FORM).rows())


@pytest.mark.parametrize(
    "row",
    [
        ["Prepared by", "U Made Up"],
        ["စစ်ဆေးသူ", "ဦးမိတ်ကပ်"],
        [None, "Checked by:", "Daw Made Up", "Approved by:", "U Made Up"],
        ["Date", "05/01/2026"],
        [None, None, "ရေးသားပြုစုသူ", "ဒေါ်လှ", "ရက်စွဲ", "၅.၁.၂၀၂၆"],
        ["Signature", "U Made Up", "Signature", "U Too"],
        [None, None, None, "(stamp)"],
        [None, None, None, "* as the employer stated"],
        [None, None, None, "Ages are as the children and their neighbours told them"],
        ["Rank", "Deputy Inspector"],
    ],
)
def test_a_signature_or_a_note_is_no_record(row: list[object]) -> None:
    rows = _read([INSPECTION, found("I-1", 1), row, found("I-2", 1), [], row])
    assert [one.cells["insp_id"] for one in rows] == ["I-1", "I-2"]


def test_a_record_that_lacks_much_is_no_signature() -> None:
    """A name alone, a name with a remark, and an id with a name are told, and rejected later."""
    name = [None] * 7 + ["Made Up"]
    twice = [None] * 7 + ["Name Unknown", 12]
    keyed = ["I-9"] + [None] * 6 + ["Made Up"]
    assert len(_read([INSPECTION, found("I-1", 1), name, twice, keyed])) == 4


@pytest.mark.parametrize("mark", ["〃", "″", '"', "-do-", "do", "ditto", "၎င်း"])
def test_a_mark_for_the_same_as_above_takes_the_value_above(mark: str) -> None:
    """Also below a subtotal, and not in the first row: there it stays, for a person to see."""
    below = found(mark, 2)
    below[1:5] = [mark] * 4
    rows = _read([INSPECTION, found("I-1", 1), ["Total", None, None, None, None, None, 1], below])
    assert rows[1].cells == {**rows[0].cells, "child_no": 2}
    first = _read([INSPECTION, below])
    assert first[0].cells["insp_date"] == mark


def test_a_child_may_be_called_do() -> None:
    rows = _read([INSPECTION, found("I-1", 1), found("I-2", 1, name="Do")])
    assert rows[1].cells["child_name"] == "Do"


@pytest.mark.parametrize("nothing", ["-", "--", "—", "N/A", "n/a", "...", "nil", "null", "_"])
def test_what_only_fills_a_cell_is_no_value(nothing: str) -> None:
    rows = _read([INSPECTION, found("I-1", 1, name=nothing)])
    assert "child_name" not in rows[0].cells


def test_a_code_that_looks_like_nothing_stays() -> None:
    rows = _read([INSPECTION, found("NA", 1, name="None")])
    assert (rows[0].cells["insp_id"], rows[0].cells["child_name"]) == ("NA", "None")


def test_a_header_below_many_titles_is_found_and_its_labels_are_no_record() -> None:
    """Five titles with empty rows between them, labels above the codes and on every page."""
    titles = [row for number in range(5) for row in ([f"Title {number}"], [])]
    page = [INSPECTION, LABELS]
    rows = _read([*titles, LABELS, *page, found("I-1", 1), *page, found("I-2", 1)])
    assert [one.number for one in rows] == [14, 17]


@pytest.mark.parametrize(
    "header", ["Insp. ID", "InspID", "insp_\nid", "insp – id", "INSP ID*", "အမှတ် insp_id"]
)
def test_a_code_is_known_without_what_stands_between_its_words(header: str) -> None:
    rows = _read([[header, *INSPECTION[1:]], found("I-1", 1)])
    assert rows[0].cells["insp_id"] == "I-1"


def test_a_column_that_stands_twice_gives_its_first_value_and_says_where_they_differ() -> None:
    """No file is lost for it; two columns of a required code are still refused."""
    tables = _tables([
        [*INSPECTION, "child_name"], [*found("I-1", 1, name=""), "Only Here"],
        [*found("I-2", 1), "Made Up"], [*found("I-3", 1), "Another"],
    ])  # fmt: skip
    names = [row.cells["child_name"] for row in tables.rows()]
    assert names == ["Only Here", "Made Up", "Made Up"]
    (told,) = tables.problems
    assert (told.reason.code, told.reason.column) == ("column_twice", "child_name")
    assert told.reason.where == "S, row 4"
    with pytest.raises(UnreadableError):
        _read([[*INSPECTION, "insp_id"], [*found("I-1", 1), "I-2"]])


def test_two_strange_columns_of_one_name_hide_no_table(tmp_path: Path) -> None:
    """Neither with a form nor while it is guessed which one it is."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(S=[[*INSPECTION, "checked", "checked"], found("I-1", 1)]))
    assert [len(list(open_file(path, form=form).rows())) for form in (None, FORM)] == [1, 1]


def test_merged_cells_of_an_open_document_count_in_every_row() -> None:
    """A township over two rows; the sheet before it has none, and repeats its rows."""

    def cell(text: object, more: str = "") -> str:
        shown = f"<text:p>{text}</text:p>"
        return f"<table:table-cell office:value-type='string' {more}>{shown}</table:table-cell>"

    covered = "<table:covered-table-cell/>"
    header = "".join(map(cell, INSPECTION))
    spans = "table:number-rows-spanned='2' table:number-columns-spanned='1'"
    first, second = [cell(one) for one in found("I-1", 1)], [cell(one) for one in found("I-2", 1)]
    first[4], second[4] = cell("MMR013001", spans), covered
    gap = "<table:table-row table:number-rows-repeated='3'><table:table-cell/></table:table-row>"
    body = gap + "".join(
        f"<table:table-row>{''.join(row)}</table:table-row>" for row in ([header], first, second)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", (
            f"<office:document-content {ODS}><office:body><office:spreadsheet>"
            f"<table:table table:name='Cover'>{gap}</table:table>"
            f"<table:table table:name='S'>{body}</table:table>"
            "</office:spreadsheet></office:body></office:document-content>"
        ))  # fmt: skip
        packed.writestr("META-INF/manifest.xml", MANIFEST)
    rows = list(Tables(grids_in(io.BytesIO(out.getvalue()), "ods"), FORM).rows())
    assert [(one.number, one.cells["wp_township"]) for one in rows] == [
        (5, "MMR013001"), (6, "MMR013001"),
    ]  # fmt: skip


HEADER = ",".join(INSPECTION)
RECORD = ",".join(map(str, found("I-1", 1)))


@pytest.mark.parametrize(
    "text",
    [
        HEADER.replace(",", "\t") + "\n" + RECORD.replace(",", "\t") + "\n",
        "Report, January, 2026, of, the, township, office, a, b, c, d, e\n"
        + HEADER.replace(",", ";") + "\n" + RECORD.replace(",", ";") + "\n",
        HEADER.replace(",", ";") + ";remarks\n"
        + (RECORD.replace(",", ";") + ";a, b, c, d, e, f, g, h, i, j, k, l, m\n") * 3,
        ", ".join(f'"{one}"' for one in INSPECTION) + "\n"
        + ", ".join(f'"{one}"' for one in found("I-1", 1)) + "\n",
        "sep=;\n" + HEADER.replace(",", ";") + "\n" + RECORD.replace(",", ";") + "\n",
    ],
)  # fmt: skip
def test_the_separator_is_the_headers_whatever_a_title_or_a_text_holds(text: str) -> None:
    assert _csv(text)[0].cells["wp_township"] == "MMR013001"


def test_a_spreadsheets_marks_of_text_and_of_a_number_are_no_part_of_a_code() -> None:
    rows = _csv(f"{HEADER}\n'007,2026-01-05,412.0,'Tea,MMR013001,yes,၁,Made Up,8.5\n")
    cells = rows[0].cells
    assert (cells["insp_id"], cells["office_code"]) == ("007", "412")
    assert (cells["wp_name"], cells["child_hours_week"]) == ("'Tea", "8.5")


def test_short_unicode_words_beside_zawgyi_are_not_converted(tmp_path: Path) -> None:
    """A card's `နိုင်` can only be Unicode; one syllable with two readings is left as it is."""
    cards = ["12/ဥကမ(နိုင်)123456", "၁၂/ဥကမ(နိုင်)၁၂၃၄၅၆", "၁၂/ဥကမ (နိုင်) ၁၂၃၄၅၆", "12/ဥကမ(ႏိုင္)123456"]
    rows = [[*found(f"I-{number}", 1, name="မြ"), card] for number, card in enumerate(cards)]
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(S=[[*INSPECTION, "child_card_no"], *rows]))
    read = [row.body for row in open_file(path, form=FORM).rows()]
    assert [one["child_card_no"] for one in read[:3]] == cards[:3]
    assert read[3]["child_card_no"] == "12/ဥကမ(နိုင်)123456"
    assert {one["child_name"] for one in read[:3]} == {"မြ"}
