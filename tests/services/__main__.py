"""`make services`: a real Kafka and PostgreSQL for a trial, until Ctrl-C. Keeps nothing."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from tests.services.errors import MissingPartError, PartFailedError
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer

_TEXT = """
  Kafka 4.3        {kafka}
  PostgreSQL       {postgres}

What to try next, in another terminal:

  make demo ARGS="--home {home} --bus {kafka} --database {postgres}"

Afterwards the home is enough: make demo ARGS="--home {home}", .venv/bin/clmhub ledger --home {home}
Both servers forget everything when they stop; that home is of no use then. Ctrl-C stops them."""


def main() -> int:
    """Start both, wait to be told, stop both."""
    told = threading.Event()
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(how, lambda *_: told.set())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clmhub-services-")))
        print("starting PostgreSQL and Kafka (the first time, this fetches the broker) ...")
        try:
            postgres = stack.enter_context(PostgresServer())
            broker = stack.enter_context(KafkaBroker(folder / "kafka"))
        except (MissingPartError, PartFailedError) as error:
            print(error, file=sys.stderr)
            return 1
        home = f".clmhub-{broker.port}"  # a new one each time: the servers are new as well
        print(_TEXT.format(kafka=broker.url, postgres=postgres.address, home=home), flush=True)
        while not told.wait(1):
            if not (broker.pid and postgres.pid):
                print("one of them ended by itself; stopping the other", file=sys.stderr)
                return 1
        print("\nstopping ...", flush=True)
    print("stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
