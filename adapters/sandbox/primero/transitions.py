"""Referrals and assigns under a case: the consent rule, the target rule, states that only go on."""

from uuid import NAMESPACE_URL, uuid5

from adapters.sandbox.days import iso
from adapters.sandbox.entries import Json
from adapters.sandbox.primero import cases
from adapters.sandbox.primero.cases import Stamp
from adapters.sandbox.primero.errors import PrimeroError, not_found
from adapters.sandbox.primero.staff import AGENCY, can_receive
from adapters.sandbox.store import Store

REFERRAL, ASSIGN = "Referral", "Assign"
_GIVEN = (
    "transitioned_to", "transitioned_to_remote", "transitioned_to_agency", "service",
    "service_record_id", "remote", "type_of_export", "notes", "consent_overridden",
    "authorized_role_unique_id", "allow_case_creation",
)  # fmt: skip
_NEXT = {("in_progress", "accepted"), ("in_progress", "rejected"), ("accepted", "done")}
_YES = (True, "true")


def get_referral(store: Store, case: str, referral: str) -> Json:
    """Return one referral of a case."""
    for one in store.transitions(case, REFERRAL):
        if one["id"] == referral:
            return one
    raise not_found(f"Referral with 'id'={referral}")


def refer(store: Store, case: str, data: Json, stamp: Stamp) -> Json:
    """Store a referral; the same request again makes a second one."""
    body = cases.get(store, case)
    if not data.get("remote"):
        _target(data.get("transitioned_to"), stamp.by)
    consent = body.get("disclosure_other_orgs") in _YES and body.get("consent_for_services") in _YES
    if not consent and not data.get("consent_overridden"):
        raise PrimeroError(422, ["transition.errors.consent"], "consent")
    made = _transition(REFERRAL, case, data, stamp) | {"id": _id(store, REFERRAL, case)}
    made["status"] = "in_progress"
    store.put_transition(made)
    row = cases.service(body, made.get("service_record_id") or "")
    if row is not None:
        row["service_status_referred"] = True
    if name := made["transitioned_to"]:
        for field in ("referred_users", "assigned_user_names", "referred_users_pending"):
            body[field] = sorted({*(body.get(field) or []), name})
    cases.save(store, body, stamp)
    return made | {"record": _changed(body)}


def change(store: Store, case: str, referral: str, data: Json, *, stamp: Stamp) -> Json:
    """Move a referral on; an illegal or repeated change answers with the old status."""
    body, one = cases.get(store, case), get_referral(store, case, referral)
    status = data.get("status")
    if (one["status"], status) not in _NEXT:
        return one
    one |= {"status": status, "responded_at": iso(stamp.now)}
    if status == "rejected":
        one["rejected_reason"] = data.get("rejected_reason")
        body["last_referral_rejected_at"] = iso(stamp.now)
    row = cases.service(body, one.get("service_record_id") or "")
    if status == "done":
        body["last_referral_done_at"] = iso(stamp.now)
        one["rejection_note"] = data.get("rejection_note")
        if row is not None:
            row["note_on_referral_from_provider"] = data.get("rejection_note")
            row["service_implemented_day_time"] = iso(stamp.now)
            row["service_implemented"] = "implemented"
    _pending(body, one, str(status))
    store.put_transition(one)
    cases.save(store, body, stamp)
    return one | {"record": _changed(body)}


def revoke(store: Store, case: str, referral: str, stamp: Stamp) -> Json:
    """Take a referral back, from any state."""
    body, one = cases.get(store, case), get_referral(store, case, referral)
    if one["status"] != "revoked":
        one["status"] = "revoked"
        _pending(body, one, "revoked")
        store.put_transition(one)
        cases.save(store, body, stamp)
    return one | {"record": _changed(body)}


def assign(store: Store, case: str, data: Json, stamp: Stamp) -> Json:
    """Give a case to a user at once."""
    body = cases.get(store, case)
    _target(data.get("transitioned_to"), stamp.by)
    made = _transition(ASSIGN, case, data, stamp) | {"id": _id(store, ASSIGN, case)}
    made["status"] = "done"
    store.put_transition(made)
    cases.give(store, body, made["transitioned_to"], stamp)
    return made | {"record": _changed(body)}


def _target(name: object, by: str) -> None:
    if not can_receive(name, by):
        message = ["transition.errors.to_user_can_receive"]
        raise PrimeroError(422, message, "transitioned_to")


def _id(store: Store, kind: str, case: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{kind} {case} {store.fact('revision')}"))


def _transition(kind: str, case: str, data: Json, stamp: Stamp) -> Json:
    return {
        **{name: data.get(name) for name in _GIVEN},
        "type": kind, "record_id": case, "record_type": "case", "transitioned_by": stamp.by,
        "transitioned_by_user_agency": AGENCY, "created_at": iso(stamp.now), "responded_at": None,
        "rejected_reason": None, "user_can_accept_or_reject": False, "record_access_denied": False,
    }  # fmt: skip


def _pending(body: Json, one: Json, status: str) -> None:
    name = one["transitioned_to"]
    waiting = set(body.get("referred_users_pending") or []) - {name}
    body["referred_users_pending"] = sorted(waiting)
    if status == "accepted":
        accepted = {*(body.get("referred_users_accepted") or []), name}
        body["referred_users_accepted"] = sorted(accepted)


def _changed(body: Json) -> Json:
    return {
        key: body.get(key)
        for key in ("id", "owned_by", "last_updated_at", "last_updated_by", "services_section")
    }
