"""Stage account: moves ledger lines from in flight to their end. Publishes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Message
from hub import ledger
from hub.bus.stage import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Reads outcomes of records and of children, and the mirror's receipts of epochs."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Settle what the message speaks of."""
        data, version = message.data, message.envelope.version
        audit = AuditEntry(
            at=now, actor="account", action="settle", subject=message.key,
            reason=str(data.get("state", message.topic)),
        )  # fmt: skip
        if message.topic == "receipt":
            epoch = int(data["epoch"])
            ledger.confirm_epoch(tx.connection, tx.shard, epoch, audit=audit)
        elif "ref" in data:
            ledger.settle_line(tx.connection, tx.shard, version, data, audit=audit)
        else:
            ledger.settle_child(tx.connection, tx.shard, version, data, audit=audit)
        yield from ()
