"""One HTTP connection to an outside system: bounds, Basic auth, and errors in our three words.

Neither addresses with queries, nor headers, nor bodies reach a log or an exception: a caller names
what it asks for in words (`the list of cases`), and that is all that is ever said of a request.
"""

import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from adapters.sdk.transport import BoundedTransport
from contracts.errors import FatalError, HubError, RetriableError

MAX_BODY = 64 * 2**20
MAX_SECONDS = 120.0
MAX_PAUSE = 3600.0  # a server that asks for more is asked again all the same, and stays an alarm
_WORD = re.compile(r"[a-z][a-z0-9_./]{0,80}")  # a field's name or a message's key, never a value
_TOO_BUSY = (429, 503)
_ENCODINGS = ("", "identity", "gzip")  # one upon the other, or another, unfolds without bounds


class RefusedError(HubError):
    """The system understood, and refuses this one request. The adapter says what that means."""

    def __init__(self, what: str, status: int, words: frozenset[str] = frozenset()) -> None:
        super().__init__(f"{what}: refused with {status}")
        self.status = status
        self.words = words


class ForbiddenError(RefusedError):
    """403: the account's role does not allow it."""


class NotFoundError(RefusedError):
    """404: there is no such thing, or none that the account may see."""


class ConflictError(RefusedError):
    """409: it exists already."""


class UnprocessableError(RefusedError):
    """422: the content breaks a rule; `words` names the fields and message keys."""


_REFUSALS = {403: ForbiddenError, 404: NotFoundError, 409: ConflictError, 422: UnprocessableError}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A successful answer. `date` is the server's own clock; `body` None where there is none."""

    body: Any = field(repr=False)
    date: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The hub's account in a system."""

    user: str
    password: str = field(repr=False)


class HttpClient:
    """A client for one system. After the first 401 it asks nothing more until it is built anew.

    Thread-safe. `transport` replaces the network in tests; `verify` is the TLS context.
    """

    def __init__(
        self,
        base_url: str,
        login: Login,
        *,
        seconds: float = 30.0,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        for name in ("httpx", "httpcore"):  # below WARNING they log addresses and headers
            logging.getLogger(name).setLevel(logging.WARNING)
        self.user = login.user
        self._monotonic = monotonic
        self._locked_out = False
        self._client = httpx.Client(
            base_url=base_url,
            auth=httpx.BasicAuth(login.user, login.password),
            timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0)),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "clm-hub",
            },
            follow_redirects=False,
            trust_env=False,
            transport=transport or BoundedTransport(verify, monotonic, MAX_SECONDS),
        )

    def get(self, what: str, path: str, query: Mapping[str, str | int] | None = None) -> Reply:
        """Ask for something; see `_send` for what is raised."""
        return self._send(what, self._client.build_request("GET", path, params=query))

    def post(self, what: str, path: str, body: Mapping[str, Any]) -> Reply:
        """Make something. What raised may still have happened."""
        return self._send(what, self._client.build_request("POST", path, json=body))

    def patch(self, what: str, path: str, body: Mapping[str, Any]) -> Reply:
        """Change something. What raised may still have happened."""
        return self._send(what, self._client.build_request("PATCH", path, json=body))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, what: str, request: httpx.Request) -> Reply:
        """Send one request.

        Raises RetriableError when waiting mends it, FatalError for a wrong password, and a
        RefusedError that is about this one request.
        """
        if self._locked_out:
            raise FatalError(_LOCKED_OUT)
        try:
            response, content = self._exchange(what, request)
        except httpx.HTTPError as error:
            raise RetriableError(f"{what}: no whole answer ({type(error).__name__})") from None
        if response.status_code == 401:
            self._locked_out = True
            raise FatalError(_LOCKED_OUT)
        if response.is_success:
            return Reply(body=_json(what, response, content), date=_date(response))
        raise _refusal(what, response, content)

    def _exchange(self, what: str, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Send and read within bounds of size and time: a slow drip is no answer."""
        until = self._monotonic() + MAX_SECONDS
        chunks: list[bytes] = []
        size = 0
        response = self._client.send(request, stream=True)
        try:
            if response.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
                raise RetriableError(
                    f"{what}: the answer is packed in a way that was not asked for"
                )
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BODY or self._monotonic() > until:
                    raise RetriableError(f"{what}: the answer is too long, or takes too long")
        finally:
            response.close()
        return response, b"".join(chunks)


def _json(what: str, response: httpx.Response, content: bytes) -> object:
    if not content:
        return None
    try:
        if "json" in response.headers.get("content-type", ""):
            return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise RetriableError(f"{what}: the answer is cut off or is no JSON") from None
    raise RetriableError(f"{what}: the answer is no JSON; a page of something in between, perhaps")


def _refusal(what: str, response: httpx.Response, content: bytes) -> HubError:
    status = response.status_code
    if refusal := _REFUSALS.get(status):
        return refusal(what, status, _words(content))
    if status in _TOO_BUSY or status >= 500 or status == 408:
        return RetriableError(f"{what}: answered {status}", after=_retry_after(response))
    if response.is_redirect:
        return RetriableError(f"{what}: answered with a redirect; check the system's address")
    return RefusedError(what, status, _words(content))


def _words(content: bytes) -> frozenset[str]:
    """What an error body names: only what looks like a field or a message key is kept."""
    try:
        errors = orjson.loads(content)["errors"]
        said = [value for error in errors for value in (error.get("message"), error.get("detail"))]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return frozenset()
    flat = [one for value in said for one in (value if isinstance(value, list) else [value])]
    return frozenset(
        word for one in flat if isinstance(one, str) and _WORD.fullmatch(word := one.strip("/"))
    )


def _date(response: httpx.Response) -> datetime | None:
    return _http_date(response.headers.get("date", ""))


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds to wait, which come as a number or as a date of the server's clock."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), MAX_PAUSE)
    until, now = _http_date(text), _date(response)
    return min(max(0.0, (until - now).total_seconds()), MAX_PAUSE) if until and now else None


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


_LOCKED_OUT = (
    "the system refuses the account's name and password (401): correct them and start again;"
    " nothing more is asked until then, for repeating it would lock the account"
)
