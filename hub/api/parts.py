"""What the API is given by the composition root, and how it notes who read what. Builds nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy import Connection, Engine

from contracts.audit import AuditEntry
from hub.bus.audit import append
from hub.bus.port import Bus
from hub.bus.stage import Stage
from hub.people import Said
from hub.vault.pseudonyms import Pseudonyms
from hub.web.access import Access
from hub.web.clock import Clock
from hub.web.pages import Pages
from hub.web.tokens import Caller

SHARD = "api"
RecordConsent = Callable[[Connection, Said, datetime], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """Everything the API works with; `clock` is the country's, `pages` shows errors to browsers.

    `record_consent` stores what a person said (`hub.people`), and tells whether it was new.
    `routers` are further routes of the same program, such as the console's.
    """

    engine: Engine
    bus: Bus
    pipeline: Sequence[Stage]
    access: Access
    pseudonyms: Pseudonyms
    clock: Clock
    record_consent: RecordConsent
    pages: Pages | None = None
    routers: Sequence[APIRouter] = ()

    def note_read(self, caller: Caller, what: str, *, count: int = 1, subject: str = "") -> None:
        """Write the audit entry of a read of data about children, before the answer goes out."""
        entry = AuditEntry(
            at=self.clock(),
            actor=caller.subject,
            action=f"read {what}",
            subject=subject,
            reason="api",
            count=count,
        )
        with self.engine.begin() as connection:
            append(connection, SHARD, entry)
