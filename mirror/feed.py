"""Stage reflect: what the hub publishes becomes visible, epoch by epoch. Opens nothing sealed.

A row waits for the marker that ends its epoch; a tombstone waits for nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Message
from contracts.model.mirror_case import MirrorCase
from hub.bus.stage import Opens, Stage, Tx
from mirror import store
from mirror.messages import (
    CASE_TYPE,
    EPOCH_TYPE,
    RECEIPT_TYPE,
    STATISTIC_TYPE,
    EpochMarker,
    RefusedMessageError,
    StatisticCell,
    parse,
)

REFLECT = Stage(
    name="reflect",
    reads=("mirror", "statistics"),
    opens=Opens.NOTHING,
    publishes=("receipt",),
    does="shows MOLIP an epoch's rows together, and takes withdrawn ones out at once",
)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflect:
    """The handler of the stage; all that it knows lies in the mirror's database."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Store what came. Raises RefusedMessageError for what is not of the agreed shapes."""
        match message.topic, message.envelope.type, message.envelope.data:
            case "mirror", _, None:
                self._purge(message, tx, now)
            case "mirror", type_, _ if type_ == CASE_TYPE:
                self._keep(message, tx, now)
            case "mirror", type_, _ if type_ == EPOCH_TYPE:
                yield from self._close(message, tx, now)
            case "statistics", _, None:
                self._drop(message, tx, now)
            case "statistics", type_, _ if type_ == STATISTIC_TYPE:
                self._count(message, tx, now)
            case _:
                raise RefusedMessageError("a message of a kind that the mirror does not know")

    def _keep(self, message: Message, tx: Tx, now: datetime) -> None:
        row = parse(MirrorCase, message.data)
        if row.pseudonym != message.key:
            raise RefusedMessageError("MirrorCase refused: its pseudonym is not its key")
        audit = _audit(now, "keep row", message.key)
        version = message.envelope.version
        store.put_rows(tx.connection, tx.shard, [row], version, audit=audit)

    def _purge(self, message: Message, tx: Tx, now: datetime) -> None:
        audit = _audit(now, "purge row", message.key)
        version = message.envelope.version
        store.purge(tx.connection, tx.shard, message.key, version, at=now, audit=audit)

    def _close(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        marker = parse(EpochMarker, message.data)
        audit = _audit(now, "close epoch", count=marker.rows)
        if not store.close_epoch(tx.connection, tx.shard, marker, now, audit=audit):
            return
        rows = store.visible_rows(tx.connection)
        log.info("epoch closed", epoch=marker.epoch, rows=rows)
        if rows != marker.rows:
            log.error("epoch incomplete", epoch=marker.epoch, rows=rows, expected=marker.rows)
        yield Draft(
            topic="receipt",
            type=RECEIPT_TYPE,
            key=str(marker.epoch),
            version=f"{marker.epoch:010d}",
            data={"epoch": marker.epoch, "rows": rows},
        )

    def _count(self, message: Message, tx: Tx, now: datetime) -> None:
        cell = parse(StatisticCell, message.data)
        version = message.envelope.version
        audit = _audit(now, "keep statistic", message.key)
        store.put_statistic(
            tx.connection, tx.shard, message.key, cell, version=version, audit=audit
        )

    def _drop(self, message: Message, tx: Tx, now: datetime) -> None:
        audit = _audit(now, "drop statistic", message.key)
        store.drop_statistic(tx.connection, tx.shard, message.key, audit=audit)


def _audit(now: datetime, action: str, subject: str = "", *, count: int = 1) -> AuditEntry:
    return AuditEntry(at=now, actor=REFLECT.name, action=action, subject=subject, count=count)
