"""The case that a case manager keeps of a child: its state, concern and what was asked for."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing

Concern = Literal["child_labour", "worst_form"]


class CaseFile(Thing):
    """A case in the DSW's system, or what another source asks for in its stead."""

    case_id: Annotated[
        str | None, Label.C3, Meaning("Id of the case in the DSW's system.", of.PRIMERO)
    ] = None
    case_status: Annotated[
        Literal["open", "closed"] | None,
        Label.C2,
        Meaning("Status of the case in the DSW's system.", of.PRIMERO),
    ] = None
    opened_on: Annotated[
        date | None, Label.C2, Meaning("Day of registration.", of.PRIMERO, "d")
    ] = None
    closed_on: Annotated[date | None, Label.C2, Meaning("Day of closure.", of.PRIMERO, "d")] = None
    risk_level: Annotated[
        str | None, Label.C2, Meaning("Risk as assessed.", of.PRIMERO, codes="risk_levels")
    ] = None
    concern: Annotated[
        Concern | None, Label.C1, Meaning("What a case manager says; never inferred.", of.PRIMERO)
    ] = None
    service_requested: Annotated[
        list[str],
        Label.C2,
        Meaning("Services asked for.", of.PRIMERO, codes="services"),
    ] = Field(default_factory=list)
    disclosure_limits: Annotated[
        bool,
        Label.C2,
        Meaning(
            "A free text limits disclosure: nothing beyond C1 until a person encodes it.",
            of.PRIMERO,
        ),
    ] = False
