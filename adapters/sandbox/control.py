"""The hand on the country's clock: `/_country`, for the demo and for tests. No outside system."""

import hmac
from dataclasses import dataclass
from datetime import datetime

import orjson
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from adapters.sandbox.country import Country
from adapters.sandbox.entries import Json

_LOG_PAGE = 1000


async def _raw(request: Request) -> bytes:
    return await request.body()


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Reads and moves the country, for whoever has the token."""

    country: Country
    token: str

    def router(self) -> APIRouter:
        """Return the routes; each wants the control token as a bearer."""
        api = APIRouter(prefix="/_country", dependencies=[Depends(self.check)])
        api.add_api_route("/state", self.state, methods=["GET"])
        api.add_api_route("/advance", self.advance, methods=["POST"])
        api.add_api_route("/log", self.log, methods=["GET"])
        return api

    def check(self, request: Request) -> None:
        """Refuse a request without the token."""
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            raise HTTPException(401, "the control token is wrong or missing")

    def state(self) -> Response:
        """Say where the country stands."""
        with self.country.lock:
            return _json(self.country.state())

    def advance(self, raw: bytes = Depends(_raw)) -> Response:
        """Move the clock forward and answer when everything due has happened."""
        to = _instant(raw)
        with self.country.lock:
            self.country.advance(to)
            return _json(self.country.state())

    def log(self, after: int = 0, most: int = _LOG_PAGE) -> Response:
        """Give a page of the request log."""
        with self.country.lock:
            rows = self.country.store.logged(after, min(most, _LOG_PAGE))
        return _json({"requests": rows})


def _instant(raw: bytes) -> datetime:
    try:
        to = datetime.fromisoformat(orjson.loads(raw)["to"])
    except (ValueError, KeyError, TypeError):
        raise HTTPException(422, 'send {"to": "<ISO time with zone>"}') from None
    if to.tzinfo is None:
        raise HTTPException(422, "the time needs a zone")
    return to


def _json(body: Json) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
