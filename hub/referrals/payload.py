"""What goes out: builds a delivery from a child's sealed records, under the decision of now.

The only place where a referral's content is put together; it sends nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from adapters.sdk.ids import case_id
from adapters.sdk.ports import Answer, Delivery
from consent.disclosure import disclosure_of
from consent.engine import decide
from consent.filter import Refusal, for_referral
from consent.model import Action, Channel, Decision, Purpose, Request
from consent.policy import Policy
from consent.profile import case_of
from consent.statements import consents_of
from consent.store import ConsentStore
from contracts.audit import AuditEntry
from contracts.envelope import Kind, Part, decode_parts
from contracts.errors import Reason, RejectedError
from contracts.labels import Label
from hub.bus.stage import ShreddedError, Tx
from hub.deliveries import DeliveredChild
from hub.linkage import store as linkage

CLASSES = frozenset({Label.C1, Label.C2, Label.C3})
Prepared = Delivery | RejectedError
Referral = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of the child, opened."""

    member: Mapping[str, Any]
    identity: Mapping[str, Any] = field(repr=False)
    facts: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payloads:
    """`open_part` opens what the stage deliver may see; `policy` is the pack in force."""

    policy: Policy
    open_part: Callable[[Part], Mapping[str, Any]]

    def delivery(
        self, child: DeliveredChild, referral: Referral, tx: Tx, now: datetime
    ) -> Prepared:
        """Decide, record decision and disclosure, and build the content; or say why not."""
        records = self._records(child)
        trigger = _trigger(records, referral)
        if trigger is None:
            return _refusal("trigger_gone")
        consents = ConsentStore(tx.connection, tx.shard)
        decision = self._decide(child, referral, records, tx, now)
        content = for_referral(_identity(trigger, records), [r.facts for r in records], decision)
        audit = _audit(now, "record decision", child.child, decision.effect)
        consents.add_decision(decision, audit=audit)
        if isinstance(content, Refusal):
            return _refusal(content.reasons[0])
        case = self._existing_case(records, referral, tx)
        audit = _audit(now, "disclose", child.child, decision.basis)
        consents.add_disclosure(disclosure_of(decision, referral["id"], now), audit=audit)
        return Delivery(
            id=referral["id"], recipient=referral["recipient"], service=referral["service"],
            to_system=referral["recipient_system"],
            with_consent=decision.by_consent(Label.C3) and _case_consents(case),
            case=case.facts["case_id"] if case else None, new_case=case_id(child.child),
            identity=content.identity, facts=content.facts, consents=content.consents,
            from_system=referral["trigger_system"], from_office=trigger.facts.get("office", ""),
            from_record=trigger.facts["row_key"],
            deadline=date.fromisoformat(referral["deadline"]),
        )  # fmt: skip

    def answer(self, child: DeliveredChild, referral: Referral) -> Answer | RejectedError:
        """The state of a referral for the office that triggered it, in its own row's terms."""
        trigger = _trigger(self._records(child), referral)
        if trigger is None:
            return _refusal("trigger_gone")
        return Answer(
            referral=referral["id"], system=referral["trigger_system"],
            office=trigger.facts.get("office", ""), row_key=trigger.facts["row_key"],
            state=referral["state"], on=date.fromisoformat(referral["state_on"]),
        )  # fmt: skip

    def _decide(
        self,
        child: DeliveredChild,
        referral: Referral,
        records: Sequence[Record],
        tx: Tx,
        now: datetime,
    ) -> Decision:
        facts = [record.facts for record in records]
        stored = ConsentStore(tx.connection, tx.shard).consents_of(child.child)
        told = [*consents_of(child.child, facts, self.policy), *stored]
        request = Request(
            subject=child.child, recipient=referral["recipient_system"], purpose=Purpose.REFERRAL,
            action=Action.REFER, channel=Channel.DELIVERY, classes=CLASSES,
            case=case_of(facts, now),
        )  # fmt: skip
        return decide(request, told, self.policy, now)

    def _records(self, child: DeliveredChild) -> list[Record]:
        """The child's records whose keys still exist, in their fixed order."""
        opened: dict[tuple[str, Kind], Mapping[str, Any]] = {}
        for part in decode_parts(child.parts):
            try:
                opened[part.origin, part.kind] = self.open_part(part)
            except ShreddedError:
                continue
        return [
            Record(
                member=member,
                identity=opened[member["origin"], Kind.IDENTITY],
                facts=opened[member["origin"], Kind.CASE],
            )
            for member in child.data["members"]
            if (member["origin"], Kind.CASE) in opened
        ]

    def _existing_case(
        self, records: Sequence[Record], referral: Referral, tx: Tx
    ) -> Record | None:
        """The recipient's own case of the child: an open one first, then by its id.

        A case that the hub made itself counts too, once it is there.
        """
        own = [r for r in records if r.member["system"] == referral["recipient_system"]]
        cases = sorted(
            (r for r in own if r.facts.get("case_id")),
            key=lambda r: (r.facts.get("case_status") == "closed", r.facts["case_id"]),
        )
        made = [
            r for r in cases
            if linkage.bound_child(tx.connection, r.member["system"], r.member["ref"])
        ]  # fmt: skip
        foreign = [r for r in cases if r not in made]
        return next(iter(foreign or made), None)


def _trigger(records: Sequence[Record], referral: Referral) -> Record | None:
    return next((r for r in records if r.member["ref"] == referral["trigger_ref"]), None)


def _identity(trigger: Record, records: Sequence[Record]) -> dict[str, Any]:
    """The triggering record's identity, completed by what only other records know."""
    merged: dict[str, Any] = {}
    for record in (*records, trigger):
        merged |= {k: v for k, v in record.identity.items() if v not in (None, "", "unknown")}
    return merged


def _case_consents(case: Record | None) -> bool:
    """A reused case keeps its own consent fields, so these must allow a referral too."""
    if case is None:
        return True
    said = {one["scope"]: one["answer"] for one in case.facts.get("consents", ())}
    return said.get("services") == "yes" and said.get("disclosure") == "yes"


def _refusal(code: str) -> RejectedError:
    return RejectedError(
        Reason(
            code=code, message="the referral may not leave",
            next_step="see the decision's reasons, and refer by hand where the law wants it",
        )
    )  # fmt: skip


def _audit(now: datetime, action: str, subject: str, reason: str) -> AuditEntry:
    return AuditEntry(at=now, actor="deliver", action=action, subject=subject, reason=reason)
