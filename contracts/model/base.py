"""What every thing of the common schema shares: frozen, closed, and silent about its values."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

System = Literal["dsw_cms", "labour_inspection", "emis"]
Sex = Literal["M", "F", "unknown"]
YesNo = Literal["yes", "no", "not_asked"]

TOWNSHIP = r"^MMR[0-9]{6}$"
"""A MIMU township P-code; its first six characters are the state or region."""

UNMAPPED = "unmapped"
"""The value of a coded field whose code the code list does not know; triage has the code itself."""


class Thing(BaseModel):
    """A thing of the common schema. Stored as `model_dump(mode="json", exclude_none=True)`.

    None means missing: the source said nothing. "no" and "not_asked" are answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """Give no field to `repr`: values of a person never reach a log by accident."""
        return ()
