"""Whose name, age or card a header asks for: the words that say so decide, the others do not.

For guessing alone. A header that holds one word more than is known here asks for nothing known:
a workshop's name is no child's.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

CHILD, FATHER, MOTHER = "identity.name", "identity.father_name", "identity.mother_name"
_NOTHING, _A_NAME, _ELSE = "nothing", "a name", "something else"

_FILLERS = frozenset({"of", "the", "s", "a", "in"})
_WHOLE = frozenset({"full", "my", "mm", "myanmar", "burmese", "en", "english"})
"""Which name is meant, and nobody else's."""
_CHILDREN = frozenset({"child", "childs", "student", "students", "pupil", "pupils", "learner"})
_PARENTS = {
    "father": FATHER, "fathers": FATHER, "mother": MOTHER, "mothers": MOTHER, "parent": "",
    "parents": "",
}  # fmt: skip
_OTHERS = frozenset(
    {
        "employer", "owner", "guardian", "caregiver", "teacher", "inspector", "officer", "reporter",
        "manager", "supervisor", "principal", "headmaster", "respondent", "interviewer", "witness",
        "spouse", "husband", "wife", "brother", "sister", "sibling", "friend", "broker", "head",
    }
)  # fmt: skip


def _nfc(*texts: str) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", one) for one in texts)


_MY_OF = _nfc("၏", "ရဲ့")
_MY_WHOLE = _nfc("အပြည့်အစုံ")
_MY_NAMES = _nfc("အမည်", "နာမည်")
_MY_CHILDREN = _nfc(
    "ကလေးသူငယ်", "ကလေးငယ်", "ကလေး", "ကျောင်းသားကျောင်းသူ", "ကျောင်းသားသူ", "ကျောင်းသား", "ကျောင်းသူ"
)
_MY_PARENTS = {
    **dict.fromkeys(_nfc("အဖ", "အဘ", "ဖခင်"), FATHER), **dict.fromkeys(_nfc("အမိ", "မိခင်"), MOTHER),
    **dict.fromkeys(_nfc("မိဘ"), ""),
}  # fmt: skip
_MY_OTHERS = frozenset(
    _nfc("အလုပ်ရှင်", "ပိုင်ရှင်", "လုပ်ငန်းရှင်", "အုပ်ထိန်းသူ", "ဆရာ", "ဆရာမ", "စစ်ဆေးသူ", "အရာရှိ", "သတင်းပေးသူ")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The target of the name that a header asks for; `plain`: it says that it is the child's."""

    target: str
    plain: bool


def is_of_another(parts: Sequence[str]) -> bool:
    """Tell whether something of an employer, a guardian, a teacher is asked for."""
    return any(part in _OTHERS or _bare(part) in _MY_OTHERS for part in parts)


def is_of_a_parent(parts: Sequence[str]) -> bool:
    """Tell whether something of a parent is asked for."""
    return any(part in _PARENTS or _bare(part) in _MY_PARENTS for part in parts)


def asked_name(parts: Sequence[str]) -> Asked | None:
    """Return whose name a header of these parts asks for, when it says nothing else."""
    burmese = "".join(part for part in parts if not part.isascii())
    said = {_english([part for part in parts if part.isascii()]), _burmese(burmese)} - {_NOTHING}
    whose = said - {_A_NAME}
    if _ELSE in said or len(whose) > 1:
        return None
    if whose:
        return Asked(target=whose.pop(), plain=True)
    is_whole = bool(burmese) or not _WHOLE.isdisjoint(parts)
    return Asked(target=CHILD, plain=False) if said and is_whole else None


def _english(words: Sequence[str]) -> str:
    """Return the target that words speak for, or what else they say."""
    left = set(words) - _FILLERS - _WHOLE
    if not left:
        return _NOTHING
    parents = {_PARENTS[word] for word in left if word in _PARENTS}
    if "name" not in left or left - {"name"} - _CHILDREN - _PARENTS.keys() or len(parents) > 1:
        return _ELSE
    if parents:
        return parents.pop() or _ELSE
    return CHILD if left & _CHILDREN else _A_NAME


def _burmese(text: str) -> str:
    """Return the target that a header in Burmese speaks for, or what else it says."""
    for word in (*_MY_OF, *_MY_WHOLE):
        text = text.replace(word, "")
    if not text:
        return _NOTHING
    name = next((one for one in _MY_NAMES if text.endswith(one)), "")
    before = text.removesuffix(name)
    child = next((one for one in _MY_CHILDREN if before.startswith(one)), "")
    whose = before.removeprefix(child)
    if not name or whose:
        return (name and _MY_PARENTS.get(whose)) or _ELSE
    return CHILD if child else _A_NAME


def _bare(part: str) -> str:
    return part.removesuffix(_MY_OF[0])
