"""Writes out the rows of a mapping as lines of the quick function. Reads no record.

Each column of the record is a local name, `raw_<number>`; a thing that is filled is
`thing_<place>`, what a row gives is `value_<number>`. Lines end the function with TROUBLE at a
required cell that is blank.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

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
_AT_ONCE = 15
"""Entries of a literal: a longer one is made in pieces that Python then puts together."""


class Named(NamedTuple):
    """A row with the local names of its cell, its transform and its value."""

    step: Step
    raw: str
    reader: str
    value: str
    required: bool


def remembers(step: Step) -> bool:
    """Tell whether a row may keep what its texts gave: no text that may be a person's."""
    row = step.case.row
    return row.transform in CODED or (
        row.transform in _UNDERSTOOD and row.label not in _PERSONAL and not row.absent
    )


def texts(rows: Iterable[Named]) -> Iterator[str]:
    """Write out one look at all free texts, which are mostly as normalising would leave them.

    They are joined by blanks: two in a row mean that one is empty, or has some to take away. What
    JSON writes as it stands has no control character but DEL; this is the quickest way to ask.
    """
    free = [row for row in rows if _is_text(row.step)]
    if not free:
        return
    given = ", ".join(f"'-' if {raw} is None else {raw}" for raw in {row.raw: 0 for row in free})
    yield "try:"
    yield f"    text = ' '.join(('', {given}, ''))"
    yield f"    usual = text.isascii() and len(as_json(text)) == len(text) + 2 <= {LONGEST_TEXT}"
    yield "    usual = usual and '  ' not in text and '\\x7f' not in text"
    yield f"    usual = usual and nothing.isdisjoint(({', '.join({row.raw: 0 for row in free})},))"
    yield "except TypeError:"  # a number, say: each is read for itself
    yield "    usual = False"
    yield "if usual:"
    for row in free:
        yield f"    {row.value} = {_usual_text(row)}"
    yield "else:"
    for row in free:
        yield f"    {row.value} = {row.reader}({row.raw})"


def _usual_text(row: Named) -> str:
    """Return what a text is that needs no tidying; a name begins with a letter, or is looked at."""
    if row.step.case.row.transform != "name":
        return row.raw
    return f"{row.raw} if {row.raw} is None or 'A' <= {row.raw} < '[' else {row.reader}({row.raw})"


def positions(rows: Iterable[Named]) -> Iterator[str]:
    """Write out one look at each position, which is a latitude and a longitude."""
    for raw in {row.raw: 0 for row in rows if _is_axis(row.step)}:
        yield f"at_{raw} = position({raw})"


def row(named: Named) -> Iterator[str]:
    """Write out one row: the usual cell, a blank one, and any other; a required one has a value.

    Free texts have their values already.
    """
    step, raw, reader, value, required = named
    if remembers(step) and not _is_number(step):
        yield f"{value} = {reader}[{raw}]"
    elif not _is_text(step):
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


def thing(place: int, rows: Collection[Named], begun: Mapping[str, str]) -> Iterator[str]:
    """Write out a thing: what it begins with and its first rows as a literal, then the other rows.

    `begun` are expressions. Of a row that gave nothing the name is not there, or stands for what
    the thing began with.
    """
    held = dict(begun)
    for row in rows:
        many = row.step.case.leaf.many
        if row.step.name in begun:
            gives = f"[*{row.value}]" if many else row.value
            held[row.step.name] = f"{begun[row.step.name]} if {row.value} is None else {gives}"
        elif not many and len(held) < _AT_ONCE:
            held[row.step.name] = row.value
    entries = ", ".join(f"{name!r}: {gives}" for name, gives in held.items())
    yield f"things[{place}] = thing_{place} = {{{entries}}}"
    for row in rows:
        name = f"thing_{place}[{row.step.name!r}]"
        if row.step.name not in held:
            yield f"if {row.value} is not None:"
            yield f"    {name} = {f'[*{row.value}]' if row.step.case.leaf.many else row.value}"
        elif row.step.name not in begun and not row.required:
            yield f"if {row.value} is None:"
            yield f"    del {name}"


def _usual(step: Step, raw: str) -> tuple[str, str]:
    """Return when a cell is as usual, and what it then gives, without asking its transform."""
    row, leaf = step.case.row, step.case.leaf
    if _is_number(step):
        low, high = limits(row, leaf)
        made = f"{raw} * 1.0" if row.transform == "number" else raw
        return f"type({raw}) is int and {low!r} <= {raw} <= {high!r}", made
    if _is_axis(step):
        return f"at_{raw} is not None", f"at_{raw}[{_AXES.index(row.transform)}]"
    if row.transform == "date" and _is_plain(step):
        return f"(day := day_of({raw})) is not None", raw if leaf.json else "day"
    if row.transform == "card" and _is_plain(step):
        return f"type({raw}) is str and card_key({raw}) is not None", raw
    return "False", "None"


def _is_plain(step: Step) -> bool:
    return not step.case.row.absent and not step.case.stopped


def _is_number(step: Step) -> bool:
    return step.case.row.transform in {"number", "integer"} and _is_plain(step)


def _is_text(step: Step) -> bool:
    return step.case.row.transform in _TEXTS and _is_plain(step)


def _is_axis(step: Step) -> bool:
    return step.case.row.transform in _AXES and _is_plain(step)
