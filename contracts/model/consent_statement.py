"""What a source record says about consent. States it; never decides what follows from it."""

from datetime import date
from typing import Annotated, Literal

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing, YesNo

Scope = Literal["reporting", "services", "disclosure"]
Speaker = Literal["guardian", "child", "unknown"]


class ConsentStatement(Thing):
    """One answer to one question of consent. No statement at all means missing, never "no"."""

    scope: Annotated[
        Scope,
        Label.C2,
        Meaning(
            "`reporting`: de-identified use by the ministry; `services`: to be helped;"
            " `disclosure`: to be named to other organisations that help.",
            of.PRIMERO,
        ),
    ]
    answer: Annotated[
        YesNo, Label.C2, Meaning("`no` is an objection, whoever says it.", of.PRIMERO)
    ]
    by: Annotated[Speaker, Label.C2, Meaning("Who gave the answer.", of.PRIMERO)]
    on: Annotated[date, Label.C2, Meaning("Date of the answer as recorded.", of.PRIMERO, "d")]
