"""What each target of a mapping takes: its privacy class, values and code list. From the models."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel

from contracts.labels import Label, label_of
from contracts.mapping.targets import Leaf, leaves, repeats
from contracts.model.answer import CaseAnswer, ReferralAnswer
from contracts.model.base import UNMAPPED, Meaning
from contracts.model.case_facts import CaseFacts
from contracts.model.figure import SurveyFigure
from contracts.model.identity import Identity

PERSONAL = frozenset({Label.C3, Label.C4, Label.C5, Label.C6, Label.C7})
"""Classes of what tells of a person, or of a third party: never below these in a contract."""

_ROOTS: dict[str, tuple[type[BaseModel], ...]] = {
    "identity": (Identity,), "facts": (CaseFacts,), "figure": (SurveyFigure,),
    "answer": (ReferralAnswer, CaseAnswer),
}  # fmt: skip
_INPUT_LABELS = {"birth.date": Label.C3, "consent": Label.C2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target. `values` are the only ones it takes, where there is such a list.

    `each` is the list that it is a field of (`facts.services`), empty for a plain one; `many`
    takes several values; `must` is a field that its thing cannot do without.
    """

    name: str
    label: Label
    values: frozenset[str]
    codes: str
    unit: str
    each: str
    many: bool
    must: bool


@cache
def targets() -> dict[str, Target]:
    """Return every target by its name; a field of a list as `facts.services.kind`."""
    plain = [_target(leaf, "") for leaf in leaves().values()]
    listed = [
        _target(leaf, each) for each, one in repeats().items() for leaf in one.leaves.values()
    ]
    return {one.name: one for one in (*plain, *listed)}


def lists() -> frozenset[str]:
    """Return the targets that are lists of things: `facts.services`."""
    return frozenset(repeats())


def _target(leaf: Leaf, each: str) -> Target:
    label, unit = _marks(leaf.target)
    return Target(
        name=leaf.target, label=label, values=_values(leaf.annotation) - {UNMAPPED},
        codes=leaf.codes, unit=unit, each=each, many=leaf.many, must=leaf.required,
    )  # fmt: skip


def _marks(target: str) -> tuple[Label, str]:
    """Return the privacy class and the unit of a target."""
    root, *path = target.split(".")
    for model in _ROOTS.get(root, ()):
        if path[0] in model.model_fields:
            return _field_marks(model, path)
    return _INPUT_LABELS.get(target, _INPUT_LABELS.get(root, Label.C1)), ""


def _field_marks(model: type[BaseModel], path: list[str]) -> tuple[Label, str]:
    for name in path[:-1]:
        model = next(things_in(model.model_fields[name].annotation))
    field = model.model_fields[path[-1]]
    units = [one.unit for one in field.metadata if isinstance(one, Meaning)]
    return label_of(model, path[-1]), "".join(units)


def things_in(kind: object) -> Iterator[type[BaseModel]]:
    """Yield the things that a type holds: `list[Service]`, `Workplace | None`."""
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield one


def _values(kind: object) -> frozenset[str]:
    """Return the values of a Literal; none for another type."""
    if get_origin(kind) is Annotated:
        return _values(get_args(kind)[0])
    return frozenset(get_args(kind)) if get_origin(kind) is Literal else frozenset()
