"""Which contracts of a site may run: by name, content and proof of both. Stores nothing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
from sqlalchemy import Connection

from adapters.sdk.manifest import load_manifest
from contracts import paths, source_contract
from contracts.checking.fault import CONTRACT, Texts
from contracts.checking.mapping import placed_rows, whole_target
from contracts.checking.targets import PERSONAL, targets
from contracts.errors import HubError
from contracts.labels import Label
from contracts.mapping.rows import Property
from contracts.source_contract import SourceContract
from contracts.topics import SYSTEMS
from hub import site_contracts
from hub.contract_tools import check, folders
from hub.contract_tools.folders import Place
from hub.site_contracts import Installed

ANSWERS = "referral"
"""What a record that answers a referral is called: it comes from its recipient's own adapter."""
_OWN_ADAPTERS = ("dsw_cms", "labour_inspection", "emis")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!>]|<[=!]|P<\w+>))?|\)[*+?{]?|.", re.DOTALL
)
_HIDES = re.compile(r"\(\?(?:#|[a-zA-Z]*x)")  # remarks and blanks, behind which a `+` may stand
_SEALED = frozenset({Label.C3, Label.C5})
_REPEATS = frozenset({"text", "key", "name", "joined_name", "card", "phone", "code", "codes"})
"""Ways of reading that keep a text as it is; a code that no list knows is shown to people."""


class RefusedError(HubError):
    """What was asked is not done; the message says why and what to do, `lines` say it at length."""

    def __init__(self, message: str, lines: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A contract that may run. A `shipped` one is read from the program, and needs no texts."""

    contract: SourceContract
    texts: Texts
    shipped: bool

    @property
    def name(self) -> str:
        """System and record."""
        return f"{self.contract.system}/{self.contract.record}"


def prepare(connection: Connection, given: str) -> Ready:
    """Return a contract that may run: of a folder, of the program, or one that ran before.

    Raises RefusedError when it may not, WrongUseError for a name that is none.
    """
    known = None if _is_folder(given) else stored(connection, given)
    if known is not None and not known.shipped:
        return _ready(site_contracts.texts_of(connection, known), shipped=False)
    place = folders.find(given)
    mine = _shipped(place)
    checked = check.check_one(mine or place)
    texts, _ = folders.read(mine or place)
    if texts is None or checked.errors:
        raise RefusedError(
            f"{place.name} has errors, so it is not installed: mend them, then install it",
            check.lines(checked),
        )
    return _ready(texts, shipped=mine is not None)


def _ready(texts: Texts, *, shipped: bool) -> Ready:
    contract = source_contract.read(texts.contract, texts.mapping, texts.place)
    ready = Ready(contract=contract, texts=texts, shipped=shipped)
    for trouble in (_name_trouble(ready), _content_trouble(ready)):
        if trouble:
            raise RefusedError(trouble)
    return ready


def _name_trouble(ready: Ready) -> str:
    """What keeps its name from being installed, and what to do."""
    system, record = ready.contract.system, ready.contract.record
    if system not in SYSTEMS:
        return (
            f"there is no system {system}: name one of {', '.join(SYSTEMS)} in the id of"
            f" {CONTRACT}. Systems are known to MOLIP's mirror and to consent, so a new one comes"
            " with the program"
        )
    if (system, record) in own_adapters():
        return (
            f"{ready.name} is read by the system's own adapter: connect {system} in the settings"
            " (`clmhub settings`)"
        )
    if ANSWERS in (record, ready.contract.about):
        return (
            "answers to referrals come from their recipient's own adapter: what is installed is"
            f" about a child or a figure, and its record is not called {ANSWERS}"
        )
    if not ready.shipped and (system, record) in site_contracts.shipped():
        return (
            f"{ready.name} is a contract of the program: give yours another record in its id, or"
            f" read files by that one: clmhub contract install {ready.name}, where no folder of"
            " this name is"
        )
    return ""


def _content_trouble(ready: Ready) -> str:
    """What keeps its content from running, and what to do."""
    if ready.contract.document.get("status") != "active":
        return (
            f"{ready.name} is a {ready.contract.document.get('status', 'draft')}: when its owner"
            f' agrees, set status = "active" in {CONTRACT}, then install it'
        )
    if not orjson.loads(ready.texts.sample or "[]"):
        return (
            f"{ready.name} has no sample to prove it by: take some from a made-up file with"
            f" `clmhub contract try FILE --contract FOLDER --samples`"
        )
    return "" if ready.shipped else _class_trouble(ready) or _pattern_trouble(ready)


def _class_trouble(ready: Ready) -> str:
    """What would put an identity or a free text where fewer rights are enough to read it."""
    contract = ready.contract
    for at, within, row in placed_rows(contract):
        target = targets()[whole_target(contract, at, row)]
        if target.label in PERSONAL or row.transform not in _REPEATS:
            continue
        for path in row.source:
            found = contract.find(path, within=within)
            chosen = any(step.key for step in paths.parse(path))  # one value of many has no class
            if found and found.label in _SEALED and not chosen:
                return (
                    f"{path} is {found.label.value} and feeds {target.name}, which is"
                    f" {target.label.value}, where it is not sealed: take the row out, or give"
                    f" {path} the class {target.label.value} when nobody is named or told of in it"
                )
    return ""


def _pattern_trouble(ready: Ready) -> str:
    """What may never end on some text: one such record would hold up every office's."""
    for one in _fields(ready.contract.properties.values()):
        if any(_may_not_end(str(rule.arguments.get("pattern", ""))) for rule in one.quality):
            return (
                f"the pattern of {one.name} repeats a group in which something is repeated, may be"
                " missing or is chosen, which may never end: write it without such a group"
            )
    return ""


def _fields(properties: Iterable[Property]) -> Iterator[Property]:
    for one in properties:
        yield one
        yield from _fields(one.parts.values())


def _may_not_end(pattern: str) -> bool:
    if _HIDES.search(pattern):
        return True
    varies = [False]  # whether the text can be cut in two ways: here, and in each group around
    for found in _TOKEN.finditer(pattern):
        token = found[0]
        if token.startswith("("):
            varies.append(False)
        elif token.startswith(")"):
            inner = varies.pop() if len(varies) > 1 else False
            if inner and token[1:] not in {"", "?"}:
                return True
            varies[-1] |= inner or len(token) > 1
        elif token in {"*", "+", "?", "{", "|"}:
            varies[-1] = True
    return False


@cache
def own_adapters() -> frozenset[tuple[str, str]]:
    """Return system and record of what adapters of the program read."""
    manifests = [load_manifest(f"adapters.{name}") for name in _OWN_ADAPTERS]
    return frozenset((one.system, record) for one in manifests for record in one.records)


def _shipped(place: Place) -> Place | None:
    folder = place.folder.resolve()
    return next((one for one in folders.shipped() if one.folder.resolve() == folder), None)


def stored(connection: Connection, given: str) -> Installed | None:
    """Return the newest install of what is named, with or without a version."""
    system, record = _parts(given)
    if not (_NAME.fullmatch(system) and _NAME.fullmatch(record)):
        return None  # whatever somebody typed: no database is asked for it
    return site_contracts.find(connection, system, record)


def _is_folder(given: str) -> bool:
    try:
        return (Path(given) / CONTRACT).is_file()
    except OSError:  # too long for a name, or not for these eyes: `folders.find` says which
        return False


def _parts(given: str) -> tuple[str, str]:
    """System and record of a name, with or without its version."""
    system, record, *_ = [*given.strip("/").split("/"), "", ""]
    return system, record
