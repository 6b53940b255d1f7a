"""The outside systems' own database: one SQLite file. Holds identity; decides nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from adapters.sandbox.entries import Json

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
  id INTEGER PRIMARY KEY, due INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL,
  done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS event_due ON event (done, due, id);
CREATE TABLE IF NOT EXISTS child_case (
  id TEXT PRIMARY KEY, case_id TEXT NOT NULL UNIQUE, updated INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS case_updated ON child_case (updated);
CREATE TABLE IF NOT EXISTS transition (
  sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL,
  type TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS transition_case ON transition (case_id, type);
CREATE TABLE IF NOT EXISTS ask (
  referral TEXT PRIMARY KEY, case_id TEXT NOT NULL, service TEXT NOT NULL, office TEXT NOT NULL,
  record TEXT NOT NULL, seen INTEGER NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS login (
  account TEXT PRIMARY KEY, failures INTEGER NOT NULL, locked_until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS request (
  n INTEGER PRIMARY KEY, at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  query TEXT NOT NULL, account TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT NOT NULL,
  ids TEXT NOT NULL);
"""


def seconds(instant: datetime) -> int:
    """Return whole seconds since 1970: what the database sorts times by."""
    return int(instant.timestamp())


class Store:
    """Tables of the sandbox. Everything is called inside `transaction`, by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; only a power cut may take the last requests back.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what is inside when it raises, and nothing else of the transaction."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._db.execute("RELEASE attempt")

    # -- small facts ------------------------------------------------------------------------------
    def fact(self, name: str, default: str = "") -> str:
        """Return a stored fact."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row["value"]) if row else default

    def remember(self, name: str, value: str) -> None:
        """Store a fact."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def bump(self) -> None:
        """Count one change of the country's state."""
        self.remember("revision", str(int(self.fact("revision", "0")) + 1))

    # -- the calendar -----------------------------------------------------------------------------
    def plan(self, due: datetime, kind: str, body: Json) -> None:
        """Write an event into the calendar."""
        self._db.execute(
            "INSERT INTO event (due, kind, body) VALUES (?, ?, ?)",
            (seconds(due), kind, orjson.dumps(body)),
        )

    def due(self, until: datetime) -> list[tuple[int, datetime, str, Json]]:
        """Return the events that are due and not done, oldest first."""
        rows = self._db.execute(
            "SELECT id, due, kind, body FROM event WHERE done = 0 AND due <= ? ORDER BY due, id",
            (seconds(until),),
        )
        return [
            (row["id"], datetime.fromtimestamp(row["due"], UTC), row["kind"],
             orjson.loads(row["body"]))
            for row in rows
        ]  # fmt: skip

    def did(self, event: int) -> None:
        """Cross an event out."""
        self._db.execute("UPDATE event SET done = 1, body = '{}' WHERE id = ?", (event,))

    def ahead(self) -> tuple[datetime | None, int]:
        """Return when the next event is due, and how many are left."""
        row = self._db.execute("SELECT min(due) AS due, count(*) AS n FROM event WHERE done = 0")
        first = row.fetchone()
        due = first["due"]
        return (None if due is None else datetime.fromtimestamp(due, UTC)), first["n"]

    # -- cases and what hangs under them ----------------------------------------------------------
    def case(self, case: str) -> Json | None:
        """Return one case."""
        row = self._db.execute("SELECT body FROM child_case WHERE id = ?", (case,)).fetchone()
        return orjson.loads(row["body"]) if row else None

    def has_case_id(self, case_id: str) -> bool:
        """Say whether a case has this `case_id`."""
        found = self._db.execute("SELECT 1 FROM child_case WHERE case_id = ?", (case_id,))
        return found.fetchone() is not None

    def cases(self, low: int | None = None, high: int | None = None) -> list[Json]:
        """Return all cases, or those changed between two seconds, both included."""
        rows = self._db.execute(
            "SELECT body FROM child_case WHERE updated BETWEEN ? AND ?",
            (0 if low is None else low, 1 << 40 if high is None else high),
        )
        return [orjson.loads(row["body"]) for row in rows]

    def put_case(self, body: Json, updated: datetime) -> None:
        """Store one case."""
        self._db.execute(
            "INSERT OR REPLACE INTO child_case VALUES (?, ?, ?, ?)",
            (body["id"], body["case_id"], seconds(updated), orjson.dumps(body)),
        )
        self.bump()

    def transitions(self, case: str, kind: str) -> list[Json]:
        """Return the referrals or assigns of a case, oldest first."""
        rows = self._db.execute(
            "SELECT body FROM transition WHERE case_id = ? AND type = ? ORDER BY sequence",
            (case, kind),
        )
        return [orjson.loads(row["body"]) for row in rows]

    def put_transition(self, body: Json) -> None:
        """Store a referral or an assign."""
        self._db.execute(
            "INSERT INTO transition (id, case_id, type, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (body["id"], body["record_id"], body["type"], orjson.dumps(body)),
        )
        self.bump()

    # -- what case managers were asked ------------------------------------------------------------
    def ask(self, row: Json) -> bool:
        """Store a request to the case managers; return False when they have it already."""
        new = self._db.execute(
            "INSERT OR IGNORE INTO ask VALUES"
            " (:referral, :case_id, :service, :office, :record, :seen, :answer)",
            row,
        )
        if new.rowcount == 0 and row["service"]:
            self._db.execute(
                "UPDATE ask SET service = :service WHERE referral = :referral AND service = ''", row
            )
        return new.rowcount == 1

    def asked(self, referral: str) -> Json:
        """Return one request to the case managers."""
        row = self._db.execute("SELECT * FROM ask WHERE referral = ?", (referral,)).fetchone()
        return dict(row)

    # -- logins and requests ----------------------------------------------------------------------
    def login(self, account: str) -> tuple[int, int]:
        """Return (failures, locked until) of an account."""
        row = self._db.execute("SELECT * FROM login WHERE account = ?", (account,)).fetchone()
        return (row["failures"], row["locked_until"]) if row else (0, 0)

    def set_login(self, account: str, failures: int, locked_until: int) -> None:
        """Store the failures of an account."""
        self._db.execute(
            "INSERT OR REPLACE INTO login VALUES (?, ?, ?)", (account, failures, locked_until)
        )

    def next_request(self) -> int:
        """Return the number that the next request will have."""
        row = self._db.execute("SELECT coalesce(max(n), 0) + 1 AS n FROM request").fetchone()
        return int(row["n"])

    def log(self, row: Json) -> None:
        """Store one line of the request log."""
        self._db.execute(
            "INSERT INTO request VALUES"
            " (:n, :at, :method, :path, :query, :account, :status, :fault, :ids)",
            row,
        )

    def logged(self, after: int, most: int) -> list[dict[str, Any]]:
        """Return lines of the request log."""
        rows = self._db.execute(
            "SELECT * FROM request WHERE n > ? ORDER BY n LIMIT ?", (after, most)
        )
        return [dict(row) | {"ids": orjson.loads(row["ids"])} for row in rows]
