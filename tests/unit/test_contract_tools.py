"""The parts of `contract check`: lines, the document against the standard, every fault."""

# One line a case.
# ruff: noqa: E501

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import open_data_contract_standard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import source_contract
from contracts.checking import Fault, Texts, check
from contracts.checking.document import Document
from contracts.checking.fields import check_document
from contracts.checking.form import read_form
from contracts.checking.lines import Lines
from contracts.checking.targets import PERSONAL, lists, targets
from contracts.evolution.shape import shape_of
from contracts.guessing.names import personal_class
from contracts.labels import Label
from contracts.scaffold.toml import value_text
from hub.contract_tools.folders import Place, WrongUseError, find, read, shipped
from tests.spec.small_contract import CONTRACT, MAPPING, SAMPLE, edited

OFFICIAL = jsonschema_rs.validator_for(
    json.loads(files(open_data_contract_standard).joinpath("schema.json").read_text("utf-8"))
)
SHIPPED = shipped()


def faults(
    *edits: tuple[str, str], sample: str | None = SAMPLE, level: str = "error"
) -> list[Fault]:
    """The faults of the small contract with changes in whichever file holds their first part."""
    contract, mapping = CONTRACT, MAPPING
    for before, after in edits:
        if before in contract:
            contract = edited(contract, (before, after))
        else:
            mapping = edited(mapping, (before, after))
    found = check(Texts(contract=contract, mapping=mapping, sample=sample, place="small"))
    return [one for one in found if one.level == level]


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [x for key, one in value.items() for x in leaves(one, (*path, key))]
    if isinstance(value, list):
        return [x for at, one in enumerate(value) for x in leaves(one, (*path, at))]
    return [(path, value)]


# --- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", SHIPPED, ids=lambda place: place.name)
def test_every_text_of_a_shipped_contract_stands_on_the_line_that_is_told(place: Place) -> None:
    for name in ("contract.toml", "mapping.toml"):
        text = (place.folder / name).read_text(encoding="utf-8")
        found, rows = Lines(text), text.split("\n")
        for path, value in leaves(tomllib.loads(text)):
            if isinstance(value, str) and '"' not in value and "\\" not in value:
                assert value in rows[found.of(*path) - 1]


def test_lines_know_every_way_to_write_a_value() -> None:
    text = (
        "# a comment with a = 1\n"
        'a = """\n[not] a header\nb = 2 \\""" inside\n"""\n'
        "b = [\n  1, # ] no end\n  { c = 'x', \"d e\" = [true,\n    false] },\n]\n"
        "[t.u]\nf.g = 1979-05-27\n[[r]]\nn = 1\n[[r.s]]\nm = 1\n[[r]]\nn = 2\n[[r.s]]\nm = 2\n"
    )
    data, found = tomllib.loads(text), Lines(text)
    assert data["r"][1]["s"][0]["m"] == 2
    assert found.of("a") == 2
    assert (found.of("b", 0), found.of("b", 1, "c"), found.of("b", 1, "d e", 1)) == (7, 8, 9)
    assert (found.of("t", "u", "f", "g"), found.of("r", 0, "n")) == (12, 14)
    assert (found.of("r", 1, "n"), found.of("r", 1, "s", 0, "m")) == (18, 20)
    assert found.of("b", 1, "nothing", "below") == 8
    assert Lines("").of("x") == 1


# --- the document against the standard -----------------------------------------------------------


@pytest.mark.parametrize("place", SHIPPED, ids=lambda place: place.name)
def test_a_shipped_contract_is_one_by_the_official_schema(place: Place) -> None:
    document = tomllib.loads((place.folder / "contract.toml").read_text(encoding="utf-8"))
    assert [str(one) for one in OFFICIAL.iter_errors(document)] == []


def as_toml(document: dict[str, Any]) -> str:
    return "\n".join(f"{json.dumps(key)} = {value_text(one)}" for key, one in document.items())


