"""kill -9 in the middle of the main job: nothing is lost, no effect happens twice, one story."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.bus.faults import FAULT_POINTS
from tests.journeys.trials import (
    Trial,
    doubled_cases,
    doubled_referrals,
    doubled_services,
    story_of,
)
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer

MOMENTS = (1, 60, 160, 260)
"""After how many requests to the country's Primero everything is killed."""

PASSES = {
    "worker.polled": 20, "batch.handled": 25, "outbox.committed": 12, "outbox.midway": 3,
    "outbox.published": 15, "outbox.cleared": 18, "timers.handled": 2, "errands.claimed": 9,
    "errands.performed": 11, "errands.settled": 13,
}  # fmt: skip
"""Each named point, and at which pass of it the hub dies: every start of the hub meets the next."""


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """A home on the embedded default."""
    trial = Trial(home=tmp_path / "home")
    yield trial
    trial.kill()


def _check(trial: Trial, result: dict[str, Any]) -> None:
    """The story is whole, and its effects happened once."""
    expected = trial.expected()
    assert result["closed"]
    assert result["sources"] == expected["sources"]
    assert result["mirror_cases"] == expected["mirror_cases"]
    assert result["referrals"]["created"] == expected["triggers"]
    assert not doubled_cases(trial)
    assert not doubled_services(trial)
    assert not doubled_referrals(trial)


def _starts_of_the_hub(trial: Trial) -> int:
    return sum(line.get("event") == "hub_started" for line in trial.hub_log())


def test_everything_killed_at_several_moments_ends_as_if_nothing_had_happened(
    trial: Trial,
) -> None:
    for requests in MOMENTS:
        trial.start().wait_for_requests(requests)
        trial.kill()
    result = trial.start().finish()
    _check(trial, result)
    again = trial.start().finish()
    assert story_of(again) == story_of(result)


def test_a_hub_that_dies_at_each_named_point_loses_nothing_and_doubles_nothing(
    trial: Trial,
) -> None:
    assert set(PASSES) == set(FAULT_POINTS)
    faults = ",".join(f"{name}:{count}" for name, count in PASSES.items())
    result = trial.start(fault=faults, publish_at_once="2").finish()
    assert _starts_of_the_hub(trial) == len(PASSES) + 1, "not every point was passed"
    _check(trial, result)


def test_a_hub_and_a_second_worker_that_die_on_kafka_lose_nothing_and_double_nothing(
    kafka_broker: KafkaBroker, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    trial = Trial(home=tmp_path / "home", bus=kafka_broker.url, database=postgres_server.address)
    faults = "outbox.published:12,errands.performed:11,batch.handled:25"
    try:
        trial.start(fault=faults).wait_for_requests(1)
        with trial.helper("identify", "refer", "deliver") as helper:
            trial.wait_until(helper.works)
            trial.wait_for_requests(trial.requests() + 10)
        result = trial.finish()
    finally:
        trial.kill()
    assert _starts_of_the_hub(trial) == 4, "not every point was passed"
    _check(trial, result)
