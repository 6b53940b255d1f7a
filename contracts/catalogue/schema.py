"""The common schema as JSON Schema 2020-12, made from the models. Describes what is stored.

A thing is stored without its missing fields: a field that is not there is missing, so `null` is
no value of it here, although the models read one as missing too.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.catalogue import Model, meaning_of, title_of
from contracts.labels import label_of
from contracts.versions import SCHEMA_VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{model}"
Schema = dict[str, Any]


def schema_id(name: str, version: str = SCHEMA_VERSION) -> str:
    """Return the schema's own name; it is no address."""
    return f"urn:clm:schema:{version}:{name}"


def schema_of(model: Model) -> Schema:
    """Return the schema of one thing, with all that it holds."""
    every = definitions([model])
    head = {"$schema": DIALECT, "$id": schema_id(file_name(model))}
    own = every.pop(model.__name__)
    return head | own | ({"$defs": every} if every else {})


def definitions(models: Iterable[Model], ref: str = _REF) -> dict[str, Schema]:
    """Return the schemas of these models and of all that they hold, by name.

    `ref` is how one points at another: a document has its own place for them.
    """
    given = list(models)
    _, found = models_json_schema([(one, "validation") for one in given], ref_template=ref)
    known = {one.__name__: one for one in _reached(given)}
    return {
        name: _tell(schema, known[name]) for name, schema in sorted(found.get("$defs", {}).items())
    }


def file_name(model: Model) -> str:
    """Return the thing's name as files have it: `case_facts`."""
    return title_of(model).lower().replace(" ", "_")


def _tell(schema: Schema, model: Model) -> Schema:
    """Add what pydantic does not know: privacy class, source, and what missing looks like."""
    told = schema | {"title": title_of(model)}
    if "properties" in told:
        told["properties"] = {
            name: _field(one, model, name) for name, one in told["properties"].items()
        }
    return told


def _field(schema: Schema, model: Model, name: str) -> Schema:
    info, meaning = model.model_fields[name], meaning_of(model, name)
    told = dict(schema)
    if info.default is None:
        told = _without_null(told)
    if "$ref" in told:  # draft 7, and so AsyncAPI, ignores what stands beside a reference
        told["allOf"] = [{"$ref": told.pop("$ref")}]
    head = {
        "title": _words(name), "description": meaning.text,
        "x-label": str(label_of(model, name)), "x-source": meaning.source,
    }  # fmt: skip
    return head | {key: one for key, one in told.items() if key not in head}


def _without_null(schema: Schema) -> Schema:
    """Return the schema without the choice `null`; one choice that is left is no choice."""
    left = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    told = {key: one for key, one in schema.items() if key not in {"anyOf", "default"}}
    return told | (left[0] if len(left) == 1 else {"anyOf": left})


def _words(name: str) -> str:
    return name[0].upper() + name[1:].replace("_", " ")


def _reached(models: Iterable[Model]) -> set[Model]:
    """Return the models and every model that a field of theirs mentions."""
    found: set[Model] = set()
    waiting = list(models)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            for info in one.model_fields.values():
                waiting.extend(_mentioned(info.annotation))
    return found


def _mentioned(annotation: object) -> Iterable[Model]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _mentioned(inner)
