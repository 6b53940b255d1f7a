"""The hub's first page in a browser, behind a sign-in. Counts and codes only; changes nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from contracts.audit import AuditEntry
from hub import doors
from hub.bus.audit import append
from hub.console.overview import Lookout
from hub.ledger import IN_FLIGHT, STATES
from hub.tasks import ADVICE, Advice
from hub.web.access import Access
from hub.web.clock import Clock
from hub.web.pages import Pages, language_of
from hub.web.session import session_router
from hub.web.tokens import Caller

HERE = Path(__file__).resolve().parent
SHARD = "console"
ROWS = ("received", *STATES, IN_FLIGHT)
ORDER = ("waiting", "undeliverable", "delivered", "accepted", "rejected", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParts:
    """What the page works with; `clock` is the country's."""

    lookout: Lookout
    access: Access
    clock: Clock


def console_pages() -> Pages:
    """Return the hub's pages: the shared ones and the console's."""
    return Pages(
        title="console_title",
        folders=[HERE / "templates"],
        words=[HERE / "words.toml", ADVICE],
    )


def console_router(parts: ConsoleParts, pages: Pages) -> APIRouter:
    """Return the first page, the sign-in and the sign-out."""
    router = APIRouter(include_in_schema=False)
    advice = Advice()
    may_see = parts.access.require(*doors.CONSOLE)

    @router.get("/")
    def console(request: Request, caller: Annotated[Caller, Depends(may_see)]) -> Response:
        seen = parts.lookout.look(caller, parts.clock())
        _note(parts, caller)
        language = language_of(request)
        return pages.render(
            request,
            "console.html",
            caller=caller,
            seen=seen,
            rows=ROWS,
            order=ORDER,
            sources=seen.sources or (),
            tasks=[
                (count, advice.why(reason, language), advice.next_step(reason, language))
                for reason, count in (seen.tasks or {}).items()
            ],
        )

    router.include_router(session_router(parts.access, pages))
    return router


def _note(parts: ConsoleParts, caller: Caller) -> None:
    entry = AuditEntry(
        at=parts.clock(), actor=caller.subject, action="read overview", reason="console"
    )
    with parts.lookout.engine.begin() as connection:
        append(connection, SHARD, entry)
