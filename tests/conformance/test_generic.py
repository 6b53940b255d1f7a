"""Files of any office read by their contract alone: what the hub is given, and what goes home."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from structlog.testing import capture_logs

from adapters.generic.adapter import OfficeFiles
from adapters.sdk.conformance import CHECKS, Make
from adapters.sdk.ports import Answer, Batch, Record
from contracts import source_contract
from contracts.errors import RejectedError
from contracts.mapping.translation import plan
from contracts.source_contract import SourceContract
from tests.conformance.desk import NOW, Desk
from tests.conformance.sheets import put, workbook
from tests.spec.small_contract import CONTRACT, MAPPING, edited

FORMS = (
    ("labour_inspection", "inspection", "xlsx"), ("emis", "school", "csv"),
    ("labour_inspection", "kobo_inspection", "json"),
    ("labour_inspection", "odk_inspection", "jsonl"), ("emis", "student", "json"),
    ("emis", "absence", "jsonl"), ("emis", "withdrawal", "json"),
    ("emis", "tracked_entity", "json"), ("labour_force_survey", "child", "csv"),
    ("public_reports", "report", "jsonl"),
)  # fmt: skip
CASES = [
    pytest.param(form, check, id=f"{form[1]}-{check.__name__}")
    for form in FORMS
    for capability in ("pulls", "pushes_answers")
    for check in CHECKS[capability]
]


def samples(contract: SourceContract) -> list[dict[str, Any]]:
    """The contract's accepted samples whose keys differ."""
    place = files("contracts").joinpath("sources", contract.system, contract.record, "v1")
    given = json.loads(place.joinpath("sample.json").read_text(encoding="utf-8"))
    return list({one["key"]: one for one in given if "rejected" not in one}.values())


def bodies(contract: SourceContract) -> list[dict[str, Any]]:
    """The samples as their system sends them: the children of a form within it."""
    given = [dict(one["body"]) for one in samples(contract)]
    if contract.splits:
        for number, body in enumerate(given):
            child = body.pop("child", None)
            body[contract.splits] = [] if child is None else [child]
            body[min(contract.properties)] = f"form-{number}"
    return given


def written(kind: str, given: list[dict[str, Any]]) -> bytes:
    """Records as a file of a kind."""
    if kind == "json":
        return json.dumps({"results": given}).encode()
    if kind == "jsonl":
        return "\n".join(map(json.dumps, given)).encode()
    names: list[object] = list(dict.fromkeys(name for body in given for name in body))
    rows: list[list[object]] = [names, *([body.get(str(name)) for name in names] for body in given)]
    if kind == "xlsx":
        return workbook(S=rows)
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def office(contract: SourceContract, home: Path) -> OfficeFiles:
    return OfficeFiles(contract, home, clock=lambda: NOW, grace_seconds=0, wall=lambda: 0.0)


@pytest.mark.parametrize(("form", "check"), CASES)
def test_the_adapter_conforms_with_any_shipped_contract(
    form: tuple[str, str, str], check: Callable[[Make], None], tmp_path: Path
) -> None:
    system, record, kind = form
    contract = source_contract.load(system, record)
    put(tmp_path / "inbox", f"a.{kind}", written(kind, bodies(contract)))
    check(lambda: office(contract, tmp_path))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form[1])
def test_what_comes_out_of_a_file_is_what_the_samples_say(
    form: tuple[str, str, str], tmp_path: Path
) -> None:
    """Through a file of its kind and back: nothing is lost, and nothing is another type."""
    system, record, kind = form
    contract = source_contract.load(system, record)
    put(tmp_path / "inbox", f"a.{kind}", written(kind, bodies(contract)))
    batch = office(contract, tmp_path).pull(None, 1000)
    assert not batch.unreadable
    wanted = [said(one["gives"]) for one in samples(contract)]
    assert [said(translated(contract, one)) for one in batch.records] == wanted


def translated(contract: SourceContract, record: Record) -> Mapping[str, Any]:
    made = plan(contract).translate(record.body, where=record.where, key=record.key)
    return {"identity": made.identity, "facts": made.facts, "figure": made.figure}


