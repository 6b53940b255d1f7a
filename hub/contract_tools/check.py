"""`clmhub contract check`: what is wrong with a contract, where, and what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson

from contracts.checking import SAMPLE, Fault, check
from hub.contract_tools.folders import Place, find, read, shipped
from hub.contract_tools.words import count

_MOST = 100
"""Faults that a person is told of one contract: one mistake may be on every row of it."""

_FEW = 3
"""Samples that are told one by one: a change of the mapping may make all of them another."""


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
    yield f"{one.name}: {count(one.errors, 'error')}, {count(warnings, 'warning')}"
    samples = [fault for fault in one.faults if _is_of_a_sample(fault)]
    told = list(one.faults)
    if len(samples) > _FEW:
        yield from _samples(samples, one.name)
        told = [fault for fault in told if not _is_of_a_sample(fault)]
    for fault in told[:_MOST]:
        place = f"{fault.file}:{fault.line}" if fault.line else fault.file
        yield f"  {fault.level}  {place}  {fault.path}".rstrip()
        yield f"      {fault.message}"
        yield f"      -> {fault.next_step}"
    if len(told) > _MOST:
        yield f"  ... and {len(told) - _MOST} more: --json lists them all"


def _is_of_a_sample(fault: Fault) -> bool:
    """Tell whether it is one record that does not come out as it should."""
    return fault.file == SAMPLE and fault.level == "error" and bool(fault.path)


def _samples(faults: Sequence[Fault], name: str) -> Iterator[str]:
    yield f"  error  {SAMPLE}  {len(faults)} samples do not come out as they say:"
    yield from (f"      {fault.message}" for fault in faults[:_FEW])
    yield f"      ... and {len(faults) - _FEW} more: --json lists them all"
    yield "      -> read what changed. Is the mapping wrong, mend it; is it right, take the samples"
    yield f"         again: `clmhub contract try FILE --contract {name} --samples > {SAMPLE}`"


def json_lines(one: Checked) -> Iterator[str]:
    """One line a fault; a contract without any gives none."""
    for fault in one.faults:
        yield orjson.dumps({"contract": one.name, **asdict(fault)}).decode()
