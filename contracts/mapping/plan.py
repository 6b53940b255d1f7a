"""A contract's mapping, compiled once: steps, the quick way, and what a record must have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import assembly, paths
from contracts.mapping import quality as mapping_quality
from contracts.mapping import quick as mapping_quick
from contracts.mapping import targets as mapping_targets
from contracts.mapping.compiler import FACTS, IDENTITY, INPUTS, INSTEAD, Compiler
from contracts.mapping.decisions import Decisions
from contracts.mapping.quick import Quick
from contracts.mapping.rows import Row, SourceContract
from contracts.mapping.steps import ListStep, Step
from contracts.paths import Getter
from contracts.source_contract import ContractError
from contracts.versions import mapping_version

__all__ = ["FACTS", "IDENTITY", "INPUTS", "Compiled", "compile_plan"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compiled:
    """A contract, ready to run.

    `quick` and `rest` are the same rows as `steps`, for a record without trouble; `whole` says that
    the quick way does all. `places` are the things that a record fills, `nested` those that lie
    within others, and where. `switch` is where the value lies that tells a record about no child,
    `without` the field that such a record leaves empty. `columns` are for saying where a value is
    missing, `coded` the codes that each coded target takes.
    """

    contract: SourceContract
    version: str
    steps: tuple[Step, ...]
    quick: Quick
    rest: tuple[Step, ...]
    required_rest: tuple[tuple[str, Getter], ...]
    lists: tuple[ListStep, ...]
    places: tuple[tuple[int, str], ...]
    nested: tuple[tuple[int, tuple[int, str]], ...]
    whole: bool
    required: tuple[tuple[str, Getter], ...]
    required_of_child: tuple[tuple[str, Getter], ...]
    child_needs: tuple[tuple[str, Getter], ...]
    one_of: tuple[tuple[tuple[str, ...], tuple[Getter, ...]], ...]
    quality: tuple[tuple[str, mapping_quality.Holds], ...]
    columns: Mapping[str, str]
    coded: Mapping[str, frozenset[str]]
    without: Getter
    switch: tuple[int, str]


def compile_plan(contract: SourceContract, decisions: Decisions) -> Compiled:
    """Compile a mapping. Raises ContractError with every fault of what it would give."""
    compiler = Compiler(contract, decisions)
    steps = compiler.steps(contract.rows, mapping_targets.leaves(), "")
    lists = tuple(compiler.repeat(one) for one in contract.lists)
    compiler.check_whole()
    quality = compiler.quality()
    if compiler.faults:
        raise ContractError(*compiler.faults)
    version = mapping_version(contract.version, contract.mapping_version)
    rule = contract.figure
    alone = _alone(steps)
    rest = tuple(step for step in steps if all(step is not one for one in alone))
    whole = _is_whole(contract, rest)
    quick = mapping_quick.prepared(
        alone, contract, compiler.places, _begun(contract) if whole else {}
    )
    unread = tuple(
        path
        for path in contract.required
        if paths.names(path)[0] not in quick.fields or not paths.is_plain(path)
    )
    return Compiled(
        contract=contract, version=".".join(filter(None, (version, decisions.version))),
        steps=steps, quick=quick, rest=rest, lists=lists,
        required_rest=_getters(unread), places=tuple(compiler.places),
        nested=_nested(compiler.places), whole=whole, quality=quality,
        required=_getters(contract.required),
        required_of_child=_getters(contract.required_of_child),
        child_needs=_getters(contract.child_needs),
        one_of=tuple(
            (group, tuple(paths.getter((one,)) for one in group)) for group in contract.one_of
        ),
        columns=_columns(contract.rows), coded=compiler.coded,
        without=paths.getter((rule.without,)) if rule and rule.without else _nowhere,
        switch=compiler.place(rule.target) if rule and rule.target else (INPUTS, ""),
    )  # fmt: skip


def _nested(places: Mapping[tuple[int, str], int]) -> tuple[tuple[int, tuple[int, str]], ...]:
    """Return (place, where it belongs) of the things within things, the innermost first."""
    inner = [(place, where) for where, place in places.items() if place > INPUTS]
    return tuple(reversed(inner))


def _is_whole(contract: SourceContract, rest: tuple[Step, ...]) -> bool:
    """Tell whether the quick way can read a record of a child from beginning to end."""
    needed = [*contract.child_needs, *(path for group in contract.one_of for path in group)]
    simple = not rest and not contract.lists and not contract.splits
    asks = {row.target for row in contract.rows} & {"observed.on", "answer.case"}
    return (
        contract.about == "child" and simple and asks == {"observed.on"}
        and all(map(paths.is_plain, (*needed, *contract.required)))
    )  # fmt: skip


def _begun(contract: SourceContract) -> dict[int, dict[str, Any]]:
    """Return what a child's things have before anything is read."""
    named = {"system": contract.system, "record": contract.record}
    return {IDENTITY: assembly.begun_identity(), FACTS: assembly.begun_facts() | named}


def _alone(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the rows of plain fields that are the only ones of their target."""
    targets = [step.case.leaf.target for step in steps]
    return tuple(
        step for step in steps
        if step.get is None and targets.count(step.case.leaf.target) == 1
    )  # fmt: skip


def _columns(rows: tuple[Row, ...]) -> dict[str, str]:
    """Return the first column of every target, for saying where a value is missing."""
    columns: dict[str, str] = {}
    for row in rows:
        columns.setdefault(row.target, row.column)
        columns.setdefault(INSTEAD.get(row.target, row.target), row.column)
    return columns


def _nowhere(_: object) -> None:
    return None


def _getters(named: tuple[str, ...]) -> tuple[tuple[str, Getter], ...]:
    return tuple((path, paths.getter((path,))) for path in named)
