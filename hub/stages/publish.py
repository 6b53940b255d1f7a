"""Stage publish: the one writer to MOLIP. Closes epochs; takes rows away at once. Opens nothing.

k is counted anew at every epoch over all candidates; a class (state or region, age bracket, sex,
ISIC section, quarter) with fewer than k children shows no row. Here the ladder has one rung, the
coarsest, so no child is ever shown finer than before.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Message
from contracts.model.mirror_case import MirrorCase
from hub import candidates as store
from hub import sources
from hub.bus.stage import Timer, Tx
from hub.candidates import Candidate, Published

EPOCH_FRACTION = timedelta(milliseconds=750)
"""Epochs close on three quarters of a second: after the sources and the deadlines of an instant."""

CLASS_FIELDS = ("state", "age_bracket", "sex", "isic_section", "quarter")
EPOCH_TIMER = "epoch"
Row = Mapping[str, Any]


def next_epoch(now: datetime, seconds: int) -> datetime:
    """The first epoch boundary after `now`: boundaries are multiples of the epoch since 1970."""
    passed = int(now.timestamp()) // seconds
    boundary = datetime.fromtimestamp(passed * seconds, UTC) + EPOCH_FRACTION
    return boundary if boundary > now else boundary + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """`pseudonym(child)` names a child to MOLIP, `k` is the least size of a class."""

    pseudonym: Callable[[str], str]
    k: int
    epoch_seconds: int

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Keep a figure until the epoch that shows it."""
        version = message.envelope.version
        store.save_figure(tx.connection, message.key, version, message.data)
        yield from ()

    def wakes(self, timer: Timer, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Close an epoch, or take away the rows of a child that may not be shown any more."""
        if timer.key == EPOCH_TIMER:
            yield from self._close_epoch(tx, now)
            tx.set_timer(EPOCH_TIMER, next_epoch(now, self.epoch_seconds))
        else:
            yield from self._withdraw(timer.data["child"], tx, now)

    # --- epochs --------------------------------------------------------------------------------

    def _close_epoch(self, tx: Tx, now: datetime) -> Iterator[Draft]:
        sequence = store.next_sequence(tx.connection)
        decided = {c.child: c for c in store.list_candidates(tx.connection)}
        shown = store.list_published(tx.connection)
        allowed = {c: d.row for c, d in decided.items() if d.state == "candidate"}
        large = _large_classes(allowed.values(), self.k)
        rows = {c: row for c, row in allowed.items() if _class(row) in large}
        audit = _audit(now, "close epoch", count=len(rows))
        epoch = store.add_epoch(tx.connection, tx.shard, now, len(rows), audit=audit)
        changed: list[Published] = []
        for child in sorted(decided):
            old = shown.get(child) or self._unshown(child)
            state, reason = _stand(decided[child], child in rows)
            new = replace(
                old, row=rows.get(child), told=f"{state} {reason} {decided[child].decision}"
            )
            if new.row != old.row:
                new = replace(new, epoch=epoch)
                decision = decided[child]
                draft = self._row if new.row else _tombstone
                yield draft(new, decision, sequence)
            if new != old:
                changed.append(new)
                if new.told != old.told:
                    yield _outcome(decided[child], state, reason, sequence, new.epoch)
        audit = _audit(now, "publish rows", count=len(changed))
        store.save_published(tx.connection, tx.shard, changed, audit=audit)
        yield from _statistics(tx.connection, epoch)
        yield _marker(tx.connection, epoch, now, len(rows))

    def _unshown(self, child: str) -> Published:
        return Published(child=child, pseudonym=self.pseudonym(child), epoch=0, row=None, told="")

    def _row(self, shown: Published, decided: Candidate, sequence: int) -> Draft:
        row = MirrorCase(
            pseudonym=shown.pseudonym, epoch=shown.epoch, rung=0,
            child_version=decided.child_version, consent_version=decided.consent_version,
            **dict(shown.row or {}),
        )  # fmt: skip
        return Draft(
            topic="mirror", type="clm.mirror.case.v1", key=shown.pseudonym,
            version=_guard(decided, sequence),
            data=row.model_dump(mode="json"),
        )  # fmt: skip

    # --- withdrawals ---------------------------------------------------------------------------

    def _withdraw(self, child: str, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Take the child's row away now, and with it what its class may no longer show."""
        sequence = store.next_sequence(tx.connection)
        shown = store.list_published(tx.connection)
        gone = shown.get(child)
        if gone is None or gone.row is None:
            return
        decided = {c.child: c for c in store.list_candidates(tx.connection)}
        mates = [
            one for one in shown.values()
            if one.row is not None and one.child != child and _class(one.row) == _class(gone.row)
        ]  # fmt: skip
        losing = [gone] if len(mates) >= self.k else [gone, *sorted(mates, key=lambda m: m.child)]
        taken = []
        for one in losing:
            decision = decided[one.child]
            state, reason = _stand(decision, False)
            told = f"{state} {reason} {decision.decision}"
            taken.append(replace(one, row=None, told=told))
            yield _tombstone(one, decision, sequence)
            yield _outcome(decision, state, reason, sequence, one.epoch)
        audit = _audit(now, "withdraw rows", subject=child, count=len(taken))
        store.save_published(tx.connection, tx.shard, taken, audit=audit)


def _class(row: Row) -> tuple[Any, ...]:
    return tuple(row[field] for field in CLASS_FIELDS)


def _large_classes(rows: Iterable[Row], k: int) -> set[tuple[Any, ...]]:
    sizes = Counter(_class(row) for row in rows)
    return {name for name, size in sizes.items() if size >= k}


def _stand(decided: Candidate, in_mirror: bool) -> tuple[str, str]:
    """Where the child's ledger lines stand."""
    if decided.state != "candidate":
        return decided.state, decided.reason
    return ("released", "") if in_mirror else ("withheld", "class_too_small")


def _guard(decided: Candidate, sequence: int) -> str:
    """What the mirror compares: the decision, and of one decision the later act of publishing.

    A row that its class lost goes without a new decision, and must not come back late.
    """
    return f"{decided.consent_version:010d}.{decided.child_version:010d}.{sequence:010d}"


def _tombstone(shown: Published, decided: Candidate, sequence: int) -> Draft:
    return Draft(
        topic="mirror", type="clm.mirror.gone.v1", key=shown.pseudonym,
        version=_guard(decided, sequence), data=None,
    )  # fmt: skip


def _outcome(decided: Candidate, state: str, reason: str, sequence: int, epoch: int) -> Draft:
    return Draft(
        topic="outcome", type=f"clm.outcome.{state}.v1", key=decided.child,
        version=f"{decided.decision:010d}.{sequence:010d}",
        data={"child": decided.child, "state": state, "reason": reason, "epoch": epoch},
    )  # fmt: skip


def _statistics(connection: Connection, epoch: int) -> Iterator[Draft]:
    """Inspections that found no child, by state or region and quarter: no child is in them."""
    cells = Counter(
        (c["township"][:6], _quarter(c["month"]))
        for c in store.list_figures(connection)
        if c["kind"] == "inspection"  # a survey's figures go into no table yet
    )
    for (area, period), value in sorted(cells.items()):
        yield Draft(
            topic="statistics", type="clm.statistic.v1", key=f"inspections/{area}/{period}",
            version=f"{epoch:010d}",
            data={"table": "inspections_no_child", "area": area, "period": period, "value": value},
        )  # fmt: skip


def _quarter(month: str) -> str:
    year, number = month.split("-")
    return f"{year}-{3 * ((int(number) - 1) // 3) + 1:02d}"


def _marker(connection: Connection, epoch: int, now: datetime, rows: int) -> Draft:
    read = {
        system: until.isoformat() if until else None
        for system, until in sources.freshness(connection).items()
    }
    return Draft(
        topic="mirror", type="clm.mirror.epoch.v1", key="epoch", version=f"{epoch:010d}",
        data={"epoch": epoch, "as_of": now.isoformat(), "rows": rows, "sources": read,
              "contract": "mirror-case/1"},
    )  # fmt: skip


def _audit(now: datetime, action: str, subject: str = "", count: int = 1) -> AuditEntry:
    return AuditEntry(at=now, actor="publish", action=action, subject=subject, count=count)
