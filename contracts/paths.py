"""Source paths of a mapping, compiled: `a`, `a.b`, `a[].b`, `a[key=value].b`, to any depth.

A name is the header as the source writes it, in any script, also with blanks inside. One that
holds `. [ ] =`, or begins or ends with a blank, stands in quotes (`"Reg. No."`). `[]` goes through
every element of a list and gives a list; `[key=value]` takes the first element that says so. A path
never raises on a record: it gives None for what is absent or of another shape.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

from contracts.errors import FatalError

Getter = Callable[[Any], Any]
Elements = Callable[[Mapping[str, Any]], list[Any]]

DEEPEST = 16
ITSELF = "."
"""The path of a record itself, as the only element of a list."""

_BARE = r'[^\s".\[\]=\x00-\x1f](?:[^".\[\]=\x00-\x1f]*[^\s".\[\]=\x00-\x1f])?'
_NAME = rf'(?:{_BARE}|"[^"\x00-\x1f]+")'
_SEGMENT = re.compile(rf"({_NAME})(\[(?:({_NAME})=([^\]]*))?\])?(\.|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One step of a path: a field, every element of a list (`each`), or a chosen one (`key`)."""

    name: str
    each: bool = False
    key: str = ""
    value: str = ""


def parse(path: str) -> tuple[Segment, ...]:
    """Return the steps of a path. Raises FatalError for one of no known form."""
    steps: list[Segment] = []
    at = 0
    while at < len(path) or not steps:
        found = _SEGMENT.match(path, at)
        if found is None or len(steps) == DEEPEST:
            raise FatalError(
                f"the source path {path[:80]!r} has no known form at character {at + 1}:"
                " write a, a.b, a[].b or a[key=value].b, see contracts/paths.py"
            )
        name, brackets, key, value, _ = found.groups()
        each = brackets == "[]"
        steps.append(
            Segment(name=name.strip('"'), each=each, key=(key or "").strip('"'), value=value or "")
        )
        at = found.end()
    if path.endswith("."):
        raise FatalError(f"the source path {path[:80]!r} ends with a dot: name a field")
    return tuple(steps)


def names(path: str) -> tuple[str, ...]:
    """Return the fields that a path goes through, for looking them up in a contract."""
    return tuple(step.name for step in parse(path))


def gives_many(path: str) -> bool:
    """Tell whether a path gives a list of values."""
    return any(step.each for step in parse(path))


def is_plain(path: str) -> bool:
    """Tell whether a path is a field of the record itself."""
    return re.fullmatch(_NAME, path) is not None


def written(name: str) -> str:
    """Return a field's name as a path writes it: in quotes where it must be."""
    return name if re.fullmatch(_BARE, name) else f'"{name}"'


def getter(sources: tuple[str, ...]) -> Getter:
    """Return what fetches a path from a record; several paths give a tuple."""
    if len(sources) == 1:
        if is_plain(sources[0]):
            return methodcaller("get", names(sources[0])[0])
        return _compiled(parse(sources[0]))
    parts = tuple(_compiled(parse(source)) for source in sources)
    return lambda body: tuple(part(body) for part in parts)


def elements(path: str) -> Elements:
    """Return what fetches the elements that a path names: all of a list, or all that match."""
    if path == ITSELF:
        return lambda body: [body]
    *before, last = parse(path)
    fetch = _compiled((*before, Segment(name=last.name)))
    flat = any(step.each for step in before)

    def found(body: Mapping[str, Any]) -> list[Any]:
        given = fetch(body)
        groups = given if flat and isinstance(given, list) else [given]
        rows = [row for group in groups for row in _rows(group)]
        return [row for row in rows if _says(row, last)] if last.key else rows

    return found


def _compiled(steps: tuple[Segment, ...]) -> Getter:
    """Return the getter of the first step, around that of the rest."""
    step, rest = steps[0], steps[1:]
    inner = _compiled(rest) if rest else None
    if step.each:
        return _each(step.name, inner, flat=any(one.each for one in rest))
    if step.key:
        return _chosen(step, inner)
    return _field(step.name, inner)


def _field(name: str, inner: Getter | None) -> Getter:
    if inner is None:
        return lambda body: body.get(name) if isinstance(body, dict) else None
    return lambda body: inner(body.get(name)) if isinstance(body, dict) else None


def _each(name: str, inner: Getter | None, *, flat: bool) -> Getter:
    def found(body: object) -> list[Any] | None:
        rows = body.get(name) if isinstance(body, dict) else None
        if not isinstance(rows, list):
            return None
        values = [row if inner is None else inner(row) for row in rows]
        kept = [value for value in values if value is not None]
        return [value for group in kept for value in group] if flat else kept

    return found


def _chosen(step: Segment, inner: Getter | None) -> Getter:
    def found(body: object) -> object:
        rows = body.get(step.name) if isinstance(body, dict) else None
        for row in _rows(rows):
            if _says(row, step):
                return row if inner is None else inner(row)
        return None

    return found


def _rows(given: object) -> list[Mapping[str, Any]]:
    if isinstance(given, dict):
        return [given]  # one row where a list is meant, as some exports write it
    return [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []


def _says(row: Mapping[str, Any], step: Segment) -> bool:
    said = row.get(step.key)
    if isinstance(said, bool):
        return step.value == str(said).lower()
    return said == step.value or (isinstance(said, int | float) and f"{said:.15g}" == step.value)
