"""What a mapping did with one record, row by row, for the person who writes it. Hides nothing.

The values of a record are in it: whoever shows it masks them by their class.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from contracts import paths
from contracts.cells import Impossible, Odd, Stopped, Trouble, WhyAbsent, is_blank
from contracts.errors import Reason, RejectedError
from contracts.labels import Label
from contracts.mapping.apply import Translated, apply
from contracts.mapping.plan import Compiled
from contracts.mapping.rows import CHILD, SourceContract
from contracts.mapping.steps import Step, fetch

Outcome = Literal[
    "taken", "converted", "unmapped", "absent", "unreadable", "impossible", "empty", "not_needed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """One row on one record. `label` is the class of the column; `raw` and `value` may be a
    person's. `not_needed`: an earlier row had given the target. Rows of a list have the element's
    place in `element`, from 1.
    """

    target: str
    column: str
    transform: str
    label: Label
    raw: object = field(repr=False)
    value: object = field(repr=False)
    outcome: Outcome
    element: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All rows, why the record was rejected if it was, and fields that no row reads.

    `unknown` are those of the unused that the contract does not describe.
    """

    rows: tuple[ExplainedRow, ...]
    reasons: tuple[Reason, ...]
    unused: tuple[str, ...]
    unknown: tuple[str, ...]
    translated: Translated | None


def explain(plan: Compiled, body: Mapping[str, Any], where: str, key: str) -> Explained:
    """Run a mapping and keep what each row did. Never raises for a bad record."""
    translated: Translated | None = None
    faults: tuple[Reason, ...] = ()
    try:
        translated = apply(plan, body, where, key)
    except RejectedError as rejected:
        faults = rejected.reasons
    rows = tuple(_rows(plan.steps, body, 0))
    for one in plan.lists:
        for number, element in enumerate(one.elements(body), start=1):
            rows += tuple(_rows(one.steps, element, number))
    used = _used(plan.contract)
    unused = tuple(name for name in body if name not in used and not is_blank(body[name]))
    described = plan.contract.properties
    unused = tuple(name for name in unused if name in described or not name.startswith("_"))
    unknown = tuple(name for name in unused if name not in described)
    return Explained(
        rows=rows, reasons=faults, unused=unused, unknown=unknown, translated=translated
    )


def _rows(steps: tuple[Step, ...], body: Mapping[str, Any], element: int) -> Iterator[ExplainedRow]:
    given: set[str] = set()
    for step in steps:
        raw, case = fetch(step, body), step.case
        value, outcome = _outcome(step, raw)
        if (
            case.leaf.target in given
            and outcome in {"taken", "converted"}
            and type(value) is not list
        ):
            value, outcome = None, "not_needed"
        if value is not None:
            given.add(case.leaf.target)
        yield ExplainedRow(
            target=case.leaf.target, column=case.row.column, transform=case.row.transform,
            label=case.row.label, raw=raw, value=value, outcome=outcome, element=element,
        )  # fmt: skip


def _outcome(step: Step, raw: object) -> tuple[object, Outcome]:
    """Return what a row gives for a cell, and what to call that."""
    try:
        value = None if raw is None else step.read(raw)
    except Trouble as trouble:
        return _trouble(trouble)
    if value is None:
        return None, "empty" if _nothing(raw) else "converted"
    same = value == raw and type(value) is type(raw)
    return value, "taken" if same else "converted"


def _nothing(raw: object) -> bool:
    return all(map(is_blank, raw)) if isinstance(raw, tuple) else is_blank(raw)


def _trouble(trouble: Trouble) -> tuple[object, Outcome]:
    if isinstance(trouble, Impossible):
        return None, "impossible"
    if isinstance(trouble, WhyAbsent):
        return None, "absent"
    if isinstance(trouble, Stopped):
        return None, "unmapped"
    if isinstance(trouble, Odd):
        return trouble.value, "unmapped" if trouble.unmapped else "converted"
    return None, "unreadable"


@lru_cache(maxsize=64)
def _used(contract: SourceContract) -> frozenset[str]:
    """Return the fields of the record itself that some row, list or condition reads."""
    sources = [path for row in contract.rows for path in row.source]
    sources += [one.each for one in contract.lists if one.each != paths.ITSELF]
    sources += [
        path
        for one in contract.lists
        if one.each == paths.ITSELF
        for row in one.rows
        for path in row.source
    ]
    sources += [*contract.child_needs, *(path for group in contract.one_of for path in group)]
    sources += [contract.splits] if contract.splits else []
    return frozenset({paths.names(path)[0] for path in sources} | ({CHILD} & {contract.splits}))
