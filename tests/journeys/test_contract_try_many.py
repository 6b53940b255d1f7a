"""`clmhub contract try` on many records: one key twice, who waits for a person, what many share."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from adapters.generic.adapter import OfficeFiles
from adapters.sdk.ports import Batch
from contracts import source_contract
from hub.contract_tools.trying import open_trial, records
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
from tests.spec.small_contract import CONTRACT, MAPPING, edited


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "visit" / "v1")


# --- one key twice -------------------------------------------------------------------------------


def test_two_rows_of_one_key_and_person_are_told_and_neither_is_rejected_for_it(
    tmp_path: Path,
) -> None:
    one = samples(INSPECTION)[0]["body"]
    other = one | {"insp_id": "I-other"}
    path = workbook(tmp_path / "twice.xlsx", [one, other, one | {"child_days_week": 3}])
    lines = contract("try", path, "--json").lines
    assert [line["accepted"] for line in lines] == [True, True, True]
    assert "notes" not in lines[1]
    notes = [line["notes"] for line in (lines[0], lines[2])]
    assert [[sorted(note) for note in of_one] for of_one in notes] == [
        [["code", "column", "message", "next_step"]]
    ] * 2
    assert {note["code"] for of_one in notes for note in of_one} == {"key_repeated"}
    assert {note["column"] for of_one in notes for note in of_one} == {"insp_id"}
    assert "row 6 takes the place of this record" in notes[0][0]["message"]
    assert "this record takes the place of row 4" in notes[1][0]["message"]
    page = contract("try", path).out
    assert page.count("have the same key") == 2
    assert "1 of them would not stay in the hub" in page


TWINS = [
    {"visit_id": key, "visit_date": "2026-01-05", "child": name, "nickname": "Po", "age": 12}
    for key, name in [("v-1", "Mya"), ("v-1", "Zaw"), ("v-2", "Hla"), ("v-1", "Mya"), ("v-2", "")]
]


def test_of_two_persons_with_one_key_the_first_is_rejected_in_the_words_of_the_hub(
    small: Path, tmp_path: Path
) -> None:
    path = csv_file(inbox(tmp_path) / "visits.csv", TWINS)
    lines = contract("try", path, "--contract", small, "--json").lines
    assert [line["accepted"] for line in lines] == [True, False, True, True, True]
    (told,) = lines[1]["reasons"]
    assert told["message"].startswith("row 5 has the same key")
    (refused,) = hub_reads(small, path).unreadable
    told_by_the_hub = refused.reason
    assert told == {
        "code": told_by_the_hub.code, "column": told_by_the_hub.column,
        "message": told_by_the_hub.message, "next_step": told_by_the_hub.next_step,
    }  # fmt: skip
    # Whoever is rejected takes nobody's place, and nobody takes his.
    assert "notes" not in lines[1]
    assert "row 5 takes the place" in lines[0]["notes"][0]["message"]
    assert [len(lines[at]["notes"]) for at in (2, 3, 4)] == [1, 1, 1]
    page = contract("try", path, "--contract", small).out
    assert "row 3: rejected\n      row 5 has the same key and names another person" in page
    assert "5 records: 4 accepted, 1 rejected" in page
    assert len(contract("try", path, "--contract", small, "--fhir").lines) == 4


def inbox(folder: Path) -> Path:
    made = folder / "inbox"
    made.mkdir()
    return made


def hub_reads(folder: Path, file: Path) -> Batch:
    """What the hub takes from an inbox that holds the file."""
    texts = [(folder / name).read_text("utf-8") for name in ("contract.toml", "mapping.toml")]
    made = source_contract.read(texts[0], texts[1], "small")
    now = datetime.now(UTC)
    return OfficeFiles(made, file.parent.parent, clock=lambda: now, grace_seconds=0.0).pull(None, 9)


def test_originals_of_zawgyi_stand_under_the_names_of_the_contract(tmp_path: Path) -> None:
    texts = [text.replace('"child"', '"Child Name"') for text in (CONTRACT, MAPPING)]
    texts[1] = edited(texts[1], ('about = "Child Name"', 'about = "child"'))
    folder = write(tmp_path / "visit" / "v1", *texts)
    rows = [
        {"visit_id": f"v-{at}", "visit_date": "2026-01-05", "child name": name, "age": 12}
        for at, name in enumerate(["ေမာင္ေက်ာ္သူ", "မျမင့္ျမင့္"])
    ]
    path = csv_file(inbox(tmp_path) / "visits.csv", rows)
    trial = open_trial(path, str(folder))
    bodies = [one.body for one in records(trial, 0, lambda _doing, _count: None)]
    assert [dict(body["_zawgyi"]) for body in bodies] == [
        {"Child Name": row["child name"]} for row in rows
    ]
    assert bodies == [one.body for one in hub_reads(folder, path).records]
    lines = contract("try", path, "--contract", folder, "--json", "--reveal").lines
    assert lines[0]["canonical"]["identity"]["name"] == "မောင်ကျော်သူ"


# --- what waits for a person, and what many records share ----------------------------------------


def suspected(number: int, **more: object) -> dict[str, object]:
    """A row of a child that somebody may have seen at work, and nothing more."""
    body = {
        "insp_id": f"I-{number}", "insp_date": "2026-02-03", "office_code": "O", "wp_id": "W",
        "wp_township": "MMR013002", "child_found": "suspected", "child_no": "1",
        "child_name": f"Mya {number}", "child_age": 15, "child_night": "", "isic4": "",
    }  # fmt: skip
    return body | more


def test_a_record_that_no_verdict_settles_waits_for_a_person_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    seen = {"child_found": "yes", "child_hours_week": 50}
    rows = [suspected(1), suspected(2, **seen), suspected(3, child_age=200)]
    path = csv_file(tmp_path / "a.csv", rows)
    lines = contract("try", path, "--contract", INSPECTION, "--json").lines
    assert ["waits" in line for line in lines] == [True, False, False]
    facts, waits = lines[0]["canonical"]["facts"], lines[0]["waits"]
    missing = [*facts["legal"]["missing"], *facts["statistical"]["missing"]]
    assert set(waits["missing"]) == set(missing) != set()
    assert (waits["code"], lines[0]["accepted"]) == ("undetermined", True)
    page = contract("try", path, "--contract", INSPECTION).out
    assert "waits for a person: whether it is child labour cannot be told without" in page
    assert f"(missing: {', '.join(waits['missing'])})" in page
    assert "1 of them would wait for a person in the hub." in page


def test_a_note_of_many_rows_is_told_once_with_their_number(tmp_path: Path) -> None:
    rows = [suspected(number, child_night="maybe_7") for number in range(28)]
    path = csv_file(tmp_path / "a.csv", rows)
    page = contract("try", path, "--contract", INSPECTION).out
    assert page.count("child_night (maybe_7)") == page.count("waits for a person") == 1
    assert page.count("28 records: row 2, row 3, row 4 and 25 more") >= 2
    assert [f"  row {2 + number}: accepted\n" in page for number in range(28)] == [True] * 28


def test_what_is_odd_in_one_row_is_not_lost_among_what_is_so_in_all(tmp_path: Path) -> None:
    rows = [suspected(number, child_night="maybe_7") for number in range(90)]
    rows[80]["child_age"] = 200
    path = csv_file(tmp_path / "a.csv", rows)
    page = contract("try", path, "--contract", INSPECTION).out
    part = page.split("Records with something to tell (of 90):")[1]
    assert part.split("\n")[1].startswith("  row 82: rejected")
    assert "89 records: row 2, row 3, row 4 and 86 more" in part
    assert "perhaps more" not in part


def test_a_column_of_the_key_is_no_column_that_maps_nowhere(tmp_path: Path) -> None:
    body = samples(SCHOOL)[0]["body"]
    page = contract("try", csv_file(tmp_path / "s.csv", [body])).out
    assert body["student_no"]
    assert "maps nowhere" not in page or "student_no" not in page.split("maps nowhere")[1]
    assert "\n1 record: 1 accepted\n" in page


def test_rows_of_one_key_on_two_sheets_name_the_sheet(tmp_path: Path) -> None:
    body = samples(INSPECTION)[0]["body"]
    path = tmp_path / "sheets.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("January", "February"):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(table([body])):
                sheet.write_row(number, 0, row)
    lines = contract("try", path, "--json").lines
    assert "sheet February, row 2 takes the place" in lines[0]["notes"][0]["message"]
    assert "the place of sheet January, row 2" in lines[1]["notes"][0]["message"]


def test_records_without_a_key_are_never_the_same(small: Path, tmp_path: Path) -> None:
    rows = [{"visit_id": "", "visit_date": "2026-01-05", "child": name} for name in ("A", "B")]
    path = csv_file(tmp_path / "visits.csv", rows)
    lines = contract("try", path, "--contract", small, "--json").lines
    assert [list(line) for line in lines] == [["sheet", "row", "accepted", "reasons"]] * 2
