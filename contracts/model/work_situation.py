"""What work a child does, as one source saw it. States it; the verdicts are elsewhere."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing, YesNo

ChildFound = Literal["yes", "no", "suspected"]
WorstForm = Literal["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2", "unspecified"]
_CODE = Field(pattern=r"^([0-9]{4}|unmapped)$")


class WorkSituation(Thing):
    """Work, chores and their conditions. Weekly hours are never made from daily ones."""

    isic: Annotated[
        str | None, Label.C1, Meaning("Class of the workplace.", of.ISIC, codes="isic4"), _CODE
    ] = None
    isco: Annotated[
        str | None,
        Label.C1,
        Meaning("Unit group of the child's work.", of.ISCO, codes="isco08"),
        _CODE,
    ] = None
    task_text: Annotated[
        str | None, Label.C5, Meaning("What the child does, in the source's words.", of.INSPECTION)
    ] = None
    hours_week: Annotated[
        float | None,
        Label.C1,
        Meaning("Hours of economic activity in a week, as stated; never derived.", of.ICLS, "h/wk"),
        Field(ge=0, le=168),
    ] = None
    hours_day: Annotated[
        float | None,
        Label.C1,
        Meaning("Hours of work in a day.", of.LAW, "h/d"),
        Field(ge=0, le=24),
    ] = None
    days_week: Annotated[
        int | None,
        Label.C1,
        Meaning("Days of work in a week.", of.INSPECTION, "d/wk"),
        Field(ge=0, le=7),
    ] = None
    chores_week: Annotated[
        float | None,
        Label.C1,
        Meaning(
            "Hours of household chores in a week, fetching water and firewood among them.",
            of.MICS,
            "h/wk",
        ),
        Field(ge=0, le=168),
    ] = None
    night_work: Annotated[
        YesNo | None, Label.C1, Meaning("Works at night (18:00 to 06:00 below 16).", of.LAW)
    ] = None
    hazards: Annotated[
        list[str],
        Label.C1,
        Meaning("Conditions of the work.", of.R190, codes="hazards"),
    ] = Field(default_factory=list)
    worst_forms: Annotated[
        list[WorstForm],
        Label.C4,
        Meaning(
            "Worst forms as stated, never inferred; `unspecified`: without its kind.",
            of.C182,
            codes="worst_forms",
        ),
    ] = Field(default_factory=list)
    started_on: Annotated[
        date | None, Label.C5, Meaning("First day of this work.", of.INSPECTION, "d")
    ] = None
    pay_kind: Annotated[
        str | None, Label.C5, Meaning("How it is paid.", of.INSPECTION, codes="pay_kinds")
    ] = None
    injured: Annotated[
        YesNo | None, Label.C4, Meaning("Was hurt or made ill by the work.", of.INSPECTION)
    ] = None
    child_found: Annotated[
        ChildFound | None,
        Label.C1,
        Meaning("The inspector found the child at work.", of.INSPECTION),
    ] = None
    sees_working: Annotated[
        YesNo | None, Label.C2, Meaning("The teacher sees the child working.", of.SCHOOL)
    ] = None
