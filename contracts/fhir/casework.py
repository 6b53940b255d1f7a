"""The case and what is done about it: EpisodeOfCare, ServiceRequest, Task and Consent, both ways.

A service row and a referral are each a ServiceRequest (what is asked) with a Task (how it stands).
"""

from collections.abc import Mapping
from typing import Any

from contracts import codes
from contracts.fhir.bundles import (
    Reader,
    Reference,
    Resource,
    Writer,
    extended,
    extension,
    identifier,
    identifier_in,
)
from contracts.fhir.places import name_at, write_organization
from contracts.fhir.situations import Scene
from contracts.fhir.vocabulary import (
    code_in,
    concept,
    hl7_concept,
    id_system,
)

_STATUSES = {"open": "active", "closed": "finished"}
_OURS = {theirs: ours for ours, theirs in _STATUSES.items()}
_CASE = ("case_id", "case_status", "opened_on", "closed_on", "risk_level", "concern")
_SERVED = {"yes": "completed", "no": "active"}
_TASKS = {"completed": "completed", "rejected": "revoked", "cancelled": "revoked"}

# FHIR's nearest scope and category of each question of consent, beside our own code of it.
_CONSENT_SCOPES = {
    "reporting": ("patient-privacy", "consentcategorycodes", "rsdid"),
    "services": ("treatment", "v3-ActCode", "INFA"),
    "disclosure": ("patient-privacy", "v3-ActCode", "IDSCL"),
}
_PROVISIONS = {"yes": "permit", "no": "deny"}
_ANSWERS = {theirs: ours for ours, theirs in _PROVISIONS.items()}


def write_case(to: Writer, scene: Scene, facts: Mapping[str, Any]) -> None:
    """Add the case, when the record tells of one."""
    limited = facts.get("disclosure_limits") or None
    if limited is None and all(facts.get(name) is None for name in _CASE):
        return
    status = _STATUSES.get(facts.get("case_status", ""))
    risk = concept("risk_levels", facts.get("risk_level"))
    to.add(
        "EpisodeOfCare", "case", "case",
        identifier=identifier(id_system(facts["system"], "case"), facts.get("case_id")),
        status=status or "active",
        type=[concept("concerns", facts.get("concern"))], patient=scene.child,
        period={"start": facts.get("opened_on"), "end": facts.get("closed_on")},
        extension=[
            # FHIR demands a status; a record may tell of a case and not how it stands.
            *extension("status-not-stated", "valueBoolean", None if status else True),
            *extension("risk-level", "valueCodeableConcept", risk),
            *extension("disclosure-limits", "valueBoolean", limited),
        ],
    )  # fmt: skip


def read_case(given: Reader) -> dict[str, Any]:
    """Return the fields of the case."""
    case = given.one("case")
    period = case.get("period", {})
    silent = extended(case, "status-not-stated", "valueBoolean")
    return {
        "case_id": identifier_in(case),
        "case_status": None if silent else _OURS.get(case.get("status", "")),
        "opened_on": period.get("start"),
        "closed_on": period.get("end"),
        "risk_level": code_in(extended(case, "risk-level", "valueCodeableConcept")),
        "concern": code_in(next(iter(case.get("type", ())), None)),
        "disclosure_limits": bool(extended(case, "disclosure-limits", "valueBoolean")),
        "service_requested": [code_in(one.get("code")) for one in given.all("requested-service")],
    }


def write_services(to: Writer, scene: Scene, facts: Mapping[str, Any]) -> None:
    """Add what is asked for, service rows and referrals."""
    for place, kind in enumerate(facts.get("service_requested", ())):
        to.add(
            "ServiceRequest", "requested-service", f"requested/{place}",
            status="active", intent="proposal", code=concept("services", kind),
            subject=scene.child, encounter=scene.contact, authoredOn=to.on,
        )  # fmt: skip
    for place, service in enumerate(facts.get("services", ())):
        _write_service(to, scene, f"service/{place}", facts["system"], service)
    for place, referral in enumerate(facts.get("referrals", ())):
        _write_referral(to, scene, f"referral/{place}", facts["system"], referral)


def read_services(given: Reader) -> dict[str, Any]:
    """Return service rows and referrals."""
    return {
        "services": [_read_service(given, one) for one in given.all("service")],
        "referrals": [_read_referral(given, one) for one in given.all("referral")],
    }


