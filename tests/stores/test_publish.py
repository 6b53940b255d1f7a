"""Stage publish on both databases: k, epochs, and rows that must go at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from contracts.audit import AuditEntry
from contracts.envelope import Draft
from hub import candidates
from hub.bus.stage import Timer
from hub.candidates import Candidate
from hub.stages.publish import EPOCH_TIMER, Publish, next_epoch
from tests.stores.handling import NOW, Desk, hub_tables, message, of_topic, transaction

K = 5
ROW = {
    "state": "MMR013", "age_bracket": "12-14", "sex": "F", "isic_section": "C",
    "quarter": "2026-01", "legal_verdict": "yes", "statistical_verdict": "yes",
    "hazardous": False, "worst_form": False, "referral_outcome": "unknown",
}  # fmt: skip
AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")
EPOCH = Timer(stage="publish", key=EPOCH_TIMER, due=NOW)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """The stage with k = 5."""
    handler = Publish(pseudonym=pseudonym, k=K, epoch_seconds=3600)
    return Desk(engine=hub_tables(engine), stage="publish", handler=handler)


def pseudonym(child: str) -> str:
    """A name of the right form that tells children apart."""
    number = int(child.removeprefix("child-"))
    return f"m1{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{'a' * 25}"


def decide(desk: Desk, number: int, state: str = "candidate", **changes: object) -> Candidate:
    """Store a decision on one child, as release does."""
    child = f"child-{number}"
    with transaction(desk.engine, "release") as tx:
        old = candidates.get_candidate(tx.connection, child)
        decision = old.decision + 1 if old else 1
        candidate = Candidate(
            child=child, child_version=1, consent_version=decision, decision=decision, state=state,
            reason="" if state == "candidate" else "objection",
            row={**ROW, **changes} if state == "candidate" else {}, decided_at=NOW,
        )  # fmt: skip
        candidates.save_candidate(tx.connection, tx.shard, candidate, audit=AUDIT)
    return candidate


def close_epoch(desk: Desk) -> list[Draft]:
    """Let the epoch's timer ring."""
    return desk.wake(EPOCH)


def withdraw(desk: Desk, number: int) -> list[Draft]:
    """Let the timer ring that release sets for a child that may not be shown any more."""
    timer = Timer(stage="publish", key=f"withdraw:{number}", due=NOW)
    return desk.wake(replace(timer, data={"child": f"child-{number}"}))


def rows(drafts: list[Draft]) -> list[Draft]:
    """The rows among what goes to MOLIP."""
    return [d for d in of_topic(drafts, "mirror") if d.type == "clm.mirror.case.v1"]


def tombstones(drafts: list[Draft]) -> list[str]:
    """The pseudonyms whose rows are taken away."""
    return [d.key for d in of_topic(drafts, "mirror") if d.data is None]


def told(drafts: list[Draft]) -> dict[str, tuple[str, str]]:
    """What the ledger learns of each child."""
    return {
        d.key: (d.data["state"], d.data["reason"]) for d in of_topic(drafts, "outcome") if d.data
    }


def test_a_class_of_k_is_shown(desk: Desk) -> None:
    """Five children of one class make five rows, ended by the marker."""
    for number in range(K):
        decide(desk, number)
    drafts = close_epoch(desk)
    assert len(rows(drafts)) == K
    marker = of_topic(drafts, "mirror")[-1]
    assert marker.data is not None
    assert (marker.type, marker.data["rows"]) == ("clm.mirror.epoch.v1", K)
    assert set(told(drafts).values()) == {("released", "")}


def test_a_class_smaller_than_k_shows_no_row(desk: Desk) -> None:
    """Four are withheld with the reason, and one of another class does not help them."""
    for number in range(K - 1):
        decide(desk, number)
    decide(desk, 9, sex="M")
    drafts = close_epoch(desk)
    assert rows(drafts) == []
    assert set(told(drafts).values()) == {("withheld", "class_too_small")}


