"""Stage refer: the standard operating procedure, and the one owner of a referral's state.

It opens case facts only, sends nothing, and never waits: deliver does both.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from adapters.sdk.ids import case_id, service_id
from contracts.audit import AuditEntry
from contracts.dates import COUNTRY_ZONE
from contracts.envelope import Draft, Kind, Message, Opened, decode_parts, derived_id, encode_parts
from hub.bus.stage import Timer, Tx
from hub.linkage import store as linkage
from hub.referrals import store
from hub.referrals.procedure import Directory, Procedure, Trigger
from hub.referrals.states import ANSWERED, FROM_PRIMERO, REACHED, may_move, outcome
from hub.referrals.store import Referral, ReferredChild

DEADLINE_FRACTION = timedelta(milliseconds=500)
"""Deadlines fall on half seconds, sources on whole ones, epochs on three quarters: what is due
at one instant never competes, so a day has one order on every run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    """`record_ref(system, key)` makes pseudonyms; `service_user` is the hub's own account."""

    procedure: Procedure
    directory: Directory
    record_ref: Callable[[str, str], str]
    service_user: str

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """A child may need a referral; an answer moves one; a consent asks to look again."""
        if message.topic == "child":
            yield from self._child(message, tx, now)
        elif message.topic == "answer":
            yield from self._answer(message, tx, now)
        elif child := store.lock_child(tx.connection, message.key):
            yield from self._publish(child, tx, now)

    def wakes(self, timer: Timer, tx: Tx, now: datetime) -> Iterator[Draft]:
        """A deadline: a referral that nobody has answered becomes a person's task."""
        found = store.get_one(tx.connection, timer.data["referral"])
        referral = store.hold(tx.connection, found) if found else None
        if referral and referral.state not in ANSWERED:
            self._task(referral, "unanswered", tx, now)
            if child := store.lock_child(tx.connection, referral.child):
                yield from self._publish(child, tx, now)

    # --- a child -------------------------------------------------------------------------------

    def _child(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        data = message.data
        old = store.lock_child(tx.connection, message.key)
        if old and old.version >= data["version"]:
            return
        facts = {one.part.origin: one for one in message.contents(Kind.CASE)}
        ours = False
        for member in data["members"]:
            opened = facts.get(member["origin"])
            if opened is not None:
                ours |= self._consider(message.key, member, opened, tx, now)
        if not ours and not store.list_by_child(tx.connection, message.key) and old is None:
            return
        child = ReferredChild(
            child=message.key, version=data["version"], sequence=old.sequence if old else 0,
            members=data["members"], parts=encode_parts(message.envelope.parts),
        )  # fmt: skip
        yield from self._publish(child, tx, now)

    def _consider(
        self, child: str, member: Mapping[str, Any], opened: Opened, tx: Tx, now: datetime
    ) -> bool:
        """Make the referral that this record asks for, once; True when the record has one."""
        known = store.get_by_trigger(tx.connection, member["system"], member["ref"])
        trigger = None if known else self.procedure.trigger(opened.content)
        if known is None and trigger is None:
            return False
        record = linkage.hold_record(tx.connection, member["system"], member["ref"])
        if record and record.child != child:  # it has left this child: a newer event says so
            return known is not None and known.child == child
        if known and known.child != child:  # its record became part of another child
            known = store.hold(tx.connection, known)
            self._save(replace(known, child=child), "move referral", tx, now)
        if trigger is None:
            return True
        referral = self._new(child, member, opened.content, trigger, now)
        self._save(referral, "make referral", tx, now)
        if not referral.recipient:
            self._task(referral, "no_recipient", tx, now)
        due = datetime.combine(referral.deadline, time(17), COUNTRY_ZONE) + DEADLINE_FRACTION
        tx.set_timer(f"deadline:{referral.id}", due, data={"referral": referral.id})
        return True

    def _new(
        self, child: str, member: Mapping[str, Any], facts: Mapping[str, Any], trigger: Trigger,
        now: datetime,
    ) -> Referral:  # fmt: skip
        recipient = self.directory.find(trigger.recipient, facts.get("township"))
        name = derived_id("referral", member["system"], member["ref"])
        today = now.astimezone(COUNTRY_ZONE).date()
        system = recipient.system if recipient else "dsw_cms"
        return Referral(
            id=name, child=child, trigger_system=member["system"], trigger_ref=member["ref"],
            trigger_name=trigger.name, trigger_at=now,
            state="waiting" if recipient else "undeliverable", state_on=today,
            recipient_system=system, recipient=recipient.user if recipient else "",
            service=trigger.service, service_id=service_id(name), route="",
            case_ref=self.record_ref(system, case_id(child)), case_before=None,
            made_at=now, deadline=trigger.deadline(today),
        )  # fmt: skip

    # --- an answer -----------------------------------------------------------------------------

    def _answer(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        data = message.data
        moved: list[Referral | None]
        if data["kind"] == "delivery":
            moved = self._delivered(data, tx, now)
        elif data["kind"] == "referral":
            moved = [self._referral_answered(data, tx, now)]
        else:
            audit = _audit(now, "store case state", data["case_ref"])
            store.save_case(
                tx.connection, tx.shard, data["case_ref"], message.envelope.version, data,
                audit=audit,
            )  # fmt: skip
            moved = self._case_answered(data["case_ref"], tx, now)
        for child in sorted({referral.child for referral in moved if referral}):
            if stored := store.lock_child(tx.connection, child):
                yield from self._publish(stored, tx, now)

    def _delivered(self, data: Mapping[str, Any], tx: Tx, now: datetime) -> list[Referral | None]:
        """What deliver came to: the recipient holds it, or it never will."""
        found = store.get_one(tx.connection, data["referral"])
        if found is None:
            return []
        referral = store.hold(tx.connection, found)
        if data["state"] == "undeliverable":
            self._task(referral, data["reason"], tx, now)
            return [self._move(referral, "undeliverable", data["on"], tx, now) or referral]
        routed = replace(referral, route=data["route"], case_ref=data["case_ref"])
        self._save(routed, "note delivery", tx, now)
        moved = [self._move(routed, "delivered", data["on"], tx, now)]
        return moved + self._case_answered(data["case_ref"], tx, now)

    def _referral_answered(self, data: Mapping[str, Any], tx: Tx, now: datetime) -> Referral | None:
        found = store.get_by_service(tx.connection, [data["service_id"]])
        state = FROM_PRIMERO.get(data["state"])
        if found is None or state is None:
            return None
        return self._move(store.hold(tx.connection, found), state, data["on"], tx, now)

    def _case_answered(self, case_ref: str, tx: Tx, now: datetime) -> list[Referral | None]:
        """Read the answer to assignments and bare service rows out of the case itself."""
        case = store.get_case(tx.connection, case_ref)
        moved: list[Referral | None] = []
        for found in store.list_by_case(tx.connection, case_ref) if case else ():
            stored = store.hold(tx.connection, found)
            if case is None or stored.route not in ("assignment", "service"):
                continue
            referral = stored
            if stored.case_before is None:
                referral = replace(stored, case_before=self._before(stored, case))
                self._save(referral, "note case at delivery", tx, now)
            if state := self._state_in_case(referral, case):
                moved.append(self._move(referral, state, case["on"], tx, now))
        return moved

    def _before(self, referral: Referral, case: Mapping[str, Any]) -> dict[str, Any]:
        """The case as delivery left it: a new one is the recipient's, a reused one as it was."""
        if referral.route == "assignment":
            owner = self.record_ref(referral.recipient_system, referral.recipient)
            return {"owner": owner, "status": "open"}
        return {"owner": case["owner"], "status": case["status"]}

    def _state_in_case(self, referral: Referral, case: Mapping[str, Any]) -> str | None:
        before = referral.case_before or {}
        closed = case["status"] == "closed" and before["status"] != "closed"
        if [referral.service_id, True] in case["services"] or closed:
            return "done"
        if case["owner"] == before["owner"]:
            return None
        ours = self.record_ref(referral.recipient_system, self.service_user)
        return "rejected" if case["owner"] == ours else "accepted"

    # --- what both do --------------------------------------------------------------------------

    def _move(
        self, referral: Referral, state: str, on: str, tx: Tx, now: datetime
    ) -> Referral | None:
        """Move a referral; None when the state machine knows no such move."""
        if not may_move(referral.state, state):
            return None
        moved = replace(referral, state=state, state_on=date.fromisoformat(on))
        self._save(moved, f"referral {state}", tx, now)
        if state in REACHED:
            audit = _audit(now, "end tasks", referral.child)
            store.end_tasks(tx.connection, tx.shard, referral.id, now, audit=audit)
        if state in ANSWERED:
            tx.drop_timer(f"deadline:{referral.id}")
        if state == "rejected":
            self._task(moved, "rejected_by_recipient", tx, now)
        return moved

    def _save(self, referral: Referral, action: str, tx: Tx, now: datetime) -> None:
        audit = _audit(now, action, referral.child)
        store.save_referral(tx.connection, tx.shard, referral, audit=audit)

    def _task(self, referral: Referral, reason: str, tx: Tx, now: datetime) -> None:
        audit = _audit(now, f"open task {reason}", referral.child)
        store.open_task(tx.connection, tx.shard, referral.id, reason, now, audit=audit)

    def _publish(self, child: ReferredChild, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Tell deliver the child's whole state, and release its outcome code."""
        new = replace(child, sequence=child.sequence + 1)
        store.save_child(
            tx.connection, tx.shard, new, audit=_audit(now, "store referred child", child.child)
        )
        referrals = store.list_by_child(tx.connection, child.child)
        version = f"{new.sequence:010d}"
        data = {
            "child": child.child, "version": child.version, "sequence": new.sequence,
            "members": list(child.members), "referrals": [_as_data(one) for one in referrals],
        }  # fmt: skip
        yield Draft(
            topic="referral", type="clm.referral.v1", key=child.child, version=version, data=data,
            parts=decode_parts(child.parts),
        )  # fmt: skip
        code = outcome([one.state for one in referrals])
        yield Draft(
            topic="status", type="clm.status.v1", key=child.child, version=version,
            data={"child": child.child, "outcome": code},
        )  # fmt: skip


def _as_data(referral: Referral) -> dict[str, Any]:
    names: Sequence[str] = (
        "id", "trigger_system", "trigger_ref", "state", "recipient_system", "recipient",
        "service", "service_id", "route", "case_ref",
    )  # fmt: skip
    data: dict[str, Any] = {name: getattr(referral, name) for name in names}
    return data | {
        "trigger_at": referral.trigger_at.isoformat(), "state_on": referral.state_on.isoformat(),
        "deadline": referral.deadline.isoformat(),
    }  # fmt: skip


def _audit(now: datetime, action: str, subject: str) -> AuditEntry:
    return AuditEntry(at=now, actor="refer", action=action, subject=subject)
