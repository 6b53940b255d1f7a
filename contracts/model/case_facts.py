"""What happened, as one source record tells it: the sealed `case` part. Holds no identity."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import TOWNSHIP, Absent, Meaning, Sex, System, Thing
from contracts.model.case_file import CaseFile, Concern
from contracts.model.consent_statement import ConsentStatement
from contracts.model.education_situation import EducationSituation, SchoolStatus
from contracts.model.follow_up_visit import FollowUpVisit
from contracts.model.inspection import Inspection
from contracts.model.service import Referral, Service
from contracts.model.verdict import Verdict
from contracts.model.work_situation import ChildFound, WorkSituation, WorstForm
from contracts.model.workplace import Workplace

__all__ = ["CaseFacts", "ChildFound", "Concern", "SchoolStatus", "Unmapped", "WorstForm"]

_AGE = Field(ge=0, le=120)


class Unmapped(Thing):
    """A code that its list does not know: it waits for triage, never dropped, never defaulted."""

    field: Annotated[str, Label.C1, Meaning("Field of the common schema.", of.OWN)]
    code: Annotated[str, Label.C5, Meaning("The code as the source wrote it.", of.OWN)]
    label: Annotated[
        str, Label.C5, Meaning("The label that the source shows for it, where it has one.", of.OWN)
    ] = ""


class CaseFacts(WorkSituation, EducationSituation, CaseFile):
    """Work, school, case, consent and verdicts of one child as one source observed it on one day.

    The work situation, the education situation and the case are one flat observation; what may
    occur several times, or is about somebody else, is a thing of its own within it.
    """

    system: Annotated[System, Label.C2, Meaning("Source system.", of.OWN)]
    record: Annotated[str, Label.C2, Meaning("Source record: the name of its contract.", of.OWN)]
    row_key: Annotated[str, Label.C3, Meaning("The source's own key of the record.", of.OWN)]
    office: Annotated[
        str,
        Label.C7,
        Meaning("Office, school or case owner that recorded it; empty: none.", of.OWN),
    ] = ""
    observed_on: Annotated[
        date,
        Label.C1,
        Meaning("Day of the observation; generalised to a quarter before it leaves.", of.OWN, "d"),
    ]
    township: Annotated[
        str | None,
        Label.C1,
        Meaning("Township of the observation.", of.MIMU, codes="townships"),
        Field(pattern=TOWNSHIP),
    ] = None
    sex: Annotated[Sex, Label.C1, Meaning("Sex.", "ISO/IEC 5218", codes="sexes")] = "unknown"
    age_low: Annotated[
        int | None,
        Label.C1,
        Meaning("Lowest possible age on observed_on, completed years.", of.ICLS, "a"),
        _AGE,
    ] = None
    age_high: Annotated[
        int | None,
        Label.C1,
        Meaning("Highest possible age on observed_on, completed years.", of.ICLS, "a"),
        _AGE,
    ] = None
    workplace: Annotated[
        Workplace | None, Label.C6, Meaning("Where the child works.", of.INSPECTION)
    ] = None
    inspection: Annotated[
        Inspection | None, Label.C6, Meaning("The inspection that saw it.", of.INSPECTION)
    ] = None
    services: Annotated[
        list[Service],
        Label.C2,
        Meaning("Services of the case.", of.PRIMERO),
    ] = Field(default_factory=list)
    referrals: Annotated[
        list[Referral],
        Label.C2,
        Meaning("Referrals that the source knows.", of.PRIMERO),
    ] = Field(default_factory=list)
    follow_ups: Annotated[
        list[FollowUpVisit],
        Label.C2,
        Meaning("Visits, done or due.", of.CLMRS),
    ] = Field(default_factory=list)
    consents: Annotated[
        list[ConsentStatement],
        Label.C2,
        Meaning("What the record says about consent.", of.PRIMERO),
    ] = Field(default_factory=list)
    legal: Annotated[Verdict, Label.C1, Meaning("Verdict under national law.", of.LAW)]
    statistical: Annotated[Verdict, Label.C1, Meaning("Verdict in statistics.", of.SDG)]
    unmapped: Annotated[
        list[Unmapped],
        Label.C5,
        Meaning("Codes that wait for triage.", of.OWN),
    ] = Field(default_factory=list)
    absent: Annotated[
        list[Absent],
        Label.C1,
        Meaning("Fields left empty on purpose, and why.", of.FHIR),
    ] = Field(default_factory=list)
    notes: Annotated[
        list[str],
        Label.C2,
        Meaning("Quality notes: codes such as `card_unreadable`.", of.OWN),
    ] = Field(default_factory=list)
