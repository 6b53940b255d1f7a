"""Stage release: the consent decision and privacy filter for one child. Sends nothing to MOLIP.

Whatever message asks, it looks again at the stored state of the child and all consents, under the
lock of the child's row, and stores a candidate row or a reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from consent.engine import decide
from consent.filter import Refusal, to_mirror_row
from consent.model import Action, Channel, Consent, Decision, Purpose, Request, Unsupported
from consent.policy import Policy
from consent.profile import case_of
from consent.statements import consents_of
from consent.store import ConsentStore
from contracts.audit import AuditEntry
from contracts.codes import section_of
from contracts.envelope import Draft, Kind, Message, Part, decode_parts, encode_parts
from contracts.labels import Label
from contracts.model.mirror_case import MirrorCase
from hub import candidates as store
from hub.bus.stage import ShreddedError, Tx
from hub.candidates import Candidate, ReleaseChild
from hub.linkage import store as linkage

MOLIP = "molip"
WITHDRAW_TIMER = "withdraw"
_ANY: Mapping[str, Any] = {
    "pseudonym": f"m1{'a' * 26}", "epoch": 1, "rung": 0, "child_version": 1, "consent_version": 1,
}  # fmt: skip
"""What publish adds to a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`open_part` opens case parts only."""

    policy: Policy
    open_part: Callable[[Part], Mapping[str, Any]]

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Note what the message brings, then decide on the child as it is now."""
        known = store.lock_child(tx.connection, message.key)
        child = self._updated(message, known)
        heard = self._inherit(message, tx, now)
        if child is None and not heard:
            return
        if child is not None:
            audit = _audit(now, "store child", message.key)
            store.save_child(tx.connection, tx.shard, child, audit=audit)
        child = child or known
        if child.version:
            yield from self._decide(child, tx, now)
        if into := message.data.get("into"):
            yield from self._hand_over(message.key, into, tx, now)

    def _inherit(self, message: Message, tx: Tx, now: datetime) -> int:
        """Records that come from another child bring its objections along, late events too."""
        consents = ConsentStore(tx.connection, tx.shard)
        audit = _audit(now, "copy objections", message.key)
        return sum(
            consents.copy_consents(left, message.key, only_denials=True, audit=audit)
            for left in message.data.get("left", ())
        )

    def _hand_over(self, child: str, into: str, tx: Tx, now: datetime) -> Iterator[Draft]:
        """The child became part of another one: what people said for it counts there.

        That one may have become part of a third meanwhile, and its own event may have come first:
        its row is locked before linkage is asked, so that one of the two sees the other.
        """
        other = store.lock_child(tx.connection, into)
        while (further := linkage.follow(tx.connection, other.child)) != other.child:
            other = store.lock_child(tx.connection, further)
        audit = _audit(now, "copy consents", other.child)
        consents = ConsentStore(tx.connection, tx.shard)
        if consents.copy_consents(child, other.child, audit=audit) and other.version:
            yield from self._decide(other, tx, now)

    def _updated(self, message: Message, known: ReleaseChild) -> ReleaseChild | None:
        """The child with what the message says; None when that is older than what is known."""
        data = message.data
        if message.topic == "child":
            if data["version"] <= known.version:
                return None
            parts = tuple(p for p in message.envelope.parts if p.kind is Kind.CASE)
            return replace(known, version=data["version"], parts=encode_parts(parts))
        if message.topic == "status":
            if message.envelope.version <= known.status:
                return None
            return replace(known, outcome=data["outcome"], status=message.envelope.version)
        return known  # a consent: the API stored it in the transaction that published this

    # --- the decision --------------------------------------------------------------------------

    def _decide(self, child: ReleaseChild, tx: Tx, now: datetime) -> Iterator[Draft]:
        facts = self._facts(child)
        consents = ConsentStore(tx.connection, tx.shard)
        told = [
            *consents_of(child.child, facts, self.policy), *consents.consents_of(child.child)
        ]  # fmt: skip
        state, reason, row, decision = self._judge(child, facts, told, now)
        old = store.get_candidate(tx.connection, child.child)
        if old and (old.state, old.reason, dict(old.row)) == (state, reason, row):
            return
        number = old.decision + 1 if old else 1
        candidate = Candidate(
            child=child.child, child_version=child.version, consent_version=number,
            decision=number, state=state, reason=reason, row=row, decided_at=now,
        )  # fmt: skip
        if decision:
            audit = _audit(now, "record decision", child.child, reason or str(decision.effect))
            consents.add_decision(decision, audit=audit)
        audit = _audit(now, "store candidate", child.child, state)
        store.save_candidate(tx.connection, tx.shard, candidate, audit=audit)
        # Also when nothing is shown yet: an epoch that is closing now may still show it.
        if state != "candidate" and old and old.state == "candidate":
            timer = f"{WITHDRAW_TIMER}:{child.child}"
            tx.set_timer(timer, now, stage="publish", data={"child": child.child})
        yield _outcome(candidate)

    def _judge(
        self,
        child: ReleaseChild,
        facts: Sequence[Mapping[str, Any]],
        told: Sequence[Consent | Unsupported],
        now: datetime,
    ) -> tuple[str, str, dict[str, Any], Decision | None]:
        """State, reason and row of the child: what is undetermined waits for a person."""
        if not facts:
            return "withheld", "no_records", {}, None
        case = case_of(facts, now)
        if case.child_labour is None:
            return "parked", "undetermined", {}, None
        request = Request(
            subject=child.child, recipient=MOLIP, purpose=Purpose.MONITOR, action=Action.MIRROR,
            channel=Channel.MIRROR, classes=frozenset({Label.C1, Label.C2}), case=case,
        )  # fmt: skip
        decision = decide(request, told, self.policy, now)
        row = to_mirror_row(facts, decision, section_of=section_of, referral_outcome=child.outcome)
        if not isinstance(row, Refusal):
            wrong = _outside_schema(row)
            return ("parked", wrong, {}, None) if wrong else ("candidate", "", row, decision)
        reason = row.reasons[0] if row.reasons else "denied"
        waits = reason.startswith("incomplete:")
        return ("parked" if waits else "withheld"), reason, {}, decision

    def _facts(self, child: ReleaseChild) -> list[Mapping[str, Any]]:
        opened: list[Mapping[str, Any]] = []
        for part in decode_parts(child.parts):
            try:
                opened.append(self.open_part(part))
            except ShreddedError:
                continue  # destroyed, and rightly so: the child is what the other records say
        return opened


def _outside_schema(row: Mapping[str, Any]) -> str:
    """Why the mirror would refuse this row: found here, where it stops no other child's row."""
    try:
        MirrorCase(**_ANY, **row)
    except ValidationError as error:
        fields = {str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]}
        return f"incomplete:{min(fields & MirrorCase.model_fields.keys(), default='row')}"
    return ""


def _outcome(candidate: Candidate) -> Draft:
    """Where the child's ledger lines stand until an epoch says more."""
    state = "in_flight" if candidate.state == "candidate" else candidate.state
    return Draft(
        topic="outcome", type=f"clm.outcome.{state}.v1", key=candidate.child,
        version=f"{candidate.decision:010d}.{0:010d}",
        data={"child": candidate.child, "state": state, "reason": candidate.reason, "epoch": 0},
    )  # fmt: skip


def _audit(now: datetime, action: str, subject: str, reason: str = "") -> AuditEntry:
    return AuditEntry(at=now, actor="release", action=action, subject=subject, reason=reason)
