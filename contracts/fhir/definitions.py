"""Our StructureDefinitions, CodeSystems, ValueSets and Questionnaire, generated. Writes no file."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts import codes
from contracts.fhir.fields import FieldKind, about_fields, panels
from contracts.fhir.profiles import EXTENSIONS, PROFILES, Extension, Profile, Rule
from contracts.fhir.situations import ASKED, QUESTIONNAIRE, asked
from contracts.fhir.vocabulary import (
    BASE,
    ENUMS,
    FIELDS,
    named,
    profile_url,
    system_url,
    titles,
    value_set_url,
)
from contracts.model.base import UNMAPPED
from contracts.versions import SCHEMA_VERSION

Definition = dict[str, Any]
_R4 = "http://hl7.org/fhir/StructureDefinition"
_ITEM = {"quantity": "quantity", "code": "open-choice", "text": "text", "day": "date",
         "flag": "boolean"}  # fmt: skip
_NOT_CODED = frozenset({"card_townships", "card_types"})
"""Lists that read a card's number: none of their codes stands in a resource."""


def every() -> Mapping[str, Definition]:
    """Return all definitions by the name of their file."""
    found = [*_terminology(), *map(_extension, EXTENSIONS), *map(_profile, PROFILES)]
    found.append(_questionnaire())
    return {f"{one['resourceType']}-{one['id']}.json": one for one in found}


def coded_lists() -> tuple[str, ...]:
    """Return the names of the lists that resources hold codes of, code lists and closed answers."""
    return tuple(sorted({*codes.names(), *ENUMS} - _NOT_CODED))


def _terminology() -> Iterator[Definition]:
    for name in coded_lists():
        known = name in codes.names()
        yield from _list(name, _concepts(name), codes.load(name).source if known else "own")
    title = {"code": UNMAPPED, "display": "Not mapped yet"}
    yield from _list(UNMAPPED, [title], "A code that no list has: a person has to map it.")
    yield from _list(FIELDS, _field_concepts(), "Fields of the common child-labour schema.")


def _list(name: str, concepts: list[dict[str, Any]], source: str) -> Iterator[Definition]:
    version = codes.load(name).version if name in codes.names() else SCHEMA_VERSION
    yield {
        **_head("CodeSystem", named(name), name.replace("_", " ").capitalize(), version),
        "description": source,
        "caseSensitive": True,
        "valueSet": value_set_url(name),
        "content": "complete",
        "count": len(concepts),
        "concept": concepts,
    }
    yield {
        **_head("ValueSet", named(name), name.replace("_", " ").capitalize(), version),
        "description": f"All codes of the list. {source}",
        "compose": {"include": [{"system": system_url(name)}]},
    }


def _concepts(name: str) -> list[dict[str, Any]]:
    if name not in codes.names():
        return [{"code": code, "display": title} for code, title in titles(name).items()]
    return [
        {"code": one.code, "display": one.title or one.code, **_burmese(one.title_my)}
        for one in codes.load(name)
    ]


def _burmese(title: str) -> dict[str, Any]:
    return {"designation": [{"language": "my", "value": title}]} if title else {}


def _field_concepts() -> list[dict[str, Any]]:
    return [
        {"code": code, "display": one.title, "definition": one.meaning}
        for code, one in about_fields().items()
    ]


def _questionnaire() -> Definition:
    head = _head("Questionnaire", "work-and-school", "Answers on work and school", SCHEMA_VERSION)
    groups = [
        {
            "linkId": code, "text": panels()[code].title, "type": "group",
            "item": [_item(field) for field in asked(panels()[code])],
        }
        for code in ASKED
    ]  # fmt: skip
    return {**head, "url": QUESTIONNAIRE, "subjectType": ["Patient"], "item": groups}


def _item(field: FieldKind) -> dict[str, Any]:
    item: dict[str, Any] = {
        "linkId": field.code, "code": [{"system": system_url(FIELDS), "code": field.code}],
        "text": field.meaning, "type": _ITEM[field.kind], "repeats": field.many,
    }  # fmt: skip
    if field.kind == "code":
        item["answerValueSet"] = value_set_url(field.codes)
    return item


def _profile(one: Profile) -> Definition:
    root = {"id": one.resource, "path": one.resource, "short": one.title}
    rules = [_element(one.resource, rule) for rule in one.rules]
    return {
        **_structure(one.name, one.title, one.resource),
        "description": one.meaning,
        "baseDefinition": f"{_R4}/{one.resource}",
        "differential": {"element": [root, *rules]},
    }


def _element(resource: str, rule: Rule) -> dict[str, Any]:
    path = f"{resource}.{rule.path}"
    element: dict[str, Any] = {"id": path, "path": path, "mustSupport": True}
    if rule.least:
        element["min"] = rule.least
    if rule.binding:
        strength = "required" if rule.strict else "preferred"
        element["binding"] = {"strength": strength, "valueSet": value_set_url(rule.binding)}
        if rule.path.endswith("[x]"):
            element["type"] = [{"code": "CodeableConcept"}]
    return element


def _extension(one: Extension) -> Definition:
    elements = [{"id": "Extension", "path": "Extension", "short": one.title}]
    elements += _parts(one) if one.parts else _value("Extension", one.value, one.binding)
    url = {"id": "Extension.url", "path": "Extension.url", "fixedUri": profile_url(one.name)}
    return {
        **_structure(one.name, one.title, "Extension"),
        "context": [{"type": "element", "expression": place} for place in one.contexts],
        "baseDefinition": f"{_R4}/Extension",
        "differential": {"element": [*elements[:-1], url, elements[-1]]},
    }


def _parts(one: Extension) -> list[dict[str, Any]]:
    slices: list[dict[str, Any]] = []
    for name, kind in one.parts:
        at = f"Extension.extension:{name}"
        slices += [
            {"id": at, "path": "Extension.extension", "sliceName": name, "max": "1"},
            {"id": f"{at}.url", "path": "Extension.extension.url", "fixedUri": name},
            {
                "id": f"{at}.value[x]", "path": "Extension.extension.value[x]",
                "type": [{"code": kind}],
            },
        ]  # fmt: skip
    return [*slices, {"id": "Extension.value[x]", "path": "Extension.value[x]", "max": "0"}]


def _value(at: str, kind: str, binding: str) -> list[dict[str, Any]]:
    element: dict[str, Any] = {
        "id": f"{at}.value[x]", "path": f"{at}.value[x]", "min": 1, "type": [{"code": kind}],
    }  # fmt: skip
    if binding:
        element["binding"] = {"strength": "preferred", "valueSet": value_set_url(binding)}
    return [element]


def _structure(name: str, title: str, kind: str) -> Definition:
    return {
        **_head("StructureDefinition", name, title, SCHEMA_VERSION),
        "fhirVersion": "4.0.1",
        "kind": "complex-type" if kind == "Extension" else "resource",
        "abstract": False,
        "type": kind,
        "derivation": "constraint",
    }


def _head(resource: str, name: str, title: str, version: str) -> Definition:
    words = "".join(part.capitalize() for part in name.replace(".", "-").split("-"))
    return {
        "resourceType": resource,
        "id": name,
        "url": f"{BASE}/{resource}/{name}",
        "version": version,
        "name": words,
        "title": title,
        "status": "active",
        "experimental": False,
    }
