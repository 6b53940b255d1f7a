"""Every source contract against its samples, and what it does with bad input. No bus, no store."""

import json
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from contracts import source_contract
from contracts.errors import FatalError, RejectedError
from contracts.mapping.translation import Translated, translate, version_of
from contracts.model.answer import CaseAnswer, ReferralAnswer
from contracts.model.base import Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.figure import Figure, SurveyFigure
from contracts.model.identity import Identity

CONTRACTS = [(system, record) for system, record, major in source_contract.every() if major == 1]
INSPECTION = ("labour_inspection", "inspection")
SCHOOL = ("emis", "school")
CASE = ("dsw_cms", "case")


def samples(system: str, record: str) -> list[dict[str, Any]]:
    place = files("contracts").joinpath("sources", system, record, "v1", "sample.json")
    found: list[dict[str, Any]] = json.loads(place.read_text(encoding="utf-8"))
    return found


ALL = [
    pytest.param(system, record, one, id=f"{record}: {one['about']}")
    for system, record in CONTRACTS
    for one in samples(system, record)
]


def run(contract: tuple[str, str], body: dict[str, Any], key: str = "k") -> Translated:
    system, record = contract
    return translate(system=system, record=record, body=body, where="file, sheet, row 3", key=key)


def changed(contract: tuple[str, str], **fields: Any) -> Translated:
    """Translate the contract's first sample with some fields changed."""
    return run(contract, samples(*contract)[0]["body"] | fields)


def faults(contract: tuple[str, str], **fields: Any) -> set[tuple[str, str]]:
    with pytest.raises(RejectedError) as caught:
        changed(contract, **fields)
    return {(reason.code, reason.column) for reason in caught.value.reasons}


def facts(contract: tuple[str, str], **fields: Any) -> dict[str, Any]:
    found = changed(contract, **fields).facts
    assert found is not None
    return found


def identity(contract: tuple[str, str], **fields: Any) -> dict[str, Any]:
    found = changed(contract, **fields).identity
    assert found is not None
    return found


@pytest.mark.parametrize(("system", "record", "sample"), ALL)
def test_a_sample_gives_what_its_contract_says(
    system: str, record: str, sample: dict[str, Any]
) -> None:
    if "rejected" in sample:
        with pytest.raises(RejectedError) as caught:
            run((system, record), sample["body"], sample["key"])
        found = [[one.code, one.column] for one in caught.value.reasons]
        assert found == sample["rejected"]
        assert all(one.where and one.message and one.next_step for one in caught.value.reasons)
        return
    got = run((system, record), sample["body"], sample["key"])
    wanted = sample["gives"]
    assert got.identity == wanted.get("identity")
    assert got.facts == wanted.get("facts")
    assert got.figure == wanted.get("figure")
    assert list(got.answers) == wanted.get("answers", [])
    assert list(got.quality) == wanted.get("quality", [])


@pytest.mark.parametrize(("system", "record", "sample"), ALL)
def test_what_is_given_is_exactly_what_the_closed_models_hold(
    system: str, record: str, sample: dict[str, Any]
) -> None:
    given = sample.get("gives", {})
    answers: dict[str, type[Thing]] = {"case": CaseAnswer, "referral": ReferralAnswer}
    pairs: list[tuple[type[Thing], Any]] = [
        (Identity, given.get("identity")),
        (CaseFacts, given.get("facts")),
    ]
    pairs += [(answers[one["kind"]], one) for one in given.get("answers", [])]
    if "figure" in given:
        figure = SurveyFigure if given["figure"]["kind"] == "survey" else Figure
        pairs.append((figure, given["figure"] | {"ref": "pseudonym"}))
    for model, content in pairs:
        if content is not None:
            held = model.model_validate(content).model_dump(mode="json", exclude_none=True)
            assert held == content


@pytest.mark.parametrize(("system", "record"), CONTRACTS)
def test_a_contract_is_complete(system: str, record: str) -> None:
    contract = source_contract.load(system, record)
    place = files("contracts").joinpath("sources", system, record, "v1", "contract.toml")
    document = tomllib.loads(place.read_text(encoding="utf-8"))
    assert document["apiVersion"] == "v3.1.0"
    assert document["kind"] == "DataContract"
    assert {"id", "name", "version", "status", "description", "schema"} <= set(document)
    assert any(one.get("primaryKey") for one in document["schema"][0]["properties"])
    assert all(one.description for one in contract.properties.values())
    assert {"gives", "rejected"} <= {name for one in samples(system, record) for name in one}
    assert version_of(system, record).startswith(contract.version)


@pytest.mark.parametrize("column", source_contract.load(*INSPECTION).required)
def test_each_required_column_of_an_inspection_is_missed(column: str) -> None:
    assert ("missing_required", column) in faults(INSPECTION, **{column: " \u200b"})


