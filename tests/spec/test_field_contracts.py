"""Contracts of phones, school systems, surveys and the public: what those sources can say."""

import json
from importlib.resources import files
from itertools import combinations, pairwise
from typing import Any

import pytest

from contracts import source_contract
from contracts.mapping import translation as mapping
from contracts.mapping.translation import Translated

KOBO = ("labour_inspection", "kobo_inspection")
ODK = ("labour_inspection", "odk_inspection")
WORKBOOK = ("labour_inspection", "inspection")
STUDENT = ("emis", "student")
ABSENCE = ("emis", "absence")
WITHDRAWAL = ("emis", "withdrawal")
TRACKED = ("emis", "tracked_entity")
SURVEY = ("labour_force_survey", "child")
REPORT = ("public_reports", "report")
_GROUPS = {
    "inspection": ("insp_id", "insp_date", "insp_type", "inspector_code", "office_code"),
    "workplace": (
        "wp_id", "wp_name", "wp_owner", "wp_address", "wp_township", "gps", "isic4",
        "workers_total", "workers_15_17_m", "workers_15_17_f", "workers_u15_m", "workers_u15_f",
    ),
    "access": ("entry", "records", "interview"),
    "outcome": (
        "finding_law", "sanction", "sanction_amount", "deadline", "referred_to", "consent",
        "remarks",
    ),
}  # fmt: skip


def sample(contract: tuple[str, str], at: int = 0) -> dict[str, Any]:
    place = files("contracts").joinpath("sources", *contract, "v1", "sample.json")
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))[at]["body"]
    return found


def run(contract: tuple[str, str], body: dict[str, Any], key: str = "k") -> Translated:
    plan = mapping.plan(source_contract.load(*contract))
    return plan.translate(body, where="submission 1", key=key)


def facts(contract: tuple[str, str], body: dict[str, Any]) -> dict[str, Any]:
    found = run(contract, body).facts
    assert found is not None
    return found


def identity(contract: tuple[str, str], body: dict[str, Any]) -> dict[str, Any]:
    found = run(contract, body).identity
    assert found is not None
    return found


def figure(**answers: Any) -> dict[str, Any]:
    found = run(SURVEY, sample(SURVEY) | answers).figure
    assert found is not None
    return found


