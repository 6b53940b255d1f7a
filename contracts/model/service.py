"""A service to a child, the referral that asks for it, and who gives it. Holds no identity."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import TOWNSHIP, Meaning, Thing, YesNo


class Service(Thing):
    """One service row of a case."""

    service_id: Annotated[str, Label.C2, Meaning("Id of the row.", of.PRIMERO)]
    kind: Annotated[
        str | None, Label.C2, Meaning("Which service.", of.PRIMERO, codes="services")
    ] = None
    appointment_on: Annotated[
        date | None, Label.C2, Meaning("Day of the appointment.", of.PRIMERO, "d")
    ] = None
    implemented: Annotated[
        YesNo | None, Label.C2, Meaning("The service was given.", of.PRIMERO)
    ] = None
    given_on: Annotated[date | None, Label.C2, Meaning("Day it was given.", of.PRIMERO, "d")] = None
    provider: Annotated[
        str | None, Label.C7, Meaning("Agency or user who gives it.", of.PRIMERO)
    ] = None


class Referral(Thing):
    """A child was referred, and how that stands."""

    referral_id: Annotated[str, Label.C2, Meaning("Id in the recipient's system.", of.PRIMERO)]
    service: Annotated[
        str | None, Label.C2, Meaning("Service asked for.", of.PRIMERO, codes="services")
    ] = None
    state: Annotated[
        str | None,
        Label.C2,
        Meaning("How it stands.", "FHIR R4 task-status, crosswalked", codes="referral_states"),
    ] = None
    sent_on: Annotated[date | None, Label.C2, Meaning("Day of referral.", of.PRIMERO, "d")] = None
    to: Annotated[str | None, Label.C7, Meaning("Recipient.", of.PRIMERO)] = None


class ServiceProvider(Thing):
    """Who serves which townships with what: an entry of the service directory. About no child."""

    provider_id: Annotated[str, Label.C7, Meaning("Id in the directory.", of.CPIMS)]
    name: Annotated[str, Label.C7, Meaning("Name of the organisation.", of.CPIMS)]
    services: Annotated[
        list[str],
        Label.C0,
        Meaning("What it offers.", of.PRIMERO, codes="services"),
    ] = Field(default_factory=list)
    townships: Annotated[
        list[Annotated[str, Field(pattern=TOWNSHIP)]],
        Label.C0,
        Meaning("Where it offers it.", of.MIMU, codes="townships"),
    ] = Field(default_factory=list)
