"""Makes every child of the country from its role and a seed; the same seed, the same children."""

import random
from datetime import date, timedelta

from adapters.sandbox.people import Person, Role, School, Work
from adapters.sandbox.places import BY_PCODE, school_code
from adapters.sandbox.plan import EMIS, cast
from adapters.sandbox.words import DIGITS_MY, REAL_CARDS, Words, made_up_card_letters

_AGES = {"5-11": (7, 11), "12-14": (12, 14), "15-17": (15, 17)}
_GRADES = ("KG", *(str(n) for n in range(1, 13)))
_TASKS = {
    "A": (("0112", "9211", "transplanting rice"), ("0311", "9216", "sorting fish")),
    "C": (("1410", "8153", "sewing machine"), ("2392", "9329", "carrying bricks")),
    "G": (("4711", "5223", "serving customers"), ("4781", "5211", "market stall")),
    "I": (("5610", "9412", "washing dishes"), ("5630", "5131", "serving tea")),
}
_HAZARDS = {
    "A": ("chemicals", "extreme_temperature", "in_water"),
    "C": ("dust_fumes", "noise_vibration", "dangerous_tools"),
    "G": ("heavy_loads", "long_hours"),
    "I": ("fire_gas", "long_hours", "heavy_loads"),
}
# Weekly hours above every threshold of the bracket, with daily hours above the legal four.
_HOURS = {"5-11": (3, 5), "12-14": (5, 8), "15-17": (8, 10)}
# Twists whose child does no work that counts, or goes to school and does nothing else.
_IDLE = {"pupil", "no_status", "no_student_no", "does_not_work"}


def people(seed: int, children: int) -> list[Person]:
    """Return all children, numbered from 1 in an order that says nothing of their parts."""
    rng = random.Random(seed)  # noqa: S311 - the same seed, the same country
    roles = cast(children)
    rng.shuffle(roles)
    words, letters = Words(rng), made_up_card_letters()
    real = list(REAL_CARDS)
    rng.shuffle(real)
    made = []
    for number, role in enumerate(roles, start=1):
        burmese_card = role.link == "card" and bool(real)
        card = real.pop() if burmese_card else _made_up(role, letters[number])
        made.append(_person(number, role, card, words=words, rng=rng))
    return made


def _made_up(role: Role, letters: str) -> tuple[int, str, str]:
    return BY_PCODE[role.cohort.state].card_state, letters, ""


def _person(
    number: int, role: Role, card: tuple[int, str, str], *, words: Words, rng: random.Random
) -> Person:
    burmese = number % 3 == 0
    name, name_mark = words.name(burmese=burmese)
    father, father_mark = words.name(burmese=burmese)
    mother, mother_mark = words.name(burmese=burmese)
    phone = words.phone()
    township, town = rng.choice(BY_PCODE[role.cohort.state].townships)
    address, address_mark = words.address(town, burmese=burmese)
    card_no, card_burmese, card_marks = _card(card, words.card_digits())
    return Person(
        number=number, role=role, name=name, father_name=father, mother_name=mother,
        card_no=card_no, card_burmese=card_burmese, phone=phone, address=address,
        birth_date=_birth_date(role, rng), township=township, township_name=town,
        work=_work(role, rng), school=_school(role, number, township, rng),
        marks={
            "name": [name_mark], "father_name": [father_mark], "mother_name": [mother_mark],
            "card_no": card_marks, "phone": [phone], "address": [address_mark],
        },
    )  # fmt: skip


def _card(card: tuple[int, str, str], digits: str) -> tuple[str, str, list[str]]:
    """Return (number, as written in Burmese, marks); digits alone would occur by chance."""
    state, letters, burmese = card
    number = f"{state}/{letters}(N){digits}"
    written = f"{state}/{burmese or letters}(နိုင်){digits}".translate(DIGITS_MY)
    return number, written, [letters, number, written]


def _birth_date(role: Role, rng: random.Random) -> date:
    """Return a birthday between April and December: no age changes in the country's quarter."""
    low, high = _AGES[role.cohort.bracket]
    alone = role.systems == (EMIS,) or role.twist == "found_and_referred_by_teacher"
    if alone and role.cohort.bracket == "12-14":
        high = 13  # below the minimum age for work, so that no hours are needed to tell
    if role.twist == "no_hours":
        low = high = 14
    age = 19 if role.twist == "adult" else rng.randint(low, high)
    return date(2025 - age, 4, 10) + timedelta(days=rng.randrange(250))


def _work(role: Role, rng: random.Random) -> Work | None:
    if role.twist in _IDLE:
        return None
    section = role.cohort.section if role.cohort.section in _TASKS else rng.choice("AGI")
    isic, isco, task = rng.choice(_TASKS[section])
    low, high = _HOURS[role.cohort.bracket]
    hours_day = rng.randint(low, high)
    worst = {"worst_form": ("c2",), "armed_forces": ("a4",)}.get(role.twist, ())
    hazards = tuple(sorted(rng.sample(_HAZARDS[section], 2)))
    if role.twist in {"no_hours", "no_age"}:
        hazards = ()  # else hazardous work would decide without them
    return Work(
        isic=isic, isco=isco, task=task, hours_week=hours_day * 6, hours_day=hours_day,
        days_week=6, night=False, hazards=hazards, worst_forms=worst,
    )  # fmt: skip


def _school(role: Role, number: int, township: str, rng: random.Random) -> School | None:
    if EMIS not in role.systems:
        return None
    low, _ = _AGES[role.cohort.bracket]
    return School(
        school_code=school_code(township),
        student_no=number + 100,
        grade=_GRADES[max(0, low - 5 + rng.randint(0, 2))],
    )
