"""The few calls of Primero's API v2 that the hub makes, and the shape of their answers.

Decides nothing. Never sends `consent_overridden`, and no address holds more than a case's UUID.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from adapters.sdk.http import HttpClient, NotFoundError, Reply
from contracts.errors import RetriableError

API = "/api/v2"
MODULE = "primeromodule-cp"
MOST_A_PAGE = 1000  # the server caps the cases there, silently

_CASES = "the list of cases"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which cases to list: last updated within whole seconds, both included; one page of them."""

    since: datetime
    until: datetime | None
    page: int
    per: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list, and the server's clock when it answered; a short one is the last."""

    rows: Sequence[Row] = field(repr=False)
    date: datetime
    is_full: bool


class PrimeroClient:
    """Primero over one HTTP connection. `fields` limits what is asked of cases in lists."""

    def __init__(self, http: HttpClient, fields: Sequence[str] = ()) -> None:
        self._http = http
        self._fields = fields

    @property
    def user(self) -> str:
        """The hub's own account."""
        return self._http.user

    def list_cases(self, window: Window) -> Page:
        """List cases, oldest change first."""
        until = _second(window.until) if window.until else ""
        query: dict[str, str | int] = {
            "last_updated_at": f"{_second(window.since)}..{until}",
            "order_by": "last_updated_at", "order": "asc",
            "page": window.page, "per": window.per,
        }  # fmt: skip
        if self._fields:
            query["fields"] = ",".join(self._fields)
        reply = self._http.get(_CASES, f"{API}/cases", query)
        if reply.date is None:
            raise RetriableError(f"{_CASES}: the answer carries no date")
        rows = _rows(_CASES, reply)
        return Page(rows=rows, date=reply.date, is_full=len(rows) >= _page_size(reply, window.per))

    def get_case(self, case: str) -> Row | None:
        """Get one case; None when the account sees none of that id."""
        try:
            reply = self._http.get("a case", _case(case))
        except NotFoundError:
            return None
        return _one("a case", reply)

    def list_referrals(self, case: str) -> Sequence[Row]:
        """List the referrals of one case that the account may see."""
        what = "the referrals of a case"
        return _rows(what, self._http.get(what, f"{_case(case)}/referrals"))

    def list_referees(self) -> Sequence[Row]:
        """List the users to whom a case may be referred."""
        what = "the users to refer to"
        query = {"record_type": "case", "record_module_id": MODULE}
        return _rows(what, self._http.get(what, f"{API}/users/refer-to", query))

    def list_lookups(self, page: int) -> Sequence[Row]:
        """List a page of the code lists."""
        what = "the code lists"
        return _rows(what, self._http.get(what, f"{API}/lookups", {"per": 1000, "page": page}))

    def list_forms(self) -> Sequence[Row]:
        """List the forms with their fields."""
        what = "the forms"
        return _rows(what, self._http.get(what, f"{API}/forms"))

    def create_case(self, data: Row) -> None:
        """Create a case with its own id. Raises ConflictError when the id exists."""
        self._http.post("a new case", f"{API}/cases", {"data": data})

    def change_case(self, case: str, data: Row) -> None:
        """Merge the fields into a case."""
        self._http.patch("a change of a case", _case(case), {"data": data})

    def refer(self, case: str, data: Row) -> None:
        """Refer a case. Doing it twice makes two referrals."""
        self._http.post("a new referral", f"{_case(case)}/referrals", {"data": data})

    def assign(self, case: str, data: Row) -> None:
        """Make somebody the owner of a case."""
        self._http.post("an assignment", f"{_case(case)}/assigns", {"data": data})


def _case(case: str) -> str:
    return f"{API}/cases/{quote(case, safe='')}"


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _page_size(reply: Reply, asked: int) -> int:
    """How many rows a full page has: servers give fewer than asked without a word."""
    metadata = reply.body.get("metadata")
    said = metadata.get("per") if isinstance(metadata, dict) else None
    return min(asked, said) if type(said) is int and said > 0 else asked


def _rows(what: str, reply: Reply) -> Sequence[Row]:
    rows = reply.body.get("data") if isinstance(reply.body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RetriableError(f"{what}: the answer holds no list")
    return rows


def _one(what: str, reply: Reply) -> Row:
    row = reply.body.get("data") if isinstance(reply.body, dict) else None
    if not isinstance(row, dict):
        raise RetriableError(f"{what}: the answer holds no record")
    return row
