"""Writes out the rows of a mapping as lines of the quick function. Reads no record.

Each column of the record is a local name, `raw_<number>`; a thing that is filled is
`thing_<place>`, what a row gives is `value_<number>`. Lines end the function with TROUBLE at a
required cell that is blank.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.cells import LONGEST_TEXT
from contracts.labels import Label
from contracts.mapping.steps import Step
from contracts.transforms import CODED
from contracts.transforms.numbers import limits

TROUBLE, ROWS, WHOLE, SURE = 0, 1, 2, 3
"""How far the quick way went: not to the end; all rows are read; it is plainly a child's; and it is
sure, too, that every quality rule holds."""

_UNDERSTOOD = frozenset({"number", "integer", "date", "month", "place", "flag"})
_PERSONAL = frozenset({Label.C3, Label.C5})
_TEXTS = frozenset({"text", "key", "name"})
_AXES = ("latitude", "longitude")

Columns = Mapping[str, str]
"""The local name of each column."""


def remembers(step: Step) -> bool:
    """Tell whether a row may keep what its texts gave: no text that may be a person's."""
    row = step.case.row
    return row.transform in CODED or (
        row.transform in _UNDERSTOOD and row.label not in _PERSONAL and not row.absent
    )


def texts(steps: Iterable[Step], columns: Columns) -> Iterator[str]:
    """Write out one look at all free texts: `usual` when each is as normalising would leave it.

    They are joined by blanks: two in a row mean that one is empty, or has some to take away.
    """
    raws = dict.fromkeys(columns[step.field] for step in steps if _is_text(step))
    if not raws:
        return
    given = ", ".join(f"'-' if {raw} is None else {raw}" for raw in raws)
    yield "try:"
    yield f"    text = ' '.join(('', {given}, ''))"
    yield f"    usual = len(text) <= {LONGEST_TEXT} and text.isascii() and text.isprintable()"
    yield "    usual = usual and '  ' not in text"
    yield "except TypeError:"  # a number, say: each is read for itself
    yield "    usual = False"


def positions(steps: Iterable[Step], columns: Columns) -> Iterator[str]:
    """Write out one look at each position, which is a latitude and a longitude."""
    for raw in dict.fromkeys(columns[step.field] for step in steps if _is_axis(step)):
        yield f"at_{raw} = position({raw})"


def row(step: Step, reader: str, raw: str, value: str, *, required: bool) -> Iterator[str]:
    """Write out one row: the usual cell, a blank one, and any other; a required one has a value."""
    if remembers(step) and not _is_number(step):
        yield f"{value} = {reader}[{raw}]"
    else:
        usual, gives = _usual(step, raw)
        yield f"if {usual}:"
        yield f"    {value} = {gives}"
        yield f"elif {raw} is None:"
        yield f"    {value} = None"
        yield "else:"
        yield f"    {value} = {reader}{f'[{raw}]' if remembers(step) else f'({raw})'}"
    if required:
        yield f"if {value} is None:"
        yield f"    return {TROUBLE}"


def thing(
    place: int, filled: Mapping[str, tuple[Step, str]], begun: Mapping[str, Any]
) -> Iterator[str]:
    """Write out a thing as one literal: what it begins with, and its rows by name.

    Of a row that gave nothing the name is taken out again, or stands for what the thing began with.
    """
    held = {name: repr(given) for name, given in begun.items()}
    for name, (step, value) in filled.items():
        gives = f"{value} and [*{value}]" if step.case.leaf.many else value
        held[name] = f"{held[name]} if {value} is None else {gives}" if name in begun else gives
    entries = ", ".join(f"{name!r}: {gives}" for name, gives in held.items())
    yield f"things[{place}] = thing_{place} = {{{entries}}}"
    for name, (_, value) in filled.items():
        if name not in begun:
            yield f"if {value} is None:"
            yield f"    del thing_{place}[{name!r}]"


def _usual(step: Step, raw: str) -> tuple[str, str]:
    """Return when a cell is as usual, and what it then gives, without asking its transform."""
    row, leaf = step.case.row, step.case.leaf
    if _is_number(step):
        low, high = limits(row, leaf)
        made = f"{raw} * 1.0" if row.transform == "number" else raw
        return f"type({raw}) is int and {low!r} <= {raw} <= {high!r}", made
    if _is_text(step):
        letter = f" and {raw}[:1].isalpha()" if row.transform == "name" else ""
        return f"usual and {raw} is not None{letter}", raw
    if _is_axis(step):
        return f"at_{raw} is not None", f"at_{raw}[{_AXES.index(row.transform)}]"
    if row.transform == "date" and _is_plain(step):
        return f"(day := day_of({raw})) is not None", raw if leaf.json else "day"
    return "False", "None"


def _is_plain(step: Step) -> bool:
    return not step.case.row.absent and not step.case.stopped


def _is_number(step: Step) -> bool:
    return step.case.row.transform in {"number", "integer"} and _is_plain(step)


def _is_text(step: Step) -> bool:
    return step.case.row.transform in _TEXTS and _is_plain(step)


def _is_axis(step: Step) -> bool:
    return step.case.row.transform in _AXES and _is_plain(step)
