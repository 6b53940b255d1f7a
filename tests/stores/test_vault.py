"""Keys of persons: one key however many make it, and nothing of it left when it is destroyed."""

import base64
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier as ProcessBarrier
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text

from contracts.envelope import Kind, Part
from contracts.errors import FatalError, RetriableError
from hub.bus.database import open_database
from hub.bus.stage import Keyring, ShreddedError
from hub.vault.keyring import VaultKeyring
from hub.vault.kms import LocalKeyFile
from hub.vault.store import KeyStore, key_table

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
ANN, BOB = "person-ann", "person-bob"
CONTENT = {"name": "a made-up name", "months": [1, 2]}


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """The vault's database, on either kind."""
    KeyStore(engine).create()
    return engine


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeyFile:
    return LocalKeyFile(tmp_path / "vault.key", production=False)


def ring(engine: Engine, keys: LocalKeyFile, **more: Any) -> VaultKeyring:
    return VaultKeyring(KeyStore(engine), keys, clock=lambda: NOW, **more)


def test_what_is_sealed_opens_also_in_another_process_and_shows_nothing(
    engine: Engine, keys: LocalKeyFile
) -> None:
    first: Keyring = ring(engine, keys)
    part = first.seal(ANN, Kind.IDENTITY, "event-1", CONTENT)
    assert b"made-up" not in part.text
    assert part.nonce != first.seal(ANN, Kind.IDENTITY, "event-1", CONTENT).nonce
    assert ring(engine, keys).open(part) == CONTENT


def test_destroying_one_persons_key_blinds_that_person_and_no_other(
    engine: Engine, keys: LocalKeyFile
) -> None:
    here = ring(engine, keys)
    parts = {
        (who, kind): here.seal(who, kind, "event-1", CONTENT) for who in (ANN, BOB) for kind in Kind
    }
    assert here.shred([ANN]) == 1
    for reader in (here, ring(engine, keys)):
        for (who, _), part in parts.items():
            if who == BOB:
                assert reader.open(part) == CONTENT
                continue
            with pytest.raises(ShreddedError):
                reader.open(part)
            with pytest.raises(ShreddedError):
                reader.seal(who, Kind.CASE, "event-2", CONTENT)


def test_destroying_is_idempotent_and_also_ends_keys_that_were_never_made(
    engine: Engine, keys: LocalKeyFile
) -> None:
    here = ring(engine, keys)
    here.prepare([ANN])
    assert here.shred([ANN, BOB]) == 2
    assert here.shred([ANN, BOB]) == 0
    with engine.connect() as connection:
        rows = connection.execute(select(key_table.c.wrapped, key_table.c.shredded_at)).all()
    assert len(rows) == 2
    assert all(row.wrapped is None and row.shredded_at is not None for row in rows)
    with pytest.raises(ShreddedError):
        ring(engine, keys).seal(BOB, Kind.CASE, "event-1", CONTENT)


def test_preparing_a_batch_passes_over_a_destroyed_key_without_an_error(
    engine: Engine, keys: LocalKeyFile
) -> None:
    ring(engine, keys).shred([ANN])
    other = ring(engine, keys)
    other.prepare([ANN, BOB])
    other.seal(BOB, Kind.CASE, "event-1", CONTENT)
    with pytest.raises(ShreddedError):
        other.seal(ANN, Kind.CASE, "event-1", CONTENT)


MOVED: dict[str, Callable[[Part], Part]] = {
    "to another person": lambda part: replace(part, person=BOB),
    "to the other kind": lambda part: replace(part, kind=Kind.CASE),
    "to another event": lambda part: replace(part, origin="event-2"),
    "with another nonce": lambda part: replace(part, nonce=bytes(12)),
    "with no nonce": lambda part: replace(part, nonce=b""),
    "cut": lambda part: replace(part, text=part.text[:-1]),
    "changed": lambda part: replace(part, text=bytes([part.text[0] ^ 1]) + part.text[1:]),
}


@pytest.mark.parametrize("how", MOVED)
def test_a_part_that_was_moved_or_changed_is_refused_without_its_content(
    engine: Engine, keys: LocalKeyFile, how: str
) -> None:
    here = ring(engine, keys)
    part = here.seal(ANN, Kind.IDENTITY, "event-1", CONTENT)
    here.prepare([BOB])
    with pytest.raises(FatalError) as caught:
        here.open(MOVED[how](part))
    assert "made-up" not in f"{caught.value!r}{caught.value.__context__!r}"


