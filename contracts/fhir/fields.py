"""What kind of value each field of the common schema is, read from its model. Writes no resource.

A field that a model gains appears in FHIR by itself, with its unit, its code list and its meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, get_args, get_origin

from contracts.fhir.vocabulary import (
    CURRENCIES,
    ENUMS,
    FIELDS,
    MONEY,
    UCUM,
    coding,
    concept,
    system_url,
)
from contracts.fhir.vocabulary import code_in as _code_in
from contracts.model.base import Meaning, Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.education_situation import EducationSituation
from contracts.model.follow_up_visit import FollowUpVisit
from contracts.model.household import Household
from contracts.model.identity import Identity
from contracts.model.inspection import Inspection
from contracts.model.work_situation import WorkSituation
from contracts.model.workplace import Workplace

Kind = Literal["quantity", "code", "text", "day", "flag"]
Json = Any
Hint = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldKind:
    """One field: its name in the model, its code in FHIR, and how its value is written there."""

    name: str
    code: str
    kind: Kind
    many: bool
    unit: str
    codes: str
    meaning: str

    @property
    def answered(self) -> bool:
        """Whether somebody answers it (yes or no, a day, words) rather than counts or codes it."""
        return self.kind in {"text", "day"} or self.codes in {"yes_no", "child_found"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Fields that one Observation holds as components, and the QuestionnaireResponse's group."""

    code: str
    title: str
    fields: tuple[FieldKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A code of what an observation is about."""

    title: str
    meaning: str


@cache
def fields_of(model: type[Thing], prefix: str = "") -> Mapping[str, FieldKind]:
    """Return the plain fields of a model by name; nested things and lists of them are left out."""
    found = {}
    for name, info in model.model_fields.items():
        meaning = next((one for one in info.metadata if isinstance(one, Meaning)), None)
        inner, many = _inner(info.annotation)
        if meaning is None or _is_thing(inner):
            continue
        codes = meaning.codes or _enum_of(inner)
        found[name] = FieldKind(
            name=name, code=f"{prefix}{name}", kind=_kind(inner, codes), many=many,
            unit=meaning.unit, codes=codes, meaning=meaning.text,
        )  # fmt: skip
    return found


@cache
def panels() -> Mapping[str, Panel]:
    """Return every panel by its code."""
    places = fields_of(Workplace, "workplace.")
    visit = fields_of(FollowUpVisit, "visit.")
    seen = fields_of(Inspection, "inspection.")
    whole = (
        _panel("record", "The child on the day", fields_of(CaseFacts), "sex age_low age_high"),
        _panel("work", "Work situation", fields_of(WorkSituation)),
        _panel("school", "Education situation", fields_of(EducationSituation)),
        _panel("household", "Household", fields_of(Household, "household.")),
        _panel("workplace", "Workers", places, " ".join(n for n in places if "workers" in n)),
        _panel(
            "inspection", "Inspection", seen,
            " ".join(n for n in seen if n not in {"inspection_id", "kind", "inspector"}),
        ),
        _panel("visit", "Follow-up visit", visit, "in_child_labour attends_school"),
    )  # fmt: skip
    return {one.code: one for one in whole}


@cache
def about_fields() -> Mapping[str, About]:
    """Return what an observation can be about: panels, verdicts and fields, in one code list."""
    texts = {
        "legal": "Verdict under national law",
        "statistical": "Verdict in statistics",
        "reason": "Code of a rule that decided a verdict",
        "age": "Age, completed years, where only the answer counts that all possible ages share",
    }
    for panel in panels().values():
        texts[panel.code] = panel.title
        texts |= {field.code: field.meaning for field in panel.fields}
    for model in (CaseFacts, Identity):
        texts |= {name: field.meaning for name, field in fields_of(model).items()}
    return {
        code: About(title=code.replace("_", " ").replace(".", ", "), meaning=text)
        for code, text in texts.items()
    }


def panel_of_field(name: str) -> str:
    """Return the panel that says why a field of the facts is empty: its own, else the record's."""
    for code in ("work", "school"):
        if any(field.name == name for field in panels()[code].fields):
            return code
    return "record"


def field_concept(code: str) -> dict[str, Any]:
    """Return what an observation is about: a field of the common schema, or its bare name."""
    about = about_fields().get(code)
    if about is None:
        return {"text": code}
    return {"coding": [{"system": system_url(FIELDS), "code": code, "display": about.title}]}


def component_value(field: FieldKind, value: Json) -> dict[str, Any]:
    """Return a field's value as Observation has it."""
    if field.kind == "quantity":
        return {"valueQuantity": quantity(value, field.unit)}
    if field.kind == "code":
        return {"valueCodeableConcept": concept(field.codes, value)}
    return {_COMPONENT[field.kind]: value}


def answer_value(field: FieldKind, value: Json) -> dict[str, Any]:
    """Return a field's value as QuestionnaireResponse has it."""
    found = coding(field.codes, value) if field.kind == "code" else None
    if found:
        return {"valueCoding": found}
    return {_ANSWER.get(field.kind, "valueString"): value}


def value_in(part: Mapping[str, Any]) -> Json:
    """Return the value of a component or an answer, None when it has none."""
    if "valueQuantity" in part:
        return part["valueQuantity"].get("value")
    if "valueCodeableConcept" in part:
        return _code_in(part["valueCodeableConcept"])
    if "valueCoding" in part:
        return part["valueCoding"]["code"]
    return next((value for key, value in part.items() if key.startswith("value")), None)


def quantity(value: float, unit: str) -> dict[str, Any]:
    """Return a number with its unit: UCUM, or a currency."""
    if unit in MONEY:
        return {"value": value, "unit": unit, "system": CURRENCIES, "code": unit}
    code = "1" if unit.startswith("{") else unit  # what is counted is no unit of UCUM
    return {"value": value, "unit": unit.strip("{}"), "system": UCUM, "code": code}


_COMPONENT = {"text": "valueString", "day": "valueDateTime", "flag": "valueBoolean"}
_ANSWER = {"text": "valueString", "day": "valueDate", "flag": "valueBoolean"}


def _panel(code: str, title: str, fields: Mapping[str, FieldKind], names: str = "") -> Panel:
    chosen = names.split() or list(fields)
    return Panel(code=code, title=title, fields=tuple(fields[name] for name in chosen))


def _inner(annotation: Hint) -> tuple[Hint, bool]:
    """Return the type of one value, and whether the field holds many."""
    kinds = [one for one in _members(annotation) if one is not type(None)]
    if len(kinds) == 1 and get_origin(kinds[0]) is list:
        return _inner(get_args(kinds[0])[0])[0], True
    return (kinds[0] if len(kinds) == 1 else annotation), False


def _members(annotation: Hint) -> Iterator[Hint]:
    inside = [one for one in get_args(annotation) if one is type(None)]
    return iter(get_args(annotation) if inside else (annotation,))


def _is_thing(inner: Hint) -> bool:
    return isinstance(inner, type) and issubclass(inner, Thing)


def _enum_of(inner: Hint) -> str:
    origin: object = get_origin(inner)
    if origin is not Literal:
        return ""
    return next((name for name, values in ENUMS.items() if values == get_args(inner)), "")


def _kind(inner: Hint, codes: str) -> Kind:
    if codes:
        return "code"
    if inner is bool:
        return "flag"
    if inner is date:
        return "day"
    return "quantity" if inner in {int, float} else "text"
