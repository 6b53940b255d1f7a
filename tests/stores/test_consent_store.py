"""The consent room's tables, on both databases: what is written, once, and with its audit entry."""

import inspect
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select

from consent.disclosure import disclosure_of
from consent.engine import decide
from consent.model import Unsupported
from consent.policy import DEFAULT_PACK, load_policy
from consent.store import ConsentStore, consent_metadata, consent_table
from contracts.audit import AuditEntry
from hub.bus.audit import audit, audit_metadata, verify
from tests.spec.consent_cases import CHILD, NOW, ask, consent, deny

POLICY = load_policy(DEFAULT_PACK)
ENTRY = AuditEntry(at=NOW, actor="release", action="store decision", subject=CHILD)
OTHER = "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The hub's database with this room's tables."""
    consent_metadata.create_all(engine)
    audit_metadata.create_all(engine)
    return engine


def entries(engine: Engine) -> int:
    with engine.connect() as connection:
        assert verify(connection) == []
        return len(connection.execute(select(audit)).all())


def test_consents_are_read_back_and_a_repeated_one_changes_nothing(engine: Engine) -> None:
    first, second = consent("guardian"), consent("guardian", deny(), version=2)
    for _ in range(2):
        with engine.begin() as connection:
            store = ConsentStore(connection, "people-0")
            store.add_consent(first, audit=ENTRY)
            store.add_consent(second, audit=ENTRY)
            assert store.consents_of(CHILD) == (first, second)
            assert store.version_of(CHILD) == 2
            assert store.consents_of(OTHER) == ()
    assert entries(engine) == 2


def test_a_damaged_consent_comes_as_unsupported_and_so_denies(engine: Engine) -> None:
    row = {"child": CHILD, "id": "c", "version": 1, "body": {"status": "on"}, "stored_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(consent_table), [row])
        known = ConsentStore(connection, "release-0").consents_of(CHILD)
    assert known == (Unsupported(reference="c#1"),)
    assert not decide(ask(), known, POLICY, NOW).permitted


def test_consents_follow_a_child_that_was_merged_and_the_version_does_not_fall(
    engine: Engine,
) -> None:
    objection = consent("guardian", deny())
    with engine.begin() as connection:
        store = ConsentStore(connection, "people-0")
        store.add_consent(objection, audit=ENTRY)
        store.add_consent(consent("child", subject=OTHER), audit=ENTRY)
        assert store.copy_consents(CHILD, OTHER, audit=ENTRY) == 1
        assert store.copy_consents(CHILD, OTHER, audit=ENTRY) == 0
        assert replace(objection, subject=OTHER) in store.consents_of(OTHER)
        assert store.version_of(OTHER) == 2
        moved = store.consents_of(OTHER)
    assert not decide(replace(ask(), subject=OTHER), moved, POLICY, NOW).permitted
    assert entries(engine) == 3


def test_an_erased_childs_consents_go_and_the_evidence_of_decisions_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        store = ConsentStore(connection, "erase-0")
        store.add_consent(consent("guardian"), audit=ENTRY)
        store.add_decision(decide(ask(), [], POLICY, NOW), audit=ENTRY)
        assert store.forget_consents(CHILD, audit=ENTRY) == 1
        assert store.consents_of(CHILD) == ()
        assert len(store.decisions_of(CHILD)) == 1


def test_a_decision_is_kept_when_it_differs_and_else_only_lives_longer(engine: Engine) -> None:
    first = decide(ask(), [], POLICY, NOW)
    same = decide(ask(), [], POLICY, NOW + timedelta(minutes=5))
    denied = decide(ask(), [consent("guardian", deny())], POLICY, NOW + timedelta(minutes=10))
    with engine.begin() as connection:
        store = ConsentStore(connection, "release-0")
        assert store.add_decision(first, audit=ENTRY)
        assert not store.add_decision(same, audit=ENTRY)
        assert store.decisions_of(CHILD) == (replace(first, expires_at=same.expires_at),)
        assert store.add_decision(denied, audit=ENTRY)
        assert store.add_decision(replace(same, id="again"), audit=ENTRY)
        assert [one.effect for one in store.decisions_of(CHILD)] == ["PERMIT", "DENY", "PERMIT"]
        assert store.decisions_of(CHILD)[1] == denied
    assert entries(engine) == 3


def test_a_review_date_that_moves_on_makes_no_new_decision(engine: Engine) -> None:
    asked = ask(("C1", "C3"), recipient="dsw_cms", purpose="REFERRAL", action="refer",
                channel="delivery")  # fmt: skip
    with engine.begin() as connection:
        store = ConsentStore(connection, "refer-0")
        assert store.add_decision(decide(asked, [], POLICY, NOW), audit=ENTRY)
        later = decide(asked, [], POLICY, NOW + timedelta(days=1))
        assert not store.add_decision(later, audit=ENTRY)
        assert store.decisions_of(CHILD)[0].basis == "legal_obligation"


def test_a_disclosure_is_recorded_once(engine: Engine) -> None:
    decision = decide(ask(), [], POLICY, NOW)
    made = disclosure_of(decision, "referral-1", NOW)
    with engine.begin() as connection:
        store = ConsentStore(connection, "deliver-0")
        assert store.add_disclosure(made, audit=ENTRY)
        assert not store.add_disclosure(made, audit=ENTRY)
        assert store.disclosures_of(CHILD) == (made,)
        assert store.disclosures_of(OTHER) == ()
    assert entries(engine) == 1


def test_every_write_carries_its_audit_entry() -> None:
    reads = {"consents_of", "version_of", "decisions_of", "disclosures_of"}
    for name, method in inspect.getmembers(ConsentStore, inspect.isfunction):
        if not name.startswith("_") and name not in reads:
            audit_parameter = inspect.signature(method).parameters["audit"]
            assert audit_parameter.kind is inspect.Parameter.KEYWORD_ONLY
            assert audit_parameter.annotation is AuditEntry
