"""Deliveries of children that merge and split, and of many that wait: stage deliver on both."""

from typing import Any

from contracts.envelope import Message, Part
from contracts.errors import RetriableError
from hub import deliveries
from hub.bus.database import reading
from hub.deliveries import SENT, WAITING
from hub.linkage import store as linkage
from hub.linkage.store import StoredChild, StoredRecord
from tests.stores.handling import NOW, message, transaction
from tests.stores.test_deliver import AUDIT, CHILD, Stage, make_ready, receipt, referral_event
from tests.stores.test_deliver import stage as stage  # noqa: PLC0414 - a fixture

OTHER = "child-2"


def about(event: Message, child: str, *, sequence: int = 1, members: bool = True,
          referrals: bool = True, **changes: Any) -> Message:  # fmt: skip
    """The same event of another child, or without its record or its referral."""
    data = dict(event.data)
    data |= {"child": child, "sequence": sequence}
    data["members"] = data["members"] if members else []
    data["referrals"] = [one | changes for one in data["referrals"]] if referrals else []
    contents: list[tuple[Part, dict[str, Any]]] = [(one, {}) for one in event.envelope.parts]
    return message("referral", child, f"{sequence:010d}", data, contents)


def link(stage: Stage, child: str | None, ref: str = "r1") -> None:
    """Linkage says whose the triggering record is; every child is known there."""
    record = StoredRecord(
        system="labour_inspection", ref=ref, person=f"p-{ref}", record="inspection", version="1",
        changed=NOW.isoformat(), card_key=None, name_key=None, child=child, made_at=NOW, parts=b"",
    )  # fmt: skip
    with transaction(stage.desk.engine, "identify") as tx:
        linkage.save_record(tx.connection, tx.shard, record, audit=AUDIT)
        if child:
            one = StoredChild(child=child, version=1, made_at=NOW, merged_into=None)
            linkage.save_child(tx.connection, tx.shard, one, audit=AUDIT)


def test_a_failure_leaves_a_delivery_with_the_child_that_got_it_meanwhile(stage: Stage) -> None:
    """Two children became one while the recipient was being asked."""
    event = referral_event(stage)
    stage.desk.take(event)
    make_ready(stage)
    stage.primero.answers = [RetriableError("busy"), receipt()]
    with transaction(stage.desk.engine, "deliver") as tx:
        (errand,) = stage.handler.claim(tx, NOW, 1)
    link(stage, OTHER)
    stage.desk.take(about(event, OTHER))
    stage.desk.take(about(event, CHILD, sequence=2, members=False, referrals=False))
    stage.settle(errand)
    stored = stage.stored()
    assert (stored.child, stored.state, stored.attempts) == (OTHER, WAITING, 1)
    stage.time[0] = 200.0
    assert stage.run()
    assert stage.stored().state == SENT


def test_what_was_sent_is_not_sent_again_for_the_child_that_the_record_moved_to(
    stage: Stage,
) -> None:
    """Whichever of the two children's events comes first."""
    event = referral_event(stage)
    stage.desk.take(event)
    make_ready(stage)
    stage.primero.answers = [receipt()]
    stage.run()
    link(stage, OTHER)
    stage.desk.take(about(event, CHILD, sequence=2, members=False, referrals=False))
    stage.desk.take(about(event, OTHER))
    assert (stage.stored().child, stage.stored().state) == (OTHER, SENT)
    assert stage.run() is None


def test_a_referral_whose_record_has_moved_waits_for_the_news_of_the_other_child(
    stage: Stage,
) -> None:
    """It is not refused for want of the record that triggered it."""
    event = referral_event(stage)
    stage.desk.take(about(event, CHILD, members=False))
    make_ready(stage)
    link(stage, OTHER)
    assert stage.run() is None
    stage.desk.take(about(event, OTHER))
    stage.primero.answers = [receipt()]
    assert stage.run()
    assert stage.stored().state == SENT


def test_an_answer_home_whose_record_has_moved_waits_too(stage: Stage) -> None:
    """The office hears of it once deliver has heard of the other child."""
    event = referral_event(stage, state="accepted")
    link(stage, OTHER)
    stage.desk.take(about(event, CHILD, members=False))
    assert stage.run() is None
    stage.desk.take(about(event, OTHER))
    stage.run()
    assert [one.state for one in stage.office.got] == ["accepted"]


def test_an_answer_goes_home_though_many_referrals_wait_for_their_recipient(stage: Stage) -> None:
    """The recipient's system is away, with more referrals waiting than one look takes."""
    event = referral_event(stage)
    for number in range(60):
        stage.desk.take(about(event, f"waits-{number}", id=f"ref-waits-{number}"))
    stage.desk.take(about(event, OTHER, id="ref-2", state="accepted"))
    stage.run()
    assert [one.referral for one in stage.office.got] == ["ref-2"]


def test_a_delivery_that_cannot_be_built_stops_no_other(stage: Stage) -> None:
    """An unforeseen failure rests that one, and is seen."""
    event = referral_event(stage)
    stage.desk.take(about(event, CHILD, deadline="no day"))
    stage.desk.take(about(event, OTHER, id="ref-2", trigger_at="2026-02-01T06:00:01+00:00"))
    make_ready(stage)
    link(stage, OTHER, "other")
    make_ready(stage, NOW.replace(hour=7))
    stage.primero.answers = [receipt()]
    stage.run()
    stage.run()
    with reading(stage.desk.engine) as connection:
        states = {one: deliveries.get_delivery(connection, f"referral:{one}")
                  for one in ("ref-1", "ref-2")}  # fmt: skip
    assert {name: one.state for name, one in states.items() if one} == {
        "ref-1": WAITING, "ref-2": SENT,
    }  # fmt: skip
    assert states["ref-1"].problem == "FatalError"  # type: ignore[union-attr]
