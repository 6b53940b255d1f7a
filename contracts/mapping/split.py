"""One record of each element of a repeat: a form about several children is several records."""

from collections.abc import Mapping
from typing import Any

from contracts import paths
from contracts.cells import is_blank
from contracts.mapping.rows import CHILD, SourceContract


def split(contract: SourceContract, body: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (suffix of the key, body) of every record in a submission.

    A body is the submission without the repeat, and the element as `child`; its suffix is its
    place, from 1. Without an element there is one body without a child, and no suffix: a text where
    the repeat should be is no element.
    """
    if not contract.splits:
        return [("", dict(body))]
    names = paths.names(contract.splits)
    rest, given = _taken_out(body, names)
    children = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
    children = [one for one in children if not is_blank(one)]
    if not children:
        return [("", rest)]
    return [(str(place), {**rest, CHILD: one}) for place, one in enumerate(children, start=1)]


def _taken_out(body: Mapping[str, Any], names: tuple[str, ...]) -> tuple[dict[str, Any], object]:
    """Return the record without what a path names, and that."""
    rest, name = dict(body), names[0]
    if len(names) == 1:
        return rest, rest.pop(name, None)
    inner = rest.get(name)
    if not isinstance(inner, Mapping):
        return rest, None
    rest[name], found = _taken_out(inner, names[1:])
    return rest, found
