"""The common schema as FHIR R4, and back: one record, one Bundle. Decides nothing, sends nothing.

Each file holds both directions for its resources. `NOT_HELD` is all that does not come back.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.errors import Reason, RejectedError
from contracts.fhir.bundles import Json, Reader, Writer
from contracts.fhir.casework import (
    read_case,
    read_consents,
    read_services,
    write_case,
    write_consents,
    write_services,
)
from contracts.fhir.child import read_child, write_child
from contracts.fhir.directory import read_provider, write_provider
from contracts.fhir.places import (
    read_contact,
    read_visits,
    write_contact,
    write_inspection,
    write_visits,
)
from contracts.fhir.provenance import read_provenance, write_observer, write_provenance
from contracts.fhir.situations import (
    Scene,
    read_situations,
    read_thing,
    write_situations,
    write_thing,
)
from contracts.model.base import Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from contracts.model.service import ServiceProvider

Content = TypeVar("Content")

NOT_HELD = (
    "a text of white space alone: FHIR has no empty text, so it comes back as missing",
    "control characters in a text, but tab and line ends: they come back as blanks",
    "a figure (Figure, SurveyFigure): a count without a child is not a Bundle about one",
    "an answer of a recipient (Answer): it is a state of the hub's own referral",
)
"""What FHIR cannot hold of the common schema, or is not asked to. Translation makes neither of
the two kinds of text: it tidies them."""


def bundle_of(
    identity: Mapping[str, Any], facts: Mapping[str, Any], *, version: str = ""
) -> dict[str, Any]:
    """Return a record as a Bundle of R4 resources, JSON-ready; the same record, the same Bundle.

    Takes what `Identity` and `CaseFacts` accept. `version` is the mapping's, for the Provenance.
    """
    seed = f"{facts['system']}/{facts['record']}/{facts['row_key']}"
    to = Writer(seed=seed, on=str(facts["observed_on"]))
    child = write_child(to, identity)
    contact, workplace = write_contact(to, facts["system"], child, facts)
    observer = write_observer(to, facts)
    scene = Scene(child=child, contact=contact, observer=observer, workplace=workplace)
    write_case(to, scene, facts)
    write_situations(to, scene, facts)
    if identity.get("household") is not None:
        write_thing(to, scene, "household", "household", identity["household"])
    write_inspection(to, scene, facts)
    write_visits(to, facts["system"], scene, facts)
    write_services(to, scene, facts)
    write_consents(to, scene, facts)
    write_provenance(to, facts, observer, version)
    return _checked(to.bundle())


def record_of(bundle: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the identity and the facts of a Bundle that `bundle_of` made, in JSON form.

    Raises RejectedError for a Bundle that is no FHIR, or not of these profiles.
    """
    identity, facts = _read(bundle, _record)
    return _held(Identity, identity), _held(CaseFacts, facts)


def provider_bundle_of(provider: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of the service directory, as `ServiceProvider` has it, as a Bundle."""
    to = Writer(seed=f"provider/{provider['provider_id']}", on="")
    write_provider(to, provider)
    return _checked(to.bundle())


def provider_of(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of the directory that `provider_bundle_of` made a Bundle of.

    Raises RejectedError as `record_of` does.
    """
    return _held(ServiceProvider, _read(bundle, read_provider))


def _record(given: Reader) -> tuple[dict[str, Any], dict[str, Any]]:
    identity = read_child(given) | {"household": read_thing(given, "household")}
    facts = read_provenance(given) | read_contact(given) | read_case(given)
    facts |= read_situations(given) | read_services(given)
    facts |= {"follow_ups": read_visits(given), "consents": read_consents(given)}
    return identity, facts


_MISPLACED = (LookupError, ValueError, TypeError, AttributeError)
_FOREIGN = Reason(
    code="fhir_not_ours",
    message="The Bundle does not follow the profiles of this hub.",
    next_step="Send resources with the profiles and elements that docs/fhir.md lists.",
)


def _read(bundle: Mapping[str, Any], how: Callable[[Reader], Content]) -> Content:
    """Return what a reader makes of a Bundle. One of other profiles has no place to read at."""
    checked = _checked(bundle)
    try:
        return how(Reader(checked))
    except _MISPLACED:
        reasons = [_FOREIGN]
    raise RejectedError(*reasons)


def _checked(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Bundle as fhir.resources reads it: structure and types, not code lists."""
    from fhir.resources.R4B.bundle import Bundle  # heavy: only who speaks FHIR pays for it

    try:
        found: dict[str, Any] = Bundle.model_validate(bundle).model_dump(mode="json")
    except ValidationError as error:
        reasons = _broken(error)
    except (*_MISPLACED, RecursionError):  # what its validators stumble over themselves
        reasons = [_FOREIGN]
    else:
        return found
    raise RejectedError(*reasons)


def _held(model: type[Thing], content: dict[str, Any]) -> dict[str, Any]:
    """Return the content as the closed model stores it."""
    try:
        held = model.model_validate(_without_none(content))
    except ValidationError as error:
        reasons = _broken(error)
    else:
        return held.model_dump(mode="json", exclude_none=True)
    raise RejectedError(*reasons)


def _without_none(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_none(one) for one in value if one is not None]
    return value


def _broken(error: ValidationError) -> list[Reason]:
    """Return where a Bundle breaks, without any value.

    The error itself holds the values: it must not even be the context of what is raised.
    """
    try:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
    except UnicodeError:  # a lone surrogate, which cannot even be told
        return [_FOREIGN]
    places = {_place(one) for one in faults}
    return [
        Reason(
            code="fhir_invalid", column=place,
            message="This element is missing, of a wrong type, or unknown to FHIR R4.",
            next_step="Mend the element; a FHIR validator tells more.",
        )
        for place in sorted(places)
    ]  # fmt: skip


def _place(fault: Mapping[str, Any]) -> str:
    """Return the way to an element. An element that FHIR does not have goes unnamed."""
    way = [str(part) for part in fault["loc"]]
    return ".".join([*way[:-1], "?"] if fault["type"] == "extra_forbidden" else way)
