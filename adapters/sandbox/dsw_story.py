"""What case workers of the DSW type into Primero, and correct there later."""

import random
from uuid import UUID

from adapters.sandbox.days import (
    CASE_CORRECTED_DAY,
    DSW_DAYS,
    LATE_OBJECTION_DAY,
    iso,
    local_date,
    morning,
)
from adapters.sandbox.entries import Entry, Json, Story, ends
from adapters.sandbox.people import Person
from adapters.sandbox.plan import DSW, EMIS, INSPECTION

_CHANGED = {"sex_corrected", "objects_late"}
_SEX = {"M": "male", "F": "female"}


def tell(people: list[Person], rng: random.Random, story: Story) -> None:
    """Add every case that case workers register themselves, and its changes."""
    for person in people:
        if DSW in person.role.systems:
            _register(person, rng, story)


def _register(person: Person, rng: random.Random, story: Story) -> None:
    case = str(UUID(int=rng.getrandbits(128), version=4))
    # Who is known elsewhere too was here first, now and then on the very day.
    early = len(person.role.systems) > 1 or person.role.twist in _CHANGED
    days = DSW_DAYS[:2] if early else DSW_DAYS
    at = morning(rng.choice(days))
    worker = rng.choice(person.state.case_workers)
    body = {"id": case, **_identity(person, rng), **_work(person), **_consents(person, rng)}
    body |= {"owned_by": worker, "registration_date": str(local_date(at)), "created_at": iso(at)}
    story.at(at, "case", {"id": case, "by": worker, "data": body})
    state, reason = ends(person)
    entry = Entry(
        system=DSW, key=case, person=person.number, at=at, state=state, reason=reason,
        consent=_told(body),
    )  # fmt: skip
    story.entries.append(entry)
    _change(person, case, worker, story)


def _change(person: Person, case: str, worker: str, story: Story) -> None:
    """Corrections and withdrawals that reach the case later."""
    if person.role.twist == "sex_corrected":
        right = {"sex": _SEX[person.sex], "child_labour_hours_week_8a21c": _hours(person)}
        story.at(morning(CASE_CORRECTED_DAY), "change", {"id": case, "by": worker, "data": right})
    if person.role.twist == "objects_late":
        no = {"consent_reporting": False}
        story.at(morning(LATE_OBJECTION_DAY), "change", {"id": case, "by": worker, "data": no})


def _identity(person: Person, rng: random.Random) -> Json:
    exact = len(person.role.systems) > 1 or rng.random() < 0.6
    sex = person.sex
    if person.role.twist == "sex_corrected":
        sex = "M" if sex == "F" else "F"
    card = person.card_burmese if rng.random() < 0.2 else person.card_no
    if person.role.link == "name":
        card = ""  # only the name, the father, the place and the birthday join these
    parts = person.name.split(" ", 1)
    name = {"name_first": parts[0], "name_last": parts[1]} if len(parts) == 2 else {}
    return {
        "module_id": "primeromodule-cp", "name": person.name, **(name or {"name_first": parts[0]}),
        "sex": _SEX[sex], "age": person.age,
        "date_of_birth": str(person.birth_date) if exact else None, "estimated": not exact,
        "national_id_no": card or None, "telephone_current": person.phone,
        "address_current": person.address, "location_current": person.township,
        "name_caregiver": person.father_name,
        "family_details_section": [{
            "unique_id": str(UUID(int=rng.getrandbits(128), version=4)), "relation": "father",
            "relation_name": person.father_name, "relation_is_caregiver": True,
        }],
    }  # fmt: skip


def _work(person: Person) -> Json:
    work = person.work
    if work is None:
        return {
            "protection_concerns": ["physically_or_mentally_abused"],
            "child_labour_hours_week_8a21c": 0,
        }
    concerns = ["worst_forms_of_child_labor"] if work.worst_forms else []
    if person.role.consents:
        concerns.append("street_child")
    hours = 12 if person.role.twist == "sex_corrected" else work.hours_week
    return {
        "protection_concerns": concerns, "occupation": work.task,
        "child_labour_isic_4d1f2": work.isic, "child_labour_hours_week_8a21c": hours,
        "child_labour_hazards_77b0e": list(work.hazards),
    }  # fmt: skip


def _hours(person: Person) -> int:
    return person.work.hours_week if person.work else 0


def _consents(person: Person, rng: random.Random) -> Json:
    """Return the consent form; null means not asked. Booleans come as JSON or as text."""
    role = person.role
    alone = not {INSPECTION, EMIS} & set(role.systems)
    yes: bool | str = rng.choice((True, "true"))
    reporting = rng.choice((True, "true", None))
    if role.twist == "objects_at_dsw":
        reporting = False if alone else "false"
    return {
        "interview_subject": rng.choice(("individual", "caregiver")),
        "consent_for_services": yes if role.consents else None,
        "disclosure_other_orgs": yes if role.consents else None,
        "consent_reporting": reporting,
    }


def _told(body: Json) -> str:
    """Return what the case says of disclosure: `yes` or `not_asked`."""
    return "yes" if body["disclosure_other_orgs"] is not None else "not_asked"
