"""The list of cases: filters, order, pages and fields, with the real server's silences."""

from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.sandbox.entries import Json
from adapters.sandbox.primero.fields import FIELDS, SUBFORMS
from adapters.sandbox.store import Store, seconds

_CONTROL = {"page", "per", "order", "order_by", "fields", "query", "total"}
_ALWAYS = ("id", "enabled", "last_updated_at")
_SHORT = ("id", "case_id_display", "name", "age", "sex", "owned_by", "created_at", "status")
# Only these keep a number as text; any other text that is all digits never matches its own filter.
_EXEMPT = {
    "case_id", "case_id_display", "short_id", "unique_identifier", "national_id_no", "other_id_no",
}  # fmt: skip
_CORE = {
    "id", "case_id", "case_id_display", "short_id", "unique_identifier", "module_id", "status",
    "workflow", "record_state", "owned_by", "owned_by_agency_id", "created_by", "created_at",
    "last_updated_at", "last_updated_by", "registration_date", "assigned_user_names",
    "referred_users", "referred_users_pending", "enabled",
}  # fmt: skip
_TIMES = {"last_updated_at", "created_at", "posted_at"}
_MOST, _USUAL = 1000, 20

Test = Callable[[Json], bool]


class BreaksSqlError(Exception):
    """A filter that the real server's database cannot run: it answers with an empty list."""


def listing(store: Store, query: Mapping[str, str]) -> Json:
    """Return one page of cases; an unknown filter is dropped and so answers all cases."""
    page = max(1, _number(query.get("page"), 1))
    per = min(_MOST, max(1, _number(query.get("per"), _USUAL)))
    try:
        tests = [test for name, value in query.items() if (test := _test(name, value))]
        window = _window(query.get("last_updated_at"))
        found = [body for body in store.cases(*window) if all(test(body) for test in tests)]
    except BreaksSqlError:
        found = []
    order = query.get("order_by", "created_at")
    down = query.get("order", "desc" if "order_by" not in query else "asc") == "desc"
    found.sort(key=lambda body: str(body.get(order) or ""), reverse=down)
    wanted = _fields(query.get("fields"))
    rows = found[(page - 1) * per : page * per]
    return {
        "data": [select(body, wanted) for body in rows],
        "metadata": {"total": len(found), "per": per, "page": page},
    }


def select(body: Json, wanted: tuple[str, ...] | None) -> Json:
    """Return the chosen fields, and those that always come."""
    if wanted is None:
        return body
    return {name: body[name] for name in (*_ALWAYS, *wanted) if name in body}


def _fields(text: str | None) -> tuple[str, ...] | None:
    if not text:
        return None
    return _SHORT if text == "short" else tuple(text.split(","))


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _window(text: str | None) -> tuple[int | None, int | None]:
    """Return the range of seconds that the database searches, both ends included."""
    if text is None:
        return None, None
    low, dots, high = text.partition("..")
    if not dots:
        return _time(low), _time(low)
    return (_time(low) if low else None), (_time(high) if high else None)


def _time(text: str) -> int:
    try:
        return seconds(datetime.fromisoformat(text))
    except (ValueError, TypeError):
        raise BreaksSqlError from None


def _test(name: str, value: str) -> Test | None:
    """Return a filter, or None for one that the server drops without a word."""
    if name in _CONTROL or name == "last_updated_at":
        return None
    if name.startswith("not[") and name.endswith("]"):
        inner = _test(name[4:-1], value)
        return None if inner is None else lambda body: not inner(body)
    place = name.removeprefix("loc:")
    if place != name:
        return lambda body: str(body.get(place) or "").startswith(value.upper())
    name = name.partition("[")[0] if name.endswith("]") and not name.endswith("[]") else name
    if name in SUBFORMS or (name not in _CORE and name not in FIELDS):
        return None
    if ".." in value:
        return _range(name, value)
    asked = [_guess(name, one) for one in value.split(",")]
    return lambda body: any(_same(body.get(name), one) for one in asked)


def _range(name: str, value: str) -> Test:
    low, _, high = value.partition("..")
    if name in _TIMES:
        first, last = _window(value)
        return lambda body: (
            (first is None or _time(body[name]) >= first)
            and (last is None or _time(body[name]) <= last)
        )
    return lambda body: (
        body.get(name) is not None
        and (not low or _key(body[name]) >= _key(_guess(name, low)))
        and (not high or _key(body[name]) <= _key(_guess(name, high)))
    )


def _guess(name: str, text: str) -> object:
    """Return the value as the server reads it from a URL."""
    if name in _EXEMPT:
        return text
    if text.isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text, text)


def _same(stored: object, asked: object) -> bool:
    if isinstance(stored, list):
        return asked in stored
    return type(stored) is type(asked) and stored == asked


def _key(value: object) -> tuple[bool, float, str]:
    """Return a sort key under which numbers and texts never meet."""
    if isinstance(value, int | float):
        return False, float(value), ""
    return True, 0.0, str(value)
