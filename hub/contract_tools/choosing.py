"""Which shipped contract a file is read by, when nobody names one. Guesses by columns alone."""

from pathlib import Path

from adapters.sdk.manifest import SheetForm
from adapters.sdk.reading import ReadFile, open_file
from adapters.sdk.unpack import UnreadableError
from contracts.guessing import Known, NotGuessedError, code_name, guess
from contracts.source_contract import SourceContract
from hub.contract_tools.folders import Place, WrongUseError, load, shipped

TABLES = frozenset({"xlsx", "xls", "ods", "csv"})
TABLE_NAMES = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt"})


def choose(path: Path) -> Place:
    """Return the contract that fits best. Raises NotGuessedError, or the reader's own error.

    The header of a table may stand below titles that look like one: where the first row that
    looks like a header fits nothing, each contract's own codes are looked for.
    """
    try:
        return _by_columns(open_file(path))
    except (NotGuessedError, UnreadableError):
        found = _by_codes(path) if path.suffix.lower() in TABLE_NAMES else None
        if found is None:
            raise
        return found


def form_of(contract: SourceContract) -> SheetForm:
    """Return what a reader of tables must know: the codes of the columns.

    Raises WrongUseError where two names are one in a table, whose headers have no case.
    """
    columns = contract.properties
    coded: dict[str, str] = {}
    for name in columns:
        if (other := coded.setdefault(code_name(name), name)) != name:
            raise WrongUseError(
                f"the contract's fields {other} and {name} are one column in a table, where"
                " capitals and blanks do not count: rename one of them"
            )
    return SheetForm(
        record=contract.record, columns=tuple(map(code_name, columns)),
        required=tuple(code_name(name) for name in contract.required if name in columns),
        one_of=tuple(
            tuple(map(code_name, group)) for group in contract.one_of if set(group) <= set(columns)
        ),
    )  # fmt: skip


def _by_columns(file: ReadFile) -> Place:
    places = {place.name: place for place in shipped()}
    known = []
    for name, place in places.items():
        made = load(place)
        columns = frozenset(made.properties)
        required = frozenset(made.required) & columns
        known.append(Known(name=name, columns=columns, required=required))
    return places[guess(file.columns, known)]


def _by_codes(path: Path) -> Place | None:
    """Return the contract of which the file has the most codes; None where two have as many."""
    found: dict[int, list[Place]] = {}
    for place in shipped():
        try:
            file = open_file(path, form=form_of(load(place)))
        except UnreadableError:
            continue
        found.setdefault(len(file.columns), []).append(place)
    best = found.get(max(found, default=0), [])
    return best[0] if len(best) == 1 else None
