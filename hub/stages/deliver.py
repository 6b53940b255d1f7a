"""Stage deliver: decides again at the door, sends, re-reads, retries; takes answers home.

A referral leaves once all that its recipient held when it was triggered has passed identify, so
that an existing case of the child is found and none is made twice. Back-off is wall-clock time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog

from adapters.sdk.ids import case_id
from adapters.sdk.ports import Answer, Delivery, PushesAnswers, PushesReferrals, Receipt
from contracts.audit import AuditEntry
from contracts.dates import COUNTRY_ZONE
from contracts.envelope import Draft, Message, encode_parts
from contracts.errors import FatalError, HubError, RejectedError, RetriableError
from hub import deliveries as store
from hub import ledger, sources
from hub.bus.database import waiting_mends
from hub.bus.parking import place_of
from hub.bus.stage import Errand, Tx
from hub.deliveries import HOME, REFERRAL, REFUSED, SENT, WAITING, DeliveredChild, OpenDelivery
from hub.linkage import store as linkage
from hub.referrals.payload import Payloads, Prepared
from hub.referrals.states import ANSWERED

log = structlog.get_logger()
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 3600.0
GOES_HOME = ANSWERED | {"undeliverable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """`recipients` and `homes` are the systems that take referrals, and answers; by name."""

    recipients: Mapping[str, PushesReferrals]
    homes: Mapping[str, PushesAnswers]
    payloads: Payloads
    record_ref: Callable[[str, str], str]
    wall: Callable[[], float]

    # --- what is to be sent --------------------------------------------------------------------

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Note the child's newest referral event, and what of it has to go out."""
        data = message.data
        known = store.get_child(tx.connection, message.key)
        if known is None or known.sequence < data["sequence"]:
            child = DeliveredChild(
                child=message.key, version=data["version"], sequence=data["sequence"],
                data=data, parts=encode_parts(message.envelope.parts),
            )  # fmt: skip
            audit = _audit(now, "store referral event", message.key)
            store.save_child(tx.connection, tx.shard, child, audit=audit)
            self._note(child, tx, now)
        yield from ()

    def _note(self, child: DeliveredChild, tx: Tx, now: datetime) -> None:
        """Open what is new. What a child has no more goes on with the child that has it now."""
        for referral in child.data["referrals"]:
            if referral["recipient"]:
                self._open(_new(REFERRAL, child.child, referral), tx, now)
            if referral["state"] in GOES_HOME:
                self._open(_new(HOME, child.child, referral), tx, now)

    def _open(self, new: OpenDelivery, tx: Tx, now: datetime) -> None:
        stored = store.lock_delivery(tx.connection, new.id)
        same = stored is not None and stored.told == new.told
        wanted = replace(stored, child=new.child) if stored and same else new
        if wanted != stored:
            audit = _audit(now, f"open delivery {new.kind}", new.child)
            store.save_delivery(tx.connection, tx.shard, wanted, audit=audit)

    # --- sending, between two transactions -----------------------------------------------------

    def claim(self, tx: Tx, now: datetime, most: int) -> Sequence[Errand]:
        """Name what is due and ready: one errand a delivery.

        The consent decision and the disclosure are recorded here, before anything is sent.
        """
        errands: list[Errand] = []
        read: dict[str, datetime | None] = {}
        for delivery in store.list_due(tx.connection, self.wall()):
            if len(errands) >= most:
                break
            if self._is_ready(delivery, read, tx):
                errands.append(Errand(key=delivery.id, data=self._built(delivery, tx, now)))
        return errands

    def _is_ready(self, delivery: OpenDelivery, read: dict[str, datetime | None], tx: Tx) -> bool:
        """Whether its child's news has come, and a referral's recipient has been read.

        All that the recipient held at the trigger's time has to have passed identify; `read`
        remembers how far each system is, for the length of one look.
        """
        child = store.get_child(tx.connection, delivery.child)
        referral = _referral_of(child, delivery) if child else None
        if child is None or referral is None or _has_moved(child, referral, tx):
            return False
        if delivery.kind == HOME:
            return True
        system = referral["recipient_system"]
        if system not in read:
            passed = ledger.has_passed_identify(tx.connection, system)
            read[system] = sources.complete_until(tx.connection, system) if passed else None
        until = read[system]
        return (
            until is not None
            and until >= delivery.trigger_at
            and linkage.version_of(tx.connection, child.child) == child.version
        )

    def _built(
        self, delivery: OpenDelivery, tx: Tx, now: datetime
    ) -> tuple[OpenDelivery, Prepared | Answer | HubError]:
        """What to send; one that cannot be built is a fault of its own, and stops no other."""
        try:
            with tx.connection.begin_nested():
                return self._prepared(delivery, tx, now)
        except Exception as error:
            if isinstance(error, RetriableError) or waiting_mends(error):
                raise
            fault = FatalError(f"{type(error).__name__} at {place_of(error)}")
            log.error(  # noqa: TRY400 - a traceback may quote values
                "delivery_not_built", delivery=delivery.id, place=place_of(error)
            )
            return delivery, fault

    def _prepared(
        self, delivery: OpenDelivery, tx: Tx, now: datetime
    ) -> tuple[OpenDelivery, Prepared | Answer]:
        child = store.get_child(tx.connection, delivery.child)
        referral = _referral_of(child, delivery) if child else None
        assert child is not None
        assert referral is not None
        if delivery.kind == HOME:
            return delivery, self.payloads.answer(child, referral)
        prepared = self.payloads.delivery(child, referral, tx, now)
        if isinstance(prepared, Delivery) and prepared.case is None:
            system, ref = referral["recipient_system"], case_id(child.child)
            audit = _audit(now, "bind case before it is made", child.child)
            linkage.bind(
                tx.connection, tx.shard, system, self.record_ref(system, ref), child.child, now,
                audit=audit,
            )  # fmt: skip
        return delivery, prepared

    def perform(self, errand: Errand, now: datetime) -> Receipt | HubError | None:
        """Send. Each adapter looks first and creates what is missing, so repeating is safe."""
        _, content = errand.data
        try:
            if isinstance(content, Answer):
                self.homes[content.system].answer([content])
                return None
            if isinstance(content, Delivery):
                return self.recipients[content.to_system].push(content)
        except HubError as fault:
            return fault
        return content if isinstance(content, HubError) else None

    def settle(
        self, errand: Errand, result: Receipt | HubError | None, tx: Tx, now: datetime
    ) -> Iterator[Draft]:
        """Record what came of it; tell refer."""
        delivery, content = errand.data
        if isinstance(result, RejectedError):
            self._end(delivery, REFUSED, result.reasons[0].code, tx, now)
            if delivery.kind == REFERRAL:
                yield _refused(delivery, result.reasons[0].code, now)
        elif isinstance(result, HubError):
            self._again(delivery, result, tx, now)
        else:
            self._end(delivery, SENT, "", tx, now)
            if isinstance(result, Receipt):
                yield self._delivered(delivery, content, result, now)

    def _end(self, delivery: OpenDelivery, state: str, problem: str, tx: Tx, now: datetime) -> None:
        """End it, unless a newer state of it has come meanwhile and has to go out too."""
        newest = store.lock_delivery(tx.connection, delivery.id)
        if newest is None or newest.told != delivery.told:
            return
        ended = replace(newest, state=state, problem=problem, attempts=newest.attempts + 1)
        audit = _audit(now, f"delivery {state}", delivery.child, problem)
        store.save_delivery(tx.connection, tx.shard, ended, audit=audit)

    def _again(self, delivery: OpenDelivery, fault: HubError, tx: Tx, now: datetime) -> None:
        """Try again later: longer each time, and rarely when a person must act first."""
        wait = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(delivery.attempts, 12))
        if isinstance(fault, FatalError):
            wait = max(wait, 60.0)
        wait = max(wait, getattr(fault, "after", None) or 0.0)
        problem = type(fault).__name__
        log.warning("delivery_waits", delivery=delivery.id, problem=problem, seconds=wait)
        newest = store.lock_delivery(tx.connection, delivery.id)
        if newest is None or newest.told != delivery.told:
            return
        later = replace(
            newest, attempts=newest.attempts + 1, next_try=self.wall() + wait, problem=problem
        )
        audit = _audit(now, "delivery waits", delivery.child, problem)
        store.save_delivery(tx.connection, tx.shard, later, audit=audit)

    def _delivered(
        self, delivery: OpenDelivery, content: Delivery, receipt: Receipt, now: datetime
    ) -> Draft:
        case_ref = self.record_ref(content.to_system, receipt.case)
        return Draft(
            topic="answer", type="clm.answer.delivery.v1", key=case_ref,
            version=now.isoformat(),
            data={
                "kind": "delivery", "referral": delivery.referral, "state": "delivered",
                "route": receipt.route, "case_ref": case_ref, "on": _today(now).isoformat(),
            },
        )  # fmt: skip