@pytest.mark.parametrize("column", source_contract.load(*SCHOOL).required)
def test_each_required_column_of_a_school_row_is_missed(column: str) -> None:
    assert faults(SCHOOL, **{column: None}) == {("missing_required", column)}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"child_age": 240}, ("age_impossible", "child_age")),
        ({"child_age": -1}, ("age_impossible", "child_age")),
        ({"child_hours_week": "200"}, ("hours_week_impossible", "child_hours_week")),
        ({"child_hours_day": 25}, ("hours_day_impossible", "child_hours_day")),
        ({"child_days_week": 8}, ("days_week_impossible", "child_days_week")),
        ({"child_dob": "06/01/2026"}, ("birth_after_observation", "child_dob")),
        ({"child_dob": "01/01/1880"}, ("age_impossible", "child_dob")),
        ({"insp_date": "32/01/2026"}, ("unreadable", "insp_date")),
        ({"wp_township": "Yangon"}, ("code_unknown", "wp_township")),
        ({"wp_id": None, "wp_name": ""}, ("missing_required", "wp_id")),
    ],
)
def test_a_row_is_rejected_for_what_is_missing_or_impossible(
    fields: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults(INSPECTION, **fields) == {fault}


@pytest.mark.parametrize(
    "fields",
    [
        {"child_name": None},
        {"wp_id": None},
        {"child_age": None},
        {"child_age": "about ten"},
        {"child_dob": "long ago"},
        {"child_hours_week": "many"},
        {"child_sex": "child"},
        {"child_isco08": "99999"},
        {"referred_to": "monastery"},
        {"unknown_column": {"deep": [1]}},
        {"child_injury": "perhaps"},
    ],
)
def test_nothing_else_rejects_a_row(fields: dict[str, Any]) -> None:
    assert changed(INSPECTION, **fields).facts


def test_an_unknown_code_is_kept_for_triage_and_says_so() -> None:
    found = facts(INSPECTION, isic4="9999", child_sex="child", child_hazards="dust_fumes glare")
    assert (found["isic"], found["sex"], found["hazards"]) == (
        "unmapped", "unknown", ["dust_fumes"]
    )  # fmt: skip
    assert [(one["field"], one["code"]) for one in found["unmapped"]] == [
        ("facts.isic", "9999"), ("child.sex", "child"), ("facts.hazards", "glare"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "statements"),
    [
        ("yes", {"services": "yes", "disclosure": "yes"}),
        ("no", {"reporting": "no", "services": "no", "disclosure": "no"}),
        ("not_asked", dict.fromkeys(("reporting", "services", "disclosure"), "not_asked")),
        (None, {}),
    ],
)
def test_one_question_of_consent_is_read_narrowly(
    said: str | None, statements: dict[str, str]
) -> None:
    found = facts(INSPECTION, consent=said)["consents"]
    assert {one["scope"]: one["answer"] for one in found} == statements
    assert {one["by"] for one in found} <= {"unknown"}


@pytest.mark.parametrize(
    ("value", "answer"),
    [(True, "yes"), ("true", "yes"), (False, "no"), ("false", "no"), (None, None)],
)
def test_a_missing_consent_of_a_case_is_not_a_no(value: object, answer: str | None) -> None:
    found = facts(CASE, consent_reporting=value)["consents"]
    assert {one["scope"]: one["answer"] for one in found}.get("reporting") == answer


def test_a_text_that_limits_disclosure_is_a_flag_and_never_carried() -> None:
    limited = facts(CASE, disclosure_deny_details="tell nobody at the mill")
    assert limited["disclosure_limits"] is True
    assert "mill" not in json.dumps(limited)
    assert facts(CASE, disclosure_deny_details=" ")["disclosure_limits"] is False


def test_a_changed_consent_of_a_case_has_the_day_of_the_change() -> None:
    found = facts(CASE, last_updated_at="2026-02-09T18:00:00Z")
    assert {one["on"] for one in found["consents"]} == {"2026-02-10"}  # the country's day
    assert found["observed_on"] == "2026-01-06"


@pytest.mark.parametrize(
    ("concerns", "concern", "forms"),
    [
        (["worst_forms_of_child_labor"], "worst_form", ["unspecified"]),
        (["child_labour"], "child_labour", []),
        (["trafficked_smuggled", "caafag", "sexually_exploited"], None, ["a1", "a4", "b1"]),
        (["migrant"], None, []),
    ],
)
def test_a_concern_is_what_the_case_manager_says_and_no_more(
    concerns: list[str], concern: str | None, forms: list[str]
) -> None:
    apart = ("nationality", "family_details_section", "protection_concern_detail_subform_section")
    found = facts(CASE, **dict.fromkeys(apart), protection_concerns=concerns)
    assert (found.get("concern"), found["worst_forms"]) == (concern, forms)
    assert found["unmapped"] == []


def test_an_estimated_age_is_an_interval_and_a_known_one_is_not() -> None:
    estimated = identity(CASE, estimated=True, age=15)
    assert (estimated["birth_earliest"], estimated["birth_latest"]) == ("2010-01-07", "2011-01-06")
    year = identity(CASE, estimated=True, age=None)
    assert (year["birth_earliest"], year["birth_latest"]) == ("2011-01-01", "2011-12-31")
    known = identity(CASE, estimated=False)
    assert known["birth_earliest"] == known["birth_latest"] == "2011-01-01"


def test_a_date_and_an_age_that_disagree_are_noted() -> None:
    assert "age_contradicts_birth" in facts(INSPECTION, child_dob="01/01/2010")["notes"]
    assert facts(INSPECTION, child_dob="01/06/2012")["notes"] == []


def test_an_inspection_that_found_none_is_a_figure_unless_it_numbers_a_child() -> None:
    none = changed(INSPECTION, child_found="no", child_no=None)
    assert (none.facts, none.identity) == (None, None)
    assert none.figure is not None
    assert none.figure["outcome"] == "no_child_found"
    assert changed(INSPECTION, child_found="no").facts is not None


def test_a_parts_name_is_rejoined_and_a_mask_is_no_name() -> None:
    parts = {"name": "*******", "name_first": "Aung", "name_last": "Ko Ko"}
    assert identity(CASE, **parts)["name"] == "Aung Ko Ko"


def test_what_is_translated_shows_no_content_in_its_repr() -> None:
    assert "Thurein" not in repr(changed(INSPECTION))
    assert "facts" not in repr(changed(INSPECTION))


def test_a_record_without_a_contract_stops_with_what_to_do() -> None:
    with pytest.raises(FatalError, match="write contracts/sources/emis/teacher/v1"):
        run(("emis", "teacher"), {})
