"""Code lists as dated data with versions, loaded once each. Never knows a source's field names."""

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from contracts.text import normalise

_JOINTS = re.compile(r"[-_/\s.,;:'\"\u2018\u2019\u201c\u201d()\[\]{}*\u2026\u104a\u104b]+")
_LETTER_AND_DIGIT = re.compile(r"(?<=[a-z]) (?=[0-9])")
_NEGATIVE = re.compile(r"-[0-9.]+")
_WHOLE = re.compile(r"([0-9]+)\.0+")
_LONG = 6  # characters: no two codes of a list stand behind one another in so many
EQUIVALENCES = frozenset({"equivalent", "wider", "narrower", "inexact"})
"""How another scheme's code may stand to ours; words of FHIR R4's ConceptMap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code. `more` holds the list's own further columns (`counts` of a hazard)."""

    code: str
    title: str
    title_my: str = ""
    parent: str = ""
    level: str = ""
    retired: bool = False
    more: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """A code list: its codes, and every spelling of them that files use.

    It holds from `valid_from` to `valid_until` (None: still). `width` is the length that all
    codes of digits share, 0 where there is none: a spreadsheet drops leading zeros, and the width
    gives them back. `reads` finds the code in what people write around it (`Grade 05 (A)`), and
    `is_long` says that blanks in a code or title mean nothing (`MMR 013 001`, `Hlaing Tharya`).
    """

    name: str
    version: str
    source: str
    valid_from: date
    valid_until: date | None
    codes: Mapping[str, Code]
    spellings: Mapping[str, str]
    width: int
    is_long: bool
    reads: re.Pattern[str] | None

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes.values())

    def find(self, text: str) -> str | None:
        """Return the code that a cell's text means, or None."""
        found = self.spellings.get(text)
        if found is not None:
            return found
        if whole := _WHOLE.fullmatch(text):
            text = whole[1]
        folded = spelling(text)
        found = self._spelt(folded)
        if found is None and self.width and text.isascii() and text.isdecimal():
            found = self.spellings.get(text.zfill(self.width))
        if found is None and self.reads and (read := self.reads.fullmatch(folded)):
            found = self._spelt(read[1])
        return self._before_title(folded) if found is None else found

    def _spelt(self, folded: str) -> str | None:
        found = self.spellings.get(folded)
        if found is None and self.is_long:
            found = self.spellings.get(folded.replace(" ", ""))
        return found

    def _before_title(self, folded: str) -> str | None:
        """Return the code that stands before its own title: `5610 - Restaurants ...`."""
        head, _, rest = folded.partition(" ")
        code = self.spellings.get(head)
        if code is None:
            return None
        titles = {spelling(self.codes[code].title), spelling(self.codes[code].title_my)}
        return code if rest in titles else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row of a crosswalk: `other` is the code of `scheme` that stands beside ours.

    `equivalence` is one of EQUIVALENCES: `wider` says that the other code means more than ours.
    """

    code: str
    scheme: str
    other: str
    equivalence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A dated change of a code: `becomes` stands for it from `on`; no codes: it was dropped.

    Without `on` the day is not known, and the code counts as gone on every day.
    """

    code: str
    becomes: tuple[str, ...]
    on: date | None
    source: str


def spelling(text: str) -> str:
    """Return the form under which spellings are compared: `long-absent` is `(Long_Absent)`.

    What stands between two digits still parts them, and the sign of a number stays: `-1`, a
    survey's code for no answer, is no `1`.
    """
    folded = normalise(text).casefold()
    if _NEGATIVE.fullmatch(folded):
        return folded
    return _LETTER_AND_DIGIT.sub("", _JOINTS.sub(" ", folded).strip())


