"""Turns what reading and compiling a contract say into faults with a line and what to do."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from contracts import codes, transforms
from contracts.checking.fault import CONTRACT, MAPPING, Fault
from contracts.checking.lines import Lines
from contracts.checking.steps import step_for
from contracts.checking.targets import lists, targets
from contracts.errors import HubError
from contracts.guessing import code_name
from contracts.paths import written
from contracts.source_contract import ContractError

_TOLD = re.compile(
    r"[^:]*?(?P<file>contract\.toml|mapping\.toml)(?: line (?P<line>\d+))?(?:, (?P<at>[^:]+))?:"
    r" (?P<said>.*)",
    re.DOTALL,
)
_UNKNOWN = re.compile(r"unknown (field|target|transform|list) (.+?)(?=: |, |$)")
_NO_PATH = re.compile(r"the source path '(.+)' has no known form")
_NEAR = 0.65
"""How alike two names are, from 0 to 1, when one may be meant by the other."""

_MOST_GUESSED = 50
"""Faults for which the nearest field is looked for: it takes time, and nobody reads more."""


def faults_told(error: HubError, columns: Iterable[str], mapping_lines: Lines) -> list[Fault]:
    """Return one fault for each sentence of the error; `columns` are the contract's fields."""
    told = error.faults if isinstance(error, ContractError) else (str(error),)
    known = list(columns)
    return [
        _fault(one, known if at < _MOST_GUESSED else None, mapping_lines)
        for at, one in enumerate(dict.fromkeys(told))
    ]


def _fault(told: str, columns: list[str] | None, lines: Lines) -> Fault:
    found = _TOLD.match(told)
    file, at = (found["file"], found["at"] or "") if found else (MAPPING, "")
    said = found["said"] if found else told
    message, _, step = said.partition(": ")
    line = int(found["line"]) if found and found["line"] else 0
    if not line and file == MAPPING:
        line = _line(at, lines)
    return Fault(
        level="error", file=file, line=line, path=at,
        code="contract_wrong" if file == CONTRACT else "mapping_wrong", message=message,
        next_step=" ".join(filter(None, (_near(said, columns), step or step_for(said)))),
    )  # fmt: skip


def _line(at: str, lines: Lines) -> int:
    """Return the line of what stands beside the rows: `one_of`, `crosswalk.danger`, a list."""
    if at.startswith("row "):
        return lines.of("mapping", "lists")
    return lines.of(*at.split(".")) if at else lines.of("mapping")


def _near(said: str, columns: list[str] | None) -> str:
    """Return what was probably meant by a name that does not exist."""
    if columns is None:
        return ""
    if header := _NO_PATH.match(said):
        near = _same_header(header[1], columns)
    elif found := _UNKNOWN.search(said):
        kind, name = found[1], found[2]
        near = {
            "field": lambda: _same_header(name, columns) or _alike(name, columns),
            "target": lambda: _near_target(name),
            "transform": lambda: _alike(name, transforms.names()),
            "list": lambda: _alike(name, codes.names()),
        }[kind]()
    else:
        near = ""
    return f"perhaps {near} is meant, else" if near else ""


def _alike(name: str, known: Iterable[str]) -> str:
    return next(iter(_all_alike(name, known)), "")


def _all_alike(name: str, known: Iterable[str]) -> list[str]:
    return get_close_matches(name, list(known), n=5, cutoff=_NEAR)


def _same_header(name: str, columns: Iterable[str]) -> str:
    """Return the field that a table's header of this name is, as a row's source writes it."""
    code = code_name(name.strip('"'))
    return next((written(one) for one in columns if code_name(one) == code), "")


def _near_target(name: str) -> str:
    """Return the target whose last name is alike: the things before it are shared by many."""
    last = name.rpartition(".")[2]
    known = {one: one.rpartition(".")[2] for one in (*targets(), *lists())}
    near = _all_alike(last, sorted({*known.values()}))
    fitting = [one for one, ending in known.items() if ending in near]
    return max(fitting, key=lambda one: SequenceMatcher(None, name, one).ratio(), default="")
