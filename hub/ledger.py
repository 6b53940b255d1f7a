"""The ledger: one line per (source, record key), and the states in which lines end.

Holds pseudonyms, codes and places (file, sheet, row), never a value. A line's own state is
`rejected`, `parked`, `counted`, `echo` or `follows` its child; a child's state says where the
lines that follow it stand. received = the sum of all states, for every source: see `totals`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from contracts.audit import AuditEntry
from contracts.errors import Reason
from hub.bus.audit import append
from hub.bus.database import UtcTime
from hub.bus.journal import parked

ledger_metadata = MetaData()
line_table = Table(
    "ledger_line",
    ledger_metadata,
    Column("system", String(40), primary_key=True),
    Column("ref", String(80), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("collected", String(300), nullable=False),
    Column("settled", String(300), nullable=False, default=""),
    Column("turn", Integer, nullable=False, default=0),
    Column("state", String(20), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("child", String(36), index=True),
)
child_table = Table(
    "ledger_child",
    ledger_metadata,
    Column("child", String(36), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("reason", String(60), nullable=False),
    Column("version", String(60), nullable=False),
    Column("epoch", Integer, nullable=False),
)
confirmed_table = Table(
    "ledger_confirmed",
    ledger_metadata,
    Column("name", String(10), primary_key=True),
    Column("epoch", Integer, nullable=False),
)

STATES = ("released", "counted", "withheld", "parked", "rejected")
IN_FLIGHT, FOLLOWS = "in_flight", "follows"
RECORD, ECHO, ANSWER = "record", "echo", "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line to be opened, or opened again by a newer version of its record."""

    system: str
    ref: str
    kind: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How one source's lines stand: `received` is the sum of the states and of `in_flight`."""

    received: int = 0
    released: int = 0
    counted: int = 0
    withheld: int = 0
    parked: int = 0
    rejected: int = 0
    in_flight: int = 0

    def as_dict(self) -> dict[str, int]:
        """The words of the design, without `in_flight`."""
        return {name: count for name, count in asdict(self).items() if name != IN_FLIGHT}


def collected_versions(connection: Connection, system: str, refs: Iterable[str]) -> dict[str, str]:
    """The newest version of each known record: what is not newer is not collected again."""
    where = (line_table.c.system == system) & line_table.c.ref.in_(list(refs))
    rows = connection.execute(select(line_table.c.ref, line_table.c.collected).where(where))
    return {row.ref: row.collected for row in rows}


def open_lines(
    connection: Connection, shard: str, lines: Sequence[Line], now: datetime, *, audit: AuditEntry
) -> None:
    """Put the records in flight, in the transaction that stores their events.

    A line that is known keeps its state until the newer version has an end of its own, but for
    `settled`, which lags behind `collected` from here on: that is what in flight means. At most
    one line a ref.
    """
    if not lines:
        return
    append(connection, shard, audit)
    for system in {line.system for line in lines}:
        mine = {line.ref: line for line in lines if line.system == system}
        known = collected_versions(connection, system, mine)
        fresh = [_fresh(line, now) for ref, line in mine.items() if ref not in known]
        if fresh:
            connection.execute(insert(line_table), fresh)
        for ref in known:
            newer = update(line_table).where(_is(system, ref)).values(collected=mine[ref].version)
            connection.execute(newer)


def _fresh(line: Line, now: datetime) -> dict[str, Any]:
    return {
        "system": line.system, "ref": line.ref, "kind": line.kind, "first_seen": now,
        "collected": line.version, "settled": "", "turn": 0, "state": IN_FLIGHT, "reasons": [],
        "child": None,
    }  # fmt: skip


def close_mended(
    connection: Connection, shard: str, system: str, refs: Sequence[str], *, audit: AuditEntry
) -> None:
    """Take away the lines of files that could not be read and now can: their rows count instead."""
    where = (line_table.c.system == system) & line_table.c.ref.in_(list(refs))
    if connection.execute(delete(line_table).where(where)).rowcount:
        append(connection, shard, audit)


