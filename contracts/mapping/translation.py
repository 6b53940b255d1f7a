"""Turns a source's record into the common schema: a value, or a rejection with every reason.

A contract's mapping is compiled once (`plan`) and then applied. Values of a record are in no error.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from contracts import source_contract
from contracts.errors import RejectedError
from contracts.mapping.apply import Translated, apply
from contracts.mapping.decisions import NO_DECISIONS, Decisions
from contracts.mapping.explain import Explained, ExplainedRow, explain
from contracts.mapping.plan import compile_plan
from contracts.mapping.rows import SourceContract
from contracts.mapping.split import split

__all__ = [
    "NO_DECISIONS", "Decisions", "Explained", "ExplainedRow", "Plan", "RejectedError",
    "Translated", "plan", "split", "translate", "version_of",
]  # fmt: skip

_REMEMBERED = 256
"""Plans kept: contracts times the decisions on them that are in use."""


class Plan:
    """A contract and the decisions on its codes, compiled. `coded` are the codes of each target."""

    def __init__(self, contract: SourceContract, decisions: Decisions) -> None:
        self._compiled = compile_plan(contract, decisions)
        self.contract = contract
        self.version = self._compiled.version
        self.coded: Mapping[str, frozenset[str]] = self._compiled.coded

    def translate(self, body: Mapping[str, Any], *, where: str, key: str) -> Translated:
        """Translate one record. Raises RejectedError with every reason found."""
        return apply(self._compiled, body, where, key)

    def explain(self, body: Mapping[str, Any], *, where: str, key: str) -> Explained:
        """Translate one record, and say what each row did. Never raises for a bad record."""
        return explain(self._compiled, body, where, key)


@lru_cache(maxsize=_REMEMBERED)
def plan(contract: SourceContract, decisions: Decisions = NO_DECISIONS) -> Plan:
    """Compile a contract's mapping, once. Raises FatalError with every fault in it."""
    return Plan(contract, decisions)


def version_of(system: str, record: str) -> str:
    """Return the version of the contract, its mapping and this code: part of a record's version."""
    return plan(source_contract.load(system, record)).version


def translate(
    *, system: str, record: str, body: Mapping[str, Any], where: str, key: str,
    decisions: Decisions = NO_DECISIONS,
) -> Translated:  # fmt: skip
    """Translate one record of a source whose contract is in this package.

    Raises RejectedError with every reason found; FatalError when there is no such contract.
    """
    found = plan(source_contract.load(system, record), decisions)
    return found.translate(body, where=where, key=key)
