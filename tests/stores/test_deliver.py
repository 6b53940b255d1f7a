"""Stage deliver on both databases: when a referral may leave, and what becomes of a failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.sdk.ids import case_id
from adapters.sdk.ports import Answer, Delivery, Receipt
from consent.policy import load_policy
from consent.store import ConsentStore
from contracts.audit import AuditEntry
from contracts.envelope import Draft, Kind, Message, Part
from contracts.errors import FatalError, HubError, Reason, RejectedError, RetriableError
from hub import deliveries, ledger, sources
from hub.bus.database import reading
from hub.bus.stage import Errand
from hub.deliveries import OpenDelivery
from hub.ledger import Line
from hub.linkage import store as linkage
from hub.linkage.store import StoredChild
from hub.referrals.payload import Payloads
from hub.sources import SourceState
from hub.stages.deliver import Deliver
from tests.stores.facts import finding, said
from tests.stores.handling import NOW, Desk, hub_tables, message, part, transaction

CHILD = "child-1"
AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")
REASON = Reason(code="no_recipient", message="m", next_step="n")
IDENTITY = {"name": "Made Up", "sex": "F", "home_township": "MMR013002"}


@dataclass
class Primero:
    """A recipient that answers as it is told, and keeps what it was sent."""

    answers: list[Receipt | HubError] = field(default_factory=list)
    sent: list[Delivery] = field(default_factory=list)

    def push(self, delivery: Delivery) -> Receipt:
        """Take a referral, or fail."""
        self.sent.append(delivery)
        answer = self.answers.pop(0)
        if isinstance(answer, HubError):
            raise answer
        return answer


@dataclass
class Office:
    """Where answers go home."""

    got: list[Answer] = field(default_factory=list)

    def answer(self, answers: Sequence[Answer]) -> None:
        """Keep them."""
        self.got.extend(answers)


@dataclass
class Stage:
    """The stage at work, with what surrounds it."""

    desk: Desk
    handler: Deliver
    primero: Primero
    office: Office
    vault: dict[str, Mapping[str, Any]]
    time: list[float]

    def run(self) -> list[Draft] | None:
        """One errand through claim, perform and settle; None when nothing may leave yet."""
        with transaction(self.desk.engine, "deliver") as tx:
            errands = list(self.handler.claim(tx, NOW, 1))
        if not errands:
            return None
        return self.settle(errands[0])

    def settle(self, errand: Errand) -> list[Draft]:
        """Perform an errand and record what came of it."""
        result = self.handler.perform(errand, NOW)
        with transaction(self.desk.engine, "deliver") as tx:
            return list(self.handler.settle(errand, result, tx, NOW))

    def stored(self, name: str = "referral:ref-1") -> OpenDelivery:
        """A delivery as stored."""
        with reading(self.desk.engine) as connection:
            found = deliveries.get_delivery(connection, name)
        assert found is not None
        return found


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """The stage with one recipient and one home; its clock of the wall stands at 100 seconds."""
    primero, office, time = Primero(), Office(), [100.0]
    vault: dict[str, Mapping[str, Any]] = {}

    def open_part(one: Part) -> Mapping[str, Any]:
        return vault[f"{one.origin}/{one.kind}"]

    handler = Deliver(
        recipients={"dsw_cms": primero}, homes={"labour_inspection": office},
        payloads=Payloads(policy=load_policy("myanmar_default"), open_part=open_part),
        record_ref=lambda system, key: f"ref:{system}:{key}", wall=lambda: time[0],
    )  # fmt: skip
    desk = Desk(engine=hub_tables(engine), stage="deliver", handler=handler)
    with engine.begin() as connection:
        sources.register(connection, "dsw_cms")
    return Stage(desk=desk, handler=handler, primero=primero, office=office, vault=vault, time=time)


def referral_event(stage: Stage, sequence: int = 1, state: str = "waiting",
                   facts: Mapping[str, Any] | None = None) -> Message:  # fmt: skip
    """The child's referral event, with one referral that r1 triggered."""
    facts = facts or finding()
    stage.vault |= {"origin-r1/identity": IDENTITY, "origin-r1/case": facts}
    member = {"system": "labour_inspection", "record": "inspection", "ref": "r1",
              "person": "p-r1", "changed": NOW.isoformat(), "origin": "origin-r1"}  # fmt: skip
    referral = {
        "id": "ref-1", "trigger_system": "labour_inspection", "trigger_ref": "r1", "state": state,
        "recipient_system": "dsw_cms", "recipient": "intake_mmr013", "service": "s",
        "service_id": "sid", "route": "", "case_ref": "", "trigger_at": NOW.isoformat(),
        "state_on": "2026-02-03", "deadline": "2026-02-15",
    }  # fmt: skip
    data = {"child": CHILD, "version": 1, "sequence": sequence, "members": [member],
            "referrals": [referral]}  # fmt: skip
    nothing: Mapping[str, Any] = {}  # deliver opens the parts itself
    contents = [(part("p-r1", kind, "origin-r1"), nothing) for kind in Kind]
    return message("referral", CHILD, f"{sequence:010d}", data, contents)


