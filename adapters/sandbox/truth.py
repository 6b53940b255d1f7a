"""Writes down the country as it really is, and what the ledger should say of it, for tests."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import orjson

from adapters.sandbox.days import iso
from adapters.sandbox.entries import Entry, Json, Story, ends
from adapters.sandbox.people import Person
from adapters.sandbox.plan import DSW, EMIS, INSPECTION

_STATES = ("released", "counted", "withheld", "parked", "rejected")
_QUARTER = "2026-01"


def children(people: Sequence[Person], story: Story) -> str:
    """Return one line a child."""
    return _lines(_child(person, story.of(person)) for person in people)


def others(story: Story) -> str:
    """Return one line a record that is about no child."""
    return _lines(_entry(one) for one in story.entries if one.person is None)


def expected(people: Sequence[Person], story: Story) -> str:
    """Return what the ledger should say at the end, under the default policy, without echoes."""
    sources: Json = {}
    for system in (DSW, INSPECTION, EMIS):
        states = Counter(one.state for one in story.entries if one.system == system)
        sources[system] = {"received": states.total(), **{s: states[s] for s in _STATES}}
    released = [one for one in people if ends(one)[0] == "released"]
    return _lines([{
        "sources": sources, "mirror_cases": len(released),
        "triggers": sum(1 for one in story.entries if one.trigger),
        "half_copied": story.half_copied,
    }])  # fmt: skip


def _child(person: Person, entries: Sequence[Entry]) -> Json:
    state, reason = ends(person)
    known: dict[str, list[str]] = {DSW: [], INSPECTION: [], EMIS: []}
    for entry in entries:
        known[entry.system].append(entry.key)
    cohort = asdict(person.role.cohort) | {"quarter": _QUARTER}
    return {
        "number": person.number, "name": person.name, "father_name": person.father_name,
        "mother_name": person.mother_name, "card_no": person.card_no,
        "card_burmese": person.card_burmese, "phone": person.phone, "address": person.address,
        "sex": person.sex, "birth_date": str(person.birth_date), "township": person.township,
        "work": asdict(person.work) if person.work else None,
        "school": asdict(person.school) if person.school else None,
        "known_to": known, "linked_by": person.role.link, "twist": person.role.twist,
        "class": cohort if person.work else None, "state": state, "reason": reason,
        "records": [_entry(entry) for entry in entries], "marks": person.marks,
    }  # fmt: skip


def _entry(entry: Entry) -> Json:
    return {
        "system": entry.system, "key": entry.key, "file": entry.file, "at": iso(entry.at),
        "state": entry.state, "reason": entry.reason, "consent": entry.consent,
        "trigger": entry.trigger, "answer": entry.answer, "note": entry.note,
    }  # fmt: skip


def _lines(rows: Iterable[Json]) -> str:
    return "".join(orjson.dumps(row).decode() + "\n" for row in rows)
