"""The closed row that MOLIP may see. Codes, bounded integers, booleans, months; never text."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning

AgeBracket = Literal["0-4", "5-11", "12-14", "15-17"]
Sex = Literal["M", "F", "unknown"]
Answered = Literal["yes", "no", "undetermined"]
ReferralOutcome = Literal[
    "unknown", "none", "waiting", "delivered", "accepted", "rejected", "done", "task"
]
_COUNTER = Field(ge=1, le=10**9)


class MirrorCase(BaseModel):
    """One child-labour case, generalised to the ladder rung `rung` (0 is the coarsest).

    Quasi-identifiers: state or region, age bracket, sex, ISIC section, quarter. Every combination
    that has rows has at least k of them (`research/privacy.md` 2.4 in the design's annex).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pseudonym: Annotated[
        str,
        Label.C1,
        Meaning("Pseudonym of the child, for this recipient alone.", of.OWN),
        Field(pattern=r"^m1[a-z2-7]{26}$"),
    ]
    epoch: Annotated[int, Label.C0, Meaning("Publication that the row is of.", of.OWN), _COUNTER]
    rung: Annotated[
        int,
        Label.C0,
        Meaning("Rung of the ladder of detail; 0 is the coarsest.", of.OWN),
        Field(ge=0, le=9),
    ]
    state: Annotated[
        str,
        Label.C1,
        Meaning("State or region.", of.MIMU, codes="states"),
        Field(pattern=r"^MMR0(0[1-9]|1[0-8])$"),
    ]
    age_bracket: Annotated[AgeBracket, Label.C1, Meaning("Age bracket.", of.ICLS, "a")]
    sex: Annotated[Sex, Label.C1, Meaning("Sex.", "ISO/IEC 5218", codes="sexes")]
    isic_section: Annotated[
        str,
        Label.C1,
        Meaning("Section of the work.", of.ISIC, codes="isic4"),
        Field(pattern=r"^([A-U]|unknown)$"),
    ]
    quarter: Annotated[
        str,
        Label.C1,
        Meaning("First month of the quarter in which child labour was first seen.", of.OWN, "mo"),
        Field(pattern=r"^[0-9]{4}-(01|04|07|10)$"),
    ]
    legal_verdict: Annotated[Answered, Label.C1, Meaning("Verdict under national law.", of.LAW)]
    statistical_verdict: Annotated[Answered, Label.C1, Meaning("Verdict in statistics.", of.SDG)]
    hazardous: Annotated[bool, Label.C1, Meaning("Hazardous conditions are stated.", of.R190)]
    worst_form: Annotated[bool, Label.C1, Meaning("A worst form is stated.", of.C182)]
    referral_outcome: Annotated[
        ReferralOutcome, Label.C2, Meaning("How the child's referral stands.", of.OWN)
    ]
    child_version: Annotated[int, Label.C0, Meaning("Version of the child.", of.OWN), _COUNTER]
    consent_version: Annotated[
        int,
        Label.C0,
        Meaning("Version of the child's consents.", of.OWN),
        Field(ge=0, le=10**9),
    ]
