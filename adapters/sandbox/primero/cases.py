"""Cases: create, merge and stamp as the real server does. Unforgiving, and without idempotency."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.sandbox.days import iso, local_date
from adapters.sandbox.entries import Json
from adapters.sandbox.primero.errors import PrimeroError, invalid, not_found
from adapters.sandbox.primero.fields import FIELDS, SUBFORMS, is_uuid, problems
from adapters.sandbox.primero.staff import AGENCY, USERS
from adapters.sandbox.store import Store

_ON_CREATE_ONLY = {"case_id", "created_at"}
_NAME_PARTS = ("name_first", "name_middle", "name_last")
MODULE = "primeromodule-cp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who does something, and when by the country's clock."""

    by: str
    now: datetime


def get(store: Store, case: str) -> Json:
    """Return one case."""
    found = store.case(case)
    if found is None:
        raise not_found(f"Child with 'id'={case}")
    return found


def create(store: Store, data: Json, stamp: Stamp) -> Json:
    """Store a new case and return it; a known id or case_id is refused."""
    given = data.get("id")
    if given is not None and not is_uuid(given):
        raise invalid(["/id"])
    case = given or str(uuid5(NAMESPACE_URL, f"case {store.fact('revision')} {iso(stamp.now)}"))
    # Without a module there are no writable fields: all are dropped in silence.
    wanted = _writable(data) if data.get("module_id") == MODULE else {}
    case_id = wanted.pop("case_id", None) or case
    if store.case(case) is not None or store.has_case_id(case_id):
        raise PrimeroError(409, "Conflict: a record with this id was created already.")
    owner = wanted.pop("owned_by", stamp.by)
    body = {
        **_born(case, case_id, stamp),
        "owned_by": owner if owner in USERS else None, "owned_by_agency_id": AGENCY,
        "assigned_user_names": [], "referred_users": [], "services_section": [],
    }  # fmt: skip
    _merge(body, wanted, seed=case)
    save(store, body, stamp)
    return body


def update(store: Store, case: str, data: Json, stamp: Stamp) -> Json:
    """Merge into a case and return what changed; what cannot be written is ignored."""
    body = get(store, case)
    before = dict(body)
    wanted = {k: v for k, v in _writable(data).items() if k not in _ON_CREATE_ONLY}
    owner = wanted.pop("owned_by", None)
    if owner in USERS:
        _give(body, owner)
    _merge(body, wanted, seed=f"{case} {store.fact('revision')}")
    save(store, body, stamp)
    return {k: v for k, v in body.items() if k == "id" or before.get(k) != v}


def give(store: Store, body: Json, owner: str, stamp: Stamp) -> None:
    """Change the owner at once."""
    _give(body, owner)
    save(store, body, stamp)


def save(store: Store, body: Json, stamp: Stamp) -> None:
    """Stamp a case with the country's time and store it."""
    body["last_updated_at"], body["last_updated_by"] = iso(stamp.now), stamp.by
    store.put_case(body, stamp.now)


def service(body: Json, unique_id: str) -> Json | None:
    """Return the service row with that id."""
    rows: list[Json] = body.get("services_section") or []
    return next((row for row in rows if row.get("unique_id") == unique_id), None)


def _born(case: str, case_id: str, stamp: Stamp) -> Json:
    now = iso(stamp.now)
    return {
        "id": case, "enabled": True, "case_id": case_id, "case_id_display": case_id[-7:],
        "short_id": case_id[-7:], "unique_identifier": case, "module_id": MODULE,
        "case_type": "person", "status": "open", "workflow": "new", "record_state": True,
        "registration_date": str(local_date(stamp.now)), "created_at": now, "posted_at": now,
        "created_by": stamp.by, "created_by_agency": AGENCY, "previously_owned_by": None,
        "transfer_status": None, "flag_count": 0, "alert_count": 0, "record_in_scope": True,
    }  # fmt: skip


def _give(body: Json, owner: str) -> None:
    if owner != body.get("owned_by"):
        body["previously_owned_by"] = body.get("owned_by")
        body["owned_by"] = owner


def _writable(data: Json) -> Json:
    """Return the fields that forms have; anything else is dropped without a word."""
    wanted = {name: value for name, value in data.items() if name in FIELDS}
    if wrong := problems(wanted):
        raise invalid(wrong)
    return wanted


def _merge(body: Json, wanted: Json, *, seed: str) -> None:
    for name, value in wanted.items():
        if name in SUBFORMS:
            body[name] = _merged_rows(body.get(name) or [], value or [], name, seed)
        else:
            body[name] = value
    parts = [body[part] for part in _NAME_PARTS if body.get(part)]
    if parts and any(part in wanted for part in _NAME_PARTS):
        body["name"] = " ".join(parts)


def _merged_rows(old: list[Json], new: list[Json], name: str, seed: str) -> list[Json]:
    """Merge by `unique_id`; a row without one is appended, each time it is sent."""
    rows = {row["unique_id"]: dict(row) for row in old}
    for number, row in enumerate(new):
        key = row.get("unique_id") or str(uuid5(NAMESPACE_URL, f"{seed} {len(rows)} {number}"))
        if row.get("_destroy"):
            rows.pop(key, None)
            continue
        kept: dict[str, Any] = {k: v for k, v in row.items() if k in SUBFORMS[name]}
        rows[key] = rows.get(key, {}) | kept | {"unique_id": key}
        if name == "services_section":
            _derive(rows[key])
    return list(rows.values())


def _derive(row: Json) -> None:
    """Fill what the server derives in a service row."""
    said = row.get("service_implemented") == "implemented"
    done = said or row.get("service_implemented_day_time")
    row["service_implemented"] = "implemented" if done else "not_implemented"
    row.setdefault("service_status_referred", False)
