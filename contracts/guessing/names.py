"""What the names of fields usually mean: for guessing, never for mapping a real record."""

import re
import unicodedata
from dataclasses import dataclass, replace

from contracts.guessing.whose import asked_name, is_of_a_parent, is_of_another

_BETWEEN = re.compile(r"[^0-9a-z\u1000-\u109f]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# A part of a name, and the class of what it usually holds. The first that fits counts.
_PERSONAL_PARTS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"teacher", "inspector", "officer", "interviewer", "user", "owned"}), "C7"),
    (frozenset({"employer", "owner", "guardian", "caregiver", "reporter", "contact"}), "C6"),
    (
        frozenset(
            {
                "name", "names", "surname", "firstname", "lastname", "nickname", "phone",
                "telephone", "mobile", "address", "nrc", "passport", "dob", "birthdate",
                "email", "photo", "fingerprint", "အမည်", "အဖ", "အမိ", "နေရပ်",
            }
        ),
        "C3",
    ),
)  # fmt: skip
_PERSONAL_ENDS = ("အမည်", "နာမည်", "အမည်အပြည့်အစုံ", "နေရပ်လိပ်စာ")
_PLACES = ("မြို့နယ်", "ကျောင်း", "ရပ်ကွက်", "ကျေးရွာ")
_PUPILS = ("ကျောင်းသား", "ကျောင်းသူ")
_NO_PERSON = frozenset({"township", "school", "form", "file", "survey", "province", "state"})
"""With one of these, a `name` is not a person's."""

_PERSONS = frozenset(
    {"child", "student", "pupil", "person", "guardian", "caregiver", "teacher", "reporter", "user"}
)


def parts_of(name: str) -> tuple[str, ...]:
    """Return a field's name in parts: `childFullName` and `child_full-name` give the same.

    What stands before a dot or a stroke is a group (`work/hours`), but `ကျား/မ` is one name.
    """
    last = name.replace("[]", "").strip(".").rsplit(".", 1)[-1]
    if last.isascii():
        last = last.rsplit("/", 1)[-1]
    plain = unicodedata.normalize("NFC", _HUMP.sub("_", last)).casefold()
    return tuple(part for part in _BETWEEN.split(plain) if part)


def personal_class(name: str) -> str:
    """Return the privacy class that a field's name speaks for, or nothing."""
    parts = set(parts_of(name))
    above = name.replace("[]", "").rpartition(".")[0]
    if parts == {"name"} and above and not _PERSONS & set(parts_of(above)[-1:]):
        return ""  # `area.name` is the area's
    if name.startswith(_PLACES) and not name.startswith(_PUPILS):
        return ""
    if parts & _NO_PERSON and not parts & {"phone", "telephone", "address", "email"}:
        return ""
    holds = parts & _PERSONAL_PARTS[-1][0] or name.endswith(_PERSONAL_ENDS)
    holds = holds or (bool(parts) and parts_of(name)[-1] in _SOMEBODY_ELSE)
    if not holds:
        return ""
    return next((label for words, label in _PERSONAL_PARTS if parts & words), "C3")


def looks_personal(name: str) -> bool:
    """Tell whether a field's name speaks of a person."""
    return personal_class(name) != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a field of such a name usually gives: a row of a mapping, and its privacy class.

    Of several fields that give the same, the one with the fewest `doubts` is it: `age` before
    `age at work`, the child's name before a name.
    """

    target: str
    transform: str
    label: str
    codes: str = ""
    level: str = ""
    doubts: int = 0


DATE_WORDS = frozenset({"date", "dob", "day", "birthdate", "ရက်စွဲ", "နေ့စွဲ", "မွေးသက္ကရာဇ်", "မွေးနေ့"})
BIRTH_WORDS = frozenset({"dob", "birth", "birthdate", "မွေးသက္ကရာဇ်", "မွေးနေ့"})

_KEY_ENDS = frozenset(
    {"id", "no", "code", "uuid", "key", "number", "pcode", "ref", "အမှတ်", "အမှတ်စဉ်", "စဉ်"}
)
_SOMEBODY_ELSE = frozenset(
    {"employer", "owner", "guardian", "caregiver", "teacher", "inspector", "officer", "reporter"}
)


def is_key(name: str) -> bool:
    """Tell whether a name is that of an id or a code: its digits are text."""
    parts = parts_of(name)
    return bool(parts) and parts[-1] in _KEY_ENDS


def hint_of(name: str) -> Hint | None:
    """Return what a field of this name usually gives, where that is well known."""
    parts = parts_of(name)
    if is_of_another(parts):
        return None
    if asked := asked_name(parts):
        return Hint(target=asked.target, transform="name", label="C3", doubts=int(not asked.plain))
    if is_of_a_parent(parts):
        return None
    found = next(((words, hint) for words, hint in _HINTS if words <= set(parts)), None)
    return replace(found[1], doubts=len(parts) - len(found[0])) if found else None


def _row(target: str, transform: str, label: str, codes: str = "", level: str = "") -> Hint:
    return Hint(target=target, transform=transform, label=label, codes=codes, level=level)


# Words that must all be in the name, and the row. The first that fits counts.
_HINTS: tuple[tuple[frozenset[str], Hint], ...] = tuple(
    (frozenset(words.split()), hint)
    for words, hint in (
        ("nrc", _row("identity.card_no", "card", "C3")),
        ("card no", _row("identity.card_no", "card", "C3")),
        ("phone", _row("identity.phone", "phone", "C3")),
        ("home township", _row("identity.home_township", "code", "C1", "townships")),
        ("sex", _row("child.sex", "code", "C1", "sexes")),
        ("gender", _row("child.sex", "code", "C1", "sexes")),
        ("dob", _row("birth.date", "date", "C3")),
        ("birth date", _row("birth.date", "date", "C3")),
        ("date of birth", _row("birth.date", "date", "C3")),
        ("age", _row("birth.age", "integer", "C1")),
        ("township", _row("facts.township", "code", "C1", "townships")),
        ("hours week", _row("facts.hours_week", "number", "C1")),
        ("hours day", _row("facts.hours_day", "number", "C1")),
        ("days week", _row("facts.days_week", "integer", "C1")),
        ("hazards", _row("facts.hazards", "codes", "C1", "hazards")),
        ("isic4", _row("facts.isic", "code", "C1", "isic4", "class")),
        ("isic", _row("facts.isic", "code", "C1", "isic4", "class")),
        ("isco08", _row("facts.isco", "code", "C1", "isco08", "unit")),
        ("isco", _row("facts.isco", "code", "C1", "isco08", "unit")),
        ("night", _row("facts.night_work", "code", "C1", "yes_no")),
        ("attends school", _row("facts.attends_school", "code", "C2", "yes_no")),
        ("absence reason", _row("facts.absence_reason", "code", "C2", "absence_reasons")),
        ("consent", _row("consent.all", "code", "C2", "yes_no")),
        ("အသက်", _row("birth.age", "integer", "C1")),
        ("ကျား မ", _row("child.sex", "code", "C1", "sexes")),
        ("လိင်", _row("child.sex", "code", "C1", "sexes")),
        ("မြို့နယ်", _row("facts.township", "code", "C1", "townships")),
        ("မွေးသက္ကရာဇ်", _row("birth.date", "date", "C3")),
        ("မွေးနေ့", _row("birth.date", "date", "C3")),
        ("task text", _row("facts.task_text", "text", "C5")),
    )
)
