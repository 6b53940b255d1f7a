"""The shape of a source contract: what two versions are compared by, and what CI remembers.

A shape holds nothing but what a source or a reader relies on: no descriptions, owners or samples.
"""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict

from contracts import codes
from contracts.checking.mapping import placed_rows, whole_target
from contracts.checking.targets import targets
from contracts.mapping.rows import Property, Row, SourceContract

_NO_LISTS = frozenset({"card_townships"})
"""Tables beside the code lists: the letters of cards, which no field takes as codes."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldShape(_Closed):
    """What a source may send in one field."""

    type: str
    label: str
    required: bool = False
    key: int = 0
    minimum: float | None = None
    maximum: float | None = None


class RowShape(_Closed):
    """How one row makes a value of a field."""

    source: tuple[str, ...]
    transform: str
    codes: str = ""
    level: str = ""
    crosswalk: str = ""
    label: str = ""
    absent: dict[str, str] = {}


class CodeShape(_Closed):
    """What a code of the source becomes, and the label under which it was understood."""

    target: str
    label: str = ""


class Shape(_Closed):
    """A whole contract. `rows` are in order, by target: the first that is not empty counts.

    `meanings` says what each target takes in the common schema: unit and code list.
    """

    name: str
    version: str
    mapping_version: str
    about: str
    fields: dict[str, FieldShape]
    rows: dict[str, tuple[RowShape, ...]]
    crosswalks: dict[str, dict[str, CodeShape]] = {}
    meanings: dict[str, str] = {}
    each: dict[str, str] = {}
    child_needs: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    splits: str = ""
    person: tuple[str, ...] = ()
    figure: dict[str, str] = {}
    quality: tuple[str, ...] = ()

    @property
    def major(self) -> int:
        """The first number of the version: a breaking change needs a higher one."""
        return int(self.version.split(".")[0])


def shape_of(contract: SourceContract) -> Shape:
    """Return the shape of a contract."""
    rows = _rows(contract)
    return Shape(
        name=f"{contract.system}/{contract.record}", version=contract.version,
        mapping_version=contract.mapping_version, about=contract.about,
        fields=dict(_fields(contract.properties, "")), rows=rows,
        crosswalks={
            name: {
                code: CodeShape(target=target, label=contract.labels[name].get(code, ""))
                for code, target in table.items()
            }
            for name, table in contract.crosswalks.items()
        },
        meanings={name: _meaning(name) for name in rows},
        each={one.target: one.each for one in contract.lists},
        child_needs=contract.child_needs, one_of=contract.one_of, splits=contract.splits,
        person=contract.person,
        figure=contract.figure.model_dump(exclude_defaults=True) if contract.figure else {},
        quality=tuple(sorted(_quality(contract))),
    )  # fmt: skip


def code_lists() -> dict[str, str]:
    """Return the codes of every list, with blanks between: what CI remembers of them."""
    names = [name for name in codes.names() if name not in _NO_LISTS]
    return {name: " ".join(codes.load(name).codes) for name in names}


def _rows(contract: SourceContract) -> dict[str, tuple[RowShape, ...]]:
    found: dict[str, tuple[RowShape, ...]] = {}
    for at, _, row in placed_rows(contract):
        target = whole_target(contract, at, row)
        found[target] = (*found.get(target, ()), _row(row))
    return found


def _row(row: Row) -> RowShape:
    return RowShape(
        source=row.source, transform=row.transform, codes=row.codes, level=row.level,
        crosswalk=row.crosswalk, label=row.code_label, absent=dict(row.absent),
    )  # fmt: skip


def _fields(properties: Mapping[str, Property], prefix: str) -> Iterator[tuple[str, FieldShape]]:
    for one in properties.values():
        name = prefix + one.name
        yield name, FieldShape(
            type=one.logical_type, label=one.label.value, required=one.required,
            key=one.key_position, minimum=one.minimum, maximum=one.maximum,
        )  # fmt: skip
        yield from _fields(one.parts, f"{name}[]." if one.logical_type == "array" else f"{name}.")


def _meaning(name: str) -> str:
    target = targets().get(name)
    return f"{target.label.value} {target.unit} {target.codes}".strip() if target else ""


def _quality(contract: SourceContract) -> Iterator[str]:
    yield from (rule.name for rule in contract.quality)
    inside = list(contract.properties.values())
    while inside:
        one = inside.pop()
        yield from (rule.name for rule in one.quality)
        inside += one.parts.values()
