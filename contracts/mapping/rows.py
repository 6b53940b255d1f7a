"""A source contract as the mapping sees it: fields, rows, lists, crosswalks. Reads no file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts import paths
from contracts.labels import Label
from contracts.mapping.documents import FigureDocument, QualityDocument

CHILD = "child"
"""Where `split` puts the element of a repeat that a contract splits by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One field of a source record, as ODCS describes it. `parts` are an object's, or an item's."""

    name: str
    logical_type: str
    required: bool
    label: Label
    description: str
    minimum: float | None
    maximum: float | None
    key_position: int
    quality: tuple[QualityDocument, ...]
    parts: Mapping[str, "Property"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a mapping. `column` is the source path that a person would look at."""

    target: str
    source: tuple[str, ...]
    transform: str
    codes: str
    level: str
    crosswalk: str
    code_label: str
    absent: Mapping[str, str]
    column: str
    minimum: float | None
    maximum: float | None
    label: Label
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRows:
    """Rows that make one thing of each element of the list at `each`."""

    target: str
    each: str
    rows: tuple[Row, ...]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceContract:
    """A source record: its fields, and how they become the common schema.

    `document` is all of `contract.toml`; `labels` are the labels of the codes of each crosswalk;
    `person` the fields by which a person is known in every record, where the key alone is not it.
    """

    system: str
    record: str
    version: str
    mapping_version: str
    about: str
    place: str
    properties: Mapping[str, Property]
    rows: tuple[Row, ...]
    lists: tuple[ListRows, ...]
    crosswalks: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, Mapping[str, str]]
    child_needs: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...]
    splits: str
    person: tuple[str, ...]
    figure: FigureDocument | None
    quality: tuple[QualityDocument, ...]
    document: Mapping[str, Any] = field(repr=False)

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which a record is rejected, parts of objects among them."""
        return tuple(_required(self.properties.values(), ""))

    @property
    def required_of_child(self) -> tuple[str, ...]:
        """The fields without which the element that a contract splits by is rejected."""
        repeat = self.find(CHILD) if self.splits else None
        return tuple(_required(repeat.parts.values(), f"{CHILD}.")) if repeat else ()

    def find(self, path: str, *, within: str = "") -> Property | None:
        """Return the field that a path ends at; `within` is the list that the path starts in."""
        steps = [*_steps(within), *_steps(path)]
        if self.splits and steps and steps[0] == CHILD:
            steps[:1] = _steps(self.splits)
        found: Property | None = None
        parts = self.properties
        for name in steps:
            found = parts.get(name)
            if found is None:
                return None
            parts = found.parts
        return found


def _steps(path: str) -> list[str]:
    return list(paths.names(path)) if path and path != paths.ITSELF else []


def _required(properties: Iterable[Property], before: str) -> Iterator[str]:
    for one in properties:
        if one.required:
            yield f"{before}{paths.written(one.name)}"
        if one.logical_type == "object":
            yield from _required(one.parts.values(), f"{before}{paths.written(one.name)}.")
