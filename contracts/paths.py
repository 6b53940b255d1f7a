"""Source paths of a mapping, compiled: `field`, `list[].field`, `list[key=value].field`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from contracts.errors import FatalError

Getter = Callable[[Mapping[str, Any]], Any]

_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_EACH = re.compile(r"([A-Za-z0-9_]+)\[\]\.([A-Za-z0-9_]+)")
_CHOSEN = re.compile(r"([A-Za-z0-9_]+)\[([A-Za-z0-9_]+)=([A-Za-z0-9_]+)\]\.([A-Za-z0-9_]+)")


def getter(sources: tuple[str, ...]) -> Getter:
    """Return what fetches a path from a record; several paths give a tuple.

    Gives None for what is absent or of another shape; never raises on a record.
    """
    if len(sources) == 1:
        return _one(sources[0])
    parts = tuple(_one(source) for source in sources)
    return lambda body: tuple(part(body) for part in parts)


def _one(source: str) -> Getter:
    if _PLAIN.fullmatch(source):
        return lambda body: body.get(source)
    if found := _EACH.fullmatch(source):
        return _each(found[1], found[2])
    if found := _CHOSEN.fullmatch(source):
        return _chosen(found[1], found[2], found[3], found[4])
    raise FatalError(f"the source path {source} has no known form: see contracts/paths.py")


def _rows(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = body.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _each(name: str, field: str) -> Getter:
    return lambda body: [row[field] for row in _rows(body, name) if row.get(field) is not None]


def _chosen(name: str, key: str, value: str, field: str) -> Getter:
    return lambda body: next(
        (row.get(field) for row in _rows(body, name) if row.get(key) == value), None
    )
