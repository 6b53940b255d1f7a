"""The AsyncAPI document against the standard, the pipeline, the code that sends, and events."""

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import jsonschema_rs
import orjson
import pytest

from contracts.catalogue import Model, entries
from contracts.catalogue import messages as body
from contracts.catalogue.schema import schema_of
from contracts.envelope import Envelope, Kind, Part, decode, encode
from contracts.labels import Label
from contracts.model.consent_statement import ConsentStatement
from contracts.topics import TOPICS
from hub import people
from hub.pipeline import PIPELINE
from mirror import messages
from mirror.feed import REFLECT
from tests.architecture.tree import below
from tests.spec.asyncapi_rules import faults, found
from tests.spec.catalogue_files import asyncapi, bodies, message_kinds

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
NOW = datetime(2026, 2, 1, 3, 0, tzinfo=UTC)
STAGES = (*PIPELINE, REFLECT)
TYPE = re.compile(r'"(clm(?:\.[a-z_]+|\.\{[^}]*\})+\.v1)"')
Json = dict[str, Any]


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator:
    """A schema of the document, with the others that it points at."""
    whole = {"$schema": DRAFT_7, **schema, "components": asyncapi()["components"]}
    return jsonschema_rs.Draft7Validator(whole, validate_formats=True)


def message(name: str) -> Json:
    told: Json = asyncapi()["components"]["messages"][name]
    return told


# --- the standard ---------------------------------------------------------------------------------


def test_the_document_keeps_the_rules_of_the_standard() -> None:
    assert asyncapi()["asyncapi"] == "3.1.0"
    assert faults(asyncapi()) == []


@pytest.mark.parametrize(
    ("place", "wrong", "fault"),
    [
        ((), {"servers": {}, "topics": {}}, "document #: unknown topics"),
        (("channels", "child"), {"subscribe": {}}, "channel child: unknown subscribe"),
        (("channels", "child"), {"address": "x"}, "channel child: its parameters"),
        (("channels", "child"), {"address": "{instance}.clm.status"}, "two channels"),
        (("operations", "identify.send.child"), {"action": "publish"}, "no action"),
        (("operations", "identify.send.child"), {"channel": {"$ref": "#/channels/kid"}},
         "#/channels/kid points at nothing"),
        (("operations", "identify.send.child", "messages", 0),
         {"$ref": "#/channels/status/messages/clm.status.v1"}, "a message of another channel"),
        (("components", "messages", "child.clm.child.v1"), {"schemaFormat": "x"}, "schemaFormat"),
        (("components", "schemas", "Verdict"), {"required": "answer"}, "schema Verdict: no schema"),
        (("components", "schemas"), {"x": {"$ref": "#/components/schemas/y"}}, "schemas/y points"),
    ],
)  # fmt: skip
def test_a_fault_in_the_document_is_seen(place: tuple[Any, ...], wrong: Json, fault: str) -> None:
    document: Any = deepcopy(asyncapi())
    there = document
    for step in place:
        there = there[step]
    there.update(wrong)
    assert any(fault in one for one in faults(document))


def test_a_document_without_its_title_or_an_operation_without_its_channel_is_seen() -> None:
    document = deepcopy(asyncapi())
    del document["info"]["title"]
    document["operations"]["no good"] = document["operations"].pop("refer.send.status")
    told = faults(document)
    assert "info info: no title" in told
    assert "operation no good: no good name" in told


# --- the pipeline and the code --------------------------------------------------------------------


def test_every_topic_is_a_channel_and_every_read_and_write_an_operation() -> None:
    document = asyncapi()
    assert list(document["channels"]) == [topic.name for topic in TOPICS]
    expected = {f"{one.name}.receive.{topic}" for one in STAGES for topic in one.reads}
    expected |= {f"{one.name}.send.{topic}" for one in STAGES for topic in one.publishes}
    assert set(document["operations"]) == expected
    for topic in TOPICS:
        channel = document["channels"][topic.name]
        assert channel["messages"], f"{topic.name} carries nothing"
        for action, names in (("send", topic.writers), ("receive", topic.readers)):
            assert {f"{name}.{action}.{topic.name}" for name in names} <= expected


def test_every_type_that_the_code_writes_is_described_and_no_other() -> None:
    written = {
        name
        for one in below("hub", "mirror", "contracts.envelope")
        for name in TYPE.findall(one.text)
    }
    patterns = {re.compile(re.sub(r"\{[^}]*\}", "[a-z_]+", name)) for name in written}
    described = {kind.type for kind in message_kinds()}
    assert len(written) > 15
    assert [one for one in described if not any(p.fullmatch(one) for p in patterns)] == []
    assert [p.pattern for p in patterns if not any(p.fullmatch(one) for one in described)] == []


