"""Checks the fields of a contract: names, keys, classes, limits, nesting. Knows no mapping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.checking.document import TO_DO, Document, Element, Quality
from contracts.checking.fault import Notebook
from contracts.checking.lines import Path
from contracts.checking.targets import PERSONAL
from contracts.guessing.names import looks_personal
from contracts.labels import Label
from contracts.service_levels import MEASURED, UNITS, days_of
from contracts.topics import SYSTEMS

_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NUMERIC = dict.fromkeys((*_LIMITS, "multipleOf"), "number") | {"format": "text"}
_TIMED = dict.fromkeys((*_LIMITS, "format"), "text")
_OPTIONS: dict[str, dict[str, str]] = {
    "string": {"minLength": "count", "maxLength": "count", "pattern": "text", "format": "text"},
    "date": _TIMED,
    "time": _TIMED | {"timezone": "truth", "defaultTimezone": "text"},
    "timestamp": _TIMED | {"timezone": "truth", "defaultTimezone": "text"},
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "object": {"minProperties": "count", "maxProperties": "count", "required": "list"},
    "array": {"minItems": "count", "maxItems": "count", "uniqueItems": "truth"},
    "boolean": {},
}
"""The options of each type in the standard, and what each holds."""

_AN_OBJECT_NEEDS = "list its fields under properties"
_DEEPEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the contract. `name` is its path in the source, `services[].type` in a list."""

    name: str
    at: Path
    element: Element
    depth: int

    @property
    def label(self) -> Label:
        """The field's privacy class; an unnamed element of a list has none and counts as C0."""
        return Label(self.element.classification or "C0")


def fields_of(document: Document) -> dict[str, Field]:
    """Return every field by its path; of two with one name, the first."""
    found: dict[str, Field] = {}
    for one in _walk(document.schema_[0].properties, "", ("schema", 0, "properties"), 1):
        found.setdefault(one.name, one)
    return found


def _walk(rows: Sequence[Element], prefix: str, at: Path, depth: int) -> Iterator[Field]:
    for index, element in enumerate(rows):
        name = prefix + getattr(element, "name", "")
        yield from _below(Field(name=name, at=(*at, index), element=element, depth=depth))


def _below(field: Field) -> Iterator[Field]:
    """A field, and what is in it: fields of an object, the element of a list and its fields."""
    yield field
    if field.depth >= _DEEPEST:
        return
    at, depth = field.at, field.depth + 1
    yield from _walk(field.element.properties, f"{field.name}.", (*at, "properties"), depth)
    item = field.element.items
    if item is not None:
        within = (*at, "items", "properties")
        yield from _walk(item.properties, f"{field.name}[].", within, depth)


def check_document(document: Document, notes: Notebook) -> None:
    """Note every fault of the fields."""
    record = document.schema_[0]
    everything = list(_walk(record.properties, "", ("schema", 0, "properties"), 1))
    _names(everything, notes)
    for field in everything:
        _shape(field, notes)
        _options(field, notes)
        _class(field, notes)
        _rules(field.element.quality, (*field.at, "quality"), notes)
    _keys(everything, notes)
    _rules(record.quality, ("schema", 0, "quality"), notes)
    _left_to_do(document, everything, notes)
    _whole(document, notes)


def _whole(document: Document, notes: Notebook) -> None:
    """What is left to do about the record as a whole."""
    system = document.id.split(":")[1]
    if system not in SYSTEMS:
        notes.warning(
            ("id",), "system_unknown",
            f"the hub has no system {system}: the contract can be tried, not installed",
            f"to install it, take the system that the records are of: {', '.join(SYSTEMS)}",
        )  # fmt: skip
    if document.team is None:
        notes.warning(
            (), "owner_missing", "nobody is named who answers for this record",
            "add team.name: the office that mends what is wrong",
        )  # fmt: skip
    if not document.slaProperties:
        notes.warning(
            (), "service_level_missing", "no service level says how late or how often it comes",
            'add [[slaProperties]], as property = "frequency", value = 1, unit = "m"',
        )  # fmt: skip
    for at, level in enumerate(document.slaProperties):
        if level.property in MEASURED and days_of(level.value, level.unit) is None:
            notes.warning(
                ("slaProperties", at), "service_level_unmeasured",
                f"{level.property} cannot be measured: its value or its unit is not understood",
                f"write a number, and one of {', '.join(UNITS)} as unit",
            )  # fmt: skip


def _left_to_do(document: Document, everything: Sequence[Field], notes: Notebook) -> None:
    """Name the texts that a scaffold left open."""
    about = document.description
    texts: list[tuple[Path, str]] = [
        (("description", name), getattr(about, name))
        for name in ("purpose", "usage", "limitations")
    ]
    texts.append((("team", "name"), document.team.name if document.team else ""))
    texts += [((*one.at, "description"), one.element.description) for one in everything]
    for at, text in texts:
        if text.startswith(TO_DO):
            step = text.removeprefix(TO_DO).strip()
            notes.warning(at, "left_to_do", "this text is left to be written", step)