def _new(kind: str, child: str, referral: Mapping[str, str]) -> OpenDelivery:
    return OpenDelivery(
        id=f"{kind}:{referral['id']}", kind=kind, child=child, referral=referral["id"],
        state=WAITING, told=referral["state"] if kind == HOME else "",
        trigger_at=datetime.fromisoformat(referral["trigger_at"]), attempts=0, next_try=0.0,
        problem="",
    )  # fmt: skip


def _referral_of(child: DeliveredChild, delivery: OpenDelivery) -> Mapping[str, str] | None:
    referrals: Sequence[Mapping[str, str]] = child.data["referrals"]
    return next((one for one in referrals if one["id"] == delivery.referral), None)


def _has_moved(child: DeliveredChild, referral: Mapping[str, str], tx: Tx) -> bool:
    """Whether the triggering record is another child's by now, whose event is on its way."""
    ref = referral["trigger_ref"]
    if any(member["ref"] == ref for member in child.data["members"]):
        return False
    record = linkage.get_record(tx.connection, referral["trigger_system"], ref)
    return record is not None and record.child is not None


def _refused(delivery: OpenDelivery, reason: str, now: datetime) -> Draft:
    return Draft(
        topic="answer", type="clm.answer.delivery.v1", key=delivery.referral,
        version=now.isoformat(),
        data={
            "kind": "delivery", "referral": delivery.referral, "state": "undeliverable",
            "reason": reason, "on": _today(now).isoformat(),
        },
    )  # fmt: skip


def _today(now: datetime) -> date:
    return now.astimezone(COUNTRY_ZONE).date()


def _audit(now: datetime, action: str, subject: str, reason: str = "") -> AuditEntry:
    return AuditEntry(at=now, actor="deliver", action=action, subject=subject, reason=reason)
