"""Children that merge and split, with what hangs on them, in whatever order their events come."""

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from consent.statements import answered
from consent.store import ConsentStore
from contracts.envelope import Draft, Kind, encode_parts
from contracts.model.consent_statement import ConsentStatement
from hub.bus.database import reading
from hub.linkage import store as linkage
from hub.linkage.store import StoredChild, StoredRecord
from hub.referrals.procedure import load_directory, load_procedure
from hub.stages.identify import Identify
from hub.stages.refer import Refer
from hub.stages.release import Release
from tests.stores.facts import NO, child_event, finding
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
from tests.stores.test_refer import record_ref, referral_of
from tests.stores.test_release import AUDIT, POLICY, Vault, bring, decided, object_to


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


def permit(desk: Desk, child: str) -> None:
    """A guardian says yes at the API."""
    yes = ConsentStatement(scope="reporting", answer="yes", by="guardian", on=date(2026, 1, 31))
    consent = answered(child, yes, version=1, at=NOW, policy=POLICY)
    with transaction(desk.engine, "people") as tx:
        ConsentStore(tx.connection, tx.shard).add_consent(consent, audit=AUDIT)


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
    permit(release, child)
    drafts = identify.take(record("b", {"card_no": "9/MAKAMA(N)654321"}, "2", system="emis"))
    (parted,) = children(drafts).keys() - {child}
    tell(release, vault, drafts)
    with transaction(release.engine, "release") as tx:
        assert ConsentStore(tx.connection, tx.shard).consents_of(parted) == ()


def test_a_child_whose_record_waited_for_a_person_is_the_same_child_afterwards(
    identify: Desk, release: Desk, vault: Vault
) -> None:
    """Two cards met in its record for a while; its objection still holds then."""
    other = {**NAME, "father_name": "U Tun"}
    identify.take(record("b", {**NAME, **CARD}))
    identify.take(record("c", {**NAME, "card_no": "9/MAKAMA(N)654321"}))
    (child,) = children(identify.take(record("a", other, system="emis")))
    object_to(release, child)
    assert children(identify.take(record("a", NAME, "2", system="emis"))) == {child: set()}
    drafts = identify.take(record("a", other, "3", system="emis"))
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


# --- referrals follow the record that triggered them ----------------------------------------------


@pytest.fixture
def refer(engine: Engine) -> Desk:
    """The stage with the procedure and directory that ship with the hub."""
    handler = Refer(
        procedure=load_procedure(), directory=load_directory(None), record_ref=record_ref,
        service_user="clm_hub",
    )  # fmt: skip
    return Desk(engine=hub_tables(engine), stage="refer", handler=handler)


def link(desk: Desk, ref: str, child: str | None) -> None:
    """Linkage says whose the inspector's record is."""
    stored = StoredRecord(
        system="labour_inspection", ref=ref, person=f"p-{ref}", record="inspection", version="1",
        changed=NOW.isoformat(), card_key=None, name_key=None, child=child, made_at=NOW,
        parts=encode_parts(()),
    )  # fmt: skip
    with transaction(desk.engine, "identify") as tx:
        linkage.save_record(tx.connection, tx.shard, stored, audit=AUDIT)


def test_a_referral_stays_with_its_records_child_when_an_older_event_comes_late(
    refer: Desk,
) -> None:
    """The new child's partition is ahead of the old child's."""
    link(refer, "r1", "child-2")
    refer.take(child_event("child-2", 1, {"r1": finding()}))
    refer.take(child_event("child-1", 1, {"r1": finding(), "r2": finding(legal=NO)}))
    refer.take(child_event("child-1", 2, {"r2": finding(legal=NO)}))
    assert referral_of(refer).child == "child-2"


def test_a_referral_moves_with_its_record_and_back(refer: Desk) -> None:
    """Whoever has the record has the referral."""
    for version, child in enumerate(("child-1", "child-2", "child-1"), start=1):
        link(refer, "r1", child)
        refer.take(child_event(child, version, {"r1": finding()}))
        assert referral_of(refer).child == child
