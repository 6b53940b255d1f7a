"""Contracts with what people decided on them, compiled, for a worker. Stores nothing.

A decision reaches every process with its next transaction: versions are read in it, once. Whoever
is going to touch what is held takes the contract's version first (`settle`), so that a decision
sees all records that came before it, and meets nobody who waits for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, NestedTransaction

from contracts.mapping import translation as mapping
from contracts.mapping.translation import Decisions, Plan, Translated
from contracts.source_contract import SourceContract
from hub import site_contracts
from hub.triage import decisions, holdings
from hub.triage.holdings import HeldCode, Why

Stops = Callable[[Connection, SourceContract], frozenset[str]]


def no_stops(_connection: Connection, _contract: SourceContract) -> frozenset[str]:
    """Return that no field is stopped."""
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A contract at one version of its decisions: by itself (`bare`), and with them (`plan`)."""

    version: int
    bare: Plan
    plan: Plan
    stopped: frozenset[str]

    def translate(
        self, body: Mapping[str, Any], *, where: str, key: str
    ) -> tuple[Translated, list[HeldCode]]:
        """Translate one record, and say for which of its codes it has to be held.

        That is for what the contract by itself does not know, decided or not: so what was decided
        can be taken back. Raises RejectedError with every reason found.
        """
        bare = self.bare.translate(body, where=where, key=key)
        unknown = [_held(Why.CODE, entry) for entry in _unmapped(bare)]
        if not unknown and not self.stopped:
            return replace(bare, version=self.plan.version), []
        if self.plan is self.bare:  # nothing is decided yet
            return bare, unknown
        result = self.plan.translate(body, where=where, key=key)
        waits = [
            _held(Why.LABEL, entry) for entry in _unmapped(result)
            if entry["field"] in self.stopped and entry not in _unmapped(bare)
        ]  # fmt: skip
        return result, [*unknown, *waits]


@dataclass(slots=True, kw_only=True)
class _View:
    """What one transaction has read: versions, and which sources have records that are held."""

    transaction: object
    versions: dict[tuple[str, str], int]
    holders: set[str]
    settled: set[tuple[str, str, NestedTransaction | None]] = field(default_factory=set)


@dataclass(kw_only=True, eq=False, repr=False)
class Standing:
    """How contracts stand now. Used by one thread."""

    stops: Stops = no_stops
    _judged: dict[tuple[str, str], Judged] = field(default_factory=dict)
    _seen: _View | None = None

    def of(self, connection: Connection, system: str, record: str) -> Judged:
        """Return the contract as it stands in this transaction."""
        name = (system, record)
        known = self._judged.get(name)
        if known is None or known.version != self._view(connection).versions.get(name, 0):
            known = self._judged[name] = self._read(connection, system, record)
        return known

    def holds(self, connection: Connection, system: str) -> bool:
        """Tell whether any record of the source is held."""
        return system in self._view(connection).holders

    def settle(self, connection: Connection, system: str, record: str) -> int:
        """Return the version that stands until this transaction ends, and that what is held has."""
        view, inside = self._view(connection), connection.get_nested_transaction()
        # A savepoint that is taken back gives up what was locked in it.
        if view.settled.isdisjoint({(system, record, None), (system, record, inside)}):
            view.holders.add(system)
            view.versions[system, record] = decisions.hold_version(connection, system, record)
            view.settled.add((system, record, inside))
        return view.versions[system, record]

    def _view(self, connection: Connection) -> _View:
        transaction = connection.get_transaction()
        if self._seen is None or self._seen.transaction is not transaction:
            self._seen = _View(
                transaction=transaction,
                versions=decisions.versions(connection),
                holders=holdings.systems_that_hold(connection),
            )
        return self._seen

    def _read(self, connection: Connection, system: str, record: str) -> Judged:
        contract = site_contracts.contract_of(connection, system, record)
        bare = mapping.plan(contract)
        view = self._view(connection)
        if not view.versions.get((system, record), 0):
            return Judged(version=0, bare=bare, plan=bare, stopped=frozenset())
        version = self.settle(connection, system, record)
        stopped = self.stops(connection, contract)
        made = Decisions(
            version=f"{version:06d}",
            codes=_codes(decisions.list_decisions(connection, system=system, record=record), bare),
            stopped=stopped,
        )
        return Judged(
            version=version, bare=bare, plan=mapping.plan(contract, made), stopped=stopped
        )


def _codes(made: Sequence[decisions.Decision], bare: Plan) -> dict[tuple[str, str], str]:
    """What the mapping can use: a code that the schema has no more is unmapped again."""
    return {
        (one.named.field, one.named.code): one.target
        for one in made
        if one.named.field in bare.coded
        and (not one.target or one.target in bare.coded[one.named.field])
    }


def _unmapped(result: Translated) -> list[dict[str, str]]:
    return (result.facts or {}).get("unmapped") or []


def _held(why: Why, entry: Mapping[str, str]) -> HeldCode:
    return HeldCode(
        why=why, field=entry["field"], code=entry["code"][:200], label=entry.get("label", "")[:200]
    )
