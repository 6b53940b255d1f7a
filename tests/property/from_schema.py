"""Content that a JSON Schema of ours allows, drawn at random; and what of it a schema has room for.

Knows only what our own schemas use: no library that tests have draws from a schema.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]
Content = dict[str, Any]
_SOME = 3
_TEXT = st.text(st.characters(codec="utf-8"), max_size=6)


def contents(schema: Schema) -> st.SearchStrategy[Content]:
    """Anything that the schema of a thing allows."""
    return _object(schema, schema.get("$defs", {}))


def _object(schema: Schema, defs: Schema) -> st.SearchStrategy[Content]:
    fields = {name: _any(one, defs) for name, one in schema.get("properties", {}).items()}
    needed = {name: fields.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(needed, optional=fields)


def _any(schema: Schema, defs: Schema) -> st.SearchStrategy[Any]:
    for one in (schema, *schema.get("allOf", ())):
        if "$ref" in one:
            return _object(defs[one["$ref"].rsplit("/", 1)[-1]], defs)
    if "anyOf" in schema:
        return st.one_of([_any(one, defs) for one in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema["type"] == "array":
        least, most = schema.get("minItems", 0), schema.get("maxItems", _SOME)
        return st.lists(_any(schema["items"], defs), min_size=least, max_size=most)
    return _text(schema) if schema["type"] == "string" else _plain(schema, defs)


def _text(schema: Schema) -> st.SearchStrategy[str]:
    match schema.get("format"), schema.get("pattern"):
        case "date", _:
            return st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat)
        case "date-time", _:
            first, last = datetime(1970, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - as they want
            times = st.datetimes(first, last, timezones=st.just(UTC))
            return times.map(datetime.isoformat)
        case _, str(pattern):
            return st.from_regex(pattern, fullmatch=True).filter(lambda text: "\n" not in text)
        case _:
            return _TEXT


def _plain(schema: Schema, defs: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    match schema["type"]:
        case "integer":
            return st.integers(low, high)
        case "number":
            return st.floats(low, high, allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return _object(schema, defs)


def room_for(content: Content, schema: Schema) -> tuple[Content, set[str]]:
    """What the schema has fields for, and the paths of the rest that says something."""
    lost: set[str] = set()
    return _fitted(content, schema, schema.get("$defs", {}), "", lost), lost


def _fitted(content: Content, schema: Schema, defs: Schema, path: str, lost: set[str]) -> Content:
    kept: Content = {}
    for name, value in content.items():
        field = schema["properties"].get(name)
        if field is None:
            lost |= {f"{path}{name}"} if value not in ("", [], {}) else set()
            continue
        inner = field.get("items", field)
        reference = next((o["$ref"] for o in (inner, *inner.get("allOf", ())) if "$ref" in o), "")
        kept[name] = value
        if reference:
            below = defs[reference.rsplit("/", 1)[-1]]
            if isinstance(value, list):
                kept[name] = [_fitted(v, below, defs, f"{path}{name}[].", lost) for v in value]
            else:
                kept[name] = _fitted(value, below, defs, f"{path}{name}.", lost)
    return kept
