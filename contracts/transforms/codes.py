"""Transforms that give codes: of a list, a crosswalk, of places. No code is ever a default."""

import re
from collections.abc import Mapping, Sequence

from contracts import codes
from contracts.cells import Odd, cell_text, is_blank, refuse_nothing, triage_text
from contracts.transforms.binding import Binding, Find, Transform

_PLACE = re.compile(r"(MMR[0-9]{6})[0-9]*")
_P_CODE = "MMR"
_PARTS = re.compile(r"[,;|\u104a\u104b\u3001]")
_WORDS = re.compile(r"[\s+&]+")
_MARKS = re.compile(r"\(?[0-9]{1,2}[.)]|[-\u2013\u2022*.+&]+|and|\u1014\u103e\u1004\u1037\u103a")
_NO_CODE = frozenset({"no", "nothing"})
_PERHAPS_NO = "none"  # an empty answer, or "no": a person decides
_LONGEST = 5  # words of a code or its title
_NAMED = 12  # codes that a sentence names


def code(binding: Binding) -> Transform:
    find, table = _finder(binding), binding.table
    takes, asks_yes_or_no = _takes(binding), "no" in binding.table.values()

    def read(raw: object) -> str | None:
        if type(raw) is str and (code := table.get(raw)) is not None:
            return code or None
        if isinstance(raw, list):
            return _one_of(*_read_several(raw, table, find), takes)
        text = cell_text(raw)
        if not text:
            return None
        code = find(text)
        if code is None:
            if not (asks_yes_or_no and text.casefold() == _PERHAPS_NO):
                refuse_nothing(text, takes)
            raise Odd(None, unmapped=(triage_text(raw),), takes=takes)
        return code or None

    return read


def _one_of(found: list[str], strange: tuple[str, ...], takes: str) -> str | None:
    """Return the one code of a list; of several the first, with a note."""
    first = found[0] if found else None
    if strange or len(found) > 1:
        note = "several_codes" if len(found) > 1 else ""
        raise Odd(first, note=note, unmapped=strange, takes=takes)
    return first


def several_codes(binding: Binding) -> Transform:
    find, table, takes = _finder(binding), binding.table, _takes(binding)

    def read(raw: object) -> list[str] | None:
        found, strange = _read_several(raw, table, find)
        if strange:
            raise Odd(found, unmapped=strange, takes=takes)
        return found or None

    return read


def _finder(binding: Binding) -> Find:
    """Return what looks a text up as it stands, and then without what people write around it."""
    meant: dict[str, set[str]] = {}
    for text, code in binding.table.items():
        meant.setdefault(codes.spelling(text), set()).add(code)
    folded = {text: found.pop() for text, found in meant.items() if text and len(found) == 1}

    def find(text: str) -> str | None:
        found = binding.find(text)
        return folded.get(codes.spelling(text)) if found is None else found

    return find


def _takes(binding: Binding) -> str:
    """Say which codes a column takes, or which list has them when they are many."""
    known = dict.fromkeys(binding.table)
    if binding.row.codes:
        known = dict.fromkeys(one.code for one in codes.load(binding.row.codes, binding.row.level))
    if len(known) <= _NAMED:
        return f"one of {', '.join(known)}"
    return (
        f"a code or title of the list {binding.row.codes or binding.row.crosswalk},"
        f" as {next(iter(known))}"
    )


def _read_several(
    raw: object, table: Mapping[str, str], find: Find
) -> tuple[list[str], tuple[str, ...]]:
    """Return the codes of a cell, each once, and the texts that no list has."""
    found: dict[str, None] = {}
    strange: dict[str, None] = {}
    for one in _several(raw, find):
        code = table.get(one) if type(one) is str else None
        if code is None:
            code = find(triage_text(one))
        if code is None:
            strange[triage_text(one)] = None
        elif code:
            found[code] = None
    return list(found), tuple(strange)


def _several(raw: object, find: Find) -> Sequence[object]:
    """Return the single values of a cell that may hold several."""
    if isinstance(raw, list):
        return [one for one in raw if not is_blank(one)]
    text = cell_text(raw)
    if not text or find(text) is not None:
        return [text] if text else []
    refuse_nothing(text)
    if text.casefold().strip(".") in _NO_CODE:
        return []
    return [one for part in _PARTS.split(text) for one in _in_words(part.strip(), find)]


def _in_words(part: str, find: Find) -> list[str]:
    """Return the codes among words, of which one code may take several: `heavy loads other`."""
    if not part or find(part) is not None:
        return [part] if part else []
    words = [
        word
        for text in _WORDS.split(part)
        for word in ([text] if find(text) is not None else text.split("/"))
        if word and not _MARKS.fullmatch(word)
    ]
    found: list[str] = []
    while words:
        size = next((n for n in range(_LONGEST, 1, -1) if find(" ".join(words[:n]))), 1)
        found.append(" ".join(words[:size]))
        del words[:size]
    return found


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
        if code is None and _P_CODE in text:  # a name alone is none, as in a list
            code = townships.find(text)
        if code is None:
            refuse_nothing(text)
            raise Odd(None, unmapped=(triage_text(raw),), takes="the P-code of a township")
        return code or None

    return read
