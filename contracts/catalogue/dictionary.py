"""The data dictionary in English and Burmese, as Markdown. Given the Burmese words; reads no file.

Classes, types and code lists come from the models and `contracts.codes`, so it cannot disagree.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts import codes
from contracts.catalogue import THINGS, Entry, Model, entries, title_of
from contracts.catalogue.mapped import in_a_mapping
from contracts.catalogue.schema import Schema, definitions
from contracts.versions import SCHEMA_VERSION

Words = Mapping[str, Mapping[str, str]]
"""What `contracts/model/burmese.toml` holds: thing, field, sentence."""

MOST_CODES = 40
"""A longer list is told by its count and its file."""
_HEAD = "| field | type | unit | meaning | အဓိပ္ပာယ် | codes | class | source |"
_TYPES = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
}  # fmt: skip


def dictionary(burmese: Words) -> str:
    """Return the whole document. Raises KeyError for a thing or field without Burmese words."""
    schemas = definitions(THINGS)
    before = burmese["preface"]
    parts = [before["introduction"].replace("{version}", SCHEMA_VERSION)]
    parts += [before["missing"], before["classes"], "## Things\n", _contents(burmese)]
    parts += [_thing(model, schemas[model.__name__], burmese) for model in THINGS]
    parts += ["## Fixed values\n", _fixed_values(schemas, burmese["values"])]
    parts += ["## Code lists\n", *(_code_list(name) for name in list_names())]
    return "\n".join(parts).rstrip() + "\n"


def list_names() -> list[str]:
    """Return the code lists that some field names."""
    return sorted({one.meaning.codes for model in THINGS for one in entries(model)} - {""})


def fixed_values(schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Yield every value of a closed choice that no code list explains."""
    for model in THINGS:
        properties = schemas[model.__name__]["properties"]
        for one in entries(model, own=True):
            if not one.meaning.codes:
                yield from (str(value) for value in _choices(properties[one.name]))


def _choices(schema: Schema) -> list[Any]:
    inner = schema.get("items", {})
    return schema.get("enum") or inner.get("enum") or [
        value for value in [schema.get("const")] if value is not None
    ]  # fmt: skip


def _contents(burmese: Words) -> str:
    return "".join(
        f"- [{title_of(model)}](#{_anchor(title_of(model))}) · {burmese[model.__name__]['title']}\n"
        for model in THINGS
    )


def _thing(model: Model, schema: Schema, burmese: Words) -> str:
    about = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    heirs = [base for base in model.__bases__ if base in THINGS]
    also = ", ".join(f"[{title_of(one)}](#{_anchor(title_of(one))})" for one in heirs)
    own = list(entries(model, own=bool(heirs)))
    rows = [_row(one, schema["properties"][one.name], burmese[one.of][one.name]) for one in own]
    text = f"### {title_of(model)}\n\n**{burmese[model.__name__]['title']}**\n\n{about}\n\n"
    if also:
        text += f"It also has every field of: {also}.\n\n"
    if named := in_a_mapping(model, own):
        text += f"{named}\n\n"
    return text + _table(_HEAD, rows)


def _row(one: Entry, schema: Schema, burmese: str) -> str:
    name, meaning = one.meaning.codes, one.meaning
    cells = (
        f"`{one.name}`{' (required)' if one.required else ''}", _type(schema), meaning.unit,
        meaning.text, burmese, f"[{name}](#{_anchor(name)})" if name else "", str(one.label),
        meaning.source,
    )  # fmt: skip
    return _cells(cells)


def _type(schema: Schema) -> str:
    for one in (schema, *schema.get("allOf", ())):
        if "$ref" in one:
            return _link(one["$ref"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    values = _choices(schema)
    if values:
        return "one of " + ", ".join(f"`{value}`" for value in values)
    if schema.get("format") == "date":
        return "date"
    return _TYPES[schema["type"]] + _limits(schema)


def _limits(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return f", as `{schema['pattern']}`".replace("|", "\\|") if "pattern" in schema else ""
    return f", {low:,} to {high:,}" if high is not None else f", from {low:,}"


def _link(reference: str) -> str:
    name = reference.rsplit("/", 1)[-1]
    model = next(one for one in THINGS if one.__name__ == name)
    return f"[{title_of(model)}](#{_anchor(title_of(model))})"


def _fixed_values(schemas: Mapping[str, Schema], burmese: Mapping[str, str]) -> str:
    rows = [
        _cells((f"`{value}`", value.replace("_", " "), burmese[value]))
        for value in sorted(set(fixed_values(schemas)))
    ]
    return _table("| value | English | မြန်မာ |", rows)


def _code_list(name: str) -> str:
    one = codes.load(name)
    current = [code for code in one if not code.retired]
    gone = len(one.codes) - len(current)
    text = f"### {name}\n\nVersion {one.version}. Source: {one.source}.\n\n"
    if len(current) > MOST_CODES:
        more = f", and {gone} retired" if gone else ""
        return text + f"{len(current)} codes{more}: `contracts/codes/{name}.csv`.\n"
    rows = [_cells((f"`{code.code}`", code.title, code.title_my)) for code in current]
    return text + _table("| code | English | မြန်မာ |", rows)


def _table(head: str, rows: Iterable[str]) -> str:
    return f"{head}\n{'|---' * (head.count('|') - 1)}|\n" + "".join(rows)


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")
