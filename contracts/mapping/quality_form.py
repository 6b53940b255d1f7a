"""Whether a quality rule is written as its check needs it. Runs no rule.

A rule is compiled by `contracts.mapping.quality`, which may then rely on the kinds of its parts.
"""

import re
from collections.abc import Mapping
from typing import Any

ENGINE = "clmhub"
CHECKS: Mapping[str, tuple[str, ...]] = {
    "sum": ("of", "is"), "order": ("of",), "together": ("of",), "one_of": ("of",),
    "when": ("of", "field", "says"),
}  # fmt: skip
"""The kinds of rules on a whole record, and what each needs."""

_LISTS = frozenset({"of", "says"})
_LONGEST_PATTERN = 1000
_REPEATED = re.compile(r"[*+}|][^()]*\)+[*+{]")
"""A group that repeats or chooses and is itself repeated: such a pattern may never end."""


def argument_fault(metric: str, arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with the arguments of a rule on a field; nothing when they are fine."""
    if metric != "invalidValues":
        return ""
    pattern, valid = arguments.get("pattern"), arguments.get("validValues")
    if pattern is not None:
        return _pattern_fault(pattern)
    if not valid:
        return (
            "invalidValues lacks its arguments: write { validValues = [...] } or { pattern = .. }"
        )
    return "" if isinstance(valid, list) else "validValues is no list: write it between [ and ]"


def check_fault(given: object) -> str:
    """Return what is wrong with a rule on the whole record; nothing when it is fine."""
    if not isinstance(given, dict):
        return "implementation is no table: write { check = ..., of = [...] }"
    check = str(given.get("check"))
    if check not in CHECKS:
        return f"there is no such check: write check = one of {', '.join(CHECKS)}"
    needs = CHECKS[check]
    if strange := sorted({*given} - {"check", *needs}):
        return f"the check {check} knows no `{strange[0]}`: write {', '.join(needs)}"
    return next(filter(None, (_part_fault(check, name, given.get(name)) for name in needs)), "")


def _part_fault(check: str, name: str, part: object) -> str:
    """Return what is wrong with one part of a rule: `of` and `says` are lists, others a field."""
    if not part:
        return f"the check {check} needs `{name}`: add it"
    if name in _LISTS and not isinstance(part, list):
        return f"`{name}` is no list: write it between [ and ]"
    if name == "of" and isinstance(part, list) and not all(isinstance(one, str) for one in part):
        return "`of` is no list of fields: write their names between quotation marks"
    if name not in _LISTS and not isinstance(part, str):
        return f"`{name}` is no name of a field: write it between quotation marks"
    return ""


def _pattern_fault(pattern: object) -> str:
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_PATTERN:
        return f"the pattern is no text of at most {_LONGEST_PATTERN} letters: shorten it"
    if _REPEATED.search(pattern):
        return "the pattern repeats a group that repeats or chooses: write it without doing both"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "the pattern is no regular expression: mend its brackets and counts"
    return ""
