"""What labour inspectors write into their workbooks: inspections, and the children they find."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from adapters.sandbox.days import (
    INSPECTION_DAYS,
    NO_WORKBOOK_DAY,
    ROWS_CORRECTED_DAY,
    local_date,
    morning,
)
from adapters.sandbox.entries import Entry, Json, Story, ends, triggers
from adapters.sandbox.people import Person
from adapters.sandbox.places import BY_PCODE, STATES
from adapters.sandbox.plan import INSPECTION

_CORRECTED = {"township_missing", "hours_corrected"}
_MOST_FOUND = 3
_OWNERS = ("U Ba Than", "Daw Khin Aye", "U Hla Pe", "Daw Tin Tin")
_PLACES = {"0": "farm", "1": "workshop", "2": "workshop", "4": "market", "5": "tea shop"}


def tell(people: list[Person], rng: random.Random, story: Story) -> None:
    """Add every inspection workbook, the one sent again, and the file that is none."""
    files: dict[tuple[int, str], list[Person]] = defaultdict(list)
    for person in people:
        if INSPECTION in person.role.systems:
            files[_day(person, rng), person.role.cohort.state].append(person)
    for (day, state), found in sorted(files.items(), key=lambda item: item[0]):
        rows, right = _workbook(_Round(day=day, state=state, rng=rng), _by_workplace(found), story)
        _send(morning(day), _file(day, state), rows, story)
        if right != rows:
            again = f"corrected_{_file(day, state)}"
            _send(morning(ROWS_CORRECTED_DAY), again, right, story)
    _no_workbook(story)


def _day(person: Person, rng: random.Random) -> int:
    """Return the day; a few are found on the first days, when Primero learns of them too."""
    if person.role.twist in _CORRECTED | {"objects_late"}:
        return INSPECTION_DAYS[1]
    return rng.choice(INSPECTION_DAYS)


@dataclass(slots=True, kw_only=True)
class _Round:
    """One office's inspections of one day, which it numbers."""

    day: int
    state: str
    rng: random.Random
    number: int = 0


def _by_workplace(found: list[Person]) -> list[list[Person]]:
    """Return children in groups of one township and one kind of work, as inspectors meet them."""
    there: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in found:
        there[person.township, person.work.isic if person.work else ""].append(person)
    return [
        group[start : start + _MOST_FOUND]
        for _, group in sorted(there.items(), key=lambda item: item[0])
        for start in range(0, len(group), _MOST_FOUND)
    ]


def _workbook(
    on: _Round, groups: list[list[Person]], story: Story
) -> tuple[list[Json], list[Json]]:
    """Return the rows of one office's inspections of a day, and what they should have been."""
    rows: list[Json] = []
    rights: list[Json] = []
    file = _file(on.day, on.state)
    for here in groups:
        inspection = _inspection(on, here[0])
        for child_no, person in enumerate(here, start=1):
            row, right = _found(inspection, child_no, person, on.rng)
            times = 2 if person.role.twist == "row_twice" else 1
            rows += [row] * times
            rights += [right] * times
            story.entries.append(_entry(person, row, on.day, file))
    for _ in range(1 + on.day % 2):
        none = _found_none(on)
        rows.append(none)
        rights.append(none)
        story.entries.append(_entry(None, none, on.day, file))
    return rows, rights


def _send(at: datetime, name: str, rows: list[Json], story: Story) -> None:
    body = {"system": INSPECTION, "file": name, "sheets": {"inspection": rows}}
    story.at(at, "workbook", body)


def _file(day: int, state: str) -> str:
    return f"inspection_{BY_PCODE[state].office}_{local_date(morning(day))}.xlsx"


def _inspection(on: _Round, first: Person) -> Json:
    isic = first.work.isic if first.work else "5610"
    visit = _visit(on)
    return {
        **visit, "wp_township": first.township, "isic4": isic,
        "wp_name": f"{first.township_name} {_PLACES[isic[0]]} {on.day}-{on.number}",
        "workers_u15_m": on.rng.randrange(4), "workers_u15_f": on.rng.randrange(4),
    }  # fmt: skip


def _visit(on: _Round) -> Json:
    """Return the columns about one more inspection, held the day before it is written down."""
    on.number += 1
    letters, rng = BY_PCODE[on.state].letters, on.rng
    return {
        "insp_id": f"LI-{letters}-26-{on.day:02d}{on.number:02d}",
        "insp_date": str(local_date(morning(on.day)) - timedelta(days=1)),
        "insp_type": rng.choice(("routine", "complaint", "follow_up")),
        "inspector_code": f"INSP-{letters}-{rng.randrange(1, 5)}",
        "office_code": BY_PCODE[on.state].office,
        "wp_id": f"WP-{letters}-{on.day:02d}{on.number:02d}", "wp_owner": rng.choice(_OWNERS),
        "workers_total": rng.randrange(4, 80), "entry": "permitted", "records": "permitted",
        "interview": "permitted",
    }  # fmt: skip