def said(gives: Mapping[str, Any]) -> dict[str, Any]:
    """What a record gives, without its key, and without what this test does not send."""
    facts = dict(gives.get("facts") or {})
    facts.pop("row_key", None)
    return {
        "identity": gives.get("identity") or None, "facts": facts,
        "figure": gives.get("figure") or None,
    }  # fmt: skip


VISIT = source_contract.read(CONTRACT, MAPPING, "visit")
HEADER = ("visit_id", "visit_date", "child", "nickname", "age", "sex", "danger")
TIME = 1_767_600_000


def visit(number: object, child: str = "Made Up", **more: object) -> tuple[object, ...]:
    row: dict[str, object] = {
        "visit_id": number, "visit_date": "2026-01-05", "child": child, "age": 12, "sex": "M",
    }  # fmt: skip
    return tuple((row | more).get(name, "") for name in HEADER)


def lines(*rows: tuple[object, ...]) -> bytes:
    return "".join(";".join(map(str, row)) + "\n" for row in rows).encode()


@dataclass
class Office(Desk):
    """The folder of the visits."""

    contract: SourceContract | None = VISIT


@pytest.fixture
def desk(tmp_path: Path) -> Office:
    """The folder of the visits, empty."""
    (tmp_path / "inbox").mkdir()
    return Office(home=tmp_path)


def _keys(batch: Batch) -> list[tuple[str, str]]:
    return [(record.key, record.person) for record in batch.records]


def test_every_key_begins_with_the_records_name(desk: Office) -> None:
    """Of records, of rows without a key, of twins, of sheets, of files, and of what is mended."""
    put(desk.inbox, "a.csv", lines(HEADER, visit(7), visit(""), visit(8, "A"), visit(8, "B")))
    put(desk.inbox, "b.csv", b"")
    put(desk.inbox, "c.xlsx", workbook(S=[HEADER, visit(9)], Bad=[HEADER[:1] + HEADER[2:]]))
    batch = desk.settled()
    assert {record.record for record in batch.records} == {"visit"}
    assert _keys(batch) == [
        ("visit:7", "visit:7"), ("visit:a.csv#3", "visit:a.csv#3"), ("visit:8", "visit:8"),
    ]  # fmt: skip
    assert [one.key for one in batch.unreadable] == ["visit:a.csv#4", "visit:b.csv"]
    put(desk.inbox, "a.csv", lines(HEADER, visit(7), visit(6), visit(8, "B")), at=TIME + 9)
    put(desk.inbox, "b.csv", lines(HEADER, visit(1)), at=TIME + 9)
    again = desk.settled()
    assert set(again.mended) == {"visit:a.csv#3", "visit:a.csv#4", "visit:b.csv"}


def test_two_contracts_of_one_system_share_no_key(tmp_path: Path) -> None:
    """Neither of a record nor of a file that cannot be read: each would end the other's line."""
    other = source_contract.read(CONTRACT.replace("clm:ngo:visit", "clm:ngo:call"), MAPPING, "call")
    found = []
    for contract in (VISIT, other):
        home = tmp_path / contract.record
        put(home / "inbox", "a.csv", lines(HEADER, visit(7)))
        put(home / "inbox", "b.csv", b"\xff")
        batch = office(contract, home).pull(None, 10)
        assert len(batch.records) == len(batch.unreadable) == 1
        found += [*(one.key for one in batch.records), *(one.person for one in batch.records)]
        found += [one.key for one in batch.unreadable]
    assert len(set(found)) == 4


def test_an_answer_goes_home_under_the_offices_own_key(tmp_path: Path) -> None:
    (record,) = _pulled(VISIT, tmp_path, "a.csv", lines(HEADER, visit("V-7"))).records
    office(VISIT, tmp_path).answer(
        [
            Answer(
                referral="r1",
                system="ngo",
                office="YGN",
                row_key=record.key,
                state="accepted",
                on=date(2026, 1, 6),
            )
        ]
    )
    (answers,) = (tmp_path / "answers").glob("*.xlsx")
    sheet = openpyxl.load_workbook(answers).active
    assert sheet
    assert [[cell.value for cell in row] for row in sheet][1:] == [
        ["V-7", "r1", "accepted", "2026-01-06"]
    ]


