"""Code lists as versioned data, loaded once each. Never knows what a source calls a field."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from contracts.text import normalise


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

    `width` is the length that all codes of digits share, 0 where there is none: a spreadsheet
    drops leading zeros, and the width gives them back.
    """

    name: str
    version: str
    source: str
    codes: Mapping[str, Code]
    spellings: Mapping[str, str]
    width: int

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes.values())

    def find(self, text: str) -> str | None:
        """Return the code that a cell's text means, or None."""
        found = self.spellings.get(text)
        if found is None:
            found = self.spellings.get(spelling(text))
        if found is None and self.width and text.isascii() and text.isdecimal():
            found = self.spellings.get(text.zfill(self.width))
        return found


def spelling(text: str) -> str:
    """Return the form under which spellings are compared."""
    return normalise(text).casefold()


@cache
def load(name: str, level: str = "") -> CodeList:
    """Load a list by its file name; `level` keeps one level of a classification (`class`)."""
    entry = _sources()[name]
    rows = csv.DictReader(io.StringIO(_text(f"{name}.csv")))
    codes: dict[str, Code] = {}
    spellings: dict[str, str] = {}
    for row in rows:
        one = _code(row)
        if level and one.level != level:
            continue
        codes[one.code] = one
        for text in (one.code, *filter(None, one.more.get("spellings", "").split("|"))):
            spellings[text] = spellings[spelling(text)] = one.code
    widths = {len(code) if code.isdecimal() else 0 for code in codes}
    return CodeList(
        name=name, version=entry["version"], source=entry["source"], codes=codes,
        spellings=spellings, width=widths.pop() if len(widths) == 1 else 0,
    )  # fmt: skip


def names() -> tuple[str, ...]:
    """Return the names of all lists."""
    return tuple(sorted(_sources()))


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
def _sources() -> dict[str, dict[str, str]]:
    return tomllib.loads(_text("SOURCES.toml"))


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
