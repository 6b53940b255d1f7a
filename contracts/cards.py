"""Citizenship card numbers in either script, as `12/OUKAMA(N)123456`. Never says whose card it is.

The letters are where the card was issued. A child's row often carries a parent's number.
"""

import csv
import re
from functools import cache
from importlib.resources import files

from contracts import codes
from contracts.text import normalise

_SHAPE = re.compile(r"0?([0-9]{1,2})[/\\-]([^()\[\]{}/]+)[(\[{/]([^()\[\]{}/]+)[)\]}/]-?([0-9]{6})")
_LATIN = re.compile(r"[A-Z]{2,12}")
_STATES = 14


def read_card(text: str) -> tuple[str, bool]:
    """Return (number, readable): the canonical number, or the text normalised and False.

    Latin letters are taken as they stand, also when no list has them: lists of townships lag
    behind the cards. Burmese letters need the list, which says how they are written in Latin.
    """
    clean = normalise(text)
    shape = _SHAPE.fullmatch(clean.replace(" ", ""))
    if shape is None or not 1 <= int(shape[1]) <= _STATES:
        return clean, False
    state = int(shape[1])
    letters = re.sub(r"[.\-']", "", shape[2]).upper()
    if not _LATIN.fullmatch(letters):
        letters = _burmese_letters().get((state, _letter_wa(letters)), "")
    kind = codes.load("card_types").find(shape[3].strip("."))
    if not letters or kind is None:
        return clean, False
    return f"{state}/{letters}({kind}){shape[4]}", True


def _letter_wa(letters: str) -> str:
    """Return the letters with the digit zero, which here can only be a mistyped ဝ, mended."""
    return letters.replace("0", "\u101d")


@cache
def _burmese_letters() -> dict[tuple[int, str], str]:
    """Return the Latin letters of (card state, Burmese letters)."""
    rows = csv.DictReader(
        files(codes).joinpath("card_townships.csv").read_text(encoding="utf-8").splitlines()
    )
    return {
        (int(row["state"]), normalise(row["title_my"])): row["code"]
        for row in rows
        if row["reads_burmese"] != "no"
    }
