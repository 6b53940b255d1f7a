"""Addresses, code systems and value forms that all FHIR resources here share. Knows no resource.

A code of one of our lists becomes a coding in that list's CodeSystem. A text that its list does
not have stays a text, and `unmapped` is a code of its own: nothing is dropped or defaulted.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from contracts import codes
from contracts.model.base import UNMAPPED, YesNo
from contracts.model.case_file import Concern
from contracts.model.consent_statement import Scope
from contracts.model.inspection import Access
from contracts.model.verdict import VerdictAnswer
from contracts.model.work_situation import ChildFound

BASE = "https://clm-hub.example/fhir"
"""Canonical base address. A name, not a place: an installation publishes under its own host."""

HL7 = "http://terminology.hl7.org/CodeSystem"
ABSENT_REASON_URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NATIONALITY_URL = "http://hl7.org/fhir/StructureDefinition/patient-nationality"
COUNTRIES = "urn:iso:std:iso:3166"
LANGUAGES = "urn:ietf:bcp:47"
UCUM = "http://unitsofmeasure.org"
CURRENCIES = "urn:iso:std:iso:4217"
MONEY = frozenset({"MMK"})

FIELDS = "fields"
"""The CodeSystem of the common schema's fields: what an observation or an answer is about."""

ENUMS: Mapping[str, tuple[str, ...]] = {
    "yes_no": get_args(YesNo),
    "child_found": get_args(ChildFound),
    "concerns": get_args(Concern),
    "access": get_args(Access),
    "verdict_answers": get_args(VerdictAnswer),
    "consent_scopes": get_args(Scope),
}
"""Closed answers of the schema that are coded in FHIR. Where a code list has the name, it rules."""

ABSENT_REASONS: Mapping[str, str] = {
    "not_asked": "not-asked",
    "asked_unknown": "asked-unknown",
    "asked_declined": "asked-declined",
    "masked": "masked",
    "inconsistent": "error",
}
"""Ours to FHIR's. A survey's `inconsistent` (97) is nearest to an error that kept it away."""

_FROM_FHIR = {theirs: ours for ours, theirs in ABSENT_REASONS.items()}


def named(name: str) -> str:
    """Return a name as FHIR ids have it."""
    return name.replace("_", "-").replace(".", "-")


def profile_url(name: str) -> str:
    """Return the address of a profile or an extension of ours."""
    return f"{BASE}/StructureDefinition/{name}"


def system_url(name: str) -> str:
    """Return the address of the CodeSystem of a code list."""
    return f"{BASE}/CodeSystem/{named(name)}"


def value_set_url(name: str) -> str:
    """Return the address of the ValueSet that holds all of a code list."""
    return f"{BASE}/ValueSet/{named(name)}"


def id_system(*names: str) -> str:
    """Return the address of a name space of identifiers."""
    return "/".join((f"{BASE}/sid", *names))


@cache
def titles(name: str) -> Mapping[str, str]:
    """Return the codes of a list with their titles; of a list that does not exist, none."""
    if name in codes.names():
        return {one.code: one.title or one.code for one in codes.load(name)}
    return {code: code.replace("_", " ") for code in ENUMS.get(name, ())}


def coding(name: str, value: str) -> dict[str, Any] | None:
    """Return a code of a list as Coding, None when the list does not have it."""
    if value == UNMAPPED:
        return {"system": system_url(UNMAPPED), "code": UNMAPPED, "display": "Not mapped yet"}
    title = titles(name).get(value)
    if title is None:
        return None
    return {"system": system_url(name), "code": value, "display": title}


def concept(name: str, value: str | None) -> dict[str, Any] | None:
    """Return a code of a list as CodeableConcept, or its text where the list does not have it."""
    if value is None:
        return None
    found = coding(name, value)
    return {"coding": [found]} if found else {"text": value}


def hl7_concept(system: str, code: str) -> dict[str, Any]:
    """Return a code of HL7's own terminology."""
    return {"coding": [{"system": f"{HL7}/{system}", "code": code}]}


def code_in(concept: Mapping[str, Any] | None) -> str | None:
    """Return our code in a CodeableConcept, else its text. Other systems' codings are theirs."""
    if not concept:
        return None
    for one in concept.get("coding", ()):
        if one["system"].startswith(BASE):
            return str(one["code"])
    text: str | None = concept.get("text")
    return text


def reason_code(reason: str) -> str:
    """Return why a field is empty, as FHIR says it."""
    return ABSENT_REASONS[reason]


def reason_in(code: str) -> str:
    """Return why a field is empty, as the common schema says it."""
    return _FROM_FHIR[code]
