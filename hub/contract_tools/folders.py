"""Finds contracts, shipped ones and an integrator's own, and reads their files. Judges nothing."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from adapters.sdk.plain_file import TooLongError
from contracts import source_contract
from contracts.checking.fault import CONTRACT, MAPPING, SAMPLE, Fault, Texts, whole_file
from contracts.errors import HubError
from contracts.evolution.shape import Shape, shape_of
from contracts.mapping import translation as mapping
from contracts.mapping.translation import Plan
from contracts.source_contract import SourceContract

LARGEST = 2**22
_LONGEST_NAME = 1000  # letters; no system takes a longer part of a path than 255
_LONGEST = 400  # letters of one fault: it may name whatever the file holds


class WrongUseError(HubError):
    """The command was given what it cannot work with: exit status 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A contract's folder, and how messages call it: `emis/school/v1`, or the folder's path."""

    name: str
    folder: Path


@cache
def shipped() -> tuple[Place, ...]:
    """Return the contracts that come with the program, each version of each."""
    root = Path(str(files("contracts"))) / "sources"
    found = [
        Place(name=folder.parent.relative_to(root).as_posix(), folder=folder.parent)
        for folder in root.glob(f"*/*/v*/{CONTRACT}")
    ]
    return tuple(sorted(found, key=_order))


def _order(place: Place) -> tuple[str, int]:
    record, _, version = place.name.rpartition("/")
    return record, int(version[1:]) if version[1:].isdecimal() else 0


def find(given: str) -> Place:
    """Return the contract of a folder, or of a shipped one's name. Raises WrongUseError."""
    if not given or len(given) > _LONGEST_NAME:
        raise WrongUseError("name a contract: its folder, or one that is shipped, as emis/school")
    folder = Path(given)
    if _is_file(folder / CONTRACT):
        return Place(name=given, folder=folder)
    named = [place for place in shipped() if given.strip("/") in _names(place)]
    newest = {place.name.rsplit("/", 1)[0]: place for place in named}  # of one record, the last
    if len(newest) == 1:
        return next(iter(newest.values()))
    if newest:
        raise WrongUseError(f"{given} may be {' or '.join(newest)}: name the one that is meant")
    if os.path.isdir(folder):  # noqa: PTH112 - a name that is none raises nothing here
        raise WrongUseError(
            f"{given} holds no {CONTRACT}: name a folder that does, as {given}/v1, or scaffold one"
            f" with `clmhub contract new {given} --from FILE`"
        )
    names = [place.name for place in shipped()]
    near = get_close_matches(given, names, n=1, cutoff=0.4)
    raise WrongUseError(
        f"there is no folder and no shipped contract {given}"
        + (f": {near[0]} perhaps?" if near else ".")
        + f" Shipped are: {', '.join(names)}"
    )


def _is_file(path: Path) -> bool:
    """Tell whether something stands there that is read, or cannot be; a wild name is none."""
    try:
        return path.exists() and not path.is_dir()
    except (OSError, ValueError):  # longer than any name, or with a zero in it
        return False


def _names(place: Place) -> set[str]:
    """Every name by which a shipped contract may be called."""
    system, record, version = place.name.split("/")
    return {place.name, f"{system}/{record}", f"{record}/{version}", record}


def read(place: Place) -> tuple[Texts | None, list[Fault]]:
    """Return the texts of a folder, or why a file of it cannot be read."""
    faults: list[Fault] = []
    found: dict[str, str] = {}
    for name in (CONTRACT, MAPPING, SAMPLE):
        path = place.folder / name
        if name == SAMPLE and not (path.exists() or path.is_symlink()):
            continue
        try:
            found[name] = _text(path)
        except (OSError, TooLongError, UnicodeDecodeError) as error:
            faults.append(_unread(name, error))
    if faults:
        return None, faults
    return Texts(
        contract=found[CONTRACT], mapping=found[MAPPING], sample=found.get(SAMPLE),
        place=place.name,
    ), []  # fmt: skip


def bytes_of(path: Path, most: int) -> bytes:
    """Return what a plain file holds; a link to one may be followed.

    Raises TooLongError for more than `most` bytes, OSError for what cannot be read or is no plain
    file: a pipe would be waited for, and a device never ends.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "this is no plain file")
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLongError
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _text(path: Path) -> str:
    text = bytes_of(path, LARGEST).decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unread(name: str, error: Exception) -> Fault:
    if isinstance(error, FileNotFoundError):
        step = f"write {name}: see a shipped contract, or `clmhub contract new`"
        return whole_file(name, "file_missing", f"there is no {name}", step)
    if isinstance(error, UnicodeDecodeError):
        return whole_file(name, "encoding_wrong", "this is no UTF-8 text", "save it as UTF-8")
    if isinstance(error, TooLongError):
        said = f"it has more than {LARGEST // 2**20} MB"
        return whole_file(name, "file_too_large", said, "keep a few samples, and no more")
    step = "put a plain file there, and give yourself the right to read it"
    return whole_file(name, "file_unread", "it cannot be read, or is no file", step)


def load(place: Place) -> SourceContract:
    """Return a contract that has no fault. Raises WrongUseError."""
    texts, faults = read(place)
    told = faults[0].message if faults else ""
    if texts:
        try:
            return source_contract.read(texts.contract, texts.mapping, place.name)
        except HubError as error:
            told = _first(error)
    raise _unusable(place, told)


def compiled(place: Place, contract: SourceContract) -> Plan:
    """Return a contract's plan. Raises WrongUseError for what shows only when it is made."""
    try:
        return mapping.plan(contract)
    except HubError as error:
        raise _unusable(place, _first(error)) from None


def _first(error: HubError) -> str:
    """Return the first of the sentences of an error: `contract check` tells them all."""
    return error.faults[0] if isinstance(error, source_contract.ContractError) else str(error)


def _unusable(place: Place, told: str) -> WrongUseError:
    short = told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."
    return WrongUseError(
        f"{place.name} cannot be used: {short}. Run `clmhub contract check {place.name}` for all"
    )


def shape(place: Place) -> Shape:
    """Return the shape of a contract. Raises WrongUseError."""
    return shape_of(load(place))


def versions(place: Place) -> Iterator[Place]:
    """Yield every version of the record beside this one, the oldest first, this one left out."""
    numbered = sorted(
        (int(one.name[1:]), one)
        for one in place.folder.resolve().parent.glob("v*")
        if one.name[1:].isdecimal() and (one / CONTRACT).is_file()
    )
    for _, folder in numbered:
        if folder != place.folder.resolve():
            yield Place(name=str(folder), folder=folder)
