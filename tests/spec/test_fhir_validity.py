"""Our resources and definitions before HL7's own validator: it knows the rules that we may forget.

One validator runs for the whole file. Skipped where its parts cannot be had; with CI set they must.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from contracts.fhir import bundle_of, provider_bundle_of
from contracts.fhir.bundles import Resource
from contracts.fhir.definitions import every
from contracts.model.service import ServiceProvider
from tests.conftest import or_skip
from tests.services.fhir_validator import Validator
from tests.spec.fhir_records import TRUE, Record, plausible, things
from tests.spec.test_fhir import SAMPLES, full, of_type

ACCEPTED = {
    "Constraint failed: dom-6": (
        "a narrative would tell a child's values a second time, as free text that no label guards"
    ),
}
"""Warnings that stay, and why. There are no others, and no errors."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator]:
    running = or_skip(lambda: Validator(every().values()))
    yield running
    running.close()


def complaints(validator: Validator, resource: Resource) -> list[str]:
    """What the validator says beyond what is accepted."""
    return [
        f"{one.severity} at {one.place}: {one.text}"
        for one in validator.check(resource)
        if one.severity != "warning" or not one.text.startswith(tuple(ACCEPTED))
    ]


def test_our_definitions_are_valid_themselves(validator: Validator) -> None:
    wrong = {name: complaints(validator, one) for name, one in every().items()}
    assert {name: said for name, said in wrong.items() if said} == {}


@pytest.mark.parametrize(("identity", "facts"), SAMPLES)
def test_every_sample_of_a_contract_is_valid(
    validator: Validator, identity: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert complaints(validator, bundle_of(identity, facts)) == []


def test_a_full_record_is_valid(validator: Validator) -> None:
    assert complaints(validator, bundle_of(*full(), version="1.0.0+1")) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plausible())
def test_any_plausible_record_is_valid(validator: Validator, record: Record) -> None:
    assert complaints(validator, bundle_of(*record)) == []


@settings(max_examples=10, deadline=None)
@given(things(ServiceProvider, TRUE))
def test_any_provider_is_valid(validator: Validator, provider: dict[str, Any]) -> None:
    assert complaints(validator, provider_bundle_of(provider)) == []


def part(bundle: Resource, kind: str, profile: str, code: str, field: str) -> Resource:
    """A component of an Observation."""
    for one in of_type(bundle, kind, profile):
        if one["code"]["coding"][0]["code"] == code:
            for component in one["component"]:
                if component["code"]["coding"][0]["code"] == field:
                    found: Resource = component
                    return found
    raise LookupError(field)


def work(bundle: Resource, field: str) -> Resource:
    return part(bundle, "Observation", "situation", "work", field)


def first(bundle: Resource, kind: str, profile: str = "") -> Resource:
    return of_type(bundle, kind, profile)[0]


def set_code(concept: Resource, code: str) -> None:
    concept["coding"][0]["code"] = code


SPOILT: dict[str, tuple[Callable[[Resource], Any], str]] = {
    "a code that ISIC does not have": (
        lambda b: set_code(work(b, "isic")["valueCodeableConcept"], "9999"), "Unknown code"),
    "a hazard that its list does not have": (
        lambda b: set_code(work(b, "hazards")["valueCodeableConcept"], "boredom"), "Unknown code"),
    "a unit that UCUM does not have": (
        lambda b: work(b, "hours_week")["valueQuantity"].update(code="hours"), "hours"),
    "an answer that the question does not offer": (
        lambda b: first(b, "QuestionnaireResponse")["item"][0]["item"][1]["answer"][0][
            "valueCoding"].update(code="perhaps"), "perhaps"),
    "an answer to a question that nobody asks": (
        lambda b: first(b, "QuestionnaireResponse")["item"][0]["item"][0].update(linkId="shoe"),
        "shoe"),
    "a verdict that is none": (
        lambda b: set_code(first(b, "Observation", "verdict")["valueCodeableConcept"], "maybe"),
        "maybe"),
    "a verdict without its rules": (
        lambda b: first(b, "Observation", "verdict").pop("method"), "Observation.method"),
    "a gender that FHIR does not have": (
        lambda b: first(b, "Patient").update(gender="F"), "AdministrativeGender"),
    "a contact without its day": (
        lambda b: first(b, "Encounter", "contact").pop("period"), "Encounter.period"),
    "a task without what it is about": (
        lambda b: first(b, "Task").pop("focus"), "Task.focus"),
    "a case without status": (
        lambda b: first(b, "EpisodeOfCare").pop("status"), "EpisodeOfCare.status"),
    "an extension that nobody published": (
        lambda b: first(b, "Patient")["extension"].append(
            {"url": "https://clm-hub.example/fhir/StructureDefinition/shoe-size",
             "valueInteger": 33}), "shoe-size"),
    "an extension of ours at the wrong place": (
        lambda b: first(b, "Consent").update(extension=[
            {"url": "https://clm-hub.example/fhir/StructureDefinition/due-on",
             "valueDate": "2026-01-01"}]), "not allowed to be used at this point"),
    "an extension of ours with a wrong value": (
        lambda b: first(b, "Encounter", "follow-up-visit")["extension"][0].update(
            valueString=first(b, "Encounter", "follow-up-visit")["extension"][0].pop("valueDate")),
        "allows for the types"),
    "a birth that ends before it begins": (
        lambda b: next(one for one in first(b, "Patient")["extension"] if "valuePeriod" in one)[
            "valuePeriod"].update(end="1999-01-01"), "per-1"),
    "a reference to nothing": (
        lambda b: first(b, "Task")["focus"].update(reference="urn:uuid:" + "0" * 8 + "-0000" * 3
                                                   + "-" + "0" * 12), "urn:uuid"),
    "a country that does not exist": (
        lambda b: next(one for one in first(b, "Patient")["extension"] if "patient-nat" in one[
            "url"])["extension"][0]["valueCodeableConcept"]["coding"][0].update(code="ZZ"), "ZZ"),
}  # fmt: skip


@pytest.mark.parametrize("fault", SPOILT)
def test_a_spoilt_resource_is_found(validator: Validator, fault: str) -> None:
    spoil, told = SPOILT[fault]
    bundle = copy.deepcopy(bundle_of(*full()))
    spoil(bundle)
    assert bundle != bundle_of(*full())
    found = complaints(validator, json.loads(json.dumps(bundle)))
    assert any(told in one for one in found), found
