"""`clmhub contract check` and `try`, as an integrator runs them. Files on disk, no hub."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars
import pyreadstat
import pytest
import xlsxwriter

from contracts import source_contract
from contracts.topics import SYSTEMS
from hub.contract_tools.folders import Place, shipped
from tests.journeys.contract_shell import (
    INSPECTION,
    SCHOOL,
    contract,
    csv_file,
    samples,
    table,
    workbook,
    write,
)
from tests.spec.small_contract import MAPPING, edited


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "visit" / "v1")


def values(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for one in content.values():
            yield from values(one)
    elif isinstance(content, list):
        for one in content:
            yield from values(one)
    elif isinstance(content, str):
        yield content


# --- check ---------------------------------------------------------------------------------------


def test_every_shipped_contract_is_fine() -> None:
    done = contract("check")
    assert done.status == 0, done.out
    assert done.out.count("\n") >= len(shipped()) >= 4
    assert " error" not in done.out.replace("0 errors", "")


def test_a_folder_of_ones_own_is_checked_and_its_faults_have_lines(small: Path) -> None:
    assert contract("check", small).status == 0
    mapping = small / "mapping.toml"
    mapping.write_text(edited(MAPPING, ('target = "birth.age"', 'target = "birth.agee"')))
    done = contract("check", small)
    assert done.status == 1
    assert "mapping.toml:11" in done.out
    assert "perhaps birth.age is meant" in done.out
    told = contract("check", small, "--json").lines
    assert {one["line"] for one in told if one["level"] == "error"} == {11}
    assert set(told[0]) == {
        "contract", "level", "file", "line", "path", "code", "message", "next_step"
    }  # fmt: skip


def test_what_is_no_contract_is_wrong_use(tmp_path: Path) -> None:
    for given in (tmp_path, "no/such"):
        done = contract("check", given)
        assert (done.status, done.out) == (2, "")
        assert done.told


def test_samples_that_all_come_out_otherwise_are_summed_up_with_what_to_do(tmp_path: Path) -> None:
    body = {"visit_date": "2026-01-05", "child": "Mg Aung", "age": 12}
    wrong = [
        {"about": f"row {at}", "key": f"v-{at}", "body": body | {"visit_id": f"v-{at}"},
         "gives": {"identity": {}}}
        for at in range(27)
    ]  # fmt: skip
    folder = write(tmp_path / "visit" / "v1")
    (folder / "sample.json").write_text(json.dumps(wrong), encoding="utf-8")
    done = contract("check", folder)
    assert done.status == 1
    assert "27 errors" in done.out
    assert "27 samples do not come out as they say" in done.out
    assert done.out.count("gives something else") == 3
    assert "... and 24 more" in done.out
    assert f"`clmhub contract try FILE --contract {folder} --samples > sample.json`" in done.out
    assert sum(one["level"] == "error" for one in contract("check", folder, "--json").lines) == 27
    (folder / "sample.json").write_text(json.dumps(wrong[:3]), encoding="utf-8")
    assert contract("check", folder).out.count("correct the mapping, or the sample") == 3


# --- new -----------------------------------------------------------------------------------------


def test_new_says_at_once_what_would_keep_the_contract_from_the_hub(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [{"visit_id": "v-1", "child": "A", "age": 12}])
    done = contract("new", tmp_path / "labour_inspection" / "visit" / "v1", "--from", path)
    assert (done.status, done.told) == (0, "")
    done = contract("new", tmp_path / "my_office" / "visit" / "v1", "--from", path)
    assert done.status == 0
    assert "no system my_office" in done.told
    assert all(system in done.told for system in SYSTEMS)
    assert len(SYSTEMS) == 5
    assert "warning" not in done.out
    done = contract("new", tmp_path / "emis" / "visit", "--from", path)
    assert done.status == 0
    assert str(tmp_path / "emis" / "visit" / "v1") in done.told
    assert "system" not in done.told.replace("warning: the folder's", "")
    named = ("--name", "emis/visit")
    assert contract("new", tmp_path / "a" / "v1", "--from", path, *named).told == ""


# --- try -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", shipped(), ids=lambda place: place.name)
def test_the_samples_of_every_contract_come_out_of_a_file_as_they_should(
    place: Place, tmp_path: Path
) -> None:
    system, record, version = place.name.split("/")
    splits = source_contract.load(system, record, int(version[1:])).splits
    given = samples(place.name)
    path = tmp_path / "records.json"
    path.write_text(json.dumps([whole(one["body"], splits) for one in given]), encoding="utf-8")
    done = contract("try", path, "--contract", place.name, "--json", "--reveal")
    assert done.status == 0, done.told
    assert [line["row"] for line in done.lines] == list(range(1, len(given) + 1))
    for sample, line in zip(given, done.lines, strict=True):
        compare(sample, line)


def whole(body: dict[str, Any], splits: str) -> dict[str, Any]:
    """A submission again, of the record that it was split into."""
    if not splits or "child" not in body:
        return body
    made = json.loads(json.dumps(body))
    *above, last = splits.split(".")
    holder, child = made, made.pop("child")
    for name in above:
        holder = holder[name]
    holder[last] = [child]
    return dict(made)


def compare(sample: dict[str, Any], line: dict[str, Any]) -> None:
    assert line["accepted"] == ("gives" in sample)
    if "rejected" in sample:
        assert [[one["code"], one["column"]] for one in line["reasons"]] == sample["rejected"]
        assert all(one["message"] and one["next_step"] for one in line["reasons"])
        return
    wanted, got = sample["gives"], line["canonical"]
    if "figure" in wanted:
        assert got == {"figure": wanted["figure"]}
        return
    if "facts" not in wanted:
        assert got == {"answers": wanted["answers"]}
        return
    assert got["identity"] == wanted["identity"]
    assert got["facts"] | {"row_key": ""} == wanted["facts"] | {"row_key": ""}


def test_a_workbooks_rows_have_the_numbers_that_excel_shows(tmp_path: Path) -> None:
    given = list(samples(INSPECTION))
    path = workbook(tmp_path / "inspections.xlsx", [one["body"] for one in given])
    lines = contract("try", path, "--json").lines
    assert [(line["sheet"], line["row"]) for line in lines] == [
        ("January", 4 + number) for number in range(len(given))
    ]
    assert [line["accepted"] for line in lines] == ["gives" in one for one in given]
    assert all(set(line) >= {"sheet", "row", "accepted"} for line in lines)
    lines = contract("try", path, "--json", "--reveal").lines
    keys = [line["canonical"].get("facts", {}).get("row_key") for line in lines if line["accepted"]]
    assert [key for key in keys if key] == [
        one["key"] for one in given if one.get("gives", {}).get("facts")
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_has_no_sheet_and_counts_its_lines(tmp_path: Path, delimiter: str) -> None:
    path = csv_file(tmp_path / "s.csv", [one["body"] for one in samples(SCHOOL)], delimiter)
    lines = contract("try", path, "--json").lines
    assert [(line["sheet"], line["row"]) for line in lines[:2]] == [("", 2), ("", 3)]


def test_titles_that_look_like_a_header_mislead_nobody(tmp_path: Path) -> None:
    given = samples(INSPECTION)
    columns, *rows = table([one["body"] for one in given])
    path = tmp_path / "hard.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("About").write_row(0, 0, ["Instructions", "Version", "Contact"])
        sheet = book.add_worksheet("ဇန်နဝါရီ")
        sheet.write_row(0, 0, ["Ministry", "Office Mandalay", "Report January", "Page 1"])
        sheet.write_row(3, 0, [f"{name.upper()} " for name in reversed(columns)] + ["extra one"])
        sheet.write_row(4, 0, ["ကော်လံအမည်"] * len(columns))
        for number, row in enumerate(rows):
            sheet.write_row(5 + number, 0, ["" if one is None else one for one in reversed(row)])
        sheet.write(5 + len(rows), 0, "စုစုပေါင်း")
        sheet.write(5 + len(rows), 4, 12)
    lines = contract("try", path, "--json").lines
    assert [(line["sheet"], line["row"]) for line in lines] == [
        ("ဇန်နဝါရီ", 6 + number) for number in range(len(given))
    ]
    assert [line["accepted"] for line in lines] == ["gives" in one for one in given]


def test_a_surveys_columns_are_known_in_capitals_too(tmp_path: Path) -> None:
    given = samples("labour_force_survey/child")
    path = csv_file(tmp_path / "survey.csv", [one["body"] for one in given])
    lines = contract("try", path, "--json").lines
    for sample, line in zip(given, lines, strict=True):
        assert line["accepted"] == ("gives" in sample)
        assert line.get("canonical") == sample.get("gives")


def test_a_survey_in_the_format_of_spss_is_read_too(tmp_path: Path) -> None:
    given = samples("labour_force_survey/child")
    columns, *rows = table([one["body"] for one in given])
    texts = {name for one in given for name, cell in one["body"].items() if isinstance(cell, str)}
    columns_of_cells = {
        name: [_survey_cell(row[at], name in texts) for row in rows]
        for at, name in enumerate(columns)
    }
    path = tmp_path / "survey.sav"
    pyreadstat.write_sav(polars.DataFrame(columns_of_cells), path)
    lines = contract("try", path, "--json").lines
    assert [line["row"] for line in lines] == list(range(1, len(given) + 1))
    assert [line.get("canonical") for line in lines] == [one.get("gives") for one in given]


def _survey_cell(cell: object, is_text: bool) -> object:
    if is_text:
        return "" if cell is None else str(cell)
    return float(cell) if isinstance(cell, int | float) else None


def test_the_page_says_what_went_where_and_why(tmp_path: Path) -> None:
    given = samples(INSPECTION)
    path = workbook(tmp_path / "inspections.xlsx", [one["body"] | {"odd": "x"} for one in given])
    done = contract("try", path)
    assert done.status == 0
    rejected = next(one for one in given if "rejected" in one)["rejected"]
    for said in (
        f"read by the contract {INSPECTION}", "child_name", "-> identity.name (name):",
        "converted", "unmapped", "accepted (about no child)", ": rejected", "waits for triage",
        "Columns that the contract does not know: odd", f"{len(given)} records:",
        "Personal values are masked", rejected[0][1],
    ):  # fmt: skip
        assert said in done.out


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_personal_values_are_masked_unless_they_are_to_be_revealed(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    given = samples(INSPECTION)
    path = workbook(tmp_path / "inspections.xlsx", [one["body"] for one in given])
    secret = {
        one["gives"]["identity"][name]
        for one in given
        if one.get("gives", {}).get("identity")
        for name in ("name", "father_name", "card_no", "birth_earliest")
        if name in one["gives"]["identity"]
    }
    raw = {str(one["body"][name]) for one in given for name in ("child_name", "office_code")
           if one["body"].get(name)}  # fmt: skip
    shown = contract("try", path, *options)
    assert not [value for value in secret | raw if value in shown.out + shown.told]
    assert "••••" in shown.out
    revealed = contract("try", path, *options, "--reveal")
    assert any(value in revealed.out for value in secret)


def test_only_the_first_rows_are_read_when_so_asked(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "s.csv", [one["body"] for one in samples(SCHOOL)])
    assert len(contract("try", path, "--json", "--limit", 1).lines) == 1


def test_each_accepted_record_about_a_child_is_a_bundle_with_its_values(tmp_path: Path) -> None:
    given = samples(INSPECTION)
    path = workbook(tmp_path / "inspections.xlsx", [one["body"] for one in given])
    done = contract("try", path, "--fhir")
    children = [one for one in given if one.get("gives", {}).get("facts")]
    assert [line["resourceType"] for line in done.lines] == ["Bundle"] * len(children)
    assert children[0]["gives"]["identity"]["name"] in set(values(done.lines[0]))


def test_a_made_up_file_becomes_the_samples_of_its_contract(small: Path, tmp_path: Path) -> None:
    rows = [
        {"visit_id": "v-1", "visit_date": "2026-01-05", "child": "Mg Aung", "age": 12},
        {"visit_id": "v-2", "visit_date": "", "child": "Ma Su", "age": 13},
    ]
    path = csv_file(tmp_path / "visits.csv", rows)
    done = contract("try", path, "--contract", small, "--samples")
    assert done.status == 0
    assert [set(one) for one in json.loads(done.out)] == [
        {"about", "key", "body", "gives"}, {"about", "key", "body", "rejected"}
    ]  # fmt: skip
    (small / "sample.json").write_text(done.out, encoding="utf-8")
    assert "0 errors" in (told := contract("check", small)).out
    assert "sample" not in told.out


def test_an_integrators_own_contract_reads_his_file(small: Path, tmp_path: Path) -> None:
    rows = [
        {"visit_id": "v-1", "visit_date": date(2026, 1, 5).isoformat(), "child": "Mg Aung",
         "age": "၁၂", "sex": "ကျား", "danger": "dust"},
        {"visit_id": "v-2", "visit_date": "", "child": "Ma Su"},
    ]  # fmt: skip
    path = csv_file(tmp_path / "visits.csv", rows)
    lines = contract("try", path, "--contract", small, "--json", "--reveal").lines
    assert lines[0]["canonical"]["facts"]["hazards"] == ["dust_fumes"]
    assert lines[0]["canonical"]["facts"]["age_low"] == 12
    assert lines[0]["canonical"]["facts"]["row_key"] == "v-1"
    assert lines[1]["reasons"][0]["column"] == "visit_date"


BAD = {
    "noise.xlsx": b"\x8f\x01" * 400, "empty.csv": b"",
    "latin.csv": b"insp_id,insp_date\n\xe9,\xff\n",
    "broken.json": b'[{"insp_id": 1}, {', "twice.json": b'[{"a": 1, "a": 2}]', "x.pdf": b"%PDF",
}  # fmt: skip


@pytest.mark.parametrize("options", [(), ("--json",), ("--fhir",)])
@pytest.mark.parametrize("name", BAD)
def test_of_a_file_that_cannot_be_read_nothing_is_printed(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(BAD[name])
    done = contract("try", tmp_path / name, "--contract", INSPECTION, *options)
    assert (done.status, done.out) == (1, "")
    assert name in done.told
    assert "->" in done.told or "--" in done.told


def test_a_file_that_breaks_off_in_its_midst_gives_no_line_at_all(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    body = json.dumps(samples(INSPECTION)[0]["body"])
    path.write_text(f"{body}\n" * 500 + '{"insp_id": \n', encoding="utf-8")
    done = contract("try", path, "--contract", INSPECTION, "--json")
    assert (done.status, done.out) == (1, "")
    assert "501" in done.told


def test_columns_that_fit_no_contract_lead_to_what_to_do(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "odd.csv", [{"alpha": 1, "beta": 2, "gamma": "x"}])
    done = contract("try", path)
    assert (done.status, done.out) == (1, "")
    assert "contract new" in done.told


def test_two_ways_to_print_are_wrong_use(tmp_path: Path) -> None:
    for both in (("--json", "--fhir"), ("--json", "--samples"), ("--fhir", "--samples")):
        assert contract("try", tmp_path / "x.csv", *both).status == 2


# --- no record at all -----------------------------------------------------------------------------


EMPTY = {
    "page.json": b'{"results": []}', "list.json": b"[]", "object.json": b"{}", "none.jsonl": b"\n",
    "nothing.csv": b"", "mark.csv": b"\xef\xbb\xbf", "blank.csv": b" , ,\n\n", "nothing.xlsx": b"",
    "nothing.sav": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_a_file_without_a_record_says_so_and_not_that_its_form_is_unknown(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(EMPTY[name])
    for command in (("try",), ("new", tmp_path / "ngo" / "visit" / "v1", "--from")):
        done = contract(*command, tmp_path / name)
        assert (done.status, done.out) == (1, "")
        assert "holds no record" in done.told
        assert "contract fits" not in done.told


def test_a_sheet_without_a_filled_cell_holds_no_record(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet()
    done = contract("try", path, "--contract", INSPECTION)
    assert (done.status, done.out) == (1, "")
    assert "holds no record" in done.told


@pytest.mark.parametrize("options", [(), ("--json",), ("--fhir",)])
def test_an_empty_answer_is_read_by_a_contract_that_is_named(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    (tmp_path / "page.json").write_bytes(b'{"results": []}')
    done = contract("try", tmp_path / "page.json", "--contract", INSPECTION, *options)
    assert done.status == 0
    assert "holds no record" in done.out + done.told
    assert not options or done.out == ""


# --- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["check", "try", "diff", "new"])
def test_help_teaches_with_an_example_and_the_exit_status(command: str) -> None:
    done = contract(command, "--help")
    assert done.status == 0
    assert f"clmhub contract {command}" in done.out
    assert "Exit status" in done.out


def test_a_name_in_a_column_of_codes_is_masked_on_the_page(tmp_path: Path) -> None:
    """After a slip of columns a cell may be anything; a code that looks like one is shown."""
    file = tmp_path / "slipped.csv"
    head = "insp_id,insp_date,office_code,wp_id,wp_township,child_found,child_no,child_night"
    row = "I-1,2026-02-03,O,W,MMR013002,yes"
    file.write_text(f"{head}\n{row},1,Mya Testtwo\n{row},2,maybe_7\n", encoding="utf-8")
    done = contract("try", str(file))
    assert "Testtwo" not in done.out
    assert "child_night (maybe_7)" in done.out


@pytest.mark.parametrize(
    ("column", "cell"),
    [("child_night", "09450012345"), ("child_hours_week", "zawmin"), ("isic4", "12/kamaya-n")],
)
def test_what_is_no_short_code_is_masked_on_the_page(
    tmp_path: Path, column: str, cell: str
) -> None:
    """A number to call in a column of codes, a name in a column of hours."""
    body = samples(INSPECTION)[0]["body"] | {column: cell}
    done = contract("try", csv_file(tmp_path / "slipped.csv", [body]))
    assert column in done.out
    assert cell not in done.out + done.told
