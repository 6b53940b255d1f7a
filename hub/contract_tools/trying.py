"""Reads a file by a contract, record by record, as the hub would. Stores and sends nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.sdk.file_form import FileForm, form_of_contract, sheet_of
from adapters.sdk.manifest import SheetForm
from adapters.sdk.reading import FileRow, ReadFile
from contracts.errors import FatalError, Reason, RejectedError
from contracts.mapping.translation import Plan, Translated
from contracts.row_keys import Keyed
from contracts.source_contract import SourceContract
from hub.contract_tools.choosing import TABLE_NAMES, choose
from hub.contract_tools.folders import WrongUseError, compiled, find, load
from hub.contract_tools.opening import TABLES, opened
from hub.contract_tools.repeats import Repeats

Tick = Callable[[str, int], None]
"""Told what is being done and with which row, from 1."""
_NO_KEY = "no key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A file, the contract that it is read by, and the form that the hub makes of that."""

    file: ReadFile
    contract: SourceContract
    form: FileForm
    plan: Plan
    name: str
    guessed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record to be translated. `part` is the element of a row that is several records.

    `refusal` is why the hub does not even translate it. `notes` are what a person should know of
    it, beside its translation; `is_replaced` by a later one with the same key.
    """

    row: FileRow = field(repr=False)
    part: str
    key: str
    body: Mapping[str, Any] = field(repr=False)
    refusal: Reason | None = None
    notes: tuple[Reason, ...] = ()
    is_replaced: bool = False


def open_trial(path: Path, contract: str = "") -> Trial:
    """Open a file, by the contract that is named or by the one that its columns speak for.

    Raises WrongUseError for a name that is none, NotGuessedError, and the reader's own error.
    """
    place = find(contract) if contract else choose(path)
    made = load(place)
    plan = compiled(place, made)
    form = form_of_contract(made)
    is_table = path.suffix.lower() in TABLE_NAMES
    file = opened(path, _sheet(form, made) if is_table else None)
    if file.kind in TABLES and not is_table:  # by its content, whatever it is called
        file = opened(path, _sheet(form, made))
    return Trial(
        file=file, contract=made, form=form, plan=plan, name=place.name, guessed=not contract
    )


def _sheet(form: FileForm, contract: SourceContract) -> SheetForm:
    """Return the form's table. Raises WrongUseError, which says why it has none."""
    try:
        return form.sheet or sheet_of(contract)
    except FatalError as error:
        raise WrongUseError(str(error)) from None


def translated(trial: Trial, record: Record) -> Translated:
    """Return what the hub makes of a record. Raises RejectedError, also for one that it refuses."""
    if record.refusal:
        raise RejectedError(record.refusal)
    return trial.plan.translate(record.body, where=record.row.where, key=record.key)


def records(trial: Trial, limit: int, tick: Tick) -> Iterator[Record]:
    """Yield the records of the file's first `limit` rows (0: of all).

    The file is read twice: what cannot be read raises before the first record comes, and of two
    records with one key the first one tells of the second.
    """
    keys = {one.key_position: one.name for one in trial.contract.properties.values()}
    repeats = Repeats(keys.get(1, ""), trial.form.tells_apart)
    for row, one in _read(trial, limit, tick, "read"):
        key = one.keys[0] if one.keys else ""
        repeats.add(key, sheet=row.sheet, row=row.row, part=one.part, body=one.body)
    repeats.settle()
    for at, (row, one) in enumerate(_read(trial, limit, tick, "mapped")):
        key = one.keys[0] if one.keys else _NO_KEY
        yield Record(
            row=row, part=one.part, key=key, body=one.body, refusal=repeats.refusal(at),
            notes=repeats.notes(at), is_replaced=repeats.is_replaced(at),
        )  # fmt: skip


def _read(trial: Trial, limit: int, tick: Tick, doing: str) -> Iterator[tuple[FileRow, Keyed]]:
    for count, row in enumerate(islice(trial.file.rows(), limit or None), start=1):
        tick(doing, count)
        for one in trial.form.records(trial.form.named(row.body)):
            yield row, one
