"""What a decision lets through: fields by their labels, records in any order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from pydantic import BaseModel

from consent.engine import decide
from consent.filter import ReferralContent, Refusal, for_referral, to_mirror_row
from consent.model import Basis, Decision, Obligation
from consent.policy import DEFAULT_PACK, load_policy
from consent.profile import ages_at, case_of
from consent.statements import consents_of
from consent.visible import held_things, labels
from contracts.codes import section_of
from contracts.labels import Label
from contracts.model.base import Absent
from contracts.model.case_facts import CaseFacts
from contracts.model.guardian import Guardian
from contracts.model.household import Household
from contracts.model.identity import Identity
from contracts.model.mirror_case import MirrorCase
from tests.spec.consent_cases import CHILD, NOW, ask, case

POLICY = load_policy(DEFAULT_PACK)
LEGAL = {"rules": "myanmar-law/2019", "reasons": ["any_work_below_14"]}
NUMBERS = {"rules": "sdg-8.7.1-snahh/2018", "reasons": ["hours_12_14"]}
SECRET = "Zzqxkwvu"


def facts(system: str, day: str, **more: Any) -> dict[str, Any]:
    """One record as it is stored: valid, and with what a test says."""
    given: dict[str, Any] = {
        "system": system,
        "record": "inspection",
        "row_key": f"{SECRET}-{system}-{day}",
        "observed_on": day,
        "legal": LEGAL | {"answer": "yes"},
        "statistical": NUMBERS | {"answer": "yes"},
    }
    return CaseFacts.model_validate(given | more).model_dump(mode="json", exclude_none=True)


INSPECTION = facts(
    "labour_inspection", "2026-01-20", township="MMR013008", sex="M", age_low=12, age_high=12,
    isic="1010", hazards=["heavy_loads"], office=f"{SECRET}OFFICE", child_found="yes",
)  # fmt: skip
SCHOOL = facts(
    "emis", "2026-02-01", township="MMR010006", sex="unknown", age_low=12, age_high=13,
    isic="unmapped", legal=LEGAL | {"answer": "undetermined"},
    statistical=NUMBERS | {"answer": "no"}, unmapped=[{"field": "isic", "code": f"{SECRET}CODE"}],
)  # fmt: skip
CASEWORK = facts(
    "dsw_cms", "2026-01-20", township="MMR012001", sex="F", case_id=f"{SECRET}CASE",
    worst_forms=["b1"], statistical=NUMBERS | {"answer": "out_of_scope"},
    consents=[
        {"scope": "reporting", "answer": "yes", "by": "guardian", "on": "2026-01-10"},
        {"scope": "disclosure", "answer": "yes", "by": "guardian", "on": "2026-01-10"},
    ],
)  # fmt: skip
IDENTITY = Identity(
    name=f"{SECRET}NAME", father_name=f"{SECRET}FATHER", card_no=f"{SECRET}CARD", sex="M",
    birth_earliest=date(2013, 5, 1), birth_latest=date(2013, 5, 1), home_township="MMR013008",
    guardians=[Guardian(relation="mother", name=f"{SECRET}MOTHER", caregiver="yes")],
    household=Household(members=6, migrant="yes", living_with="one_parent"),
    absent=[Absent(field="mother_name", reason="asked_declined")],
).model_dump(mode="json", exclude_none=True)  # fmt: skip
NESTED = INSPECTION | facts(
    "labour_inspection", "2026-01-20", task_text=f"{SECRET}TASK", started_on="2025-11-03",
    workplace={"name": f"{SECRET}SHOP", "owner": f"{SECRET}OWNER", "township": "MMR013008",
               "workers_total": 4711},
    inspection={"inspection_id": f"{SECRET}INSP", "kind": "routine", "sanction": "fine",
                "inspector": f"{SECRET}INSPECTOR"},
    services=[{"service_id": "s-1", "kind": "education_service", "provider": f"{SECRET}AGENCY"}],
    referrals=[{"referral_id": "r-1", "state": "accepted", "to": f"{SECRET}USER"}],
    follow_ups=[{"visit_id": "v-1", "in_child_labour": "yes"}],
    absent=[{"field": "hours_day", "reason": "asked_unknown"}],
)  # fmt: skip


def mirror_decision(classes: str = "C1 C2") -> Decision:
    told = consents_of(CHILD, [CASEWORK], POLICY)
    return decide(ask(classes.split()), told, POLICY, NOW)


def refer_decision(*permitted: str) -> Decision:
    request = ask(
        ("C1", "C2", "C3", "C4", "C5"), recipient="dsw_cms", purpose="REFERRAL", action="refer",
        channel="delivery", case=case(),
    )  # fmt: skip
    whole = decide(request, [], POLICY, NOW)
    if not permitted:
        return whole
    kept = {Label(one): Basis.LEGAL_OBLIGATION for one in permitted}
    return replace(whole, permitted=kept)


def row(*records: dict[str, Any], decision: Decision | None = None, **more: Any) -> dict[str, Any]:
    answer = to_mirror_row(records, decision or mirror_decision(), section_of=section_of, **more)
    assert not isinstance(answer, Refusal), answer
    return answer


def refusal(*records: dict[str, Any], decision: Decision | None = None) -> tuple[str, ...]:
    answer = to_mirror_row(records, decision or mirror_decision(), section_of=section_of)
    assert isinstance(answer, Refusal)
    return answer.reasons


def test_each_field_comes_from_the_newest_record_that_has_it_and_one_day_from_the_dsw_first() -> (
    None
):
    assert row(INSPECTION, SCHOOL, CASEWORK, referral_outcome="done") == {
        "state": "MMR010",
        "age_bracket": "12-14",
        "sex": "F",
        "isic_section": "C",
        "quarter": "2026-01",
        "legal_verdict": "yes",
        "statistical_verdict": "yes",
        "hazardous": True,
        "worst_form": True,
        "referral_outcome": "done",
    }


def test_the_order_of_records_changes_nothing() -> None:
    twin = INSPECTION | {"row_key": "another", "township": "MMR001001", "isic": "0111"}
    rows = [row(*order) for order in permutations([INSPECTION, SCHOOL, CASEWORK, twin])]
    assert all(one == rows[0] for one in rows)


def test_the_row_fits_the_closed_model_and_holds_nothing_of_the_record() -> None:
    candidate = row(INSPECTION, SCHOOL, CASEWORK)
    MirrorCase.model_validate(
        candidate
        | {"pseudonym": "m1" + "a" * 26, "epoch": 1, "rung": 0, "child_version": 1,
           "consent_version": 0}
    )  # fmt: skip
    assert SECRET not in repr(candidate)
    assert not {"b1", "heavy_loads", "MMR010006", "2026-01-20"} & set(map(str, candidate.values()))


def test_without_c2_the_outcome_of_a_referral_is_unknown() -> None:
    c1_only = decide(ask(("C1", "C2")), [], POLICY, NOW)
    assert c1_only.effect == "PERMIT_PARTIAL"
    assert row(INSPECTION, decision=c1_only, referral_outcome="done")["referral_outcome"] == (
        "unknown"
    )


def test_without_c1_there_is_no_row() -> None:
    only_c2 = replace(mirror_decision(), permitted={Label.C2: Basis.CONSENT})
    assert refusal(INSPECTION, decision=only_c2)


@pytest.mark.parametrize(
    ("low", "high", "bracket"),
    [(0, 4, "0-4"), (5, 11, "5-11"), (11, 11, "5-11"), (12, 14, "12-14"), (15, 17, "15-17"),
     (11, 13, "12-14"), (10, 12, "5-11"), (17, 18, "15-17")],
)  # fmt: skip
def test_an_age_that_spans_two_brackets_is_placed_by_its_middle(
    low: int, high: int, bracket: str
) -> None:
    assert row(INSPECTION | {"age_low": low, "age_high": high})["age_bracket"] == bracket


def test_a_certain_age_comes_before_a_newer_span() -> None:
    span = SCHOOL | {"age_low": 10, "age_high": 13}
    assert row(INSPECTION, span)["age_bracket"] == "12-14"


@pytest.mark.parametrize(
    ("gone", "reason"),
    [({"township": None}, "incomplete:state"), ({"age_low": None}, "incomplete:age_bracket"),
     ({"age_low": 19, "age_high": 19}, "incomplete:age_bracket")],
)  # fmt: skip
def test_a_row_that_cannot_be_placed_is_refused_with_what_is_missing(
    gone: dict[str, Any], reason: str
) -> None:
    assert refusal(INSPECTION | gone) == (reason,)


def test_the_quarter_is_that_of_the_first_observation_of_child_labour() -> None:
    earlier = facts("emis", "2025-12-31", legal=LEGAL | {"answer": "no"},
                    statistical=NUMBERS | {"answer": "no"})  # fmt: skip
    assert row(INSPECTION, earlier)["quarter"] == "2026-01"
    found = facts("labour_inspection", "2025-11-02")
    assert row(INSPECTION, found)["quarter"] == "2025-10"


BAD_DUTIES = {
    "an unknown one": {"WATERMARK": ""},
    "no pseudonym": {"GENERALISE": "mirror"},
    "no generalising": {"PSEUDONYMISE": "molip"},
    "another's pseudonym": {"PSEUDONYMISE": "dsw_cms", "GENERALISE": "mirror"},
    "an unknown profile": {"PSEUDONYMISE": "molip", "GENERALISE": "fine"},
    "redacting what is permitted": {
        "PSEUDONYMISE": "molip", "GENERALISE": "mirror", "REDACT": "C1",
    },
}  # fmt: skip


@pytest.mark.parametrize("which", BAD_DUTIES)
def test_an_obligation_that_is_not_understood_or_is_missing_refuses(which: str) -> None:
    duties = tuple(Obligation(code=code, value=v) for code, v in BAD_DUTIES[which].items())
    decision = replace(mirror_decision(), obligations=duties)
    assert refusal(INSPECTION, decision=decision) == ("obligation_not_understood",)


def test_a_referral_refuses_an_obligation_that_it_does_not_understand() -> None:
    decision = replace(refer_decision(), obligations=(Obligation(code="PSEUDONYMISE"),))
    assert for_referral(IDENTITY, [INSPECTION], decision) == Refusal(
        reasons=("obligation_not_understood",)
    )


def test_a_denial_and_a_decision_for_another_exit_refuse() -> None:
    denied = decide(ask(case=case(child_labour=False)), [], POLICY, NOW)
    assert refusal(INSPECTION, decision=denied) == ("out_of_scope",)
    assert refusal(INSPECTION, decision=refer_decision()) == ("decision_for_another_exit",)
    assert isinstance(for_referral(IDENTITY, [INSPECTION], mirror_decision()), Refusal)


def content(decision: Decision) -> ReferralContent:
    answer = for_referral(IDENTITY, [INSPECTION, SCHOOL, CASEWORK], decision)
    assert isinstance(answer, ReferralContent)
    return answer


def test_a_referral_to_the_dsw_carries_what_its_classes_permit_and_no_office() -> None:
    given = content(refer_decision())
    assert given.identity == {
        name: value
        for name, value in IDENTITY.items()
        if name not in {"guardians", "household", "absent"}
    }
    assert given.facts["worst_forms"] == ["b1"]
    assert given.facts["hazards"] == ["heavy_loads"]
    assert given.facts["legal"]["answer"] == "yes"
    assert "office" not in given.facts
    assert given.consents == {"reporting": "yes", "disclosure": "yes"}
    assert SECRET not in repr(given)


def test_a_referral_of_fewer_classes_carries_fewer_fields() -> None:
    given = content(refer_decision("C1"))
    assert given.identity == {"sex": "M", "home_township": "MMR013008"}
    assert SECRET not in f"{given.identity}{given.facts}{given.consents}"
    assert "worst_forms" not in given.facts
    assert given.consents == {}


@pytest.mark.parametrize("classes", [("C1",), ("C2", "C3"), ("C4",), ("C1", "C2", "C3", "C4")])
@pytest.mark.parametrize("model", [Identity, CaseFacts])
def test_no_field_passes_whose_label_is_not_permitted(
    model: type[BaseModel], classes: tuple[str, ...]
) -> None:
    given = content(refer_decision(*classes))
    passed = given.identity if model is Identity else given.facts
    assert {labels(model)[name] for name in passed} <= {Label(one) for one in classes}


def leaves(
    given: dict[str, Any], model: type[BaseModel], around: frozenset[Label] = frozenset()
) -> Iterator[tuple[str, frozenset[Label]]]:
    """Every field that passed, with its own class and those of the things around it."""
    for name, value in given.items():
        classes = around | {labels(model)[name]}
        inner = held_things(model).get(name)
        yield name, classes
        if inner is not None:
            for one in value if isinstance(value, list) else [value]:
                yield from leaves(one, inner, classes)


@pytest.mark.parametrize(
    "classes", [("C1",), ("C1", "C2", "C3"), ("C1", "C6"), ("C2", "C7"), ("C1", "C2", "C4")]
)
def test_a_nested_field_passes_only_with_the_classes_of_all_that_hold_it(
    classes: tuple[str, ...],
) -> None:
    allowed = {Label(one) for one in classes}
    given = for_referral(IDENTITY, [NESTED, SCHOOL], refer_decision(*classes))
    assert isinstance(given, ReferralContent)
    passed = [
        *leaves(dict(given.identity), Identity),
        *leaves(dict(given.facts), CaseFacts),
    ]
    assert len(passed) > 5
    assert all(found <= allowed for _, found in passed)


def test_third_parties_and_free_text_never_leave_in_a_referral_or_a_row() -> None:
    given = for_referral(IDENTITY, [NESTED], refer_decision("C1", "C2", "C3"))
    assert isinstance(given, ReferralContent)
    apart = {"workplace", "inspection", "task_text", "started_on", "office", "absent"}
    assert not apart & set(given.facts)
    assert not {"guardians", "household", "absent"} & set(given.identity)
    assert given.facts["services"] == [{"service_id": "s-1", "kind": "education_service"}]
    assert given.facts["referrals"] == [{"referral_id": "r-1", "state": "accepted"}]
    told = f"{given.facts}{row(NESTED)}"
    assert not [
        part
        for part in ("TASK", "SHOP", "OWNER", "INSP", "AGENCY", "USER", "MOTHER", "4711", "OFFICE")
        if part in told
    ]


def test_with_their_classes_the_parts_of_a_workplace_pass_one_by_one() -> None:
    given = for_referral(IDENTITY, [NESTED], refer_decision("C1", "C2", "C6"))
    assert isinstance(given, ReferralContent)
    assert given.facts["workplace"]["owner"] == f"{SECRET}OWNER"
    assert set(given.facts["inspection"]) == {"kind", "sanction"}
    assert given.identity["guardians"][0]["name"] == f"{SECRET}MOTHER"
    assert given.identity["household"] == {"members": 6, "living_with": "one_parent"}


def test_services_of_several_records_stand_together_each_once() -> None:
    other = NESTED | {"observed_on": "2026-01-21", "row_key": "b", "services": [
        *NESTED["services"], {"service_id": "s-2"},
    ]}  # fmt: skip
    given = for_referral(IDENTITY, [NESTED, other], refer_decision("C1", "C2"))
    assert isinstance(given, ReferralContent)
    assert [one["service_id"] for one in given.facts["services"]] == ["s-1", "s-2"]


def test_the_case_is_read_from_all_records_together() -> None:
    whole = case_of([INSPECTION, SCHOOL, CASEWORK], NOW)
    assert whole.child_labour is True
    assert whole.worst_form
    assert not whole.armed_forces
    assert whole.professional_request
    assert (whole.age_low, whole.age_high) == (12, 13)
    assert case_of([SCHOOL], NOW).child_labour is None
    assert case_of([INSPECTION | {"worst_forms": ["a4"]}], NOW).armed_forces


def test_ages_widen_with_time_because_the_birthday_is_not_known() -> None:
    def on(day: date) -> tuple[int | None, int | None]:
        return ages_at([INSPECTION], day)

    assert on(date(2026, 1, 20)) == (12, 12)
    assert on(date(2026, 1, 21)) == (12, 13)
    assert on(date(2027, 1, 20)) == (13, 13)
    assert on(date(2027, 1, 21)) == (13, 14)
    assert ages_at([CASEWORK], date(2026, 1, 21)) == (None, None)


def test_the_earliest_18th_birthday_is_never_after_the_real_one() -> None:
    seen = facts("emis", "2024-02-29", age_low=15, age_high=16)
    assert case_of([seen], NOW).turns_18 == date(2025, 2, 28)
