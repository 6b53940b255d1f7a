"""Whether and how a child goes to school, as one source saw it. Names no school."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing, YesNo

SchoolStatus = Literal["enrolled", "long_absent", "dropout", "transferred_out", "re_entered"]
_DAYS = Field(ge=0, le=31)


class EducationSituation(Thing):
    """Enrolment, attendance, and why a child is away."""

    attends_school: Annotated[YesNo | None, Label.C2, Meaning("Attends school.", of.INSPECTION)] = (
        None
    )
    school_status: Annotated[
        SchoolStatus | None,
        Label.C2,
        Meaning("Status on the school's roll.", of.SCHOOL, codes="school_statuses"),
    ] = None
    grade: Annotated[
        str | None, Label.C2, Meaning("Grade: `KG` or 1 to 12.", of.SCHOOL, codes="grades")
    ] = None
    school_days: Annotated[
        int | None, Label.C2, Meaning("School days of the month.", of.SCHOOL, "d/mo"), _DAYS
    ] = None
    days_present: Annotated[
        int | None, Label.C2, Meaning("Days present in the month.", of.SCHOOL, "d/mo"), _DAYS
    ] = None
    days_absent: Annotated[
        int | None, Label.C2, Meaning("Days absent in the month.", of.SCHOOL, "d/mo"), _DAYS
    ] = None
    absence_reason: Annotated[
        str | None,
        Label.C2,
        Meaning(
            "Main reason of absence or of dropping out, or `unmapped`.",
            of.SCHOOL,
            codes="absence_reasons",
        ),
    ] = None
    dropout_on: Annotated[
        date | None, Label.C2, Meaning("Day of dropping out.", of.SCHOOL, "d")
    ] = None
    dropout_reason: Annotated[
        str | None,
        Label.C2,
        Meaning("Reason of dropping out, or `unmapped`.", of.SCHOOL, codes="dropout_reasons"),
    ] = None
    teacher_refers: Annotated[
        YesNo | None, Label.C2, Meaning("The teacher asks for a referral.", of.SCHOOL)
    ] = None
    guardian_informed: Annotated[
        YesNo | None, Label.C2, Meaning("The school has told the guardian.", of.SCHOOL)
    ] = None
