"""The fields and lookups of the country's Primero: what a case may hold. Data, and one check."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

YES_NO = ("true", "false")
LOOKUPS: dict[str, dict[str, tuple[str, str]]] = {
    "lookup-gender": {"male": ("Male", "ကျား"), "female": ("Female", "မ")},
    "lookup-yes-no": {"true": ("Yes", "ဟုတ်"), "false": ("No", "မဟုတ်")},
    "lookup-protection-concerns": {
        "physically_or_mentally_abused": ("Physically or mentally abused", "နှိပ်စက်ခံရ"),
        "trafficked_smuggled": ("Trafficked/Smuggled", "လူကုန်ကူးခံရ"),
        "street_child": ("Street child", "လမ်းပေါ်ကလေး"),
        "migrant": ("Migrant", "ရွှေ့ပြောင်း"),
        "caafag": ("CAAFAG", "လက်နက်ကိုင်"),
        "worst_forms_of_child_labor": (
            "Worst Forms of Child Labor", "အဆိုးရွားဆုံး ကလေးလုပ်သား ပုံစံများ",
        ),
        "other": ("Other", "အခြား"),
    },
    "lookup-interview-subject": {
        "individual": ("Individual", "ကိုယ်တိုင်"), "caregiver": ("Caregiver", "အုပ်ထိန်းသူ"),
        "other": ("Other", "အခြား"),
    },
    "lookup-service-type": {
        "child_protection_service": ("Child protection", "ကလေးသူငယ်ကာကွယ်စောင့်ရှောက်ရေး"),
        "education_service": ("Education", "ပညာရေး"),
        "livelihoods_service": ("Livelihoods", "အသက်မွေးဝမ်းကျောင်း"),
        "health_medical_service": ("Health/Medical", "ကျန်းမာရေး"),
        "psychosocial_service": ("Psychosocial", "စိတ်ပိုင်းဆိုင်ရာ"),
        "legal_assistance_service": ("Legal assistance", "ဥပဒေအကူအညီ"),
        "safehouse_service": ("Safehouse", "ဘေးကင်းရာအိမ်"),
        "police_other_service": ("Police/Other", "ရဲ"),
        "family_mediation_service": ("Family mediation", "မိသားစုဖျန်ဖြေရေး"),
        "family_seunification_service": ("Family reunification", "မိသားစုပြန်လည်ပေါင်းစည်းရေး"),
        "registration_service": ("Registration", "မှတ်ပုံတင်"), "food_service": ("Food", "အစားအစာ"),
        "nfi_clothes_shoes_service": ("Clothes and shoes", "အဝတ်အထည်"),
        "water_sanitation_service": ("Water/Sanitation", "ရေ"),
        "other_service": ("Other", "အခြား"),
    },
    "lookup-service-response-type": {
        "care_plan": ("Care plan", "စောင့်ရှောက်မှုအစီအစဉ်"), "action_plan": ("Action plan", "လုပ်ငန်းစဉ်"),
        "service_provision": ("Service provision", "ဝန်ဆောင်မှုပေးခြင်း"),
    },
    "lookup-service-implemented": {
        "not_implemented": ("Not implemented", "မပြီးသေး"), "implemented": ("Implemented", "ပြီး"),
    },
    "lookup-service-timeframe": {
        "1_hour": ("1 hour", "၁ နာရီ"), "3_hours": ("3 hours", "၃ နာရီ"),
        "1_day": ("1 day", "၁ ရက်"), "3_days": ("3 days", "၃ ရက်"),
    },
    "lookup-case-status": {
        "open": ("Open", "ဖွင့်"), "closed": ("Closed", "ပိတ်"), "transferred": ("Transferred", "လွှဲ"),
        "duplicate": ("Duplicate", "ထပ်"), "identified": ("Identified", "သိ"),
    },
    "lookup-child-labour-hazards-77b0e": {
        code: (code.replace("_", " ").capitalize(), code.replace("_", " "))
        for code in (
            "dust_fumes", "fire_gas", "noise_vibration", "extreme_temperature", "dangerous_tools",
            "underground", "heights", "in_water", "dark_confined", "poor_ventilation", "chemicals",
            "explosives", "heavy_loads", "long_hours", "night_work", "abuse", "confinement",
            "other",
        )
    },
}  # fmt: skip

# name -> (type, lookup); types are Primero's own, `multi` a select of several, `radio` a yes or no.
SERVICE = {
    "service_type": ("select", "lookup-service-type"),
    "service_response_type": ("select", "lookup-service-response-type"),
    "service_response_day_time": ("datetime", ""),
    "service_response_timeframe": ("select", "lookup-service-timeframe"),
    "service_appointment_date": ("date", ""), "service_implementing_agency": ("text", ""),
    "service_implementing_agency_individual": ("text", ""), "service_provider": ("text", ""),
    "service_delivery_location": ("text", ""), "service_location": ("text", ""),
    "service_referral_notes": ("text", ""),
    "service_implemented": ("select", "lookup-service-implemented"),
    "service_implemented_day_time": ("datetime", ""),
    "note_on_referral_from_provider": ("text", ""),
}  # fmt: skip
FAMILY = {
    "relation": ("text", ""), "relation_name": ("text", ""), "relation_age": ("integer", ""),
    "relation_date_of_birth": ("date", ""), "relation_is_caregiver": ("boolean", ""),
    "national_id": ("text", ""),
}  # fmt: skip
SUBFORMS = {"services_section": SERVICE, "family_details_section": FAMILY}
FORMS: dict[str, dict[str, tuple[str, str]]] = {
    "basic_identity": {
        "name": ("text", ""), "name_first": ("text", ""), "name_middle": ("text", ""),
        "name_last": ("text", ""), "name_nickname": ("text", ""), "name_other": ("text", ""),
        "sex": ("select", "lookup-gender"), "age": ("integer", ""), "date_of_birth": ("date", ""),
        "estimated": ("boolean", ""), "national_id_no": ("text", ""), "other_id_type": ("text", ""),
        "other_id_no": ("text", ""), "other_agency_id": ("text", ""), "occupation": ("text", ""),
        "telephone_current": ("text", ""), "address_current": ("text", ""),
        "location_current": ("location", ""), "name_caregiver": ("text", ""),
        "registration_date": ("date", ""), "status": ("select", "lookup-case-status"),
        "case_id": ("text", ""), "created_at": ("datetime", ""), "owned_by": ("user", ""),
        "module_id": ("text", ""), "date_closure": ("date", ""),
    },
    "protection_concern": {
        "protection_concerns": ("multi", "lookup-protection-concerns"),
        "protection_concerns_other": ("text", ""),
    },
    "child_labour_9c2ab": {
        "child_labour_isic_4d1f2": ("text", ""), "child_labour_hours_week_8a21c": ("number", ""),
        "child_labour_hazards_77b0e": ("multi", "lookup-child-labour-hazards-77b0e"),
    },
    "consent": {
        "interview_subject": ("select", "lookup-interview-subject"),
        "consent_source_other": ("text", ""), "consent_for_services": ("boolean", ""),
        "disclosure_other_orgs": ("boolean", ""), "consent_reporting": ("radio", "lookup-yes-no"),
        "consent_for_tracing": ("radio", "lookup-yes-no"), "disclosure_deny_details": ("text", ""),
    },
    "services": {"services_section": ("subform", "services_section")},
    "family_details": {"family_details_section": ("subform", "family_details_section")},
}  # fmt: skip
FIELDS = {name: kind for form in FORMS.values() for name, kind in form.items()}

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


def problems(data: Mapping[str, Any]) -> list[str]:
    """Return JSON pointers to values that do not fit; locations and users are not looked at."""
    found = []
    for name, value in data.items():
        kind, lookup = FIELDS[name]
        if kind == "subform":
            found += _rows(name, value)
        elif not _fits(value, kind, lookup):
            found.append(f"/{name}")
    return found


def is_uuid(value: object) -> bool:
    """Say whether a client may use this as an id."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _rows(name: str, rows: object) -> list[str]:
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [f"/{name}"]
    found = []
    for number, row in enumerate(rows):
        if "unique_id" in row and not is_uuid(row["unique_id"]):
            found.append(f"/{name}/{number}/unique_id")
        found += [
            f"/{name}/{number}/{key}"
            for key, value in row.items()
            if key in SUBFORMS[name] and not _fits(value, *SUBFORMS[name][key])
        ]
    return found


def _fits(value: object, kind: str, lookup: str) -> bool:
    if value is None:
        return True
    options = LOOKUPS.get(lookup, {})
    checks = {
        "text": lambda: isinstance(value, str),
        "location": lambda: isinstance(value, str),
        "user": lambda: isinstance(value, str),
        "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
        "number": lambda: isinstance(value, int | float) and not isinstance(value, bool),
        "boolean": lambda: isinstance(value, bool) or value in YES_NO,
        "radio": lambda: isinstance(value, bool) or value in YES_NO,
        "select": lambda: isinstance(value, str) and value in options,
        "multi": lambda: isinstance(value, list) and all(one in options for one in value),
        "date": lambda: isinstance(value, str) and _is_date(value),
        "datetime": lambda: isinstance(value, str) and _DATETIME.fullmatch(value) is not None,
    }
    return checks[kind]()


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
