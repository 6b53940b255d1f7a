"""Where a record comes from and what translation left open: Provenance, there and back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from contracts.fhir.bundles import (
    Reader,
    Reference,
    Writer,
    extension,
    extensions_in,
    identifier_in,
)
from contracts.fhir.places import name_at, write_organization
from contracts.fhir.vocabulary import hl7_concept, id_system, profile_url
from contracts.versions import SCHEMA_VERSION

_RECORD = id_system("record")


def write_observer(to: Writer, facts: Mapping[str, Any]) -> Reference:
    """Add the office that recorded it and return its reference; without one, the source's."""
    return write_organization(to, "office", facts.get("office")) or _system(facts)


def write_provenance(
    to: Writer, facts: Mapping[str, Any], observer: Reference, version: str
) -> None:
    """Add the origin of everything in the Bundle so far."""
    source = _system(facts)
    author = {"type": _author(), "who": observer} if observer != source else None
    made = extension("schema-version", "valueString", SCHEMA_VERSION)
    made += extension("mapping-version", "valueString", version or None)
    made += [_unmapped(one) for one in facts.get("unmapped", ())]
    for note in facts.get("notes", ()):
        made += extension("note", "valueString", note)
    to.add(
        "Provenance", "origin", "origin",
        target=[{"reference": url} for url in to.entries],
        occurredDateTime=to.on,
        # FHIR demands an instant; a record knows its day: the day's first instant stands for it.
        recorded=f"{to.on}T00:00:00Z",
        agent=[
            {"type": hl7_concept("provenance-participant-type", "assembler"), "who": source},
            author,
        ],
        entity=[{"role": "source", "what": {"identifier": _key(facts)}}],
        extension=made,
    )  # fmt: skip


def read_provenance(given: Reader) -> dict[str, Any]:
    """Return the record's origin, and what its translation left open."""
    origin = given.must("origin")
    for one in origin["target"]:
        given.at(one)  # what it names must all be here
    named = {"identifier": [origin["entity"][0]["what"]["identifier"]]}
    system, _, record = named["identifier"][0]["system"].removeprefix(f"{_RECORD}/").partition("/")
    offices = [name_at(given, one["who"]) for one in origin["agent"][1:]]
    return {
        "system": system,
        "record": unquote(record),
        "row_key": identifier_in(named) or "",
        "office": next(iter(offices), "") or "",
        "observed_on": origin["occurredDateTime"],
        "unmapped": [_read_unmapped(one) for one in extensions_in(origin, "unmapped")],
        "notes": [one["valueString"] for one in extensions_in(origin, "note")],
    }


def _system(facts: Mapping[str, Any]) -> Reference:
    return {"identifier": {"system": id_system("system"), "value": facts["system"]}}


def _key(facts: Mapping[str, Any]) -> dict[str, str]:
    space = id_system("record", facts["system"], quote(facts["record"], safe=""))
    return {"system": space, "value": facts["row_key"]}


def _author() -> dict[str, Any]:
    return hl7_concept("provenance-participant-type", "author")


def _unmapped(one: Mapping[str, str]) -> dict[str, Any]:
    parts = [{"url": name, "valueString": one.get(name)} for name in ("field", "code", "label")]
    held = [part for part in parts if part["valueString"]]
    return {"url": profile_url("unmapped"), "extension": held}


def _read_unmapped(one: Mapping[str, Any]) -> dict[str, str]:
    held = {part["url"]: part["valueString"] for part in one.get("extension", ())}
    return {name: held.get(name, "") for name in ("field", "code", "label")}
