"""Stage release on both databases: a candidate row, or a reason; decided on the stored state."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select

from consent.policy import load_policy
from consent.statements import answered
from consent.store import ConsentStore
from contracts.audit import AuditEntry
from contracts.envelope import Draft, Part
from contracts.model.consent_statement import ConsentStatement
from hub import candidates
from hub.bus.database import reading
from hub.bus.journal import timer
from hub.bus.stage import ShreddedError
from hub.candidates import Candidate, Published
from hub.stages.release import Release
from tests.stores.facts import NO, OPEN, child_event, finding, said, school_month
from tests.stores.handling import LATER, NOW, Desk, hub_tables, message, transaction

CHILD = "child-1"
AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")
POLICY = load_policy("myanmar_default")


class Vault:
    """Opens the parts of the events that it was told of; a destroyed key opens nothing."""

    def __init__(self) -> None:
        self.known: dict[str, Mapping[str, Any]] = {}
        self.destroyed: set[str] = set()

    def open(self, part: Part) -> Mapping[str, Any]:
        """The plain content."""
        if part.person in self.destroyed:
            raise ShreddedError
        return self.known[part.origin]


@pytest.fixture
def vault() -> Vault:
    """An empty one."""
    return Vault()


@pytest.fixture
def desk(engine: Engine, vault: Vault) -> Desk:
    """The stage with the default policy."""
    handler = Release(policy=POLICY, open_part=vault.open)
    return Desk(engine=hub_tables(engine), stage="release", handler=handler)


def bring(desk: Desk, vault: Vault, version: int, facts: Mapping[str, Mapping[str, Any]],
          child: str = CHILD, into: str | None = None) -> list[Draft]:  # fmt: skip
    """A child's event."""
    vault.known |= {f"origin-{ref}": one for ref, one in facts.items()}
    return desk.take(child_event(child, version, facts, into))


def decided(desk: Desk, child: str = CHILD) -> Candidate:
    """The newest decision."""
    with reading(desk.engine) as connection:
        found = candidates.get_candidate(connection, child)
    assert found is not None
    return found


def object_to(desk: Desk, child: str = CHILD) -> None:
    """A person records an objection at the API."""
    statement = ConsentStatement(
        scope="reporting", answer="no", by="guardian", on=date(2026, 1, 31)
    )
    consent = answered(child, statement, version=1, at=NOW, policy=POLICY)
    with transaction(desk.engine, "people") as tx:
        ConsentStore(tx.connection, tx.shard).add_consent(consent, audit=AUDIT)


def show(desk: Desk, child: str = CHILD) -> None:
    """The child has a row in the mirror."""
    row = Published(child=child, pseudonym=f"m1{child}", epoch=1, row={"state": "MMR013"}, told="")
    with transaction(desk.engine, "publish") as tx:
        candidates.save_published(tx.connection, tx.shard, [row], audit=AUDIT)


def timers(desk: Desk) -> list[str]:
    """What publish was asked to do."""
    with reading(desk.engine) as connection:
        return list(connection.execute(select(timer.c.key)).scalars())


def test_a_child_labour_case_becomes_a_candidate(desk: Desk, vault: Vault) -> None:
    """De-identified and generalised, as the ministry's public task."""
    (outcome,) = bring(desk, vault, 1, {"r1": finding()})
    assert outcome.data is not None
    assert outcome.data["state"] == "in_flight"
    assert decided(desk).row == {
        "state": "MMR013", "age_bracket": "12-14", "sex": "F", "isic_section": "C",
        "quarter": "2026-01", "legal_verdict": "yes", "statistical_verdict": "yes",
        "hazardous": False, "worst_form": False, "referral_outcome": "unknown",
    }  # fmt: skip


def test_an_objection_in_any_source_withholds(desk: Desk, vault: Vault) -> None:
    """A no counts, whoever says it and wherever it was said."""
    facts = {"r1": finding(), "r2": school_month(consents=[said("reporting", "no")])}
    bring(desk, vault, 1, facts)
    assert (decided(desk).state, decided(desk).row) == ("withheld", {})


def test_out_of_scope_and_undetermined_are_not_the_same(desk: Desk, vault: Vault) -> None:
    """No child labour is withheld; what nobody can say waits for a person."""
    bring(desk, vault, 1, {"r1": finding(legal=NO, statistical=NO)}, child="no")
    bring(desk, vault, 1, {"r2": finding(legal=OPEN, statistical=OPEN)}, child="open")
    assert decided(desk, "no").state == "withheld"
    assert (decided(desk, "open").state, decided(desk, "open").reason) == (
        "parked", "undetermined",
    )  # fmt: skip


