"""Children that merge and split, with what hangs on them, in whatever order their events come."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine

from consent.store import ConsentStore
from contracts.audit import AuditEntry
from contracts.envelope import Draft, Kind
from hub.bus.database import reading
from hub.linkage import store as linkage
from hub.linkage.store import StoredChild
from hub.stages.identify import Identify
from hub.stages.release import Release
from tests.stores.facts import finding
from tests.stores.handling import (
    LATER,
    NOW,
    Desk,
    hub_tables,
    message,
    of_topic,
    part,
    transaction,
)
from tests.stores.test_identify import CARD, NAME, children, record
from tests.stores.test_release import POLICY, Vault, bring, decided, object_to

AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")


@pytest.fixture
def identify(engine: Engine) -> Desk:
    """The stage, with an index that only tells values apart."""
    handler = Identify(blind_index=lambda kind, value: f"{kind}:{value}", new_id=uuid4)
    return Desk(engine=hub_tables(engine), stage="identify", handler=handler)


def bind(desk: Desk, ref: str, child: str) -> None:
    """The hub makes a case of this child in the source."""
    with transaction(desk.engine, "deliver") as tx:
        linkage.bind(tx.connection, tx.shard, "dsw_cms", ref, child, NOW, audit=AUDIT)


def test_a_case_that_the_hub_made_follows_its_child_into_a_merge(identify: Desk) -> None:
    """Else the younger child would live on with nothing but the hub's own case."""
    (older,) = children(identify.take(record("a", CARD)))
    (younger,) = children(identify.take(record("b", NAME, system="emis"), LATER))
    bind(identify, "made", younger)
    identify.take(record("made", NAME))
    drafts = identify.take(record("b", {**NAME, **CARD}, "2", system="emis"), LATER)
    assert children(drafts) == {older: {"a", "b", "made"}, younger: set()}
    with reading(identify.engine) as connection:
        assert linkage.count_children(connection) == 1


# --- what people said follows the records ---------------------------------------------------------


@pytest.fixture
def vault() -> Vault:
    """An empty one."""
    return Vault()


@pytest.fixture
def release(engine: Engine, vault: Vault) -> Desk:
    """The stage with the default policy."""
    handler = Release(policy=POLICY, open_part=vault.open)
    return Desk(engine=hub_tables(engine), stage="release", handler=handler)


def merge(desk: Desk, child: str, into: str) -> None:
    """Linkage says that one child is part of another."""
    with transaction(desk.engine, "identify") as tx:
        gone = StoredChild(child=child, version=2, made_at=NOW, merged_into=into)
        linkage.save_child(tx.connection, tx.shard, gone, audit=AUDIT)


def test_an_objection_goes_along_a_chain_of_merges_whose_events_come_in_reverse(
    release: Desk, vault: Vault
) -> None:
    """The middle child has become part of the last one before it hears of the first."""
    bring(release, vault, 1, {"r3": finding()}, "child-3")
    object_to(release, "child-1")
    merge(release, "child-1", "child-2")
    merge(release, "child-2", "child-3")
    bring(release, vault, 2, {}, "child-2", into="child-3")
    assert decided(release, "child-3").state == "candidate"
    bring(release, vault, 2, {}, "child-1", into="child-2")
    assert decided(release, "child-3").state == "withheld"


def test_a_record_that_leaves_its_child_takes_the_objection_along(
    identify: Desk, release: Desk, vault: Vault
) -> None:
    """Nobody can say which of the records was meant, so neither child is shown."""
    (child,) = children(identify.take(record("a", CARD)))
    identify.take(record("b", CARD, system="emis"))
    object_to(release, child)
    drafts = identify.take(record("b", {"card_no": "9/MAKAMA(N)654321"}, "2", system="emis"))
    (parted,) = children(drafts).keys() - {child}
    tell(release, vault, drafts)
    assert decided(release, parted).state == "withheld"
    assert decided(release, child).state == "withheld"


def test_a_permission_does_not_go_along_with_a_record_that_leaves(
    identify: Desk, release: Desk, vault: Vault
) -> None:
    """It was given for one child: the other one has said nothing."""
    (child,) = children(identify.take(record("a", CARD)))
    identify.take(record("b", CARD, system="emis"))
    object_to(release, child, answer="yes")
    drafts = identify.take(record("b", {"card_no": "9/MAKAMA(N)654321"}, "2", system="emis"))
    (parted,) = children(drafts).keys() - {child}
    tell(release, vault, drafts)
    with transaction(release.engine, "release") as tx:
        assert ConsentStore(tx.connection, tx.shard).consents_of(parted) == ()


def test_a_child_whose_record_waited_for_a_person_is_the_same_child_afterwards(
    identify: Desk, release: Desk, vault: Vault
) -> None:
    """Two cards met in its record for a while; its objection still holds then."""
    (child,) = children(identify.take(record("a", NAME, system="emis")))
    object_to(release, child)
    identify.take(record("b", {**NAME, **CARD}))
    identify.take(record("c", {**NAME, "card_no": "9/MAKAMA(N)654321"}))
    drafts = identify.take(record("c", {"card_no": "9/MAKAMA(N)654321"}, "2"))
    (now,) = [one for one, refs in children(drafts).items() if "a" in refs]
    tell(release, vault, drafts)
    assert decided(release, now).state == "withheld"


def tell(desk: Desk, vault: Vault, drafts: list[Draft]) -> None:
    """Bring identify's events of children to a gate; every record is a finding."""
    for draft in of_topic(drafts, "child"):
        assert draft.data is not None
        vault.known |= {member["origin"]: finding() for member in draft.data["members"]}
        contents = [
            (part(member["person"], Kind.CASE, member["origin"]), finding())
            for member in draft.data["members"]
        ]
        desk.take(message("child", draft.key, draft.version, draft.data, contents))
