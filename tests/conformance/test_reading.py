"""`open_file` on files of every kind, written as offices and systems write them."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import polars
import pyreadstat
import pytest

from adapters.sdk.manifest import SheetForm, load_manifest
from adapters.sdk.reading import ReadFile, open_file
from adapters.sdk.unpack import UnreadableError
from tests.conformance.sheets import INSPECTION, SCHOOL, found, found_none, pupil, workbook

Rows = Sequence[Sequence[object]]
FORM = load_manifest("adapters.labour_inspection").sheet or pytest.fail("no form")
SCHOOL_FORM = load_manifest("adapters.emis").sheet or pytest.fail("no form")
LINES = (
    "insp_id;insp_date;office_code;wp_name;wp_township;child_found\n"
    'I-1;05/01/2026;YGN;"Tea; ""Golden""\nshop";MMR013001;no\n'
    "\nI-2;၅.၁.၂၅၆၉;YGN;ဆိုင်;MMR013001;no\n"
)


def put(folder: Path, name: str, content: bytes | str) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def given(file: ReadFile) -> list[tuple[int, str]]:
    """The rows' numbers, with the first value of each."""
    return [(row.row, str(next(iter(row.body.values())))) for row in file.rows()]


def refused(path: Path, form: SheetForm | None = None) -> tuple[str, str]:
    """Why a file cannot be read, and where; nothing of what stands in it."""
    with pytest.raises(UnreadableError) as caught:
        list(open_file(path, form=form).rows())
    assert "Secret" not in f"{caught.value!r} {caught.value.reason!r}"
    return caught.value.reason.code, caught.value.reason.where


def test_a_workbook_is_read_with_and_without_a_form(tmp_path: Path) -> None:
    """Before the form is known, the first row that looks like codes is the header."""
    rows: Sequence[Sequence[object]] = [
        ("Ministry of Labour",), (), ("Region", "Yangon"), INSPECTION, found("I-1", 1),
        ("Total", None, None, None, None, None, None, None, 20), found_none("I-2"),
    ]  # fmt: skip
    path = put(tmp_path, "a.xlsx", workbook(Jan=rows, Feb=[INSPECTION, found("I-3", 1)]))
    for form in (FORM, None):
        file = open_file(path, form=form)
        assert (file.kind, tuple(file.columns)) == ("xlsx", INSPECTION)
        assert given(file) == given(file) == [(5, "I-1"), (7, "I-2"), (2, "I-3")]
    first = next(file.rows())
    assert (first.sheet, first.where) == ("Jan", "a.xlsx, Jan, row 5")
    assert "Made Up" not in repr(first)


def test_a_second_header_of_burmese_labels_is_no_record_without_a_form(tmp_path: Path) -> None:
    """All of its cells are words, and the codes stand above."""
    labels = ("မြို့နယ်", "ကျောင်း", "လ", "အမှတ်", "အမည်", "အခြေအနေ")
    path = put(tmp_path, "a.xlsx", workbook(S=[SCHOOL, labels, pupil(1)]))
    assert [row.row for row in open_file(path).rows()] == [3]


@pytest.mark.parametrize(
    "name",
    ["INSP_ID", " insp id ", "insp\u200b_id", "Insp-ID*", "insp_id (စစ်ဆေးမှု)", "insp_id\nစစ်ဆေးမှု"],
)
def test_a_header_is_known_however_it_is_typed(name: str, tmp_path: Path) -> None:
    """Case, blanks, marks that nobody sees, and the label in the same cell."""
    path = put(tmp_path, "a.xlsx", workbook(S=[(name, *INSPECTION[1:]), found("I-1", 1)]))
    assert next(open_file(path, form=FORM).rows()).body["insp_id"] == "I-1"


def test_a_form_keeps_the_names_that_it_gives(tmp_path: Path) -> None:
    """Capitals, blanks and Burmese names are names as well."""
    names = ("Visit No.", "VisitDate", "အမည်")
    form = SheetForm(record="visit", columns=names, required=names[:2])
    path = put(tmp_path, "a.csv", "visit no.,VISITDATE,အမည်\u200b\n1,2026-01-05,x\nTotal,,\n")
    (row,) = open_file(path, form=form).rows()
    assert tuple(row.body) == names


