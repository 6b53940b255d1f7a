"""The outcome of one rule set for one record. Never mixes the statistical and the legal one."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model.base import Thing

VerdictAnswer = Literal["yes", "no", "undetermined", "out_of_scope"]


class Verdict(Thing):
    """Is this child labour, under which rules, and why. Reasons are codes, never kinds of abuse."""

    answer: Annotated[VerdictAnswer, Label.C1] = Field(
        description="`undetermined` lacks inputs (see `missing`); `out_of_scope` is an adult."
    )
    rules: Annotated[str, Label.C1] = Field(
        pattern=r"^[a-z0-9.-]+/[0-9]{4}$", description="Rule set and version."
    )
    reasons: Annotated[list[str], Label.C1] = Field(
        default_factory=list, description="Codes of the rules that decided."
    )
    missing: Annotated[list[str], Label.C1] = Field(
        default_factory=list, description="Fields that would settle an undetermined verdict."
    )
