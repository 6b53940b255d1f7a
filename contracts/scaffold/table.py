"""Drafts a contract from what a sample's rows seem to hold. Shows no value of the sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from contracts import codes
from contracts.checking.document import TO_DO
from contracts.checking.targets import PERSONAL
from contracts.guessing.fields import FieldGuess, guess_fields
from contracts.guessing.keys import guess_keys
from contracts.guessing.names import BIRTH_WORDS, Hint, parts_of
from contracts.labels import Label
from contracts.mapping.targets import leaves
from contracts.paths import gives_many, is_plain, written
from contracts.scaffold import Draft, DraftCode, DraftField, DraftRow

_DAY_WORDS = frozenset(
    {"insp", "visit", "interview", "report", "registration", "survey", "month", "ရက်စွဲ", "နေ့စွဲ"}
)
_NO_PATH = "no path can name it, see contracts/paths.py: rename it at its source, or leave it"
_ADDED_DAY = "observed_on"


def draft_from_rows(
    system: str, record: str, rows: Sequence[Mapping[str, object]], made_from: str
) -> Draft:
    """Return the draft of a contract for rows like these."""
    guesses = guess_fields(rows)
    day, guesses = _day(guesses)
    keys = guess_keys(guesses, rows, day)
    fields = tuple(_field(one, keys, day.name) for one in guesses)
    return Draft(
        system=system, record=record, title=record.replace("_", " "), made_from=made_from,
        fields=fields, rows=tuple(_rows(guesses, day)), crosswalks=_crosswalks(guesses),
        sample={one.name: _made_up(one) for one in guesses},
    )  # fmt: skip


def _day(guesses: tuple[FieldGuess, ...]) -> tuple[FieldGuess, tuple[FieldGuess, ...]]:
    """Return the field that gives the day of a record: it is added where the sample has none."""
    days = [
        one
        for one in guesses
        if is_plain(written(one.name))
        and (one.type in {"date", "timestamp"} or one.month)
        and not BIRTH_WORDS & set(parts_of(one.name))
    ]
    days.sort(key=lambda one: not _DAY_WORDS & set(parts_of(one.name)))
    if days:
        return days[0], guesses
    added = FieldGuess(name=_ADDED_DAY, type="date", label="C1", required=True)
    return added, (*(one for one in guesses if one.name != _ADDED_DAY), added)


def _field(one: FieldGuess, keys: Sequence[str], day: str) -> DraftField:
    key = keys.index(one.name) + 1 if one.name in keys else 0
    leaf = leaves().get(one.hint.target) if one.hint else None
    ends = {"minimum": leaf.low, "maximum": leaf.high} if leaf else {}
    numeric = one.type in {"integer", "number"}
    return DraftField(
        name=one.name, type=one.type, label=one.label, key=key,
        required=(bool(key) and one.filled) or one.name == day,
        description=_description(one, bool(key)),
        limits={name: end for name, end in ends.items() if end is not None} if numeric else {},
        inner=tuple(_field(inner, (), "") for inner in one.inner),
    )  # fmt: skip


def _description(one: FieldGuess, is_key: bool) -> str:
    if is_key:
        return f"{TO_DO} see that this tells two records apart for ever, and say what it is."
    if one.name == _ADDED_DAY:
        return f"{TO_DO} the sample holds no day: say which field tells when it was seen."
    # Not required yet: each such field rejects records, and with them children. Of what is
    # personal it is not even asked: nobody is to be lost for want of a name.
    ask = one.required and Label(one.label) not in PERSONAL
    always = " Every row of the sample fills it: is it required?" if ask else ""
    return f"{TO_DO} say what it holds.{always}"


def _rows(guesses: Sequence[FieldGuess], day: FieldGuess) -> Iterator[DraftRow]:
    reading = "month" if day.month else "date"
    at = written(day.name)
    yield DraftRow(target="observed.on", source=at, transform=reading)
    found = [one for one in _paths(guesses, "", named=True) if one[0] != at and not one[1].inner]
    best = _best(found)
    for path, one, named in found:
        hint = one.hint
        if hint is None or not named:
            yield _open(path, one, named=named)
            continue
        own = hint.codes and _own_codes(one)  # a list that lacks some codes gives way
        why = _why_open(one, hint, path)
        if not why and best[hint.target] != path:
            why = "another field gives it already: which one first?"
        yield DraftRow(
            target=hint.target, source=path, transform=hint.transform,
            codes="" if own else hint.codes, level="" if own else hint.level,
            crosswalk=_table(one.name) if own else "", open=why,
        )  # fmt: skip


def _best(found: Sequence[tuple[str, FieldGuess, bool]]) -> dict[str, str]:
    """Return the path that gives each target: of several the plainest, of those the first."""
    hinted = [
        (one.hint, path)
        for path, one, named in found
        if one.hint and named and not _why_open(one, one.hint, path)
    ]
    best: dict[str, str] = {}
    for hint, path in sorted(hinted, key=lambda pair: pair[0].doubts):
        best.setdefault(hint.target, path)
    return best


def _own_codes(one: FieldGuess) -> tuple[DraftCode, ...]:
    """Return the crosswalk of a field's codes; none where a list of ours knows them all."""
    hint = one.hint
    known = codes.load(hint.codes, hint.level) if hint and hint.codes else None
    meant = {code: known.find(code) if known else None for code in one.codes}
    if known and all(meant.values()):
        return ()
    why = "what does it mean?"
    return tuple(DraftCode(code=code, label="", target=to, why=why) for code, to in meant.items())


