"""Zawgyi text as Unicode, from the facts of that encoding. Decides nothing about unclear text.

Zawgyi writes as the eye reads: the vowel ေ and the sign ြ stand before their letter, a stacked
letter has a code of its own, and five codes of the Unicode block mean something else. So text is
taken syllable by syllable: each sign gets its Unicode meaning, and all of them the order that
Unicode Technical Note 11 gives. The signs' meanings are from the chart of the Zawgyi-One font.

Who has decided that a text is Zawgyi calls `convert`; what `is_surely_...` say is evidence that no
other reading of the text exists, in Burmese: other languages of the block are left to statistics.
"""

import re
from unicodedata import normalize

_VIRAMA, _ASAT, _E = "\u1039", "\u103a", "\u1031"
_KINZI = "\u1004\u103a\u1039"
_YA, _RA, _WA, _HA = "\u103b", "\u103c", "\u103d", "\u103e"
_I, _II, _AI, _U, _UU, _DOT = "\u102d", "\u102e", "\u1032", "\u102f", "\u1030", "\u1037"
_AA, _TALL_AA, _AM, _VISARGA = "\u102c", "\u102b", "\u1036", "\u1038"


def _stacked(pairs: str) -> dict[str, tuple[str, ...]]:
    """Read `code=letter` pairs of letters below the line."""
    named = (pair.split("=") for pair in pairs.split())
    return {chr(int(code, 16)): (_VIRAMA + chr(int(low, 16)),) for code, low in named}


_SIGNS: dict[str, tuple[str, ...]] = {
    **{sign: (sign,) for sign in (
        _E, _TALL_AA, _AA, _I, _II, _U, _UU, _AI, _AM, _DOT, _VISARGA)},
    "\u1033": (_U,), "\u1034": (_UU,), "\u1039": (_ASAT,),
    "\u103a": (_YA,), "\u107d": (_YA,), "\u103b": (_RA,),
    **dict.fromkeys("\u107e\u107f\u1080\u1081\u1082\u1083\u1084", (_RA,)),
    "\u103c": (_WA,), "\u103d": (_HA,), "\u1087": (_HA,),
    "\u1088": (_HA, _U), "\u1089": (_HA, _UU), "\u108a": (_WA, _HA),
    "\u1064": (_KINZI,), "\u108b": (_KINZI, _I), "\u108c": (_KINZI, _II), "\u108d": (_KINZI, _AM),
    "\u108e": (_I, _AM), "\u1094": (_DOT,), "\u1095": (_DOT,), "\u105a": (_TALL_AA, _ASAT),
    "\u1096": ("\u1039\u1010", _WA),
    **_stacked("1060=1000 1061=1001 1062=1002 1063=1003 1065=1005 1066=1006 1067=1006 1068=1007"
               " 1069=1008 106c=100b 106d=100c 1070=100f 1071=1010 1072=1010 1073=1011 1074=1011"
               " 1075=1012 1076=1013 1077=1014 1078=1015 1079=1016 107a=1017 107b=1018 107c=1019"
               " 1085=101c 1093=1018"),
}  # fmt: skip
"""Every sign of a syllable, with what it means in Unicode."""

_LETTERS: dict[str, str] = {
    "\u106a": "\u1009", "\u106b": "\u100a", "\u108f": "\u1014", "\u1090": "\u101b",
    "\u1086": "\u103f", "\u106e": "\u100d\u1039\u100d", "\u106f": "\u100d\u1039\u100e",
    "\u1091": "\u100f\u1039\u100d", "\u1092": "\u100b\u1039\u100c", "\u1097": "\u100b\u1039\u100b",
    "\u104e": "\u104e\u1004\u103a\u1038",
}  # fmt: skip
"""Letters with a second shape, and two letters in one sign."""

_ORDER = {
    sign: rank for rank, sign in enumerate(
        (_YA, _RA, _WA, _HA, _E, _I, _II, _AI, _U, _UU, _TALL_AA, _AA, _AM, _DOT, _ASAT, _VISARGA)
    )
}  # fmt: skip

