"""Stage people: publishes what people decided. They decide in the API; here it only leaves."""

from collections.abc import Iterator
from datetime import datetime

from contracts.envelope import Draft, Message
from hub.bus.stage import Tx


class People:
    """Reads no topic: the API puts decisions into this stage's outbox, in its own transaction."""

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Handle nothing: the worker publishes the outbox."""
        yield from ()
