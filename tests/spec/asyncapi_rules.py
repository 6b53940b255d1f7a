"""What AsyncAPI 3.1 asks of a document, as far as ours goes: closed tables of keys, and references.

No validator of the standard comes as a package; this one knows only objects that we write.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

Data = Mapping[str, Any]
NAME = re.compile(r"[A-Za-z0-9._-]+")
_DOCUMENTED = {"title", "summary", "description", "tags", "externalDocs", "bindings"}
MAY: Mapping[str, set[str]] = {
    "document": {
        "asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations",
        "components",
    },
    "info": {
        "title", "version", "description", "termsOfService", "contact", "license", "tags",
        "externalDocs",
    },
    "channel": _DOCUMENTED | {"address", "messages", "servers", "parameters"},
    "operation": _DOCUMENTED | {"action", "channel", "security", "traits", "messages", "reply"},
    "message": _DOCUMENTED | {
        "headers", "payload", "correlationId", "contentType", "name", "examples", "traits",
    },
    "parameter": {"enum", "default", "description", "examples", "location"},
    "components": {
        "schemas", "servers", "channels", "operations", "messages", "securitySchemes",
        "serverVariables", "parameters", "correlationIds", "replies", "replyAddresses",
        "externalDocs", "tags", "operationTraits", "messageTraits", "serverBindings",
        "channelBindings", "operationBindings", "messageBindings",
    },
    "kafka channel": {"topic", "partitions", "replicas", "topicConfiguration", "bindingVersion"},
    "kafka message": {
        "key", "schemaIdLocation", "schemaIdPayloadEncoding", "schemaLookupStrategy",
        "bindingVersion",
    },
}  # fmt: skip
MUST: Mapping[str, set[str]] = {
    "document": {"asyncapi", "info"},
    "info": {"title", "version"},
    "operation": {"action", "channel"},
}


def faults(document: Data) -> list[str]:
    """Everything that is wrong with the document."""
    return [*_keys(document), *_channels(document), *_operations(document), *_schemas(document)]


def references(value: object) -> Iterator[str]:
    """Every `$ref` in it, and every pointer to what a sealed part holds."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key in {"$ref", "x-sealed"}:
                yield str(one)
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def found(document: Data, pointer: str) -> Any:  # noqa: ANN401 - whatever stands there
    """What a local pointer points at, or None."""
    value: Any = document
    for name in pointer.removeprefix("#/").split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _objects(document: Data) -> Iterator[tuple[str, str, Data]]:
    """Every object whose keys the standard closes: what it is, where, and itself."""
    components = document.get("components", {})
    yield "document", "#", document
    yield "info", "info", document.get("info", {})
    yield "components", "components", components
    for name, one in document.get("channels", {}).items():
        yield "channel", name, one
        yield "kafka channel", name, one.get("bindings", {}).get("kafka", {})
    for name, one in document.get("operations", {}).items():
        yield "operation", name, one
    for name, one in components.get("messages", {}).items():
        yield "message", name, one
        yield "kafka message", name, one.get("bindings", {}).get("kafka", {})
    for name, one in components.get("parameters", {}).items():
        yield "parameter", name, one


def _keys(document: Data) -> Iterator[str]:
    for what, place, one in _objects(document):
        unknown = {key for key in one if not key.startswith("x-")} - MAY[what]
        yield from (f"{what} {place}: unknown {key}" for key in sorted(unknown))
        yield from (f"{what} {place}: no {key}" for key in sorted(MUST.get(what, set()) - set(one)))
        if what not in {"document", "info", "components"} and not NAME.fullmatch(place):
            yield f"{what} {place}: no good name"
    yield from (
        f"{pointer} points at nothing"
        for pointer in sorted(set(references(document)))
        if found(document, pointer) is None
    )


def _channels(document: Data) -> Iterator[str]:
    addresses = [one["address"] for one in document["channels"].values()]
    if len(set(addresses)) != len(addresses):
        yield "two channels have one address"
    for name, one in document["channels"].items():
        if set(re.findall(r"\{(\w+)\}", one["address"])) != set(one.get("parameters", {})):
            yield f"channel {name}: its parameters are not those of its address"


def _operations(document: Data) -> Iterator[str]:
    for name, one in document["operations"].items():
        if one["action"] not in {"send", "receive"}:
            yield f"operation {name}: no action"
        inside = f"{one['channel']['$ref']}/messages/"
        if not all(message["$ref"].startswith(inside) for message in one["messages"]):
            yield f"operation {name}: a message of another channel"


def _schemas(document: Data) -> Iterator[str]:
    """Schemas without a format of their own are read as draft 7."""
    every = {f"schema {name}": one for name, one in document["components"]["schemas"].items()}
    for name, one in document["components"]["messages"].items():
        every |= {f"{part} of {name}": one[part] for part in ("payload", "headers")}
    for place, schema in every.items():
        if not jsonschema_rs.meta.is_valid(
            {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
        ):
            yield f"{place}: no schema"
