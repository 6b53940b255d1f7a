"""A service provider as Organization and HealthcareService, there and back. About no child."""

from collections.abc import Mapping
from typing import Any

from contracts.fhir.bundles import Reader, Writer, identifier, identifier_in
from contracts.fhir.places import PLACES, write_township
from contracts.fhir.vocabulary import code_in, concept, id_system


def write_provider(to: Writer, provider: Mapping[str, Any]) -> None:
    """Add who provides, what and where."""
    who = to.add(
        "Organization", "provider", "provider",
        identifier=identifier(id_system("provider"), provider["provider_id"]),
        name=provider["name"],
    )  # fmt: skip
    places = [write_township(to, township) for township in provider.get("townships", ())]
    to.add(
        "HealthcareService", "provided-services", "provided-services",
        providedBy=who, location=places,
        type=[concept("services", service) for service in provider.get("services", ())],
    )  # fmt: skip


def read_provider(given: Reader) -> dict[str, Any]:
    """Return the entry of the directory."""
    who, offer = given.must("provider"), given.must("provided-services")
    return {
        "provider_id": identifier_in(who) or "",
        "name": who.get("name", ""),
        "services": [code_in(one) for one in offer.get("type", ())],
        "townships": [identifier_in(given.at(one), PLACES) for one in offer.get("location", ())],
    }
