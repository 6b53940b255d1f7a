"""Reads a TOML text into its closed form, and says in words where it does not fit."""

from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts import strict_toml
from contracts.checking.fault import Fault, Notebook, whole_file
from contracts.checking.lines import Lines, Path

Kind = TypeVar("Kind", bound=BaseModel)

_LONGEST = 2**22
_TOO_DEEP = (
    "too_deep", "lists and tables stand far too deep within each other",
    "describe the levels that are read, and no more",
)  # fmt: skip
_WORDS = {
    "missing": ("is missing", "add it"),
    "literal_error": ("is none of the values that are allowed here", "write one of: {expected}"),
    "string_type": ("is no text", "write it between quotation marks"),
    "bool_type": ("is neither true nor false", "write true or false, without quotation marks"),
    "int_type": ("is no whole number", "write a whole number, without quotation marks"),
    "float_type": ("is no number", "write a number, without quotation marks"),
    "finite_number": ("is no finite number", "write a number that is neither nan nor inf"),
    "tuple_type": ("is no list", "write it between [ and ]"),
    "list_type": ("is no list", "write it between [ and ]"),
    "dict_type": ("is no table", "write it between {{ and }}, or as a [table]"),
    "model_type": ("is no table", "write it between {{ and }}, or as a [table]"),
    "string_too_short": ("is empty", "fill it in"),
    "too_short": ("is shorter than it may be", "add what is missing"),
    "too_long": ("is longer than it may be", "keep one of them: one folder holds one record"),
    "greater_than_equal": ("is too small", "write a larger number"),
    "string_pattern_mismatch": ("is not of the form {pattern}", "write it in that form"),
}


def read_form(text: str, form: type[Kind], file: str) -> tuple[Kind | None, Notebook]:
    """Return the form's content, None when it has faults, and the notebook that holds them."""
    if len(text) > _LONGEST:
        reason = ("file_too_large", "the file is far too large for a contract", "split it")
        return None, _unusable(file, whole_file(file, *reason))
    try:
        data = strict_toml.loads(text)
    except strict_toml.WrongTomlError as error:
        return None, _unusable(file, _no_toml(file, error))
    notes = Notebook(file=file, lines=Lines(text), faults=[])
    try:
        return form.model_validate(data), notes
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            _note(one, data, form, notes)
        return None, notes


def _unusable(file: str, fault: Fault) -> Notebook:
    return Notebook(file=file, lines=Lines(""), faults=[fault])


def _no_toml(file: str, error: strict_toml.WrongTomlError) -> Fault:
    if error.too_deep:
        code, message, next_step = _TOO_DEEP
        return Fault(
            level="error", file=file, line=error.line, path="", code=code, message=message,
            next_step=next_step,
        )  # fmt: skip
    return Fault(
        level="error", file=file, line=error.line, path="", code="toml_wrong",
        message="this is not written as TOML wants it",
        next_step="mend the line: often a quotation mark, a bracket or a comma is missing, or a"
        " name is given twice",
    )  # fmt: skip


def _note(
    error: ErrorDetails, data: dict[str, Any], form: type[BaseModel], notes: Notebook
) -> None:
    """Note one fault that the form found. Branches of a union are no part of a place."""
    at, kind = _place(error["loc"], data), error["type"]
    name = str(at[-1]) if at else form.__name__
    if kind == "extra_forbidden":
        near = get_close_matches(name, _names(form), n=1)
        step = f"write {near[0]} instead" if near else "delete it: nothing here would read it"
        notes.error(at, "key_unknown", f"{name} is no key of this place", step)
    elif kind == "value_error":
        said, _, step = str(error["ctx"]["error"]).rpartition(": ")
        notes.error(at, "rule_wrong", said or step, step if said else "add what is missing")
    elif kind in _WORDS:
        said, step = (text.format(**error.get("ctx", {}) or {}) for text in _WORDS[kind])
        notes.error(at, "value_wrong", f"{name} {said}", step)
    else:
        notes.error(at, "value_wrong", f"{name} cannot stand here", "compare a shipped contract")


def _place(loc: tuple[str | int, ...], data: object) -> Path:
    """Return the part of a fault's place that the text has, and the name of what it lacks."""
    path: list[str | int] = []
    for part in loc:
        inside = isinstance(part, int) if isinstance(data, list) else isinstance(data, dict)
        if not inside:
            break  # the rest names a branch of a union
        path.append(part)
        data = _inside(data, part)
    return tuple(path)


def _inside(data: object, part: str | int) -> object:
    """Return what stands at a place of a list or table, None when nothing does."""
    if isinstance(data, list):
        return data[part] if isinstance(part, int) and part < len(data) else None
    return data.get(part) if isinstance(data, dict) else None


@cache  # a file may hold thousands of keys that nobody knows
def _names(form: type[BaseModel]) -> frozenset[str]:
    """Every key that the form or a form within it knows."""
    found: set[str] = set()
    definitions = form.model_json_schema(by_alias=True)
    for one in (definitions, *definitions.get("$defs", {}).values()):
        found |= set(one.get("properties", ()))
    return frozenset(found)
