"""The main job on both buses and both databases: four homes, one and the same story."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.journeys.trials import Trial, marks_of, story_of
from tests.leaks import Leak, Scanner
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


def test_no_mark_of_a_person_stands_in_kafka_or_postgresql(
    trials: tuple[list[Trial], Results],
    kafka_broker: KafkaBroker,
    postgres_server: PostgresServer,
) -> None:
    """Neither in what the broker keeps on its disk, nor in any column of any table."""
    every, _ = trials
    truth = (every[0].home / "sandbox" / "truth.jsonl").read_text("utf-8").splitlines()
    scanner = Scanner(marks_of(map(json.loads, truth)))
    segments = list((kafka_broker.folder / "data").rglob("*.log"))
    assert any("clm.source." in path.parent.name and path.stat().st_size for path in segments)
    for segment in segments:  # the indexes beside them are megabytes of nothing
        assert told(scanner.in_file(segment)) == Counter()
    tables = 0
    for database, table, content in every_table(postgres_server):
        tables += bool(content)
        assert told(scanner.in_bytes(content, f"{database}.{table}")) == Counter()
    assert tables > 2 * 20


def every_table(server: PostgresServer) -> Iterator[tuple[str, str, bytes]]:
    """The rows of every table of every hub, as text; bytes come as hexadecimal."""
    with psycopg.connect(dsn(server, "postgres")) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'clm_%'")
        databases = [name for (name,) in rows]
    for database in databases:
        with psycopg.connect(dsn(server, database)) as connection:
            tables = connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            ).fetchall()
            for (table,) in tables:
                wanted = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
                with connection.cursor() as cursor, cursor.copy(wanted) as copy:
                    yield database, table, b"".join(bytes(part) for part in copy)


def dsn(server: PostgresServer, database: str) -> str:
    """The address as the driver itself wants it."""
    return f"{server.address.replace('+psycopg', '')}/{database}"


def told(leaks: Iterable[Leak]) -> Counter[tuple[str, str]]:
    """Places and forms: a failing test must not print who it is."""
    return Counter((leak.place, leak.form) for leak in leaks)
