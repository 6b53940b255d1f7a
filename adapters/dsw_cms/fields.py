"""Which Primero field takes which value of a delivery, as tables. Sends and decides nothing.

Primero's stock form knows no hours, hazards or sector of work; the three fields that do are local
ones, as a site adds them, and their names are a site's own.
"""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.dsw_cms.client import MODULE
from adapters.sdk.ids import service_id
from adapters.sdk.ports import Delivery

IDENTITY = {
    "name": "name",
    "card_no": "national_id_no",
    "phone": "telephone_current",
    "address": "address_current",
    "home_township": "location_current",
}
WORK = {
    "isic": "child_labour_isic_4d1f2",
    "hours_week": "child_labour_hours_week_8a21c",
    "hazards": "child_labour_hazards_77b0e",
}
SEX = {"M": "male", "F": "female"}
PARENTS = {"father_name": "father", "mother_name": "mother"}
CONSENT = {
    "services": "consent_for_services",
    "disclosure": "disclosure_other_orgs",
    "reporting": "consent_reporting",
}
ANSWERS = {"yes": True, "no": False}
SPEAKER = {"guardian": "caregiver", "child": "individual"}
WORST_FORM = "worst_forms_of_child_labor"
UNMAPPED = "unmapped"


def note(delivery: Delivery) -> str:
    """The line by which people and the hub recognise the referral in Primero."""
    return (
        f"CLM referral {delivery.id}; from {delivery.from_office}, record {delivery.from_record};"
        f" deadline {delivery.deadline.isoformat()}"
    )


def service_row(delivery: Delivery) -> dict[str, Any]:
    """The row of `services_section` that carries the referral."""
    return {
        "unique_id": service_id(delivery.id),
        "service_type": delivery.service,
        "service_implementing_agency_individual": delivery.recipient,
        "service_referral_notes": note(delivery),
    }


def new_case(delivery: Delivery) -> dict[str, Any]:
    """A whole new case. What the delivery does not say is left out, not answered for the child."""
    identity, facts = delivery.identity, delivery.facts
    case = {field: identity.get(name) for name, field in IDENTITY.items()}
    case |= {field: facts.get(name) for name, field in WORK.items()}
    case |= _birth(identity, facts) | consent_fields(delivery.consents)
    case["name_first"] = case["name"]  # a Burmese name has no surname, and one part may hold it
    case["sex"] = SEX.get(identity.get("sex", ""))
    case["family_details_section"] = _parents(delivery)
    if facts.get("worst_forms") or facts.get("concern") == "worst_form":
        case["protection_concerns"] = [WORST_FORM]
    given = {field: value for field, value in case.items() if value not in (None, "", [], UNMAPPED)}
    return given | {
        "id": delivery.new_case,
        "module_id": MODULE,
        "owned_by": delivery.recipient,
        "services_section": [service_row(delivery)],
    }


def consent_fields(consents: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded answers, scope by scope; what was not asked stays unanswered."""
    fields: dict[str, Any] = {
        field: ANSWERS[consents[scope]]
        for scope, field in CONSENT.items()
        if consents.get(scope) in ANSWERS
    }
    if fields and consents.get("by") in SPEAKER:
        fields["interview_subject"] = SPEAKER[consents["by"]]
    return fields


def _birth(identity: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """A birthday only when it is known; else the age, marked as an estimate."""
    earliest, latest = identity.get("birth_earliest"), identity.get("birth_latest")
    if earliest and earliest == latest:
        return {"date_of_birth": str(earliest), "estimated": False}
    age = facts.get("age_low")
    return {} if age is None else {"age": age, "estimated": True}


def _parents(delivery: Delivery) -> list[dict[str, Any]]:
    return [
        {
            "unique_id": str(uuid5(NAMESPACE_URL, f"{delivery.new_case}/{relation}")),
            "relation": relation,
            "relation_name": delivery.identity[name],
        }
        for name, relation in PARENTS.items()
        if delivery.identity.get(name)
    ]
