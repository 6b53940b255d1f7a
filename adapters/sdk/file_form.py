"""What a reader of an office's files must know of their records. Reads no file, makes no key."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import methodcaller
from typing import Any

from adapters.sdk.manifest import SheetForm
from adapters.sdk.reading_sheets import body_of
from adapters.sdk.table import Row
from adapters.sdk.zawgyi_columns import ORIGINALS
from contracts import paths
from contracts.errors import FatalError
from contracts.guessing import code_name
from contracts.row_keys import Keyed, Keys, records_of
from contracts.source_contract import SourceContract

_TELLING = frozenset({"identity.name", "identity.father_name", "identity.card_no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileForm:
    """The form of one record, in a table or in a document.

    `sheet` says what a table's header holds; None: a table cannot hold the record. `records` gives
    the records of a row, with their keys; `names` the record's names for a table's columns, where
    they differ; `tells_apart` fetches that by which two records of one key are seen to be about
    two persons. Every key begins with `prefix`.
    """

    record: str
    sheet: SheetForm | None
    needed: tuple[str, ...]
    records: Callable[[Mapping[str, Any]], Iterator[Keyed]]
    tells_apart: tuple[Callable[[Any], object], ...]
    names: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def body_of(self, row: Row) -> Mapping[str, Any]:
        """Return a row as the record's body, the originals of converted texts among it."""
        return self.named(body_of(row))

    def named(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a body under the record's own names, the originals within it as well."""
        if not self.names:
            return body
        found = {self.names.get(name, name): cell for name, cell in body.items()}
        originals = found.get(ORIGINALS)
        if isinstance(originals, Mapping):
            found[ORIGINALS] = {self.names.get(name, name): one for name, one in originals.items()}
        return found


def form_of_sheet(sheet: SheetForm, keys: Keys) -> FileForm:
    """The form of an office's workbook whose rows are keyed by hand."""
    return FileForm(
        record=sheet.record, sheet=sheet, needed=sheet.required,
        records=lambda body: iter((Keyed(part="", keys=keys(body), body=body),)),
        tells_apart=tuple(methodcaller("get", column) for column in sheet.tells_apart),
    )  # fmt: skip


def form_of_contract(contract: SourceContract, *, prefix: str = "") -> FileForm:
    """The form that a contract describes."""
    try:
        sheet = sheet_of(contract)
    except FatalError:
        sheet = None  # documents may still hold the record: their names have capitals
    named = {code_name(name): name for name in contract.properties} if sheet else {}
    telling = dict.fromkeys(
        path for row in contract.rows if row.target in _TELLING for path in row.source
    )
    return FileForm(
        record=contract.record, sheet=sheet, needed=_required(contract),
        records=records_of(contract), tells_apart=tuple(paths.getter((one,)) for one in telling),
        names={code: name for code, name in named.items() if code != name}, prefix=prefix,
    )  # fmt: skip


def sheet_of(contract: SourceContract) -> SheetForm:
    """Return a contract's fields as the columns of a table, under their codes.

    Raises FatalError where two names are one in a table, whose headers have no case.
    """
    coded: dict[str, str] = {}
    for name in contract.properties:
        if (other := coded.setdefault(code_name(name), name)) != name:
            raise FatalError(
                f"the contract's fields {other} and {name} are one column in a table, where"
                " capitals and blanks do not count: rename one of them"
            )
    telling = {path for row in contract.rows if row.target in _TELLING for path in row.source}
    groups = [_columns(group, contract) for group in contract.one_of]
    return SheetForm(
        record=contract.record, columns=tuple(coded),
        required=tuple(map(code_name, _required(contract))),
        one_of=tuple(group for group in groups if group),
        tells_apart=_columns(sorted(telling), contract, every=False),
    )  # fmt: skip


def _required(contract: SourceContract) -> tuple[str, ...]:
    """The record's own fields without which it is rejected."""
    return tuple(one.name for one in contract.properties.values() if one.required)


def _columns(
    given: Sequence[str], contract: SourceContract, *, every: bool = True
) -> tuple[str, ...]:
    """Return the columns of those paths that are one; of none when all must be, and one is not."""
    plain = [paths.names(path)[0] for path in given if paths.is_plain(path)]
    found = [code_name(name) for name in plain if name in contract.properties]
    return tuple(dict.fromkeys(found)) if len(found) == len(given) or not every else ()
