"""Stage refer on both databases: one referral a trigger, and no referral that stays silent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.sdk.ids import case_id, service_id
from contracts.envelope import Draft, derived_id
from hub.bus.database import reading
from hub.bus.stage import Timer
from hub.referrals import store
from hub.referrals.procedure import load_directory, load_procedure
from hub.referrals.store import Referral
from hub.stages.refer import Refer
from tests.stores.facts import NO, OPEN, child_event, finding, school_month
from tests.stores.handling import LATER, NOW, Desk, hub_tables, message, of_topic

CHILD = "child-1"
REFERRAL = derived_id("referral", "labour_inspection", "r1")


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """The stage with the procedure and directory that ship with the hub."""
    handler = Refer(
        procedure=load_procedure(), directory=load_directory(None), record_ref=record_ref,
        service_user="clm_hub",
    )  # fmt: skip
    return Desk(engine=hub_tables(engine), stage="refer", handler=handler)


def record_ref(system: str, key: str) -> str:
    """A pseudonym that a reader can tell apart."""
    return f"ref:{system}:{key}"


def referral_of(desk: Desk, name: str = REFERRAL) -> Referral:
    """The referral as stored."""
    with reading(desk.engine) as connection:
        found = store.get_one(connection, name)
    assert found is not None
    return found


def tasks(desk: Desk) -> dict[str, list[str]]:
    """Open tasks by referral."""
    with reading(desk.engine) as connection:
        open_now = store.list_open_tasks(connection, 100)
        return store.reasons_of(connection, [task.referral.id for task in open_now])


def answer(desk: Desk, **data: Any) -> list[Draft]:
    """An answer from translate or deliver."""
    return desk.take(message("answer", "key", "2026", {"on": "2026-02-03", **data}), LATER)


def deliver(desk: Desk, route: str, case: str = "") -> list[Draft]:
    """Deliver tells that the recipient holds it."""
    ref = case or record_ref("dsw_cms", case_id(CHILD))
    return answer(
        desk, kind="delivery", referral=REFERRAL, state="delivered", route=route, case_ref=ref
    )


def case_says(desk: Desk, owner: str, status: str = "open", version: str = "1",
              done: bool = False, case: str = "") -> list[Draft]:  # fmt: skip
    """The recipient's case as translate gives it."""
    data = {
        "kind": "case", "system": "dsw_cms", "on": "2026-02-05", "status": status,
        "case_ref": case or record_ref("dsw_cms", case_id(CHILD)),
        "owner": record_ref("dsw_cms", owner), "services": [[service_id(REFERRAL), done]],
    }  # fmt: skip
    return desk.take(message("answer", "case", version, data), LATER)


def outcome(drafts: list[Draft]) -> str:
    """The code that release is told."""
    (status,) = of_topic(drafts, "status")
    assert status.data is not None
    return str(status.data["outcome"])


def test_a_child_found_in_child_labour_is_referred_once(desk: Desk) -> None:
    """To the intake user of its state, with a deadline; later versions make no second one."""
    drafts = desk.take(child_event(CHILD, 1, {"r1": finding()}))
    assert outcome(drafts) == "waiting"
    desk.take(child_event(CHILD, 2, {"r1": finding(hours_week=20.0)}))
    with reading(desk.engine) as connection:
        (referral,) = store.list_by_child(connection, CHILD)
    assert (referral.recipient, referral.state) == ("intake_mmr013", "waiting")
    assert referral.deadline == (NOW + timedelta(days=14)).date()


@pytest.mark.parametrize(
    "facts",
    [
        finding(legal=NO, statistical=NO),
        finding(child_found="no"),
        finding(child_found="unmapped"),
        finding(child_found=None, legal=NO, statistical=NO),
        finding(legal=OPEN, statistical=OPEN),
        school_month(teacher_refers="no"),
        school_month(teacher_refers="not_asked"),
    ],
)
def test_what_is_no_trigger_makes_no_referral(desk: Desk, facts: Mapping[str, Any]) -> None:
    """No child labour found, or nobody asks."""
    assert desk.take(child_event(CHILD, 1, {"r1": facts})) == []


def test_a_list_of_children_at_work_need_not_say_that_one_was_found(desk: Desk) -> None:
    """It has no column for that, and its verdict says child labour."""
    drafts = desk.take(child_event(CHILD, 1, {"r1": finding(child_found=None)}))
    assert outcome(drafts) == "waiting"


def test_each_triggering_record_makes_its_own_referral(desk: Desk) -> None:
    """The inspector's finding and the teacher's request are two events."""
    drafts = desk.take(child_event(CHILD, 1, {"r1": finding(), "r2": school_month()}))
    (event,) = of_topic(drafts, "referral")
    assert event.data is not None
    assert len(event.data["referrals"]) == 2


def test_no_recipient_makes_a_persons_task(desk: Desk) -> None:
    """Nobody serves Ayeyarwady: never silent."""
    drafts = desk.take(child_event(CHILD, 1, {"r1": finding(township="MMR017001")}))
    assert tasks(desk) == {REFERRAL: ["no_recipient"]}
    assert outcome(drafts) == "task"


