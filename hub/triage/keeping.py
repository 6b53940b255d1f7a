"""What records come to in triage as they are translated: held for their codes, or let go.

Written together at the end of a batch, by a few statements however many records there are. Opens
nothing, and decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Delete, bindparam, delete, select

from contracts.audit import AuditEntry
from contracts.envelope import encode
from hub.bus.audit import append
from hub.bus.database import Values, insert_rows, upsert
from hub.bus.gathering import Turn, later
from hub.bus.outbox import pack_headers
from hub.triage.desk import wake
from hub.triage.holdings import HeldCode, Holding, held_table, holding_table

Place = tuple[str, str]
"""System and pseudonym of a record."""
Code = tuple[str, str, str]
"""Why it is held, field and code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One version of a record as it came; it is let go when it is held for no code."""

    shard: str
    place: Place
    version: str
    now: datetime
    audit: AuditEntry
    holding: Holding | None = None
    codes: Mapping[Code, HeldCode] = field(default_factory=dict)
    due: bool = False


@dataclass(slots=True, kw_only=True)
class _Record:
    """What is held of one record, step by step. `version` is None while nothing is."""

    version: str | None = None
    stored: bool = False
    since: dict[Code, datetime] = field(default_factory=dict)
    last: _Step | None = None

    def takes(self, step: _Step) -> bool:
        """Tell whether the step changes anything; what is held may be newer."""
        if self.version is None:
            return step.holding is not None
        return self.version <= step.version

    def take(self, step: _Step) -> None:
        """Be held for the codes of this step, known ones as long as before; or be let go."""
        self.version = step.version if step.holding else None
        self.since = {code: self.since.get(code, step.now) for code in step.codes}
        self.last = step


def hold(
    connection: Connection, shard: str, holding: Holding, codes: Sequence[HeldCode], now: datetime,
    *, due: bool = False, audit: AuditEntry,
) -> None:  # fmt: skip
    """Keep a record, in place of any older version of it.

    `due`: it is to be translated again at once, and the workers are woken for it.
    """
    step = _Step(
        shard=shard, place=(holding.system, holding.ref), version=holding.envelope.version,
        now=now, audit=audit, holding=holding, due=due,
        codes={(one.why.value, one.field, one.code): one for one in codes},
    )  # fmt: skip
    later(connection, Turn.STATE, _write, [step])


def let_go(
    connection: Connection, shard: str, place: Place, version: str, now: datetime,
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Drop what is held of a record up to this version, if there is anything."""
    step = _Step(shard=shard, place=place, version=version, now=now, audit=audit)
    later(connection, Turn.STATE, _write, [step])


def _write(connection: Connection, steps: Sequence[_Step]) -> None:
    """Take the steps in their order, and store what they come to."""
    records = _stored(connection, sorted({step.place for step in steps}))
    for step in steps:
        record = records.setdefault(step.place, _Record())
        if record.takes(step):
            append(connection, step.shard, step.audit)
            record.take(step)
    # In one order for all, so that two writers never wait in a ring.
    changed = [(place, record) for place, record in sorted(records.items()) if record.last]
    _drop(connection, _DROP_CODES, [place for place, record in changed if record.stored])
    _drop(connection, _DROP, [place for place, record in changed if record.version is None])
    held = [
        (record.last, record.last.holding, record.since)
        for _, record in changed if record.last and record.last.holding
    ]  # fmt: skip
    upsert(connection, holding_table, [_row(step, holding) for step, holding, _ in held])
    codes = [row for step, holding, since in held for row in _code_rows(step, holding, since)]
    insert_rows(connection, held_table, _HELD_COLUMNS, codes)
    for system, name in sorted({(one.system, one.record) for step, one, _ in held if step.due}):
        wake(connection, system, name, alone=True)


def _stored(connection: Connection, places: Sequence[Place]) -> dict[Place, _Record]:
    """What is held of these records, locked until the transaction ends."""
    found = {
        (row.system, row.ref): _Record(version=row.version, stored=True)
        for row in connection.execute(_STORED, _named(places))
    }
    if found:
        for row in connection.execute(_CODES, _named(sorted(found))):
            if (row.system, row.ref) in found:
                found[row.system, row.ref].since[row.why, row.field, row.code] = row.since
    return found


def _named(places: Sequence[Place]) -> dict[str, list[str]]:
    """A pseudonym is one of a system, so each may be looked for in all of them."""
    return {"systems": sorted({s for s, _ in places}), "refs": [ref for _, ref in places]}


def _drop(connection: Connection, statement: Delete, places: Sequence[Place]) -> None:
    if places:
        connection.execute(statement, [{"s": system, "r": ref} for system, ref in places])


def _row(step: _Step, holding: Holding) -> dict[str, Any]:
    key, value, headers = encode(holding.envelope)
    return {
        "system": holding.system, "ref": holding.ref, "record": holding.record,
        "topic": holding.topic, "key": key.decode(), "version": step.version, "due": step.due,
        "trouble": "", "value": value, "headers": pack_headers(headers),
    }  # fmt: skip


def _code_rows(step: _Step, holding: Holding, since: Mapping[Code, datetime]) -> Iterator[Values]:
    system, ref = step.place
    for code, one in step.codes.items():
        yield (system, ref, one.why.value, one.field, one.code, holding.record, one.label,
               since[code], step.now)  # fmt: skip


_STORED = (
    select(holding_table.c.system, holding_table.c.ref, holding_table.c.version)
    .where(
        holding_table.c.system.in_(bindparam("systems", expanding=True)),
        holding_table.c.ref.in_(bindparam("refs", expanding=True)),
    )
    .order_by(holding_table.c.system, holding_table.c.ref)
    .with_for_update()
)
_CODES = select(
    held_table.c.system, held_table.c.ref, held_table.c.why, held_table.c.field,
    held_table.c.code, held_table.c.since,
).where(
    held_table.c.system.in_(bindparam("systems", expanding=True)),
    held_table.c.ref.in_(bindparam("refs", expanding=True)),
)  # fmt: skip
_DROP = delete(holding_table).where(
    holding_table.c.system == bindparam("s"), holding_table.c.ref == bindparam("r")
)
_DROP_CODES = delete(held_table).where(
    held_table.c.system == bindparam("s"), held_table.c.ref == bindparam("r")
)
_HELD_COLUMNS = (
    "system", "ref", "why", "field", "code", "record", "label", "since", "seen",
)  # fmt: skip
