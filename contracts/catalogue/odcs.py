"""A source contract as an ODCS document for other tools: what it says, and where its fields go.

Given the parsed files; reads none. The mapping is ours alone, so it travels as custom properties.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

Data = Mapping[str, Any]
Names = tuple[str, ...]


def document(contract: Data, mapping: Data) -> dict[str, Any]:
    """Return the document. Its fields say which fields of the common schema they feed."""
    told: dict[str, Any] = _plain(contract)
    targets = _targets(mapping)
    told["schema"] = [_within(one, targets, ()) for one in told["schema"]]
    ours = [
        {"property": "mappingVersion", "value": str(mapping["version"])},
        {"property": "about", "value": mapping.get("about", "child")},
    ]
    return told | {"customProperties": [*told.get("customProperties", ()), *ours]}


def _targets(mapping: Data) -> Mapping[Names, list[str]]:
    """Return what each field of the source feeds, in the order of the mapping."""
    found: dict[Names, list[str]] = {}
    split = _names(mapping.get("splits", ""))
    for target, source in _pairs(mapping.get("mapping", {})):
        names = _names(source)
        if split and names[:1] == ("child",):
            names = split + names[1:]
        targets = found.setdefault(names, [])
        if target not in targets:
            targets.append(target)
    return found


def _pairs(mapping: Data) -> Iterator[tuple[str, str]]:
    for row in mapping.get("rows", ()):
        yield from ((row["target"], source) for source in _sources(row))
    for one in mapping.get("lists", ()):
        for row in one["rows"]:
            target = f"{one['target']}[].{row['target']}"
            yield from ((target, f"{one['each']}.{source}") for source in _sources(row))


def _sources(row: Data) -> tuple[str, ...]:
    given = row.get("source", ())
    return (given,) if isinstance(given, str) else tuple(given)


def _names(path: str) -> Names:
    """Return the names on a path: `a[key=value].b` is `a`, `b`; a point alone is the record."""
    return tuple(name for name in re.sub(r"\[[^\]]*\]", "", path).split(".") if name)


def _within(one: Data, targets: Mapping[Names, list[str]], place: Names) -> dict[str, Any]:
    """Return what holds fields, with the targets of each of them."""
    told = dict(one)
    if "properties" in one:
        told["properties"] = [
            _field(field, targets, (*place, field["name"])) for field in one["properties"]
        ]
    if "items" in one:
        told["items"] = _within(one["items"], targets, place)
    return told


def _field(one: Data, targets: Mapping[Names, list[str]], place: Names) -> dict[str, Any]:
    told = _within(one, targets, place)
    if place in targets:
        more = {"property": "target", "value": ", ".join(targets[place])}
        told["customProperties"] = [*one.get("customProperties", ()), more]
    return told


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """Return the value as JSON has it: TOML's dates become text."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
