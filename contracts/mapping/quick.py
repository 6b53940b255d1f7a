"""The quick way through a mapping, for a record without trouble: one function, made for a contract.

Most cells hold a code, a number or a text as it should be. For these the rows of a mapping are
written out as one function, as a person would write it by hand (`Quick.source` shows it). At the
first cell that is anything else the function gives up, and the record goes the long way
(`contracts.mapping.steps`) from its beginning. So the quick way gives the same as the long one, or
nothing: `tests/property` holds it to that.

A column remembers what its texts gave: only those that were understood as a code, a number or a
day, so that no name, card or address is ever kept, and only so many.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

import orjson

from contracts.assembly import SIGNS
from contracts.cells import NO_NAMES, Trouble, is_blank
from contracts.mapping import quality, quick_rows, verdicts
from contracts.mapping.compiler import FACTS, INPUTS
from contracts.mapping.quick_rows import ROWS, SURE, TROUBLE, WHOLE, Named
from contracts.mapping.rows import SourceContract
from contracts.mapping.steps import Step
from contracts.paths import is_plain, names, written
from contracts.text import card_key
from contracts.transforms.binding import Transform
from contracts.transforms.days import usual_days
from contracts.transforms.numbers import usual_position

__all__ = ["ROWS", "SURE", "TROUBLE", "WHOLE", "Quick", "prepared", "read_quickly"]

REMEMBERED = 4096
"""Texts that a column remembers at most."""

Reads = Callable[..., int]


class _Memory(dict[Any, Any]):
    """What the texts of one column give: it asks for what it does not know, and keeps a text."""

    __slots__ = ("read",)

    def __init__(self, read: Transform) -> None:
        super().__init__({None: None})
        self.read = read

    def __missing__(self, raw: object) -> object:
        value = self.read(raw)  # what raises is not kept
        value = tuple(value) if type(value) is list else value
        if type(raw) is str and len(self) < REMEMBERED:
            self[raw] = value
        return value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quick:
    """The function, the fields that it reads, and its source for whoever wants to see it."""

    reads: Reads
    fields: frozenset[str]
    source: str


def read_quickly(quick: Quick, body: Mapping[str, Any], things: list[dict[str, Any]]) -> int:
    """Put the things into their places; TROUBLE when a cell makes some, or lacks what it must."""
    try:
        return quick.reads(body, things)
    except (Trouble, TypeError):  # a list or an object in a cell cannot be remembered
        return TROUBLE


def prepared(
    steps: Collection[Step], contract: SourceContract, places: Mapping[tuple[int, str], int],
    begun: Mapping[int, Mapping[str, Any]],
) -> Quick:  # fmt: skip
    """Make the function of rows that are each the only one of their target, of a plain field.

    `begun` is what the things of a place have before anything is read.
    """
    columns = _columns(steps, contract)
    rows = [
        Named(
            step, columns[step.field], f"read_{number}", f"value_{number}",
            required=written(step.field) in contract.required,
        )
        for number, step in enumerate(steps)
    ]  # fmt: skip
    known: dict[str, Any] = {
        "is_blank": is_blank, "as_json": orjson.dumps, "day_of": usual_days().get,
        "card_key": card_key, "nothing": NO_NAMES,
        "position": usual_position, "every": tuple(columns),
        "some": itemgetter(*_as_parsed(columns)) if len(columns) > 1 else None,
    }  # fmt: skip
    known |= {
        row.reader: _Memory(row.step.read) if quick_rows.remembers(row.step) else row.step.read
        for row in rows
    }
    lines = [*_fetch(columns), *quick_rows.texts(rows), *quick_rows.positions(rows)]
    lines += chain.from_iterable(map(quick_rows.row, rows))
    for place in places.values():
        filled = [row for row in rows if row.step.place == place]
        starts = {name: repr(given) for name, given in begun.get(place, {}).items()}
        if begun and place == INPUTS:
            starts[SIGNS] = _signs(rows)
        lines += quick_rows.thing(place, filled, starts)
    said = {row.step.field: f"{row.value} is not None" for row in rows}
    lines += _enabled(rows)
    lines += [*_whole(contract, said, columns, places), *_rules(contract, columns, said)]
    body = "\n    ".join(("):", *lines, f"return {SURE}"))
    # What it knows are defaults, which are local names; nothing of the text is from a record.
    given = "".join(f", {name}={name}" for name in known)
    space: dict[str, Any] = dict(known)
    exec(f"def reads(body, things{given}{body}", space)  # noqa: S102 - see the module's docstring
    return Quick(
        reads=space["reads"], fields=frozenset(said), source=f"def reads(body, things{body}"
    )


def _signs(rows: Iterable[Named]) -> str:
    """Return the expression of what both verdicts are made from, as their memory looks it up."""
    values = {row.step.name: row.value for row in rows if row.step.place == FACTS}
    plain = [values.get(name, "None") for name in verdicts.SIGNS]
    lists = [f"{values[name]} or ()" if name in values else "()" for name in verdicts.LISTS]
    return f"({', '.join((*plain, *lists))})"


def _as_parsed(names: Iterable[str]) -> list[str]:
    """Return the names as the parser gives them: it keeps them, and a dictionary finds the very
    same object at a glance.
    """
    return list(orjson.loads(orjson.dumps(dict.fromkeys(names))))


def _columns(steps: Iterable[Step], contract: SourceContract) -> dict[str, str]:
    """Return the local name of every column that is looked at, each fetched once."""
    asked = [*contract.required, *contract.child_needs]
    asked += [path for group in contract.one_of for path in group]
    asked += quality.plain_fields(contract)
    fields = [step.field for step in steps]
    fields += [names(path)[0] for path in asked if is_plain(path)]
    return {name: f"raw_{number}" for number, name in enumerate(dict.fromkeys(fields))}


def _fetch(columns: Mapping[str, str]) -> Iterator[str]:
    """Write out how all columns are taken from a record, quickest where none is left out."""
    if not columns:
        return
    to = "".join(f"{raw}, " for raw in columns.values())
    if len(columns) > 1:
        yield "try:"
        yield f"    {to}= some(body)"
        yield "except KeyError:"
    else:
        yield "if True:"
    yield f"    {to}= map(body.get, every)"


def _enabled(rows: Iterable[Named]) -> Iterator[str]:
    """Write out that a record which its system has put out of use goes the long way."""
    for row in rows:
        if row.step.place == INPUTS and row.step.name in {"child.enabled", "child.valid"}:
            yield f"if {row.value} is False:"
            yield f"    return {ROWS}"


def _whole(
    contract: SourceContract, said: Mapping[str, str], columns: Mapping[str, str],
    places: Mapping[tuple[int, str], int],
) -> Iterator[str]:  # fmt: skip
    """Write out how things lie in things, and what is asked of the record as a whole.

    Of what is asked by a path only the long way knows.
    """
    for (holder, name), place in reversed(list(places.items())):
        if holder >= 0:
            yield f"if thing_{place}:"
            yield f"    thing_{holder}[{name!r}] = thing_{place}"
    rule = contract.figure
    if rule and rule.target.startswith("facts."):
        yield f"if thing_1.get({rule.target[6:]!r}, {rule.answer!r}) == {rule.answer!r}:"
        yield f"    return {ROWS}"
    for path in filter(is_plain, (*contract.required, *contract.child_needs)):
        name = names(path)[0]
        if name in said and path in contract.required:
            continue  # its own row asks
        yield f"if type({columns[name]}) is not int and is_blank({columns[name]}):"
        yield f"    return {ROWS}"
    for group in contract.one_of:
        if all(map(is_plain, group)):
            blank = (_is_blank(names(one)[0], said, columns) for one in group)
            yield f"if {' and '.join(blank)}:"
            yield f"    return {ROWS}"


def _is_blank(name: str, said: Mapping[str, str], columns: Mapping[str, str]) -> str:
    """Return when a column is blank; one that gave a value need not be asked."""
    asked = f"is_blank({columns[name]})"
    return f"not ({said[name]}) and {asked}" if name in said else asked


def _rules(
    contract: SourceContract, columns: Mapping[str, str], filled: Mapping[str, str]
) -> Iterator[str]:
    """Write out that every quality rule holds for sure; where it is not sure, it is asked."""
    sure = quality.sure(contract, columns, filled)
    if sure:
        yield f"if not ({' and '.join(sure)}):"
        yield f"    return {WHOLE}"