def test_headers_of_another_script_alone_are_found(tmp_path: Path) -> None:
    """Three words in a row, above a row as wide."""
    path = put(tmp_path, "a.csv", "အစီရင်ခံစာ,,\nအမှတ်,ရက်စွဲ,အမည်\n၁,၅.၁.၂၀၂၆,x\n")
    file = open_file(path)
    assert tuple(file.columns) == ("အမှတ်", "ရက်စွဲ", "အမည်")
    assert [row.row for row in file.rows()] == [3]


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ";"), ("utf-8-sig", ","), ("utf-16", "\t"), ("utf-16-le", ";"), ("utf-16-be", "|")],
)
def test_separated_values_in_any_encoding(encoding: str, separator: str, tmp_path: Path) -> None:
    """Quoted separators and line ends; a record is a row, as Excel numbers it."""
    text = LINES.replace(";", separator).replace(f"Tea{separator}", "Tea;")
    path = put(tmp_path, "a.csv", text.encode(encoding))
    for form in (FORM, None):
        file = open_file(path, form=form)
        assert given(file) == [(2, "I-1"), (4, "I-2")]
        first = next(file.rows())
        assert first.body["wp_name"] == 'Tea; "Golden"\nshop'
        assert first.where == "a.csv, row 2"


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        (b"insp_id,b,c\nSecret\xff,2,3\n", "text_encoding", "byte 18"),
        (b"\xff\xfea\x00\x00\xd8", "text_encoding", "byte 4"),
        (b'insp_id,b,c\n1,"Secret,3\n', "csv_malformed", "row 2"),
        (b"insp_id,b,c\n1," + b"Secret" * 9000, "text_too_long", "row 2"),
        (b"", "header_missing", ""),
        (b"Secret\n", "header_missing", ""),
    ],
)
def test_text_that_cannot_be_read_says_where(
    content: bytes, code: str, where: str, tmp_path: Path
) -> None:
    """The place, and nothing of what stands there."""
    assert refused(put(tmp_path, "a.csv", content)) == (code, where)


RECORDS = [{"id": "1", "name": "x"}, {"id": "2", "age": 3, "inside": {"a": [1]}}]


@pytest.mark.parametrize(
    "document",
    [
        RECORDS, {"data": RECORDS}, {"results": RECORDS, "count": 2}, {"value": RECORDS},
        {"data": {"data": RECORDS, "total": 2}}, {"trackedEntities": RECORDS},
        {"page": 1, "pageSize": 50, "instances": RECORDS}, {"inspections": RECORDS, "count": 2},
    ],
)  # fmt: skip
def test_json_is_taken_out_of_its_envelope(document: object, tmp_path: Path) -> None:
    """Of Primero, KoboToolbox, OData, OpenEMIS, DHIS2, or one unknown list; or a plain list."""
    file = open_file(put(tmp_path, "a.json", json.dumps(document)))
    assert tuple(file.columns) == ("id", "name", "age", "inside")
    assert [(row.row, row.body) for row in file.rows()] == [*enumerate(RECORDS, 1)]


@pytest.mark.parametrize("more", [{}, {"message": "Successful."}])
def test_what_an_interface_answers_of_one_record_is_that_record(
    more: dict[str, str], tmp_path: Path
) -> None:
    file = open_file(put(tmp_path, "a.json", json.dumps({"data": RECORDS[1], **more})))
    assert [row.body for row in file.rows()] == [RECORDS[1]]


def test_a_list_within_a_record_is_no_list_of_records(tmp_path: Path) -> None:
    for record in ({"id": "1", "rows": [{"a": 1}]}, {"id": "1", "data": {"a": 1}}, {"rows": ["a"]}):
        assert [
            row.body for row in open_file(put(tmp_path, "a.json", json.dumps(record))).rows()
        ] == [record]


def test_lines_are_one_record_each_whatever_the_file_is_called(tmp_path: Path) -> None:
    lines = "\ufeff" + "\r\n".join(["", *map(json.dumps, RECORDS), ""])
    assert given(open_file(put(tmp_path, "a.json", lines))) == [(1, "1"), (2, "2")]
    broken = lines + '{"id": Secret}'
    assert refused(put(tmp_path, "b.json", broken)) == ("json_malformed", "line 4, $.id, byte 7")