def settle_line(
    connection: Connection, shard: str, version: str, outcome: Mapping[str, Any],
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Move one line to the state that an outcome names.

    Older versions, and earlier turns of linkage for the same version, change nothing.
    """
    append(connection, shard, audit)
    row = connection.execute(
        select(line_table).where(_is(outcome["system"], outcome["ref"]))
    ).mappings().first()  # fmt: skip
    turn = int(outcome.get("turn", 0))
    if row is None or (row["settled"], row["turn"]) > (version, turn):
        return
    state = FOLLOWS if outcome["state"] == "linked" else outcome["state"]
    connection.execute(
        update(line_table).where(_is(outcome["system"], outcome["ref"])).values(
            settled=version, turn=turn, state=state, child=outcome.get("child"),
            reasons=outcome.get("reasons") or [{"code": outcome.get("reason", "")}],
        )
    )  # fmt: skip


def settle_child(
    connection: Connection, shard: str, version: str, outcome: Mapping[str, Any],
    *, audit: AuditEntry,
) -> None:  # fmt: skip
    """Move all lines of one child; an outcome older than the stored one changes nothing."""
    append(connection, shard, audit)
    where = child_table.c.child == outcome["child"]
    values = {
        "state": outcome["state"], "reason": outcome.get("reason", ""), "version": version,
        "epoch": int(outcome.get("epoch", 0)),
    }  # fmt: skip
    newer = where & (child_table.c.version <= version)
    if connection.execute(update(child_table).where(newer).values(values)).rowcount:
        return
    if connection.execute(select(child_table.c.child).where(where)).first() is None:
        connection.execute(insert(child_table).values(child=outcome["child"], **values))


def confirm_epoch(connection: Connection, shard: str, epoch: int, *, audit: AuditEntry) -> None:
    """The mirror has shown this epoch: what it released is released now."""
    append(connection, shard, audit)
    newer = (confirmed_table.c.name == "mirror") & (confirmed_table.c.epoch < epoch)
    if connection.execute(update(confirmed_table).where(newer).values(epoch=epoch)).rowcount:
        return
    if connection.execute(select(confirmed_table)).first() is None:
        connection.execute(insert(confirmed_table).values(name="mirror", epoch=epoch))


def confirmed_epoch(connection: Connection) -> int:
    """The newest epoch that the mirror acknowledged; 0 before the first."""
    return connection.execute(select(func.max(confirmed_table.c.epoch))).scalar() or 0


def has_passed_identify(connection: Connection, system: str) -> bool:
    """Every collected version of the source's records was linked, or ended otherwise."""
    lags = line_table.c.settled < line_table.c.collected
    where = (line_table.c.system == system) & line_table.c.kind.in_((RECORD, ECHO)) & lags
    return connection.execute(select(line_table.c.ref).where(where).limit(1)).first() is None


# The child's news was set aside at release before anything was ever decided on it.
_UNDECIDED = (
    exists()
    .where(parked.c.stage == "release", parked.c.topic == "child")
    .where(parked.c.key == line_table.c.child)
)


def totals(connection: Connection) -> dict[str, Totals]:
    """Count the lines of every source by where they stand now."""
    confirmed = confirmed_epoch(connection)
    lines = (
        select(
            line_table.c.system,
            line_table.c.state,
            (line_table.c.settled < line_table.c.collected).label("lags"),
            child_table.c.state.label("followed"),
            (child_table.c.epoch > confirmed).label("ahead"),
            _UNDECIDED.label("undecided"),
        )
        .select_from(line_table.outerjoin(child_table, line_table.c.child == child_table.c.child))
        .where(line_table.c.kind == RECORD)
        .subquery()
    )
    counts: dict[str, dict[str, int]] = {}
    grouped = select(*lines.c, func.count().label("count")).group_by(*lines.c)
    for row in connection.execute(grouped):
        system, own, lags, followed, ahead, undecided, count = tuple(row)
        sums = counts.setdefault(system, dict.fromkeys(("received", *STATES, IN_FLIGHT), 0))
        sums["received"] += count
        stands = followed or ("parked" if undecided else None)
        sums[_standing(own, stands, lags=bool(lags), ahead=bool(ahead))] += count
    return {system: Totals(**sums) for system, sums in sorted(counts.items())}


def _standing(own: str, followed: str | None, *, lags: bool, ahead: bool) -> str:
    """Where a line stands: `ahead` says that the mirror has not yet shown its child's epoch."""
    if lags or own == IN_FLIGHT:
        return IN_FLIGHT
    if own != FOLLOWS:
        return own
    return IN_FLIGHT if followed is None or (followed == "released" and ahead) else followed


def count_echoes(connection: Connection) -> int:
    """Records that the hub itself created in a source, and that came back from it."""
    where = line_table.c.kind == ECHO
    return connection.execute(
        select(func.count()).select_from(line_table).where(where)
    ).scalar_one()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A line that its source must mend."""

    system: str
    ref: str
    first_seen: datetime
    reasons: tuple[Reason, ...]


def list_rejected(connection: Connection, system: str | None = None) -> list[Rejected]:
    """The rejected lines, oldest first, with where they stand and what to do."""
    where = line_table.c.state == "rejected"
    if system:
        where &= line_table.c.system == system
    rows = connection.execute(
        select(line_table).where(where).order_by(line_table.c.first_seen, line_table.c.ref)
    )
    return [_rejected(row) for row in rows.mappings()]


def _rejected(row: RowMapping) -> Rejected:
    reasons = tuple(Reason(**reason) for reason in row["reasons"])
    return Rejected(
        system=row["system"], ref=row["ref"], first_seen=row["first_seen"], reasons=reasons
    )


def _is(system: str, ref: str) -> ColumnElement[bool]:
    return (line_table.c.system == system) & (line_table.c.ref == ref)


# --- what the API and the console read ---------------------------------------------------------


def page_rejected(
    connection: Connection, *, system: str = "", after: str = "", most: int
) -> list[Rejected]:
    """One page of the rejected lines, by their pseudonym, behind the line `after`."""
    query = select(line_table).where(line_table.c.state == "rejected", line_table.c.ref > after)
    if system:
        query = query.where(line_table.c.system == system)
    rows = connection.execute(query.order_by(line_table.c.ref).limit(most))
    return [_rejected(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many lines of a source are parked for one reason, and since when the oldest is known."""

    system: str
    reason: str
    count: int
    since: datetime


def list_held(connection: Connection) -> list[Held]:
    """What is parked and waits for a person, by source and reason, oldest first."""
    settled = line_table.c.settled >= line_table.c.collected
    mine = select(line_table.c.system, line_table.c.reasons, line_table.c.first_seen).where(
        line_table.c.kind == RECORD, line_table.c.state == "parked", settled
    )
    of_child = (
        select(line_table.c.system, child_table.c.reason, line_table.c.first_seen)
        .join(child_table, line_table.c.child == child_table.c.child)
        .where(line_table.c.kind == RECORD, line_table.c.state == FOLLOWS, settled)
        .where(child_table.c.state == "parked")
    )
    found: dict[tuple[str, str], list[datetime]] = {}
    for system, reasons, since in connection.execute(mine):
        found.setdefault((system, str(reasons[0]["code"])), []).append(since)
    for system, reason, since in connection.execute(of_child):
        found.setdefault((system, reason), []).append(since)
    held = [
        Held(system=system, reason=reason, count=len(times), since=min(times))
        for (system, reason), times in found.items()
    ]
    return sorted(held, key=lambda one: (one.since, one.system, one.reason))
