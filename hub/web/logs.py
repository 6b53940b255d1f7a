"""Logs: JSON lines, or pretty on a terminal, on stderr. Never a record's value.

Three rules make that so, whoever writes the log line:
- a field must be on the list below and hold a number, a code or one of our own sentences;
- an exception is logged as its class and its place in our code; only our own errors, whose
  sentences hold no value, keep their message;
- another library's line is logged as its template, never with its arguments.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter

from contracts.errors import HubError

HIDDEN = "(hidden)"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]

# Sentences of our own, written where they are raised: they hold no value of a person's field.
SENTENCES = frozenset(
    {"event", "message", "next_step", "hint", "reason", "error", "where", "problem"}
)
# Codes, counts, pseudonyms, times, addresses: one word, with no space in it.
FACTS = frozenset({
    "action", "actor", "address", "after", "alarm", "answered", "attempt", "attempts",
    "audience", "batch", "bus", "ceiling", "child", "children", "claims", "code", "codes",
    "column", "complete", "count", "counted", "created", "database", "delivered", "delivery",
    "drained",
    "due", "duration", "echoes", "epoch", "errors", "expected", "expires", "fault", "fields",
    "file", "from_offset", "group", "hidden_fields", "host", "id", "in_flight", "instance",
    "key", "kind", "lag", "level", "lines", "logger", "made", "members", "method",
    "mirror_cases", "most", "new", "next_due", "number", "offset", "old", "origin", "outbox",
    "outcome", "parked", "partition", "partitions", "person", "pid", "place", "port",
    "position", "positions", "published", "received", "record", "ref", "referral",
    "referrals", "refused", "rejected", "released", "retry_after", "role", "roles", "route",
    "row", "rows", "run", "seconds", "sequence", "service", "shard", "shredded", "signal",
    "size", "skipped", "source", "sources", "stage", "stages", "state", "states", "status",
    "step", "subject", "system", "systems", "tasks", "timer", "timers", "timestamp",
    "to_offset", "topic", "topics", "total", "trace", "type", "version", "versions", "visible",
    "withdrawn", "withheld", "worker", "zone",
})  # fmt: skip
_CODE = re.compile(r"[A-Za-z0-9_.,:;/#+@()\[\]<>=-]{0,200}")
_SENTENCE = re.compile(r"[\x20-\x7e\u2013\u2014\u2018\u2019]{0,1000}")

# Loggers that print values, keys or URLs at the given level's lower ones (see the tests).
PINNED = {
    "kafka": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "multipart": logging.WARNING,
    "python_multipart": logging.WARNING,
    "uvicorn": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,  # it prints the query of every URL
    "asyncio": logging.WARNING,
}

Event = MutableMapping[str, Any]


def configure_logs(*, pretty: bool, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs of this process, also other libraries', through the rules above."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_as_place,
        only_allowed_fields,
    ]
    render = structlog.dev.ConsoleRenderer(colors=True) if pretty else _render_json
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, render],
            foreign_pre_chain=[template_only, *shared],
            use_get_message=False,
            pass_foreign_args=True,
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, lowest in PINNED.items():
        pinned = logging.getLogger(name)
        pinned.setLevel(max(lowest, root.level))
        pinned.handlers.clear()
        pinned.propagate = True
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def only_allowed_fields(_logger: object, _method: str, event: Event) -> Event:
    """Hide what is not on the list, or is no number, code or sentence of ours."""
    hidden = set()
    for name in list(event):
        if name.startswith("_") or name == "exception":
            continue
        if name not in SENTENCES and name not in FACTS:
            del event[name]
            hidden.add(name)
        elif not _harmless(event[name], _SENTENCE if name in SENTENCES else _CODE):
            event[name] = HIDDEN
    if hidden:
        event["hidden_fields"] = sorted(hidden)
    return event


def template_only(_logger: object, _method: str, event: Event) -> Event:
    """Keep only the template of a line that did not come through structlog."""
    record = event["_record"]
    if not event.pop("positional_args", None):
        # Without arguments the text may have been put together already: only its place is safe.
        event["event"] = f"line of {record.name}"
    event["place"] = f"{record.filename}:{record.lineno}"
    return event


def exception_as_place(_logger: object, _method: str, event: Event) -> Event:
    """Replace a traceback by the class and place of each error in the chain."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = _current_error(given)
    if error is not None:
        event["exception"] = describe_error(error)
    return event


def describe_error(error: BaseException) -> list[dict[str, str]]:
    """Return class and place of an error and its causes, newest first; safe to log and to store."""
    described = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        one = {"class": type(at).__qualname__, "place": place_of(at.__traceback__)}
        if isinstance(at, HubError):
            one["message"] = _safe_sentence(str(at))
        described.append(one)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return described


def place_of(trace: TracebackType | None) -> str:
    """Return `file:line` of the innermost frame in our own code, else of the innermost one."""
    ours = innermost = ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        innermost = f"{path.name}:{trace.tb_lineno}"
        if path.is_relative_to(_PACKAGE_ROOT) and "site-packages" not in path.parts:
            ours = f"{path.relative_to(_PACKAGE_ROOT)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return ours or innermost


def _current_error(given: object) -> BaseException | None:
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None


def _harmless(value: object, form: re.Pattern[str]) -> bool:
    match value:
        case None | bool() | int() | float() | date() | datetime():
            return True
        case str():
            return form.fullmatch(value) is not None
        case Mapping():
            return all(_harmless(k, _CODE) and _harmless(v, form) for k, v in value.items())
        case list() | tuple() | set() | frozenset():
            return all(_harmless(one, form) for one in value)
        case _:
            return False


def _safe_sentence(text: str) -> str:
    return text if _SENTENCE.fullmatch(text) else HIDDEN


def _render_json(_logger: object, _method: str, event: Event) -> str:
    return orjson.dumps(event, default=_json_default, option=orjson.OPT_NON_STR_KEYS).decode()


def _json_default(value: object) -> object:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return HIDDEN
