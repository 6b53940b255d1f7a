"""Source contracts and their mappings, read from `contracts/sources`. Checks, applies nothing."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from contracts.errors import FatalError
from contracts.labels import Label

TARGETS = frozenset(
    {
        *(f"identity.{name}" for name in (
            "name", "father_name", "mother_name", "card_no", "phone", "address", "home_township")),
        *(f"facts.{name}" for name in (
            "office", "township", "isic", "isco", "hours_week", "hours_day", "days_week",
            "night_work", "attends_school", "sees_working", "teacher_refers", "child_found",
            "hazards", "worst_forms", "school_status", "absence_reason", "service_requested",
            "disclosure_limits", "case_status", "case_id")),
        "observed.on", "observed.changed", "birth.date", "birth.age", "birth.estimated",
        "child.sex", "child.enabled", "child.valid", "child.concerns",
        "consent.all", "consent.reporting", "consent.services", "consent.disclosure", "consent.by",
        *(f"answer.{name}" for name in (
            "referral", "case", "service_id", "state", "on", "owner", "services")),
    }
)  # fmt: skip
"""Every target that a mapping may name: the common schema, and what its things are made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One field of a source record, as ODCS describes it."""

    name: str
    logical_type: str
    required: bool
    label: Label
    description: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a mapping. `column` is the source field that a person would look at."""

    target: str
    source: tuple[str, ...]
    transform: str
    codes: str
    level: str
    crosswalk: str
    column: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRule:
    """When a record is about no child: `target` reads `answer`, and column `without` is empty."""

    kind: str
    outcome: str
    target: str
    answer: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContract:
    """A source record: its fields, and how they become the common schema."""

    system: str
    record: str
    version: str
    mapping_version: str
    about: str
    properties: Mapping[str, Property]
    rows: tuple[Row, ...]
    crosswalks: Mapping[str, Mapping[str, str]]
    child_needs: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...]
    figure: FigureRule | None

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which a record is rejected."""
        return tuple(one.name for one in self.properties.values() if one.required)


@cache
def load(system: str, record: str, major: int = 1) -> SourceContract:
    """Load a contract. Raises FatalError when there is none, or when its mapping is wrong."""
    folder = files("contracts").joinpath("sources", system, record, f"v{major}")
    place = f"contracts/sources/{system}/{record}/v{major}"
    if not folder.is_dir():
        raise FatalError(f"there is no contract for {system}/{record}: write {place}")
    contract = tomllib.loads(folder.joinpath("contract.toml").read_text(encoding="utf-8"))
    mapping = tomllib.loads(folder.joinpath("mapping.toml").read_text(encoding="utf-8"))
    properties = {one["name"]: _property(one) for one in contract["schema"][0]["properties"]}
    crosswalks = {
        name: {row["code"]: row["target"] for row in rows}
        for name, rows in mapping.get("crosswalk", {}).items()
    }
    rule = mapping.get("figure")
    return SourceContract(
        system=system, record=record, version=contract["version"],
        mapping_version=mapping["version"], about=mapping["about"], properties=properties,
        rows=tuple(_row(one, properties, crosswalks, place) for one in mapping["mapping"]["rows"]),
        crosswalks=crosswalks, child_needs=tuple(mapping.get("child_needs", ())),
        one_of=tuple(tuple(group) for group in mapping.get("one_of", ())),
        figure=FigureRule(**rule) if rule else None,
    )  # fmt: skip


def every() -> tuple[tuple[str, str], ...]:
    """Return (system, record) of all contracts."""
    root = files("contracts").joinpath("sources")
    return tuple(
        sorted(
            (system.name, record.name)
            for system in root.iterdir() if system.is_dir()
            for record in system.iterdir() if record.is_dir()
        )
    )  # fmt: skip


def _property(data: Mapping[str, Any]) -> Property:
    limits = data.get("logicalTypeOptions", {})
    return Property(
        name=data["name"], logical_type=data["logicalType"], required=data.get("required", False),
        label=Label(data["classification"]), description=data["description"],
        minimum=limits.get("minimum"), maximum=limits.get("maximum"),
    )  # fmt: skip


def _row(
    data: Mapping[str, Any], properties: Mapping[str, Property],
    crosswalks: Mapping[str, Mapping[str, str]], place: str,
) -> Row:  # fmt: skip
    source = data["source"]
    sources = (source,) if isinstance(source, str) else tuple(source)
    columns = [one.split("[")[0].split(".")[0] for one in sources]
    wrong = [f"field {column}" for column in columns if column not in properties]
    if data["target"] not in TARGETS:
        wrong.append(f"target {data['target']}")
    if data.get("crosswalk", "") not in {"", *crosswalks}:
        wrong.append(f"crosswalk {data['crosswalk']}")
    if wrong:
        raise FatalError(f"{place}/mapping.toml names an unknown {', '.join(wrong)}: mend the row")
    limits = properties[columns[0]]
    return Row(
        target=data["target"], source=sources, transform=data["transform"],
        codes=data.get("codes", ""), level=data.get("level", ""),
        crosswalk=data.get("crosswalk", ""), column=columns[0],
        minimum=limits.minimum, maximum=limits.maximum,
    )  # fmt: skip
