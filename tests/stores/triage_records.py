"""Inspection rows with codes that no list knows, and the desk of translate. Asserts nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from sqlalchemy import Engine

from contracts.envelope import Draft, Kind, Message, Part
from hub.bus.journal import take_due
from hub.bus.stage import ShreddedError
from hub.stages.translate import Translate
from hub.triage import desk
from hub.triage.desk import Asked, Overview
from hub.triage.holdings import Named
from tests.stores.handling import NOW, Desk, hub_tables, message, of_topic, transaction

SYSTEM, RECORD = "labour_inspection", "inspection"
FIELD = "facts.hazards"
MARK = "zz-dawsecret-12oukama"
"""A code as somebody wrote it: no list has it, and it may be anybody's words."""


def body(**changes: Any) -> dict[str, Any]:
    """A row about a child, as the contract's own sample has it."""
    return dict(_sample()) | changes


@cache
def _sample() -> Mapping[str, Any]:
    place = files("contracts") / "sources" / SYSTEM / RECORD / "v1" / "sample.json"
    found: Mapping[str, Any] = orjson.loads(place.read_bytes())[0]["body"]
    return found


def named(code: str = MARK, target: str = FIELD) -> Named:
    """The code as triage names it."""
    return Named(system=SYSTEM, record=RECORD, field=target, code=code)


def asked(code: str = MARK, target: str = FIELD) -> Asked:
    """Somebody's wish about the code."""
    return Asked(named=named(code, target), by="somebody@office", at=NOW)


@dataclass(kw_only=True)
class Table:
    """Stage translate at one database, and the people who decide."""

    engine: Engine
    shredded: set[str] = field(default_factory=set)
    trouble: set[str] = field(default_factory=set)
    prepared: list[set[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        hub_tables(self.engine)
        self.stage = self.process()

    def process(self) -> Desk:
        """Another process of the stage: it shares the database, and nothing else."""
        handler = Translate(
            record_ref=lambda system, key: f"{system}:{key}", open_part=self.open,
            prepare=lambda persons: self.prepared.append(set(persons)),
        )  # fmt: skip
        return Desk(engine=self.engine, stage="translate", handler=handler)

    def open(self, part: Part) -> Mapping[str, Any]:
        """Open what was held."""
        if part.person in self.shredded:
            raise ShreddedError
        if part.person in self.trouble:
            raise ValueError("unforeseen")
        content: Mapping[str, Any] = orjson.loads(part.text)
        return content

    def arrive(self, ref: str, version: str = "1", *, at: Desk | None = None,
               **changes: Any) -> list[Draft]:  # fmt: skip
        """A record comes from its source."""
        return (at or self.stage).take(record(ref, version, **changes))

    def run_timers(self, at: Desk | None = None) -> list[Draft]:
        """Let a process handle all that is due, as the worker would."""
        drafts: list[Draft] = []
        while True:
            with transaction(self.engine, "translate") as tx:
                due = take_due(tx.connection, "translate", NOW + timedelta(days=1), most=1)
                if not due:
                    return drafts
                tx.drop_timer(due[0].timer.key)
                handler = (at or self.stage).handler
                assert isinstance(handler, Translate)
                drafts += handler.wakes(due[0].timer, tx, NOW)

    def map(self, target: str, code: str = MARK, field: str = FIELD) -> int:
        """Somebody maps a code."""
        with self.engine.begin() as connection:
            return desk.map_code(connection, asked(code, field), target)

    def ignore(self, reason: str, code: str = MARK, field: str = FIELD) -> int:
        """Somebody ignores a code."""
        with self.engine.begin() as connection:
            return desk.ignore(connection, asked(code, field), reason)

    def undo(self, code: str = MARK) -> int:
        """Somebody takes a decision back."""
        with self.engine.begin() as connection:
            return desk.undo(connection, asked(code))

    def look(self) -> Overview:
        """What triage shows."""
        with self.engine.begin() as connection:
            return desk.overview(connection)


def record(ref: str, version: str = "1", **changes: Any) -> Message:
    """One source event with the sealed row."""
    content = {"key": ref, "where": "row 5", "body": body(**changes)}
    sealed = Part(person=f"p-{ref}", kind=Kind.IDENTITY, origin="origin", nonce=b"n",
                  text=orjson.dumps(content))  # fmt: skip
    data = {"system": SYSTEM, "record": RECORD, "ref": ref, "person": f"p-{ref}"}
    return message(f"source.{SYSTEM}", f"p-{ref}", version, data, [(sealed, content)])


def facts(drafts: list[Draft]) -> dict[str, Mapping[str, Any]]:
    """The facts of each record, by pseudonym; the last one counts."""
    return {
        str((draft.data or {})["ref"]): draft.seal[draft.key, Kind.CASE]
        for draft in of_topic(drafts, "canonical")
    }
