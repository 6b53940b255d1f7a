"""Who the child is: the sealed `identity` part of a record. Never holds what happened to it."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.labels import Label
from contracts.model.base import TOWNSHIP, Sex, Thing


class Identity(Thing):
    """A child as one source record knows it. A name is one full name: there are no surnames."""

    name: Annotated[str | None, Label.C3] = Field(
        default=None, description="Full name as written, parts rejoined, text normalised."
    )
    father_name: Annotated[str | None, Label.C3] = Field(
        default=None, description="Full name of the father: the main discriminator of names."
    )
    mother_name: Annotated[str | None, Label.C3] = Field(
        default=None, description="Full name of the mother."
    )
    card_no: Annotated[str | None, Label.C3] = Field(
        default=None,
        description=(
            "Citizenship card number as `12/OUKAMA(N)123456`; one that cannot be read stays as"
            " written, with the note `card_unreadable` beside the facts."
        ),
    )
    phone: Annotated[str | None, Label.C3] = Field(
        default=None, description="Telephone as `09...` or `+...`, digits only."
    )
    address: Annotated[str | None, Label.C3] = Field(
        default=None, description="Where the child lives, free text, normalised."
    )
    sex: Annotated[Sex, Label.C1] = Field(
        default="unknown", description="Sex; `unknown` when the source does not say."
    )
    birth_earliest: Annotated[date | None, Label.C3] = Field(
        default=None, description="First possible birth date; equals the last when known."
    )
    birth_latest: Annotated[date | None, Label.C3] = Field(
        default=None, description="Last possible birth date."
    )
    home_township: Annotated[str | None, Label.C1] = Field(
        default=None, pattern=TOWNSHIP, description="Township of the home, MIMU P-code."
    )