@cache
def load(name: str, level: str = "") -> CodeList:
    """Load a list by its file name; `level` keeps one level of a classification (`class`)."""
    entry = _sources()[name]
    codes: dict[str, Code] = {}
    spellings: dict[str, str] = {}
    for row in _rows(f"{name}.csv"):
        one = _code(row)
        if level and one.level != level:
            continue
        codes[one.code] = one
        for text in (one.code, *filter(None, one.more.get("spellings", "").split("|"))):
            spellings[text] = spellings[spelling(text)] = one.code
    lengths = {len(code) for code in codes}
    is_long = len(lengths) == 1 and min(lengths) >= _LONG
    for text, code in _titles(codes.values(), blanks=not is_long).items():
        spellings.setdefault(text, code)
    widths = {len(code) if code.isdecimal() else 0 for code in codes}
    return CodeList(
        name=name, version=entry["version"], source=entry["source"],
        valid_from=entry["valid_from"], valid_until=entry.get("valid_until"), codes=codes,
        spellings=spellings, width=widths.pop() if len(widths) == 1 else 0,
        is_long=is_long,
        reads=re.compile(entry["reads"]) if "reads" in entry else None,
    )  # fmt: skip


def names() -> tuple[str, ...]:
    """Return the names of all lists."""
    return tuple(sorted(_sources()))


@cache
def crosswalk(name: str) -> tuple[Link, ...]:
    """Return how a list's codes stand to those of other schemes (`hazards`: R190, MICS6, DPMS)."""
    return tuple(
        Link(
            code=row["code"],
            scheme=row["scheme"],
            other=row["other"],
            equivalence=row["equivalence"],
        )
        for row in _rows(f"crosswalks/{name}.csv")
    )


@cache
def changes(name: str) -> tuple[Change, ...]:
    """Return the changes of a list's codes, as changes.toml has them."""
    rows: list[dict[str, Any]] = tomllib.loads(_text("changes.toml"))["change"]
    return tuple(
        Change(
            code=row["code"], becomes=tuple(row["becomes"]), on=row.get("on"), source=row["source"]
        )
        for row in rows
        if row["list"] == name
    )


def successor(name: str, code: str, on: date) -> tuple[str, ...]:
    """Return what stands for a code on a day: itself while it holds, several after a split.

    Nothing stands for a code that was dropped. Raises KeyError for one that never was in the list.
    """
    if code not in load(name):
        raise KeyError(f"the list {name} never had this code")
    for change in changes(name):
        if change.code == code and (change.on is None or change.on <= on):
            return tuple(
                last for next_code in change.becomes for last in successor(name, next_code, on)
            )
    return (code,)


def state_of(township: str) -> str:
    """Return the state or region of a township: the first six characters of its P-code."""
    return township[:6]


@cache
def section_of(isic: str) -> str:
    """Return the ISIC section (`A` to `U`) of a class, group or division; `unknown` for none."""
    everything = load("isic4").codes
    code = isic
    while code in everything:
        if everything[code].level == "section":
            return code
        code = everything[code].parent
    return "unknown"


def _titles(codes: Iterable[Code], *, blanks: bool) -> dict[str, str]:
    """Return the titles that name one code alone, as they are compared: files hold labels, too.

    The title of a code that is no longer given out names none for sure: what was split may be
    meant by halves.
    """
    found: dict[str, set[str]] = {}
    for one in codes:
        for title in filter(None, (spelling(one.title), spelling(one.title_my))):
            if not one.retired:
                text = title if blanks else title.replace(" ", "")
                found.setdefault(text, set()).add(one.code)
    return {title: codes.pop() for title, codes in found.items() if len(codes) == 1}


def _code(row: dict[str, str]) -> Code:
    common = {"code", "title", "title_my", "parent", "level", "retired"}
    return Code(
        code=row["code"],
        title=row["title"],
        title_my=row.get("title_my", ""),
        parent=row.get("parent", ""),
        level=row.get("level", ""),
        retired=row.get("retired") == "yes",
        more={name: text for name, text in row.items() if name not in common},
    )


@cache
def _sources() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_text("SOURCES.toml"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader(io.StringIO(_text(name))))


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