def test_many_threads_that_meet_the_same_new_persons_end_with_one_key_each(
    engine: Engine, keys: LocalKeyFile
) -> None:
    people = [f"person-{number:03}" for number in range(60)]
    barrier, parts, errors = Barrier(6), list[Part](), list[Exception]()

    def work(number: int) -> None:
        mine = ring(engine, keys)
        barrier.wait()
        try:
            mine.prepare(people[number:] + people[:number])
            parts.extend(mine.seal(one, Kind.CASE, f"event-{number}", CONTENT) for one in people)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)

    threads = [Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    reader = ring(engine, keys)
    assert [reader.open(part) for part in parts] == [CONTENT] * 360
    assert KeyStore(engine).living() == 60


def _make_and_seal(
    database: str, key_path: Path, barrier: ProcessBarrier, out: "Queue[Part]"
) -> None:
    engine = open_database(database)
    mine = ring(engine, LocalKeyFile(key_path, production=False))
    barrier.wait()
    out.put(mine.seal(ANN, Kind.CASE, "event-1", CONTENT))
    engine.dispose()


def test_two_processes_that_make_the_same_key_end_with_one(
    engine: Engine, database: str, keys: LocalKeyFile, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    out: Queue[Part] = context.Queue()
    given = (database, tmp_path / "vault.key", barrier, out)
    processes = [context.Process(target=_make_and_seal, args=given) for _ in range(2)]
    for process in processes:
        process.start()
    parts = [out.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert [ring(engine, keys).open(part) for part in parts] == [CONTENT, CONTENT]


def test_no_byte_of_a_destroyed_key_is_left_in_the_sqlite_files(
    tmp_path: Path, keys: LocalKeyFile
) -> None:
    made: list[bytes] = []

    def random_bytes(count: int) -> bytes:
        made.append(os.urandom(count))
        return made[-1]

    folder = tmp_path / "database"
    folder.mkdir()
    engine = open_database(f"sqlite:///{folder}/vault.sqlite")
    KeyStore(engine).create()
    here = ring(engine, keys, random_bytes=random_bytes)
    people = [f"person-{number:04}" for number in range(400)]
    for start in range(0, 400, 40):  # several transactions, so that pages split and cells move
        here.prepare(people[start::10])
        here.prepare(people[start : start + 40])
    wrapped = {one: bytes(KeyStore(engine).load([one])[one] or b"") for one in people}

    def on_disk() -> bytes:
        return b"".join(one.read_bytes() for one in sorted(folder.iterdir()))

    assert all(one in on_disk() for one in wrapped.values())  # the search can find them
    assert not any(form in on_disk() for one in made for form in (one, base64.b64encode(one)))
    here.shred(people[::2])
    left = on_disk()
    assert not any(wrapped[one] in left or wrapped[one][:8] in left for one in people[::2])
    assert all(wrapped[one] in left for one in people[1::2])
    engine.dispose()


def test_destroying_says_so_when_a_reader_keeps_the_old_log_open(
    tmp_path: Path, keys: LocalKeyFile
) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/vault.sqlite")
    KeyStore(engine).create()
    here = ring(engine, keys)
    here.prepare([ANN])
    reader = engine.raw_connection()
    cursor = reader.cursor()
    cursor.execute("BEGIN")
    cursor.execute("SELECT count(*) FROM key").fetchone()
    shorten = engine.raw_connection()
    shorten.cursor().execute("PRAGMA busy_timeout = 1")
    shorten.close()
    with pytest.raises(RetriableError, match="destroy the keys again"):
        here.shred([ANN])
    cursor.execute("ROLLBACK")
    cursor.close()
    reader.close()
    assert here.shred([ANN]) == 0
    engine.dispose()


def test_a_cached_key_lives_for_its_time_and_not_longer(engine: Engine, keys: LocalKeyFile) -> None:
    seconds = [100.0]
    here = ring(engine, keys, ttl=20.0, seconds=lambda: seconds[0])
    part = here.seal(ANN, Kind.CASE, "event-1", CONTENT)
    ring(engine, keys).shred([ANN])  # another process
    seconds[0] = 119.9
    assert here.open(part) == CONTENT
    seconds[0] = 120.0
    with pytest.raises(ShreddedError):
        here.open(part)


def test_a_cached_key_is_purged_when_told(engine: Engine, keys: LocalKeyFile) -> None:
    here = ring(engine, keys)
    part = here.seal(ANN, Kind.CASE, "event-1", CONTENT)
    ring(engine, keys).shred([ANN])
    here.forget([ANN])
    assert ANN not in here._cache
    with pytest.raises(ShreddedError):
        here.open(part)


def test_keys_are_not_cached_longer_than_a_minute(engine: Engine, keys: LocalKeyFile) -> None:
    with pytest.raises(FatalError, match="60 seconds"):
        ring(engine, keys, ttl=61.0)


def test_a_batch_costs_as_many_queries_whatever_its_size(
    engine: Engine, keys: LocalKeyFile
) -> None:
    statements: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda *given: statements.append(str(given[2]).split()[0])
    )

    def counted(people: int) -> list[str]:
        statements.clear()
        mine = ring(engine, keys)
        mine.prepare(f"{people}-{number}" for number in range(people))
        for number in range(people):
            mine.seal(f"{people}-{number}", Kind.CASE, "event-1", CONTENT)
        return [one for one in statements if one in {"SELECT", "INSERT"}]

    # PostgreSQL's driver sends one statement; SQLAlchemy may page a long VALUES list.
    assert counted(2) == counted(400) == ["SELECT", "INSERT", "SELECT"]


def test_an_error_of_the_database_says_nothing_of_what_it_was_given(
    engine: Engine, keys: LocalKeyFile
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE key"))
    with pytest.raises(FatalError, match="migrations") as caught:
        ring(engine, keys).prepare([ANN])
    assert ANN not in str(caught.value)
    assert caught.value.__suppress_context__