def test_the_mirror_reads_what_the_document_describes() -> None:
    pairs: list[tuple[Model, Model]] = [
        (body.EpochEnded, messages.EpochMarker), (body.CellTold, messages.StatisticCell),
    ]  # fmt: skip
    for ours, theirs in pairs:
        assert set(ours.model_fields) == set(theirs.model_fields)
        for name, field in ours.model_fields.items():
            assert field.is_required() == theirs.model_fields[name].is_required()


@pytest.mark.parametrize("model", bodies(), ids=lambda one: one.__name__)
def test_nothing_of_a_person_is_clear_on_the_bus(model: Model) -> None:
    """The one exception is no clear body: a raw record is always sealed."""
    open_classes = {Label.C0, Label.C1, Label.C2, Label.C7}
    assert {one.label for one in entries(model)} <= open_classes or model is body.RawRecord
    clear = {one for kind in message_kinds() for one in kind.bodies}
    assert body.RawRecord not in clear


# --- real events ----------------------------------------------------------------------------------


def sealed(kind: Kind) -> Part:
    return Part(person="p", kind=kind, origin="o", nonce=b"\x00\x01", text=b"\xff" * 20)


def event(type_: str, data: Json | None, *parts: Part) -> tuple[Json, Any]:
    """Headers and value as the code puts them on the bus."""
    _, value, headers = encode(
        Envelope(id="i", type=type_, source="s", key="k", version="1", time=NOW, data=data,
                 parts=parts)
    )  # fmt: skip
    assert decode(b"k", value, headers).type == type_
    plain = {name: text.decode() for name, text in headers}
    return plain, None if value is None else orjson.loads(value)


RECORD = {"system": "emis", "record": "school", "ref": "r", "person": "p"}


def test_an_event_as_the_code_encodes_it_fits_and_a_changed_one_does_not() -> None:
    told = message("canonical.clm.canonical.child.v1")
    parts = [sealed(kind) for kind in Kind]
    headers, value = event("clm.canonical.child.v1", RECORD, *parts)
    payload, head = validator(told["payload"]), validator(told["headers"])
    assert payload.is_valid(value)
    assert head.is_valid(headers)
    assert not head.is_valid(headers | {"ce_type": "clm.child.v1"})
    assert not head.is_valid({k: v for k, v in headers.items() if k != "ce_id"})
    for wrong in (
        value | {"data": RECORD | {"name": "x"}}, value | {"more": 1}, {"data": RECORD},
        value | {"parts": [value["parts"][0] | {"kind": "photo"}]}, value | {"data": None}, None,
    ):  # fmt: skip
        assert not payload.is_valid(wrong)


def test_a_stage_seals_only_what_the_message_may_carry() -> None:
    told = message("source.emis.clm.source.school.v1")
    _, value = event("clm.source.school.v1", RECORD, sealed(Kind.IDENTITY))
    assert validator(told["payload"]).is_valid(value)
    _, value = event("clm.source.school.v1", RECORD, sealed(Kind.CASE))
    assert not validator(told["payload"]).is_valid(value)
    _, value = event("clm.status.v1", {"child": "c", "outcome": "none"}, sealed(Kind.CASE))
    assert not validator(message("status.clm.status.v1")["payload"]).is_valid(value)


def test_what_travels_sealed_is_named() -> None:
    items = message("child.clm.child.v1")["payload"]["properties"]["parts"]["items"]["oneOf"]
    holds = {one["properties"]["kind"]["const"]: one["x-sealed"] for one in items}
    assert set(holds) == set(Kind)
    assert found(asyncapi(), holds["case"])["title"] == "Case facts"


def test_a_tombstone_is_null() -> None:
    told = validator(message("mirror.clm.mirror.gone.v1")["payload"])
    headers, value = event("clm.mirror.gone.v1", None)
    assert told.is_valid(value)
    assert validator(message("mirror.clm.mirror.gone.v1")["headers"]).is_valid(headers)
    assert not told.is_valid({"data": {}, "parts": []})


def test_what_a_person_says_is_published_as_described() -> None:
    said = people.Said(
        child="c", person="p", id="x", actor="officer",
        statement=ConsentStatement(
            scope="reporting", answer="no", by="guardian", on=date(2026, 1, 5)
        ),
    )  # fmt: skip
    draft = people._draft(said, NOW)
    schema = schema_of(body.ConsentSaid)
    assert jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(draft.data)
    assert draft.type in {kind.type for kind in message_kinds() if kind.topic == draft.topic}
