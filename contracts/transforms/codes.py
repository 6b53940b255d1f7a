"""Transforms that give codes: of a list, a crosswalk, of places. No code is ever a default."""

import re
from collections.abc import Mapping, Sequence

from contracts import codes
from contracts.cells import Odd, cell_text, is_blank, triage_text
from contracts.transforms.binding import Binding, Find, Transform

_PLACE = re.compile(r"(MMR[0-9]{6})[0-9]*")
_BETWEEN = re.compile(r"(?:[\s,;|\u104a\u104b]|(?<=\s)[-/+&](?=\s))+")


def code(binding: Binding) -> Transform:
    find, table = binding.find, binding.table

    def read(raw: object) -> str | None:
        if type(raw) is str and (code := table.get(raw)) is not None:
            return code or None
        if isinstance(raw, list):
            return _one_of(*_read_several(raw, table, find))
        text = cell_text(raw)
        if not text:
            return None
        code = find(text)
        if code is None:
            raise Odd(None, unmapped=(triage_text(raw),))
        return code or None

    return read


def _one_of(found: list[str], strange: tuple[str, ...]) -> str | None:
    """Return the one code of a list; of several the first, with a note."""
    first = found[0] if found else None
    if strange or len(found) > 1:
        raise Odd(first, note="several_codes" if len(found) > 1 else "", unmapped=strange)
    return first


def several_codes(binding: Binding) -> Transform:
    find, table = binding.find, binding.table

    def read(raw: object) -> list[str] | None:
        found, strange = _read_several(raw, table, find)
        if strange:
            raise Odd(found, unmapped=strange)
        return found or None

    return read


def _read_several(
    raw: object, table: Mapping[str, str], find: Find
) -> tuple[list[str], tuple[str, ...]]:
    """Return the codes of a cell, each once, and the texts that no list has."""
    found: list[str] = []
    strange: list[str] = []
    for text in _several(raw):
        code = table.get(text) if type(text) is str else None
        if code is None:
            code = find(triage_text(text))
        if code is None:
            strange.append(triage_text(text))
        elif code and code not in found:
            found.append(code)
    return found, tuple(dict.fromkeys(strange))


def _several(raw: object) -> Sequence[object]:
    """Return the single values of a cell that may hold several."""
    if isinstance(raw, list):
        return [one for one in raw if not is_blank(one)]
    return [text for text in _BETWEEN.split(cell_text(raw)) if text]


def place(binding: Binding) -> Transform:
    find, townships = binding.find, codes.load("townships")

    def read(raw: object) -> str | None:
        text = cell_text(raw).upper()
        if not text:
            return None
        found = _PLACE.fullmatch(text)
        if found is not None and found[1] in townships:
            return found[1]
        code = find(triage_text(raw))
        if code is None:
            raise Odd(None, unmapped=(triage_text(raw),))
        return code or None

    return read
