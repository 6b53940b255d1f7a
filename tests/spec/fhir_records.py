"""Made-up things of the common schema: any that its models accept. Judges nothing.

`anything` follows the models' types alone. `plausible` keeps to what a source can truly say, as
code lists and the calendar have it: FHIR's own rules know both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from hypothesis import strategies as st

from contracts import codes
from contracts.fhir.fields import about_fields, fields_of
from contracts.model.base import Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from contracts.text import tidy

Hint = Any  # a type, or what stands beside one in an annotation
Record = tuple[dict[str, Any], dict[str, Any]]
Some = st.SearchStrategy[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What values there are: texts and days, codes beside those of a list, fields' own values."""

    text: Some
    days: Some
    codes: Some
    special: dict[str, Some]
    decimals: int | None = None


# What FHIR cannot hold is left out: `contracts.fhir.NOT_HELD` is tested by itself.
_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\r\nနမ"), min_size=1,
    max_size=12,
).filter(str.strip)  # fmt: skip
_FIELDS = st.sampled_from(sorted(about_fields()))
WIDE = World(
    text=_TEXT, days=st.dates(date(1, 1, 1)), codes=_TEXT, special={"field": _FIELDS | _TEXT}
)
TRUE = World(
    text=st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12)
    .map(tidy)
    .filter(bool),
    days=st.dates(date(1990, 1, 1), date(2026, 12, 31)),
    codes=st.nothing(),
    decimals=6,  # with twenty, FHIR's validator doubts that every reader keeps them
    special={
        "nationality": st.sampled_from(["MM", "TH", "BD", "unmapped"]),
        "language": st.sampled_from(["my", "shn", "ksw", "en-GB", "unmapped"]),
        "field": _FIELDS,
        "missing": st.lists(st.sampled_from(["hours_week", "age", "hazards"]), max_size=2),
    },
)
_IN_ORDER = (("birth_earliest", "birth_latest"), ("opened_on", "closed_on"))


def anything() -> st.SearchStrategy[Record]:
    """Any identity and facts."""
    return st.tuples(things(Identity), things(CaseFacts))


def plausible() -> st.SearchStrategy[Record]:
    """An identity and facts that a source could truly tell."""
    return st.tuples(things(Identity, TRUE), things(CaseFacts, TRUE))


def things(model: type[Thing], world: World = WIDE) -> st.SearchStrategy[dict[str, Any]]:
    """Any thing of a model, as it is stored."""
    return _content(model, world).map(lambda content: stored(model, _sorted(content, world)))


def stored(model: type[Thing], content: dict[str, Any]) -> dict[str, Any]:
    """A thing in the form in which the hub keeps it."""
    return model.model_validate(content).model_dump(mode="json", exclude_none=True)


def _sorted(content: dict[str, Any], world: World) -> dict[str, Any]:
    """In a true world a beginning lies before its end."""
    for first, last in _IN_ORDER if world is TRUE else ():
        known = [content[name] for name in (first, last) if content.get(name)]
        if len(known) == 2:
            content |= dict(zip((first, last), sorted(known), strict=True))
    return content


def _content(model: type[Thing], world: World) -> st.SearchStrategy[dict[str, Any]]:
    known = fields_of(model)
    needed: dict[str, Some] = {}
    free: dict[str, Some] = {}
    for name, info in model.model_fields.items():
        coded = known[name].codes if name in known else ""
        some = _values(info.annotation, info.metadata, coded, world)
        some = world.special.get(name, some)
        (needed if info.is_required() else free)[name] = some
    return st.fixed_dictionaries(needed, optional=free)


def _values(kind: Hint, marks: Hint, coded: str, world: World) -> Some:
    inside, origin = get_args(kind), cast(object, get_origin(kind))
    if origin is Literal:
        return st.sampled_from(inside)
    if origin is list:
        return st.lists(_values(inside[0], (), coded, world), max_size=3)
    if origin in {Union, UnionType}:
        return st.one_of(*(_values(one, marks, coded, world) for one in inside))
    if hasattr(kind, "__metadata__"):
        return _values(kind.__origin__, kind.__metadata__, coded, world)
    if isinstance(kind, type) and issubclass(kind, Thing):
        return _content(kind, world)
    limits = _limits(marks)
    return (
        _words(limits.get("pattern"), coded, world) if kind is str else _plain(kind, limits, world)
    )


def _plain(kind: Hint, limits: dict[str, Any], world: World) -> Some:
    simple: dict[Any, Callable[[], Some]] = {
        type(None): st.none,
        bool: st.booleans,
        date: lambda: world.days,
        int: lambda: st.integers(limits.get("ge"), limits.get("le")),
        float: lambda: st.floats(limits.get("ge"), limits.get("le")).map(
            lambda one: one if world.decimals is None else round(one, world.decimals)
        ),
    }
    return simple[kind]()


def _words(pattern: str | None, coded: str, world: World) -> Some:
    if coded in codes.names():
        known = [*codes.load(coded).codes, "unmapped"]
        fitting = [one for one in known if re.fullmatch(pattern or ".*", one)]
        if pattern is None or world is TRUE:
            return world.codes | st.sampled_from(fitting)
    return st.from_regex(pattern, fullmatch=True) if pattern else world.text


def _limits(marks: Hint) -> dict[str, Any]:
    """The limits among an annotation's marks, wherever pydantic keeps them."""
    found: dict[str, Any] = {}
    for mark in marks:
        for one in (mark, *getattr(mark, "metadata", ())):
            for name in ("ge", "le", "pattern"):
                if getattr(one, name, None) is not None:
                    found[name] = getattr(one, name)
    return found
