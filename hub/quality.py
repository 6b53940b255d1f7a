"""How good what sources send is: a score by source and day, and whether they send in time.

Keeps one row a record, with its newest version: what is read or translated again moves its count
and never doubles it. Pseudonyms and names of rules, never a value. Rejects nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    func,
    select,
)

from contracts.audit import AuditEntry
from contracts.dates import COUNTRY_ZONE
from contracts.mapping import quality
from contracts.service_levels import days_of
from contracts.source_contract import SourceContract
from hub import site_contracts
from hub.bus.audit import append
from hub.bus.database import UtcTime, upsert
from hub.bus.gathering import Turn, later

quality_metadata = MetaData()
record_table = Table(
    "quality_record",
    quality_metadata,
    Column("system", String(40), primary_key=True),
    Column("ref", String(80), primary_key=True),
    Column("record", String(40), nullable=False),
    Column("version", String(400), nullable=False),
    Column("day", Date, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("broken", String(2000), nullable=False),
    Index("quality_record_by_day", "system", "record", "day"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One record as the rules of its contract found it: `broken` of its `rules` rules."""

    system: str
    record: str
    ref: str
    version: str
    changed: datetime
    rules: int
    broken: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One source's records of one day: the share of all checks that held, and what broke."""

    system: str
    record: str
    day: date
    records: int
    checks: int
    score: float
    broken: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One promise of a contract (a level of service), and whether the newest record keeps it."""

    system: str
    record: str
    promise: str
    days: float
    kept: bool
    newest: datetime


@lru_cache(maxsize=64)
def rules_of(contract: SourceContract) -> int:
    """How many rules of a contract run on each record."""
    return len(quality.compiled(contract))


def note(
    connection: Connection, shard: str, checked: Checked, now: datetime, *, audit: AuditEntry
) -> None:
    """Keep what was found of a record, in place of what an older version of it came to.

    The records of a batch are one entry of the audit, with their count: this is about a source.
    """
    row = {
        "system": checked.system, "ref": checked.ref, "record": checked.record,
        "version": checked.version, "day": checked.changed.astimezone(COUNTRY_ZONE).date(),
        "changed": checked.changed, "seen": now, "rules": checked.rules,
        "broken": ";".join(sorted(checked.broken))[:2000],
    }  # fmt: skip
    later(connection, Turn.FIGURES, _write, [(shard, audit, row)])


def _write(connection: Connection, found: Sequence[tuple[str, AuditEntry, dict[str, Any]]]) -> None:
    told = Counter((shard, entry) for shard, entry, _ in found)
    for (shard, entry), count in told.items():
        append(connection, shard, replace(entry, count=count))
    # In one order for all, so that two writers never wait in a ring; versions of a record stay so.
    rows = sorted((row for *_, row in found), key=itemgetter("system", "ref"))
    upsert(connection, record_table, rows, guard="version")


def scores(connection: Connection, *, since: date, system: str = "") -> list[Score]:
    """The scores of each source's record and day from `since` on, newest day first."""
    table = record_table
    by = (table.c.system, table.c.record, table.c.day)
    query = select(*by, table.c.broken, func.count().label("n"), func.sum(table.c.rules).label("r"))
    query = query.where(table.c.day >= since)
    if system:
        query = query.where(table.c.system == system)
    found: dict[tuple[str, str, date], tuple[list[int], Counter[str]]] = {}
    for row in connection.execute(query.group_by(*by, table.c.broken)):
        sums, broken = found.setdefault((row.system, row.record, row.day), ([0, 0], Counter()))
        sums[0] += row.n
        sums[1] += int(row.r)
        broken.update(dict.fromkeys(filter(None, row.broken.split(";")), row.n))
    order = sorted(found, key=lambda key: (-key[2].toordinal(), key[0], key[1]))
    return [_score(key, *found[key]) for key in order]


def _score(key: tuple[str, str, date], sums: Sequence[int], broken: Counter[str]) -> Score:
    records, checks = sums
    held = 1 - broken.total() / checks if checks else 1.0
    return Score(
        system=key[0], record=key[1], day=key[2], records=records, checks=checks,
        score=round(held, 4), broken=dict(sorted(broken.items())),
    )  # fmt: skip


def count_records(connection: Connection) -> dict[tuple[str, str], int]:
    """How many records were accepted, by source and record."""
    by = (record_table.c.system, record_table.c.record)
    rows = connection.execute(select(*by, func.count().label("records")).group_by(*by))
    return {(row.system, row.record): row.records for row in rows}


def services(connection: Connection, now: datetime) -> list[Service]:
    """What the contracts promise, held against the newest record of each."""
    table = record_table
    by = (table.c.system, table.c.record)
    query = select(
        *by, func.max(table.c.changed, type_=UtcTime).label("changed"),
        func.max(table.c.seen, type_=UtcTime).label("seen"),
    ).group_by(*by)  # fmt: skip
    return [
        one
        for row in connection.execute(query.order_by(*by)).all()
        if (contract := site_contracts.in_use(connection, row.system, row.record))
        for one in _services(contract, row.changed, max(row.seen, row.changed), now)
    ]


def _services(
    contract: SourceContract, changed: datetime, seen: datetime, now: datetime
) -> list[Service]:
    """What MEASURED says; `clmhub contract check` warns of a level that cannot be measured."""
    found = []
    for level in contract.document.get("slaProperties", ()):
        days = days_of(level.get("value"), str(level.get("unit", "")))
        age = {"frequency": now - changed, "latency": seen - changed}.get(level.get("property"))
        if days is not None and age is not None:
            found.append(
                Service(
                    system=contract.system, record=contract.record, days=days,
                    promise=str(level["property"]), kept=age <= timedelta(days=days),
                    newest=changed.astimezone(UTC),
                )
            )  # fmt: skip
    return found
