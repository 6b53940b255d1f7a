"""The form of a contract.toml: what of the Open Data Contract Standard 3.1 a contract may say.

Closed, and narrower than the standard: it refuses whatever the standard refuses, and what this
program would ignore without a word (servers, prices, roles). Judges no content.
"""

# The standard writes its names in camel case, and so do these forms.
# ruff: noqa: N815

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.mapping.quality_form import ENGINE, argument_fault, check_fault

API_VERSION = "v3.1.0"

TO_DO = "To do:"
"""How a text begins that waits for somebody who knows the source."""

Scalar = str | int | float | bool
Text = Annotated[str, Field(min_length=1)]
StableId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$")]
ContractId = Annotated[str, Field(pattern=r"^clm:[a-z][a-z0-9_]{0,39}:[a-z][a-z0-9_]{0,39}$")]
"""`clm:system:record`."""

LogicalType = Literal[
    "string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"
]
Classification = Literal["C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7"]


class Form(BaseModel):
    """A closed form. Its faults never repeat what was written."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, strict=True, allow_inf_nan=False
    )


class Definition(Form):
    """A link to a better definition."""

    url: Text
    type: Text
    id: StableId | None = None
    description: str = ""


class CustomProperty(Form):
    """A key of one's own."""

    property: Text
    value: Scalar | list[Scalar] | dict[str, Scalar]
    id: StableId | None = None
    description: str = ""


class Description(Form):
    """What the record is for, how it is used, and what it cannot say."""

    purpose: Text
    usage: str = ""
    limitations: str = ""
    authoritativeDefinitions: list[Definition] = []


class Member(Form):
    """A person or role of the team."""

    username: Text
    name: str = ""
    role: str = ""
    description: str = ""


class Team(Form):
    """Who answers for the record."""

    name: Text
    description: str = ""
    id: StableId | None = None
    members: list[Member] = []
    tags: list[str] = []


class ServiceLevel(Form):
    """One promise: how late, how often, how long."""

    property: Text
    value: Scalar
    valueExt: Scalar | None = None
    unit: str = ""
    element: str = ""
    driver: Literal["regulatory", "analytics", "operational", ""] = ""
    description: str = ""
    id: StableId | None = None
    scheduler: str = ""
    schedule: str = ""


class SupportItem(Form):
    """Where to ask."""

    channel: Text
    url: str = ""
    description: str = ""
    tool: str = ""
    scope: str = ""
    id: StableId | None = None


OPERATORS = (
    "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
    "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween",
)  # fmt: skip
_Between = Annotated[list[float], Field(min_length=2, max_length=2)]


class Quality(Form):
    """A quality rule. A broken one never rejects a record: it lowers the source's score."""

    name: Text
    description: str = ""
    id: StableId | None = None
    type: Literal["text", "library", "custom"] = "library"
    metric: (
        Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"]
        | None
    ) = None
    arguments: dict[str, Scalar | list[Scalar]] = {}
    mustBe: Scalar | None = None
    mustNotBe: Scalar | None = None
    mustBeGreaterThan: float | None = None
    mustBeGreaterOrEqualTo: float | None = None
    mustBeLessThan: float | None = None
    mustBeLessOrEqualTo: float | None = None
    mustBeBetween: _Between | None = None
    mustNotBeBetween: _Between | None = None
    engine: str = ""
    implementation: Text | dict[str, Scalar | list[Scalar]] | None = None
    dimension: (
        Literal[
            "accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness",
            "uniqueness",
        ]
        | None
    ) = None  # fmt: skip
    severity: str = ""
    unit: str = ""
    businessImpact: str = ""
    method: str = ""
    tags: list[str] = []
    customProperties: list[CustomProperty] = []

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [name for name in OPERATORS if getattr(self, name) is not None]
        if self.type == "library" and (self.metric is None or len(given) != 1):
            raise ValueError("a library rule needs a metric and exactly one operator (mustBe, ...)")
        if self.type == "custom" and not (self.engine and self.implementation):
            raise ValueError("a custom rule needs an engine and an implementation")
        if self.type == "text" and (self.metric or given or not self.description):
            raise ValueError("a text rule has a description and no metric or operator")
        if fault := self._fault():
            raise ValueError(f"quality rule {self.name}: {fault}")
        return self

    def _fault(self) -> str:
        """Return why the rule cannot be run, and what to do."""
        if self.type == "custom" and self.engine == ENGINE:
            return check_fault(self.implementation)
        return argument_fault(self.metric or "", self.arguments)


class _Element(Form):
    """What a record and a field share."""

    id: StableId | None = None
    physicalType: str = ""
    physicalName: str = ""
    businessName: str = ""
    description: str = ""
    deprecated: bool = False
    tags: list[str] = []
    quality: list[Quality] = []
    authoritativeDefinitions: list[Definition] = []
    customProperties: list[CustomProperty] = []


class Element(_Element):
    """A field, or the element of a list: `properties` of an object, `items` of an array."""

    logicalType: LogicalType
    logicalTypeOptions: dict[str, Scalar | list[str]] = {}
    classification: Classification | None = None
    required: bool = False
    unique: bool = False
    primaryKey: bool = False
    primaryKeyPosition: Annotated[int, Field(ge=-1)] = -1
    criticalDataElement: bool = False
    examples: list[Scalar | list[Scalar]] = []
    properties: list["Property"] = []
    items: "Element | None" = None


class Property(Element):
    """A field by its name, as the source writes it."""

    name: Text
    description: Text
    classification: Classification


class Record(_Element):
    """The record: what one row or object of the source holds."""

    name: Text
    logicalType: Literal["object"] = "object"
    dataGranularityDescription: str = ""
    properties: Annotated[list[Property], Field(min_length=1)]


class Document(Form):
    """A whole contract.toml."""

    apiVersion: Literal["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0"]
    kind: Literal["DataContract"]
    id: ContractId
    name: Text
    version: Version
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    description: Description
    domain: str = ""
    tenant: str = ""
    tags: list[str] = []
    team: Team | None = None
    support: list[SupportItem] = []
    slaProperties: list[ServiceLevel] = []
    schema_: Annotated[list[Record], Field(min_length=1, max_length=1, alias="schema")]
    authoritativeDefinitions: list[Definition] = []
    customProperties: list[CustomProperty] = []
