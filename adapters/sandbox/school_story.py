"""What schools send to the education department: one row a pupil and month, a sheet a grade."""

import random
from collections import defaultdict

from adapters.sandbox.days import (
    HALF_COPIED_DAY,
    SCHOOL_DAYS,
    SECOND_MONTH_DAY,
    copied_at,
    morning,
)
from adapters.sandbox.entries import Entry, Json, Story, ends
from adapters.sandbox.people import Person
from adapters.sandbox.places import school_code, school_name
from adapters.sandbox.plan import EMIS

_MONTHS = ("2026-01", "2026-02")
_REFERRED = {"referred_by_teacher", "found_and_referred_by_teacher"}
_SCHOOL_DAYS = {"2026-01": 20, "2026-02": 19}


def tell(people: list[Person], rng: random.Random, story: Story) -> None:
    """Add every school's workbooks of January, the half-copied one, and those of February."""
    files: dict[tuple[int, str], list[Person]] = defaultdict(list)
    for person in people:
        if EMIS in person.role.systems:
            # Who is known elsewhere too was known there first: sectors do not come from schools.
            alone = len(person.role.systems) == 1
            day = rng.choice(SCHOOL_DAYS) if alone else SCHOOL_DAYS[-1]
            files[day, person.township].append(person)
    half = min(files, key=lambda key: (key[0] != HALF_COPIED_DAY, key))
    for (day, township), pupils in sorted(files.items(), key=lambda item: item[0]):
        _send(day, township, pupils, 0, rng, story, cut=(day, township) == half)
    second: dict[str, list[Person]] = defaultdict(list)
    for (_, township), pupils in sorted(files.items(), key=lambda item: item[0]):
        second[township] += [one for one in pupils if one.number % 3 == 0 and _whole(one)]
    for township, pupils in second.items():
        if pupils:
            _send(SECOND_MONTH_DAY, township, pupils, 1, rng, story, cut=False)


def _whole(person: Person) -> bool:
    return person.role.twist not in {"no_status", "no_student_no"}


def _send(
    day: int, township: str, pupils: list[Person], month: int, rng: random.Random, story: Story,
    *, cut: bool,
) -> None:  # fmt: skip
    """Put one workbook of one school into the calendar, and its records into the truth."""
    name = f"emis_{school_code(township)}_{_MONTHS[month]}_{day:02d}.xlsx"
    sheets: dict[str, list[Json]] = defaultdict(list)
    for person in pupils:
        row = _row(person, township, _MONTHS[month], rng)
        sheet = f"Grade {row['grade']}"
        sheets[sheet].append(row)
        story.entries.append(_entry(person, row, name, day, referred=month == 0))
    body = {"system": EMIS, "file": name, "sheets": dict(sorted(sheets.items()))}
    if cut:
        story.at(morning(day), "workbook", body | {"cut": True})
    story.at(copied_at(day) if cut else morning(day), "workbook", body)


def _row(person: Person, township: str, month: str, rng: random.Random) -> Json:
    school = person.school
    works = person.work is not None
    absent = rng.randrange(6, 14) if works else rng.randrange(0, 3)
    days = _SCHOOL_DAYS[month]
    twist = person.role.twist
    return {
        "township_pcode": township, "school_code": school_code(township),
        "school_name": school_name(township), "academic_year": "2025-2026", "month": month,
        "grade": school.grade if school else "KG", "class": rng.choice("AB"),
        "student_no": None if twist == "no_student_no" or not school else school.student_no,
        "name_my": person.name, "father_name": person.father_name,
        "mother_name": person.mother_name, "sex": person.sex,
        "dob": str(person.birth_date), "age": person.age,
        "school_days": days, "days_present": days - absent, "days_absent": absent,
        "absence_reason": "working" if works else rng.choice(("illness", "weather", None)),
        "status": None if twist == "no_status" else "enrolled",
        "sees_working": "yes" if works else "no",
        "work_kind_text": person.work.task if person.work else None,
        "teacher_refers": "yes" if twist in _REFERRED and month == _MONTHS[0] else "no",
        "guardian_informed": rng.choice(("yes", "no")) if works else None,
    }  # fmt: skip


def _entry(person: Person, row: Json, file: str, day: int, *, referred: bool) -> Entry:
    state, reason = ends(person)
    key = f"{row['school_code']}/{row['student_no']}/{row['month']}"
    if person.role.twist == "no_student_no":
        key = f"{file}#Grade {row['grade']}#"  # and the row's number, when it is written
    return Entry(
        system=EMIS, key=key, person=person.number, at=morning(day), state=state, reason=reason,
        file=file, trigger=referred and person.role.twist in _REFERRED,
        note="unknown_code" if row["absence_reason"] == "weather" else "",
    )  # fmt: skip
