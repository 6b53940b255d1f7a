"""Zawgyi in the columns of a file: detected on joined text, converted, both facts kept.

Offices mix both encodings in one file: a clerk's older machine fills one column, or pastes rows of
last year below. A name alone is too short to tell, so a column is judged by its first texts
together, and what it leaves open by the whole file. A single text that can be read in one way only
goes its own way. What stays open is left as it is, and said.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from adapters.sdk.cells import Plain
from adapters.sdk.table import Row
from contracts.zawgyi import (
    convert,
    is_surely_unicode,
    is_surely_zawgyi,
    may_be_zawgyi,
    means_the_same,
)

if TYPE_CHECKING:
    from myanmartools import ZawgyiDetector

ORIGINALS = "_zawgyi"
"""The key of a body under which the texts stand as the office wrote them, by column."""

UNICODE_BELOW, ZAWGYI_ABOVE = 0.05, 0.95
JUDGED_ROWS = 2_000
JUDGED_TEXT = 4_000  # characters of a column: ten times what the detector needs to be sure
TELLING_LENGTH = 3  # characters: a single syllable is judged with its row alone
TELLING_TEXTS = 3  # fewer names are too short for the detector: it errs with confidence


class Verdict(StrEnum):
    """What a text's encoding is held to be."""

    UNICODE = "unicode"
    ZAWGYI = "zawgyi"
    OPEN = "open"


@dataclass(slots=True)
class Encodings:
    """What was decided: a verdict for the file and each column, and what was converted."""

    file: Verdict = Verdict.UNICODE
    columns: dict[str, Verdict] = field(default_factory=dict)
    is_mixed: bool = False
    converted: int = 0
    left_open: int = 0
    _is_all_unicode: bool = False

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Give the rows with their Zawgyi texts converted, after judging the first of them."""
        found = iter(rows)
        first = list(islice(found, JUDGED_ROWS))
        self._judge(first)
        for row in chain(first, found):
            changed = self._changed(row.cells)
            if not changed:
                yield row
                continue
            self.converted += 1
            originals = {column: row.cells[column] for column in changed}
            yield replace(row, cells={**row.cells, **changed}, originals=originals)

    def notes(self) -> list[str]:
        """Say in words what was converted and what was left, for the person who sent the file."""
        said = []
        if self.converted:
            said.append(f"zawgyi_converted: {self.converted} rows held text in Zawgyi")
        if self.left_open:
            said.append(
                f"zawgyi_undecided: {self.left_open} texts may be Zawgyi or Unicode, and were left"
                " as they are"
            )
        return said

    def _judge(self, rows: Iterable[Row]) -> None:
        texts: dict[str, dict[str, None]] = {}
        for row in rows:
            for column, cell in row.cells.items():
                if isinstance(cell, str) and not cell.isascii():
                    texts.setdefault(column, {})[cell] = None
        telling = {
            column: [text for text in found if not means_the_same(text)]
            for column, found in texts.items()
        }
        self.file = _joint_verdict(list(chain(*telling.values())), 4 * JUDGED_TEXT)
        for column, several in telling.items():
            verdict = _joint_verdict(several, JUDGED_TEXT)
            self.columns[column] = self.file if verdict is Verdict.OPEN else verdict
            found = texts[column]
            if any(map(is_surely_zawgyi, found)) and any(map(is_surely_unicode, found)):
                self.is_mixed = True
        verdicts = {self.file, *self.columns.values()}
        self._is_all_unicode = verdicts == {Verdict.UNICODE} and not self.is_mixed

    def _changed(self, cells: Mapping[str, Plain]) -> dict[str, str]:
        texts = {
            column: cell for column, cell in cells.items()
            if type(cell) is str and not cell.isascii()
        }  # fmt: skip
        if not texts:
            return {}
        beside = "\n".join(texts.values())
        if self._is_all_unicode and not may_be_zawgyi(beside):
            return {}
        changed: dict[str, str] = {}
        for column, text in texts.items():
            verdict = self._of(column, text, beside)
            if verdict is Verdict.UNICODE or means_the_same(text):
                continue
            if verdict is Verdict.ZAWGYI:
                changed[column] = convert(text)
            else:
                self.left_open += 1
        return changed

    def _of(self, column: str, text: str, beside: str) -> Verdict:
        if is_surely_zawgyi(text):
            return Verdict.ZAWGYI
        if is_surely_unicode(text):
            return Verdict.UNICODE
        if self.is_mixed:  # rows were pasted: the texts beside it come from the same hand
            for said in (text, beside) if len(text) >= TELLING_LENGTH else (beside,):
                verdict = _verdict(said[:JUDGED_TEXT])
                if verdict is not Verdict.OPEN:
                    return verdict
            if len(text) < TELLING_LENGTH:
                return Verdict.OPEN
        return self.columns.get(column, self.file)


def _joint_verdict(texts: Sequence[str], most: int) -> Verdict:
    """Judge texts together; a few that could be either are not enough to change a name."""
    verdict = _verdict("\n".join(texts)[:most])
    few = len(texts) < TELLING_TEXTS and not any(map(is_surely_zawgyi, texts))
    return Verdict.OPEN if few and verdict is Verdict.ZAWGYI else verdict


def _verdict(text: str) -> Verdict:
    if not text:
        return Verdict.OPEN
    probability = _detector().get_zawgyi_probability(text)
    if probability < UNICODE_BELOW:  # also minus infinity: nothing Burmese in it
        return Verdict.UNICODE
    return Verdict.ZAWGYI if probability > ZAWGYI_ABOVE else Verdict.OPEN


@cache
def _detector() -> "ZawgyiDetector":
    """Load the detector's model once, and only where there is Burmese text."""
    from myanmartools import ZawgyiDetector

    return ZawgyiDetector()