def test_armed_forces_are_never_shown(desk: Desk, vault: Vault) -> None:
    """Not even as a flag, whatever anybody consents to."""
    consents = [said("reporting", "yes")]
    bring(desk, vault, 1, {"r1": finding(worst_forms=["a4"], consents=consents)})
    assert decided(desk).state == "withheld"


def test_a_later_objection_at_the_api_takes_the_row_away_at_once(desk: Desk, vault: Vault) -> None:
    """Publish is woken now, not at the next epoch."""
    bring(desk, vault, 1, {"r1": finding()})
    show(desk)
    object_to(desk)
    desk.take(message("consent", CHILD, NOW.isoformat(), {"child": CHILD}), LATER)
    assert decided(desk).state == "withheld"
    assert timers(desk) == [f"withdraw:{CHILD}"]


def test_a_child_that_was_never_shown_needs_no_withdrawal(desk: Desk, vault: Vault) -> None:
    """Nothing goes to MOLIP about a child that it never saw."""
    bring(desk, vault, 1, {"r1": finding(consents=[said("reporting", "no")])})
    assert timers(desk) == []


def test_an_outcome_code_needs_consent_to_reporting(desk: Desk, vault: Vault) -> None:
    """C2 is let through by consent alone; a status that comes late changes nothing."""
    bring(desk, vault, 1, {"r1": finding(consents=[said("reporting", "yes")])})
    status = {"child": CHILD, "outcome": "accepted"}
    desk.take(message("status", CHILD, "0000000002", status))
    assert decided(desk).row["referral_outcome"] == "accepted"
    desk.take(message("status", CHILD, "0000000001", {"child": CHILD, "outcome": "waiting"}))
    assert decided(desk).row["referral_outcome"] == "accepted"


def test_the_same_decision_is_told_once(desk: Desk, vault: Vault) -> None:
    """A version that changes no row makes no noise, and no new decision."""
    bring(desk, vault, 1, {"r1": finding()})
    assert bring(desk, vault, 2, {"r1": finding(hours_week=41.0)}) == []
    assert decided(desk).decision == 1


def test_every_changed_decision_has_a_higher_version(desk: Desk, vault: Vault) -> None:
    """The mirror measures its copies against it."""
    bring(desk, vault, 1, {"r1": finding()})
    bring(desk, vault, 2, {"r1": finding(consents=[said("reporting", "no")])})
    bring(desk, vault, 3, {"r1": finding()})
    assert decided(desk).consent_version == 3


def test_an_older_event_changes_nothing(desk: Desk, vault: Vault) -> None:
    """A release decided on old facts must not overtake an objection."""
    bring(desk, vault, 2, {"r1": finding(consents=[said("reporting", "no")])})
    assert bring(desk, vault, 1, {"r1": finding()}) == []
    assert decided(desk).state == "withheld"


def test_destroyed_keys_leave_what_the_other_records_say(desk: Desk, vault: Vault) -> None:
    """And a child of whom nothing can be opened has no row."""
    bring(desk, vault, 1, {"r1": finding(), "r2": school_month(sex="M")})
    show(desk)
    vault.destroyed = {"p-r1", "p-r2"}
    bring(desk, vault, 2, {"r1": finding(), "r2": school_month()})
    assert (decided(desk).state, decided(desk).reason) == ("withheld", "no_records")
    assert timers(desk) == [f"withdraw:{CHILD}"]


def test_what_people_said_follows_a_child_that_was_merged(desk: Desk, vault: Vault) -> None:
    """The objection counts for the child that it has become."""
    bring(desk, vault, 1, {"r1": finding()})
    bring(desk, vault, 1, {"r2": school_month()}, child="younger")
    object_to(desk, "younger")
    bring(desk, vault, 2, {"r1": finding(), "r2": school_month()})
    bring(desk, vault, 2, {}, child="younger", into=CHILD)
    assert decided(desk).state == "withheld"


def test_a_row_that_the_mirrors_schema_refuses_is_parked_and_stops_no_epoch(
    desk: Desk, vault: Vault
) -> None:
    """A township of a state or region that does not exist."""
    bring(desk, vault, 1, {"r1": finding(township="MMR099001")})
    assert (decided(desk).state, decided(desk).reason) == ("parked", "incomplete:state")
