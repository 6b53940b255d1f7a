"""Which rows of a table are no records: subtotals, labels, signatures, notes. Reads no value."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from adapters.sdk.cells import Broken, Plain, is_blank, key_text, tidy
from adapters.sdk.grid import Cells
from adapters.sdk.manifest import SheetForm
from adapters.sdk.table_header import HEADER_CODES, Header

_TOTAL_ALONE = re.compile(
    r"(?:စုစု ?ပေါင်း|စုစု ?ေပါင္း|ပေါင်း|ေပါင္း|(?:grand |sub[- ]?)?total)[\W\d]*", re.IGNORECASE
)
_TOTAL = re.compile(
    _TOTAL_ALONE.pattern
    + r"|.{0,40}(?:စုစု ?ပေါင်း|စုစု ?ေပါင္း|အားလုံးပေါင်း).*|(?:grand |sub[- ]?)total.*"
    r"|total(?: \w+)?(?:[\W\d].*)?|(?:all )?totals?|sum|average|(?:\w+ ){1,3}total[\W\d]*",
    re.IGNORECASE,
)
_SIGNED_CELLS = 8
_LONGEST_NAME, _WORDS_OF_A_NAME = 60, 6
_DONE = (
    "prepared|checked|verified|approved|reviewed|submitted|received|certified|compiled|entered"
    "|reported|recorded|filled|filled in|signed|printed"
)
_SIGNED = re.compile(
    rf"(?:{_DONE})(?: and \w+)? by\b.*|signatures?\b.*|head ?(?:of|master|mistress|teacher)\b.*"
    r"|township .{0,30}officer|page \d.*"
    rf"|(?:{_DONE}|date|name|rank|position|designation|title|phone|tel|telephone|contact|stamp|seal"
    r"|notes?|n\.?b|remarks?|source|officer|principal|inspector)\)?(?: ?[:.\u2013-].*)?"
    r"|.*(?:ပြုစုသူ|စစ်ဆေးသူ|အတည်ပြုသူ|တင်ပြသူ|ရေးသားသူ|လက်မှတ်|တံဆိပ်|ကျောင်းအုပ်|ဦးစီးမှူး|တာဝန်ခံ"
    r"|ပညာရေးမှူး).*|(?:ရက်စွဲ|ရာထူး|အမည်|ဖုန်း|မှတ်ချက်)(?: ?[:\u104a\u104b-].*)?",
    re.IGNORECASE | re.DOTALL,
)
_BRACKETS = re.compile(r"\(.*?\)")
_BURMESE = re.compile(r"[\u1000-\u109f]")


def at(cells: Cells, column: int) -> Plain | Broken | None:
    return cells[column] if column < len(cells) else None


def is_no_record(
    cells: Cells, found: Mapping[str, Plain], header: Header, wide: bool, form: SheetForm | None
) -> bool:
    """Whether a row that lacks required cells is a subtotal, a title, a note, or signed."""
    given = _required(found, form) if form else []
    if form and len(given) == len(form.required):
        return False
    row = [cell for cell in cells if not is_blank(cell)]
    if form and len(row) <= _SIGNED_CELLS and _signs(row[0]):
        return True
    if form and not _is_poor(given, form):
        return _sums_up(cells, given, form)
    if form is None and 2 * len(found) > max(len(header.names), HEADER_CODES):
        return False
    return any(map(_is_total, row)) or _is_beside_the_table(row, found, header, wide, form)


def _is_beside_the_table(
    row: Cells, found: Mapping[str, Plain], header: Header, wide: bool, form: SheetForm | None
) -> bool:
    """Whether one or two cells are a title, a note or a signature."""
    given = _required(found, form) if form else []
    leftmost = header.names[min(header.names)]
    if len(row) == 1:
        return len(header.names) > 1 and (
            wide or leftmost in found or bool(given) or _is_note(row[0], form)
        )
    is_signed = form is not None and len(row) == 2 and leftmost in form.required
    return is_signed and leftmost in found and not _has_digit(found[leftmost])


def _sums_up(cells: Cells, given: Sequence[Plain], form: SheetForm) -> bool:
    """Whether a row that repeats its school or its inspection is a subtotal: it says so plainly."""
    if len(given) == len(form.required):
        return False
    told = sum(not _is_total(cell) for cell in given)
    return told + 2 <= len(form.required) and any(
        isinstance(cell, str) and _TOTAL_ALONE.fullmatch(tidy(cell)) for cell in cells
    )


def _is_poor(given: Sequence[Plain], form: SheetForm) -> bool:
    """Whether most required cells are empty; the word "total" is no value of any."""
    if len(given) == len(form.required):
        return False
    return 2 * sum(not _is_total(cell) for cell in given) < len(form.required)


def _is_total(cell: Plain | Broken | None) -> bool:
    return isinstance(cell, str) and bool(_TOTAL.fullmatch(tidy(cell)))


def is_labels(found: Mapping[str, Plain], form: SheetForm) -> bool:
    """Whether a row holds names of columns, or their numbers: (1), (2), (3).

    Dates, ids and places of a record all hold a digit, and its numbers are cells of digits alone.
    """
    if _are_counted(found):
        return True
    if any(map(_is_number, found.values())):
        return False
    required = _required(found, form)
    if len(required) >= HEADER_CODES:
        return not any(map(_has_digit, required))
    return len(found) > 1 and not any(map(_has_digit, found.values()))


def _is_number(cell: Plain) -> bool:
    if not isinstance(cell, str):
        return True
    return any(map(str.isdecimal, cell)) and not any(map(str.isalpha, cell))


def _are_counted(found: Mapping[str, Plain]) -> bool:
    texts = [re.sub(r"[^\d]", "", key_text(cell)) for cell in found.values() if _is_number(cell)]
    numbers = [int(text) for text in texts if 0 < len(text) < 4]
    return len(numbers) == len(found) >= HEADER_CODES and all(
        before < after for before, after in pairwise(numbers)
    )


def is_burmese(cells: Cells, header: Header) -> bool:
    """Whether the row below a header of codes holds a Burmese label for most of them."""
    labels = [
        cell for column in header.names
        if isinstance(cell := at(cells, column), str) and _BURMESE.search(cell)
        and not _has_digit(cell)
    ]  # fmt: skip
    return len(labels) >= HEADER_CODES and 10 * len(labels) >= 8 * len(header.names)


def _required(found: Mapping[str, Plain], form: SheetForm) -> list[Plain]:
    return [found[code] for code in form.required if code in found]


def _has_digit(cell: Plain) -> bool:
    return not isinstance(cell, str) or any(c.isdecimal() for c in _BRACKETS.sub("", cell))


def _signs(cell: Plain | Broken | None) -> bool:
    """Whether a cell says who made the table, when, or where its notes begin."""
    return isinstance(cell, str) and bool(_SIGNED.fullmatch(tidy(cell).lstrip("(*- ")))


def _is_note(cell: Plain | Broken | None, form: SheetForm | None) -> bool:
    """Whether a text that stands alone is too long for a name, or begins as a note does."""
    text = tidy(cell)
    is_long = len(text) > _LONGEST_NAME or len(text.split()) > _WORDS_OF_A_NAME
    return form is not None and (is_long or _signs(cell) or text.startswith(("*", "(", "\u2020")))