def test_a_referral_moves_with_its_answers(desk: Desk) -> None:
    """Accepted, then done; what repeats itself changes nothing."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    deliver(desk, "referral")
    said = {"kind": "referral", "service_id": service_id(REFERRAL)}
    assert outcome(answer(desk, state="accepted", **said)) == "accepted"
    assert answer(desk, state="accepted", **said) == []
    assert answer(desk, state="in_progress", **said) == []
    assert outcome(answer(desk, state="done", **said)) == "done"
    assert answer(desk, state="rejected", **said) == []
    assert referral_of(desk).state == "done"


def test_an_answer_that_comes_before_the_delivery_is_known_counts(desk: Desk) -> None:
    """The service row's id is known before anything is sent."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    answer(desk, kind="referral", state="accepted", service_id=service_id(REFERRAL))
    deliver(desk, "referral")
    assert referral_of(desk).state == "accepted"


def test_a_rejection_becomes_a_task(desk: Desk) -> None:
    """The child still needs somebody."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    deliver(desk, "referral")
    answer(desk, kind="referral", state="rejected", service_id=service_id(REFERRAL))
    assert tasks(desk) == {REFERRAL: ["rejected_by_recipient"]}


@pytest.mark.parametrize(
    ("owner", "status", "done", "state"),
    [
        ("intake_mmr013", "open", False, "delivered"),
        ("cw_1", "open", False, "accepted"),
        ("clm_hub", "open", False, "rejected"),
        ("cw_1", "open", True, "done"),
        ("cw_1", "closed", False, "done"),
    ],
)
def test_the_answer_to_an_assignment_is_read_from_the_case(
    desk: Desk, owner: str, status: str, done: bool, state: str
) -> None:
    """Owner, service row and status of the case that the hub made."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    deliver(desk, "assignment")
    case_says(desk, owner, status, done=done)
    assert referral_of(desk).state == state


def test_a_reused_case_answers_by_what_changes_in_it(desk: Desk) -> None:
    """Its owner before the delivery is no answer; a new owner is."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    case_says(desk, "cw_1", version="1", case="their-case")
    deliver(desk, "service", case="their-case")
    assert referral_of(desk).state == "delivered"
    case_says(desk, "cw_1", version="2", case="their-case")
    assert referral_of(desk).state == "delivered"
    case_says(desk, "cw_2", version="3", case="their-case")
    assert referral_of(desk).state == "accepted"


def test_silence_becomes_a_task_at_the_deadline(desk: Desk) -> None:
    """And a late answer still counts."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    deliver(desk, "referral")
    ring = Timer(stage="refer", key="deadline", due=NOW, data={"referral": REFERRAL})
    desk.wake(ring, LATER)
    assert tasks(desk) == {REFERRAL: ["unanswered"]}
    answer(desk, kind="referral", state="accepted", service_id=service_id(REFERRAL))
    assert referral_of(desk).state == "accepted"
    assert tasks(desk) == {}


def test_an_answered_referral_needs_nobody_at_its_deadline(desk: Desk) -> None:
    """A timer that rings late does no harm."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    answer(desk, kind="referral", state="accepted", service_id=service_id(REFERRAL))
    ring = Timer(stage="refer", key="deadline", due=NOW, data={"referral": REFERRAL})
    assert desk.wake(ring, LATER) == []
    assert tasks(desk) == {}


def test_what_the_recipient_refuses_for_good_becomes_a_task(desk: Desk) -> None:
    """Deliver says why."""
    desk.take(child_event(CHILD, 1, {"r1": finding()}))
    answer(desk, kind="delivery", referral=REFERRAL, state="undeliverable", reason="no_recipient")
    assert referral_of(desk).state == "undeliverable"
    assert tasks(desk) == {REFERRAL: ["no_recipient"]}
    deliver(desk, "referral")  # a person has mended what stood in the way
    assert tasks(desk) == {}


def test_a_referral_follows_its_record_into_another_child(desk: Desk) -> None:
    """After a merge the referral is the other child's, and none is made twice."""
    desk.take(child_event("younger", 1, {"r1": finding()}))
    drafts = desk.take(child_event(CHILD, 1, {"r0": finding(child_found="no"), "r1": finding()}))
    assert referral_of(desk).child == CHILD
    (event,) = of_topic(drafts, "referral")
    assert event.data is not None
    assert [one["id"] for one in event.data["referrals"]] == [REFERRAL]


def test_older_events_change_nothing(desk: Desk) -> None:
    """Late and doubled messages are harmless."""
    desk.take(child_event(CHILD, 2, {"r1": finding(legal=NO, statistical=NO)}))
    desk.take(child_event(CHILD, 3, {"r1": finding()}))
    assert desk.take(child_event(CHILD, 3, {"r1": finding()})) == []
    assert desk.take(child_event(CHILD, 2, {"r1": finding()})) == []
