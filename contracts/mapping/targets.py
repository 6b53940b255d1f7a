"""What a mapping may give: the fields of the common schema, read off its models. Maps nothing.

A target is `identity.<field>`, `facts.<field>`, a field of a thing within them
(`facts.workplace.name`), `figure.<field>`, or an input (`birth.age`) from which the things are put
together. Lists of things (`facts.services`) have leaves of their own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from contracts.labels import Label
from contracts.model.answer import CaseAnswer, ReferralAnswer
from contracts.model.base import UNMAPPED, Meaning, Sex, YesNo
from contracts.model.case_facts import CaseFacts
from contracts.model.case_file import Concern
from contracts.model.consent_statement import Scope, Speaker
from contracts.model.figure import SurveyFigure
from contracts.model.identity import Identity

MADE_HERE = frozenset(
    {
        "identity.sex", "identity.birth_earliest", "identity.birth_latest", "identity.absent",
        "facts.system", "facts.record", "facts.row_key", "facts.observed_on", "facts.sex",
        "facts.age_low", "facts.age_high", "facts.concern", "facts.consents", "facts.legal",
        "facts.statistical", "facts.unmapped", "facts.absent", "facts.notes",
        "figure.system", "figure.ref", "figure.kind", "figure.statistical",
        "answer.kind", "answer.status", "answer.services",
    }
)  # fmt: skip
"""Fields that the hub makes itself, from inputs: no source may state them."""

Kind = Literal["text", "integer", "number", "flag", "date"]
_KINDS: Mapping[object, Kind] = {
    str: "text", int: "integer", float: "number", bool: "flag", date: "date",
}  # fmt: skip
_AGE = Annotated[int, Field(ge=0, le=120)]
_CONSENT_CODES = "yes_no"
_INPUTS: Mapping[str, tuple[object, str]] = {
    "observed.on": (date, ""), "observed.changed": (date, ""),
    "birth.date": (date, ""), "birth.age": (_AGE, ""), "birth.estimated": (bool, ""),
    "child.sex": (Sex, "sexes"), "child.enabled": (bool, ""), "child.valid": (bool, ""),
    "child.concerns": (list[Concern], ""), "consent.by": (Speaker, ""),
    "consent.all": (YesNo, _CONSENT_CODES),
    **{f"consent.{scope}": (YesNo, _CONSENT_CODES) for scope in get_args(Scope)},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaf:
    """A single value that a mapping may give: its type, limits and code list.

    `json` is false for inputs: they stay Python values until the things are put together.
    """

    target: str
    kind: Kind
    many: bool
    required: bool
    json: bool
    codes: str
    low: float | None
    high: float | None
    annotation: Any

    @property
    def free(self) -> bool:
        """Whether any text will do."""
        return self.annotation is str

    def accepts(self, value: object) -> bool:
        """Tell whether the schema allows a value (an element, of a list)."""
        try:
            _adapter(self).validate_python(value)
        except ValidationError:
            return False
        return True

    @property
    def says_unmapped(self) -> bool:
        """Whether the field can say that a code is not known; others stay empty beside triage."""
        coded = bool(self.codes) or not self.free
        return coded and not self.many and self.kind == "text" and self.accepts(UNMAPPED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeat:
    """A list of things, as `facts.services`; `defaults` are what each of them has in any case."""

    target: str
    leaves: Mapping[str, Leaf]
    defaults: Mapping[str, Any] = field(repr=False)


@cache
def leaves() -> Mapping[str, Leaf]:
    """Return every single value that a mapping may give, by its target."""
    found = {leaf.target: leaf for leaf in _walk("identity", Identity)}
    found |= {leaf.target: leaf for leaf in _walk("facts", CaseFacts)}
    found |= {leaf.target: leaf for leaf in _walk("figure", SurveyFigure)}
    for model in (ReferralAnswer, CaseAnswer):
        found |= {leaf.target: leaf for leaf in _walk("answer", model, json=False)}
    for target, (annotation, codes) in _INPUTS.items():
        found[target] = _leaf(target, FieldInfo(annotation=Any), annotation, codes, json=False)
    return found


@cache
def repeats() -> Mapping[str, Repeat]:
    """Return every list of things that a mapping may fill, by its target."""
    found = {}
    for root, model in (("identity", Identity), ("facts", CaseFacts)):
        for name, info in model.model_fields.items():
            target, inner = f"{root}.{name}", _things(info.annotation)
            if inner is not None and _is_list(info.annotation) and target not in MADE_HERE:
                parts = {leaf.target.rsplit(".", 1)[1]: leaf for leaf in _walk(target, inner)}
                found[target] = Repeat(target=target, leaves=parts, defaults=defaults(inner)[0])
    return found


@cache
def defaults(model: type[BaseModel]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the fields that are always there: their default values, and the names of lists."""
    plain = {
        name: field.default
        for name, field in model.model_fields.items()
        if not field.is_required() and field.default_factory is None and field.default is not None
    }
    lists = tuple(
        name for name, field in model.model_fields.items() if field.default_factory is not None
    )
    return plain, lists


def _walk(prefix: str, model: type[BaseModel], *, json: bool = True) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        target = f"{prefix}.{name}"
        if target in MADE_HERE:
            continue
        inner = _things(info.annotation)
        if inner is None:
            yield _leaf(target, info, info.annotation, json=json)
        elif not _is_list(info.annotation):
            yield from _walk(target, inner)


def _leaf(
    target: str, field: FieldInfo, annotation: object, codes: str = "", *, json: bool
) -> Leaf:
    meaning = next((one for one in field.metadata if isinstance(one, Meaning)), None)
    inner = _bare(annotation)
    many = _is_list(inner)
    inner = get_args(inner)[0] if many else inner
    rules = [one for one in field.metadata if not isinstance(one, Meaning | Label)]
    bare, more = _split(inner)
    rules = [*more, *([] if many else rules)]
    base = type(get_args(bare)[0]) if get_origin(bare) is Literal else bare
    limits = [(getattr(one, "ge", None), getattr(one, "le", None)) for one in _flat(rules)]
    return Leaf(
        target=target, kind=_KINDS[base], many=many, json=json,
        required=field.is_required() and json, codes=codes or (meaning.codes if meaning else ""),
        low=next((low for low, _ in limits if low is not None), None),
        high=next((high for _, high in limits if high is not None), None),
        annotation=Annotated[bare, *rules] if rules else bare,
    )  # fmt: skip


@cache
def _adapter(leaf: Leaf) -> TypeAdapter[Any]:
    return TypeAdapter(leaf.annotation)


def _flat(rules: list[Any]) -> Iterator[object]:
    for one in rules:
        yield from one.metadata if isinstance(one, FieldInfo) else (one,)


def _bare(annotation: object) -> object:
    """Return a type without its None."""
    if get_origin(annotation) in {Union, UnionType}:
        return next(one for one in get_args(annotation) if one is not NoneType)
    return annotation


def _split(annotation: object) -> tuple[object, list[Any]]:
    if get_origin(annotation) is Annotated:
        bare, *more = get_args(annotation)
        return bare, more
    return annotation, []


def _is_list(annotation: object) -> bool:
    return get_origin(annotation) is list


def _things(annotation: object) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None
