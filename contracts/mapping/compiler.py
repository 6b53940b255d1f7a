"""Compiles the rows of a mapping, and proves that what they give fits the schema.

The proof is what lets a record pass without being checked against the models again: a transform
gives the type of its target, a code list gives only codes that the target takes, and numbers stay
within the narrower of the contract's and the schema's limits. `tests/property` holds it to that.
"""

from collections.abc import Mapping
from typing import Any

from contracts import codes as code_lists
from contracts import paths, transforms
from contracts.cells import Stopped, WhyAbsent, is_blank, triage_text
from contracts.mapping import quality as mapping_quality
from contracts.mapping import targets
from contracts.mapping.decisions import Decisions
from contracts.mapping.rows import ListRows, Row, SourceContract
from contracts.mapping.steps import Case, ListStep, Step
from contracts.mapping.targets import Leaf
from contracts.paths import Getter
from contracts.transforms.binding import Binding, Find, Transform
from contracts.transforms.numbers import absent_text

IDENTITY, FACTS, INPUTS = 0, 1, 2
"""Places of things that are always there; the things within them follow."""

INSTEAD = {
    "observed.on": "figure.month", "birth.age": "figure.age", "facts.township": "figure.state",
}  # fmt: skip
"""What a figure is made from where no row gives it."""

_ALWAYS_GIVE = frozenset({"date", "month", "number", "integer", "key", "text", "filled"})
_NEEDED = {
    "child": ("observed.on",),
    "referral": ("answer.referral", "answer.case", "answer.state", "answer.on"),
    "figure": ("observed.on", "birth.age", "figure.weight"),
}


