"""Every request passes here: login, one transaction, the request log, and now and then a fault."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime

import orjson
from fastapi import Request, Response

from adapters.sandbox.country import Country
from adapters.sandbox.entries import Json
from adapters.sandbox.primero.cases import Stamp
from adapters.sandbox.primero.errors import PrimeroError
from adapters.sandbox.primero.faults import Faults
from adapters.sandbox.primero.staff import HUB
from adapters.sandbox.store import Store, seconds

_FAILURES, _LOCKED = 6, timedelta(minutes=30)
_HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
JSON_TYPE = "application/json; charset=utf-8"


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, as a handler sees it. `ids` collects what the log shall name."""

    country: Country
    account: str
    query: Mapping[str, str]
    path: Mapping[str, str]
    data: Json
    ids: Json = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The database."""
        return self.country.store

    @property
    def stamp(self) -> Stamp:
        """Who asks, and when."""
        return Stamp(by=self.account, now=self.country.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Lets the hub's account in and answers it."""

    country: Country
    password: str
    faults: Faults

    def serve(
        self, request: Request, raw: bytes, handle: Callable[[Call], Json | None]
    ) -> Response:
        """Carry out one request and log it in the same transaction."""
        store = self.country.store
        with self.country.lock, store.transaction():
            n, account = store.next_request(), ""
            call = Call(
                country=self.country, account="", query=dict(request.query_params),
                path=request.path_params, data={}, ids=dict(request.path_params),
            )  # fmt: skip
            try:
                call.account = account = self._account(request)
                call.data = _data(request, raw)
                with store.attempt():
                    body: Json | None = handle(call)
                status = 204 if body is None else 200
            except PrimeroError as error:
                status, body = error.status, error.body(request.url.path)
                if status == 401:
                    body = {"error": error.message}
            fault = self.faults.strike(n, request.method, status)
            store.log({
                "n": n, "at": self.country.now().isoformat(), "method": request.method,
                "path": request.url.path, "query": request.url.query, "account": account,
                "status": status, "fault": fault, "ids": orjson.dumps(call.ids).decode(),
            })  # fmt: skip
            date = format_datetime(self.country.now(), usegmt=True)
        response = _spoiled(fault, status, body)
        response.headers["Date"] = date  # of when it was carried out, not of when it was written
        return response

    def _account(self, request: Request) -> str:
        """Return the account; the sixth failure locks it for half an hour of the country's time."""
        name, password = _basic(request.headers.get("authorization", ""))
        store, now = self.country.store, self.country.now()
        failures, locked_until = store.login(name)
        if locked_until > seconds(now):
            raise PrimeroError(401, "Your account is locked.")
        if name == HUB and hmac.compare_digest(password.encode(), self.password.encode()):
            if failures:
                store.set_login(name, 0, 0)
            return name
        failures += 1
        until = seconds(now + _LOCKED) if failures >= _FAILURES else 0
        store.set_login(name, 0 if until else failures, until)
        raise PrimeroError(401, "Invalid User name or password.")


def _basic(header: str) -> tuple[str, str]:
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _data(request: Request, raw: bytes) -> Json:
    """Return the `data` of a write."""
    if request.method not in {"POST", "PATCH"}:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise PrimeroError(422, "Invalid JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
        raise PrimeroError(422, "param is missing or the value is empty: data", "data")
    data: Json = body["data"]
    return data


def _spoiled(fault: str, status: int, body: Json | None) -> Response:
    if fault == "busy":
        return Response(_HTML, 503, {"Retry-After": "1"}, "text/html")
    if fault == "html":
        return Response(_HTML, 200, media_type="text/html")
    if body is None:
        return Response(status_code=204)
    content = orjson.dumps(body)
    return Response(content[: len(content) // 2] if fault == "cut" else content, status,
                    media_type=JSON_TYPE)  # fmt: skip
