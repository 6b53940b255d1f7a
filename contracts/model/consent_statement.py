"""What a source record says about consent. States it; never decides what follows from it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model.base import Thing, YesNo

Scope = Literal["reporting", "services", "disclosure"]
Speaker = Literal["guardian", "child", "unknown"]


class ConsentStatement(Thing):
    """One answer to one question of consent. No statement at all means missing, never "no"."""

    scope: Annotated[Scope, Label.C2] = Field(
        description=(
            "`reporting`: de-identified use by the ministry; `services`: to be helped;"
            " `disclosure`: to be named to other organisations that help."
        )
    )
    answer: Annotated[YesNo, Label.C2] = Field(description="`no` is an objection, whoever says it.")
    by: Annotated[Speaker, Label.C2] = Field(description="Who gave the answer.")
    on: Annotated[date, Label.C2] = Field(description="Date of the answer as the source has it.")
