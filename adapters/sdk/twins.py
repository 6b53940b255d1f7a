"""Rows of one file that share a key and are about two persons. Compares texts, gives no meaning."""

from collections.abc import Callable, Mapping, Sequence

from adapters.sdk.cells import Plain, key_text
from adapters.sdk.table import Row

Keys = Callable[[Mapping[str, Plain]], tuple[str, str] | None]
"""From a row's cells its key and its person's key; None when the row lacks a part of its key."""


def find_twins(rows: Sequence[Row], keys: Keys, tells_apart: Sequence[str]) -> dict[int, Row]:
    """Return the places of rows that a later row of the same key would hide, with that row.

    A row that was copied, or written again with a correction, is no twin: the later one counts.
    """
    last: dict[str, int] = {}
    repeated: set[str] = set()
    known = [keys(row.cells) for row in rows]
    for place, found in enumerate(known):
        if found:
            if found[0] in last:
                repeated.add(found[0])
            last[found[0]] = place
    return {
        place: rows[last[found[0]]]
        for place, found in enumerate(known)
        if found and found[0] in repeated
        and _are_two(rows[place].cells, rows[last[found[0]]].cells, tells_apart)
    }  # fmt: skip


def _are_two(
    one: Mapping[str, Plain], other: Mapping[str, Plain], tells_apart: Sequence[str]
) -> bool:
    texts = [(key_text(one.get(code)), key_text(other.get(code))) for code in tells_apart]
    return any(mine and yours and mine != yours for mine, yours in texts)
