"""A trial for a person: each column's way, each record's fate, and the sums. Shows what it may."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contracts.checking.targets import PERSONAL, targets
from contracts.mapping.translation import Explained, ExplainedRow
from hub.contract_tools.masking import mask
from hub.contract_tools.trying import Record, Tick, Trial, records
from hub.terminal import visible

_MOST_RECORDS = 30
_OUTCOMES = (
    "taken", "converted", "unmapped", "absent", "unreadable", "impossible", "not_needed",
    "empty",
)  # fmt: skip
_TROUBLES = frozenset({"unmapped", "absent", "unreadable"})
_CODE_LIKE = re.compile(r"[a-z0-9_.-]{1,24}|[A-Z0-9_.-]{1,12}")
_DIGIT = re.compile(r"[0-9]")
_MOST_DIGITS = 6  # of a place's code; a phone or a card has more


@dataclass(slots=True)
class _Way:
    """One mapping row over all records: how often it went how, and the first value for example."""

    transform: str
    outcomes: Counter[str] = field(default_factory=Counter)
    example: str = field(default="", repr=False)


@dataclass(slots=True)
class _Sums:
    """What a person sees at the end. Records are kept as lines, and no more than fit a page."""

    reveal: bool
    ways: dict[tuple[str, str], _Way] = field(default_factory=dict)
    fates: Counter[str] = field(default_factory=Counter)
    every: list[list[str]] = field(default_factory=list, repr=False)
    remarkable: list[list[str]] = field(default_factory=list, repr=False)
    replaced: int = 0
    unused: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)


def lines(trial: Trial, limit: int, tick: Tick, *, reveal: bool) -> Iterator[str]:
    """Yield the page; nothing at all when the file cannot be read to its end."""
    sums = _Sums(reveal=reveal)
    for record in records(trial, limit, tick):
        explained = trial.plan.explain(record.body, where=record.row.where, key=record.key)
        _add(record, explained, sums)
    yield _head(trial)
    yield from _columns(sums)
    yield from _records(sums)
    yield from _rest(trial, sums)


def _head(trial: Trial) -> str:
    made = trial.contract
    how = "its columns fit it best" if trial.guessed else "as asked"
    return f"{trial.file.name}: read by the contract {trial.name} {made.version} ({how})"


def _add(record: Record, explained: Explained, sums: _Sums) -> None:
    for row in explained.rows:
        way = sums.ways.setdefault((row.column, row.target), _Way(transform=row.transform))
        way.outcomes[row.outcome] += 1
        if not way.example and row.outcome in {"taken", "converted"}:
            way.example = _example(row, reveal=sums.reveal)
    sums.unused |= dict.fromkeys(explained.unused)
    sums.unknown |= dict.fromkeys(explained.unknown)
    fate = _fate(explained)
    sums.fates[fate] += 1
    sums.replaced += record.is_replaced
    told = _told(record, explained, fate, reveal=sums.reveal)
    if len(sums.every) < _MOST_RECORDS:
        sums.every.append(told)
    if (len(told) > 1 or fate == "rejected") and len(sums.remarkable) < _MOST_RECORDS:
        sums.remarkable.append(told)


def _fate(explained: Explained) -> str:
    made = explained.translated
    if made is None:
        return "rejected"
    return "accepted (about no child)" if made.figure is not None else "accepted"


def _told(record: Record, explained: Explained, fate: str, *, reveal: bool) -> list[str]:
    """Return a record's lines: its fate, and why or with what remark."""
    sheet = f"sheet {record.row.sheet}, " if record.row.sheet else ""
    part = f", child {record.part}" if record.part else ""
    found = [f"  {sheet}row {record.row.row}{part}: {fate}"]
    for reason in explained.reasons:
        found += [f"      {reason.message}", f"      -> {reason.next_step}"]
    for note in record.notes:
        found += [f"      note: {note.message}", f"      -> {note.next_step}"]
    if explained.translated is None:
        return found
    for row in explained.rows:
        if row.outcome in _TROUBLES:
            cell = f" ({_short(str(row.raw))})" if reveal or _may_be_shown(row) else ""
            found.append(f"      {row.column}{cell} {_TROUBLE_WORDS[row.outcome]}: {row.target}")
    facts = explained.translated.facts or {}
    found += [f"      note: {note}" for note in facts.get("notes", ())]
    found += [f"      breaks the quality rule {name}" for name in explained.translated.quality]
    return found


def _may_be_shown(row: ExplainedRow) -> bool:
    """Tell whether a cell looks like a code, and may be of no person.

    After a slip of columns a cell may be anything, whatever its column: a name, a number to call.
    """
    text = str(row.raw)
    is_code = _CODE_LIKE.fullmatch(text) is not None and len(_DIGIT.findall(text)) <= _MOST_DIGITS
    return is_code and row.outcome == "unmapped" and not _personal(row)


_TROUBLE_WORDS = {
    "unmapped": "holds a code that no list knows, which waits for triage",
    "absent": "says on purpose why it is empty",
    "unreadable": "cannot be read, stays empty and waits for triage",
}


def _example(row: ExplainedRow, *, reveal: bool) -> str:
    """Return what a cell became, masked where the column or the target is of a person."""
    if _personal(row) and not reveal:
        return mask(row.value)
    return f"{row.raw!s} -> {row.value!s}" if row.outcome == "converted" else str(row.value)


def _personal(row: ExplainedRow) -> bool:
    target = targets().get(row.target)
    return row.label in PERSONAL or (target is not None and target.label in PERSONAL)


def _columns(sums: _Sums) -> Iterator[str]:
    yield ""
    yield "What went where:"
    width = max((len(column) for column, _ in sums.ways), default=0)
    for (column, target), way in sums.ways.items():
        counts = ", ".join(f"{way.outcomes[one]} {one}" for one in _OUTCOMES if way.outcomes[one])
        example = f"   e.g. {_short(way.example)}" if way.example else ""
        yield f"  {column:{width}} -> {target} ({way.transform}): {counts}{example}"


def _short(text: str, most: int = 60) -> str:
    """Return a cell's text on a line, and no longer than one."""
    plain = visible(text, instead=" ")
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def _records(sums: _Sums) -> Iterator[str]:
    total = sums.fates.total()
    few = total <= _MOST_RECORDS
    shown: Sequence[list[str]] = sums.every if few else sums.remarkable
    yield ""
    yield "Records:" if few else f"Records with something to tell (of {total}):"
    for told in shown:
        yield from told
    if not shown:
        yield "  none" if total else "  The file holds no record."
    elif not few and len(shown) == _MOST_RECORDS:
        yield "  ... perhaps more: --json lists every record"


def _rest(trial: Trial, sums: _Sums) -> Iterator[str]:
    unknown = dict.fromkeys((*sums.unknown, *trial.file.extra))
    unused = [name for name in sums.unused if name not in unknown]
    for said, names in (("describes and maps nowhere", unused), ("does not know", unknown)):
        if names:
            yield ""
            yield f"Columns that the contract {said}: {_short(', '.join(names), 1000)}"
    yield ""
    counts = ", ".join(f"{count} {fate}" for fate, count in sums.fates.most_common())
    total = sums.fates.total()
    yield f"{total} record{'' if total == 1 else 's'}: {counts or 'none'}"
    if sums.replaced:
        yield (
            f"{sums.replaced} of them would not stay in the hub: a later one with the same key"
            " takes the place of each."
        )
    if not sums.reveal:
        yield "Personal values are masked; --reveal shows them."
