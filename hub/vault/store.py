"""The table of wrapped data keys, in the vault's own database. Never sees a key in the clear.

Every operation is idempotent and commits on its own, apart from any stage's transaction.

On SQLite a destroyed key's bytes are overwritten in the file and in its log. On PostgreSQL the
replaced row version stays on disk, wrapped, until VACUUM and the log's recycling pass over it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

from contracts.errors import FatalError, RetriableError
from hub.bus.database import UtcTime, inserting, reading, waiting_mends

vault_metadata = MetaData()

# `wrapped` is null once `shredded_at` is set; the row stays, so that the key is never made again.
key_table = Table(
    "key",
    vault_metadata,
    Column("person", String(64), primary_key=True),
    Column("wrapped", LargeBinary, nullable=True),
    Column("made_at", UtcTime, nullable=False),
    Column("shredded_at", UtcTime, nullable=True),
)

CHUNK = 500  # well below the bound parameters that either database takes


class KeyStore:
    """Wrapped keys by person.

    Raises RetriableError while the database does not answer, FatalError when it refuses.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"

    def create(self) -> None:
        """Create the table where no migration did: tests and trials."""
        with _answering():
            vault_metadata.create_all(self._engine)

    def load(self, persons: Iterable[str]) -> dict[str, bytes | None]:
        """Return the wrapped key of each person that has a row; None where it was destroyed."""
        with _answering(), reading(self._engine) as connection:
            return _load(connection, sorted(set(persons)))

    def add(self, wrapped: Mapping[str, bytes], now: datetime) -> dict[str, bytes | None]:
        """Store keys where there are none, and return what stands: of two makers, one wins."""
        persons = sorted(wrapped)  # one order for all writers, so that two never wait in a ring
        rows = [{"person": one, "wrapped": wrapped[one], "made_at": now} for one in persons]
        with _answering(), self._engine.begin() as connection:
            self._overwrite_what_is_freed(connection)
            if rows:
                connection.execute(inserting(connection, key_table).on_conflict_do_nothing(), rows)
            return _load(connection, persons)

    def destroy(self, persons: Iterable[str], now: datetime) -> int:
        """Destroy the keys, and those never made for ever too; return how many this call ended.

        Raises RetriableError when old bytes may still stand in a log: repeat it then.
        """
        names = sorted(set(persons))
        ended = 0
        with _answering(), self._engine.begin() as connection:
            self._overwrite_what_is_freed(connection)
            for chunk in _chunks(names):
                ended += self._end(connection, chunk, now)
        self._empty_the_log()
        return ended

    def _end(self, connection: Connection, persons: Sequence[str], now: datetime) -> int:
        rows = [{"person": one, "made_at": now, "shredded_at": now} for one in persons]
        fresh = inserting(connection, key_table).values(rows).on_conflict_do_nothing()
        made = set(connection.execute(fresh.returning(key_table.c.person)).scalars())
        done = connection.execute(
            key_table.update()
            .where(key_table.c.person.in_(persons), key_table.c.shredded_at.is_(None))
            .values(wrapped=None, shredded_at=now)
        )
        return len(made) + done.rowcount

    def sample(self) -> bytes | None:
        """Return any wrapped key; None when there is none."""
        with _answering(), reading(self._engine) as connection:
            query = select(key_table.c.wrapped).where(key_table.c.wrapped.is_not(None)).limit(1)
            found: bytes | None = connection.execute(query).scalar_one_or_none()
        return found

    def living(self) -> int:
        """Return how many keys are in use."""
        count = select(func.count()).where(key_table.c.shredded_at.is_(None))
        with _answering(), reading(self._engine) as connection:
            return int(connection.execute(count).scalar_one())

    def _overwrite_what_is_freed(self, connection: Connection) -> None:
        if self._is_sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")

    def _empty_the_log(self) -> None:
        """Move the log into the file and cut it: old pages in it still hold the bytes."""
        if not self._is_sqlite:
            return
        with _answering():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                answer = cursor.fetchone()
                cursor.close()
            finally:
                raw.close()
        if answer is not None and answer[0]:
            raise RetriableError("the vault's log is in use; destroy the keys again", after=1.0)


def _load(connection: Connection, persons: Sequence[str]) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    for chunk in _chunks(persons):
        rows = connection.execute(
            select(key_table.c.person, key_table.c.wrapped).where(key_table.c.person.in_(chunk))
        )
        found.update((row.person, row.wrapped) for row in rows)
    return found


def _chunks(persons: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(persons), CHUNK):
        yield persons[start : start + CHUNK]


@contextmanager
def _answering() -> Iterator[None]:
    """Translate the driver's errors once; they go no further."""
    try:
        yield
    except DBAPIError as error:
        name = type(error.orig).__name__
        if waiting_mends(error):
            raise RetriableError(f"the vault's database does not answer ({name})") from None
        raise FatalError(
            f"the vault's database refuses its work ({name}): check its migrations and rights"
        ) from None
