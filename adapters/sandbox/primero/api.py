"""The routes of the look-alike: what each does is in the modules beside this one."""

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request, Response

from adapters.sandbox import managers
from adapters.sandbox.entries import Json
from adapters.sandbox.primero import cases, listing, metadata, transitions
from adapters.sandbox.primero.door import Call, Door
from adapters.sandbox.primero.errors import PrimeroError

Handler = Callable[[Call], Json | None]


async def _raw(request: Request) -> bytes:
    return await request.body()


def router(door: Door) -> APIRouter:
    """Return the routes under /api/v2, and the health check without login."""
    api = APIRouter()

    def add(method: str, path: str, handle: Handler) -> None:
        def endpoint(request: Request, raw: bytes = Depends(_raw)) -> Response:
            return door.serve(request, raw, handle)

        api.add_api_route(f"/api/v2{path}", endpoint, methods=[method], name=f"{method} {path}")

    @api.get("/health")
    def health() -> Response:
        return Response(status_code=204)

    for method, path, handle in _ROUTES:
        add(method, path, handle)
    return api


def not_there(path: str) -> PrimeroError:
    """Return the answer for a path that the look-alike does not have."""
    return PrimeroError(404, "Not Found", f"No route matches {path}")


def _list_cases(call: Call) -> Json:
    return listing.listing(call.store, call.query)


def _show_case(call: Call) -> Json:
    return {"data": cases.get(call.store, call.path["case"])}


def _create_case(call: Call) -> Json | None:
    body = cases.create(call.store, call.data, call.stamp)
    call.ids |= {"case": body["id"], "services": _row_ids(body)}
    managers.notice_rows(call.store, body["id"], body["services_section"], call.stamp.now)
    return None if call.data.get("id") else {"data": body}


def _update_case(call: Call) -> Json:
    changed = cases.update(call.store, call.path["case"], call.data, call.stamp)
    call.ids["services"] = _row_ids(changed)
    rows = changed.get("services_section")
    managers.notice_rows(call.store, call.path["case"], rows, call.stamp.now)
    return {"data": changed}


def _list_transitions(kind: str) -> Handler:
    def handle(call: Call) -> Json:
        cases.get(call.store, call.path["case"])
        return {"data": call.store.transitions(call.path["case"], kind)}

    return handle


def _refer(call: Call) -> Json:
    return _noticed(call, transitions.refer(call.store, call.path["case"], call.data, call.stamp))


def _assign(call: Call) -> Json:
    return _noticed(call, transitions.assign(call.store, call.path["case"], call.data, call.stamp))


def _change_referral(call: Call) -> Json:
    case, referral = call.path["case"], call.path["referral"]
    made = transitions.change(call.store, case, referral, call.data, stamp=call.stamp)
    return {"data": made}


def _revoke_referral(call: Call) -> Json:
    case, referral = call.path["case"], call.path["referral"]
    return {"data": transitions.revoke(call.store, case, referral, call.stamp)}


def _noticed(call: Call, made: Json) -> Json:
    """Let the case managers read the note, and name the new referral or assign in the log."""
    case, service = call.path["case"], made.get("service_record_id") or ""
    call.ids |= {"transition": made["id"], "service": service}
    note = call.data.get("notes")
    managers.notice(call.store, case, note, service=service, now=call.stamp.now)
    return {"data": made}


def _row_ids(body: Json) -> list[str]:
    return [row["unique_id"] for row in body.get("services_section") or []]


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/cases", _list_cases),
    ("POST", "/cases", _create_case),
    ("GET", "/cases/{case}", _show_case),
    ("PATCH", "/cases/{case}", _update_case),
    ("GET", "/cases/{case}/referrals", _list_transitions(transitions.REFERRAL)),
    ("POST", "/cases/{case}/referrals", _refer),
    ("PATCH", "/cases/{case}/referrals/{referral}", _change_referral),
    ("DELETE", "/cases/{case}/referrals/{referral}", _revoke_referral),
    ("GET", "/cases/{case}/assigns", _list_transitions(transitions.ASSIGN)),
    ("POST", "/cases/{case}/assigns", _assign),
    ("GET", "/users/refer-to", lambda call: metadata.refer_to(call.query, call.account)),
    ("GET", "/lookups", lambda call: metadata.lookups(call.query)),
    ("GET", "/locations", lambda call: metadata.locations(call.query)),
    ("GET", "/forms", lambda _: metadata.forms()),
    ("GET", "/agencies", lambda _: metadata.agencies()),
)
