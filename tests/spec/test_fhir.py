"""The common schema as FHIR and back: nothing is lost, nothing is told. No validator here."""

import json
import re
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import source_contract
from contracts.errors import RejectedError
from contracts.fhir import NOT_HELD, bundle_of, provider_bundle_of, provider_of, record_of
from contracts.fhir.bundles import Resource
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from contracts.model.service import ServiceProvider
from tests.spec.fhir_records import Record, anything, stored, things

Tree = Any  # of dicts and lists
MARK = "Zqxjvkw"
FULL: Record = (
    {
        "name": "Aye Aye Win", "father_name": "U Hla", "mother_name": "Daw Mya",
        "card_no": "12/OUKAMA(N)123456", "address": "No. 1", "home_township": "MMR013040",
        "sex": "F", "birth_earliest": "2012-01-06", "birth_latest": "2013-01-05",
        "nationality": "MM", "language": "my",
        "guardians": [{"relation": "aunt", "name": "Daw Nu", "caregiver": "yes"}],
        "household": {"members": 6, "migrant": "not_asked", "livelihood": "0112"},
        "absent": [{"field": "phone", "reason": "asked_declined"},
                   {"field": "card_no", "reason": "masked"}],
    },
    {
        "system": "labour_inspection", "record": "inspection", "row_key": "LI-1/1",
        "office": "YGN-2", "observed_on": "2026-01-05", "township": "MMR013040", "sex": "F",
        "age_low": 13, "age_high": 13, "isic": "5610", "hours_week": 42.5,
        "hazards": ["fire_gas", "long_hours"], "night_work": "no", "task_text": "washing dishes",
        "sees_working": "not_asked", "grade": "unmapped", "case_status": "open",
        "risk_level": "high",
        "workplace": {"name": "Tea shop", "township": "MMR013041", "latitude": 16.85,
                      "workers_total": 12},
        "inspection": {"inspection_id": "LI-1", "kind": "routine", "inspector": "INSP-3",
                       "sanction": "warning"},
        "service_requested": ["education_service"],
        "services": [{"service_id": "s1", "kind": "food_service", "implemented": "no",
                      "provider": "Agency 4"}],
        "referrals": [{"referral_id": "r1", "state": "accepted", "to": "Agency 4"}],
        "follow_ups": [{"visit_id": "v1", "due_on": "2026-03-01", "in_child_labour": "no"}],
        "consents": [{"scope": "services", "answer": "no", "by": "guardian", "on": "2026-01-05"},
                     {"scope": "reporting", "answer": "not_asked", "by": "child",
                      "on": "2026-01-05"}],
        "legal": {"answer": "yes", "rules": "myanmar-law/2019", "reasons": ["below_minimum_age"]},
        "statistical": {"answer": "undetermined", "rules": "sdg-8.7.1-snahh/2018",
                        "missing": ["chores_week"]},
        "unmapped": [{"field": "facts.grade", "code": "G-14", "label": "Fourteen"}],
        "absent": [{"field": "chores_week", "reason": "asked_unknown"},
                   {"field": "attends_school", "reason": "not_asked"},
                   {"field": "hours_day", "reason": "inconsistent"}],
        "notes": ["card_unreadable"],
    },
)  # fmt: skip


def full() -> Record:
    return stored(Identity, FULL[0]), stored(CaseFacts, FULL[1])


def of_type(bundle: Resource, kind: str, profile: str = "") -> list[Resource]:
    found = [one["resource"] for one in bundle["entry"]]
    return [
        one
        for one in found
        if one["resourceType"] == kind and one["meta"]["profile"][0].endswith(profile)
    ]


def samples() -> list[Any]:
    """What each contract's samples give of a child."""
    found = []
    for system, record, *_ in source_contract.every():
        folder = files("contracts").joinpath("sources", system, record)
        for version in sorted(one.name for one in folder.iterdir() if one.name.startswith("v")):
            place = folder.joinpath(version, "sample.json")
            for one in json.loads(place.read_text(encoding="utf-8")):
                gives = one.get("gives", {})
                if "facts" in gives:
                    name = f"{system}/{record}/{version}: {one['about']}"
                    found.append(pytest.param(gives["identity"], gives["facts"], id=name))
    return found


