"""What sources state about consent, as consents of the model. Adds nothing to what was said.

A yes permits what the policy pack grants for that question, a no objects, whoever said it; "not
asked" and a missing answer say nothing, and a missing assent is never made up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from consent.model import Consent, Performer, Provision, Rule, Status, Unsupported
from consent.parse import day_begins
from consent.policy import Policy
from contracts.envelope import derived_id
from contracts.model.consent_statement import ConsentStatement

HERE = "hub"
"""The organisation of what people tell this hub itself, at the API or the console."""


def consents_of(
    child: str, facts: Sequence[Mapping[str, Any]], policy: Policy
) -> tuple[Consent | Unsupported, ...]:
    """Return the consents that the records of one child state (`CaseFacts` as dicts)."""
    return tuple(
        consent
        for one in facts
        for consent in from_statements(
            child,
            one.get("consents") or (),
            system=str(one.get("system", "")),
            record=f"{one.get('record', '')}/{one.get('row_key', '')}",
            policy=policy,
        )
    )


def from_statements(
    child: str,
    statements: Iterable[Mapping[str, Any]],
    *,
    system: str,
    record: str,
    policy: Policy,
) -> tuple[Consent | Unsupported, ...]:
    """Return the consents of one record's statements; one that is not understood stays so.

    `record` only tells records apart: it is never kept, for it may be a source's own key.
    """
    place = derived_id("statement", child, system, record)
    found: list[Consent | Unsupported] = []
    for given in statements:
        try:
            said = ConsentStatement.model_validate(given)
        except ValidationError:
            found.append(Unsupported(reference=place))
            continue
        if said.scope not in policy.grants:
            found.append(Unsupported(reference=place))
        elif said.answer != "not_asked":
            found.append(_consent(child, said, system=system, place=place, policy=policy))
    return tuple(found)


def answered(
    child: str, said: ConsentStatement, *, version: int, at: datetime, policy: Policy
) -> Consent:
    """Return what a person told this hub; it counts from `at`, whatever day the answer names.

    Raises ValueError when it is no answer, or to a question that the pack does not know.
    """
    if said.answer == "not_asked" or said.scope not in policy.grants:
        raise ValueError("an answer is yes or no, to a question of the policy pack")
    return Consent(
        id=derived_id("answer", child, said.scope, said.by),
        version=version,
        subject=child,
        status=Status.ACTIVE,
        policy=f"clm:{said.scope}",
        organization=HERE,
        performer=Performer(said.by),
        effective=at,
        provision=_provision(said, policy),
    )


def _consent(
    child: str, said: ConsentStatement, *, system: str, place: str, policy: Policy
) -> Consent:
    return Consent(
        id=derived_id(place, said.scope, said.by, said.answer, said.on.isoformat()),
        version=0,
        subject=child,
        status=Status.ACTIVE,
        policy=f"clm:{said.scope}",
        organization=system,
        performer=Performer(said.by),
        effective=day_begins(said.on),
        provision=_provision(said, policy),
    )


def _provision(said: ConsentStatement, policy: Policy) -> Provision:
    grant = policy.grants[said.scope]
    if said.answer == "no":
        return Provision(type=Rule.DENY, purposes=tuple(sorted(grant.objects)))
    return Provision(
        type=Rule.PERMIT,
        purposes=tuple(sorted(grant.permits)),
        classes=tuple(sorted(grant.classes)),
    )
