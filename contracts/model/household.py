"""The household of a child, as surveys and case managers describe it. Names nobody."""

from typing import Annotated

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing, YesNo


class Household(Thing):
    """What is known of the household as a whole."""

    members: Annotated[
        int | None,
        Label.C6,
        Meaning("Persons who live in it.", of.LFS, "{person}"),
        Field(ge=1, le=60),
    ] = None
    children_5_17: Annotated[
        int | None,
        Label.C6,
        Meaning("Children of 5 to 17 years in it.", of.LFS, "{person}"),
        Field(ge=0, le=40),
    ] = None
    living_with: Annotated[
        str | None,
        Label.C6,
        Meaning("With whom the child lives.", of.INSPECTION, codes="living_with"),
    ] = None
    migrant: Annotated[
        YesNo | None, Label.C4, Meaning("Moved here for work or out of need.", of.LFS)
    ] = None
    livelihood: Annotated[
        str | None,
        Label.C6,
        Meaning("ISIC class of its main income.", of.ISIC, codes="isic4"),
        Field(pattern=r"^([0-9]{4}|unmapped)$"),
    ] = None
