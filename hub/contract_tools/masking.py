"""Hides personal values by their class, so that a trial can be shown to others. Decides no access.

What is of a person (C3 to C7) is shown as its kind and length: `•••• (12 letters)`.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from contracts.checking.targets import PERSONAL, things_in
from contracts.labels import label_of
from hub.contract_tools.words import count

_DOTS = "••••"
_UNKNOWN = (True, None)  # what a field is that no model has
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def mask(value: object) -> str:
    """Return what may be shown of a personal value."""
    if isinstance(value, bool):
        return f"{_DOTS} (yes or no)"
    if isinstance(value, int | float):
        return f"{_DOTS} (a number)"
    if isinstance(value, list | tuple | dict):
        return f"{_DOTS} ({count(len(value), 'value')})"
    text = str(value)
    return (
        f"{_DOTS} (a date)" if _DATE.fullmatch(text) else f"{_DOTS} ({count(len(text), 'letter')})"
    )


def masked(content: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return a thing of the common schema, masked field by field as its classes say."""
    known = _known(model)
    return {name: _field(value, known.get(name, _UNKNOWN)) for name, value in content.items()}


def _field(value: Any, known: tuple[bool, type[BaseModel] | None]) -> Any:  # noqa: ANN401 - JSON
    personal, inner = known
    if inner and isinstance(value, dict):
        return masked(value, inner)
    if inner and isinstance(value, list):
        return [masked(one, inner) if isinstance(one, dict) else mask(one) for one in value]
    if value in (None, "") or not personal:
        return value
    return [mask(one) for one in value] if isinstance(value, list) else mask(value)


@cache
def _known(model: type[BaseModel]) -> Mapping[str, tuple[bool, type[BaseModel] | None]]:
    """Return of each field whether it is personal, and the thing that it holds."""
    return {
        name: (label_of(model, name) in PERSONAL, next(things_in(one.annotation), None))
        for name, one in model.model_fields.items()
    }
