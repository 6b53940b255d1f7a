"""What a single value of a source can be, and how it fails. Never keeps a value in an error."""

import math
from datetime import date, datetime

from contracts.text import normalise

LONGEST_TEXT = 4000
LONGEST_TRIAGED = 200


_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
NO_VALUES = frozenset(
    {
        *(dash * number for dash in _DASHES for number in (1, 2, 3)), " - ", " -", "- ", "_", "__",
        ".", "..", "...", "\u2026", "\u104a", "\u104b", "N/A", "n/a", "N/a", "N.A", "N.A.", "n.a",
        "n.a.", "#N/A", "nil", "Nil", "NIL", "null", "Null", "NULL",
    }
)  # fmt: skip
"""What people put into a cell so that it is not empty. `NA` and `none` may be codes."""
_EMPTY = NO_VALUES | {""}
_NOTHING = frozenset(
    {
        "", *(dash * number for dash in _DASHES for number in (1, 2, 3)), "_", "__", "\u2026", "*",
        "**", "***", "/", "\u104a", "\u104b", "n/a", "n.a", "na", "n / a", "nil", "null", "none",
        "not applicable", "မရှိ", "မရှိပါ", "မရှိသေး", "မရှိသေးပါ", "မသက်ဆိုင်", "မသက်ဆိုင်ပါ",
    }
)  # fmt: skip
_UNKNOWN = frozenset(
    {
        "?", "??", "???", "unknown", "not known", "unk", "don't know", "dont know", "dk", "d/k",
        "မသိ", "မသိပါ", "မသိရ", "မသိရပါ", "မသိရှိ", "မသိရှိပါ", "မသိရှိရပါ",
    }
)  # fmt: skip
_NOBODY = {"unknown", "not known", "none", "no name", "not applicable", "don't know"}
NO_NAMES = NO_VALUES.union(
    *({word, word.capitalize(), word.title(), word.upper()} for word in _NOBODY)
)
"""What stands where a name should, and is nobody's. `Na` is a name."""
_NO_NUMBERS = frozenset({"0", "no", "no child", "no children", "x", "\u00d7"})


class Trouble(Exception):  # noqa: N818 - outcomes of reading a cell, not errors
    """A cell that gives no plain value."""


class Unreadable(Trouble):
    """The value is there and cannot be read. `kind` says what it should have been."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Impossible(Trouble):
    """The value can be read and cannot be: the whole record is rejected."""


class Odd(Trouble):
    """The value is usable in part: what to take, a note, and the codes that no list has.

    `takes` says which codes would have been understood.
    """

    def __init__(
        self, value: object, *, note: str = "", unmapped: tuple[str, ...] = (), takes: str = ""
    ) -> None:
        super().__init__(note or "unmapped")
        self.value = value
        self.note = note
        self.unmapped = unmapped
        self.takes = takes


class WhyAbsent(Trouble):
    """The source says that there is no value, and why; no reason: a dash, say, tells none.

    `takes` says which codes would have been understood.
    """

    def __init__(self, reason: str, *, takes: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.takes = takes


class Stopped(Trouble):
    """The field is stopped until a person has looked at its codes."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__("stopped")
        self.codes = codes


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
    """Tell whether there is no value in the cell. What cannot be read is something."""
    if raw is None or type(raw) is int:
        return raw is None  # the usual cell
    if type(raw) is str and raw.isalnum():
        return raw in NO_VALUES
    try:
        return not raw if isinstance(raw, list | dict) else cell_text(raw) in _EMPTY
    except Unreadable:
        return False


def says_nothing(text: str) -> bool:
    """Tell whether a text stands for an empty cell: a dash, `N/A`. Not a word for `not known`."""
    return text.casefold().strip(" .") in _NOTHING


def numbers_none(text: str) -> bool:
    """Tell whether what stands for the number of a child says that there is none."""
    return says_nothing(text) or text.casefold().strip(" .") in _NO_NUMBERS


def says_unknown(text: str) -> bool:
    """Tell whether a text says that nobody knows."""
    return text.casefold().strip(" .") in _UNKNOWN


def refuse_nothing(text: str, takes: str = "") -> None:
    """Raise WhyAbsent for a text that says that there is no value."""
    if says_unknown(text):
        raise WhyAbsent("asked_unknown", takes=takes)
    if says_nothing(text):
        raise WhyAbsent("")


def usual_day(raw: str) -> date | None:
    """Return the day of a text in the form 2026-01-05, of a century that needs no thought."""
    if len(raw) != 10 or raw[4] != "-" or raw[7] != "-" or raw[:2] not in {"19", "20"}:
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


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
