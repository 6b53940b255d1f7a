"""`clmhub contract check`: what is wrong with a contract, where, and what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson

from contracts.checking import Fault, check
from hub.contract_tools.folders import Place, find, read, shipped

_MOST = 100
"""Faults that a person is told of one contract: one mistake may be on every row of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A contract and its faults."""

    name: str
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> int:
        """How many faults keep it from being used."""
        return sum(one.level == "error" for one in self.faults)


def check_all(given: Sequence[str]) -> Iterator[Checked]:
    """Check the contracts that are named; without a name, all that are shipped."""
    places = [find(name) for name in given] or list(shipped())
    for place in places:
        yield check_one(place)


def check_one(place: Place) -> Checked:
    """Check one contract."""
    texts, faults = read(place)
    return Checked(name=place.name, faults=tuple(check(texts) if texts else faults))


def lines(one: Checked) -> Iterator[str]:
    """Say it to a person."""
    if not one.faults:
        yield f"{one.name}: fine"
        return
    warnings = len(one.faults) - one.errors
    yield f"{one.name}: {_count(one.errors, 'error')}, {_count(warnings, 'warning')}"
    for fault in one.faults[:_MOST]:
        place = f"{fault.file}:{fault.line}" if fault.line else fault.file
        yield f"  {fault.level}  {place}  {fault.path}".rstrip()
        yield f"      {fault.message}"
        yield f"      -> {fault.next_step}"
    if len(one.faults) > _MOST:
        yield f"  ... and {len(one.faults) - _MOST} more: --json lists them all"


def json_lines(one: Checked) -> Iterator[str]:
    """One line a fault; a contract without any gives none."""
    for fault in one.faults:
        yield orjson.dumps({"contract": one.name, **asdict(fault)}).decode()


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