def _pulled(contract: SourceContract, home: Path, name: str, content: bytes) -> Batch:
    put(home / "inbox", name, content)
    return office(contract, home).pull(None, 100)


def test_a_header_may_be_typed_in_any_way_and_gives_the_contracts_names(tmp_path: Path) -> None:
    """Also names with capitals, dots and blanks, and what was written of a converted text."""
    changes = (
        ('name = "child"', 'name = "Child Name"'),
        ('name = "visit_id"', 'name = "Reg. No."'),
    )
    mapping = edited(MAPPING, ('one_of = [["child",', 'one_of = [["Child Name",'),
                     ('source = "child"', 'source = "Child Name"'))  # fmt: skip
    contract = source_contract.read(edited(CONTRACT, *changes), mapping, "visit")
    zawgyi = "ေက်ာ္ေဇာ္"
    header = ("REG.  NO.*", "Visit-Date", "child name", "nickname", "Age", "sex")
    rows = [(n, "05/01/2026", zawgyi, "", 12, "M") for n in range(1, 6)]
    batch = _pulled(contract, tmp_path, "a.csv", lines(header, *rows))
    assert not batch.unreadable
    assert [one.key for one in batch.records] == [f"visit:{n}" for n in range(1, 6)]
    first = batch.records[0].body
    assert (first["Child Name"], first["Reg. No."]) == ("ကျော်ဇော်", "1")
    assert first["_zawgyi"] == {"Child Name": zawgyi}
    assert plan(contract).translate(first, where="w", key="k").facts


def test_names_that_a_table_cannot_tell_apart_are_read_from_documents_alone(tmp_path: Path) -> None:
    contract = source_contract.read(
        edited(CONTRACT, ('name = "nickname"', 'name = "CHILD"')),
        MAPPING.replace('"nickname"', '"CHILD"'), "visit",
    )  # fmt: skip
    body = {"visit_id": "7", "visit_date": "2026-01-05", "CHILD": "Made Up"}
    batch = _pulled(contract, tmp_path, "a.json", json.dumps(body).encode())
    assert [one.key for one in batch.records] == ["visit:7"]
    (refused,) = _pulled(contract, tmp_path, "b.csv", lines(HEADER, visit(8))).unreadable
    assert (refused.key, refused.reason.code) == ("visit:b.csv", "contract_names_alike")


def test_a_file_of_another_form_is_told_with_the_columns_that_it_lacks(desk: Office) -> None:
    put(desk.inbox, "a.csv", lines(("child", "age", "sex"), ("Secret", 12, "M")))
    put(desk.inbox, "b.csv", lines(("insp_id", "insp_date", "wp_id", "gps"), (1, 2, 3, 4)))
    put(desk.inbox, "c.json", b'[{"insp_id": "Secret"}]')
    batch = desk.settled()
    assert not batch.records
    reasons = {one.key[6:7]: one.reason for one in batch.unreadable}
    assert reasons["a"].message == "the header lacks visit_id; visit_date"
    assert "visit_id, visit_date" in reasons["b"].next_step
    assert reasons["c"].message == "the records lack visit_id; visit_date"
    assert "Secret" not in f"{batch!r}"


def test_either_of_two_columns_is_enough(desk: Office) -> None:
    """As the contract's `one_of` says; without both the header is told."""
    put(desk.inbox, "a.csv", lines(HEADER[:2] + HEADER[3:], (*visit(1)[:2], "M")))
    put(desk.inbox, "b.csv", lines(HEADER[:2] + HEADER[4:], visit(2)[:2] + visit(2)[4:]))
    batch = desk.settled()
    assert [one.key for one in batch.records] == ["visit:1"]
    assert "child or nickname" in batch.unreadable[0].reason.message


def test_a_person_of_several_records_is_one_under_the_records_name(tmp_path: Path) -> None:
    contract = source_contract.load("emis", "school")
    rows = bodies(contract)
    batch = _pulled(contract, tmp_path, "a.csv", written("csv", rows))
    assert [one.person for one in batch.records] == [
        f"school:{row['school_code']}/{row['student_no']}" for row in rows
    ]


