"""The quality rules of a contract, on one record: which it breaks. Rejects nothing.

A rule is one of the standard's: `missingValues`, `nullValues` or `invalidValues` of a field, or a
`custom` one of the engine `clmhub`, on the whole record, from this closed list:

| check | holds when |
|---|---|
| sum | the fields `of` add up to the field `is` |
| order | the days of the fields `of` do not go backwards |
| together | all fields `of` are filled, or none |
| one_of | at least one field `of` is filled |
| when | the field `field` reads none of `says`, or all fields `of` are filled |

A rule whose fields are empty or unreadable holds, but for those about being filled.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from contracts.cells import Unreadable, cell_text, is_blank, usual_day
from contracts.dates import read_date
from contracts.mapping.documents import QualityDocument
from contracts.mapping.quality_form import CHECKS, ENGINE
from contracts.mapping.rows import CHILD, Property, SourceContract
from contracts.paths import Getter, getter, is_plain, names, written

Holds = Callable[[Mapping[str, Any]], bool]
LONGEST_FITTED = 200  # letters
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


class BadRule(Exception):  # noqa: N818 - an outcome of compiling, turned into a fault of the file
    """A rule cannot be run; the message says why."""


def compiled(contract: SourceContract) -> tuple[tuple[str, Holds], ...]:
    """Return (name, check) of every rule that runs on a record. Raises BadRule."""
    rules = list(_of_fields(contract.properties.values(), ""))
    if contract.splits:
        whole = contract.find(contract.splits)
        rules += _of_fields(whole.parts.values() if whole else (), f"{CHILD}.")
    rules += [(_name(one), _of_record(one, contract)) for one in contract.quality if _runs(one)]
    names = [name for name, _ in rules]
    for name in names:
        if names.count(name) > 1:
            raise BadRule(f"quality rule {name} stands twice: give each its own name")
    return tuple(rules)


def plain_fields(contract: SourceContract) -> list[str]:
    """Return the plain fields that `sure` asks for, as paths."""
    rules = filter(_runs, contract.quality)
    return [path for rule in rules if _can_be_sure(rule) for path in _named(rule)]


def sure(
    contract: SourceContract, columns: Mapping[str, str], filled: Mapping[str, str]
) -> list[str]:
    """Return an expression of each rule that is true only when the rule holds.

    They are of the local names of the columns, of what says that a column is `filled`, and of what
    `contracts.mapping.quick` knows. A rule that cannot be told so makes `False`: it is asked.
    """
    inner = any(_of_fields(contract.properties.values(), "")) or contract.splits
    rules = [_sure(one, columns, filled) for one in contract.quality if _runs(one)]
    return [*rules, *(["False"] if inner else [])]


def _sure(rule: QualityDocument, columns: Mapping[str, str], filled: Mapping[str, str]) -> str:
    if not _can_be_sure(rule):
        return "False"
    fields = [names(path)[0] for path in _named(rule)]
    raws = [columns[name] for name in fields]
    given = _given(rule)
    if given["check"] == "order":
        days = " and ".join(f"day_of({raw}) is not None" for raw in raws)
        return f"({days} and {' <= '.join(raws)})"
    *of, field = fields
    raw = columns[field]
    says = {str(one).casefold() for one in given.get("says", ())}
    usual = f"type({raw}) is str and {raw}.isascii() and {raw}.islower() and {raw}.isalpha()"
    silent = f"({raw} is None or ({usual} and {raw} not in {sorted(says)!r}))"
    full = " and ".join(filled.get(name, f"not is_blank({columns[name]})") for name in of)
    return f"({full} or {silent})"


def _can_be_sure(rule: QualityDocument) -> bool:
    return _given(rule).get("check") in {"when", "order"} and all(map(is_plain, _named(rule)))


def _given(rule: QualityDocument) -> Mapping[str, Any]:
    return rule.implementation if isinstance(rule.implementation, dict) else {}


def _named(rule: QualityDocument) -> list[str]:
    """Return the fields of a rule on the record; the one that it waits for is the last."""
    given = _given(rule)
    return [*given.get("of", []), *filter(None, (given.get("is"), given.get("field")))]


def _of_fields(properties: Any, before: str) -> Iterator[tuple[str, Holds]]:  # noqa: ANN401
    for one in properties:
        for rule in one.quality:
            if _runs(rule):
                yield _name(rule), _of_field(rule, f"{before}{written(one.name)}")
        if one.logical_type == "object":
            yield from _of_fields(one.parts.values(), f"{before}{written(one.name)}.")


def _runs(rule: QualityDocument) -> bool:
    return rule.type == "library" or (rule.type == "custom" and rule.engine == ENGINE)


def _name(rule: QualityDocument) -> str:
    if not rule.name:
        raise BadRule("a quality rule has no name: scores are kept by name")
    return rule.name


def _of_field(rule: QualityDocument, path: str) -> Holds:
    get = getter((path,))
    if rule.metric in {"missingValues", "nullValues"}:
        return lambda body: not is_blank(get(body))
    if rule.type == "custom":
        raise BadRule(
            f"quality rule {rule.name} stands at a field and is of the whole record: move it to the"
            " quality of [[schema]]"
        )
    if rule.metric != "invalidValues":
        raise BadRule(
            f"quality rule {rule.name} has the metric {rule.metric or 'none'}, which no single"
            " record has: write missingValues, nullValues or invalidValues"
        )
    pattern, valid = rule.arguments.get("pattern"), rule.arguments.get("validValues")
    if pattern is not None:
        fits = re.compile(str(pattern)).search
        return lambda body: is_blank(raw := get(body)) or _fits(fits, _text(raw))
    allowed = {str(one).casefold() for one in valid or ()}
    return lambda body: is_blank(raw := get(body)) or _text(raw).casefold() in allowed


def _fits(search: Callable[[str], object], text: str) -> bool:
    """A long text fits no pattern: what a slow one costs grows with a power of the length."""
    return len(text) <= LONGEST_FITTED and bool(search(text))


def _of_record(rule: QualityDocument, contract: SourceContract) -> Holds:
    given = rule.implementation
    make = _CHECKS.get(str(given.get("check"))) if isinstance(given, dict) else None
    if make is None or not isinstance(given, dict):
        raise BadRule(
            f'quality rule {rule.name} is on the whole record and no check: write type = "custom",'
            f' engine = "{ENGINE}" and a check of {", ".join(CHECKS)}, or move it to its field'
        )
    of = given.get("of", [])
    unknown = [
        path for path in _named(rule) if not isinstance(_described(contract, path), Property)
    ]
    if unknown:
        raise BadRule(
            f"quality rule {rule.name} names an unknown field {', '.join(unknown)}: describe it"
            " among the properties"
        )
    return make([getter((path,)) for path in of], given)


def _described(contract: SourceContract, path: str) -> Property | None:
    return contract.find(path)


def _sum(of: Sequence[Getter], given: Mapping[str, Any]) -> Holds:
    total = getter((given["is"],))

    def holds(body: Mapping[str, Any]) -> bool:
        parts = [_number(get(body)) for get in of]
        whole = _number(total(body))
        known = [one for one in parts if one is not None]
        return whole is None or len(known) < len(parts) or abs(sum(known) - whole) < 1e-9

    return holds


def _order(of: Sequence[Getter], _: Mapping[str, Any]) -> Holds:
    def holds(body: Mapping[str, Any]) -> bool:
        last = date.min
        for get in of:
            day = _day(get(body))
            if day is not None:
                if day < last:
                    return False
                last = day
        return True

    return holds


def _together(of: Sequence[Getter], _: Mapping[str, Any]) -> Holds:
    return lambda body: len({is_blank(get(body)) for get in of}) == 1


def _one_of(of: Sequence[Getter], _: Mapping[str, Any]) -> Holds:
    return lambda body: not all(is_blank(get(body)) for get in of)


def _when(of: Sequence[Getter], given: Mapping[str, Any]) -> Holds:
    says, field = {str(one).casefold() for one in given.get("says", ())}, getter((given["field"],))
    first, *others = of

    def holds(body: Mapping[str, Any]) -> bool:
        raw = field(body)
        usual = type(raw) is str and raw in says
        if not usual and (raw is None or _text(raw).casefold() not in says):
            return True
        filled = not is_blank(first(body))
        return filled and not (others and any(is_blank(get(body)) for get in others))

    return holds


_CHECKS: Mapping[str, Callable[[Sequence[Getter], Mapping[str, Any]], Holds]] = {
    "sum": _sum, "order": _order, "together": _together, "one_of": _one_of, "when": _when,
}  # fmt: skip


def _day(raw: object) -> date | None:
    if type(raw) is str and (usual := usual_day(raw)) is not None:
        return usual
    return None if raw is None else read_date(raw)


def _text(raw: object) -> str:
    if type(raw) is str and raw.isalnum() and raw.isascii():
        return raw  # the usual code
    try:
        return cell_text(raw)
    except Unreadable:
        return ""


def _number(raw: object) -> float | None:
    text = _text(raw).replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else None
