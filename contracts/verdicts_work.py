"""What a record's facts say about work, as the rule sets ask it. Judges nothing.

Every sign of work counts, whoever gave it: an inspector, a teacher, a case manager, an hour.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from contracts import codes

CHILD_FOUND, SEES_WORKING = "child_found", "sees_working"
_ASKED = ("hours_week", "chores_week", "hazards")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the facts say about work.

    `seen`: an inspector or a teacher saw it; `sight` is the field that would say so.
    `chores_open`: some chores were asked about, and the answer is not known. `hazard` is one that
    makes work hazardous, `hazard_unclear` one without its kind, `hazards_told`: that no others
    are named means that there are none.
    """

    working: bool
    stated_none: bool
    suspected: bool
    sight: str
    seen: bool
    worst_form: bool
    hours_week: float | None
    hours_day: float | None
    days_week: int | None
    chores_week: float | None
    chores_open: bool
    night: str | None
    hazard: bool
    hazard_unclear: bool
    hazards_told: bool
    isic: str | None
    isco: str | None


def work_of(facts: Mapping[str, Any]) -> Work:
    """Return what the facts (fields of CaseFacts) say about work."""
    get = facts.get
    hours_week, hours_day, hazards = get("hours_week"), get("hours_day"), get("hazards") or ()
    found, sees, night = get(CHILD_FOUND), get(SEES_WORKING), get("night_work")
    isic, isco = get("isic"), get("isco")
    unknown = _asked_in_vain(get("absent"))
    seen = found == "yes" or sees == "yes"
    suspected = found == "suspected" or get("teacher_refers") == "yes" or "hours_week" in unknown
    # An inspected workplace has a sector without the child; elsewhere the sector is the child's.
    sector = found is None and bool(isic or isco)
    described = found is not None or hours_week is not None or hours_day is not None
    working = bool(
        seen or hours_week or hours_day or hazards or night == "yes" or sector
        or get("absence_reason") == "working" or get("concern")
    )  # fmt: skip
    hazard, unclear = _hazards(hazards, night)
    return Work(
        working=working, suspected=suspected, seen=seen,
        stated_none=hours_week == 0 or found == "no" or sees == "no",
        sight=_sight(found, unknown),
        worst_form=bool(get("worst_forms")) or get("concern") == "worst_form",
        hours_week=hours_week, hours_day=hours_day, days_week=get("days_week"),
        chores_week=get("chores_week"), chores_open="chores_week" in unknown, night=night,
        hazard=hazard, hazard_unclear=unclear,
        hazards_told=(described or bool(hazards)) and "hazards" not in unknown,
        isic=isic, isco=isco,
    )  # fmt: skip


def _sight(found: str | None, unknown: Collection[str]) -> str:
    """Return the field that would settle whether there is work."""
    if found is not None:
        return CHILD_FOUND
    return "hours_week" if "hours_week" in unknown else SEES_WORKING


def _asked_in_vain(absent: Iterable[Mapping[str, str]] | None) -> tuple[str, ...]:
    """Return the fields that were asked and stay unknown; one never asked is not among them."""
    if not absent:
        return ()
    return tuple(
        name
        for one in absent
        if one["reason"] != "not_asked" and (name := one["field"].rpartition(".")[2]) in _ASKED
    )


def _hazards(hazards: Collection[str], night: str | None) -> tuple[bool, bool]:
    """Tell whether a hazard that counts is named, and whether an unclear one is."""
    if not hazards and night != "yes":
        return False, False
    counts = _counting()
    named = {counts.get(one, "unknown") for one in hazards}
    if night == "yes":
        named.add(counts["night_work"])
    return "yes" in named, "unknown" in named


@cache
def _counting() -> dict[str, str]:
    return {one.code: one.more["counts"] for one in codes.load("hazards")}
