"""A labour inspection: its kind, access and outcome. Says nothing of the children it found."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing

Access = Literal["permitted", "denied"]


class Inspection(Thing):
    """One inspection of a workplace."""

    inspection_id: Annotated[str | None, Label.C7, Meaning("Id.", of.INSPECTION)] = None
    kind: Annotated[
        str | None, Label.C2, Meaning("Why it took place.", of.INSPECTION, codes="inspection_types")
    ] = None
    inspector: Annotated[str | None, Label.C7, Meaning("Code of the inspector.", of.INSPECTION)] = (
        None
    )
    entry: Annotated[Access | None, Label.C6, Meaning("Entry.", of.INSPECTION)] = None
    records: Annotated[Access | None, Label.C6, Meaning("Sight of records.", of.INSPECTION)] = None
    interview: Annotated[Access | None, Label.C6, Meaning("Interviews.", of.INSPECTION)] = None
    age_evidence: Annotated[
        str | None,
        Label.C2,
        Meaning("What the child's age was taken from.", of.INSPECTION, codes="age_evidence"),
    ] = None
    finding_law: Annotated[
        str | None, Label.C6, Meaning("Section of the law that was broken.", of.INSPECTION)
    ] = None
    sanction: Annotated[
        str | None, Label.C6, Meaning("What followed.", of.INSPECTION, codes="sanctions")
    ] = None
    sanction_amount: Annotated[
        float | None, Label.C6, Meaning("Fine.", of.INSPECTION, "MMK"), Field(ge=0, le=1e12)
    ] = None
    deadline: Annotated[
        date | None,
        Label.C6,
        Meaning("Day by which the workplace must comply.", of.INSPECTION, "d"),
    ] = None
