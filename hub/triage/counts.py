"""What is held in triage, counted: by code, and how far mapping again has come. Changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.bus.database import UtcTime
from hub.triage.holdings import Named, Why, held_table, holding_table, of_contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """How many records hold one code, since when, and when it came last."""

    named: Named
    why: Why
    label: str = field(repr=False)
    count: int
    since: datetime
    seen: datetime


def list_groups(connection: Connection, *, system: str = "", most: int) -> list[Group]:
    """What is held, by code; the code that most records hold comes first."""
    by = (held_table.c.system, held_table.c.record, held_table.c.field, held_table.c.code)
    count = func.count().label("records")
    query = select(
        *by, held_table.c.why, func.max(held_table.c.label).label("label"), count,
        func.min(held_table.c.since, type_=UtcTime).label("since"),
        func.max(held_table.c.seen, type_=UtcTime).label("seen"),
    )  # fmt: skip
    if system:
        query = query.where(held_table.c.system == system)
    rows = connection.execute(
        query.group_by(*by, held_table.c.why).order_by(count.desc(), *by).limit(most)
    )
    return [
        Group(
            named=Named(system=row.system, record=row.record, field=row.field, code=row.code),
            why=Why(row.why), label=row.label, count=row.records, since=row.since, seen=row.seen,
        )
        for row in rows
    ]  # fmt: skip


def list_fields(connection: Connection, system: str, record: str) -> list[tuple[str, Why]]:
    """The fields of a contract for which any record is held, and why."""
    where = of_contract(held_table, system, record)
    query = select(held_table.c.field, held_table.c.why).where(where).distinct()
    return [(row.field, Why(row.why)) for row in connection.execute(query)]


def is_held(connection: Connection, named: Named) -> bool:
    """Tell whether any record holds this code because its contract does not know it."""
    where = (
        of_contract(held_table, named.system, named.record)
        & (held_table.c.why == Why.CODE.value)
        & (held_table.c.field == named.field)
        & (held_table.c.code == named.code)
    )
    return connection.execute(select(held_table.c.ref).where(where).limit(1)).first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Of one contract: records held, those still to be translated again, those that failed."""

    system: str
    record: str
    held: int
    due: int
    failed: int
    places: tuple[str, ...] = ()


def progress(connection: Connection) -> list[Progress]:
    """How far mapping again has come, by contract."""
    table = holding_table
    rows = connection.execute(
        select(table.c.system, table.c.record, table.c.due, table.c.trouble, func.count())
        .group_by(table.c.system, table.c.record, table.c.due, table.c.trouble)
        .order_by(table.c.system, table.c.record)
    ).all()  # fmt: skip
    return [
        _progress(name, [row[2:] for row in rows if (row[0], row[1]) == name])
        for name in dict.fromkeys((row[0], row[1]) for row in rows)
    ]


def _progress(name: tuple[str, str], rows: Iterable[Sequence[Any]]) -> Progress:
    parts = [(bool(due), str(trouble), int(count)) for due, trouble, count in rows]
    return Progress(
        system=name[0], record=name[1], held=sum(count for *_, count in parts),
        due=sum(count for due, _, count in parts if due),
        failed=sum(count for _, trouble, count in parts if trouble),
        places=tuple(sorted({trouble for _, trouble, _ in parts if trouble})),
    )  # fmt: skip
