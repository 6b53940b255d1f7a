"""What a mapping names and does not exist, in sentences with their place. Mends nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from contracts import codes as code_lists
from contracts import paths, transforms
from contracts.errors import FatalError
from contracts.mapping import targets as mapping_targets
from contracts.mapping.documents import CrossedCode, MappingDocument, PropertyDocument
from contracts.mapping.rows import CHILD, ListRows, Row, SourceContract

_ROOTS = {
    "child": ("identity", "facts", "observed", "birth", "child", "consent", "answer"),
    "referral": ("answer",),
    "figure": ("figure", "facts", "observed", "birth", "child"),
}


def faults_of(
    contract: SourceContract, mapping: MappingDocument, rows: Sequence[Row],
    lists: Sequence[ListRows], properties: Sequence[PropertyDocument],
) -> list[str]:  # fmt: skip
    """Return all faults of a contract's names; `contract` has its fields and crosswalks."""
    place = f"{contract.place}/mapping.toml"
    faults = [*_twins(properties, f"{contract.place}/contract.toml")]
    faults += _unknown_names(contract, mapping, place)
    faults += _double_codes(mapping.crosswalk, place)
    for row in rows:
        faults += _row_faults(row, contract, mapping_targets.leaves(), "")
    for one in lists:
        faults += _list_faults(one, contract)
    return faults


def _row_faults(
    row: Row, contract: SourceContract, targets: Mapping[str, object], within: str
) -> Iterator[str]:
    """Tell what a row names that does not exist."""
    yield from _path_faults(row, contract, within)
    if row.transform not in transforms.names():
        yield f"{row.place}: names an unknown transform {row.transform}: see contracts/transforms"
    root = row.target.split(".")[0]
    if row.target not in targets or (not within and root not in _ROOTS[contract.about]):
        yield f"{row.place}: names an unknown target {row.target}: see contracts/model"
    if row.crosswalk and row.crosswalk not in contract.crosswalks:
        have = "" if contract.crosswalks else ", which is missing, too"
        yield (
            f"{row.place}: names an unknown crosswalk {row.crosswalk}: write"
            f" {row.crosswalk} = [...] below [crosswalk]{have}"
        )
    if row.codes and row.codes not in code_lists.names():
        yield f"{row.place}: names an unknown list {row.codes}: see contracts/codes"
    if row.codes and row.crosswalk:
        yield f"{row.place}: has both a list and a crosswalk: keep one"


def _path_faults(row: Row, contract: SourceContract, within: str) -> Iterator[str]:
    if not row.source:
        yield f"{row.place}: names no field: say where its value stands"
    for path in (*row.source, *filter(None, [row.code_label])):
        try:
            if contract.find(path, within=within) is None:
                yield f"{row.place}: names an unknown field {path}: describe it in contract.toml"
        except FatalError as error:
            yield f"{row.place}: {error}"


def _list_faults(one: ListRows, contract: SourceContract) -> Iterator[str]:
    within = "" if one.each == paths.ITSELF else one.each
    repeat = mapping_targets.repeats().get(one.target)
    if repeat is None or one.target.split(".")[0] not in _ROOTS[contract.about]:
        yield f"{one.place}: is no list of the common schema: see contracts/model"
        return
    try:
        if within and contract.find(within) is None:
            yield f"{one.place}: names an unknown field {within}: describe it in contract.toml"
            return
    except FatalError as error:
        yield f"{one.place}: {error}"
        return
    for row in one.rows:
        yield from _row_faults(row, contract, repeat.leaves, within or paths.ITSELF)


def _unknown_names(contract: SourceContract, mapping: MappingDocument, place: str) -> Iterator[str]:
    """Tell which fields outside the rows do not exist."""
    named = [("child_needs", path) for path in mapping.child_needs]
    named += [("one_of", path) for group in mapping.one_of for path in group]
    named += [("person", path) for path in mapping.person]
    named += [("splits", mapping.splits)] if mapping.splits else []
    if mapping.figure and mapping.figure.without:
        named.append(("figure.without", mapping.figure.without))
    for key, path in named:
        try:
            if contract.find(path) is None:
                yield f"{place}, {key}: names an unknown field {path}: describe it in contract.toml"
        except FatalError as error:
            yield f"{place}, {key}: {error}"
    yield from _person_faults(contract, mapping, place)
    if mapping.splits and CHILD in contract.properties and mapping.splits != CHILD:
        yield f"{place}, splits: the record has a field {CHILD} of its own: split by that one"
    if mapping.figure and mapping.figure.target not in {"", *mapping_targets.leaves()}:
        yield f"{place}, figure: names an unknown target {mapping.figure.target}"


def _person_faults(contract: SourceContract, mapping: MappingDocument, place: str) -> Iterator[str]:
    """Tell which of the person's fields cannot tell persons apart: lists, and what is no value."""
    if mapping.person and mapping.about == "figure":
        yield f"{place}, person: the records are figures, about nobody: leave it out"
    if len(set(mapping.person)) < len(mapping.person):
        yield f"{place}, person: names a field twice: keep one"
    for path in mapping.person:
        try:
            found, is_several = contract.find(path), paths.gives_many(path)
        except FatalError:
            continue  # told with the unknown names
        if found and (is_several or found.parts or found.logical_type in {"array", "object"}):
            yield f"{place}, person: {path} is no single value: name one field of a record"


def _twins(properties: Sequence[PropertyDocument], place: str) -> Iterator[str]:
    """Tell which fields stand twice in one object, to every depth."""
    names = Counter(one.name for one in properties)
    for name in (one for one, count in names.items() if count > 1):
        yield f"{place}: describes the field {name} twice: keep one"
    for one in properties:
        yield from _twins(one.items.properties if one.items else one.properties, place)


def _double_codes(crosswalks: Mapping[str, tuple[CrossedCode, ...]], place: str) -> Iterator[str]:
    for name, rows in crosswalks.items():
        seen = Counter(row.code for row in rows)
        for code in (one for one, count in seen.items() if count > 1):
            yield f"{place}, crosswalk.{name}: has the code {code} twice: the second is never read"
