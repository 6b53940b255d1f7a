"""A trial for a person: each column's way, each record's fate, and the sums. Shows what it may."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts import paths
from contracts.checking.targets import PERSONAL, targets
from contracts.errors import Reason
from contracts.mapping.translation import Explained, ExplainedRow, Translated
from contracts.source_contract import SourceContract
from hub.contract_tools.masking import mask
from hub.contract_tools.remarks import Remark, Remarks, Told
from hub.contract_tools.trying import Record, Tick, Trial, records
from hub.contract_tools.waiting import Wait, wait_of
from hub.contract_tools.words import count
from hub.terminal import visible

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
    """What a person sees at the end."""

    reveal: bool
    ways: dict[tuple[str, str], _Way] = field(default_factory=dict)
    fates: Counter[str] = field(default_factory=Counter)
    remarks: Remarks = field(default_factory=Remarks, repr=False)
    replaced: int = 0
    waiting: int = 0
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
    yield ""
    yield from sums.remarks.lines()
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
    made = None if record.refusal else explained.translated
    fate, wait = _fate(made), wait_of(made) if made else None
    sums.fates[fate] += 1
    sums.replaced += record.is_replaced
    sums.waiting += wait is not None
    remarks = [_remark(one) for one in _reasons(record, explained)]
    remarks += [_remark(note, "note: ") for note in record.notes]
    if made:
        remarks += _of_made(made, explained, wait, reveal=sums.reveal)
    sums.remarks.add(Told(place=_place(record), fate=fate, remarks=tuple(remarks)))


def _fate(made: Translated | None) -> str:
    if made is None:
        return "rejected"
    return "accepted (about no child)" if made.figure is not None else "accepted"


def _place(record: Record) -> str:
    sheet = f"sheet {record.row.sheet}, " if record.row.sheet else ""
    part = f", child {record.part}" if record.part else ""
    return f"{sheet}row {record.row.row}{part}"


def _reasons(record: Record, explained: Explained) -> tuple[Reason, ...]:
    return (record.refusal,) if record.refusal else explained.reasons


def _remark(reason: Reason, before: str = "") -> Remark:
    return f"{before}{reason.message}", f"-> {reason.next_step}"


def _of_made(
    made: Translated, explained: Explained, wait: Wait | None, *, reveal: bool
) -> list[Remark]:
    """Return what is to be said of a record that is accepted."""
    found: list[Remark] = [_remark(wait.reason)] if wait else []
    for row in explained.rows:
        if row.outcome in _TROUBLES:
            cell = f" ({_short(str(row.raw))})" if reveal or _may_be_shown(row) else ""
            found.append((f"{row.column}{cell} {_TROUBLE_WORDS[row.outcome]}: {row.target}",))
    found += [(f"note: {note}",) for note in (made.facts or {}).get("notes", ())]
    found += [(f"breaks the quality rule {name}",) for name in made.quality]
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


def _rest(trial: Trial, sums: _Sums) -> Iterator[str]:
    unknown = dict.fromkeys((*sums.unknown, *trial.file.extra))
    keyed = _keyed(trial.contract)
    unused = [name for name in sums.unused if name not in unknown and name not in keyed]
    for said, names in (("describes and maps nowhere", unused), ("does not know", unknown)):
        if names:
            yield ""
            yield f"Columns that the contract {said}: {_short(', '.join(names), 1000)}"
    yield ""
    counts = ", ".join(f"{number} {fate}" for fate, number in sums.fates.most_common())
    yield f"{count(sums.fates.total(), 'record')}: {counts or 'none'}"
    if sums.replaced:
        yield (
            f"{sums.replaced} of them would not stay in the hub: a later one with the same key"
            " takes the place of each."
        )
    if sums.waiting:
        yield f"{sums.waiting} of them would wait for a person in the hub."
    if not sums.reveal:
        yield "Personal values are masked; --reveal shows them."


def _keyed(contract: SourceContract) -> frozenset[str]:
    """Return the columns of which the keys of record and person are made."""
    key = {one.name for one in contract.properties.values() if one.key_position}
    return frozenset(key | {paths.names(path)[0] for path in contract.person})
