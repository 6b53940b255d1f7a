"""Which fields tell the records of a sample apart. Never a name: a key is shown, a name is not."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from contracts.guessing.fields import FieldGuess
from contracts.guessing.names import is_key, personal_class
from contracts.paths import is_plain, written
from contracts.text import normalise

_MOST_PARTS = 3
_MOST_IDS = 8


def guess_keys(
    guesses: Sequence[FieldGuess], rows: Sequence[Mapping[str, object]], day: FieldGuess
) -> tuple[str, ...]:
    """Return the smallest set of ids that is unique over the rows, else one to decide upon.

    An empty cell is a value beside another id: a visit that found nobody has no number of a child.
    """
    usable = [
        one for one in guesses if is_plain(written(one.name)) and not one.inner and not one.hint
    ]
    usable = [one for one in usable if one.name != day.name and not personal_class(one.name)]
    ids = [one.name for one in usable if is_key(one.name)][:_MOST_IDS]
    for size in range(1, _MOST_PARTS + 1):
        for names in combinations(ids, size):
            if _tell_apart(names, rows):
                return names
    first = ids or [one.name for one in usable if one.unique] or [one.name for one in usable]
    return tuple(first[:1]) or (day.name,)


def _tell_apart(names: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bool:
    seen = {tuple(_text(row.get(name)) for name in names) for row in rows}
    return len(rows) > 1 and len(seen) == len(rows) and all(any(key) for key in seen)


def _text(cell: object) -> str:
    return "" if cell is None else normalise(str(cell))
