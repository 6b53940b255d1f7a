"""What a single value of a source can be, and how it fails. Never keeps a value in an error."""

import math
from datetime import date, datetime

from contracts.text import normalise

LONGEST_TEXT = 4000
LONGEST_TRIAGED = 200


class Unreadable(Exception):  # noqa: N818 - these three are outcomes of reading a cell, not errors
    """The value is there and cannot be read. `kind` says what it should have been."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Impossible(Exception):  # noqa: N818
    """The value can be read and cannot be: the whole record is rejected."""


class Odd(Exception):  # noqa: N818
    """The value is usable in part: what to take, a note, and the codes that no list has."""

    def __init__(self, value: object, *, note: str = "", unmapped: tuple[str, ...] = ()) -> None:
        super().__init__(note or "unmapped")
        self.value = value
        self.note = note
        self.unmapped = unmapped


def cell_text(raw: object) -> str:
    """Return a scalar as normalised text: numbers without a false `.0`, dates in ISO form."""
    if isinstance(raw, str):
        if len(raw) > LONGEST_TEXT:
            raise Unreadable("a text of at most 4,000 characters")
        return normalise(raw)
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return _number_text(raw)
    if isinstance(raw, int):
        return _whole_text(raw)
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    raise Unreadable("a single value")


def is_blank(raw: object) -> bool:
    """Tell whether there is nothing in the cell. What cannot be read is something."""
    if type(raw) is str and raw[:1].isalnum():
        return False  # the usual cell
    try:
        return not raw if isinstance(raw, list | dict) else cell_text(raw) == ""
    except Unreadable:
        return False


def triage_text(raw: object) -> str:
    """Return a value as triage shows it: short text, or the kind of thing that it is."""
    if isinstance(raw, str):
        return normalise(raw[:LONGEST_TRIAGED])
    try:
        return cell_text(raw)[:LONGEST_TRIAGED]
    except Unreadable:
        return f"({type(raw).__name__})"


def _number_text(raw: float) -> str:
    if math.isnan(raw):
        return ""  # an empty cell, as some readers give it
    return str(int(raw)) if raw.is_integer() else str(raw)


def _whole_text(raw: int) -> str:
    if raw.bit_length() > 256:
        raise Unreadable("a number of usual size")
    return str(raw)
