"""Who the child is: the sealed `identity` part of a record. Never holds what happened to it."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import TOWNSHIP, Absent, Meaning, Sex, Thing
from contracts.model.guardian import Guardian
from contracts.model.household import Household


class Identity(Thing):
    """A child as one source record knows it. A name is one full name: there are no surnames."""

    name: Annotated[
        str | None,
        Label.C3,
        Meaning("Full name as written, parts rejoined, text normalised.", of.CPIMS),
    ] = None
    father_name: Annotated[
        str | None,
        Label.C3,
        Meaning("Full name of the father: the main discriminator of names.", of.CPIMS),
    ] = None
    mother_name: Annotated[str | None, Label.C3, Meaning("Full name of the mother.", of.SCHOOL)] = (
        None
    )
    card_no: Annotated[
        str | None,
        Label.C3,
        Meaning(
            "Citizenship card number as `12/OUKAMA(N)123456`; one that cannot be read stays as"
            " written, with the note `card_unreadable` beside the facts.",
            of.CARD,
        ),
    ] = None
    phone: Annotated[
        str | None, Label.C3, Meaning("Telephone as `09...` or `+...`, digits only.", of.PRIMERO)
    ] = None
    address: Annotated[
        str | None, Label.C3, Meaning("Where the child lives, free text, normalised.", of.PRIMERO)
    ] = None
    sex: Annotated[
        Sex,
        Label.C1,
        Meaning("Sex; `unknown` when the source does not say.", "ISO/IEC 5218", codes="sexes"),
    ] = "unknown"
    birth_earliest: Annotated[
        date | None,
        Label.C3,
        Meaning("First possible birth date; equals the last when known.", of.OWN, "d"),
    ] = None
    birth_latest: Annotated[
        date | None, Label.C3, Meaning("Last possible birth date.", of.OWN, "d")
    ] = None
    nationality: Annotated[
        str | None,
        Label.C4,
        Meaning("Nationality.", "ISO 3166-1 alpha-2", codes="nationalities"),
        Field(pattern=r"^([A-Z]{2}|unmapped)$"),
    ] = None
    language: Annotated[
        str | None,
        Label.C4,
        Meaning("Language that the child speaks.", "BCP 47"),
        Field(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*|unmapped)$"),
    ] = None
    home_township: Annotated[
        str | None,
        Label.C1,
        Meaning("Township of the home.", of.MIMU, codes="townships"),
        Field(pattern=TOWNSHIP),
    ] = None
    guardians: Annotated[
        list[Guardian],
        Label.C6,
        Meaning("Who cares for the child.", of.PRIMERO),
    ] = Field(default_factory=list)
    household: Annotated[
        Household | None, Label.C6, Meaning("The household that the child lives in.", of.DPMS)
    ] = None
    absent: Annotated[
        list[Absent],
        Label.C1,
        Meaning("Fields left empty on purpose, and why.", of.FHIR),
    ] = Field(default_factory=list)
