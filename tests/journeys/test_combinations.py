"""The main job on both buses and both databases: four homes, one and the same story."""

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.trials import Trial, story_of
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer

Results = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def trials(
    kafka_broker: KafkaBroker,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[Trial], Results]:
    """The four runs; two at a time, as one waits while the other works."""
    folder: Path = tmp_path_factory.mktemp("combinations")
    every = [
        Trial(home=folder / f"{bus[:5]}-{database[:5]}", bus=bus, database=database)
        for bus in ("embedded:", kafka_broker.url)
        for database in ("sqlite:", postgres_server.address)
    ]
    results: Results = {}
    try:
        for pair in (every[:2], every[2:]):
            for trial in pair:
                trial.start()
            for trial in pair:
                result = trial.finish()
                results[result["bus"], result["database"]] = result
    finally:
        for trial in every:
            if trial.starts:
                trial.kill()
    return every, results


def test_all_four_combinations_print_the_same_object(trials: tuple[list[Trial], Results]) -> None:
    _, results = trials
    buses, databases = ("embedded", "kafka"), ("sqlite", "postgresql")
    assert set(results) == {(bus, database) for bus in buses for database in databases}
    first = story_of(results["embedded", "sqlite"])
    assert first["closed"]
    assert {name: story_of(one) for name, one in results.items()} == dict.fromkeys(results, first)


def test_every_combination_ends_as_the_country_knows_it_must(
    trials: tuple[list[Trial], Results],
) -> None:
    every, results = trials
    for trial, result in zip(every, results.values(), strict=True):
        expected = trial.expected()
        assert result["sources"] == expected["sources"]
        assert result["mirror_cases"] == expected["mirror_cases"]