def _found_none(on: _Round) -> Json:
    visit = _visit(on)
    township, name = on.rng.choice(BY_PCODE[on.state].townships)
    return {
        **visit, "wp_township": township, "isic4": "1410", "wp_name": f"{name} workshop",
        "child_found": "no", "sanction": "none",
    }  # fmt: skip


def _found(
    inspection: Json, child_no: int, person: Person, rng: random.Random
) -> tuple[Json, Json]:
    """Return the row of one child, and the row as the office will send it again."""
    right = inspection | _child(person, child_no, rng)
    born_later = date.fromisoformat(inspection["insp_date"]) + timedelta(days=30)
    twists: dict[str, Json] = {
        "township_missing": {"wp_township": None},
        "hours_corrected": {"child_hours_week": 60},
        "age_240": {"child_age": 240, "child_dob": None},
        "hours_200": {"child_hours_week": 200},
        "born_after_inspection": {"child_dob": str(born_later), "child_age": None},
        "no_age": {"child_age": None, "child_dob": None, "child_age_evidence": None},
        "no_hours": dict.fromkeys(("child_hours_week", "child_hours_day", "child_days_week")),
        "unknown_code": {"child_pay_kind": "coupons"},
    }
    row = right | twists.get(person.role.twist, {})
    return row, right if person.role.twist in _CORRECTED else row


def _child(person: Person, child_no: int, rng: random.Random) -> Json:
    by_name = person.role.link == "name"
    exact = by_name or rng.random() < 0.4
    written = person.card_burmese if person.role.link == "card" else person.card_no
    return {
        "child_found": "yes", "child_no": child_no, "child_name": person.name,
        "child_father_name": person.father_name, "child_sex": person.sex,
        "child_dob": str(person.birth_date) if exact else None, "child_age": person.age,
        "child_age_evidence": "csc" if exact else "stated", "child_nationality": "MM",
        "child_home_township": person.township,
        "child_card_no": None if by_name else written,
        **_conditions(person),
        "child_living_with": rng.choice(("both_parents", "one_parent", "employer")),
        "child_injury": "no", "finding_law": "48(b)", "sanction": "warning",
        "referred_to": "dsw", "consent": _consent(person),
        "remarks": f"phone {person.phone}, {person.address}" if child_no == 1 else None,
    }  # fmt: skip


def _conditions(person: Person) -> Json:
    work = person.work
    if work is None:
        return {}
    return {
        "child_isco08": work.isco, "child_task_text": work.task,
        "child_hours_day": work.hours_day, "child_days_week": work.days_week,
        "child_hours_week": work.hours_week, "child_night": "no",
        "child_attends_school": "yes" if person.school else "no", "child_pay_kind": "cash",
        "child_hazards": " ".join(work.hazards) or None,
        "child_wfcl_flags": " ".join(work.worst_forms) or None,
    }  # fmt: skip


def _consent(person: Person) -> str:
    if person.role.twist == "objects_at_inspection":
        return "no"
    return "yes" if person.role.consents else "not_asked"


def _entry(person: Person | None, row: Json, day: int, file: str) -> Entry:
    at = morning(day)
    if person is None:
        return Entry(
            system=INSPECTION, key=f"{row['insp_id']}/", at=at, state="counted",
            reason="no_child_found", file=file,
        )  # fmt: skip
    end, reason = ends(person)
    noted = {"row_twice", "unknown_code", "hours_corrected", "township_missing", "worst_form"}
    twist = person.role.twist
    return Entry(
        system=INSPECTION, key=f"{row['insp_id']}/{row['child_no']}", person=person.number, at=at,
        state=end, reason=reason, file=file, consent=row["consent"], trigger=triggers(person),
        note=twist if twist in noted else "",
    )  # fmt: skip


def _no_workbook(story: Story) -> None:
    name = f"notes_{STATES[0].office}.xlsx"
    at = morning(NO_WORKBOOK_DAY)
    story.at(at, "file", {"system": INSPECTION, "file": name, "text": "Call the office back.\n"})
    story.entries.append(
        Entry(system=INSPECTION, key=name, at=at, state="rejected", reason="not_a_workbook",
              file=name)
    )  # fmt: skip