SAMPLES = samples()


@settings(max_examples=150, deadline=None)
@given(anything())
def test_any_record_comes_back_as_it_went(record: Record) -> None:
    bundle = bundle_of(*record)
    assert record_of(json.loads(json.dumps(bundle, allow_nan=False))) == record


@settings(max_examples=50, deadline=None)
@given(things(ServiceProvider))
def test_any_provider_comes_back_as_it_went(provider: dict[str, Any]) -> None:
    assert provider_of(provider_bundle_of(provider)) == provider


@pytest.mark.parametrize(("identity", "facts"), SAMPLES)
def test_a_sample_of_a_contract_comes_back_as_it_went(
    identity: dict[str, Any], facts: dict[str, Any]
) -> None:
    wanted = stored(Identity, identity), stored(CaseFacts, facts)
    assert record_of(bundle_of(identity, facts)) == wanted


def test_the_same_record_is_the_same_bundle_and_another_key_shares_no_id() -> None:
    identity, facts = full()
    one, again = bundle_of(identity, facts), bundle_of(identity, facts)
    other = bundle_of(identity, facts | {"row_key": "LI-1/2"})
    assert one == again

    def ids(bundle: Resource) -> set[str]:
        return {entry["fullUrl"] for entry in bundle["entry"]} | {bundle["id"]}

    assert not ids(one) & ids(other)
    assert len(ids(one)) == len(one["entry"]) + 1


def test_every_reference_points_into_the_bundle() -> None:
    bundle = bundle_of(*full())
    targets = set(re.findall(r'"reference": "([^"]+)"', json.dumps(bundle)))
    assert targets <= {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(targets) > 5


def test_no_value_of_the_child_is_in_an_id_an_address_or_a_profile() -> None:
    bundle = bundle_of(*full())
    for entry in bundle["entry"]:
        shown = json.dumps([entry["fullUrl"], entry["resource"]["id"], entry["resource"]["meta"]])
        assert not [word for word in ("Aye", "Hla", "123456", "LI-1") if word in shown]


def test_an_estimated_age_is_an_interval_and_never_a_birthday() -> None:
    identity, facts = full()
    (child,) = of_type(bundle_of(identity, facts), "Patient")
    assert "birthDate" not in child
    assert {"start": "2012-01-06", "end": "2013-01-05"} in [
        one.get("valuePeriod") for one in child["extension"]
    ]
    known = identity | {"birth_latest": "2012-01-06"}
    (child,) = of_type(bundle_of(known, facts), "Patient")
    assert child["birthDate"] == "2012-01-06"
    assert "birth-interval" not in json.dumps(child)


def test_a_number_has_its_unit_and_a_code_its_list() -> None:
    (work,) = [
        one
        for one in of_type(bundle_of(*full()), "Observation", "situation")
        if one["code"]["coding"][0]["code"] == "work"
    ]
    parts = {one["code"]["coding"][0]["code"]: one for one in work["component"]}
    assert parts["hours_week"]["valueQuantity"] == {
        "value": 42.5, "unit": "h/wk", "system": "http://unitsofmeasure.org", "code": "h/wk"
    }  # fmt: skip
    (isic,) = parts["isic"]["valueCodeableConcept"]["coding"]
    assert isic["code"] == "5610"
    assert isic["system"].endswith("/CodeSystem/isic4")
    assert parts["chores_week"]["dataAbsentReason"]["coding"][0]["code"] == "asked-unknown"


def test_no_and_not_asked_and_missing_are_three_things() -> None:
    (response,) = of_type(bundle_of(*full()), "QuestionnaireResponse")
    answers = {
        item["linkId"]: item["answer"][0] for group in response["item"] for item in group["item"]
    }
    assert answers["night_work"]["valueCoding"]["code"] == "no"
    assert answers["sees_working"]["valueCoding"]["code"] == "not_asked"
    assert "injured" not in answers


def test_the_order_of_absences_is_kept_wherever_they_stand() -> None:
    identity, facts = full()
    names = ["attends_school", "case_status", "hours_week", "township", "grade", "hours_week"]
    absent = [{"field": name, "reason": "not_asked"} for name in names]
    own = [{"field": name, "reason": "masked"} for name in ("language", "phone", "card_no")]
    record = identity | {"absent": own}, facts | {"absent": absent}
    assert record_of(bundle_of(*record)) == record


def test_an_unmapped_code_says_so_and_its_text_waits_beside_the_origin() -> None:
    bundle = bundle_of(*full())
    assert '"code": "unmapped"' in json.dumps(of_type(bundle, "Observation"))
    assert "G-14" in json.dumps(of_type(bundle, "Provenance"))


def test_an_objection_denies_and_an_unasked_question_says_neither() -> None:
    no, unasked = of_type(bundle_of(*full()), "Consent")
    assert (no["status"], no["provision"]["type"]) == ("active", "deny")
    assert unasked["status"] == "proposed"
    assert "provision" not in unasked


def test_the_origin_names_the_source_and_the_versions() -> None:
    identity, facts = full()
    (origin,) = of_type(bundle_of(identity, facts, version="1.0.0+3.1"), "Provenance")
    key = origin["entity"][0]["what"]["identifier"]
    assert key["system"].endswith("/labour_inspection/inspection")
    assert key["value"] == facts["row_key"]
    assert "1.0.0+3.1" in json.dumps(origin["extension"])
    assert origin["occurredDateTime"] == facts["observed_on"]


def test_what_fhir_cannot_hold_is_what_the_list_says() -> None:
    identity, facts = full()
    blank, control = NOT_HELD[:2]
    assert "white space" in blank
    assert record_of(bundle_of(identity | {"name": " \t"}, facts))[0].get("name") is None
    assert "control characters" in control
    back, _ = record_of(bundle_of(identity | {"name": "a\x00b\tc"}, facts))
    assert back["name"] == "a b\tc"


JUNK = st.sampled_from(
    [None, 1, True, float("inf"), MARK, "\ud800", [], {}, [MARK], {"a": MARK}, {MARK: 1},
     {"resourceType": MARK}]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False), JUNK, st.booleans())
