"""What a transform is, and what it is bound to. Reads no value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.mapping.rows import Row
from contracts.mapping.targets import Leaf

Transform = Callable[[object], Any]
"""Gives a value or None (nothing in it); raises one of the troubles of `contracts.cells`."""

Find = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a transform is bound to: its row, its target, and the table of a coded one.

    `table` has every spelling, `find` looks for one that is written differently; a text gives its
    code, `""` when it is known and means nothing here, None when it is unknown.
    """

    row: Row
    leaf: Leaf
    table: Mapping[str, str]
    find: Find
