"""Which shipped contract a file is read by, when nobody names one. Guesses by columns alone."""

from pathlib import Path

from adapters.sdk.file_form import sheet_of
from adapters.sdk.reading import ReadFile
from adapters.sdk.unpack import UnreadableError
from contracts.guessing import Known, NotGuessedError, guess
from hub.contract_tools.folders import Place, load, shipped
from hub.contract_tools.opening import NO_RECORDS, opened

TABLE_NAMES = frozenset({".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt"})


def choose(path: Path) -> Place:
    """Return the contract that fits best. Raises NotGuessedError, or the reader's own error.

    The header of a table may stand below titles that look like one: where the first row that
    looks like a header fits nothing, each contract's own codes are looked for.
    """
    try:
        return _by_columns(opened(path))
    except (NotGuessedError, UnreadableError):
        found = _by_codes(path) if path.suffix.lower() in TABLE_NAMES else None
        if found is None:
            raise
        return found


def _by_columns(file: ReadFile) -> Place:
    if not file.columns:
        raise UnreadableError(NO_RECORDS)
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
            file = opened(path, sheet_of(load(place)))
        except UnreadableError:
            continue
        found.setdefault(len(file.columns), []).append(place)
    best = found.get(max(found, default=0), [])
    return best[0] if len(best) == 1 else None
