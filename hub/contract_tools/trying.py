"""Reads a file by a contract, record by record, as the hub would. Stores and sends nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.sdk.file_form import sheet_of
from adapters.sdk.reading import FileRow, ReadFile
from contracts.errors import Reason
from contracts.guessing import code_name
from contracts.mapping.translation import Plan
from contracts.row_keys import Keyed, records_of
from contracts.source_contract import SourceContract
from hub.contract_tools.choosing import TABLE_NAMES, choose
from hub.contract_tools.folders import compiled, find, load
from hub.contract_tools.opening import TABLES, opened
from hub.contract_tools.repeats import Repeats

Tick = Callable[[str, int], None]
"""Told what is being done and with which row, from 1."""
_NO_KEY = "no key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A file and the contract that it is read by.

    A table's reader knows columns by their codes, in small letters; `names` gives the contract's.
    """

    file: ReadFile
    contract: SourceContract
    plan: Plan
    name: str
    guessed: bool
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record to be translated. `part` is the element of a row that is several records.

    `notes` are what a person should know of it, beside its translation; `is_replaced` by a later
    one with the same key.
    """

    row: FileRow = field(repr=False)
    part: str
    key: str
    body: Mapping[str, Any] = field(repr=False)
    notes: tuple[Reason, ...] = ()
    is_replaced: bool = False


def open_trial(path: Path, contract: str = "") -> Trial:
    """Open a file, by the contract that is named or by the one that its columns speak for.

    Raises WrongUseError for a name that is none, NotGuessedError, and the reader's own error.
    """
    place = find(contract) if contract else choose(path)
    made = load(place)
    plan = compiled(place, made)
    is_table = path.suffix.lower() in TABLE_NAMES
    file = opened(path, sheet_of(made) if is_table else None)
    if file.kind in TABLES and not is_table:  # by its content, whatever it is called
        file = opened(path, sheet_of(made))
    named = {code_name(name): name for name in made.properties} if file.kind in TABLES else {}
    return Trial(
        names=named,
        file=file,
        contract=made,
        plan=plan,
        name=place.name,
        guessed=not contract,
    )


def records(trial: Trial, limit: int, tick: Tick) -> Iterator[Record]:
    """Yield the records of the file's first `limit` rows (0: of all).

    The file is read twice: what cannot be read raises before the first record comes, and of two
    records with one key the first one tells of the second.
    """
    keys = {one.key_position: one.name for one in trial.contract.properties.values()}
    repeats = Repeats(keys.get(1, ""))
    for row, one in _read(trial, limit, tick, "read"):
        key = one.keys[0] if one.keys else ""
        repeats.add(key, sheet=row.sheet, row=row.row, part=one.part)
    repeats.settle()
    for at, (row, one) in enumerate(_read(trial, limit, tick, "mapped")):
        key = one.keys[0] if one.keys else _NO_KEY
        yield Record(
            row=row, part=one.part, key=key, body=one.body, notes=repeats.notes(at),
            is_replaced=repeats.is_replaced(at),
        )  # fmt: skip


def _read(trial: Trial, limit: int, tick: Tick, doing: str) -> Iterator[tuple[FileRow, Keyed]]:
    split = records_of(trial.contract)
    for count, row in enumerate(islice(trial.file.rows(), limit or None), start=1):
        tick(doing, count)
        whole = {trial.names.get(name, name): cell for name, cell in row.body.items()}
        for one in split(whole):
            yield row, one
