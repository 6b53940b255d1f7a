"""The keys of a source's records, from its contract alone. Makes no pseudonym, judges no value.

A key tells two records apart for ever, however a clerk types it this month: digits of any script,
a month as a date, a number as text. What has no key is not dropped: whoever reads the file names
the record by its place, and the contract says what is missing.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts import codes, paths
from contracts.cells import (
    LONGEST_TEXT,
    NO_VALUES,
    Unreadable,
    cell_text,
    is_blank,
    numbers_none,
)
from contracts.dates import read_date, read_month
from contracts.guessing import code_name
from contracts.mapping.rows import CHILD, Property, Row, SourceContract
from contracts.mapping.split import split

Keys = Callable[[Mapping[str, Any]], tuple[str, str] | None]
"""From a record's fields its key and its person's key; None when it lacks a part of its key."""

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_WHOLE = re.compile(r"^([0-9]+)\.0+$")
_DECIMAL = re.compile(r"\d")  # of any script
_DIGITS = re.compile(r"[0-9]{1,18}")

_Fetch = Callable[[Any], Any]
_Text = Callable[[object], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """One record of a row or submission. `part` is its place among several, from 1; or empty."""

    part: str
    keys: tuple[str, str] | None = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One field of a key. `needed` of every record, or of every record `about_a_child`."""

    name: str
    text: _Text
    needed: bool
    about_a_child: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nobody:
    """How a record says that it is about no child: one of `says` answers so, `without` is empty."""

    says: tuple[tuple[_Fetch, Callable[[str], str | None]], ...]
    answer: str
    without: _Fetch
    field: str

    def is_meant(self, body: Mapping[str, Any]) -> bool:
        """Tell whether the record is about none, as the mapping will find it."""
        left = self.without(body)
        if not is_blank(left) and not numbers_none(_text(left)):
            return False
        found = (find(text) for fetch, find in self.says if (text := _text(fetch(body))))
        return next((code for code in found if code is not None), None) == self.answer


def keys_of(contract: SourceContract) -> Keys:
    """Return what gives the keys of a record, or of a submission that is several records.

    The record's key is the fields of the primary key, in their order. The person's is what the
    mapping's `person` names, else the record's own; a record about no child has none.
    """
    parts = _parts(contract)
    nobody = _nobody(contract)
    person = tuple(paths.getter((path,)) for path in contract.person)
    is_about_children = contract.about != "figure"

    def keys(body: Mapping[str, Any]) -> tuple[str, str] | None:
        is_none = nobody is not None and nobody.is_meant(body)
        texts: list[str] = []
        for part in parts:
            text = "" if is_none and part.name == nobody_field else part.text(body.get(part.name))
            if not text and (part.needed or (part.about_a_child and not is_none)):
                return None
            texts.append(text)
        key = _joined(texts)
        if not key.strip("/"):
            return None
        if is_none or not is_about_children:
            return key, ""
        return key, _person(key, [_text(fetch(body)) for fetch in person])

    nobody_field = nobody.field if nobody else ""
    return keys


def records_of(contract: SourceContract) -> Callable[[Mapping[str, Any]], Iterator[Keyed]]:
    """Return what gives the records of a row or submission: one, unless the contract splits it.

    A record of several has its place behind its key, and is a person of its own, unless the
    mapping says who the person is.
    """
    keys, named = keys_of(contract), _naming(contract)
    needs_one = CHILD in contract.child_needs

    def record(body: Mapping[str, Any]) -> Iterator[Keyed]:
        whole = named(body)
        yield Keyed(part="", keys=keys(whole), body=whole)

    def records(body: Mapping[str, Any]) -> Iterator[Keyed]:
        for part, one in split(contract, named(body)):
            found = _numbered(keys(one), part, needs_one=needs_one)
            yield Keyed(part=part, keys=found, body=one)

    return records if contract.splits else record