def _why_open(one: FieldGuess, hint: Hint, path: str) -> str:
    """Return what somebody must decide before a well-known field is read; nothing usually."""
    own = _own_codes(one) if hint.codes else ()
    if own and not any(code.target for code in own):
        return "none of its codes is known: see the crosswalk"
    if gives_many(path) and hint.transform != "codes":
        return "stands in a list: split the record by it, or choose one with [key=value]"
    return ""


def _paths(
    guesses: Sequence[FieldGuess], prefix: str, *, named: bool
) -> Iterator[tuple[str, FieldGuess, bool]]:
    """Yield every field with its path, and whether a path can name it at all."""
    for one in guesses:
        path, plain = prefix + written(one.name), named and is_plain(written(one.name))
        yield path, one, plain
        below = f"{path}[]." if one.type == "array" else f"{path}."
        yield from _paths(one.inner, below, named=plain)


def _open(path: str, one: FieldGuess, *, named: bool) -> DraftRow:
    row = DraftRow(
        target="?", source=path, transform="text",
        open="which field of the common schema?" if named else _NO_PATH,
    )  # fmt: skip
    if one.code_list:
        return replace(row, transform="code", codes=one.code_list)
    if one.codes:
        return replace(row, transform="code", crosswalk=_table(one.name))
    reading = {"date": "date", "timestamp": "date", "integer": "integer", "number": "number"}
    return replace(row, transform=reading.get(one.type, "text"))


def _table(name: str) -> str:
    return "_".join(parts_of(name)) or "codes"


def _crosswalks(guesses: Sequence[FieldGuess]) -> dict[str, tuple[DraftCode, ...]]:
    """Return the crosswalks that rows name; a hint that reads no codes needs none."""
    return {
        _table(one.name): own
        for _, one, _ in _paths(guesses, "", named=True)
        if (one.hint is None or one.hint.codes) and (own := _own_codes(one))
    }


def _made_up(one: FieldGuess) -> Any:  # noqa: ANN401 - a cell of any kind
    """Return a cell of the field's shape that says nothing of anybody."""
    if one.inner:
        inside = {inner.name: _made_up(inner) for inner in one.inner}
        return [inside] if one.type == "array" else inside
    hint = one.hint
    if hint and hint.codes:
        return next(iter(codes.load(hint.codes, hint.level))).code
    if hint and hint.transform == "place":
        return next(iter(codes.load("townships"))).code
    if one.codes:
        return one.codes[0]
    if one.code_list:
        return next(iter(codes.load(one.code_list))).code
    return _plain(one)


def _plain(one: FieldGuess) -> Any:  # noqa: ANN401 - a cell of any kind
    born = bool(one.hint and one.hint.target == "birth.date")
    month = "2026-01" if one.month else "text"
    return {
        "date": "2013-01-15" if born else "2026-01-15", "timestamp": "2026-01-15T09:00:00+06:30",
        "integer": 12, "number": 12, "boolean": True, "array": [], "object": {},
    }.get(one.type, month)  # fmt: skip