def submission(*children: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """A whole Kobo submission, as the server gives it."""
    body = {k: v for k, v in sample(KOBO).items() if k != "child"} | answers
    return body | ({"child": list(children)} if children else {})


# --- one form on paper, in Kobo and in ODK -------------------------------------------------------


def test_a_submission_with_two_children_is_two_records() -> None:
    contract = source_contract.load(*KOBO)
    first, second = {"child/name": "Aung Aung", "child/age": "12"}, {"child/age": "9"}
    split = mapping.split(contract, submission(first, second))
    assert [suffix for suffix, _ in split] == ["1", "2"]
    assert [body["child"] for _, body in split] == [first, second]
    assert {body["_id"] for _, body in split} == {sample(KOBO)["_id"]}
    names = [run(KOBO, body).identity or {} for _, body in split]
    assert [one.get("name") for one in names] == ["Aung Aung", None]


@pytest.mark.parametrize("contract", [KOBO, ODK])
def test_a_submission_without_a_child_is_one_figure(contract: tuple[str, str]) -> None:
    body = {k: v for k, v in sample(contract).items() if k != "child"} | {"child_found": "no"}
    ((_, one),) = mapping.split(source_contract.load(*contract), body)
    got = run(contract, one)
    assert (got.facts, got.identity) == (None, None)
    assert got.figure is not None
    assert got.figure["outcome"] == "no_child_found"


def test_the_same_answers_say_the_same_on_paper_in_kobo_and_in_odk() -> None:
    kobo = sample(KOBO)
    answers = {name: kobo.get(f"{group}/{name}") for group, names in _GROUPS.items()
               for name in names}  # fmt: skip
    child = {name.removeprefix("child/"): value for name, value in kobo["child"].items()}
    row = answers | {f"child_{name}": value for name, value in child.items()}
    row |= {"child_found": kobo["child_found"], "child_no": "1", "gps": "21.9588 96.0891"}
    nested = {group: {name: answers[name] for name in names} for group, names in _GROUPS.items()}
    nested["workplace"] |= {"gps": {"type": "Point", "coordinates": [96.0891, 21.9588, 74.2]}}
    odk = {"__id": "uuid:1", "child_found": kobo["child_found"], **nested, "child": child}
    told = []
    for contract, body in ((KOBO, kobo), (WORKBOOK, row), (ODK, odk)):
        got = run(contract, body)
        assert got.facts is not None
        told.append((got.identity, got.facts | {"record": "", "row_key": ""}))
    assert told[0] == told[1]
    assert told[0] == told[2]


@pytest.mark.parametrize("hours", ["200", "-1"])
def test_every_answer_of_kobo_is_text_and_impossible_ones_still_reject(hours: str) -> None:
    body = sample(KOBO)
    with pytest.raises(mapping.RejectedError) as caught:
        run(KOBO, body | {"child": body["child"] | {"child/hours_week": hours}})
    assert [one.code for one in caught.value.reasons] == ["hours_week_impossible"]


@pytest.mark.parametrize("field", ["insp_id", "insp_date", "office_code"])
def test_a_group_of_odk_without_a_needed_answer_rejects(field: str) -> None:
    body = sample(ODK)
    with pytest.raises(mapping.RejectedError) as caught:
        run(ODK, body | {"inspection": body["inspection"] | {field: None}})
    assert [(one.code, one.column) for one in caught.value.reasons] == [
        ("missing_required", f"inspection.{field}")
    ]


# --- school systems ------------------------------------------------------------------------------


@pytest.mark.parametrize("cuts", [one for n in range(4) for one in combinations((1, 2, 3), n)])
def test_a_name_that_openemis_cut_into_parts_is_one_again(cuts: tuple[int, ...]) -> None:
    words = ["Nan", "Khin", "Hla", "Oo"]
    edges = [0, *cuts, 4]
    parts = [" ".join(words[a:b]) for a, b in pairwise(edges)]
    names = ("first_name", "middle_name", "third_name", "last_name")
    person = (
        sample(STUDENT)["student"] | dict.fromkeys(names) | dict(zip(names, parts, strict=False))
    )
    assert identity(STUDENT, sample(STUDENT) | {"student": person})["name"] == "Nan Khin Hla Oo"


@pytest.mark.parametrize(
    ("contract", "field", "reason"),
    [(ABSENCE, "absence_reason", "student_absence_reason"),
     (WITHDRAWAL, "dropout_reason", "student_withdraw_reason")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("code", "label", "says", "waits"),
    [
        ("working", "Anything", "working", set()),
        (None, "working", "working", set()),
        ("", "Thanaka harvest", "unmapped", {("Thanaka harvest", "")}),
        ("07", "Thanaka harvest", "unmapped", {("07", "Thanaka harvest")}),
        (None, None, None, set()),
    ],
)
def test_a_reason_of_the_site_is_known_or_waits_for_a_person(
    contract: tuple[str, str], field: str, reason: str, code: str | None, label: str | None,
    says: str | None, waits: set[tuple[str, str]],
) -> None:  # fmt: skip
    body = sample(contract) | {reason: {"national_code": code, "name": label}}
    found = facts(contract, body)
    assert found.get(field) == says
    assert {(one["code"], one["label"]) for one in found["unmapped"]} == waits


@pytest.mark.parametrize("step", ["Open", "Pending For Approval", "Rejected"])
def test_a_withdrawal_that_nobody_approved_says_nothing_of_the_roll(step: str) -> None:
    got = run(WITHDRAWAL, sample(WITHDRAWAL) | {"status": {"name": step}})
    assert got.facts is not None
    assert "school_status" not in got.facts
    assert got.quality == ("approved",)


@pytest.mark.parametrize("code", ["PROMOTED", "GRADUATED", "REPEATED"])
def test_a_pupil_who_moved_on_has_no_status_in_the_old_row(code: str) -> None:
    found = facts(STUDENT, sample(STUDENT) | {"student_status": {"code": code}})
    assert "school_status" not in found
    assert found["unmapped"] == []


def test_what_another_program_or_stage_says_is_not_read() -> None:
    body = sample(TRACKED)
    other = [one | {"program": "ClmPrgOther"} for one in body["enrollments"]]
    found = facts(TRACKED, body | {"enrollments": other})
    assert not {"school_status", "absence_reason", "sees_working", "grade"} & set(found)
    assert found["observed_on"] == "2026-02-01"


# --- survey --------------------------------------------------------------------------------------

WORK = {"CL4": 2, "CL5": 2, "CL6A": 2, "CL6B": 2, "CL6C": 2, "CL6D": 2, "CL6E": 2, "CL6X": 2}


@pytest.mark.parametrize("code", [97, 98, 99, "98", 98.0], ids=repr)
def test_a_missing_code_of_a_survey_is_never_hours(code: object) -> None:
    assert figure(CL3=code, CL8=code, CL10=code, CL13=code, **WORK)["statistical"] != "yes"


@pytest.mark.parametrize(("hours", "answer"), [(13, "no"), (14, "yes")])
def test_hours_that_are_said_are_hours(hours: int, answer: str) -> None:
    given = figure(CL3=hours, CL8=None, CL10=None, CL13=0, **WORK)
    assert given["statistical"] == answer


@pytest.mark.parametrize(
    ("answers", "hazardous"),
    [
        (WORK, False), (WORK | {"CL6D": 1}, True), (WORK | {"CL6E": 1}, True),
        (WORK | {"CL6D": 9}, None), (dict.fromkeys(WORK), None),
        (WORK | {"CL6X": 1}, None), (WORK | {"CL6D": 5}, None),
        (dict.fromkeys(WORK, "No"), False), (WORK | {"CL4": "YES"}, True),
    ],
)  # fmt: skip
def test_hazards_of_a_survey_are_said_denied_or_not_asked(
    answers: dict[str, Any], hazardous: bool | None
) -> None:
    assert figure(**answers).get("hazardous") is hazardous


@pytest.mark.parametrize(
    ("age", "hours", "chores", "answer"),
    [
        (4, 20, 30, "out_of_scope"), (11, 0, 20, "no"), (11, 1, 0, "yes"), (11, 0, 21, "yes"),
        (14, 13, 20, "no"), (14, 14, 0, "yes"), (15, 42, 60, "no"), (15, 43, 0, "yes"),
        (18, 60, 0, "out_of_scope"),
    ],
)  # fmt: skip
def test_the_verdict_of_a_figure_is_that_of_the_indicator(
    age: int, hours: int, chores: int, answer: str
) -> None:
    given = figure(CB3=age, CL3=hours, isic4=None, CL8=None, CL10=None, CL13=chores, **WORK)
    assert given["statistical"] == answer


def test_chores_are_added_up_and_a_missing_code_adds_nothing() -> None:
    chores = {"CL8": 7, "CL10": 4, "CL13": 10}
    assert figure(CB3=13, CL3=0, **chores)["statistical"] == "yes"
    assert figure(CB3=13, CL3=0, **chores | {"CL10": 98})["statistical"] != "yes"


def test_a_figure_holds_no_number_of_household_or_line() -> None:
    given = figure(HH1=7771, HH2=7772, LN=7773)
    assert not [one for one in given.values() if str(one) in {"7771", "7772", "7773"}]


# --- the public ----------------------------------------------------------------------------------


def test_the_reporter_goes_nowhere() -> None:
    body = sample(REPORT)
    got = run(REPORT, body)
    told = json.dumps([got.identity, got.facts], ensure_ascii=False)
    assert body["reporter_name"] not in told
    assert body["reporter_phone"].replace(" ", "") not in told
    assert "neighbour" not in told


@pytest.mark.parametrize("knows_from", ["saw", "heard"])
def test_a_report_is_never_more_than_a_suspicion(knows_from: str) -> None:
    assert facts(REPORT, sample(REPORT) | {"knows_from": knows_from})["child_found"] == "suspected"


@pytest.mark.parametrize(
    ("said", "statements"),
    [
        ("guardian_yes", {("yes", "guardian")}), ("guardian_no", {("no", "guardian")}),
        ("child_yes", {("yes", "child")}), ("child_no", {("no", "child")}),
        ("not_asked", {("not_asked", "unknown")}), ("yes", set()), (None, set()),
    ],
)  # fmt: skip
def test_only_a_guardian_or_the_child_can_answer_for_the_child(
    said: str | None, statements: set[tuple[str, str]]
) -> None:
    found = facts(REPORT, sample(REPORT) | {"reporter_is": "neighbour", "consent": said})
    assert {(one["answer"], one["by"]) for one in found["consents"]} == statements


def test_a_worst_form_that_is_only_suspected_is_told_with_its_kind() -> None:
    found = facts(REPORT, sample(REPORT, 1))
    assert found["worst_forms"] == ["a2", "a3"]
    assert {one["answer"] for one in found["consents"]} == {"not_asked"}
