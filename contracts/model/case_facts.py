"""What happened, as one source record tells it: the sealed `case` part. Holds no identity."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model.base import TOWNSHIP, Sex, System, Thing, YesNo
from contracts.model.consent_statement import ConsentStatement
from contracts.model.verdict import Verdict

ChildFound = Literal["yes", "no", "suspected"]
Concern = Literal["child_labour", "worst_form"]
SchoolStatus = Literal["enrolled", "long_absent", "dropout", "transferred_out", "re_entered"]
WorstForm = Literal["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2", "unspecified"]


class Unmapped(Thing):
    """A code that its list does not know: it waits for triage, never dropped, never defaulted."""

    field: Annotated[str, Label.C1] = Field(description="Field of the common schema.")
    code: Annotated[str, Label.C5] = Field(description="The code as the source wrote it.")


class CaseFacts(Thing):
    """Work, school, consent and verdicts of one child as observed by one source on one day."""

    system: Annotated[System, Label.C2] = Field(description="Source system.")
    record: Annotated[str, Label.C2] = Field(description="Source record: the name of its contract.")
    row_key: Annotated[str, Label.C3] = Field(description="The source's own key of the record.")
    office: Annotated[str, Label.C7] = Field(
        default="", description="Office, school or case owner that recorded it; empty: none."
    )
    observed_on: Annotated[date, Label.C1] = Field(
        description="Day of the observation; generalised to a quarter before it leaves."
    )
    township: Annotated[str | None, Label.C1] = Field(
        default=None, pattern=TOWNSHIP, description="Township of the observation, MIMU P-code."
    )
    sex: Annotated[Sex, Label.C1] = Field(default="unknown", description="Sex.")
    age_low: Annotated[int | None, Label.C1] = Field(
        default=None, ge=0, le=120, description="Lowest possible age.",
        json_schema_extra={"unit": "completed years on observed_on"},
    )  # fmt: skip
    age_high: Annotated[int | None, Label.C1] = Field(
        default=None, ge=0, le=120, description="Highest possible age.",
        json_schema_extra={"unit": "completed years on observed_on"},
    )  # fmt: skip
    isic: Annotated[str | None, Label.C1] = Field(
        default=None, pattern=r"^([0-9]{4}|unmapped)$",
        description="ISIC Rev.4 class of the workplace.",
    )  # fmt: skip
    isco: Annotated[str | None, Label.C1] = Field(
        default=None, pattern=r"^([0-9]{4}|unmapped)$",
        description="ISCO-08 unit group of the child's work.",
    )  # fmt: skip
    hours_week: Annotated[float | None, Label.C1] = Field(
        default=None, ge=0, le=168, description="Hours worked in a week, as stated; never derived.",
        json_schema_extra={"unit": "h/week"},
    )  # fmt: skip
    hours_day: Annotated[float | None, Label.C1] = Field(
        default=None, ge=0, le=24, description="Hours worked in a day.",
        json_schema_extra={"unit": "h/day"},
    )  # fmt: skip
    days_week: Annotated[int | None, Label.C1] = Field(
        default=None, ge=0, le=7, description="Days worked in a week.",
        json_schema_extra={"unit": "d/week"},
    )  # fmt: skip
    night_work: Annotated[YesNo | None, Label.C1] = Field(
        default=None, description="Works at night (Factories Act: 18:00 to 06:00 below 16)."
    )
    attends_school: Annotated[YesNo | None, Label.C2] = Field(
        default=None, description="Attends school."
    )
    sees_working: Annotated[YesNo | None, Label.C2] = Field(
        default=None, description="The teacher sees the child working."
    )
    teacher_refers: Annotated[YesNo | None, Label.C2] = Field(
        default=None, description="The teacher asks for a referral."
    )
    child_found: Annotated[ChildFound | None, Label.C1] = Field(
        default=None, description="The inspector found the child at work."
    )
    hazards: Annotated[list[str], Label.C1] = Field(
        default_factory=list, description="Codes of the list `hazards`."
    )
    worst_forms: Annotated[list[WorstForm], Label.C4] = Field(
        default_factory=list,
        description="C182 article 3 (a) to (c); `unspecified`: stated without its kind.",
    )
    school_status: Annotated[SchoolStatus | None, Label.C2] = Field(
        default=None, description="Status on the school's roll."
    )
    absence_reason: Annotated[str | None, Label.C2] = Field(
        default=None, description="Code of the list `absence_reasons`, or `unmapped`."
    )
    concern: Annotated[Concern | None, Label.C1] = Field(
        default=None, description="What a case manager says; never inferred."
    )
    service_requested: Annotated[list[str], Label.C2] = Field(
        default_factory=list, description="Codes of the list `services`."
    )
    consents: Annotated[list[ConsentStatement], Label.C2] = Field(
        default_factory=list, description="What the record says about consent."
    )
    disclosure_limits: Annotated[bool, Label.C2] = Field(
        default=False,
        description="A free text limits disclosure: nothing beyond C1 until a person encodes it.",
    )
    case_status: Annotated[Literal["open", "closed"] | None, Label.C2] = Field(
        default=None, description="Status of the case in the DSW's system."
    )
    case_id: Annotated[str | None, Label.C3] = Field(
        default=None, description="Id of the case in the DSW's system."
    )
    legal: Annotated[Verdict, Label.C1] = Field(description="Verdict under national law.")
    statistical: Annotated[Verdict, Label.C1] = Field(description="Verdict under SDG 8.7.1.")
    unmapped: Annotated[list[Unmapped], Label.C5] = Field(
        default_factory=list, description="Codes that wait for triage."
    )
    notes: Annotated[list[str], Label.C2] = Field(
        default_factory=list, description="Quality notes: codes such as `card_unreadable`."
    )