SPOILERS = st.sampled_from(
    ["", "x", 7, 1.5, True, [], {}, ["x"], [1, 2], {"x": 1}, [{}], "v3.1.0", "C9", "object"]
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_our_form_accepts_the_official_schema_accepts(data: st.DataObject) -> None:
    document = tomllib.loads(CONTRACT)
    document["schema"][0]["quality"] = [
        {"name": "few", "metric": "rowCount", "mustBeGreaterThan": 0, "dimension": "coverage"}
    ]
    for _ in range(data.draw(st.integers(1, 2))):
        path, _ = data.draw(st.sampled_from(leaves(document)))
        holder = document
        for part in path[: data.draw(st.integers(0, len(path) - 1))]:
            holder = holder[part]
        if isinstance(holder, dict):
            near = st.sampled_from([*map(str, holder), "items", "properties", "quality", "odd"])
            key = data.draw(near)
            if data.draw(st.booleans()):
                holder[key] = data.draw(SPOILERS)
            else:
                holder.pop(key, None)
    accepted, notes = read_form(as_toml(document), Document, "contract.toml")
    if accepted:
        check_document(accepted, notes)
    if not any(one.level == "error" for one in notes.faults):
        assert OFFICIAL.is_valid(document)


# --- faults --------------------------------------------------------------------------------------

AGE_ROW = '{ target = "birth.age", source = "age"'
DUST = '{ code = "dust", label = "Dust", target = "dust_fumes" },'
KEY = "primaryKey = true, primaryKeyPosition = 1, "
QUALITY = '[[schema.quality]]\nname = "r"\n'

# What is changed, the file and the text of the line that is told, and what is said or advised.
FAULTS = [
    (('status = "active"', 'status = "live"'), "contract.toml", "status =", "write one of"),
    (('status = "active"', "status = 1"), "contract.toml", "status =", "one of"),
    (('id = "clm:ngo:visit"\n', ""), "contract.toml", "", "id is missing"),
    (('logicalType = "array"', 'logicaltype = "array"'), "contract.toml", "helps", "write logicalType instead"),
    (('classification = "C5"', 'classification = "C8"'), "contract.toml", "remarks", "'C7'"),
    (('classification = "C5", ', ""), "contract.toml", "remarks", "classification is missing"),
    (('description = "Free text."', 'description = ""'), "contract.toml", "remarks", "description is empty"),
    (("required = true", 'required = "yes"'), "contract.toml", "visit_id", "true or false, without"),
    (('name = "nickname"', 'name = "child"'), "contract.toml", "Another name", "two fields are called child"),
    ((KEY, ""), "contract.toml", "properties =", "what tells two records apart"),
    (("primaryKeyPosition = 1", "primaryKeyPosition = 2"), "contract.toml", "visit_id", "numbered 1, 2, 3"),
    (("maximum = 120", "maximun = 120"), "contract.toml", "age", "no option maximun"),
    (("minimum = 0, maximum = 120", "minimum = 9, maximum = 5"), "contract.toml", "age", "above its maximum"),
    (('logicalType = "array"', 'logicalType = "string"'), "contract.toml", "helps", "is no list and has items"),
    (('name = "visit"\nlogicalType', 'name = "visit"\nquality = [{ name = "a", metric = "rowCount" }]\nlogicalType'), "contract.toml", "quality", "exactly one operator"),
    (("value = 1\n", "value = \n"), "contract.toml", "value = ", "as TOML wants it"),
    (('about = "child"', 'about = "pupil"'), "mapping.toml", "about", "'child', 'referral' or 'figure'"),
    ((AGE_ROW, '{ target = "birth.aeg", source = "age"'), "mapping.toml", "birth.aeg", "perhaps birth.age is meant"),
    ((AGE_ROW, '{ target = "birth.age", source = "aje"'), "mapping.toml", "aje", "perhaps age is meant"),
    (('transform = "integer"', 'transform = "whole"'), "mapping.toml", "whole", "unknown transform whole"),
    (('codes = "sexes"', 'codes = "sex"'), "mapping.toml", '"sex"', "perhaps sexes is meant"),
    (('crosswalk = "danger"', 'crosswalk = "dangers"'), "mapping.toml", "dangers", "unknown crosswalk"),
    (('target = "facts.services"', 'target = "facts.servises"'), "mapping.toml", "[[mapping.lists]]", "no list of the common schema"),
    (('each = "helps"', 'each = "hepls"'), "mapping.toml", "[[mapping.lists]]", "perhaps helps is meant"),
    (('{ target = "service_id", source = "help_id", transform = "key" },', ""), "mapping.toml", "[[mapping.lists]]", "service_id, which each of them needs"),
    (('target = "dust_fumes"', 'target = "dusty"'), "mapping.toml", "facts.hazards", "gives dusty, which facts.hazards does not take"),
    (('source = "sex", transform = "code", codes = "sexes"', 'source = "sex", transform = "text"'), "mapping.toml", "child.sex", "child.sex"),
    ((DUST, DUST + DUST), "mapping.toml", "danger = [", "the code dust twice"),
    (('source = "danger", transform = "codes", crosswalk = "danger"', 'source = "danger", transform = "codes", codes = "hazards"'), "mapping.toml", "danger = [", "no row reads the crosswalk danger"),
    (('transform = "name" },\n', 'transform = "name" },\n  { target = "identity.name", source = "child", transform = "name" },\n'), "mapping.toml", "identity.name", "an earlier row maps child"),
    (('{ target = "observed.on", source = "visit_date", transform = "date" },', ""), "mapping.toml", "[mapping]", "no row gives observed.on"),
    (('{ target = "observed.on", source = "visit_date", transform = "date" },', '{ target = "observed.on", source = "visit_date", transform = "date" },\n  { target = "observed.on", source = "visit_id", transform = "date" },'), "mapping.toml", "visit_id", "never reached"),
    (('"visit_date", logicalType = "date", required = true', '"visit_date", logicalType = "date"'), "mapping.toml", "observed.on", "no required field gives the day"),
    (('"child", logicalType = "string", classification = "C3"', '"child", logicalType = "string", classification = "C2"'), "mapping.toml", "identity.name", "give child the classification C3"),
    (('one_of = [["child", "nickname"]]', 'one_of = [["child", "nick"]]'), "mapping.toml", "one_of", "unknown field nick"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "file", "line", "said"), FAULTS, ids=[f"{one[1]}: {one[3]}" for one in FAULTS]
)
def test_a_fault_is_told_with_its_file_its_line_and_what_to_do(
    edit: tuple[str, str], file: str, line: str, said: str
) -> None:
    contract = edited(CONTRACT, edit) if edit[0] in CONTRACT else CONTRACT
    mapping = MAPPING if edit[0] in CONTRACT else edited(MAPPING, edit)
    text = (contract if file == "contract.toml" else mapping).split("\n")
    found = [one for one in faults(edit) if said in f"{one.message} {one.next_step}"]
    assert found, faults(edit)
    assert found[0].file == file
    assert line in (text[found[0].line - 1] if found[0].line else "")
    assert all(one.message and one.next_step for one in faults(edit))


def test_a_contract_without_fault_has_none() -> None:
    assert faults() == []


def test_all_faults_are_told_at_once() -> None:
    forms = (FAULTS[0][0], FAULTS[4][0], FAULTS[16][0])
    assert len(faults(*forms)) == 3
    names = (FAULTS[8][0], FAULTS[17][0], FAULTS[20][0])
    assert {one.line for one in faults(*names)} >= {11, 12, 23}


def test_what_is_left_to_do_is_a_warning_with_its_line() -> None:
    told = faults(("Free text.", "To do: ask the office."), level="warning")
    assert [(one.code, one.next_step) for one in told if one.code == "left_to_do"] == [
        ("left_to_do", "ask the office.")
    ]


def test_a_field_that_sounds_personal_and_is_classed_low_is_a_warning() -> None:
    wage = '  { name = "mother_name", logicalType = "string", classification = "C1", description = "W." },\n'
    at = '  { name = "remarks"'
    told = faults((at, wage + at), level="warning")
    assert "class_low" in {one.code for one in told}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("child_name", "C3"), ("childFullName", "C3"), ("teacher_name", "C7"),
        ("employer_phone", "C6"), ("ကလေး၏အမည်", "C3"), ("area.name", ""), ("student.name", "C3"),
        ("school_name", ""), ("hours", ""), ("group/father_name", "C3"),
    ],
)  # fmt: skip
def test_a_name_speaks_for_a_class_or_for_none(name: str, label: str) -> None:
    assert personal_class(name) == label