class Compiler:
    """Compiles rows one after the other, and remembers what the earlier ones gave."""

    def __init__(self, contract: SourceContract, decisions: Decisions) -> None:
        self._contract = contract
        self._decisions = decisions
        required = (*contract.required, *contract.required_of_child)
        self._required = {path.strip('"') for path in required}
        self._labels: dict[str, Getter | None] = {}
        self.faults: list[str] = []
        self.places: dict[tuple[int, str], int] = {(-1, str(place)): place for place in range(3)}
        self.coded: dict[str, frozenset[str]] = {}

    def steps(
        self, rows: tuple[Row, ...], leaves: Mapping[str, Leaf], within: str
    ) -> tuple[Step, ...]:
        """Compile the rows of a record, or of the element of a list at target `within`."""
        done: list[Step] = []
        earlier: dict[str, list[Row]] = {}
        for row in rows:
            leaf = leaves[row.target]
            fault = transforms.misfit(row, leaf) or self._unreachable(row, leaf, earlier)
            if fault:
                self.faults.append(f"{row.place}: {fault}")
                continue
            place, name = (0, row.target) if within else self.place(row.target)
            later = bool(earlier.get(row.target))
            earlier.setdefault(row.target, []).append(row)
            plain = len(row.source) == 1 and paths.is_plain(row.source[0])
            done.append(
                Step(
                    paths.names(row.source[0])[0], None if plain else paths.getter(row.source),
                    self._transform(row, leaf), place, name, later,
                    self._case(row, leaf, listed=bool(within)),
                )
            )  # fmt: skip
        return tuple(done)

    def repeat(self, one: ListRows) -> ListStep:
        """Compile the rows that make one thing of each element."""
        things = targets.repeats()[one.target]
        root, name = one.target.split(".")
        required = tuple(name for name, leaf in things.leaves.items() if leaf.required)
        given = {row.target for row in one.rows}
        for lost in sorted(set(required) - given):
            self.faults.append(f"{one.place}: no row gives {lost}, which each of them needs")
        return ListStep(
            elements=paths.elements(one.each), name=name, required=required,
            place=IDENTITY if root == "identity" else FACTS,
            steps=self.steps(one.rows, things.leaves, one.target), defaults=things.defaults,
        )  # fmt: skip

    def check_whole(self) -> None:
        """Check that a thing can be made at all."""
        contract = self._contract
        given = {row.target for row in contract.rows}
        for target in _NEEDED[contract.about]:
            if target not in given and INSTEAD.get(target) not in given:
                self.faults.append(f"{contract.place}/mapping.toml: no row gives {target}")

    def quality(self) -> tuple[tuple[str, mapping_quality.Holds], ...]:
        """Compile the quality rules."""
        try:
            return mapping_quality.compiled(self._contract)
        except mapping_quality.BadRule as bad:
            self.faults.append(f"{self._contract.place}/contract.toml: {bad}")
            return ()

    def place(self, target: str) -> tuple[int, str]:
        """Return which thing holds a target, and under which name."""
        root, *inner = target.split(".")
        if root not in {"identity", "facts"}:
            return INPUTS, target
        at = IDENTITY if root == "identity" else FACTS
        for thing in inner[:-1]:
            at = self.places.setdefault((at, thing), len(self.places))
        return at, inner[-1]

    def _case(self, row: Row, leaf: Leaf, *, listed: bool) -> Case:
        first = row.column not in self._labels  # a column that feeds several complains once
        label = paths.getter((row.code_label,)) if row.code_label else self._labels.get(row.column)
        self._labels[row.column] = label
        return Case(
            row=row, leaf=leaf, name=leaf.target.rpartition(".")[2],
            required=first and row.column in self._required, triages=first,
            says_unmapped=leaf.says_unmapped, listed=listed, label=label,
            stopped=leaf.target in self._decisions.stopped,
        )  # fmt: skip

    def _unreachable(self, row: Row, leaf: Leaf, earlier: Mapping[str, list[Row]]) -> str:
        """Return why a row can never give its value; empty when it can."""
        many = [path for path in row.source if paths.gives_many(path)]
        if many and row.transform not in transforms.CODED:
            return f"{many[0]} gives a list, which {row.transform} cannot read: use [key=value]"
        for one in earlier.get(row.target, ()):
            if (one.source, one.crosswalk, one.codes) == (row.source, row.crosswalk, row.codes):
                return f"an earlier row maps {row.column} to {row.target} already: take one out"
            sure = one.column in self._required and one.transform in _ALWAYS_GIVE
            if sure and not leaf.many and not one.absent and len(one.source) == 1:
                return (
                    f"is never reached: {one.column} is required and always gives {row.target}:"
                    " put that row last"
                )
        return ""

    def _transform(self, row: Row, leaf: Leaf) -> Transform:
        if leaf.target in self._decisions.stopped:
            return _stopped
        table, find = self._table(row, leaf)
        read = transforms.build(Binding(row=row, leaf=leaf, table=table, find=find))
        return _absent(read, row.absent) if row.absent and row.transform != "sum" else read

    def _table(self, row: Row, leaf: Leaf) -> tuple[Mapping[str, str], Find]:
        """Return the table of a row's codes, with what triage decided, and what looks one up."""
        decided = {
            code: to
            for (target, code), to in self._decisions.codes.items()
            if target == leaf.target
        }
        table: Mapping[str, str] = {}
        listed: Find = _nothing
        if row.codes:
            code_list = code_lists.load(row.codes, row.level)
            table, listed = code_list.spellings, code_list.find
        elif row.crosswalk:
            table = self._contract.crosswalks[row.crosswalk]
            listed = _folded(table, _by_label(table, self._contract.labels[row.crosswalk]))
        self._check_codes(row, leaf, {*table.values(), *decided.values()})
        if not decided:
            return table, listed
        return {**decided, **table}, lambda text: _either(listed(text), decided.get(text))

    def _check_codes(self, row: Row, leaf: Leaf, given: set[str]) -> None:
        if row.transform == "place":
            given = given | {one.code for one in code_lists.load("townships")}
        allowed = set(code_lists.load(leaf.codes).codes) if leaf.codes else None
        wrong = sorted(
            code
            for code in given - {""}
            if not leaf.accepts(code) or (allowed is not None and code not in allowed)
        )
        if wrong:
            self.faults.append(
                f"{row.place}: gives {', '.join(wrong[:5])}, which {leaf.target} does not take"
            )
        if row.transform in {*transforms.CODED, "place"}:
            could = allowed if allowed is not None else given
            fits = frozenset(code for code in could if leaf.accepts(code))
            self.coded[leaf.target] = self.coded.get(leaf.target, frozenset()) | fits


def _stopped(raw: object) -> None:
    if not is_blank(raw):
        given = raw if isinstance(raw, list) else [raw]
        raise Stopped(tuple(triage_text(one) for one in given))


def _absent(read: Transform, reasons: Mapping[str, str]) -> Transform:
    """Wrap a transform: some of the source's codes say why there is no value."""

    def reading(raw: object) -> Any:  # noqa: ANN401 - what the transform gives
        reason = reasons.get(absent_text(raw))
        if reason is not None:
            raise WhyAbsent(reason)
        return read(raw)

    return reading


def _nothing(_: str) -> None:
    return None


def _by_label(table: Mapping[str, str], labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return a crosswalk by its labels: an export for people has these in place of the codes.

    A label of two codes that mean different things is none, and no label hides a code.
    """
    meant: dict[str, set[str]] = {}
    for code, label in labels.items():
        meant.setdefault(code_lists.spelling(label), set()).add(table[code])
    return {label: next(iter(found)) for label, found in meant.items() if label and len(found) == 1}


def _folded(table: Mapping[str, str], by_label: Mapping[str, str]) -> Find:
    def find(text: str) -> str | None:
        found = _either(table.get(text), table.get(text.casefold()))
        return by_label.get(code_lists.spelling(text)) if found is None else found

    return find


def _either(one: str | None, other: str | None) -> str | None:
    return other if one is None else one
