"""The inspection row as a typed pydantic model: what the contract step is measured beside.

Written as one writes such a model today, and to check what the contract checks, no more and no
less: all columns, their types and limits, every code list whole (`Literal` by another name, with
the lists of `contracts.codes`), days, positions and cards by their form, texts stripped and bound
in length, several codes in a cell split and each looked up, and what no field can tell alone: a
workplace has an id or a name, a child that was found has a number, nobody is born after the
inspection. It does not ask the contract's quality rules, which reject nothing. It maps, judges and
seals nothing. Dates are written by orjson itself, which is quicker than by pydantic's own way.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import core_schema

from contracts import codes
from contracts.cells import LONGEST_TEXT


@dataclass(frozen=True)
class OneOf:
    """A code of a list: for pydantic the same as a `Literal` of all of them."""

    name: str
    level: str = ""

    def __get_pydantic_core_schema__(self, *_: object) -> core_schema.CoreSchema:
        return core_schema.literal_schema(list(codes.load(self.name, self.level).codes))


def _apart(cell: object) -> object:
    return cell.split() if isinstance(cell, str) else cell


DEGREES = r"-?[0-9]{1,3}(\.[0-9]{1,15})?"
Key = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)] | None
Access = Literal["permitted", "denied"] | None
YesNo = Annotated[str, OneOf("yes_no")] | None
Township = Annotated[str, OneOf("townships")]
Position = Annotated[str, Field(pattern=rf"^{DEGREES} {DEGREES}$")]
Card = Annotated[str, Field(pattern=r"^(1[0-4]|[1-9])/[A-Z]{2,12}\([NEPTYS]\)[0-9]{6}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)] | None
Hazards = Annotated[list[Annotated[str, OneOf("hazards")]], BeforeValidator(_apart)]
WorstForms = Annotated[list[Annotated[str, OneOf("worst_forms")]], BeforeValidator(_apart)]
ReferredTo = Literal["dsw", "police", "school", "health", "none"]


class InspectionRow(BaseModel):
    """A row of the inspection workbook, all of its columns, typed as its contract has them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    insp_id: Key
    insp_date: date
    insp_type: Annotated[str, OneOf("inspection_types")] | None
    inspector_code: Text
    office_code: Key
    wp_id: Text
    wp_name: Text
    wp_owner: Text
    wp_address: Text
    wp_township: Township
    gps: Position | None
    isic4: Annotated[str, OneOf("isic4", "class")] | None
    workers_total: Count
    workers_15_17_m: Count
    workers_15_17_f: Count
    workers_u15_m: Count
    workers_u15_f: Count
    entry: Access
    records: Access
    interview: Access
    child_found: Annotated[str, OneOf("child_found")]
    child_no: int | None
    child_name: Text
    child_father_name: Text
    child_sex: Annotated[str, OneOf("sexes")] | None
    child_dob: date | None
    child_age: Annotated[int, Field(ge=0, le=120)] | None
    child_age_evidence: Annotated[str, OneOf("age_evidence")] | None
    child_nationality: Annotated[str, OneOf("nationalities")] | None
    child_home_township: Township | None
    child_card_no: Card | None
    child_isco08: Annotated[str, OneOf("isco08", "unit")] | None
    child_task_text: Text
    child_hours_day: Annotated[float, Field(ge=0, le=24)] | None
    child_days_week: Annotated[int, Field(ge=0, le=7)] | None
    child_hours_week: Annotated[float, Field(ge=0, le=168)] | None
    child_night: YesNo
    child_attends_school: YesNo
    child_start_date: date | None
    child_pay_kind: Annotated[str, OneOf("pay_kinds")] | None
    child_hazards: Hazards | None
    child_wfcl_flags: WorstForms | None
    child_living_with: Annotated[str, OneOf("living_with")] | None
    child_injury: YesNo
    finding_law: Text
    sanction: Annotated[str, OneOf("sanctions")] | None
    sanction_amount: Annotated[float, Field(ge=0)] | None
    deadline: date | None
    referred_to: ReferredTo | None
    consent: YesNo
    remarks: Text

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not (self.wp_id or self.wp_name):
            raise ValueError("a workplace has an id or a name")
        if self.child_no is None and self.child_found != "no":
            raise ValueError("a child that was found has a number")
        if self.child_dob is not None and self.child_dob > self.insp_date:
            raise ValueError("nobody is born after the inspection")
        return self


def pydantic_in_orjson_out(row: bytes) -> bytes:
    """Read a row into its typed model, and write it."""
    content: dict[str, Any] = InspectionRow.model_validate_json(row).model_dump()
    return orjson.dumps(content)


def pydantic_in_and_out(row: bytes) -> bytes:
    """Write it by pydantic, too, which spares the dictionary between."""
    return InspectionRow.model_validate_json(row).model_dump_json().encode()
