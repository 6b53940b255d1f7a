"""Which contract a file's columns belong to. Guesses by names alone, and says when it cannot."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.errors import HubError
from contracts.text import normalise

LEAST_SHARE = 0.5
LEAST_COLUMNS = 3
LEAST_OF_WHOLE = 5
_SHOWN = 3
_OF_A_FORM_SERVER = frozenset({"KEY", "PARENT_KEY", "_parent_index", "_submission__id"})
_ROUND_A_JOINT = re.compile(r" ?([-_]) ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A contract as guessing needs it: its name, its columns, and those it cannot do without."""

    name: str
    columns: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """How well a contract fits: the share of the file's columns that it knows, and of its own."""

    name: str
    known: int
    share: float
    required: float
    filled: float

    @property
    def fits(self) -> bool:
        """Whether it can be the one: it knows most of the file, or the file has all of it."""
        if self.filled == 1.0 and self.known >= LEAST_OF_WHOLE:
            return True
        return self.share >= LEAST_SHARE and self.known >= LEAST_COLUMNS

    @property
    def score(self) -> tuple[float, float, float]:
        """What candidates are compared by, the first number first."""
        return self.share, self.required, self.filled


class NotGuessedError(HubError):
    """No contract fits, or several fit equally well. The message lists the nearest."""


def guess(columns: Sequence[str], contracts: Iterable[Known]) -> str:
    """Return the name of the contract that fits best. Raises NotGuessedError."""
    ranked = rank(columns, contracts)
    fitting = [one for one in ranked if one.fits]
    if not fitting:
        raise NotGuessedError(_none_fits(columns, ranked[:_SHOWN]))
    equal = [one for one in fitting if one.score == fitting[0].score]
    if len(equal) > 1:
        names = ", ".join(one.name for one in equal)
        raise NotGuessedError(
            f"the columns fit several contracts equally well: {names}. Name the one that is meant"
            f" with --contract {equal[0].name}"
        )
    return fitting[0].name


def rank(columns: Sequence[str], contracts: Iterable[Known]) -> list[Candidate]:
    """Return how well each contract fits, the best first."""
    given = {code_name(one) for one in columns} - {""}
    found = [_candidate(given, one) for one in contracts]
    return sorted(found, key=lambda one: (*(-part for part in one.score), one.name))


def code_name(header: str) -> str:
    """Return a header as the code of its column: small letters, and no blanks or hyphens."""
    bare = _ROUND_A_JOINT.sub(r"\1", normalise(header).casefold().strip("*: "))
    return bare.replace(" ", "_").replace("-", "_")


def _candidate(given: set[str], contract: Known) -> Candidate:
    columns = {code_name(one) for one in contract.columns}
    required = {code_name(one) for one in contract.required}
    known = given & columns
    return Candidate(
        name=contract.name, known=len(known), share=_share(known, given),
        required=_share(known & required, required), filled=_share(known, columns),
    )  # fmt: skip


def _share(part: set[str], whole: set[str]) -> float:
    return len(part) / len(whole) if whole else 0.0


def _none_fits(columns: Sequence[str], nearest: Sequence[Candidate]) -> str:
    shown = "; ".join(f"{one.name} knows {one.known}" for one in nearest if one.known)
    near = f" The nearest: {shown}." if shown else ""
    if not _OF_A_FORM_SERVER.isdisjoint(columns):
        near += (
            " It seems to be one table of a form server's export, where a record's repeats stand in"
            " another: send the records as the server gives them as JSON."
        )
    count = "column" if len(columns) == 1 else f"{len(columns)} columns"
    return (
        f"no contract fits the file's {count}.{near} Name one with --contract NAME,"
        " or scaffold one with `clmhub contract new FOLDER --from FILE`"
    )