def _naming(contract: SourceContract) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return what gives a record its contract's names where a system writes them otherwise.

    `HH1` is `hh1` to a statistics program. A name that the record has as it should be stays.
    """
    meant: dict[str, set[str]] = {}
    for name in contract.properties:
        meant.setdefault(code_name(name), set()).add(name)
    names = {code: found.pop() for code, found in meant.items() if len(found) == 1}
    known = contract.properties.keys()

    def named(body: Mapping[str, Any]) -> Mapping[str, Any]:
        if body.keys() <= known:
            return body
        other = {name: names.get(code_name(name)) for name in body.keys() - known}
        other = {name: new for name, new in other.items() if new and new not in body}
        return {other.get(name) or name: value for name, value in body.items()} if other else body

    return named


def key_text(cell: object) -> str:
    """Return a value as part of a key: tidy, with the digits of any script as 0 to 9.

    A whole number is the same as text, also with the `.0` of a statistics program.
    """
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell).upper()
    text = str(cell)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
        text = _DECIMAL.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    tidy = " ".join(text.split())
    return _WHOLE.sub(r"\1", tidy) if tidy[-1:] == "0" else tidy


def _joined(texts: Sequence[str]) -> str:
    """The parts of a key as one text, from which each could be told again.

    Only the first may hold a slash as it is: A/B and C are another record than A and B/C.
    """
    first, *rest = texts or [""]
    return "/".join([first, *(one.replace("%", "%25").replace("/", "%2F") for one in rest)])


def _person(key: str, named: Sequence[str]) -> str:
    if named and all(named):
        return _joined(named)
    if not named:
        return key
    return f"/{key}"  # so that it is never taken for what another record calls its person


def _parts(contract: SourceContract) -> tuple[_Part, ...]:
    fields = sorted(
        (one.key_position, one.name) for one in contract.properties.values() if one.key_position > 0
    )
    months = {row.column for row in contract.rows if row.transform == "month"}
    needs = {"".join(paths.names(path)) for path in contract.child_needs if paths.is_plain(path)}
    return tuple(
        _Part(
            name=name, text=_text_of(contract.properties[name], months),
            needed=contract.properties[name].required, about_a_child=name in needs,
        )
        for _, name in fields
    )  # fmt: skip


def _text_of(one: Property, months: set[str]) -> _Text:
    if one.name in months:
        return _month
    return {"date": _day, "integer": _number}.get(one.logical_type, _text)


def _text(raw: object) -> str:
    if isinstance(raw, str):
        text = key_text(raw) if len(raw) <= LONGEST_TEXT else ""
        return "" if text in NO_VALUES else text
    try:
        return key_text(raw) if cell_text(raw) else ""
    except Unreadable:  # the contract's own rows say what is wrong with it
        return ""


def _month(raw: object) -> str:
    """A month, a date or a date's serial number; what is no month stays, and is rejected later."""
    month = read_month(raw)
    return _text(raw) if month is None else f"{month:%Y-%m}"


def _day(raw: object) -> str:
    day = read_date(raw)
    return _text(raw) if day is None else day.isoformat()


def _number(raw: object) -> str:
    """A number that a spreadsheet wrote with zeros before it, and without them the next time."""
    text = _text(raw)
    return str(int(text)) if _DIGITS.fullmatch(text) else text


def _nobody(contract: SourceContract) -> _Nobody | None:
    rule = contract.figure
    if contract.about != "child" or rule is None or not rule.target:
        return None
    says = tuple(
        (paths.getter(row.source), _finding(row, contract))
        for row in contract.rows if row.target == rule.target
    )  # fmt: skip
    return _Nobody(
        says=says, answer=rule.answer, field=rule.without,
        without=paths.getter((rule.without,)) if rule.without else lambda _: None,
    )  # fmt: skip


def _finding(row: Row, contract: SourceContract) -> Callable[[str], str | None]:
    if row.codes:
        return codes.load(row.codes, row.level).find
    table = contract.crosswalks.get(row.crosswalk)
    if table is None:
        return lambda text: text
    return lambda text: table.get(text, table.get(text.casefold()))


def _numbered(
    keys: tuple[str, str] | None, part: str, *, needs_one: bool
) -> tuple[str, str] | None:
    """The keys of one record of several; a form that says "yes" and has no child is not keyed."""
    if keys is None or (needs_one and not part and keys[1]):
        return None
    key, person = keys
    return f"{key}/{part}", f"{person}/{part}" if person.removeprefix("/") == key else person
