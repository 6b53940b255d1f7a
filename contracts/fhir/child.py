"""The child, its parents and guardians: Patient and RelatedPerson, there and back."""

from collections.abc import Mapping
from typing import Any

from contracts import codes
from contracts.fhir.absence import absent_extensions, absent_in, absent_marks
from contracts.fhir.bundles import (
    Reader,
    Reference,
    Resource,
    Writer,
    extended,
    extension,
    identifier,
    identifier_in,
)
from contracts.fhir.vocabulary import (
    COUNTRIES,
    HL7,
    LANGUAGES,
    NATIONALITY_URL,
    code_in,
    coding,
    concept,
    hl7_concept,
    id_system,
)
from contracts.model.base import UNMAPPED

GENDERS: Mapping[str, str] = {"M": "male", "F": "female", "unknown": "unknown"}
_SEXES = {theirs: ours for ours, theirs in GENDERS.items()}
_CARD = id_system("citizenship-card")
_PARENTS = {"father_name": "FTH", "mother_name": "MTH"}
_PLAIN = ("name", "phone", "address")


def write_child(to: Writer, identity: Mapping[str, Any]) -> Reference:
    """Add the child and who cares for it; return the reference to the child."""
    first, last = identity.get("birth_earliest"), identity.get("birth_latest")
    marks = absent_marks(identity, _PLAIN)
    child = to.add(
        "Patient", "child", "child",
        identifier=identifier(_CARD, identity.get("card_no")),
        name=[{"text": identity.get("name")}, marks.get("name")],
        telecom=[_telephone(identity.get("phone")), marks.get("phone")],
        gender=GENDERS[identity.get("sex", "unknown")],
        birthDate=first if first == last else None,
        address=[_address(identity), marks.get("address")],
        communication=[{"language": _language(identity.get("language"))}],
        extension=_birth(first, last) + _nationality(identity.get("nationality"))
        + absent_extensions(identity, _PLAIN),
    )  # fmt: skip
    for name, role in _PARENTS.items():
        if identity.get(name):
            to.add(
                "RelatedPerson", "parent", name, patient=child,
                relationship=[hl7_concept("v3-RoleCode", role)],
                name=[{"text": identity[name]}],
            )  # fmt: skip
    for place, guardian in enumerate(identity.get("guardians", ())):
        _write_guardian(to, child, f"guardian/{place}", guardian)
    return child


def read_child(given: Reader) -> dict[str, Any]:
    """Return the identity, without the household."""
    child = given.must("child")
    address = _first(child, "address")
    home = extended(address, "home-township", "valueCoding") or {}
    period = extended(child, "birth-interval", "valuePeriod") or {}
    born = child.get("birthDate")
    return {
        "name": _first(child, "name").get("text"),
        **_read_parents(given),
        "card_no": identifier_in(child, _CARD),
        "phone": _first(child, "telecom").get("value"),
        "address": address.get("text"),
        "home_township": home.get("code"),
        "sex": _SEXES[child.get("gender", "unknown")],
        "birth_earliest": born or period.get("start"),
        "birth_latest": born or period.get("end"),
        "nationality": _read_nationality(child),
        "language": _read_language(child),
        "guardians": [_read_guardian(one) for one in given.all("guardian")],
        "absent": absent_in(child, _PLAIN),
    }


def _write_guardian(to: Writer, child: Reference, place: str, guardian: Mapping[str, Any]) -> None:
    relation = guardian.get("relation", "other")
    shared = concept("relations", relation) or {}
    theirs = codes.load("relations").codes.get(relation) if "coding" in shared else None
    if theirs and theirs.more.get("fhir"):
        role = {"system": f"{HL7}/v3-RoleCode", "code": theirs.more["fhir"]}
        shared = {"coding": [*shared["coding"], role]}
    to.add(
        "RelatedPerson", "guardian", place, patient=child,
        relationship=[shared],
        name=[{"text": guardian.get("name")}],
        telecom=[_telephone(guardian.get("phone"))],
        identifier=identifier(_CARD, guardian.get("card_no")),
        extension=extension(
            "caregiver", "valueCoding", coding("yes_no", guardian.get("caregiver", ""))
        ),
    )  # fmt: skip


def _read_guardian(person: Resource) -> dict[str, Any]:
    return {
        "relation": code_in(_first(person, "relationship")) or "",
        "name": _first(person, "name").get("text"),
        "phone": _first(person, "telecom").get("value"),
        "card_no": identifier_in(person, _CARD),
        "caregiver": (extended(person, "caregiver", "valueCoding") or {}).get("code"),
    }


def _read_parents(given: Reader) -> dict[str, Any]:
    roles = {
        _first(one, "relationship")["coding"][0]["code"]: _first(one, "name").get("text")
        for one in given.all("parent")
    }
    return {name: roles.get(role) for name, role in _PARENTS.items()}


def _telephone(number: str | None) -> dict[str, Any] | None:
    return {"system": "phone", "value": number} if number else None


def _address(identity: Mapping[str, Any]) -> dict[str, Any]:
    home = identity.get("home_township")
    return {
        "extension": extension("home-township", "valueCoding", home and _place(home)),
        "text": identity.get("address"),
    }


def _place(township: str) -> dict[str, Any]:
    return coding("townships", township) or {"code": township}


def _birth(first: str | None, last: str | None) -> list[dict[str, Any]]:
    """Return the interval of birth dates: an estimated age is never a false birthday."""
    if first == last:
        return []
    return extension("birth-interval", "valuePeriod", {"start": first, "end": last})


def _nationality(country: str | None) -> list[dict[str, Any]]:
    if country is None:
        return []
    code = concept("", country) if country == UNMAPPED else _in_system(COUNTRIES, country)
    part = {"url": "code", "valueCodeableConcept": code}
    return [{"url": NATIONALITY_URL, "extension": [part]}]


def _language(language: str | None) -> dict[str, Any] | None:
    if language is None or language == UNMAPPED:
        return concept("", language)
    return _in_system(LANGUAGES, language)


def _in_system(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _read_nationality(child: Resource) -> str | None:
    for one in child.get("extension", ()):
        if one["url"] == NATIONALITY_URL:
            return str(one["extension"][0]["valueCodeableConcept"]["coding"][0]["code"])
    return None


def _read_language(child: Resource) -> str | None:
    spoken = _first(child, "communication")
    return spoken["language"]["coding"][0]["code"] if spoken else None


def _first(resource: Resource, element: str) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(resource.get(element, ())), {})
    return found
