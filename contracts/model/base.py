"""What every thing of the common schema shares: frozen, closed, and silent about its values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from contracts.labels import Label

System = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
"""The name of a source system, as its manifest and its folder of contracts have it."""

Sex = Literal["M", "F", "unknown"]
YesNo = Literal["yes", "no", "not_asked"]

TOWNSHIP = r"^MMR[0-9]{6}$"
"""A MIMU township P-code; its first six characters are the state or region."""

UNMAPPED = "unmapped"
"""The value of a coded field whose code the code list does not know; triage has the code itself."""

AbsentReason = Literal["not_asked", "asked_unknown", "asked_declined", "masked", "inconsistent"]
"""Why a field is empty although its source says something: codes of FHIR's data-absent-reason,
and `inconsistent` for a survey's 97."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a field says, where that definition comes from, and its unit (UCUM; codes: their list).

    It stands beside the privacy label in the field's `Annotated` type and goes into every
    generated document: JSON Schema, AsyncAPI and the data dictionary.
    """

    text: str
    source: str
    unit: str = ""
    codes: str = ""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Add the meaning to the field's schema."""
        more = {"description": self.text, "x-source": self.source}
        more |= {"x-unit": self.unit} if self.unit else {}
        return handler(core) | more | ({"x-codes": self.codes} if self.codes else {})


class Thing(BaseModel):
    """A thing of the common schema. Stored as `model_dump(mode="json", exclude_none=True)`.

    None means missing: the source was asked and said nothing, or was never asked; which of the
    two, its contract tells (a field without a mapping row was never asked). An answer that says
    why there is none stands in `absent`. "no" and "not_asked" are answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """Give no field to `repr`: values of a person never reach a log by accident."""
        return ()


class Absent(Thing):
    """A field that its source left empty on purpose, and why. A survey's 98 is one: not known."""

    field: Annotated[str, Label.C1, Meaning("Field of the common schema, as `hours_week`.", "own")]
    reason: Annotated[
        AbsentReason,
        Label.C1,
        Meaning("Why it is empty.", "FHIR R4 data-absent-reason; MICS6 97-99"),
    ]
