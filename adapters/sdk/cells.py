"""Cells of a workbook: as plain JSON values, and as the text of a key. Gives them no meaning."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from math import isfinite

Plain = str | int | float | bool
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_EMPTY = "".join(map(chr, _INVISIBLE)) + " \t\r\n\v\f\u00a0\u2003\u3000"
_EXACT = 2**53  # up to here a spreadsheet's number is exactly a whole number
_DAY_ZERO = date(1899, 12, 30)  # day 0 of a workbook's date serials
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: no other number in a month column looks like it
_BUDDHIST_YEARS = range(2400, 2700)
_BUDDHIST_OFFSET = 543
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(?:\d{1,2}[-/.])?(\d{1,2})[-/.](\d{4})")


def plain(cell: object) -> Plain | None:
    """Return the cell as JSON holds it; None when it is empty.

    A typed date becomes ISO text and a number stays one, so that a date and the serial number of
    a date remain different. A whole number loses the `.0` that only the file format gives it.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int(cell)
    if isinstance(cell, float) and not isfinite(cell):
        return str(cell)  # JSON has no such number, and would lose it without a word
    if isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else None


def is_blank(cell: Plain | None) -> bool:
    """Whether there is nothing to see in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip(_EMPTY))


def tidy(cell: Plain | None) -> str:
    """Return the cell as text without what nobody sees: edges, invisible marks, odd blanks."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    text = unicodedata.normalize("NFC", str(cell)).translate(_INVISIBLE)
    return " ".join(text.split())


def key_text(cell: Plain | None) -> str:
    """Return the cell as part of a key: tidy, with the digits of any script as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in tidy(cell)
    )


def month_text(cell: Plain | None) -> str:
    """Return a month as `YYYY-MM`, from a month, a date or a date's serial number.

    What is no month comes back as its key text: the contract says what is wrong with it.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and int(cell) in _SERIALS:
        return (_DAY_ZERO + timedelta(days=int(cell))).strftime("%Y-%m")
    text = key_text(cell)
    if found := _YEAR_FIRST.fullmatch(text):
        year, month = int(found[1]), int(found[2])
    elif found := _YEAR_LAST.fullmatch(text):
        year, month = int(found[2]), int(found[1])
    else:
        return text
    if year in _BUDDHIST_YEARS:
        year -= _BUDDHIST_OFFSET
    return f"{year:04d}-{month:02d}" if 1 <= month <= 12 else text
