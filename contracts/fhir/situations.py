"""What was observed and answered: Observation and QuestionnaireResponse, there and back.

What is counted or coded is a component of an Observation, one a panel; what somebody answers (yes,
no, a day, words) about work and school is an item of the QuestionnaireResponse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.fhir.absence import absences_in, absent_components
from contracts.fhir.bundles import Reader, Reference, Resource, Writer
from contracts.fhir.fields import (
    FieldKind,
    Panel,
    answer_value,
    component_value,
    field_concept,
    panel_of_field,
    panels,
    value_in,
)
from contracts.fhir.vocabulary import BASE, code_in, concept, hl7_concept

QUESTIONNAIRE = f"{BASE}/Questionnaire/work-and-school"
ASKED = ("work", "school")
_SOCIAL = hl7_concept("observation-category", "social-history")
_VERDICTS = ("legal", "statistical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What every observation of a record shares."""

    child: Reference = field(repr=False)
    contact: Reference = field(repr=False)
    observer: Reference = field(repr=False)
    workplace: Reference | None = field(repr=False)


def write_situations(to: Writer, scene: Scene, facts: Mapping[str, Any]) -> None:
    """Add work, school, the record's own panel, what was answered, and both verdicts."""
    absent = facts.get("absent", ())
    homes = [panel_of_field(one["field"]) for one in absent]
    answers = _write_answers(to, scene, facts)
    for code in ("record", *ASKED):
        panel = panels()[code]
        chosen = [place for place, home in enumerate(homes) if home == code]
        parts = _components(_measured(panel), facts) + absent_components(absent, chosen)
        if parts:
            source = [answers] if answers and code in ASKED else []
            write_panel(to, scene, code, code, parts, derivedFrom=source)
    for name in _VERDICTS:
        _write_verdict(to, scene, name, facts[name])


def read_situations(given: Reader) -> dict[str, Any]:
    """Return the fields that the panels, the answers and the verdicts hold."""
    seen = {_panel_code(one): one for one in given.all("situation")}
    told = [seen.get(code, {}) for code in ("record", *ASKED)]
    facts: dict[str, Any] = {"absent": absences_in(told)}
    for code in ("record", *ASKED):
        facts |= _fields_in(seen.get(code, {}), _measured(panels()[code]))
    facts |= _read_answers(given.one("answers"))
    judged = {_panel_code(one): one for one in given.all("verdict")}
    return facts | {name: _read_verdict(judged[name]) for name in _VERDICTS}


def write_thing(
    to: Writer, scene: Scene, code: str, place: str, thing: Mapping[str, Any], **more: Any
) -> None:
    """Add the panel of a nested thing; it stands there even when the thing says nothing."""
    parts = _components(panels()[code].fields, thing)
    write_panel(to, scene, code, place, parts, **more)


def read_thing(given: Reader, code: str) -> dict[str, Any] | None:
    """Return the fields of the only thing of a panel, None when the record has none."""
    for one in given.all("situation"):
        if _panel_code(one) == code:
            return _fields_in(one, panels()[code].fields)
    return None


def write_panel(
    to: Writer, scene: Scene, code: str, place: str, parts: list[dict[str, Any]], **more: Any
) -> None:
    """Add one panel."""
    shared: dict[str, Any] = {"encounter": scene.contact, "effectiveDateTime": to.on, **more}
    to.add(
        "Observation", "situation", f"panel/{place}",
        status="final", category=[_SOCIAL], code=field_concept(code), subject=scene.child,
        performer=[scene.observer], component=parts, **shared,
    )  # fmt: skip


def panel_fields_in(observation: Resource, code: str) -> dict[str, Any]:
    """Return the fields of one panel."""
    return _fields_in(observation, panels()[code].fields)


def _measured(panel: Panel) -> tuple[FieldKind, ...]:
    if panel.code not in ASKED:
        return panel.fields
    return tuple(one for one in panel.fields if not one.answered)


def asked(panel: Panel) -> tuple[FieldKind, ...]:
    """Return the fields of a panel that are answers."""
    return tuple(one for one in panel.fields if one.answered)


def _components(fields: Sequence[FieldKind], thing: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"code": field_concept(field.code), **component_value(field, one)}
        for field in fields
        for one in _values(field, thing)
    ]


def _values(field: FieldKind, thing: Mapping[str, Any]) -> Sequence[Any]:
    value = thing.get(field.name)
    if field.many:
        return value or ()
    return () if value is None else (value,)


def _fields_in(observation: Resource, fields: Sequence[FieldKind]) -> dict[str, Any]:
    held = [(code_in(one["code"]), value_in(one)) for one in observation.get("component", ())]
    return dict(_gathered(fields, held))


def _gathered(
    fields: Sequence[FieldKind], held: Sequence[tuple[str | None, Any]]
) -> Iterator[tuple[str, Any]]:
    for one in fields:
        values = [value for code, value in held if code == one.code and value is not None]
        if one.many:
            yield one.name, values
        elif values:
            yield one.name, values[0]


def _panel_code(observation: Resource) -> str:
    return code_in(observation["code"]) or ""


def _write_answers(to: Writer, scene: Scene, facts: Mapping[str, Any]) -> Reference | None:
    groups = []
    for code in ASKED:
        items = [
            {"linkId": field.code, "answer": [answer_value(field, one)]}
            for field in asked(panels()[code])
            for one in _values(field, facts)
        ]
        if items:
            groups.append({"linkId": code, "item": items})
    if not groups:
        return None
    return to.add(
        "QuestionnaireResponse", "answers", "answers",
        questionnaire=QUESTIONNAIRE, status="completed", subject=scene.child,
        encounter=scene.contact, authored=to.on, item=groups,
    )  # fmt: skip


def _read_answers(response: Resource) -> dict[str, Any]:
    held = [
        (item["linkId"], value_in(answer))
        for group in response.get("item", ())
        for item in group.get("item", ())
        for answer in item.get("answer", ())
    ]
    fields = [field for code in ASKED for field in asked(panels()[code])]
    return dict(_gathered(fields, held))


def _write_verdict(to: Writer, scene: Scene, name: str, verdict: Mapping[str, Any]) -> None:
    reasons = [
        {"code": field_concept("reason"), "valueString": one} for one in verdict.get("reasons", ())
    ]
    unknown = {"dataAbsentReason": hl7_concept("data-absent-reason", "unknown")}
    missing = [{"code": field_concept(one), **unknown} for one in verdict.get("missing", ())]
    to.add(
        "Observation", "verdict", f"verdict/{name}",
        status="final", category=[_SOCIAL], code=field_concept(name), subject=scene.child,
        encounter=scene.contact, effectiveDateTime=to.on, performer=[scene.observer],
        valueCodeableConcept=concept("verdict_answers", verdict["answer"]),
        method={"text": verdict["rules"]}, component=reasons + missing,
    )  # fmt: skip


def _read_verdict(observation: Resource) -> dict[str, Any]:
    parts = observation.get("component", ())
    return {
        "answer": code_in(observation.get("valueCodeableConcept")),
        "rules": observation.get("method", {}).get("text"),
        "reasons": [one["valueString"] for one in parts if "valueString" in one],
        "missing": [code_in(one["code"]) for one in parts if "dataAbsentReason" in one],
    }