def _names(everything: Sequence[Field], notes: Notebook) -> None:
    seen: set[str] = set()
    for field in everything:
        if field.name in seen:
            notes.error(
                (*field.at, "name"), "name_twice", f"two fields are called {field.name}",
                "rename or delete one of them",
            )  # fmt: skip
        seen.add(field.name)


def _shape(field: Field, notes: Notebook) -> None:
    element, kind = field.element, field.element.logicalType
    if field.depth >= _DEEPEST and (element.properties or element.items):
        notes.error(
            field.at, "too_deep", f"{field.name} holds more than {_DEEPEST} levels",
            "describe the levels that are read, and no more",
        )  # fmt: skip
    if "properties" in element.model_fields_set and kind != "object":
        notes.error(
            field.at, "properties_misplaced", f"{field.name} is no object and has properties",
            'say logicalType = "object", or for a list items = { logicalType = "object", ... }',
        )  # fmt: skip
    if element.items and kind != "array":
        notes.error(
            field.at, "items_misplaced", f"{field.name} is no list and has items",
            'say logicalType = "array", or delete the items',
        )  # fmt: skip
    if element.items and element.items.logicalType == "object" and not element.items.properties:
        notes.error(
            (*field.at, "items"), "properties_missing",
            f"the elements of {field.name} are objects without fields", _AN_OBJECT_NEEDS,
        )  # fmt: skip


def _options(field: Field, notes: Notebook) -> None:
    allowed = _OPTIONS[field.element.logicalType]
    options = field.element.logicalTypeOptions
    for name, value in options.items():
        at = (*field.at, "logicalTypeOptions", name)
        if name not in allowed:
            notes.error(
                at, "option_unknown",
                f"{field.name} is a {field.element.logicalType}, which has no option {name}",
                f"use one of: {', '.join(sorted(allowed)) or 'none'}",
            )  # fmt: skip
        elif not _is(value, allowed[name]):
            notes.error(
                at, "option_wrong", f"{name} of {field.name} is no {allowed[name]}",
                f"write a {allowed[name]}",
            )  # fmt: skip
    low, high = options.get("minimum"), options.get("maximum")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        notes.error(
            (*field.at, "logicalTypeOptions"), "limits_crossed",
            f"{field.name}: its minimum lies above its maximum", "swap them",
        )  # fmt: skip


def _is(value: object, kind: str) -> bool:
    """Tell whether an option's value is of its kind. A truth is no number here."""
    if isinstance(value, bool):
        return kind == "truth"
    if kind == "count":
        return isinstance(value, int) and value >= 0
    kinds: dict[str, tuple[type, ...]] = {"number": (int, float), "text": (str,), "list": (list,)}
    return isinstance(value, kinds.get(kind, ()))


def _class(field: Field, notes: Notebook) -> None:
    """What holds only containers takes its class from what is in it."""
    if field.label in PERSONAL or field.element.properties or field.element.items:
        return
    if looks_personal(field.name):
        notes.warning(
            (*field.at, "classification"), "class_low",
            f"{field.name} sounds like something of a person and is {field.label.value}",
            "class it C3 (the child), C6 (somebody else) or C7 (staff), or rename it",
        )  # fmt: skip


def _keys(everything: Sequence[Field], notes: Notebook) -> None:
    keys = [one for one in everything if one.element.primaryKey]
    if not keys:
        notes.error(
            ("schema", 0, "properties"), "key_missing", "no field is the key of the record",
            "set primaryKey = true on what tells two records apart for ever",
        )  # fmt: skip
    places = sorted(one.element.primaryKeyPosition for one in keys)
    if keys and places not in (list(range(1, len(keys) + 1)), [-1]):
        notes.error(
            keys[0].at, "key_places", "the fields of the key are not numbered 1, 2, 3, ...",
            "give each a primaryKeyPosition of its own, from 1 on",
        )  # fmt: skip
    for one in keys:
        if one.depth > 1:
            notes.error(
                one.at, "key_nested", f"{one.name} is part of the key and lies in another field",
                "take the key from fields of the record itself",
            )  # fmt: skip


def _rules(rules: Sequence[Quality], at: Path, notes: Notebook) -> None:
    names = [one.name for one in rules]
    for index, name in enumerate(names):
        if name in names[:index]:
            notes.error(
                (*at, index, "name"), "rule_twice", f"two quality rules are called {name}",
                "give each a name of its own: scores are counted by it",
            )  # fmt: skip
