"""What `clmhub contract` does with contracts and samples that are none: one message, and an end."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from tests.journeys.contract_shell import contract, write
from tests.spec.small_contract import CONTRACT, MAPPING, edited

ROW = '  { target = "identity.name", source = "child", transform = "name" },\n'
HEADER = "visit_id,visit_date,child,nickname,age,sex,danger,remarks\n"


def test_a_mapping_of_thousands_of_wrong_rows_is_told_in_part_and_counted(tmp_path: Path) -> None:
    many = "".join(ROW.replace('"child"', f'"no{number}"') for number in range(300))
    folder = write(tmp_path / "v1", mapping_text=edited(MAPPING, (ROW, many)))
    done = contract("check", folder)
    assert done.status == 1
    assert "301 errors" in done.out or "300 errors" in done.out
    assert "more: --json lists them all" in done.out
    assert len(done.out.splitlines()) < 400
    assert len(contract("check", folder, "--json").lines) >= 300


def test_a_mapping_that_cannot_be_used_is_one_short_message_and_wrong_use(tmp_path: Path) -> None:
    folder = write(tmp_path / "v1", mapping_text=edited(MAPPING, (ROW, ROW * 500)))
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}v-1,2026-01-05,Khin,,12,M,dust,\n")
    done = contract("try", file, "--contract", folder)
    assert (done.status, done.out) == (2, "")
    assert "cannot be used" in done.told
    assert "contract check" in done.told
    assert len(done.told) < 2000
    assert "Khin" not in done.told


def test_two_fields_that_are_one_column_in_a_table_are_named(tmp_path: Path) -> None:
    field = '  { name = "nickname"'
    twin = '  { name = "CHILD", logicalType = "string", classification = "C3", description = "x" },'
    folder = write(tmp_path / "v1", edited(CONTRACT, (field, f"{twin}\n{field}")))
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}v-1,2026-01-05,Khin,,12,M,dust,\n")
    done = contract("try", file, "--contract", folder)
    assert (done.status, done.out) == (2, "")
    assert "child and CHILD are one column" in done.told


@pytest.mark.parametrize("name", ["", "x" * 10_000, "../../etc", "/etc/passwd", "a\x1b[31m"])
def test_a_name_that_leads_to_no_contract_is_wrong_use(tmp_path: Path, name: str) -> None:
    for arguments in (("check", name), ("diff", name, "emis/school")):
        done = contract(*arguments)
        assert (done.status, done.out) == (2, "")
        assert "\x1b" not in done.told


def test_a_folder_that_cannot_be_written_is_wrong_use_and_holds_no_part(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}v-1,2026-01-05,Khin,,12,M,dust,\n")
    done = contract("new", file / "visit" / "v1", "--from", file, "--name", "ngo/visit")
    assert (done.status, done.out) == (2, "")
    assert "cannot be written" in done.told
    assert list(tmp_path.iterdir()) == [file]


def test_a_sample_of_thousands_of_columns_is_no_form(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    fields = ",".join(f'"k{number}": 1' for number in range(5000))
    file.write_text(f"[{{{fields}}}]")
    done = contract("new", tmp_path / "ngo" / "visit" / "v1", "--from", file)
    assert done.status == 1
    assert "5000 columns" in done.told
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("encoding", ["UTF-G", "shift_jis", "utf-16"])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_whose_parts_name_a_strange_encoding_is_refused(
    tmp_path: Path, part: str, encoding: str
) -> None:
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.strip().split(","))
        sheet.write_row(1, 0, ["v-1", "2026-01-05", "Khin", "", 12, "M", "dust", ""])
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(file, "w") as written:
        for name in read.namelist():
            text = read.read(name)
            written.writestr(
                name, text.replace(b"UTF-8", encoding.encode()) if name == part else text
            )
    done = contract("try", file, "--contract", write(tmp_path / "v1"))
    assert "Khin" not in done.out + done.told
    assert done.status in (0, 1)
    assert done.status == 0 or ("a.xlsx" in done.told and "->" in done.told)
