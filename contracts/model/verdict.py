"""The outcome of one rule set for one record. Never mixes the statistical and the legal one."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.labels import Label
from contracts.model import sources_of_meaning as of
from contracts.model.base import Meaning, Thing

VerdictAnswer = Literal["yes", "no", "undetermined", "out_of_scope"]


class Verdict(Thing):
    """Is this child labour, under which rules, and why. Reasons are codes, never kinds of abuse."""

    answer: Annotated[
        VerdictAnswer,
        Label.C1,
        Meaning(
            "`undetermined` lacks inputs (see `missing`); `out_of_scope`: too old or young.",
            of.OWN,
        ),
    ]
    rules: Annotated[
        str,
        Label.C1,
        Meaning("Rule set and version.", of.OWN),
        Field(pattern=r"^[a-z0-9.-]+/[0-9]{4}$"),
    ]
    reasons: Annotated[list[str], Label.C1, Meaning("Codes of the rules that decided.", of.OWN)] = (
        Field(default_factory=list)
    )
    missing: Annotated[
        list[str], Label.C1, Meaning("Fields that would settle an undetermined verdict.", of.OWN)
    ] = Field(default_factory=list)