def make_ready(stage: Stage, until: datetime = NOW) -> None:
    """All that the recipient held has been read and has passed identify."""
    with transaction(stage.desk.engine, "collect") as tx:
        state = SourceState(system="dsw_cms", checkpoint=None, polls=1, next_poll=0.0,
                            complete_until=until.isoformat(), problem="")  # fmt: skip
        sources.end_poll(tx.connection, tx.shard, state, audit=AUDIT)
        child = StoredChild(child=CHILD, version=1, made_at=NOW, merged_into=None)
        linkage.save_child(tx.connection, tx.shard, child, audit=AUDIT)


def receipt(route: str = "assignment") -> Receipt:
    """What the recipient holds after a delivery."""
    return Receipt(case=case_id(CHILD), service="sid", referral="", route=route)


def test_nothing_leaves_before_the_recipients_cases_were_linked(stage: Stage) -> None:
    """Unread source, unlinked record, newer child: each holds the referral back."""
    stage.desk.take(referral_event(stage))
    assert stage.run() is None
    make_ready(stage)
    line = Line(system="dsw_cms", ref="x", kind=ledger.RECORD, version="1")
    with transaction(stage.desk.engine, "collect") as tx:
        ledger.open_lines(tx.connection, tx.shard, [line], NOW, audit=AUDIT)
    stage.time[0] += 1
    assert stage.run() is None
    outcome = {"system": "dsw_cms", "ref": "x", "state": "counted"}
    with transaction(stage.desk.engine, "account") as tx:
        ledger.settle_line(tx.connection, tx.shard, "1", outcome, audit=AUDIT)
        newer = StoredChild(child=CHILD, version=2, made_at=NOW, merged_into=None)
        linkage.save_child(tx.connection, tx.shard, newer, audit=AUDIT)
    stage.time[0] += 1
    assert stage.run() is None
    make_ready(stage)
    stage.time[0] += 1
    stage.primero.answers = [receipt()]
    assert stage.run() is not None


def test_a_new_case_is_bound_to_its_child_before_it_is_sent(stage: Stage) -> None:
    """It will come back as echo, and must find its child."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    with transaction(stage.desk.engine, "deliver") as tx:
        assert stage.handler.claim(tx, NOW, 1)
    with reading(stage.desk.engine) as connection:
        ref = f"ref:dsw_cms:{case_id(CHILD)}"
        assert linkage.bound_child(connection, "dsw_cms", ref) == CHILD
    assert stage.primero.sent == []


def test_without_consent_it_goes_on_its_legal_basis_and_says_so(stage: Stage) -> None:
    """The DSW is the child-protection authority; what was disclosed is recorded."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    stage.primero.answers = [receipt()]
    (answer,) = stage.run() or []
    assert answer.data is not None
    assert (answer.data["state"], answer.data["route"]) == ("delivered", "assignment")
    (sent,) = stage.primero.sent
    assert (sent.with_consent, sent.identity["name"]) == (False, IDENTITY["name"])
    with stage.desk.engine.begin() as connection:
        (disclosure,) = ConsentStore(connection, "test").disclosures_of(CHILD)
    assert disclosure.basis == "legal_obligation"


