"""Where and by whom: Encounter, Location and Organization, there and back. No fact of the child."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
from contracts.fhir.fields import panels
from contracts.fhir.situations import (
    Scene,
    panel_fields_in,
    read_thing,
    write_thing,
)
from contracts.fhir.vocabulary import (
    ABSENT_REASON_URL,
    HL7,
    code_in,
    concept,
    hl7_concept,
    id_system,
    titles,
)

PLACES = id_system("mimu-pcode")
# Encounters here are in the field: at work, at school, at home; never in a health facility.
_FIELD = {"system": f"{HL7}/v3-ActCode", "code": "FLD", "display": "field"}
_UNKNOWN = {"extension": [{"url": ABSENT_REASON_URL, "valueCode": "unknown"}]}
_AXES = ("longitude", "latitude")


def write_contact(
    to: Writer, system: str, child: Reference, facts: Mapping[str, Any]
) -> tuple[Reference, Reference | None]:
    """Add how the source met the child, and where it works; return both references."""
    seen = facts.get("inspection") or {}
    sites, workplace = [write_township(to, facts.get("township"))], None
    if facts.get("workplace") is not None:
        workplace, site = _write_workplace(to, system, facts["workplace"])
        sites.append(site)
    inspector = {"type": "Practitioner", "display": seen["inspector"]} if seen.get(
        "inspector"
    ) else None  # fmt: skip
    contact = to.add(
        "Encounter", "contact", "contact",
        identifier=identifier(id_system(system, "inspection"), seen.get("inspection_id")),
        status="finished", **{"class": _FIELD},
        type=[concept("inspection_types", seen.get("kind"))],
        subject=child, participant=[{"individual": inspector}],
        period={"start": to.on, "end": to.on},
        location=[{"location": one} for one in sites if one],
    )  # fmt: skip
    return contact, workplace


def read_contact(given: Reader) -> dict[str, Any]:
    """Return the township, the inspection and the workplace."""
    contact = given.must("contact")
    sites = [given.at(one["location"]) for one in contact.get("location", ())]
    homes = [one for one in sites if identifier_in(one, PLACES)]
    return {
        "township": identifier_in(homes[0], PLACES) if homes else None,
        "workplace": _read_workplace(given),
        "inspection": _read_inspection(given, contact),
    }


def write_inspection(to: Writer, scene: Scene, facts: Mapping[str, Any]) -> None:
    """Add what an inspection allowed, found and led to, and who works there."""
    focus = [scene.workplace] if scene.workplace else []
    if facts.get("inspection") is not None:
        write_thing(to, scene, "inspection", "inspection", facts["inspection"], focus=focus)
    place = facts.get("workplace") or {}
    if any(place.get(field.name) is not None for field in panels()["workplace"].fields):
        write_thing(to, scene, "workplace", "workplace", place, focus=focus)


def write_visits(to: Writer, system: str, scene: Scene, facts: Mapping[str, Any]) -> None:
    """Add the follow-up visits, done or due."""
    for place, visit in enumerate(facts.get("follow_ups", ())):
        day = visit.get("visited_on")
        met = to.add(
            "Encounter", "follow-up-visit", f"visit/{place}",
            identifier=identifier(id_system(system, "visit"), visit["visit_id"]),
            status="finished" if day else "planned", **{"class": _FIELD},
            type=[concept("visit_kinds", visit.get("kind"))], subject=scene.child,
            period={"start": day, "end": day},
            extension=extension("due-on", "valueDate", visit.get("due_on")),
        )  # fmt: skip
        there = replace(scene, contact=met)
        on = day or to.on
        if any(visit.get(one.name) is not None for one in panels()["visit"].fields):
            write_thing(to, there, "visit", f"visit/{place}", visit, effectiveDateTime=on)


def read_visits(given: Reader) -> list[dict[str, Any]]:
    """Return the follow-up visits."""
    return [
        {
            "visit_id": identifier_in(one) or "",
            "kind": code_in(next(iter(one.get("type", ())), None)),
            "due_on": extended(one, "due-on", "valueDate"),
            "visited_on": one.get("period", {}).get("start"),
            **panel_fields_in(given.about("situation", "encounter", one), "visit"),
        }
        for one in given.all("follow-up-visit")
    ]


def write_township(to: Writer, township: str | None) -> Reference | None:
    """Add a township once a Bundle; its id is the same in every record of the Bundle's source."""
    if township is None:
        return None
    return to.add(
        "Location", "township", f"township/{township}",
        identifier=identifier(PLACES, township), name=titles("townships").get(township, township),
        mode="instance", physicalType=hl7_concept("location-physical-type", "jdn"),
    )  # fmt: skip


def write_organization(to: Writer, profile: str, name: str | None) -> Reference | None:
    """Add who is known by a name alone: an office, an agency, a user."""
    if not name:
        return None
    return to.add("Organization", profile, f"{profile}/{name}", name=name)


def name_at(given: Reader, reference: Mapping[str, str] | None) -> str | None:
    """Return the name of the organisation that a reference points at."""
    return given.at(reference).get("name")


def _write_workplace(
    to: Writer, system: str, place: Mapping[str, Any]
) -> tuple[Reference, Reference]:
    owner, register = place.get("owner"), id_system(system, "workplace")
    known = identifier(register, place.get("workplace_id"))
    nameless = not known and not place.get("name")
    firm = to.add(
        "Organization", "workplace", "workplace",
        # FHIR wants a name or an identifier: a workplace of which neither is known gets ours.
        identifier=identifier(id_system("nameless"), to.seed) if nameless else known,
        name=place.get("name"),
        contact=[{"name": {"text": owner}}] if owner else [],
        address=[{"text": place.get("address")}],
    )  # fmt: skip
    site = to.add(
        "Location", "site", "site",
        status="active", managingOrganization=firm, position=_position(place),
        partOf=write_township(to, place.get("township")),
    )  # fmt: skip
    return firm, site


def _position(place: Mapping[str, Any]) -> dict[str, Any]:
    """Return a point; FHIR wants both its numbers, so one alone says that the other is unknown."""
    known = {name: place[name] for name in _AXES if place.get(name) is not None}
    return known and {name if name in known else f"_{name}": known.get(name, _UNKNOWN)
                      for name in _AXES}  # fmt: skip


def _read_workplace(given: Reader) -> dict[str, Any] | None:
    firm, site = given.one("workplace"), given.one("site")
    if not firm:
        return None
    known = identifier_in(firm)
    nameless = known == identifier_in(firm, id_system("nameless"))
    contact: Resource = next(iter(firm.get("contact", ())), {})
    address: Resource = next(iter(firm.get("address", ())), {})
    return {
        "workplace_id": None if nameless else known,
        "name": firm.get("name"),
        "owner": contact.get("name", {}).get("text"),
        "address": address.get("text"),
        "township": identifier_in(given.at(site.get("partOf")), PLACES),
        **{name: site.get("position", {}).get(name) for name in _AXES},
        **(read_thing(given, "workplace") or {}),
    }


def _read_inspection(given: Reader, contact: Resource) -> dict[str, Any] | None:
    found = read_thing(given, "inspection")
    if found is None:
        return None
    people: Resource = next(iter(contact.get("participant", ())), {})
    return found | {
        "inspection_id": identifier_in(contact),
        "kind": code_in(next(iter(contact.get("type", ())), None)),
        "inspector": people.get("individual", {}).get("display"),
    }
