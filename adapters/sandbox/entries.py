"""What the country promises of each record that a source will show: for tests that recompute."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapters.sandbox.people import Person

Json = dict[str, Any]

# What becomes of all records of a child with this twist, under the default policy: (state, reason).
_CHILD_ENDS = {
    "lonely": ("withheld", "class_too_small"),
    "objects_at_inspection": ("withheld", "objection"),
    "objects_at_dsw": ("withheld", "objection"),
    "objects_late": ("withheld", "objection"),
    "adult": ("withheld", "out_of_scope"),
    "pupil": ("withheld", "out_of_scope"),
    "does_not_work": ("withheld", "out_of_scope"),
    "armed_forces": ("withheld", "never_list"),
    "no_age": ("parked", "undetermined"),
    "no_hours": ("parked", "undetermined"),
    "age_240": ("rejected", "age_impossible"),
    "hours_200": ("rejected", "hours_impossible"),
    "born_after_inspection": ("rejected", "birth_after_inspection"),
    "no_status": ("rejected", "required_missing"),
    "no_student_no": ("rejected", "required_missing"),
}
# These are in child labour by some verdict, so an inspector's finding starts a referral.
_NO_TRIGGER = {"adult", "pupil", "does_not_work", "no_age", "no_hours"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a source: `state` is the ledger's last word on it, `reason` why.

    `person` is a child's number, None for a record about no child. `trigger`: it makes a referral;
    `answer` is what case managers would say to it. `note` tells what is unusual on the way.
    """

    system: str
    key: str
    at: datetime
    state: str
    person: int | None = None
    reason: str = ""
    file: str = ""
    consent: str = ""
    trigger: bool = False
    answer: str = ""
    note: str = ""


def ends(person: Person) -> tuple[str, str]:
    """Return the ledger's last word on this child's records, and the reason."""
    return _CHILD_ENDS.get(person.role.twist, ("released", ""))


def triggers(person: Person) -> bool:
    """Say whether an inspector who finds this child refers it."""
    state, _ = ends(person)
    return state != "rejected" and person.role.twist not in _NO_TRIGGER


@dataclass(slots=True)
class Story:
    """All that will happen: events for the country's calendar, and entries for the truth."""

    events: list[tuple[datetime, str, Json]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    half_copied: list[str] = field(default_factory=list)

    def at(self, due: datetime, kind: str, body: Json) -> None:
        """Write one event into the calendar; events of one instant keep their order."""
        self.events.append((due, kind, body))

    def of(self, person: Person) -> Sequence[Entry]:
        """Return the records about one child."""
        return [entry for entry in self.entries if entry.person == person.number]

    def answered(self, answers: dict[str, str]) -> None:
        """Fill in what case managers will say to each record that triggers a referral."""
        self.entries = [
            replace(one, answer=answers[one.key]) if one.trigger else one for one in self.entries
        ]
