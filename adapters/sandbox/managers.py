"""The DSW's case managers: whom they were asked about, and what they answer, days later.

An answer is decided by a hash of the seed and the triggering record's key, so it is the same
whatever the hub's ids are. It shows in the referral, or without one in the case itself.
"""

import hashlib
import re
from datetime import datetime

from adapters.sandbox.days import answer_slot, iso
from adapters.sandbox.entries import Json
from adapters.sandbox.primero import cases, transitions
from adapters.sandbox.primero.cases import Stamp
from adapters.sandbox.primero.staff import HUB, other_case_worker
from adapters.sandbox.store import Store, seconds

ANSWERS = ("accepted_done", "accepted", "rejected", "silence")
_SHARES = (5, 7, 9, 10)  # of ten: half accept and finish, two accept, two reject, one is silent
_LINE = re.compile(
    r"CLM referral (?P<referral>[^;\s]+); from (?P<office>[^,]*), record (?P<record>.+?);"
    r" deadline \d{4}-\d\d-\d\d"
)


def answer_to(seed: int, record: str) -> str:
    """Return what case managers will say to a referral that this record triggered."""
    tenth = _draw(seed, record, "kind") % 10
    return next(kind for kind, below in zip(ANSWERS, _SHARES, strict=True) if tenth < below)


def notice(store: Store, case: str, text: object, *, service: str, now: datetime) -> None:
    """Read the hub's line in a note, and put the answer to it into the calendar, once."""
    line = _LINE.search(text) if isinstance(text, str) else None
    if line is None:
        return
    seed, record = int(store.fact("seed")), line["record"]
    answer = answer_to(seed, record)
    new = store.ask({
        "referral": line["referral"], "case_id": case, "service": service,
        "office": line["office"], "record": record, "seen": seconds(now), "answer": answer,
    })  # fmt: skip
    if new and answer != "silence":
        first = answer_slot(now, 3 + _draw(seed, record, "first") % 5)
        step = "rejected" if answer == "rejected" else "accepted"
        store.plan(first, "answer", {"referral": line["referral"], "step": step})
        if answer == "accepted_done":
            last = answer_slot(first, 6 + _draw(seed, record, "last") % 5)
            store.plan(last, "answer", {"referral": line["referral"], "step": "done"})


def notice_rows(store: Store, case: str, rows: object, now: datetime) -> None:
    """Read the hub's lines in the service rows of a case."""
    for row in rows if isinstance(rows, list) else []:
        service = row.get("unique_id") or ""
        notice(store, case, row.get("service_referral_notes"), service=service, now=now)


def act(store: Store, referral: str, step: str, now: datetime) -> None:
    """Do one step of an answer: in the referral when there is one, else in the case."""
    ask = store.asked(referral)
    body = store.case(ask["case_id"])
    if body is None:
        return
    made = _referral_of(store, ask)
    if made is not None:
        data = {"status": step}
        if step == "rejected":
            data["rejected_reason"] = "The office has no capacity."
        who = made["transitioned_to"] or body["owned_by"]
        stamp = Stamp(by=who, now=now)
        transitions.change(store, ask["case_id"], made["id"], data, stamp=stamp)
    else:
        _act_on_case(store, body, ask, step=step, now=now)


def _act_on_case(store: Store, body: Json, ask: Json, *, step: str, now: datetime) -> None:
    owner, state = body.get("owned_by") or "", str(body.get("location_current") or "")[:6]
    row, stamp = cases.service(body, ask["service"]), Stamp(by=owner, now=now)
    if step == "rejected":
        if row is not None:
            row["note_on_referral_from_provider"] = "rejected"
        cases.give(store, body, HUB, stamp)
        return
    if step == "accepted":
        if row is not None:
            row["note_on_referral_from_provider"] = "accepted"
        cases.give(store, body, other_case_worker(owner, state), stamp)
        return
    if row is not None:
        row |= {"service_implemented": "implemented", "service_implemented_day_time": iso(now)}
    if body.get("created_by") == HUB:
        body |= {"status": "closed", "date_closure": iso(now)[:10]}
    cases.save(store, body, stamp)


def _referral_of(store: Store, ask: Json) -> Json | None:
    """Return the oldest referral for that service row, or that carries the line itself."""
    for one in store.transitions(ask["case_id"], transitions.REFERRAL):
        line = _LINE.search(one.get("notes") or "")
        by_line = line is not None and line["referral"] == ask["referral"]
        if by_line or (ask["service"] and one.get("service_record_id") == ask["service"]):
            return one
    return None


def _draw(seed: int, record: str, what: str) -> int:
    digest = hashlib.sha256(f"{seed} {record} {what}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
