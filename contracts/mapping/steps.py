"""The compiled rows of a mapping, run on one record: values, faults, triage. Knows no thing.

`run` is the inner loop of the hub. What a cell's trouble means is settled apart from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contracts import reasons
from contracts.cells import (
    Impossible,
    Odd,
    Stopped,
    Trouble,
    Unreadable,
    WhyAbsent,
    is_blank,
    triage_text,
)
from contracts.errors import Reason
from contracts.mapping.rows import Row
from contracts.mapping.targets import Leaf
from contracts.model.base import UNMAPPED
from contracts.paths import Elements, Getter
from contracts.transforms.binding import Transform

ZAWGYI = "_zawgyi"
"""Where a reader keeps what it converted from Zawgyi: the original of each column."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """What a row does when its cell makes trouble, and what to say of it.

    `triages`: it is the first row of its column, which decides whether a code is known at all. A
    later row of the same column may know fewer codes, and is silent about those that it leaves out.
    """

    row: Row
    leaf: Leaf
    name: str
    required: bool
    triages: bool
    says_unmapped: bool
    listed: bool
    stopped: bool
    label: Getter | None


class Step(NamedTuple):
    """One compiled row: what runs for every record (a tuple, for speed), and its rarer part.

    `get` is None for the plain field `field`; `place` says which thing gets the value, as `name`;
    `later`: an earlier row may have given it already.
    """

    field: str
    get: Getter | None
    read: Transform
    place: int
    name: str
    later: bool
    case: Case


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListStep:
    """One compiled list: a thing of each element."""

    elements: Elements
    place: int
    name: str
    steps: tuple[Step, ...]
    required: tuple[str, ...]
    defaults: Mapping[str, Any] = field(repr=False)


@dataclass(slots=True)
class Reading:
    """What reading one record has given so far. `things` are filled by the place of a step."""

    where: str
    things: list[dict[str, Any]] = field(repr=False)
    faults: list[Reason] = field(default_factory=list)
    unmapped: list[dict[str, str]] = field(default_factory=list, repr=False)
    notes: list[str] = field(default_factory=list)
    absent: list[tuple[Step, str]] = field(default_factory=list)
    strange: set[tuple[str, str]] = field(default_factory=set, repr=False)


def run(
    steps: tuple[Step, ...], body: Mapping[str, Any], things: list[dict[str, Any]], reading: Reading
) -> None:
    """Read every row's value into its thing; collect every fault instead of stopping at one."""
    for step in steps:
        name, get, read, place, key, later, _ = step
        raw = body.get(name) if get is None else get(body)
        if raw is None:
            continue
        thing = things[place]
        if later and key in thing and type(thing[key]) is not list:
            continue
        try:
            value = read(raw)
        except Trouble as trouble:
            value = settle(trouble, step, raw, body, reading)
        if value is None:
            continue
        if later and key in thing:
            thing[key] += [one for one in value if one not in thing[key]]
        else:
            thing[key] = value


def fetch(step: Step, body: Mapping[str, Any]) -> object:
    """Return what a row finds in a record."""
    return body.get(step.field) if step.get is None else step.get(body)


def run_list(one: ListStep, body: Mapping[str, Any], reading: Reading) -> None:
    """Make a thing of every element; an element without its key is left out, with a note."""
    made = []
    for element in one.elements(body):
        thing: dict[str, Any] = {}
        run(one.steps, element, [thing], reading)
        if not thing:
            continue
        if all(name in thing for name in one.required):
            made.append({**one.defaults, **thing})
        else:
            reading.notes.append("row_without_key")
    if made:
        thing = reading.things[one.place]
        thing[one.name] = thing.get(one.name, []) + made


def settle(
    trouble: Trouble, step: Step, raw: object, body: Mapping[str, Any], reading: Reading
) -> Any:  # noqa: ANN401 - a value of any target
    """Return what to go on with after a cell made trouble; note the fault or the triage entry."""
    case = step.case
    if isinstance(trouble, Impossible):
        reading.faults.append(reasons.impossible(case.row.column, case.name, reading.where))
        return None
    if isinstance(trouble, WhyAbsent):
        _absent(trouble, step, reading)
        return None
    if isinstance(trouble, Stopped):
        reading.notes.append("label_changed")
        _triage(case, trouble.codes, body, reading)
        return UNMAPPED if case.says_unmapped else None
    if isinstance(trouble, Odd):
        return _odd(trouble, case, body, reading)
    assert isinstance(trouble, Unreadable)
    if case.required:
        reading.faults.append(reasons.unreadable(case.row.column, trouble.kind, reading.where))
    if case.triages:
        _triage(case, (triage_text(raw),), body, reading)
    return None


def _absent(trouble: WhyAbsent, step: Step, reading: Reading) -> None:
    """Note why there is no value; a required field must have one, whatever the reason."""
    column, where = step.case.row.column, reading.where
    if step.case.required and trouble.takes:
        reading.faults.append(reasons.unknown_code(column, trouble.takes, where))
    elif step.case.required:
        reading.faults.append(reasons.missing(column, where))
    elif trouble.reason:
        reading.absent.append((step, trouble.reason))


def _odd(trouble: Odd, case: Case, body: Mapping[str, Any], reading: Reading) -> Any:  # noqa: ANN401
    if trouble.note:
        reading.notes.append(trouble.note)
    if not trouble.unmapped:
        return trouble.value
    if case.required:
        reading.faults.append(reasons.unknown_code(case.row.column, trouble.takes, reading.where))
    column = case.row.column
    if case.triages:
        reading.strange.update((column, code) for code in trouble.unmapped)
    strange = tuple(code for code in trouble.unmapped if (column, code) in reading.strange)
    _triage(case, strange, body, reading)
    return UNMAPPED if strange and case.says_unmapped else trouble.value or None


def _triage(case: Case, codes: tuple[str, ...], body: Mapping[str, Any], reading: Reading) -> None:
    label = triage_text(case.label(body)) if case.label else ""
    for code in codes:
        entry = {"field": case.leaf.target, "code": code, "label": label}
        if entry not in reading.unmapped:
            reading.unmapped.append(entry)


def missing(
    required: tuple[tuple[str, Getter], ...], body: Mapping[str, Any], where: str
) -> list[Reason]:
    """Return a reason for every required field that is blank."""
    lost = [path.strip('"') for path, get in required if is_blank(get(body))]
    return [reasons.missing(column, where) for column in lost]
