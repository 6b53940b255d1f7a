"""A new contract as far as a sample can tell: a draft, and how it is written as files' texts.

Nothing of a person is in it: fields, guesses and made-up cells. What is left to do begins with
`To do:` where the checker finds it again, or stands as a comment in the mapping.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from contracts.checking.document import API_VERSION, TO_DO
from contracts.checking.fault import Texts
from contracts.scaffold.toml import inline, line, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftField:
    """A field of the contract to be. `inner`: the fields of an object or of a list's elements."""

    name: str
    type: str
    label: str
    description: str
    required: bool = False
    key: int = 0
    limits: Mapping[str, float] = field(default_factory=dict)
    inner: tuple["DraftField", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A row of the mapping to be; an open one is written as a comment, with what is to decide."""

    target: str
    source: str | tuple[str, ...]
    transform: str
    codes: str = ""
    level: str = ""
    crosswalk: str = ""
    open: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCode:
    """A code of a crosswalk; one whose meaning nobody has said yet is written as a comment."""

    code: str
    label: str
    target: str | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A contract to be."""

    system: str
    record: str
    title: str
    made_from: str
    major: int = 1
    fields: tuple[DraftField, ...]
    rows: tuple[DraftRow, ...]
    lists: tuple[tuple[str, str, tuple[DraftRow, ...]], ...] = ()
    crosswalks: Mapping[str, tuple[DraftCode, ...]] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict, repr=False)


def write(draft: Draft) -> Texts:
    """Return the texts of the contract's three files."""
    sample = [{"about": "the shape of a record", "key": "sample-1", "body": draft.sample}]
    return Texts(
        contract="\n".join(_contract(draft)) + "\n",
        mapping="\n".join(_mapping(draft)) + "\n",
        sample=orjson.dumps(sample, option=orjson.OPT_INDENT_2).decode() + "\n",
        place=f"{draft.system}/{draft.record}/v1",
    )


def _contract(draft: Draft) -> Iterator[str]:
    yield f"# {draft.title}, scaffolded from {draft.made_from}."
    yield f"# `clmhub contract check` lists what is left to do: texts that begin with {TO_DO!r}."
    yield "# Classes are guessed, the stricter one in doubt; unknown text is C5."
    yield ""
    yield line("apiVersion", API_VERSION)
    yield line("kind", "DataContract")
    yield line("id", f"clm:{draft.system}:{draft.record}")
    yield line("name", draft.title)
    yield line("version", f"{draft.major}.0.0")
    yield line("status", "draft")
    yield line("description.purpose", f"{TO_DO} say what the record is for.")
    yield line("description.usage", f"{TO_DO} say how it comes, and how often.")
    yield line("description.limitations", f"{TO_DO} say what it cannot tell.")
    yield line("team.name", f"{TO_DO} name the office that mends what is wrong.")
    yield ""
    yield "[[schema]]"
    yield line("name", draft.record)
    yield line("logicalType", "object")
    yield "properties = ["
    yield from (f"  {_property(one)}," for one in draft.fields)
    yield "]"


def _property(one: DraftField) -> str:
    parts: dict[str, object] = {"name": one.name, "logicalType": one.type}
    if one.required:
        parts["required"] = True
    if one.key:
        parts |= {"primaryKey": True, "primaryKeyPosition": one.key}
    parts["classification"] = one.label
    if one.limits:
        parts["logicalTypeOptions"] = dict(one.limits)
    text = inline(parts | {"description": one.description})
    if not one.inner:
        return text
    inner = "[\n    " + ",\n    ".join(map(_property, one.inner)) + ",\n  ]"
    if one.type == "array":
        return f'{text[:-2]}, items = {{ logicalType = "object", properties = {inner} }} }}'
    return f"{text[:-2]}, properties = {inner} }}"


def _mapping(draft: Draft) -> Iterator[str]:
    yield f"# Where each field of {draft.title} goes. A row behind # waits: complete or delete it."
    yield ""
    yield line("version", "1")
    yield line("about", "child")
    yield ""
    yield "[mapping]"
    yield "rows = ["
    yield from map(_row, draft.rows)
    yield "]"
    for target, each, rows in draft.lists:
        yield ""
        yield "[[mapping.lists]]"
        yield line("target", target)
        yield line("each", each)
        yield "rows = ["
        yield from map(_row, rows)
        yield "]"
    yield from _crosswalks(draft.crosswalks)


def _row(row: DraftRow) -> str:
    source: object = list(row.source) if isinstance(row.source, tuple) else row.source
    parts: dict[str, object] = {"target": row.target, "source": source, "transform": row.transform}
    more = {"codes": row.codes, "level": row.level, "crosswalk": row.crosswalk}
    text = inline(parts | {name: value for name, value in more.items() if value})
    return f"  # {text},  # {_one_line(row.open)}" if row.open else f"  {text},"


def _crosswalks(tables: Mapping[str, Sequence[DraftCode]]) -> Iterator[str]:
    if not tables:
        return
    yield ""
    yield '# A code that no row knows waits for triage; nobody guesses it. A target of nothing ("")'
    yield "# says: known, and it means nothing for this field."
    yield "[crosswalk]"
    for name, table in tables.items():
        behind = "" if any(one.target is not None for one in table) else "# "
        yield f"{behind}{quoted(name)} = ["
        yield from map(_code, table)
        yield f"{behind}]"


def _code(one: DraftCode) -> str:
    target = "?" if one.target is None else one.target
    text = inline({"code": one.code, "label": one.label, "target": target})
    return f"  # {text},  # {_one_line(one.why)}" if one.target is None else f"  {text},"


def _one_line(text: str) -> str:
    """Return a comment that stays one: labels come from outside."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
