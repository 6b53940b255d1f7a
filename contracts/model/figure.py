"""A counted record: one that is about no child. Codes only; it goes to statistics."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model.base import TOWNSHIP, System, Thing


class Figure(Thing):
    """An inspection that found no child: a part of the indicator's denominator."""

    system: Annotated[System, Label.C0] = Field(description="Source system.")
    ref: Annotated[str, Label.C1] = Field(
        description="Pseudonym of the record: a figure sent again counts once."
    )
    township: Annotated[str, Label.C0] = Field(pattern=TOWNSHIP, description="MIMU P-code.")
    month: Annotated[str, Label.C0] = Field(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="Month of the inspection."
    )
    kind: Annotated[Literal["inspection"], Label.C0] = Field(description="What was counted.")
    outcome: Annotated[Literal["no_child_found"], Label.C0] = Field(description="Its outcome.")
