"""Whether a quality rule is written as its check needs it. Runs no rule.

A rule is compiled by `contracts.mapping.quality`, which may then rely on the kinds of its parts.
"""

import re
from collections.abc import Mapping
from typing import Any

ENGINE = "clmhub"
_ALSO = {"sum": "is", "when": "field"}
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
    return "" if isinstance(valid, list) else "validValues is no list: write it between [ and ]"


def check_fault(given: object) -> str:
    """Return what is wrong with a rule on the whole record; nothing when it is fine."""
    if not isinstance(given, dict):
        return "implementation is no table: write { check = ..., of = [...] }"
    of, check = given.get("of"), given.get("check")
    if not isinstance(of, list) or not all(isinstance(one, str) for one in of):
        return "`of` is no list of fields: write their names between [ and ]"
    needs = _ALSO.get(str(check), "")
    for name in ("is", "field"):
        if name == needs and not given.get(name):
            return f"the check {check} needs `{name}`: name the field"
        if not isinstance(given.get(name, ""), str):
            return f"`{name}` is no name of a field: write it between quotation marks"
    return "" if isinstance(given.get("says", []), list) else "`says` is no list: use [ and ]"


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
