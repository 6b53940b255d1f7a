"""Counted records: those that are about no child to help. Codes only; they go to statistics."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import TOWNSHIP, Meaning, Sex, System, Thing
from contracts.model.verdict import VerdictAnswer

_MONTH = Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")
_REF = Meaning("Pseudonym of the record: a figure sent again counts once.", of.OWN)


class Figure(Thing):
    """An inspection that found no child: a part of the indicator's denominator."""

    system: Annotated[System, Label.C0, Meaning("Source system.", of.OWN)]
    ref: Annotated[str, Label.C1, _REF]
    township: Annotated[
        str, Label.C0, Meaning("Township.", of.MIMU, codes="townships"), Field(pattern=TOWNSHIP)
    ]
    month: Annotated[
        str, Label.C0, Meaning("Month of the inspection.", of.INSPECTION, "mo"), _MONTH
    ]
    kind: Annotated[Literal["inspection"], Label.C0, Meaning("What was counted.", of.OWN)]
    outcome: Annotated[Literal["no_child_found"], Label.C0, Meaning("Its outcome.", of.INSPECTION)]


class SurveyFigure(Thing):
    """A sampled child of a household survey: weighted, without identity, no case to follow."""

    system: Annotated[System, Label.C0, Meaning("Source system.", of.OWN)]
    ref: Annotated[str, Label.C1, _REF]
    kind: Annotated[Literal["survey"], Label.C0, Meaning("What was counted.", of.OWN)]
    survey: Annotated[str, Label.C0, Meaning("Name and round of the survey.", of.LFS)]
    month: Annotated[str, Label.C0, Meaning("Month of the interview.", of.LFS, "mo"), _MONTH]
    state: Annotated[
        str,
        Label.C0,
        Meaning("State or region.", of.MIMU, codes="states"),
        Field(pattern=r"^MMR0(0[1-9]|1[0-8])$"),
    ]
    age: Annotated[
        int, Label.C1, Meaning("Age, completed years.", of.MICS, "a"), Field(ge=0, le=120)
    ]
    sex: Annotated[Sex, Label.C1, Meaning("Sex.", of.LFS, codes="sexes")] = "unknown"
    weight: Annotated[
        float,
        Label.C0,
        Meaning("Sample weight: children that this one stands for.", of.LFS, "1"),
        Field(ge=0, le=1e7),
    ]
    isic_section: Annotated[
        str,
        Label.C1,
        Meaning("ISIC section of the work.", of.ISIC, codes="isic4"),
        Field(pattern=r"^([A-U]|unknown)$"),
    ] = "unknown"
    statistical: Annotated[VerdictAnswer, Label.C1, Meaning("Verdict in statistics.", of.SDG)]
    hazardous: Annotated[
        bool | None, Label.C1, Meaning("Hazardous conditions; None: not asked.", of.MICS)
    ] = None
