"""Stage identify on both databases: records become children, whichever comes first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Kind, Message
from hub.bus.database import reading
from hub.linkage import store
from hub.stages.identify import Identify
from hub.stages.translate import GONE
from tests.stores.handling import LATER, NOW, Desk, hub_tables, message, of_topic, part, transaction

CARD = {"card_no": "12/OUKAMA(N)123456"}
NAME = {
    "name": "Aung Aung", "father_name": "U Ba", "sex": "M", "home_township": "MMR013002",
    "birth_earliest": "2013-01-01", "birth_latest": "2013-12-31",
}  # fmt: skip


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """The stage, with an index that only tells values apart."""
    handler = Identify(blind_index=lambda kind, value: f"{kind}:{value}", new_id=uuid4)
    return Desk(engine=hub_tables(engine), stage="identify", handler=handler)


def record(ref: str, identity: Mapping[str, Any], version: str = "1", **more: str) -> Message:
    """A canonical event of one record."""
    system = more.get("system", "dsw_cms")
    person = more.get("person", f"person-{ref}")
    data = {"system": system, "record": "case", "ref": ref, "person": person}
    origin = f"{ref}-{version}"
    contents = [(part(person, Kind.IDENTITY, origin), identity)]
    return message("canonical", person, version, data, contents)


def children(drafts: list[Draft]) -> dict[str, set[str]]:
    """Child to the refs of its records, from the newest event of each."""
    found = {}
    for draft in of_topic(drafts, "child"):
        assert draft.data is not None
        found[draft.key] = {member["ref"] for member in draft.data["members"]}
    return found


def test_the_same_card_in_two_systems_is_one_child(desk: Desk) -> None:
    """The second record joins the child of the first."""
    first = children(desk.take(record("a", CARD)))
    second = children(desk.take(record("b", CARD, system="emis")))
    assert list(first) == list(second)
    assert second[next(iter(first))] == {"a", "b"}


def test_name_father_sex_township_and_year_together_link(desk: Desk) -> None:
    """All five; with one of them missing or unlike, two children."""
    desk.take(record("a", NAME))
    linked = children(desk.take(record("b", NAME, system="emis")))
    assert {"a", "b"} in linked.values()
    for missing in NAME:
        other = desk.take(record(f"without-{missing}", {**NAME, missing: None}))
        assert children(other) == {next(iter(children(other))): {f"without-{missing}"}}


def test_an_older_version_changes_nothing(desk: Desk) -> None:
    """A late or doubled message is harmless."""
    desk.take(record("a", CARD, version="2"))
    assert desk.take(record("a", NAME, version="1")) == []
    assert desk.take(record("a", CARD, version="2")) == []


def test_a_record_that_joins_two_children_merges_them_into_the_older(desk: Desk) -> None:
    """The younger child has no records left, and says where they went."""
    (older,) = children(desk.take(record("a", CARD)))
    (younger,) = children(desk.take(record("b", NAME), LATER))
    drafts = desk.take(record("c", {**NAME, **CARD}, system="emis"))
    found = children(drafts)
    assert found == {older: {"a", "b", "c"}, younger: set()}
    (gone,) = [d for d in of_topic(drafts, "child") if d.key == younger]
    assert gone.data is not None
    assert gone.data["into"] == older


def test_a_correction_can_take_a_record_out_of_a_child(desk: Desk) -> None:
    """The card was mistyped: the corrected record is a child of its own."""
    (child,) = children(desk.take(record("a", CARD)))
    desk.take(record("b", CARD, system="emis"))
    found = children(desk.take(record("b", {"card_no": "9/MAKAMA(N)654321"}, "2", system="emis")))
    assert found.pop(child) == {"a"}
    assert list(found.values()) == [{"b"}]


def test_two_cards_that_meet_wait_for_a_person(desk: Desk) -> None:
    """The record between them is parked, and both children stay as they are."""
    desk.take(record("a", {**NAME, **CARD}))
    desk.take(record("b", {**NAME, "card_no": "9/MAKAMA(N)654321"}))
    drafts = desk.take(record("c", NAME, system="emis"))
    (outcome,) = of_topic(drafts, "outcome")
    assert outcome.data is not None
    assert (outcome.data["state"], outcome.data["reason"]) == ("parked", "two_cards_meet")
    assert children(drafts) == {}


def test_a_record_that_the_hub_made_is_its_childs_whatever_it_says(desk: Desk) -> None:
    """Bound before it was sent: nobody links an echo by its content."""
    (child,) = children(desk.take(record("a", CARD)))
    audit = AuditEntry(at=NOW, actor="test", action="bind")
    with transaction(desk.engine, "deliver") as tx:
        store.bind(tx.connection, tx.shard, "dsw_cms", "echo", child, NOW, audit=audit)
    assert children(desk.take(record("echo", {"name": "?"}))) == {child: {"a", "echo"}}


def test_an_echo_follows_its_child_through_a_merge(desk: Desk) -> None:
    """The child that it was made for has become part of another one."""
    (older,) = children(desk.take(record("a", CARD)))
    (younger,) = children(desk.take(record("b", NAME), LATER))
    audit = AuditEntry(at=NOW, actor="test", action="bind")
    with transaction(desk.engine, "deliver") as tx:
        store.bind(tx.connection, tx.shard, "dsw_cms", "echo", younger, NOW, audit=audit)
    desk.take(record("c", {**NAME, **CARD}))
    assert children(desk.take(record("echo", {}))) == {older: {"a", "b", "c", "echo"}}


def test_the_order_of_arrival_does_not_matter(engine: Engine) -> None:
    """Two hubs that saw the same records in opposite orders hold the same children."""
    events = [("a", CARD), ("b", NAME), ("c", {**NAME, **CARD}), ("d", {**NAME, "sex": "F"})]
    splits = []
    for order in (events, events[::-1]):
        handler = Identify(blind_index=lambda kind, value: f"{kind}:{value}", new_id=new_uuid)
        desk = Desk(engine=hub_tables(engine), stage="identify", handler=handler)
        for ref, identity in order:
            desk.take(record(ref, identity))
        with reading(engine) as connection:
            owners = {ref: store.get_record(connection, "dsw_cms", ref) for ref, _ in events}
        groups: dict[str | None, set[str]] = {}
        for ref, stored in owners.items():
            assert stored is not None
            groups.setdefault(stored.child, set()).add(ref)
        splits.append(sorted(map(sorted, groups.values())))
        for table in reversed(store.linkage_metadata.sorted_tables):
            with engine.begin() as connection:
                connection.execute(table.delete())
    assert splits[0] == splits[1] == [["a", "b", "c"], ["d"]]


def new_uuid() -> UUID:
    """A random id, as the composition root gives it."""
    return uuid4()


def gone(ref: str, version: str, person: str) -> Message:
    """Translate says that a record is about no child."""
    data = {"system": "dsw_cms", "record": "case", "ref": ref, "person": person}
    return replace_type(message("canonical", person, version, data), GONE)


def replace_type(one: Message, kind: str) -> Message:
    """The same message of another type."""
    return replace(one, envelope=replace(one.envelope, type=kind))


def test_a_record_that_is_about_no_child_any_more_leaves_its_child(desk: Desk) -> None:
    """Corrected again, it takes what was said of that child along; one never known is no matter."""
    (child,) = children(desk.take(record("a", CARD)))
    assert desk.take(gone("z", "1", "person-z")) == []
    assert children(desk.take(gone("a", "2", "person-a"))) == {child: set()}
    assert desk.take(gone("a", "2", "person-a")) == []
    (other,) = children(desk.take(record("b", CARD, system="emis")))
    assert children(desk.take(record("a", CARD, "3"))) == {other: {"a", "b"}, child: set()}
    with reading(desk.engine) as connection:
        assert store.count_children(connection) == 1
