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

_DOTS = "••••"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def mask(value: object) -> str:
    """Return what may be shown of a personal value."""
    if isinstance(value, bool):
        return f"{_DOTS} (yes or no)"
    if isinstance(value, int | float):
        return f"{_DOTS} (a number)"
    if isinstance(value, list | tuple | dict):
        return f"{_DOTS} ({_count(len(value), 'value')})"
    text = str(value)
    return (
        f"{_DOTS} (a date)" if _DATE.fullmatch(text) else f"{_DOTS} ({_count(len(text), 'letter')})"
    )


def masked(content: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Return a thing of the common schema, masked field by field as its classes say."""
    return {name: _field(value, model, name) for name, value in content.items()}


def _field(value: Any, model: type[BaseModel], name: str) -> Any:  # noqa: ANN401 - any JSON value
    if name not in model.model_fields:
        return mask(value)
    personal, inner = _about(model, name)
    if inner and isinstance(value, dict):
        return masked(value, inner)
    if inner and isinstance(value, list):
        return [masked(one, inner) if isinstance(one, dict) else mask(one) for one in value]
    if value in (None, "") or not personal:
        return value
    return [mask(one) for one in value] if isinstance(value, list) else mask(value)


@cache
def _about(model: type[BaseModel], name: str) -> tuple[bool, type[BaseModel] | None]:
    """Return whether a field is personal, and the thing that it holds."""
    kind = model.model_fields[name].annotation
    return label_of(model, name) in PERSONAL, next(things_in(kind), None)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
