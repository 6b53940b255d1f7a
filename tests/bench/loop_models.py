"""The loop's own models of the three source records, written by hand from the contracts."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Text = str | None
Number = int | float | str | None
Flag = bool | str | None


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Relative(_Closed):
    """One row of the family subform."""

    unique_id: str
    relation: str
    relation_name: str
    relation_is_caregiver: Flag = None
    national_id: Text = None


class FollowUp(_Closed):
    """One row of the follow-up subform."""

    unique_id: Text = None
    followup_type: Text
    followup_service_type: Text = None
    followup_needed_by_date: Text = None
    followup_date: Text = None
    followup_comments: Text = None


class Concern(_Closed):
    """One row of the concern details subform."""

    unique_id: str
    protection_concern_type: str
    date_concern_identified: Text
    concern_details: Text


class Service(_Closed):
    """One row of the services subform."""

    unique_id: str
    service_type: str
    service_implemented: str
    service_appointment_date: Text = None
    service_implementing_agency: Text = None
    service_implementing_agency_individual: Text = None
    service_implemented_day_time: Text = None


class Case(_Closed):
    """A Primero case."""

    id: Text
    enabled: Flag
    case_id: Text
    short_id: Text
    module_id: Text
    status: Text
    workflow: Text
    record_state: Flag
    owned_by: Text
    created_at: Text
    last_updated_at: Text
    registration_date: Text
    name: Text
    name_first: Text
    name_last: Text
    sex: Text
    age: Number
    date_of_birth: Text
    estimated: Flag
    national_id_no: Text
    telephone_current: Text
    address_current: Text
    location_current: Text
    protection_concerns: list[str]
    occupation: Text
    child_labour_isic_4d1f2: Text
    child_labour_hours_week_8a21c: Number
    child_labour_hazards_77b0e: list[str]
    interview_subject: Text
    consent_for_services: Text
    disclosure_other_orgs: Flag
    consent_reporting: Text
    disclosure_deny_details: Text
    family_details_section: list[Relative]
    services_section: list[Service]
    risk_level: Text = None
    nationality: list[str] | None = None
    activities_child_in_school_or_training: Flag = None
    activities_reason_not_in_school: list[str] | None = None
    protection_concern_detail_subform_section: list[Concern] = Field(default_factory=list)
    followup_subform_section: list[FollowUp] = Field(default_factory=list)


class Inspection(_Closed):
    """A row of the inspection workbook."""

    insp_id: Text
    insp_date: Text
    insp_type: Text
    inspector_code: Text
    office_code: Text
    wp_id: Text
    wp_name: Text
    wp_owner: Text
    wp_address: Text
    gps: Text
    wp_township: Text
    isic4: Number
    workers_total: Text
    workers_15_17_m: Number
    workers_15_17_f: Number
    workers_u15_m: Number
    workers_u15_f: Number
    entry: Text
    records: Text
    interview: Text
    child_found: Text
    child_no: Number
    child_name: Text
    child_father_name: Text
    child_sex: Text
    child_dob: Text
    child_age: Number
    child_age_evidence: Text
    child_nationality: Text
    child_home_township: Text
    child_card_no: Text
    child_isco08: Text
    child_task_text: Text
    child_hours_day: Number
    child_days_week: Number
    child_hours_week: Text
    child_night: Text
    child_attends_school: Text
    child_start_date: Text
    child_pay_kind: Text
    child_hazards: Text
    child_wfcl_flags: Text
    child_living_with: Text
    child_injury: Text
    finding_law: Text
    sanction: Text
    sanction_amount: Number
    deadline: Text
    referred_to: Text
    consent: Text
    remarks: Text


class Pupil(_Closed):
    """A row of the school workbook."""

    township_pcode: Text
    school_code: Text
    school_name: Text
    academic_year: Text
    month: Text
    grade: Text
    class_: Text = Field(alias="class")
    student_no: Text
    name_my: Text
    father_name: Text
    mother_name: Text
    sex: Text
    dob: Text
    age: Number
    school_days: Number
    days_present: Number
    days_absent: Number
    absence_reason: Text
    status: Text
    dropout_date: Text
    dropout_reason: Text
    sees_working: Text
    work_kind_text: Text
    teacher_refers: Text
    guardian_informed: Text
    remarks: Text


class CaseEvent(_Closed):
    """Case as it is published."""

    record: Literal["case"]
    system: str
    key: str
    person: str
    version: str
    where: str
    changed: str
    body: Case


class InspectionEvent(_Closed):
    """Inspection as it is published."""

    record: Literal["inspection"]
    system: str
    key: str
    person: str
    version: str
    where: str
    changed: str
    body: Inspection


class PupilEvent(_Closed):
    """Pupil as it is published."""

    record: Literal["school"]
    system: str
    key: str
    person: str
    version: str
    where: str
    changed: str
    body: Pupil


MODELS: TypeAdapter[CaseEvent | InspectionEvent | PupilEvent] = TypeAdapter(
    Annotated[CaseEvent | InspectionEvent | PupilEvent, Field(discriminator="record")]
)

# Target to source field, about thirty a record.
MAPS: dict[str, dict[str, str]] = {
    "case": {
        "name": "name", "sex": "sex", "age": "age", "born": "date_of_birth",
        "card": "national_id_no",
        "estimated": "estimated", "phone": "telephone_current", "address": "address_current",
        "township": "location_current", "concerns": "protection_concerns", "work": "occupation",
        "isic": "child_labour_isic_4d1f2", "hours_week": "child_labour_hours_week_8a21c",
        "hazards": "child_labour_hazards_77b0e", "asked": "interview_subject",
        "services_consent": "consent_for_services", "disclosure": "disclosure_other_orgs",
        "reporting": "consent_reporting", "limits": "disclosure_deny_details",
        "case_id": "case_id", "short_id": "short_id", "status": "status", "workflow": "workflow",
        "enabled": "enabled", "valid": "record_state", "office": "owned_by",
        "created": "created_at", "changed": "last_updated_at", "observed_on": "registration_date",
        "first_name": "name_first", "last_name": "name_last",
    },
    "inspection": {
        "inspection": "insp_id", "observed_on": "insp_date", "kind": "insp_type",
        "inspector": "inspector_code", "office": "office_code", "workplace": "wp_id",
        "workplace_name": "wp_name", "township": "wp_township", "isic": "isic4",
        "workers": "workers_total", "child_found": "child_found", "child": "child_no",
        "name": "child_name", "father_name": "child_father_name", "sex": "child_sex",
        "born": "child_dob", "age": "child_age", "evidence": "child_age_evidence",
        "home_township": "child_home_township", "card": "child_card_no", "isco": "child_isco08",
        "task": "child_task_text", "hours_day": "child_hours_day", "days_week": "child_days_week",
        "hours_week": "child_hours_week", "night": "child_night", "school": "child_attends_school",
        "hazards": "child_hazards", "worst_forms": "child_wfcl_flags", "service": "referred_to",
        "consent": "consent",
    },
    "school": {
        "township": "township_pcode", "office": "school_code", "school": "school_name",
        "year": "academic_year", "month": "month", "grade": "grade", "class": "class_",
        "pupil": "student_no", "name": "name_my", "father_name": "father_name",
        "mother_name": "mother_name", "sex": "sex", "born": "dob", "age": "age",
        "days": "school_days", "present": "days_present", "absent": "days_absent",
        "reason": "absence_reason", "status": "status", "left_on": "dropout_date",
        "left_for": "dropout_reason", "sees_working": "sees_working", "work": "work_kind_text",
        "refers": "teacher_refers", "guardian": "guardian_informed", "remarks": "remarks",
    },
}  # fmt: skip
