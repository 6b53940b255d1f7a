"""Cells of a table: as plain JSON values, and as the text of a key. Gives them no meaning."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from enum import Enum
from math import isfinite

Plain = str | int | float | bool


class Broken(Enum):
    """What stands in a cell that should hold a value and holds none."""

    ERROR = "an error, such as #N/A"
    NO_VALUE = "a formula whose result was not saved"


_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_EMPTY = "".join(map(chr, _INVISIBLE)) + " \t\r\n\v\f\u00a0\u2003\u3000"
DITTO = frozenset(
    {
        '"', "''", "\u3003", "\u2033", "\u201d", "\u201c", "-do-", "- do -", "-Do-", "-DO-", "do",
        "do.", "ditto", "Ditto", "DITTO", '-"-', '- " -', "\u2013\u2033\u2013", "၎င်း", "၎",
        "အထက်ပါအတိုင်း",
    }
)  # fmt: skip
"""What says that a cell holds the same as the one above it. `Do` is a name."""
EXACT = 2**53  # up to here a spreadsheet's number is exactly a whole number
_WHOLE = re.compile(r"^([0-9]+)\.0+$")


def plain(cell: object) -> Plain | None:
    """Return the cell as JSON holds it; None when it is empty.

    A typed date becomes ISO text and a number stays one, so that a date and the serial number of
    a date remain different. A whole number loses the `.0` that only the file format gives it.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return int(cell)
    if isinstance(cell, float) and not isfinite(cell):
        return str(cell)  # JSON has no such number, and would lose it without a word
    if isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else None


def is_blank(cell: object) -> bool:
    """Whether there is nothing to see in the cell."""
    if isinstance(cell, str):
        return not (cell[:1].isalnum() or cell.strip(_EMPTY))
    return cell is None


def text_in(cell: str) -> str | None:
    """Return a text as it was meant: nothing when nobody sees anything, `007` for `'007`."""
    if is_blank(cell):
        return None
    marked = cell[:1] in {"'", "\u2018", "\u2019"} and cell[1:2].isdecimal()
    return cell[1:] if marked else cell


def tidy(cell: Plain | Broken | None) -> str:
    """Return the cell as text without what nobody sees: edges, invisible marks, odd blanks."""
    if cell is None or isinstance(cell, Broken):
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    text = unicodedata.normalize("NFC", str(cell)).translate(_INVISIBLE)
    return " ".join(text.split())


def key_text(cell: Plain | Broken | None) -> str:
    """Return the cell as part of a key: tidy, with the digits of any script as 0 to 9.

    A whole number is the same as text, also with the `.0` of a statistics program.
    """
    text = "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in tidy(cell)
    )
    return _WHOLE.sub(r"\1", text)