def write_consents(to: Writer, scene: Scene, facts: Mapping[str, Any]) -> None:
    """Add each statement of consent: who said what. What follows is decided elsewhere."""
    for place, said in enumerate(facts.get("consents", ())):
        scope, category, code = _CONSENT_SCOPES[said["scope"]]
        provision = _PROVISIONS.get(said["answer"])
        to.add(
            "Consent", "consent-statement", f"consent/{place}",
            status="active" if provision else "proposed", scope=hl7_concept("consentscope", scope),
            category=[hl7_concept(category, code)], patient=scene.child, dateTime=said["on"],
            performer=[_speaker(scene, said["by"])],
            policyRule=concept("consent_scopes", said["scope"]),
            provision={"type": provision},
        )  # fmt: skip


def read_consents(given: Reader) -> list[dict[str, Any]]:
    """Return the statements of consent."""
    return [
        {
            "scope": code_in(one["policyRule"]),
            "answer": _ANSWERS.get(one.get("provision", {}).get("type", ""), "not_asked"),
            "by": _speaker_in(next(iter(one.get("performer", ())), {})),
            "on": one["dateTime"],
        }
        for one in given.all("consent-statement")
    ]


def _write_service(
    to: Writer, scene: Scene, place: str, system: str, service: Mapping[str, Any]
) -> None:
    given = service.get("implemented")
    wanted = to.add(
        "ServiceRequest", "service", place,
        identifier=identifier(id_system(system, "service"), service["service_id"]),
        status=_SERVED.get(given or "", "unknown"), intent="order",
        code=concept("services", service.get("kind")), subject=scene.child,
        occurrenceDateTime=service.get("appointment_on"),
    )  # fmt: skip
    to.add(
        "Task", "service-task", f"{place}/task",
        status="completed" if given == "yes" else "requested", intent="order", focus=wanted,
        businessStatus=concept("yes_no", given), executionPeriod={"end": service.get("given_on")},
        owner=write_organization(to, "agency", service.get("provider")), **{"for": scene.child},
    )  # fmt: skip


def _read_service(given: Reader, request: Resource) -> dict[str, Any]:
    task = given.about("service-task", "focus", request)
    return {
        "service_id": identifier_in(request) or "",
        "kind": code_in(request.get("code")),
        "appointment_on": request.get("occurrenceDateTime"),
        "implemented": code_in(task.get("businessStatus")),
        "given_on": task.get("executionPeriod", {}).get("end"),
        "provider": name_at(given, task.get("owner")),
    }


def _write_referral(
    to: Writer, scene: Scene, place: str, system: str, referral: Mapping[str, Any]
) -> None:
    to_whom = write_organization(to, "agency", referral.get("to"))
    stands = _task_status(referral.get("state"))
    wanted = to.add(
        "ServiceRequest", "referral", place,
        identifier=identifier(id_system(system, "referral"), referral["referral_id"]),
        status=_TASKS.get(stands, "active"), intent="order",
        code=concept("services", referral.get("service")), subject=scene.child,
        authoredOn=referral.get("sent_on"), performer=[to_whom] if to_whom else [],
    )  # fmt: skip
    to.add(
        "Task", "referral-task", f"{place}/task",
        status=stands, intent="order", focus=wanted, owner=to_whom, **{"for": scene.child},
        businessStatus=concept("referral_states", referral.get("state")),
    )  # fmt: skip


def _read_referral(given: Reader, request: Resource) -> dict[str, Any]:
    task = given.about("referral-task", "focus", request)
    return {
        "referral_id": identifier_in(request) or "",
        "service": code_in(request.get("code")),
        "state": code_in(task.get("businessStatus")),
        "sent_on": request.get("authoredOn"),
        "to": name_at(given, task.get("owner")),
    }


def _task_status(state: str | None) -> str:
    """Return FHIR's status of a referral, from the code list's own crosswalk."""
    found = codes.load("referral_states").codes.get(state or "")
    return found.more.get("fhir_task", "") or "requested" if found else "requested"


def _speaker(scene: Scene, by: str) -> Reference | None:
    if by == "child":
        return dict(scene.child)
    return {"type": "RelatedPerson", "display": "guardian"} if by == "guardian" else None


def _speaker_in(performer: Mapping[str, str]) -> str:
    if not performer:
        return "unknown"
    return "guardian" if performer.get("type") == "RelatedPerson" else "child"
