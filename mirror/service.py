"""Reading the mirror as one caller: each read is one snapshot, and leaves an audit entry."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.audit import AuditEntry
from contracts.model.mirror_case import MirrorCase
from hub.web.tokens import Caller
from mirror import store
from mirror.answers import (
    CaseQuery,
    CasesPage,
    Cell,
    Dimension,
    Epoch,
    EpochsAnswer,
    StatisticsAnswer,
    TableAnswer,
    fresh_fields,
)

EPOCHS_SHOWN = 100


class EpochMovedError(Exception):
    """The epoch that the caller pages through is not the visible one any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What the API and the dashboard read with; `k` is checked here once more, at the door."""

    database: store.Database
    k: int
    clock: Callable[[], datetime]

    def cases(self, caller: Caller, query: CaseQuery) -> CasesPage:
        """Return a page of rows. Raises EpochMovedError when another epoch was asked for."""
        with self._snapshot() as (connection, fresh):
            if query.epoch not in (None, fresh["epoch"]):
                raise EpochMovedError
            rows = store.list_cases(
                connection, k=self.k, after=query.after, most=query.limit + 1, where=query.wanted()
            )
        page = [MirrorCase(**row) for row in rows[: query.limit]]
        more = page[-1].pseudonym if len(rows) > query.limit else None
        self._audit(caller, "read cases", len(page))
        return CasesPage(**fresh, cases=page, next=more)

    def table(self, caller: Caller, by: Sequence[Dimension]) -> TableAnswer:
        """Return counts of cases by the dimensions."""
        with self._snapshot() as (connection, fresh):
            cells = self._cells(connection, by)
        self._audit(caller, "read table", len(cells))
        return TableAnswer(**fresh, by=list(by), least=self.k, cells=cells)

    def tables(
        self, caller: Caller, dimensions: Sequence[Dimension]
    ) -> tuple[StatisticsAnswer, dict[Dimension, list[Cell]]]:
        """Return one table a dimension and the statistics, all of one snapshot."""
        with self._snapshot() as (connection, fresh):
            counted = {by: self._cells(connection, [by]) for by in dimensions}
            statistics = store.list_statistics(connection)
        self._audit(caller, "read dashboard", len(counted))
        return StatisticsAnswer(**fresh, cells=statistics), counted

    def epochs(self, caller: Caller) -> EpochsAnswer:
        """Return the epochs that have ended."""
        with self._snapshot() as (connection, fresh):
            rows = store.list_epochs(connection, most=EPOCHS_SHOWN)
        self._audit(caller, "read epochs", len(rows))
        shown = [
            Epoch(
                epoch=row["epoch"],
                as_of=row["as_of"],
                closed_at=row["closed_at"],
                rows=row["case_rows"],
                withdrawn=row["withdrawn"],
                contract=row["contract"],
            )
            for row in rows
        ]
        return EpochsAnswer(**fresh, epochs=shown)

    def statistics(self, caller: Caller) -> StatisticsAnswer:
        """Return the cells of the published tables."""
        with self._snapshot() as (connection, fresh):
            cells = store.list_statistics(connection)
        self._audit(caller, "read statistics", len(cells))
        return StatisticsAnswer(**fresh, cells=cells)

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[store.Snapshot, dict[str, Any]]]:
        with store.snapshot(self.database) as connection:
            yield connection, fresh_fields(store.freshness(connection))

    def _cells(self, connection: store.Snapshot, by: Sequence[Dimension]) -> list[Cell]:
        return [Cell(**row) for row in store.count_cases(connection, k=self.k, by=by)]

    def _audit(self, caller: Caller, action: str, count: int) -> None:
        entry = AuditEntry(at=self.clock(), actor=caller.subject, action=action, count=count)
        store.record_access(self.database, entry)
