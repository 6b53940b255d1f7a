"""Drafts a contract from what a Primero says of its forms and lookups.

Rows are taken over from a contract that is known already, field by field of the same name. A code
keeps the meaning that it has there only where id *and* label are the same: sites relabel their
codes, and an id alone says nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.checking.document import TO_DO, Document, Element, Property
from contracts.codes import spelling
from contracts.guessing.names import is_key, personal_class
from contracts.mapping.documents import CrossedCode as Code
from contracts.mapping.documents import ListDocument, MappingDocument, RowDocument
from contracts.scaffold import Draft, DraftCode, DraftField, DraftRow
from contracts.scaffold.site import FormField, Site, codes_of

_TYPES = {
    "numeric_field": "number", "tally_field": "object", "tick_box": "boolean",
    "date_field": "date", "date_range": "object", "subform": "array",
}  # fmt: skip
_CORE = ("id", "last_updated_at", "enabled", "record_state", "status", "owned_by", "created_at")
"""What Primero gives with every case, whatever its forms say."""

_FILTER = re.compile(r"\[[^\]]*\]")
_SAMPLE = {
    "id": "00000000-0000-4000-8000-000000000000", "last_updated_at": "2026-01-15T02:30:00.000Z",
}  # fmt: skip
_ROW_ID = "unique_id"
"""What Primero gives with every row of a subform."""

_OPEN = "which field of the common schema?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A contract whose rows and codes are taken over."""

    document: Document
    mapping: MappingDocument


def draft_from_site(system: str, record: str, site: Site, known: Known, made_from: str) -> Draft:
    """Return the draft of a contract for the cases of a Primero."""
    described = {one.name: one for one in known.document.schema_[0].properties}
    core = [described[name] for name in _CORE if name in described and name not in site.fields]
    fields = [_taken_over(one) for one in core]
    fields += [_field(one, described.get(one.name), site) for one in site.fields.values()]
    there, coded = dict(_paths(fields, "")), dict(_coded(site))
    kept = [row for row in known.mapping.mapping.rows if _is_there(row, "", there)]
    in_lists = [(one, _kept(one, there)) for one in known.mapping.mapping.lists]
    read = [(row, "") for row in kept]
    read += [(row, _prefix(one)) for one, rows in in_lists for row in rows]
    tables = _tables(known.mapping, read, coded)
    usable = {name for name, rows in tables.items() if any(one.target is not None for one in rows)}
    read_paths = {_plain(prefix + path) for row, prefix in read for path in _sources(row)}
    left = sorted(there.keys() - read_paths)
    open_tables = {_table(path): _open_codes(coded[path]) for path in left if path in coded}
    return Draft(
        system=system, record=record, title=f"Primero {record}", made_from=made_from,
        fields=tuple(fields),
        rows=(
            *(_row(row, usable) for row in kept),
            *(_open_row(path, there[path], coded) for path in left),
        ),
        lists=tuple(
            (one.target, one.each, tuple(_row(row, usable) for row in rows))
            for one, rows in in_lists
            if rows
        ),
        crosswalks=tables | open_tables, sample=_SAMPLE,
    )  # fmt: skip


def _taken_over(one: Property) -> DraftField:
    return DraftField(
        name=one.name, type=one.logicalType, label=one.classification, required=one.required,
        description=one.description, key=1 if one.primaryKey else 0, limits=_limits(one),
    )  # fmt: skip


def _limits(known: Element) -> dict[str, float]:
    options = known.logicalTypeOptions.items()
    return {name: float(value) for name, value in options if isinstance(value, int | float)}


def _field(field: FormField, known: Element | None, site: Site) -> DraftField:
    subform = site.subforms.get(field.subform_section_unique_id or field.name)
    inner = subform.fields if subform and field.type == "subform" else []
    within = {one.name: one for one in known.items.properties} if known and known.items else {}
    kind = known.logicalType if known else _type(field)
    listed = tuple(_field(one, within.get(one.name), site) for one in inner)
    if inner and _ROW_ID not in {one.name for one in inner}:  # given, and in no form
        listed = (_row_id(within.get(_ROW_ID)), *listed)
    return DraftField(
        name=field.name, type=kind, label=_label(field, known),
        description=(known.description if known else "") or f"{TO_DO} say what it holds.",
        required=bool(known and known.required), key=1 if known and known.primaryKey else 0,
        limits=_limits(known) if known else {},
        inner=listed,
    )  # fmt: skip


def _row_id(known: Property | None) -> DraftField:
    said = "Id of the row, by the server."
    return _taken_over(known) if known else DraftField(
        name=_ROW_ID, type="string", label="C3", description=said
    )  # fmt: skip


