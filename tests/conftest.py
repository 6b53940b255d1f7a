"""What every test may ask for: real parts, once a session. Knows nothing of the product."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.services import browser
from tests.services.errors import MissingPartError
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer

Part = TypeVar("Part")


def or_skip(bring: Callable[[], Part]) -> Part:
    """A part that this machine lacks skips its tests; with CI set it fails them."""
    try:
        return bring()
    except MissingPartError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """An open broker that the whole session shares: use topics and groups of your own."""
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    or_skip(broker.start)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def secured_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker with passwords and ACLs: users `hub` and `mirror`, who may do nothing yet."""
    users = {"hub": "hub-password", "mirror": "mirror-password"}
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka-secured"), secured=True, users=users)
    or_skip(broker.start)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A database server that the whole session shares: use databases of your own."""
    # Nothing here outlives a power cut, so nothing waits for the disk.
    server = PostgresServer(settings={"fsync": "off"})
    try:
        or_skip(server.start)
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The system's browser."""
    return or_skip(browser.find)


@pytest.fixture(autouse=True)
def _steady_randomness(request: pytest.FixtureRequest) -> Iterator[None]:
    """Global randomness is the same for a test on every run, and no test changes another's."""
    before = random.getstate()
    random.seed(request.node.nodeid)
    yield
    random.setstate(before)
