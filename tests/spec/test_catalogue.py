"""The generated catalogue is what the contracts say, and other people's validators take it."""

import json
import tomllib
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts import codes, source_contract
from contracts.catalogue import THINGS, Model, entries
from contracts.catalogue.odcs import document as odcs_document
from contracts.catalogue.schema import schema_of
from contracts.errors import RejectedError
from contracts.labels import Label
from contracts.mapping.translation import Translated, translate
from contracts.model.case_facts import CaseFacts
from contracts.model.figure import Figure, SurveyFigure
from contracts.model.identity import Identity
from tests.property.from_schema import contents
from tests.spec.catalogue_files import (
    CATALOGUE,
    COMMAND,
    DICTIONARY,
    FROZEN,
    SOURCES,
    bodies,
    made,
    odcs,
    stale,
)

MODELS = [*THINGS, *bodies()]
EVERY = pytest.mark.parametrize("model", MODELS, ids=lambda one: one.__name__)
NO_SHRINKING = [Phase.explicit, Phase.generate]  # a case of a hundred fields shrinks for minutes
LABELS = {str(label) for label in Label}
Json = dict[str, Any]


@cache
def validator(model: Model) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema_of(model), validate_formats=True)


# --- drift ----------------------------------------------------------------------------------------


def test_every_generated_file_is_as_the_contracts_have_it() -> None:
    assert stale(made()) == [], f"run {COMMAND}"


def test_a_file_that_is_out_of_date_and_one_that_nobody_makes_are_seen() -> None:
    path = CATALOGUE / "schemas" / "identity.json"
    changed = made() | {DICTIONARY: "old"}
    del changed[path]
    assert set(stale(changed)) >= {"docs/dictionary.md", "docs/catalogue/schemas/identity.json"}


def test_every_older_version_stays_as_it_was_published() -> None:
    for folder in FROZEN:
        for name in ("identity", "case_facts"):
            schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            jsonschema_rs.meta.validate(schema)
            assert schema["$id"] == f"urn:clm:schema:{folder.name}:{name}"


# --- JSON Schema ----------------------------------------------------------------------------------


def test_every_model_of_the_common_schema_is_a_thing_of_the_catalogue() -> None:
    told = {one.__name__ for one in THINGS}
    folder = files("contracts.model")
    names = {one.name.removesuffix(".py") for one in folder.iterdir() if one.name.endswith(".py")}
    assert len(told) == len(THINGS)
    assert {one.__module__.rsplit(".", 1)[-1] for one in THINGS} | {
        "__init__", "base", "sources_of_meaning",
    } == names  # fmt: skip


@EVERY
def test_a_schema_is_valid_and_tells_each_field_in_full(model: Model) -> None:
    schema = schema_of(model)
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for one in (schema, *schema.get("$defs", {}).values()):
        assert one["description"]
        assert one["additionalProperties"] is False
        for field in one["properties"].values():
            assert field["title"]
            assert len(field["description"]) > 2
            assert field["x-label"] in LABELS
            assert field["x-source"]
            assert field.get("x-codes", "sexes") in codes.names()


def test_no_two_schemas_have_one_name() -> None:
    assert len({schema_of(model)["$id"] for model in MODELS}) == len(MODELS)


@EVERY
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=NO_SHRINKING,
)
@given(st.data())
def test_whatever_a_schema_allows_the_model_takes(model: Model, data: st.DataObject) -> None:
    content = data.draw(contents(schema_of(model)))
    assert validator(model).is_valid(content)
    model.model_validate_json(json.dumps(content))


def test_the_source_samples_come_out_as_their_schemas_say() -> None:
    checks = {model: validator(model) for model in (Identity, CaseFacts)}
    figures = validator(Figure), validator(SurveyFigure)
    seen = 0
    for result in translated_samples():
        for model, content in ((Identity, result.identity), (CaseFacts, result.facts)):
            if content is not None:
                stored = model.model_validate(content).model_dump(mode="json", exclude_none=True)
                assert [str(fault) for fault in checks[model].iter_errors(stored)] == []
                assert checks[model].is_valid(content)
                seen += 1
        if result.figure is not None:
            assert any(one.is_valid(result.figure | {"ref": "r"}) for one in figures)
            seen += 1
    assert seen > 10


def translated_samples() -> list[Translated]:
    """What the samples of all source contracts become; a rejected one becomes nothing."""
    found = []
    for system, record in {(one[0], one[1]) for one in source_contract.every()}:
        text = files("contracts").joinpath("sources", system, record, "v1", "sample.json")
        for one in json.loads(text.read_text(encoding="utf-8")):
            try:
                found.append(translate(system=system, record=record, body=one["body"],
                                       where="sample", key="k"))  # fmt: skip
            except RejectedError:
                continue
    return found


