"""The two files of a source contract as they are written: their shape alone. Maps nothing.

`contract.toml` is an Open Data Contract Standard document of which only what the mapping needs is
read here; `mapping.toml` is our own and closed.
"""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contracts import strict_toml
from contracts.errors import FatalError
from contracts.labels import Label
from contracts.mapping.quality_form import ENGINE, argument_fault, check_fault
from contracts.model.base import AbsentReason

_LARGEST = 1e15  # beyond it a float no longer holds every whole number
About = Literal["child", "referral", "figure"]


class _Open(BaseModel):
    """A part of the standard's document; what is not read here may stand in it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class QualityDocument(_Open):
    """One quality rule, as ODCS writes it."""

    name: str = ""
    type: Literal["library", "text", "sql", "custom"] = "library"
    metric: str = ""
    engine: str = ""
    arguments: dict[str, Any] = Field(default_factory=dict)
    implementation: str | dict[str, Any] = ""

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        fault = ""
        if self.type == "library":
            fault = argument_fault(self.metric, self.arguments)
        elif self.type == "custom" and self.engine == ENGINE:
            fault = check_fault(self.implementation)
        if fault:
            raise ValueError(f"quality rule {self.name}: {fault}")
        return self


class PropertyDocument(_Open):
    """One field; an object has `properties`, an array `items`."""

    name: str
    logicalType: str = "string"  # noqa: N815 - the standard's own name
    required: bool = False
    primaryKey: bool = False  # noqa: N815
    primaryKeyPosition: int = -1  # noqa: N815
    classification: Label
    description: str = ""
    logicalTypeOptions: dict[str, Any] = Field(default_factory=dict)  # noqa: N815
    properties: tuple["PropertyDocument", ...] = ()
    items: "ItemsDocument | None" = None
    quality: tuple[QualityDocument, ...] = ()

    @model_validator(mode="after")
    def _has_limits(self) -> Self:
        for name in ("minimum", "maximum"):
            if self.limit(name) is None and name in self.logicalTypeOptions and self._counts():
                raise ValueError(f"the {name} of {self.name} is no number that can be a limit")
        return self

    def _counts(self) -> bool:
        return self.logicalType in {"integer", "number"}

    def limit(self, name: str) -> int | float | None:
        """Return the least or greatest number that a field may hold; a day has none."""
        given = self.logicalTypeOptions.get(name)
        if not self._counts() or isinstance(given, bool) or not isinstance(given, int | float):
            return None
        return given if abs(given) <= _LARGEST else None


class ItemsDocument(_Open):
    """What an array holds."""

    logicalType: str = "string"  # noqa: N815
    properties: tuple[PropertyDocument, ...] = ()


class SchemaDocument(_Open):
    """The one object of a contract: its record."""

    name: str
    properties: tuple[PropertyDocument, ...]
    quality: tuple[QualityDocument, ...] = ()


class ContractDocument(_Open):
    """`contract.toml`."""

    id: str = Field(pattern=r"^clm:[a-z][a-z0-9_]{0,39}:[a-z][a-z0-9_]{0,39}$")
    name: str = ""
    version: str = Field(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$")
    schema_: tuple[SchemaDocument, ...] = Field(alias="schema", min_length=1)


class RowDocument(_Closed):
    """One row of a mapping."""

    target: str
    source: str | tuple[str, ...]
    transform: str
    codes: str = ""
    level: str = ""
    crosswalk: str = ""
    label: str = ""
    absent: dict[str, AbsentReason] = Field(default_factory=dict)


class ListDocument(_Closed):
    """Rows that make one thing of each element of a list."""

    target: str
    each: str
    rows: tuple[RowDocument, ...]


class RowsDocument(_Closed):
    """The `mapping` table."""

    rows: tuple[RowDocument, ...]
    lists: tuple[ListDocument, ...] = ()


class CrossedCode(_Closed):
    """One code of a source, the label under which it was understood, and the schema's code."""

    code: str
    label: str = ""
    target: str


class FigureDocument(_Closed):
    """When a record is about no child: `target` reads `answer`, and `without` is empty.

    Of a survey: its name, where no column tells it.
    """

    kind: Literal["inspection", "survey"]
    outcome: Literal["", "no_child_found"] = ""
    target: str = ""
    answer: str = ""
    without: str = ""
    survey: str = ""


class MappingDocument(_Closed):
    """`mapping.toml`."""

    version: str
    about: About
    child_needs: tuple[str, ...] = ()
    one_of: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()
    splits: str = ""
    person: tuple[str, ...] = ()
    figure: FigureDocument | None = None
    mapping: RowsDocument
    crosswalk: dict[str, tuple[CrossedCode, ...]] = Field(default_factory=dict)


_Document = TypeVar("_Document", bound=BaseModel)


def parse(model: type[_Document], text: str, place: str) -> _Document:
    """Read one file. Raises FatalError that says where in it something is wrong."""
    return shaped(model, raw(text, place), place)


def raw(text: str, place: str) -> dict[str, Any]:
    """Return a TOML file's tables. Raises FatalError for what is no TOML, or nests without end."""
    try:
        return strict_toml.loads(text)
    except strict_toml.WrongTomlError as error:
        where = f" line {error.line}" if error.line else ""
        raise FatalError(f"{place}{where}: {error}") from None


def shaped(model: type[_Document], tables: dict[str, Any], place: str) -> _Document:
    """Return the tables as a document. Raises FatalError with each wrong key and its place."""
    try:
        return model.model_validate(tables)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise FatalError(f"{place} is not a document of its kind: {wrong}") from None
    except RecursionError:
        raise FatalError(f"{place} nests too deep to be read: flatten it") from None