def test_an_epoch_without_changes_sends_its_marker_only(desk: Desk) -> None:
    """Nothing is sent again, and the epoch's number grows."""
    for number in range(K):
        decide(desk, number)
    close_epoch(desk)
    drafts = close_epoch(desk)
    (marker,) = drafts
    assert marker.data is not None
    assert marker.data["epoch"] == 2


def test_a_child_that_completes_its_class_brings_the_others_in(desk: Desk) -> None:
    """k is counted anew at every epoch."""
    for number in range(K - 1):
        decide(desk, number)
    close_epoch(desk)
    decide(desk, K)
    assert len(rows(close_epoch(desk))) == K


def test_a_withdrawal_takes_the_row_at_once(desk: Desk) -> None:
    """It waits for no epoch, and the others stay while their class keeps k."""
    for number in range(K + 1):
        decide(desk, number)
    close_epoch(desk)
    decide(desk, 0, state="withheld")
    drafts = withdraw(desk, 0)
    assert tombstones(drafts) == [pseudonym("child-0")]
    assert told(drafts) == {"child-0": ("withheld", "objection")}


def test_a_withdrawal_that_breaks_k_takes_the_whole_class(desk: Desk) -> None:
    """Four left would point to each other: they go with the fifth, in the same act."""
    for number in range(K):
        decide(desk, number)
    close_epoch(desk)
    decide(desk, 0, state="withheld")
    drafts = withdraw(desk, 0)
    assert len(tombstones(drafts)) == K
    states = told(drafts)
    assert states.pop("child-0") == ("withheld", "objection")
    assert set(states.values()) == {("withheld", "class_too_small")}


def test_a_tombstone_is_never_older_than_the_row_that_it_takes(desk: Desk) -> None:
    """The mirror refuses what is older than the last withdrawal: versions must grow with it."""
    for number in range(K):
        decide(desk, number)
    shown = {d.key: d.version for d in rows(close_epoch(desk))}
    decide(desk, 0, state="withheld")
    (gone, *others) = [d for d in of_topic(withdraw(desk, 0), "mirror") if d.data is None]
    assert gone.version > shown[gone.key]
    assert all(d.version > shown[d.key] for d in others)


def test_ringing_twice_withdraws_once(desk: Desk) -> None:
    """A second tombstone would only be noise."""
    for number in range(K):
        decide(desk, number)
    close_epoch(desk)
    decide(desk, 0, state="withheld")
    withdraw(desk, 0)
    assert withdraw(desk, 0) == []


def test_a_figure_sent_again_counts_once(desk: Desk) -> None:
    """The newest version of an inspection counts, in its state and quarter."""
    figure = {"system": "labour_inspection", "ref": "r", "township": "MMR013002",
              "month": "2026-02", "kind": "inspection", "outcome": "no_child_found"}  # fmt: skip
    for version in ("1", "2", "1"):
        desk.take(message("figure", "r", version, figure))
    (cell,) = of_topic(close_epoch(desk), "statistics")
    assert cell.data == {
        "table": "inspections_no_child", "area": "MMR013", "period": "2026-01", "value": 1,
    }  # fmt: skip


def test_epochs_end_on_boundaries_of_the_clock() -> None:
    """The next one is always later than now, by at most its length."""
    length = 3600
    for minutes in range(0, 180, 7):
        now = NOW + timedelta(minutes=minutes)
        due = next_epoch(now, length)
        assert now < due <= now + timedelta(seconds=length)
        assert next_epoch(due, length) == due + timedelta(seconds=length)


def test_a_row_that_its_class_lost_is_older_than_its_tombstone_and_younger_when_it_is_back(
    desk: Desk,
) -> None:
    """No new decision tells them apart, and another worker may publish the row late."""
    for number in range(K):
        decide(desk, number)
    shown = {draft.key: draft.version for draft in rows(close_epoch(desk))}
    decide(desk, 0, state="withheld")
    gone = {draft.key: draft.version for draft in of_topic(withdraw(desk, 0), "mirror")}
    decide(desk, 0)
    back = {draft.key: draft.version for draft in rows(close_epoch(desk))}
    assert len(shown) == len(gone) == len(back) == K
    assert all(shown[key] < gone[key] < back[key] for key in shown)