def test_a_spoilt_bundle_is_read_or_rejected_and_no_reason_repeats_a_value(
    random: Random, junk: object, cut: bool
) -> None:
    bundle = bundle_of(*full())
    spoil(bundle, random, junk, cut=cut)
    rejected = rejection(bundle)
    if rejected:
        assert rejected.reasons
        assert MARK not in f"{rejected!r} {rejected.reasons!r}"
        assert rejected.__context__ is None


def rejection(bundle: Resource) -> RejectedError | None:
    try:
        record_of(bundle)
    except RejectedError as rejected:
        return rejected
    return None


def spoil(part: Tree, random: Random, junk: object, *, cut: bool) -> None:
    """Go down at random, and there cut something out or put junk in its place."""
    while True:
        at = random.choice([*part] if isinstance(part, dict) else range(len(part)))
        if isinstance(part[at], dict | list) and part[at] and random.random() < 0.8:
            part = part[at]
            continue
        if cut:
            del part[at]
        else:
            part[at] = junk
        return


@pytest.mark.parametrize("place", range(len(bundle_of(*FULL)["entry"])))
def test_a_bundle_that_lacks_a_resource_is_rejected(place: int) -> None:
    bundle = bundle_of(*full())
    del bundle["entry"][place]
    with pytest.raises(RejectedError):
        record_of(bundle)


@pytest.mark.parametrize(
    "bundle", [{}, {"resourceType": "Bundle", "type": "collection"}, {"resourceType": "Patient"}]
)
def test_what_is_no_bundle_of_a_record_is_rejected(bundle: Resource) -> None:
    with pytest.raises(RejectedError):
        record_of(bundle)


def test_a_deep_bundle_is_rejected() -> None:
    bundle = bundle_of(*full())
    deep: Any = {"url": "x"}
    for _ in range(2000):
        deep = {"url": "x", "extension": [deep]}
    bundle["entry"][0]["resource"]["extension"] = [deep]
    with pytest.raises(RejectedError):
        record_of(bundle)