@EVERY
def test_null_is_no_missing_and_an_unknown_field_is_refused(model: Model) -> None:
    schema = schema_of(model)
    faults = {str(fault.instance_path) for fault in validator(model).iter_errors({})}
    assert bool(faults) == bool(schema.get("required"))
    for name, field in schema["properties"].items():
        if {"type": "null"} in field.get("anyOf", ()):
            assert name in schema["required"]  # null is an answer here: `into` no other child
            continue
        wrong = [tuple(one.instance_path) for one in validator(model).iter_errors({name: None})]
        assert (name,) in wrong
    messages = [one.message for one in validator(model).iter_errors({"surname": "x"})]
    assert any("surname" in message for message in messages)


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Identity, {"sex": "male"}),
        (Identity, {"birth_latest": "01/02/2014"}),
        (Identity, {"birth_latest": "2014-02-30"}),
        (Identity, {"home_township": "Hpa-An"}),
        (Identity, {"guardians": {"name": "x"}}),
        (Identity, {"guardians": [{"surname": "x"}]}),
        (Identity, {"household": {"members": 0}}),
        (CaseFacts, {"hours_week": 200}),
        (CaseFacts, {"hours_week": "40"}),
        (CaseFacts, {"isic": "16"}),
        (CaseFacts, {"attends_school": True}),
        (CaseFacts, {"worst_forms": ["d"]}),
        (CaseFacts, {"legal": {"answer": "maybe", "rules": "myanmar-law/2019"}}),
        (CaseFacts, {"absent": [{"field": "hours_week", "reason": "98"}]}),
        (SurveyFigure, {"state": "MMR019"}),
        (SurveyFigure, {"weight": -1}),
    ],
)
def test_a_value_that_cannot_be_is_refused(model: Model, wrong: Json) -> None:
    (name,) = wrong
    assert {one.instance_path[0] for one in validator(model).iter_errors(wrong)
            if one.instance_path} == {name}  # fmt: skip


def test_a_case_holds_the_fields_of_its_parts_and_each_is_defined_once() -> None:
    own = {one.name for one in entries(CaseFacts, own=True)}
    assert {"system", "legal", "workplace"} <= own
    assert not own & {"hours_week", "school_status", "case_id"}
    assert {one.of for one in entries(CaseFacts)} == {
        "CaseFacts", "WorkSituation", "EducationSituation", "CaseFile",
    }  # fmt: skip


# --- ODCS -----------------------------------------------------------------------------------------


def standard() -> jsonschema_rs.Draft201909Validator:
    """The official schema, as its package has it."""
    text = files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.Draft201909Validator(json.loads(text), validate_formats=True)


def test_there_is_a_document_for_every_source_contract() -> None:
    assert set(odcs()) == {
        ".".join(path.parent.relative_to(SOURCES).parts)
        for path in SOURCES.glob("*/*/v*/contract.toml")
    }
    assert len(odcs()) >= 4


@pytest.mark.parametrize("name", sorted(odcs()))
def test_a_source_contract_is_a_document_of_the_standard(name: str) -> None:
    document = odcs()[name]
    assert [f"{one.instance_path}: {one.message}" for one in standard().iter_errors(document)] == []
    assert document["apiVersion"] == "v3.1.0"
    assert document["kind"] == "DataContract"
    for field in document["schema"][0]["properties"]:
        assert field["classification"] in LABELS


@pytest.mark.parametrize(
    ("place", "wrong"),
    [((), {"owner": "x"}), (("schema", 0), {"logicalType": "table"}),
     (("schema", 0, "properties", 0), {"logicalType": "text"}),
     (("schema", 0, "properties", 0), {"nullable": True})],
)  # fmt: skip
def test_the_standard_would_see_a_wrong_document(place: tuple[Any, ...], wrong: Json) -> None:
    document: Any = deepcopy(odcs()["emis.school.v1"])
    there = document
    for step in place:
        there = there[step]
    there.update(wrong)
    assert not standard().is_valid(document)


def test_a_document_says_which_field_of_the_common_schema_each_column_feeds() -> None:
    fields = {one["name"]: one for one in odcs()["emis.school.v1"]["schema"][0]["properties"]}
    told = {one["property"]: one["value"] for one in fields["township_pcode"]["customProperties"]}
    assert told == {"target": "facts.township, identity.home_township"}
    assert "customProperties" not in fields["remarks"]


def test_dates_of_a_contract_become_text() -> None:
    contract = tomllib.loads(
        "contractCreatedTs = 2026-01-02T03:04:05Z\n"
        '[[schema]]\nname = "x"\nproperties = [{ name = "a", classification = "C1" }]'
    )
    mapping = tomllib.loads('version = "1"\n[mapping]\nrows = []')
    assert odcs_document(contract, mapping)["contractCreatedTs"] == "2026-01-02T03:04:05+00:00"