def test_a_sample_that_gives_something_else_is_told_by_its_place_and_without_a_value() -> None:
    body = {"visit_id": "v-9", "visit_date": "2026-01-05", "child": "Secretname", "age": 12}
    wrong = [{"about": "wrong", "key": "v-9", "body": body, "gives": {"identity": {}}}]
    told = faults(sample=json.dumps(wrong))
    assert len(told) == 1
    assert "identity.birth_earliest" in told[0].message
    assert "Secretname" not in str(told)


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        ("{", "json_wrong"), ("{}", "sample_form"), ('[{"key": "k"}]', "sample_form"),
        ('[{"key": "k", "body": {}, "gives": {}}]', "sample_wrong"),
    ],
)  # fmt: skip
def test_samples_of_another_form_are_told(sample: str, code: str) -> None:
    assert [one.code for one in faults(sample=sample)] == [code]


def test_a_contract_without_samples_is_warned_of() -> None:
    assert "samples_missing" in {one.code for one in faults(sample=None, level="warning")}


@pytest.mark.parametrize("text", ["a = " + "[" * 4000, "a" + ".a" * 2000 + " = 1", "\x00", "=", ""])
def test_no_text_makes_the_checker_fail(text: str) -> None:
    found = check(Texts(contract=text, mapping=text, sample=text, place="x"))
    assert {one.file for one in found} >= {"contract.toml", "mapping.toml"}


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(CONTRACT)), length=st.integers(0, 40), put=st.text(max_size=6))
def test_no_damage_makes_the_checker_fail(at: int, length: int, put: str) -> None:
    for contract, mapping in (
        (CONTRACT[:at] + put + CONTRACT[at + length :], MAPPING),
        (CONTRACT, MAPPING[:at] + put + MAPPING[at + length :]),
    ):
        for one in check(Texts(contract=contract, mapping=mapping, sample=SAMPLE, place="x")):
            assert one.message
            assert one.next_step


