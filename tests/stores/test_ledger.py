"""The ledger on both databases: received is the sum of all states, whatever comes in what order."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine

from contracts.audit import AuditEntry
from hub import ledger
from hub.bus.database import reading
from hub.bus.parking import Parked, park
from hub.bus.port import Incoming, Partition
from hub.ledger import Line, Totals
from hub.stages.account import Account
from tests.stores.handling import NOW, Desk, hub_tables, message, transaction

AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """Stage account."""
    return Desk(engine=hub_tables(engine), stage="account", handler=Account())


def collect(desk: Desk, ref: str, version: str = "1", kind: str = ledger.RECORD) -> None:
    """Open a line, as collect does."""
    line = Line(system="emis", ref=ref, kind=kind, version=version)
    with transaction(desk.engine, "collect") as tx:
        ledger.open_lines(tx.connection, tx.shard, [line], NOW, audit=AUDIT)


def tell(desk: Desk, version: str, data: Mapping[str, Any]) -> None:
    """An outcome of a record or of a child."""
    desk.take(message("outcome", "key", version, {"system": "emis", **data}))


def receipt(desk: Desk, epoch: int) -> None:
    """The mirror shows an epoch."""
    desk.take(message("receipt", str(epoch), "1", {"epoch": epoch, "rows": 1}))


def totals(desk: Desk) -> Totals:
    """How the source's lines stand."""
    with reading(desk.engine) as connection:
        return ledger.totals(connection)["emis"]


def test_a_collected_record_is_in_flight(desk: Desk) -> None:
    """Until something ends it."""
    collect(desk, "a")
    assert totals(desk) == Totals(received=1, in_flight=1)


@pytest.mark.parametrize("state", ["rejected", "parked", "counted"])
def test_a_line_ends_by_itself(desk: Desk, state: str) -> None:
    """States that are a record's own."""
    collect(desk, "a")
    tell(desk, "1", {"ref": "a", "state": state, "reason": "why"})
    assert totals(desk) == Totals(received=1, **{state: 1})


def test_a_linked_line_follows_its_child(desk: Desk) -> None:
    """All lines of a child stand where it stands."""
    for ref in ("a", "b"):
        collect(desk, ref)
        tell(desk, "1|m", {"ref": ref, "state": "linked", "child": "c", "turn": 1})
    assert totals(desk) == Totals(received=2, in_flight=2)
    tell(desk, "1.0", {"child": "c", "state": "withheld", "reason": "objection", "epoch": 0})
    assert totals(desk) == Totals(received=2, withheld=2)


def test_released_waits_for_the_mirror(desk: Desk) -> None:
    """A row that the mirror has not acknowledged is still in flight."""
    collect(desk, "a")
    tell(desk, "1", {"ref": "a", "state": "linked", "child": "c", "turn": 1})
    tell(desk, "1.1", {"child": "c", "state": "released", "reason": "", "epoch": 3})
    receipt(desk, 2)
    assert totals(desk) == Totals(received=1, in_flight=1)
    receipt(desk, 3)
    assert totals(desk) == Totals(received=1, released=1)
    receipt(desk, 1)  # a late receipt takes nothing back
    assert totals(desk) == Totals(received=1, released=1)


def test_a_newer_version_is_in_flight_again_and_counted_once(desk: Desk) -> None:
    """One line per record, never per version."""
    collect(desk, "a", "1")
    tell(desk, "1", {"ref": "a", "state": "rejected", "reasons": []})
    collect(desk, "a", "2")
    assert totals(desk) == Totals(received=1, in_flight=1)
    tell(desk, "2|m", {"ref": "a", "state": "linked", "child": "c", "turn": 1})
    tell(desk, "1.0", {"child": "c", "state": "parked", "reason": "undetermined", "epoch": 0})
    assert totals(desk) == Totals(received=1, parked=1)


def test_older_outcomes_change_nothing(desk: Desk) -> None:
    """Late and doubled messages are harmless: of a version, of a turn, of a child."""
    collect(desk, "a", "2")
    tell(desk, "2", {"ref": "a", "state": "linked", "child": "new", "turn": 7})
    tell(desk, "2", {"ref": "a", "state": "linked", "child": "old", "turn": 6})
    tell(desk, "1", {"ref": "a", "state": "rejected", "reasons": []})
    tell(desk, "2.0", {"child": "new", "state": "withheld", "reason": "x", "epoch": 0})
    tell(desk, "1.9", {"child": "new", "state": "parked", "reason": "x", "epoch": 0})
    assert totals(desk) == Totals(received=1, withheld=1)


def test_echoes_and_answers_are_outside_the_sum(desk: Desk) -> None:
    """Cases that the hub made itself come back, and are counted apart."""
    collect(desk, "a")
    collect(desk, "echo", kind=ledger.ECHO)
    collect(desk, "answer", kind=ledger.ANSWER)
    assert totals(desk).received == 1
    with reading(desk.engine) as connection:
        assert ledger.count_echoes(connection) == 1


def test_a_source_has_passed_identify_when_no_version_lags(desk: Desk) -> None:
    """A referral waits for this; answers do not count, echoes do."""
    collect(desk, "answer", kind=ledger.ANSWER)
    assert passed(desk)
    collect(desk, "echo", kind=ledger.ECHO)
    assert not passed(desk)
    tell(desk, "1|m", {"ref": "echo", "state": "linked", "child": "c", "turn": 1})
    assert passed(desk)


def passed(desk: Desk) -> bool:
    """Ask the ledger."""
    with reading(desk.engine) as connection:
        return ledger.has_passed_identify(connection, "emis")


def test_the_reasons_of_a_rejection_are_kept(desk: Desk) -> None:
    """Where, which column, what is wrong, what to do."""
    reason = {"code": "age_impossible", "message": "m", "next_step": "n", "column": "child_age",
              "where": "a.xlsx, sheet 1, row 7"}  # fmt: skip
    collect(desk, "a")
    tell(desk, "1", {"ref": "a", "state": "rejected", "reasons": [reason]})
    with reading(desk.engine) as connection:
        (line,) = ledger.list_rejected(connection, "emis")
    assert (line.reasons[0].code, line.reasons[0].where) == (reason["code"], reason["where"])


def test_a_file_that_was_mended_leaves_the_ledger(desk: Desk) -> None:
    """Its rows count instead of it."""
    collect(desk, "file")
    tell(desk, "1", {"ref": "file", "state": "rejected", "reasons": []})
    with transaction(desk.engine, "collect") as tx:
        ledger.close_mended(tx.connection, tx.shard, "emis", ["file"], audit=AUDIT)
    with reading(desk.engine) as connection:
        assert ledger.totals(connection) == {}


def test_a_line_whose_child_failed_at_release_is_parked_until_it_is_decided(desk: Desk) -> None:
    """An unforeseen failure waits for a person: it is not in flight for ever."""
    collect(desk, "a")
    tell(desk, "1", {"ref": "a", "state": "linked", "child": "c", "turn": 1})
    envelope = message("child", "c", "1", {"child": "c", "version": 1}).envelope
    record = Incoming(
        partition=Partition("child", 0), offset=0, key=b"c", value=b"sealed", headers=[]
    )
    aside = Parked(
        stage="release", record=record, envelope=envelope, error="ValueError", place="",
        attempts=1, at=NOW,
    )  # fmt: skip
    with transaction(desk.engine, "release") as tx:
        park(tx.connection, aside)
    assert totals(desk) == Totals(received=1, parked=1)
    tell(desk, "1.0", {"child": "c", "state": "withheld", "reason": "objection", "epoch": 0})
    assert totals(desk) == Totals(received=1, withheld=1)
