"""`clmhub contract new`: a first contract from a sample, or from what a Primero says of itself."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from adapters.sdk.plain_file import TooLongError
from contracts.checking.document import Document
from contracts.checking.fault import CONTRACT, MAPPING, SAMPLE, Texts
from contracts.checking.form import read_form
from contracts.errors import HubError
from contracts.guessing import code_name
from contracts.mapping.documents import MappingDocument
from contracts.scaffold import write
from contracts.scaffold.primero import Known, draft_from_site
from contracts.scaffold.site import read_site
from contracts.scaffold.table import draft_from_rows
from contracts.strict_json import LARGEST, loads
from contracts.topics import SYSTEMS
from hub.contract_tools.folders import WrongUseError, bytes_of, find, read
from hub.contract_tools.opening import TABLES, opened

MOST_ROWS = 1000
MOST_COLUMNS = 2000
PRIMERO = "dsw_cms/case"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_VERSION = re.compile(r"v[1-9][0-9]{0,3}")


def from_file(folder: Path, sample: Path, named: str) -> list[Path]:
    """Scaffold from a file's first rows. Raises HubError for a file that cannot be read."""
    system, record = names_of(folder, named)
    file = opened(sample)
    coded = file.kind in TABLES
    rows = [
        {(code_name(name) if coded else name): cell for name, cell in row.body.items()}
        for row in islice(file.rows(), MOST_ROWS)
    ]
    columns = {name for row in rows for name in row}
    if not columns:
        raise HubError(f"{sample.name} holds no record: give a sample with some rows")
    if len(columns) > MOST_COLUMNS:
        raise HubError(
            f"it has {len(columns)} columns, and a contract at most {MOST_COLUMNS}:"
            " give a sample whose columns are the fields of one record"
        )
    draft = draft_from_rows(system, record, rows, f"a {sample.suffix} file")
    return save(folder, write(replace(draft, major=_major(folder))))


def from_primero(folder: Path, forms: Path, lookups: Path, named: str) -> list[Path]:
    """Scaffold from the answers of a Primero's `/forms` and `/lookups`."""
    system, record = names_of(folder, named)
    site = read_site(_json(forms), _json(lookups))
    if not site.fields:
        raise HubError(
            f"{forms.name} tells of no field of a case: name the answer of /forms first, and then"
            " that of /lookups"
        )
    draft = draft_from_site(system, record, site, _known(), "a Primero's forms and lookups")
    return save(folder, write(replace(draft, major=_major(folder))))


def _major(folder: Path) -> int:
    """Return the major version that the folder's name says: 2 for `v2`, else 1."""
    name = folder.absolute().name
    return int(name[1:]) if _VERSION.fullmatch(name) else 1


def _known() -> Known:
    texts, _ = read(find(PRIMERO))
    if texts:
        document, _ = read_form(texts.contract, Document, CONTRACT)
        mapping, _ = read_form(texts.mapping, MappingDocument, MAPPING)
        if document and mapping:
            return Known(document=document, mapping=mapping)
    raise HubError(f"the shipped contract {PRIMERO} is damaged: install the program again")


def _json(path: Path) -> object:
    try:
        return loads(bytes_of(path, LARGEST), where=path.name)
    except (OSError, TooLongError):
        raise WrongUseError(f"{path} cannot be read: give the saved answer's file") from None


def names_of(folder: Path, named: str) -> tuple[str, str]:
    """Return system and record: as they are named, else the last two parts of the folder."""
    parts = [code_name(part) for part in folder.absolute().parts if not _VERSION.fullmatch(part)]
    own = "/".join(["", "", *parts][-2:])  # a folder near the root has fewer parts
    system, _, record = (named or own).partition("/")
    if not (_NAME.fullmatch(system) and _NAME.fullmatch(record)):
        raise WrongUseError(
            "the contract needs two names, each of two or more small letters, digits and _: say"
            f" --name SYSTEM/RECORD, as --name ngo_alliance/visit (found {system}/{record})"
        )
    return system, record


def doubts(folder: Path, named: str) -> Iterator[str]:
    """Yield what would only show later, when the contract is to be installed or compared."""
    system, _ = names_of(folder, named)
    if system not in SYSTEMS:
        yield (
            f"warning: the hub knows no system {system}: the contract can be tried, and not"
            " installed"
        )
        yield (
            f"    -> name one of {', '.join(SYSTEMS)}: with --name SYSTEM/RECORD, or in the id of"
            f" {CONTRACT}"
        )
    if not _VERSION.fullmatch(folder.absolute().name):
        yield "warning: the folder's name is no version: the next version would find no place"
        yield f"    -> rename it to {folder / 'v1'}, so that v2 can stand beside it"


def save(folder: Path, texts: Texts) -> list[Path]:
    """Write the files. Raises WrongUseError rather than overwrite one."""
    made = {CONTRACT: texts.contract, MAPPING: texts.mapping, SAMPLE: texts.sample or "[]\n"}
    there = [name for name in made if (folder / name).exists()]
    if there:
        raise WrongUseError(
            f"{folder} holds {', '.join(there)} already, and nothing is overwritten: name another"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:  # what stands there by now is a part of a contract
        with suppress(OSError):
            for name in made:
                (folder / name).unlink(missing_ok=True)
        raise WrongUseError(
            f"{folder} cannot be written ({error.strerror}): name a folder that is yours"
        ) from None
    return [folder / name for name in made]