def test_one_object_is_one_record_and_lines_are_one_each(tmp_path: Path) -> None:
    """JSON Lines may have empty lines; their numbers are those of the file."""
    assert given(open_file(put(tmp_path, "a.json", json.dumps(RECORDS[0])))) == [(1, "1")]
    lines = "\n".join([json.dumps(RECORDS[0]), "", json.dumps(RECORDS[1])])
    file = open_file(put(tmp_path, "a.jsonl", lines))
    assert [(row.row, row.where) for row in file.rows()] == [
        (1, "a.jsonl, line 1"), (3, "a.jsonl, line 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "code", "where"),
    [
        ("a.json", '{"a": "Secret", "a": 2}', "json_key_twice", "$.a, byte 16"),
        ("a.json", "[1]", "json_no_record", "record 1"),
        ("a.jsonl", '{"a": 1}\n{"a": Secret}', "json_malformed", "line 2, $.a, byte 6"),
        ("a.sav", "Secret", "not_a_survey", ""),
        ("a.xlsx", "Secret", "not_a_workbook", ""),
        ("a.xls", "Secret", "not_a_workbook", ""),
        ("a.ods", "PK\x03\x04Secret", "file_cut_off", ""),
        ("a.pdf", "Secret", "file_kind_unknown", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    name: str, content: str, code: str, where: str, tmp_path: Path
) -> None:
    """Each with its own reason."""
    assert refused(put(tmp_path, name, content)) == (code, where)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Nor one that is a link to another."""
    assert refused(tmp_path / "none.csv") == ("file_not_opened", "none.csv")
    (tmp_path / "link.csv").symlink_to(put(tmp_path, "a.csv", LINES))
    assert refused(tmp_path / "link.csv") == ("file_not_opened", "link.csv")


def test_a_survey_keeps_its_codes_and_tells_their_labels(tmp_path: Path) -> None:
    """Codes are numbers, also those that the survey declares missing; nothing is no answer."""
    frame = polars.DataFrame({"CB3": [9.0, 98.0, None], "NAME": ["မောင်", "x ", ""]})
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        frame, str(path), column_labels={"CB3": "Age"},
        variable_value_labels={"CB3": {98.0: "do not know"}},
        missing_ranges={"CB3": [{"lo": 97, "hi": 99}]},
    )  # fmt: skip
    file = open_file(path)
    assert (tuple(file.columns), file.labels) == (("CB3", "NAME"), {"CB3": "Age"})
    assert file.codes == {"CB3": {98: "do not know"}}
    assert [(row.row, row.body) for row in file.rows()] == [
        (1, {"CB3": 9, "NAME": "မောင်"}), (2, {"CB3": 98, "NAME": "x"}), (3, {}),
    ]  # fmt: skip


ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="Jan">{}</table:table></office:spreadsheet>'
    "</office:body></office:document-content>"
)


def ods(rows: Sequence[Sequence[object]], more: str = "") -> bytes:
    """An OpenDocument sheet of texts, as LibreOffice packs it."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    empty = "<table:table-cell/>"
    xml = "".join(
        "<table:table-row>"
        + "".join(empty if one is None else cell.format(one) for one in row)
        + "</table:table-row>"
        for row in rows
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", ODS.format(xml + more))
        packed.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return out.getvalue()


def test_an_open_document_sheet_is_read_and_its_repeated_emptiness_is_nothing(
    tmp_path: Path,
) -> None:
    """LibreOffice fills the rest of a sheet with one row, a million times."""
    rest = (
        '<table:table-row table:number-rows-repeated="1048500">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    path = put(tmp_path, "a.ods", ods([INSPECTION, found("I-1", 1)], rest))
    assert given(open_file(path, form=FORM)) == [(2, "I-1")]


def test_an_open_document_sheet_that_unfolds_over_everything_is_refused(tmp_path: Path) -> None:
    """One cell, sixteen thousand million times."""
    bomb = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell'
        ' table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    )
    path = put(tmp_path, "a.ods", ods([INSPECTION, found("I-1", 1)], bomb))
    assert refused(path, FORM)[0] == "workbook_too_large"


def test_broken_cells_are_told_once_a_column_and_hide_no_record(tmp_path: Path) -> None:
    """A formula without its result is no name, and no reason to lose a child."""
    rows = [found("I-1", 1, "=A1"), found("I-2", 1, "=A2"), found("I-3", 1)]
    path = put(tmp_path, "a.xlsx", workbook(Jan=[INSPECTION, *rows]))
    file = open_file(path, form=FORM)
    assert ["child_name" in row.body for row in file.rows()] == [False, False, True]
    (problem,) = file.problems
    assert (problem.reason.code, problem.reason.column, problem.reason.where) == (
        "cell_without_value", "child_name", "Jan, row 2, and 1 more",
    )  # fmt: skip


def test_unknown_columns_are_told_and_ignored(tmp_path: Path) -> None:
    """Once each, however many sheets have them."""
    rows = [(*INSPECTION, "mood"), [*found("I-1", 1), "good"]]
    file = open_file(put(tmp_path, "a.xlsx", workbook(A=rows, B=rows)), form=FORM)
    assert all("mood" not in row.body for row in file.rows())
    assert file.extra == ["mood"]


@pytest.mark.parametrize(
    "lines",
    [
        "Patient ID;Date of visit;Name;Township\nP-1;05/01/2026;Mya Testone;Hlaing\n"
        "P-2;06/01/2026;Hla Testtwo;Hlaing\n",
        "Child name;Father name;Sex;Town;Phone\nmya;ba;f;hlaing;09425001233\n"
        "hla;ko;m;hlaing;09425001234\n",
    ],
    ids=["blanks in the names", "rows in small letters"],
)
def test_no_cell_of_a_record_becomes_a_columns_name(lines: str, tmp_path: Path) -> None:
    file = open_file(put(tmp_path, "a.csv", lines))
    assert list(file.columns) == lines.splitlines()[0].split(";")
    assert [row.row for row in file.rows()] == [2, 3]


def test_the_month_of_a_sheets_name_is_that_of_its_rows(tmp_path: Path) -> None:
    header = [name for name in SCHOOL if name != "month"]
    rows: Rows = [header, *([*pupil(number)[:2], *pupil(number)[3:]] for number in (1, 2))]
    book = workbook(**{"2026-01": rows, "ဖေဖော်ဝါရီ ၂၀၂၆": rows, "2026-03": [SCHOOL, pupil(3)]})
    file = open_file(put(tmp_path, "a.xlsx", book), form=SCHOOL_FORM)
    assert [row.body["month"] for row in file.rows()] == [
        "2026-01", "2026-01", "2026-02", "2026-02", "2026-01",
    ]  # fmt: skip
    assert file.notes == [
        "sheet 2026-01: its name gives the month", "sheet ဖေဖော်ဝါရီ ၂၀၂၆: its name gives the month",
    ]  # fmt: skip
    assert file.problems == []


@pytest.mark.parametrize("sheet", ["ဇန်နဝါရီ", "Sheet1", "46023", "Grade 4", "2026"])
def test_a_sheet_whose_name_is_no_whole_month_must_have_months(sheet: str, tmp_path: Path) -> None:
    header = [name for name in SCHOOL if name != "month"]
    rows: Rows = [["Attendance, January 2026"], header, [*pupil(1)[:2], *pupil(1)[3:]]]
    path = put(tmp_path, "a.xlsx", workbook(**{sheet: rows}))
    with pytest.raises(UnreadableError) as caught:
        list(open_file(path, form=SCHOOL_FORM).rows())
    assert caught.value.reason.message == "the header lacks month"
    assert "name each sheet as its month" in caught.value.reason.next_step


def test_the_rows_of_a_repeat_in_a_sheet_of_their_own_say_so(tmp_path: Path) -> None:
    repeat: Rows = [
        ["insp_id", "child_no", "child_name", "_parent_index"],
        ["I-1", 1, "Made Up", 1],
    ]
    book = workbook(a=[INSPECTION, found("I-1", 1)], child=repeat)
    file = open_file(put(tmp_path, "a.xlsx", book), form=FORM)
    assert given(file) == [(2, "I-1")]
    assert [(one.sheet, one.reason.code) for one in file.problems] == [("child", "repeat_apart")]
