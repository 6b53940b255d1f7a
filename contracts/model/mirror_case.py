"""The closed row that MOLIP may see. Codes, bounded integers, booleans, months; never text."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.labels import Label

AgeBracket = Literal["0-4", "5-11", "12-14", "15-17"]
Sex = Literal["M", "F", "unknown"]
Answered = Literal["yes", "no", "undetermined"]
ReferralOutcome = Literal[
    "unknown", "none", "waiting", "delivered", "accepted", "rejected", "done", "task"
]


class MirrorCase(BaseModel):
    """One child-labour case, generalised to the ladder rung `rung` (0 is the coarsest).

    Quasi-identifiers: state or region, age bracket, sex, ISIC section, quarter. Every combination
    that has rows has at least k of them (`research/privacy.md` 2.4 in the design's annex).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pseudonym: Annotated[str, Label.C1] = Field(pattern=r"^m1[a-z2-7]{26}$")
    epoch: Annotated[int, Label.C0] = Field(ge=1, le=10**9)
    rung: Annotated[int, Label.C0] = Field(ge=0, le=9)
    state: Annotated[str, Label.C1] = Field(pattern=r"^MMR0(0[1-9]|1[0-8])$")
    age_bracket: Annotated[AgeBracket, Label.C1]
    sex: Annotated[Sex, Label.C1]
    isic_section: Annotated[str, Label.C1] = Field(pattern=r"^([A-U]|unknown)$")
    quarter: Annotated[str, Label.C1] = Field(pattern=r"^[0-9]{4}-(01|04|07|10)$")
    legal_verdict: Annotated[Answered, Label.C1]
    statistical_verdict: Annotated[Answered, Label.C1]
    hazardous: Annotated[bool, Label.C1]
    worst_form: Annotated[bool, Label.C1]
    referral_outcome: Annotated[ReferralOutcome, Label.C2]
    child_version: Annotated[int, Label.C0] = Field(ge=1, le=10**9)
    consent_version: Annotated[int, Label.C0] = Field(ge=0, le=10**9)
