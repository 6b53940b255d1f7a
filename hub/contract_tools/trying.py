"""Reads a file by a contract, record by record, as the hub would. Stores and sends nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.sdk.cells import key_text, month_text
from adapters.sdk.reading import FileRow, ReadFile, open_file
from contracts.cells import Unreadable, cell_text
from contracts.guessing import code_name
from contracts.mapping import translation as mapping
from contracts.mapping.translation import Plan
from contracts.source_contract import SourceContract
from hub.contract_tools.choosing import TABLES, choose, form_of
from hub.contract_tools.folders import compiled, find, load

Tick = Callable[[int], None]


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
    """One record to be translated. `part` is the element of a row that is several records."""

    row: FileRow = field(repr=False)
    part: str
    key: str
    body: Mapping[str, Any] = field(repr=False)


def open_trial(path: Path, contract: str = "") -> Trial:
    """Open a file, by the contract that is named or by the one that its columns speak for.

    Raises WrongUseError for a name that is none, NotGuessedError, and the reader's own error.
    """
    place = find(contract) if contract else choose(path)
    made = load(place)
    plan = compiled(place, made)
    file = open_file(path)
    if file.kind in TABLES:
        file = open_file(path, form=form_of(made))
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
    """Yield the records of the file's first `limit` rows (0: of all)."""
    for count, row in enumerate(islice(trial.file.rows(), limit or None), start=1):
        tick(count)
        whole = {trial.names.get(name, name): cell for name, cell in row.body.items()}
        key = _key(trial.contract, whole)
        for part, body in mapping.split(trial.contract, whole):
            numbered = f"{key}/{part}" if trial.contract.splits else key
            yield Record(row=row, part=part, key=numbered, body=body)


def read_whole(trial: Trial, limit: int, tick: Tick) -> None:
    """Read the rows and keep nothing: what cannot be read raises before anything is written."""
    for count, _ in enumerate(islice(trial.file.rows(), limit or None), start=1):
        tick(count)


def _key(contract: SourceContract, body: Mapping[str, Any]) -> str:
    keys = sorted(
        (one.key_position, one.name) for one in contract.properties.values() if one.key_position
    )
    months = {row.column for row in contract.rows if row.transform == "month"}
    parts = []
    for _, name in keys:
        try:
            text = cell_text(body.get(name))
        except Unreadable:  # the contract's own rows say what is wrong with it
            text = ""
        parts.append(month_text(body.get(name)) if name in months and text else key_text(text))
    return "/".join(parts) or "no key"