def _type(field: FormField) -> str:
    if field.multi_select:
        return "array"
    if field.date_include_time:
        return "timestamp"
    return _TYPES.get(field.type, "string")


def _label(field: FormField, known: Element | None) -> str:
    """Return the class, the stricter one in doubt: a code may tell of health or exploitation."""
    if known and known.classification:
        return known.classification
    guessed = {"numeric_field": "C2", "tick_box": "C4", "date_field": "C3", "select_box": "C4",
               "radio_button": "C4"}  # fmt: skip
    unknown = "C3" if is_key(field.name) else "C5"
    return personal_class(field.name) or guessed.get(field.type, unknown)


def _paths(fields: Sequence[DraftField], prefix: str) -> Iterator[tuple[str, DraftField]]:
    for one in fields:
        if one.inner:
            yield from _paths(one.inner, f"{prefix}{one.name}[].")
        else:
            yield prefix + one.name, one


def _coded(site: Site) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the path and the codes, with the site's labels, of every field that holds codes."""
    for one in site.fields.values():
        subform = site.subforms.get(one.subform_section_unique_id or "")
        inside = [(f"{one.name}[].", inner) for inner in subform.fields] if subform else []
        for prefix, field in (("", one), *inside):
            if found := codes_of(field, site):
                yield prefix + field.name, found


def _is_there(row: RowDocument, prefix: str, there: Mapping[str, DraftField]) -> bool:
    """Whether the site has every field that a row reads."""
    return all(_plain(prefix + path) in there for path in _sources(row))


def _sources(row: RowDocument) -> tuple[str, ...]:
    return (row.source,) if isinstance(row.source, str) else row.source


def _kept(one: ListDocument, there: Mapping[str, DraftField]) -> list[RowDocument]:
    return [row for row in one.rows if _is_there(row, _prefix(one), there)]


def _prefix(one: ListDocument) -> str:
    return "" if one.each == "." else f"{_plain(one.each).removesuffix('[]')}[]."


def _plain(path: str) -> str:
    return _FILTER.sub("[]", path)


def _tables(
    mapping: MappingDocument,
    read: Sequence[tuple[RowDocument, str]],
    coded: Mapping[str, dict[str, str]],
) -> dict[str, tuple[DraftCode, ...]]:
    """Return the crosswalks that the rows name, with the site's codes and labels."""
    found: dict[str, tuple[DraftCode, ...]] = {}
    for row, prefix in read:
        if not row.crosswalk:
            continue
        known = {one.code: one for one in mapping.crosswalk[row.crosswalk]}
        site: dict[str, str] = {}
        for path in _sources(row):
            site |= coded.get(_plain(prefix + path), {})
        codes = [_code(code, label, known.get(code)) for code, label in site.items()]
        if not codes:  # the site lists no codes for it: as they are known
            codes = [_code(one.code, one.label, one) for one in known.values()]
        found.setdefault(row.crosswalk, tuple(codes))
    return found


def _code(code: str, label: str, known: Code | None) -> DraftCode:
    if known is None:
        return DraftCode(code=code, label=label, target=None, why="what does it mean?")
    if spelling(known.label) != spelling(label):
        why = (
            f"known as {known.label}, which means {known.target or 'nothing here'}: still the same?"
        )
        return DraftCode(code=code, label=label, target=None, why=why)
    return DraftCode(code=code, label=label, target=known.target)


def _open_codes(codes: Mapping[str, str]) -> tuple[DraftCode, ...]:
    return tuple(_code(code, label, None) for code, label in codes.items())


def _row(row: RowDocument, usable: set[str]) -> DraftRow:
    """A row of the known contract; it waits where the site's codes all mean something else."""
    waits = bool(row.crosswalk) and row.crosswalk not in usable
    return DraftRow(
        target=row.target, source=row.source,
        transform=row.transform, codes=row.codes, level=row.level, crosswalk=row.crosswalk,
        open="none of its codes is known by id and label: see the crosswalk" if waits else "",
    )  # fmt: skip


def _open_row(path: str, field: DraftField, coded: Mapping[str, object]) -> DraftRow:
    readings = {"number": "number", "boolean": "flag", "date": "date", "timestamp": "date"}
    if path in coded:
        reading = "codes" if field.type == "array" else "code"
        return DraftRow(
            target="?", source=path, transform=reading, crosswalk=_table(path), open=_OPEN
        )
    reading = readings.get(field.type, "text")
    return DraftRow(target="?", source=path, transform=reading, open=_OPEN)


def _table(path: str) -> str:
    return f"site_{path.replace('[].', '_')}"
