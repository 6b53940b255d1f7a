"""The one shape on the bus: a CloudEvents 1.0 event with sealed parts. Never opens or seals one.

On the wire (Kafka protocol binding, binary mode) the attributes are headers `ce_*`, the key is
the subject (a pseudonym), and the value is `{"data": {...}, "parts": [...]}` or null (a tombstone).
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

import orjson

from contracts.errors import FatalError

NAMESPACE = UUID("6f0d5a0e-6f43-5c1b-9b1e-3c0f6f1b7a10")
CONTENT_TYPE = b"application/json"
SPEC_VERSION = b"1.0"


class Kind(StrEnum):
    """The two sealed parts of a record: who the child is, and what happened to it."""

    IDENTITY = "identity"
    CASE = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Ciphertext of one part of one record, under the key of one source person.

    `person` names the key (HMAC of system and source person), `origin` the event that sealed it:
    both, with `kind`, are the additional authenticated data. A part is forwarded as it is, never
    sealed again.
    """

    person: str
    kind: Kind
    origin: str
    nonce: bytes
    text: bytes

    @property
    def bound_to(self) -> bytes:
        """The additional authenticated data that a part opens under."""
        return f"{self.person}|{self.kind}|{self.origin}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event. `data` is clear and holds codes, counts and pseudonyms only; None is a tombstone.

    `key` is the pseudonym that orders it, `version` the version of the state that it carries
    (compared as text, so versions are zero-padded or ISO times), `time` when it became true.
    """

    id: str
    type: str
    source: str
    key: str
    version: str
    time: datetime
    data: Mapping[str, Any] | None
    parts: tuple[Part, ...] = ()
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One part with its plain content; several records of one person make several of these."""

    part: Part
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An envelope as a handler sees it: with the parts that its stage may open, opened.

    A part whose key was destroyed is not in `opened`; its person is named in `shredded`.
    """

    topic: str
    envelope: Envelope
    opened: tuple[Opened, ...] = ()
    shredded: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The pseudonym that orders this message."""
        return self.envelope.key

    @property
    def data(self) -> Mapping[str, Any]:
        """The clear content; empty for a tombstone."""
        return self.envelope.data or {}

    def contents(self, kind: Kind) -> list[Opened]:
        """The opened parts of one kind, in the order of the envelope."""
        return [one for one in self.opened if one.part.kind is kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a handler wants published; the worker gives it its id and seals it.

    `seal` maps (person, kind) to plain content to be sealed now; `parts` are forwarded as they
    are. `data` None makes a tombstone. `time` defaults to the handler's `now`.
    """

    topic: str
    type: str
    key: str
    version: str
    data: Mapping[str, Any] | None
    seal: Mapping[tuple[str, Kind], Mapping[str, Any]] = field(default_factory=dict, repr=False)
    parts: tuple[Part, ...] = ()
    time: datetime | None = None


def derived_id(*names: str) -> str:
    """Return the UUIDv5 of the names: the same input always makes the same id."""
    return str(uuid5(NAMESPACE, "\x1f".join(names)))


def encode(envelope: Envelope) -> tuple[bytes, bytes | None, list[tuple[str, bytes]]]:
    """Return (key, value, headers) as the Kafka binding wants them."""
    headers = [
        ("ce_specversion", SPEC_VERSION),
        ("ce_id", envelope.id.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_subject", envelope.key.encode()),
        ("ce_time", envelope.time.isoformat().encode()),
        ("ce_version", envelope.version.encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if envelope.trace:
        headers.append(("ce_traceparent", envelope.trace.encode()))
    if envelope.data is None:
        return envelope.key.encode(), None, headers
    body = {"data": envelope.data, "parts": [_part_out(part) for part in envelope.parts]}
    return envelope.key.encode(), orjson.dumps(body), headers


def decode(key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> Envelope:
    """Read an event back.

    Raises FatalError when a required attribute is missing: somebody who is not a stage of this
    installation writes to the topic.
    """
    given = dict(headers)
    try:
        body: dict[str, Any] = {"data": None, "parts": ()}
        if value is not None:
            body = orjson.loads(value)
        return Envelope(
            id=given["ce_id"].decode(),
            type=given["ce_type"].decode(),
            source=given["ce_source"].decode(),
            key=key.decode(),
            version=given["ce_version"].decode(),
            time=datetime.fromisoformat(given["ce_time"].decode()),
            data=body["data"],
            parts=tuple(_part_in(part) for part in body["parts"]),
            trace=given.get("ce_traceparent", b"").decode(),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise FatalError(
            f"an event is not one of ours ({type(error).__name__}): find out who else may write"
            " to this topic, and take that right away"
        ) from None


def encode_parts(parts: Sequence[Part]) -> bytes:
    """Return sealed parts as bytes, for a store that keeps them as they came."""
    return orjson.dumps([_part_out(part) for part in parts])


def decode_parts(stored: bytes) -> tuple[Part, ...]:
    """Read what `encode_parts` wrote."""
    return tuple(_part_in(part) for part in orjson.loads(stored))


def _part_out(part: Part) -> dict[str, str]:
    return {
        "person": part.person,
        "kind": part.kind,
        "origin": part.origin,
        "nonce": base64.b64encode(part.nonce).decode(),
        "text": base64.b64encode(part.text).decode(),
    }


def _part_in(part: Mapping[str, str]) -> Part:
    return Part(
        person=part["person"],
        kind=Kind(part["kind"]),
        origin=part["origin"],
        nonce=base64.b64decode(part["nonce"]),
        text=base64.b64decode(part["text"]),
    )