_BEFORE = "\u1031\u103b\u107e-\u1084"
_BASE = "\u1000-\u1021\u1023-\u102a\u1086\u106a\u106b\u106e\u106f\u108f-\u1092\u1097\u104e"
_AFTER = "".join(sign for sign in _SIGNS if not re.match(f"[{_BEFORE}]", sign))
_DIGIT_FOR_LETTER = f"[\u1040\u1047](?=[{_AFTER}])|(?<![\u1040-\u1049])\u1040(?=[{_BEFORE}{_BASE}])"
_SYLLABLE = re.compile(f"([{_BEFORE}]*)([{_BASE}]|{_DIGIT_FOR_LETTER})([{_AFTER}]*)")
_MISTYPED = {"\u1040": "\u101d", "\u1047": "\u101b"}  # the digits look like the letters

_SPELLINGS = (
    ("\u1025\u103a", "\u1009\u103a"),
    ("\u1025\u102c", "\u1009\u102c"),
    ("\u1025\u1039", "\u1009\u1039"),
    ("\u1005\u103b", "\u1008"),
    ("\u101e\u103c\u1031\u102c\u103a", "\u102a"),
    ("\u101e\u103c", "\u1029"),
)
"""Letters that Zawgyi typists build out of others that look alike."""

_NO_DIGIT = re.compile("[\u1000-\u103f\u104a-\u108f\u109a-\u109f\uaa60-\uaa7f]")
_ZAWGYI_ONLY = re.compile(
    "(?:^|[^\u1000-\u109f\uaa60-\uaa7f])[\u1031\u103b]"  # what follows a letter stands first
    "|[\u102b-\u1030\u1032\u1036-\u1038\u103a]\u1031"  # a vowel after a syllable that is closed
    "|\u1039(?![\u1000-\u1021\u1025])"  # a stack with nothing below
    "|\u103a[\u102d-\u1030\u1033\u1034\u1039]"  # a vowel on a letter that has been silenced
)
_UNICODE_ONLY = re.compile(
    "\u1031(?:$|[\u102b\u102c\u1032\u1036-\u1038]|[^\u1000-\u109f])"  # the vowel's letter is before
    "|[\u103e\u103f]"  # no sign of Zawgyi's
    f"|\u103b(?![{_BASE}\u1031])"  # the sign's letter is before it
    "|[\u1004\u1009\u100a]\u103a"  # these letters are silenced; a sign below they never have
)


def convert(text: str) -> str:
    """Return Zawgyi text as Unicode, in NFC. Anything that is not Burmese stays as it is."""
    converted = _SYLLABLE.sub(_syllable, text)
    for built, letter in _SPELLINGS:
        converted = converted.replace(built, letter)
    return normalize("NFC", converted)


def means_the_same(text: str) -> bool:
    """Tell whether the text reads alike in both encodings: nobody needs to decide.

    Shan digits alone are a number: in Zawgyi their codes are signs, which never stand alone.
    """
    if text.isascii() or not _NO_DIGIT.search(text):
        return True
    return convert(text) == normalize("NFC", text)


def may_be_zawgyi(text: str) -> bool:
    """Tell whether something in the text could not stand in Burmese Unicode."""
    return bool(_ZAWGYI_ONLY.search(text))


def is_surely_zawgyi(text: str) -> bool:
    """Tell whether the text holds what no Burmese text in Unicode can hold."""
    return bool(_ZAWGYI_ONLY.search(text)) and not _UNICODE_ONLY.search(text)


def is_surely_unicode(text: str) -> bool:
    """Tell whether the text holds what no text in Zawgyi can hold."""
    return bool(_UNICODE_ONLY.search(text)) and not _ZAWGYI_ONLY.search(text)


def _syllable(found: re.Match[str]) -> str:
    before, letter, after = found.groups()
    signs = dict.fromkeys(part for sign in before + after for part in _SIGNS[sign])
    kinzi = _KINZI if signs.pop(_KINZI, _KINZI) is None else ""
    stacked = "".join(sign for sign in signs if sign[0] == _VIRAMA)
    others = sorted((sign for sign in signs if sign in _ORDER), key=_ORDER.__getitem__)
    base = _LETTERS.get(letter, _MISTYPED.get(letter, letter))
    return kinzi + base + stacked + "".join(others)
