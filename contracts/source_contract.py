"""Source contracts and their mappings: of this package, or of any folder's texts. Applies none.

What a mapping names must exist: fields in its contract, lists, crosswalks, targets in the schema.
All faults of a file are told at once, each with its line.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from contracts import paths
from contracts.errors import FatalError
from contracts.labels import Label
from contracts.mapping import targets as mapping_targets
from contracts.mapping.documents import (
    ContractDocument,
    ListDocument,
    MappingDocument,
    PropertyDocument,
    RowDocument,
    raw,
    shaped,
)
from contracts.mapping.faults import faults_of
from contracts.mapping.rows import ListRows, Property, Row, SourceContract

__all__ = ["ContractError", "Property", "Row", "SourceContract", "every", "load", "read"]


class ContractError(FatalError):
    """A contract cannot be used. `faults` are its faults, one a sentence with file and line."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@cache
def load(system: str, record: str, major: int = 1) -> SourceContract:
    """Load a contract of this package. Raises FatalError when there is none, or it is wrong."""
    folder = files("contracts").joinpath("sources", system, record, f"v{major}")
    place = f"contracts/sources/{system}/{record}/v{major}"
    if not folder.is_dir():
        raise FatalError(f"there is no contract for {system}/{record}: write {place}")
    contract, mapping = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("contract.toml", "mapping.toml")
    )
    found = read(contract, mapping, place)
    if (found.system, found.record) != (system, record):
        raise ContractError(f"{place}/contract.toml has the id of another folder: mend `id`")
    return found


def every() -> tuple[tuple[str, str, int], ...]:
    """Return (system, record, major) of all contracts of this package."""
    root = files("contracts").joinpath("sources")
    return tuple(
        sorted(
            (system.name, record.name, int(version.name[1:]))
            for system in root.iterdir() if system.is_dir()
            for record in system.iterdir() if record.is_dir()
            for version in record.iterdir() if re.fullmatch("v[0-9]+", version.name)
            if version.joinpath("contract.toml").is_file()
            and version.joinpath("mapping.toml").is_file()
        )
    )  # fmt: skip


def read(contract_toml: str, mapping_toml: str, place: str) -> SourceContract:
    """Read a contract of two texts; `place` is the folder that messages name.

    Raises ContractError with all faults of the mapping.
    """
    document = raw(contract_toml, f"{place}/contract.toml")
    contract = shaped(ContractDocument, document, f"{place}/contract.toml")
    mapping_place = f"{place}/mapping.toml"
    mapping = shaped(MappingDocument, raw(mapping_toml, mapping_place), mapping_place)
    _, system, record = contract.id.split(":")
    schema = contract.schema_[0]
    known: dict[str, Any] = {
        "system": system, "record": record, "version": contract.version, "place": place,
        "mapping_version": mapping.version, "about": mapping.about, "splits": mapping.splits,
        "properties": {one.name: _property(one) for one in schema.properties},
        "crosswalks": {
            name: {row.code: row.target for row in rows} for name, rows in mapping.crosswalk.items()
        },
        "labels": {
            name: {row.code: row.label for row in rows} for name, rows in mapping.crosswalk.items()
        },
        "child_needs": mapping.child_needs, "one_of": mapping.one_of, "figure": mapping.figure,
        "person": mapping.person, "quality": schema.quality, "document": document,
    }  # fmt: skip
    bare = SourceContract(**known, rows=(), lists=())
    lines = _Lines(mapping_toml, mapping_place)
    rows = tuple(_row(one, bare, lines) for one in mapping.mapping.rows)
    lists = tuple(_list(one, bare, lines) for one in mapping.mapping.lists)
    faults = faults_of(bare, mapping, rows, lists, schema.properties)
    if faults:
        raise ContractError(*faults)
    return SourceContract(**known, rows=rows, lists=lists)


class _Lines:
    """Where each row stands in a mapping's text: the n-th row of a target is on its n-th line."""

    def __init__(self, text: str, place: str) -> None:
        self._place = place
        self._lines: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            found = re.search(r'\btarget\s*=\s*"([^"]*)"', line)
            if found and "transform" in line and not line.lstrip().startswith("#"):
                self._lines.setdefault(found[1], []).append(number)

    def next(self, target: str) -> str:
        """Return the place of the next row of a target."""
        left = self._lines.get(target)
        where = f" line {left.pop(0)}" if left else ""
        return f"{self._place}{where}, row {target}"


def _property(document: PropertyDocument) -> Property:
    inner = document.items.properties if document.items else document.properties
    return Property(
        name=document.name, logical_type=document.logicalType, required=document.required,
        label=document.classification, description=document.description,
        minimum=document.limit("minimum"), maximum=document.limit("maximum"),
        key_position=document.primaryKeyPosition if document.primaryKey else 0,
        quality=document.quality, parts={one.name: _property(one) for one in inner},
    )  # fmt: skip


def _list(document: ListDocument, contract: SourceContract, lines: _Lines) -> ListRows:
    target = document.target
    if "." not in target:
        full = [one for one in mapping_targets.repeats() if one.endswith(f".{target}")]
        target = full[0] if full else target
    within = "" if document.each == paths.ITSELF else document.each
    rows = tuple(_row(one, contract, lines, within=within) for one in document.rows)
    return ListRows(target=target, each=document.each, rows=rows, place=f"{lines.next('')}{target}")


def _row(
    document: RowDocument, contract: SourceContract, lines: _Lines, *, within: str = ""
) -> Row:
    source = (document.source,) if isinstance(document.source, str) else document.source
    try:
        found = contract.find(source[0], within=within) if source else None
    except FatalError:
        found = None  # told with the other faults
    return Row(
        target=document.target, source=source, transform=document.transform,
        codes=document.codes, level=document.level, crosswalk=document.crosswalk,
        code_label=document.label, absent=document.absent,
        column=f"{within}.{source[0]}" if within and source else "".join(source[:1]).strip('"'),
        minimum=found.minimum if found else None, maximum=found.maximum if found else None,
        label=found.label if found else Label.C5, place=lines.next(document.target),
    )  # fmt: skip