def test_an_inspection_that_found_none_is_about_nobody(tmp_path: Path) -> None:
    contract = source_contract.load("labour_inspection", "inspection")
    batch = _pulled(contract, tmp_path, "a.xlsx", written("xlsx", bodies(contract)))
    assert ("inspection:LI-YGN-26-0102/", "") in _keys(batch)


def test_a_form_about_several_children_is_several_records(tmp_path: Path) -> None:
    """Each with its place; one that was sent twice with other children is told of."""
    contract = source_contract.load("labour_inspection", "kobo_inspection")
    form = bodies(contract)[0]
    children = [{"child/no": n, "child/name": f"Child {n}"} for n in (1, 2, 3)]
    first = form | {"child": children}
    batch = _pulled(contract, tmp_path, "a.json", json.dumps([first]).encode())
    key = f"kobo_inspection:{form['_id']}"
    assert _keys(batch) == [(f"{key}/{n}", f"{key}/{n}") for n in (1, 2, 3)]
    assert [one.where for one in batch.records][1:] == [
        "a.json, record 1, child 2", "a.json, record 1, child 3",
    ]  # fmt: skip
    again = form | {"child": [children[0], {"child/no": 2, "child/name": "Another"}]}
    batch = _pulled(contract, tmp_path, "b.json", json.dumps([first, again]).encode())
    (twin,) = batch.unreadable
    assert (twin.key, twin.reason.code) == ("kobo_inspection:b.json#1#2", "row_key_twice")
    assert twin.reason.where == "b.json, record 1, child 2"
    assert twin.reason.message.startswith("record 2, child 2 has the same key")


def test_parts_of_a_split_file_lose_nothing(desk: Office) -> None:
    """A batch may end between two children of one form."""
    contract = source_contract.load("labour_inspection", "kobo_inspection")
    desk.contract = contract
    form = bodies(contract)[0] | {"child": [{"child/no": n} for n in range(1, 6)]}
    put(desk.inbox, "a.json", json.dumps([form]).encode())
    found = _keys(desk.settled(most=2))
    while len(more := _keys(desk.pull(most=2))) == 2:
        found += more
    assert [key[-1] for key, _ in [*found, *more]] == list("12345")


def test_what_the_contract_rejects_is_given_with_its_place(desk: Office) -> None:
    """The adapter judges no value: the contract says what is wrong, and where."""
    put(desk.inbox, "a.csv", lines(HEADER, visit(7, age=240), visit(8, visit_date="soon")))
    for record in desk.settled().records:
        with pytest.raises(RejectedError) as caught:
            plan(VISIT).translate(record.body, where=record.where, key=record.key)
        assert caught.value.reasons[0].where == record.where


def test_the_adapter_says_of_itself_what_its_contract_says(tmp_path: Path) -> None:
    manifest = office(VISIT, tmp_path).manifest
    assert (manifest.name, manifest.system, manifest.owner, manifest.records) == (
        "Visit", "ngo", "The NGO's data desk", ("visit",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Maung Maung.csv", "a\nb\x1b[31m.csv", "x" * 251 + ".csv", "\u1000" * 83 + ".csv"]
)
def test_a_files_name_goes_into_no_log_and_no_version(desk: Office, name: str) -> None:
    """It may be a person's, and as long as a system lets it: versions have a column's width."""
    put(desk.inbox, name, lines((*HEADER, "more"), (*visit(7), "x"), (*visit(""), "y")))
    put(desk.inbox, f"{name[:-5]}.csv", b"")
    with capture_logs() as logs:
        batch = desk.settled()
    assert [one["event"] for one in logs] == ["workbook_columns_ignored"]
    assert name[:5] not in str(logs)
    versions = [one.version for one in batch.records]
    versions += [one.version for one in batch.unreadable]
    assert len(versions) == 3
    assert all(name[:5] not in one and len(one) < 60 for one in versions)


def test_a_file_is_dated_by_its_own_time(desk: Office) -> None:
    put(desk.inbox, "a.csv", lines(HEADER, visit(7)))
    assert desk.settled().records[0].changed == datetime.fromtimestamp(TIME, UTC)
