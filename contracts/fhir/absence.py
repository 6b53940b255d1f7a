"""Why a field is empty, as FHIR says it: data-absent-reason. Never gives an empty field a value.

The common schema lists these in an order; an element's id keeps it (`absent.0`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.fhir.bundles import extensions_in
from contracts.fhir.fields import field_concept
from contracts.fhir.vocabulary import (
    ABSENT_REASON_URL,
    HL7,
    code_in,
    profile_url,
    reason_code,
    reason_in,
)

Absences = Sequence[Mapping[str, str]]
_ELEMENTS = {"name": "name", "phone": "telecom", "address": "address"}


def absent_components(absent: Absences, chosen: Sequence[int]) -> list[dict[str, Any]]:
    """Return the chosen absences as components of an Observation."""
    return [
        {
            "id": f"absent.{place}",
            "code": field_concept(absent[place]["field"]),
            "dataAbsentReason": {
                "coding": [
                    {
                        "system": f"{HL7}/data-absent-reason",
                        "code": reason_code(absent[place]["reason"]),
                    }
                ]
            },
        }
        for place in chosen
    ]


def absences_in(observations: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what components of these observations say is absent, in its order."""
    found = [
        (_place(part), code_in(part["code"]) or "", part["dataAbsentReason"]["coding"][0]["code"])
        for one in observations
        for part in one.get("component", ())
        if "dataAbsentReason" in part
    ]
    return _listed(found)


def absent_marks(thing: Mapping[str, Any], plain: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return, for the plain elements that are empty, an element that says why and nothing else."""
    marks: dict[str, dict[str, Any]] = {}
    for place, one in enumerate(thing.get("absent", ())):
        if _is_plain(thing, one["field"], plain) and one["field"] not in marks:
            reason = reason_code(one["reason"])
            mark = {"id": f"absent.{place}", "url": ABSENT_REASON_URL, "valueCode": reason}
            marks[one["field"]] = {"extension": [mark]}
    return marks


def absent_extensions(thing: Mapping[str, Any], plain: Sequence[str]) -> list[dict[str, Any]]:
    """Return the absences that no plain element tells, as extensions that name the field."""
    told = {mark["extension"][0]["id"] for mark in absent_marks(thing, plain).values()}
    return [
        {
            "id": f"absent.{place}",
            "url": profile_url("absent"),
            "extension": [
                {"url": "field", "valueString": one["field"]},
                {"url": "reason", "valueCode": reason_code(one["reason"])},
            ],
        }
        for place, one in enumerate(thing.get("absent", ()))
        if f"absent.{place}" not in told
    ]


def absent_in(resource: Mapping[str, Any], plain: Sequence[str]) -> list[dict[str, str]]:
    """Return what a resource says is absent, in its order."""
    found = []
    for name in plain:
        for element in resource.get(_ELEMENTS[name], ()):
            found += [
                (_place(one), name, one["valueCode"])
                for one in element.get("extension", ())
                if one["url"] == ABSENT_REASON_URL
            ]
    for one in extensions_in(resource, "absent"):
        parts = {part["url"]: part for part in one["extension"]}
        name = parts.get("field", {}).get("valueString", "")
        found.append((_place(one), name, parts["reason"]["valueCode"]))
    return _listed(found)


def _is_plain(thing: Mapping[str, Any], name: str, plain: Sequence[str]) -> bool:
    """Whether the field has an element of its own that is free to say why it is empty."""
    also = thing.get("home_township") if name == "address" else None
    return name in plain and not thing.get(name) and not also


def _place(element: Mapping[str, Any]) -> int:
    return int(str(element.get("id", "absent.0")).rpartition(".")[2])


def _listed(found: list[tuple[int, str, str]]) -> list[dict[str, str]]:
    ordered = sorted(found, key=lambda one: one[0])
    return [{"field": name, "reason": reason_in(reason)} for _, name, reason in ordered]
