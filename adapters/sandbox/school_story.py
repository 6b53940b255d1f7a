"""What schools send to the education department: one row a pupil and month, a sheet a grade."""

import random
from collections import defaultdict
from dataclasses import dataclass

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
_TEACHER_SEES_BELOW = 14
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
        cut = (day, township) == half
        _send(_File(day=day, township=township, month=_MONTHS[0], cut=cut), pupils, rng, story)
    second: dict[str, list[Person]] = defaultdict(list)
    for (_, township), pupils in sorted(files.items(), key=lambda item: item[0]):
        second[township] += [one for one in pupils if one.number % 3 == 0 and _whole(one)]
    for township, pupils in second.items():
        if pupils:
            file = _File(day=SECOND_MONTH_DAY, township=township, month=_MONTHS[1])
            _send(file, pupils, rng, story)


def _whole(person: Person) -> bool:
    return person.role.twist not in {"no_status", "no_student_no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One workbook of one school; `cut`: it is half-copied at first."""

    day: int
    township: str
    month: str
    cut: bool = False

    @property
    def name(self) -> str:
        return f"emis_{school_code(self.township)}_{self.month}_{self.day:02d}.xlsx"


def _send(file: _File, pupils: list[Person], rng: random.Random, story: Story) -> None:
    """Put one workbook of one school into the calendar, and its records into the truth."""
    sheets: dict[str, list[Json]] = defaultdict(list)
    for person in pupils:
        row = _row(person, file, rng)
        sheet = f"Grade {row['grade']}"
        sheets[sheet].append(row)
        story.entries.append(_entry(person, row, file))
    body: Json = {"system": EMIS, "file": file.name, "sheets": dict(sorted(sheets.items()))}
    if file.cut:
        story.at(morning(file.day), "workbook", body | {"cut": True})
        story.half_copied.append(file.name)
    story.at(copied_at(file.day) if file.cut else morning(file.day), "workbook", body)


def _row(person: Person, file: _File, rng: random.Random) -> Json:
    township, month = file.township, file.month
    school = person.school
    # A teacher sees the work of the younger; hours, which decide for the older, no school knows.
    works = person.work is not None and person.age < _TEACHER_SEES_BELOW
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
        "absence_reason": "working" if works else _other_reason(person, rng),
        "status": None if twist == "no_status" else "enrolled",
        "sees_working": "yes" if works else "no",
        "work_kind_text": person.work.task if person.work and works else None,
        "teacher_refers": "yes" if twist in _REFERRED and month == _MONTHS[0] else "no",
        "guardian_informed": rng.choice(("yes", "no")) if works else None,
    }  # fmt: skip


def _other_reason(person: Person, rng: random.Random) -> str | None:
    """Return why a pupil was absent; `weather` is a code that no list has."""
    return rng.choice(("illness", "family") if person.work else ("illness", "weather", None))


def _entry(person: Person, row: Json, file: _File) -> Entry:
    state, reason = ends(person)
    key = f"{row['school_code']}/{row['student_no']}/{row['month']}"
    if person.role.twist == "no_student_no":
        key = f"{file.name}#Grade {row['grade']}#"  # and the row's number, when it is written
    return Entry(
        system=EMIS, key=key, person=person.number, at=morning(file.day), state=state,
        reason=reason, file=file.name, trigger=row["teacher_refers"] == "yes",
        note="unknown_code" if row["absence_reason"] == "weather" else "",
    )  # fmt: skip
