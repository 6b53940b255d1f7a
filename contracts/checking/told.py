"""Turns what reading and compiling a contract say into faults with a line and what to do."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from contracts import codes, transforms
from contracts.checking.fault import CONTRACT, MAPPING, Fault
from contracts.checking.lines import Lines
from contracts.checking.targets import lists, targets
from contracts.errors import HubError
from contracts.source_contract import ContractError

_TOLD = re.compile(
    r"[^:]*?(?P<file>contract\.toml|mapping\.toml)(?: line (?P<line>\d+))?(?:, (?P<at>[^:]+))?:"
    r" (?P<said>.*)",
    re.DOTALL,
)
_UNKNOWN = re.compile(r"unknown (field|target|transform|list|crosswalk) ([^\s:]+)")

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
        next_step=" ".join(filter(None, (_near(said, columns), step or "mend it"))),
    )  # fmt: skip


def _line(at: str, lines: Lines) -> int:
    """Return the line of what stands beside the rows: `one_of`, `crosswalk.danger`, a list."""
    if at.startswith("row "):
        return lines.of("mapping", "lists")
    return lines.of(*at.split(".")) if at else lines.of("mapping")


def _near(said: str, columns: list[str] | None) -> str:
    """Return what was probably meant by a name that does not exist."""
    found = _UNKNOWN.search(said)
    if found is None or columns is None:
        return ""
    known = {
        "field": columns, "target": [*targets(), *lists()], "transform": transforms.names(),
        "list": codes.names(), "crosswalk": [],
    }[found[1]]  # fmt: skip
    near = get_close_matches(found[2], known, n=1, cutoff=0.65)
    return f"perhaps {near[0]} is meant, else" if near else ""
