"""Which fields of a thing a decision permits, by their labels, to every depth. Merges nothing.

Within a thing that holds others a field passes only when its own class and that of every thing
around it are permitted: a workplace's township is C1, and stays with the workplace.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from consent.model import Decision
from contracts.labels import Label, label_of

STAYS = ("absent",)  # why one record left a field empty: beside other records it says nothing


@cache
def labels(model: type[BaseModel]) -> Mapping[str, Label]:
    """Return the label of every field of a model."""
    return {name: label_of(model, name) for name in model.model_fields}


@cache
def held_things(model: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    """Return the models of the fields that hold a thing, or a list of things."""
    return {
        name: inner
        for name, hint in get_type_hints(model).items()
        for inner in (hint, *get_args(hint))
        if isinstance(inner, type) and issubclass(inner, BaseModel)
    }


def visible(one: Mapping[str, Any], model: type[BaseModel], decision: Decision) -> dict[str, Any]:
    """Return what is permitted; a thing of which nothing is permitted goes, too."""
    marks, things = labels(model), held_things(model)
    seen = {}
    for name, value in one.items():
        if name not in marks or name in STAYS or not decision.permits(marks[name]):
            continue
        inner = things.get(name)
        kept = value if inner is None else _within(value, inner, decision)
        if kept or inner is None or not value:
            seen[name] = kept
    return seen


def _within(value: Any, model: type[BaseModel], decision: Decision) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return visible(value, model, decision)
    return [kept for one in value if (kept := visible(one, model, decision))]
