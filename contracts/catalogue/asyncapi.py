"""All topics as an AsyncAPI 3.1 document: channels, messages, who sends and who receives.

It describes: the broker's rights are given elsewhere, and sealed parts stay sealed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts import envelope
from contracts.catalogue import Model
from contracts.catalogue.schema import definitions
from contracts.catalogue.topics import MessageKind
from contracts.envelope import Kind
from contracts.topics import Keep, Topic, full_name
from contracts.versions import SCHEMA_VERSION

VERSION = "3.1.0"
_SCHEMAS = "#/components/schemas/{model}"
_DAY_MS = 24 * 3600 * 1000
Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A stage, as far as the topics know it: what it does, reads and publishes."""

    name: str
    does: str
    reads: Sequence[str]
    publishes: Sequence[str]


def document(
    topics: Iterable[Topic], kinds: Iterable[MessageKind], actors: Iterable[Actor]
) -> dict[str, Any]:
    """Return the whole document."""
    of_topic: dict[str, list[MessageKind]] = {topic.name: [] for topic in topics}
    for kind in kinds:
        of_topic[kind.topic].append(kind)
    every = [kind for found in of_topic.values() for kind in found]
    return {
        "asyncapi": VERSION,
        "id": "urn:clm:bus",
        "info": _info(),
        "defaultContentType": envelope.CONTENT_TYPE.decode(),
        "channels": {topic.name: _channel(topic, of_topic[topic.name]) for topic in topics},
        "operations": dict(_operations(actors, of_topic)),
        "components": {
            "messages": {_name(kind): _message(kind) for kind in every},
            "parameters": {"instance": {"description": "Id of the installation."}},
            "schemas": {**definitions(_models(every), _SCHEMAS), **_shapes()},
        },
    }


def _info() -> dict[str, Any]:
    return {
        "title": "CLM Hub: the bus",
        "version": SCHEMA_VERSION,
        "description": (
            "Every message is a CloudEvents 1.0 event in the Kafka binding's binary mode: the"
            " attributes are headers, the key is the subject. `data` is clear and holds"
            " pseudonyms, codes and counts; whatever says more travels in sealed `parts`, under"
            " the key of the source person. Only the stages named here may send or receive."
        ),
    }


def _channel(topic: Topic, kinds: Iterable[MessageKind]) -> dict[str, Any]:
    kept: dict[str, Any] = {"cleanup.policy": ["compact"]}
    if topic.keep is Keep.OBSERVATIONS:
        kept = {"cleanup.policy": ["delete"], "retention.ms": topic.keep_days * _DAY_MS}
    return {
        "address": full_name(topic.name, "{instance}"),
        "title": topic.name,
        "description": f"Key: {topic.key}. Zone: {topic.zone}.",
        "messages": {kind.type: _to("components", "messages", _name(kind)) for kind in kinds},
        "parameters": {"instance": _to("components", "parameters", "instance")},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": kept,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(
    actors: Iterable[Actor], of_topic: Mapping[str, Sequence[MessageKind]]
) -> Iterable[tuple[str, dict[str, Any]]]:
    for actor in actors:
        for action, topics in (("receive", actor.reads), ("send", actor.publishes)):
            for topic in topics:
                yield f"{actor.name}.{action}.{topic}", {
                    "action": action,
                    "title": f"{actor.name} {action}s {topic}",
                    "summary": actor.does,
                    "channel": _to("channels", topic),
                    "messages": [
                        _to("channels", topic, "messages", kind.type) for kind in of_topic[topic]
                    ],
                    "tags": [{"name": actor.name}],
                }  # fmt: skip


def _message(kind: MessageKind) -> dict[str, Any]:
    return {
        "name": kind.type,
        "title": kind.type,
        "summary": kind.says,
        "contentType": envelope.CONTENT_TYPE.decode(),
        "headers": {
            "allOf": [
                _to("components", "schemas", "CloudEvent"),
                {"properties": {"ce_type": {"const": kind.type}}},
            ]
        },
        "payload": _payload(kind),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The pseudonym that orders it."},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _payload(kind: MessageKind) -> dict[str, Any]:
    if not kind.bodies:
        return {"type": "null", "description": "A tombstone."}
    bodies = [_to("components", "schemas", one.__name__) for one in kind.bodies]
    parts: dict[str, Any] = {"type": "array", "items": _sealed(kind.sealed)}
    if not kind.sealed:
        parts = {"type": "array", "maxItems": 0, "description": "Nothing is sealed here."}
    return {
        "type": "object",
        "required": ["data", "parts"],
        "additionalProperties": False,
        "properties": {
            "data": bodies[0] if len(bodies) == 1 else {"oneOf": bodies},
            "parts": parts,
        },
    }


def _sealed(holds: Mapping[Kind, Model]) -> dict[str, Any]:
    """Return what a part is; `x-sealed` points at what its text holds once it is opened."""
    return {
        "oneOf": [
            {
                "allOf": [_to("components", "schemas", "SealedPart")],
                "properties": {"kind": {"const": str(kind)}},
                "x-sealed": _to("components", "schemas", model.__name__)["$ref"],
            }
            for kind, model in holds.items()
        ]
    }


def _shapes() -> dict[str, Any]:
    """Return the two shapes that `contracts.envelope` writes around every body."""
    text = {"type": "string", "minLength": 1}
    base64 = text | {"contentEncoding": "base64"}
    return {
        "CloudEvent": {
            "type": "object",
            "description": "CloudEvents 1.0 attributes as Kafka headers.",
            "required": [
                "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time",
                "ce_version", "content-type",
            ],
            "properties": {
                "ce_specversion": {"const": envelope.SPEC_VERSION.decode()},
                "ce_id": text | {"description": "The same input always makes the same id."},
                "ce_type": text,
                "ce_source": text | {"description": "The stage that sent it."},
                "ce_subject": text | {"description": "The message's key."},
                "ce_time": text | {"format": "date-time", "description": "When it became true."},
                "ce_version": text | {"description": "Version of the state; compared as text."},
                "content-type": {"const": envelope.CONTENT_TYPE.decode()},
                "ce_traceparent": text | {"description": "W3C trace context, where there is one."},
            },
        },
        "SealedPart": {
            "type": "object",
            "description": (
                "AES-256-GCM under the key of one source person; bound to person, kind and origin."
            ),
            "required": ["person", "kind", "origin", "nonce", "text"],
            "additionalProperties": False,
            "properties": {
                "person": text | {"description": "Pseudonym that names the key."},
                "kind": {"enum": [str(kind) for kind in Kind]},
                "origin": text | {"description": "The event that sealed it."},
                "nonce": base64,
                "text": base64 | {"description": "The ciphertext."},
            },
        },
    }  # fmt: skip


def _models(kinds: Iterable[MessageKind]) -> list[Model]:
    found = {model for kind in kinds for model in (*kind.bodies, *kind.sealed.values())}
    return sorted(found, key=lambda model: model.__name__)


def _name(kind: MessageKind) -> str:
    """Return the message's name among all: two sources may call a record the same."""
    return f"{kind.topic}.{kind.type}"


def _to(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}