def test_with_consent_to_services_and_disclosure_it_is_a_referral(stage: Stage) -> None:
    """And the recorded answers go with it, no more."""
    make_ready(stage)
    consents = [said("services", "yes"), said("disclosure", "yes")]
    stage.desk.take(referral_event(stage, facts=finding(consents=consents)))
    stage.primero.answers = [receipt("referral")]
    stage.run()
    (sent,) = stage.primero.sent
    assert sent.with_consent
    assert sent.consents == {"services": "yes", "disclosure": "yes"}


def test_a_recipient_that_is_away_is_asked_again_later(stage: Stage) -> None:
    """Longer each time, and at least as long as it says itself."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    stage.primero.answers = [RetriableError("away"), RetriableError("away", after=30.0), receipt()]
    assert stage.run() == []
    assert stage.run() is None
    stage.time[0] += 2
    assert stage.run() == []
    stage.time[0] += 29
    assert stage.run() is None
    stage.time[0] += 2
    assert stage.run() != []
    assert (stage.stored().state, stage.stored().attempts) == ("sent", 3)


def test_a_locked_out_account_is_asked_rarely(stage: Stage) -> None:
    """A person must act first: a loop on 401 would lock the hub's own account."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    stage.primero.answers = [FatalError("401")]
    stage.run()
    stage.time[0] += 59
    assert stage.run() is None
    assert stage.stored().problem == "FatalError"


def test_what_is_refused_for_good_is_told_and_not_tried_again(stage: Stage) -> None:
    """Refer makes a person's task of it."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    stage.primero.answers = [RejectedError(REASON)]
    (answer,) = stage.run() or []
    assert answer.data is not None
    assert (answer.data["state"], answer.data["reason"]) == ("undeliverable", "no_recipient")
    stage.time[0] += 10_000
    assert stage.run() is None


def test_a_claim_that_a_crash_left_open_is_made_again(stage: Stage) -> None:
    """The first transaction committed, and nothing was sent: the same delivery comes again."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    with transaction(stage.desk.engine, "deliver") as tx:
        stage.handler.claim(tx, NOW, 1)
    stage.primero.answers = [receipt()]
    assert stage.run() != []
    assert len(stage.primero.sent) == 1


def test_an_answer_goes_home_to_the_office_that_referred(stage: Stage) -> None:
    """In its own row's terms, once a state."""
    make_ready(stage)
    stage.desk.take(referral_event(stage))
    stage.primero.answers = [receipt()]
    stage.run()
    for sequence, state in ((2, "delivered"), (3, "accepted"), (4, "accepted"), (5, "done")):
        stage.desk.take(referral_event(stage, sequence, state))
        stage.run()
    assert [(one.office, one.row_key, one.state) for one in stage.office.got] == [
        ("FGLLID-YGN", "LI-1/1", "accepted"), ("FGLLID-YGN", "LI-1/1", "done"),
    ]  # fmt: skip


def test_a_newer_answer_that_comes_while_the_old_one_is_sent_goes_home_too(stage: Stage) -> None:
    """Settling the old one does not end the new one."""
    make_ready(stage)
    stage.desk.take(referral_event(stage, 1, "accepted"))
    stage.primero.answers = [receipt()]
    stage.run()
    with transaction(stage.desk.engine, "deliver") as tx:
        (errand,) = stage.handler.claim(tx, NOW, 1)
    stage.desk.take(referral_event(stage, 2, "done"))
    stage.settle(errand)
    stage.run()
    assert [one.state for one in stage.office.got] == ["accepted", "done"]
