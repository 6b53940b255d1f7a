"""The worker loop on a real broker: three die at once, a fourth finishes, each effect once."""

import itertools
import signal
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from tests.services.kafka import KafkaBroker
from tests.stores.crew import Order, check, events, fight
from tests.stores.little import make_tables, send

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
POINTS = ("outbox.committed", "outbox.published", "errands.performed")


@pytest.mark.slow  # the broker gives a dead member up after six seconds
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_kills_on_kafka_lose_nothing_and_double_nothing(
    database: str, engine: Engine, kafka_broker: KafkaBroker, tmp_path: Path
) -> None:
    make_tables(engine)
    instance = f"t{uuid4().hex}"
    order = Order(database=database, folder=tmp_path, kafka=kafka_broker.address, instance=instance)
    with order.open() as bus:
        send(bus, *events())
    points = itertools.chain(POINTS, itertools.repeat(""))
    codes = fight((replace(order, armed=point, after=1) for point in points), 3)
    assert codes.count(-signal.SIGKILL) >= 2
    assert set(codes) == {0, -signal.SIGKILL}
    check(engine)
