"""Text as offices write it, made comparable. Never guesses an encoding, never drops a letter.

Zawgyi is no business of this file: it is decided per file, column or sender on joined text, and
whoever has decided converts before calling here. All forms are stable: doing it twice is once.
"""

import re
from itertools import chain
from unicodedata import normalize as _unicode

_ZERO_WIDTH = (0x00AD, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)
_CONTROLS = (*range(0x20), 0x7F, *range(0x80, 0xA0))
# A lone surrogate cannot be written as UTF-8: it becomes the mark for what could not be read.
_TIDY: dict[int, str | None] = {
    **dict.fromkeys(_ZERO_WIDTH, ""),
    **dict.fromkeys(_CONTROLS, " "),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_DIGITS = {
    start + value: str(value) for start, value in chain(
        zip([0x1040] * 10, range(10), strict=True), zip([0x1090] * 10, range(10), strict=True)
    )
}  # fmt: skip
_BURMESE = re.compile(r"[\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff]")
# The digit ၀ beside a Burmese letter or sign is the letter ဝ, mistyped.
_WA = re.compile(
    r"(?<=[\u1000-\u103f\u1050-\u108f])\u1040+|\u1040+(?=[\u1000-\u103f\u1050-\u108f])"
)
_LETTER = re.compile(r"[^\W\d_]")

_TITLES = {"u", "daw", "ko", "ma", "maung", "mg", "ဦး", "ဒေါ်", "ကို", "မ", "မောင်"}
_SHORT_FORMS = {"mg": "maung"}

_CARD = re.compile(r"(1[0-4]|[1-9])/[A-Z]{2,12}\([NEPTYS]\)[0-9]{6}")


def tidy(text: str) -> str:
    """Return the text in NFC, without zero-width and control characters or doubled blanks."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_unicode("NFC", text.translate(_TIDY)).split())


def normalise(text: str) -> str:
    """Return tidy text with Burmese and Shan digits as ASCII digits: for codes and numbers."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return tidy(text).translate(_DIGITS)


def full_name(text: str) -> str:
    """Return a name for display: tidy, in its own script; empty when there is no letter in it.

    A name without a letter is a mask (`*******`) or a dash: the source keeps the name to itself.
    """
    clean = tidy(text)
    if not clean.isascii():
        clean = _WA.sub(lambda run: "\u101d" * len(run[0]), clean)
    return clean if _LETTER.search(clean) else ""


def name_key(name: str) -> str:
    """Return the form under which two spellings of one name are equal: for blind indexes only.

    Case, dots, blanks and leading titles go. A title that is said twice is a name (`Ko Ko`), and
    the last word always stays. Blanks mean nothing in Burmese script.
    """
    words = [word for word in re.split(r"[\s.,]+", full_name(name).casefold()) if word]
    while len(words) > 1 and words[0] in _TITLES and words[0] != words[1]:
        del words[0]
    glue = "" if _BURMESE.search("".join(words)) else " "
    key = glue.join(_SHORT_FORMS.get(word, word) for word in words)
    return full_name(key)  # once more: a letter may only now stand beside a mistyped one


def card_key(card_no: str) -> str | None:
    """Return the key of a card number as `contracts.cards` writes it; None for any other text.

    An unreadable number is no strong key: two of them may look alike and be two people's.
    """
    return card_no.casefold() if _CARD.fullmatch(card_no) else None


def phone(text: str) -> str:
    """Return a telephone as `09...`, or digits with their `+`; empty when there are no digits."""
    clean = normalise(text)
    digits = re.sub(r"[^0-9]", "", clean)
    if clean.startswith("+") and not digits.startswith("95"):
        return f"+{digits}" if digits else ""
    if digits.startswith("0095"):
        digits = digits[2:]
    if digits.startswith("95") and len(digits) >= 9:
        digits = "0" + digits[2:].removeprefix("0")
    elif digits.startswith("9") and 8 <= len(digits) <= 10:
        digits = "0" + digits  # a spreadsheet took the leading zero
    return digits
