"""What arrives from the hub besides rows: markers of epochs and cells of tables. Closed shapes."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import HubError
from contracts.labels import Label

CASE_TYPE = "clm.mirror.case.v1"
EPOCH_TYPE = "clm.mirror.epoch.v1"
STATISTIC_TYPE = "clm.statistic.v1"
RECEIPT_TYPE = "clm.receipt.epoch.v1"

System = Literal["dsw_cms", "labour_inspection", "emis", "labour_force_survey", "public_reports"]
EpochNumber = Annotated[int, Field(ge=1, le=10**9)]
Count = Annotated[int, Field(ge=0, le=10**9)]
ContractVersion = Annotated[str, Field(pattern=r"^[a-z0-9./-]{1,40}$")]
TableCode = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
AreaCode = Annotated[str, Field(pattern=r"^MMR([0-9]{3}(D?[0-9]{3})?)?$")]
Period = Annotated[str, Field(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$")]

Model = TypeVar("Model", bound=BaseModel)


class RefusedMessageError(HubError):
    """A message of no agreed shape. It is parked, and every answer says `complete: false`."""


class EpochMarker(BaseModel):
    """Ends an epoch: after it, exactly `rows` cases are visible. `sources`: complete until when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: Annotated[EpochNumber, Label.C0]
    as_of: Annotated[AwareDatetime, Label.C0]
    rows: Annotated[Count, Label.C0]
    total_cases: Annotated[Count | None, Label.C0] = None
    sources: Annotated[dict[System, AwareDatetime | None], Label.C0]
    contract: Annotated[ContractVersion, Label.C0]


class StatisticCell(BaseModel):
    """One cell of one published table: `value` of `area` in `period` (a year or a first month)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: Annotated[TableCode, Label.C0]
    area: Annotated[AreaCode, Label.C0]
    period: Annotated[Period, Label.C0]
    value: Annotated[Count, Label.C0]


def parse(model: type[Model], data: Mapping[str, Any]) -> Model:
    """Return the content. Raises RefusedMessageError, which names fields and holds no value."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = {str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]}
        fields = ", ".join(sorted(found & model.model_fields.keys())) or "an unknown field"
        raise RefusedMessageError(f"{model.__name__} refused: {fields}") from None
