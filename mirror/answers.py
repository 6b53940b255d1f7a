"""What the mirror answers, as closed models: codes, counts, months, times, pseudonyms."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.labels import Label
from contracts.model.mirror_case import AgeBracket, Answered, MirrorCase, ReferralOutcome, Sex
from mirror.messages import Count, StatisticCell, System
from mirror.store import Freshness

State = Annotated[str, Field(pattern=r"^MMR0(0[1-9]|1[0-8])$")]
Section = Annotated[str, Field(pattern=r"^([A-U]|unknown)$")]
Quarter = Annotated[str, Field(pattern=r"^[0-9]{4}-(01|04|07|10)$")]
Pseudonym = Annotated[str, Field(pattern=r"^m1[a-z2-7]{26}$")]
Contract = Annotated[str, Field(pattern=r"^[a-z0-9./-]{0,40}$")]
Dimension = Literal["state", "age_bracket", "sex", "isic_section", "quarter"]


class Closed(BaseModel):
    """The base of all answers: unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceLag(Closed):
    """How far a source had come when the epoch ended."""

    system: Annotated[System, Label.C0]
    complete_until: Annotated[AwareDatetime | None, Label.C0]
    lag_seconds: Annotated[int | None, Field(ge=0), Label.C0]


class Fresh(Closed):
    """What every answer says about itself. Before the first epoch: 0, no time, not complete."""

    epoch: Annotated[int, Field(ge=0, le=10**9), Label.C0]
    as_of: Annotated[AwareDatetime | None, Label.C0]
    complete: Annotated[bool, Label.C0]
    contract: Annotated[Contract, Label.C0]
    total_cases: Annotated[Count | None, Label.C0]
    sources: Annotated[list[SourceLag], Label.C0]


class CasesPage(Fresh):
    """Rows in the order of their pseudonyms; ask again with `after` = `next` for more."""

    cases: Annotated[list[MirrorCase], Label.C1]
    next: Annotated[Pseudonym | None, Label.C1]


class Cell(Closed):
    """One cell of a table: the codes that were asked for, and how many cases."""

    state: Annotated[State | None, Label.C0] = None
    age_bracket: Annotated[AgeBracket | None, Label.C0] = None
    sex: Annotated[Sex | None, Label.C0] = None
    isic_section: Annotated[Section | None, Label.C0] = None
    quarter: Annotated[Quarter | None, Label.C0] = None
    cases: Annotated[Count, Label.C0]


class TableAnswer(Fresh):
    """Registered child-labour cases by the dimensions asked for; never a prevalence."""

    by: Annotated[list[Dimension], Label.C0]
    least: Annotated[int, Field(ge=2, le=100), Label.C0]
    cells: Annotated[list[Cell], Label.C0]


class Epoch(Closed):
    """One epoch that has ended."""

    epoch: Annotated[int, Field(ge=1, le=10**9), Label.C0]
    as_of: Annotated[AwareDatetime, Label.C0]
    closed_at: Annotated[AwareDatetime, Label.C0]
    rows: Annotated[Count, Label.C0]
    withdrawn: Annotated[Count, Label.C0]
    contract: Annotated[Contract, Label.C0]


class EpochsAnswer(Fresh):
    """The epochs that have ended, newest first."""

    epochs: Annotated[list[Epoch], Label.C0]


class StatisticsAnswer(Fresh):
    """The cells of the published tables."""

    cells: Annotated[list[StatisticCell], Label.C0]


class CaseQuery(Closed):
    """A page of `/v1/cases`: each filter a code; a class too small is never answered, filtered or
    not. With `epoch`, an answer of another epoch is refused (409).
    """

    state: Annotated[State | None, Label.C1] = None
    age_bracket: Annotated[AgeBracket | None, Label.C1] = None
    sex: Annotated[Sex | None, Label.C1] = None
    isic_section: Annotated[Section | None, Label.C1] = None
    quarter: Annotated[Quarter | None, Label.C1] = None
    legal_verdict: Annotated[Answered | None, Label.C1] = None
    statistical_verdict: Annotated[Answered | None, Label.C1] = None
    hazardous: Annotated[bool | None, Label.C1] = None
    worst_form: Annotated[bool | None, Label.C1] = None
    referral_outcome: Annotated[ReferralOutcome | None, Label.C2] = None
    after: Annotated[str, Field(pattern=r"^(m1[a-z2-7]{26})?$"), Label.C1] = ""
    limit: Annotated[int, Field(ge=1, le=1000), Label.C0] = 200
    epoch: Annotated[int | None, Field(ge=1, le=10**9), Label.C0] = None

    def wanted(self) -> dict[str, object]:
        """The columns that are filtered, with their codes."""
        return self.model_dump(exclude_none=True, exclude={"after", "limit", "epoch"})


def fresh_fields(freshness: Freshness) -> dict[str, object]:
    """Return the fields of `Fresh`, each source with its lag behind the epoch's time."""
    sources = []
    for system, until in sorted(freshness.sources.items()):
        lag = None
        if until is not None and freshness.as_of is not None:
            lag = max(0, int((freshness.as_of - until).total_seconds()))
        sources.append({"system": system, "complete_until": until, "lag_seconds": lag})
    return {
        "epoch": freshness.epoch,
        "as_of": freshness.as_of,
        "complete": freshness.complete,
        "contract": freshness.contract,
        "total_cases": freshness.total_cases,
        "sources": sources,
    }