# --- targets -------------------------------------------------------------------------------------


def test_every_target_has_its_class_and_lists_have_fields() -> None:
    assert targets()["identity.name"].label is Label.C3
    assert targets()["facts.services.kind"].each == "facts.services"
    assert targets()["birth.date"].label in PERSONAL
    assert targets()["facts.hours_week"].unit == "h/wk"
    assert targets()["facts.sees_working"].values == {"yes", "no", "not_asked"}
    assert {"identity.guardians", "facts.follow_ups"} <= lists()


# --- folders -------------------------------------------------------------------------------------


def test_a_shipped_contract_is_found_by_any_of_its_names() -> None:
    for name in ("emis/school/v1", "emis/school", "school", "school/v1"):
        assert find(name).name == "emis/school/v1"


def test_an_unknown_contract_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="emis/school/v1 perhaps"):
        find("emis/schol/v1")
    with pytest.raises(WrongUseError, match=r"holds no contract\.toml"):
        find(str(tmp_path))


def test_files_that_cannot_be_read_are_faults(tmp_path: Path) -> None:
    (tmp_path / "contract.toml").write_bytes(b"\xff\xfe\x00")
    _, told = read(find(str(tmp_path)))
    assert {one.code for one in told} == {"encoding_wrong", "file_missing"}


# --- shapes ----------------------------------------------------------------------------------------


def test_shapes_of_shipped_contracts_name_every_field_and_target() -> None:
    shape = shape_of(source_contract.load("labour_inspection", "inspection"))
    assert shape.fields["child_name"].label == "C3"
    assert shape.rows["identity.name"][0].source == ("child_name",)
    assert shape.major == 1


def test_a_service_level_that_nobody_can_measure_is_told() -> None:
    told = faults(('property = "frequency"\nvalue = 1\nunit = "m"',
                   'property = "frequency"\nvalue = 1\nunit = "moon"'), level="warning")  # fmt: skip
    (found,) = (one for one in told if one.code == "service_level_unmeasured")
    assert "min, h, d" in found.next_step
