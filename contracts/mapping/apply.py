"""Runs a compiled mapping on one record: a value, or a rejection with every reason.

It never repeats a value of a record in an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts import assembly, codes, reasons
from contracts.cells import is_blank, numbers_none, triage_text
from contracts.errors import RejectedError
from contracts.mapping.plan import FACTS, IDENTITY, INPUTS, Compiled
from contracts.mapping.quality import Holds
from contracts.mapping.quick import SURE, WHOLE, read_quickly
from contracts.mapping.rows import CHILD
from contracts.mapping.steps import ZAWGYI, Reading, Step, fetch, missing, run, run_list
from contracts.paths import Getter

_NEEDED = {
    "referral": ("answer.referral", "answer.case", "answer.state", "answer.on"),
    "survey": ("figure.survey", "figure.month", "figure.state", "figure.age", "figure.weight"),
}
_ABSENT_INPUTS = {"birth": "age_low", "observed": "observed_on", "consent": "consents"}


@dataclass(slots=True, kw_only=True)  # a frozen one takes four times as long to make
class Translated:
    """What one record says. Contents are plain JSON values; nothing of them is in the repr.

    About a child: `identity` (Identity) and `facts` (CaseFacts, with both verdicts and the
    consents). About none: `figure` (Figure or SurveyFigure, without `ref`, a pseudonym that the
    hub adds). `answers` (CaseAnswer, ReferralAnswer) say how a recipient's system stands to a
    referral. `quality` names the rules of the contract that the record breaks.
    """

    version: str
    identity: dict[str, Any] | None = field(default=None, repr=False)
    facts: dict[str, Any] | None = field(default=None, repr=False)
    figure: dict[str, Any] | None = field(default=None, repr=False)
    answers: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    quality: tuple[str, ...] = ()


def apply(plan: Compiled, body: Mapping[str, Any], where: str, key: str) -> Translated:
    """Translate one record. Raises RejectedError with every reason found."""
    things: list[dict[str, Any]] = [{}] * len(plan.places)  # the quick way puts its own there
    went = read_quickly(plan.quick, body, things)
    if went >= WHOLE and plan.whole:
        found = _plain(plan, body, things, key, () if went == SURE else plan.quality)
        if found is not None:
            return found
    reading = _read(plan, body, where, things if went else None)
    broken = tuple([name for name, holds in plan.quality if not holds(body)])
    if plan.contract.about == "child":
        return _child_or_none(plan, body, reading, key, broken)
    if plan.contract.about == "referral":
        _need(plan, reading, reading.things[INPUTS], _NEEDED["referral"])
        answers = (assembly.referral_answer(reading.things[INPUTS]),)
        return Translated(version=plan.version, answers=answers, quality=broken)
    return Translated(version=plan.version, figure=_survey(plan, body, reading), quality=broken)


def _plain(
    plan: Compiled, body: Mapping[str, Any], things: list[dict[str, Any]], key: str,
    doubts: tuple[tuple[str, Holds], ...],
) -> Translated | None:  # fmt: skip
    """Return what a record about a child says that has no trouble at all; None for any other.

    `doubts` are the quality rules that the quick way has not found to hold.
    """
    identity, facts, inputs = things[IDENTITY], things[FACTS], things[INPUTS]
    if ZAWGYI in body:
        return None
    notes: list[str] = []
    try:
        birth = assembly.birth_of(inputs, notes.append)
    except (assembly.BornAfter, assembly.TooOld, KeyError):
        return None
    facts["row_key"], facts["unmapped"], facts["notes"] = key, [], notes
    assembly.finish_identity(identity, inputs, birth)
    assembly.finish_facts(facts, inputs, birth)
    broken = tuple([name for name, holds in doubts if not holds(body)]) if doubts else ()
    return Translated(version=plan.version, identity=identity, facts=facts, quality=broken)


def _read(
    plan: Compiled, body: Mapping[str, Any], where: str, things: list[dict[str, Any]] | None
) -> Reading:
    """Read what is left of a record, or all; collect every fault instead of stopping at one."""
    quick = things is not None
    things = _things(plan) if things is None else things
    reading = Reading(where, things)
    run(plan.rest if quick else plan.steps, body, things, reading)
    for one in plan.lists:
        run_list(one, body, reading)
    for number, (place, name) in plan.nested:
        if things[number]:
            things[place][name] = things[number]
    _require(plan, body, reading, plan.required_rest if quick else plan.required)
    return reading


def _require(
    plan: Compiled, body: Mapping[str, Any], reading: Reading,
    required: tuple[tuple[str, Getter], ...],
) -> None:  # fmt: skip
    reading.faults += missing(required, body, reading.where)
    if plan.required_of_child and not is_blank(body.get(CHILD)):
        reading.faults += missing(plan.required_of_child, body, reading.where)
    for group, getters in plan.one_of:
        if all(is_blank(get(body)) for get in getters):
            reading.faults.append(reasons.one_missing(group, reading.where))


def _things(plan: Compiled) -> list[dict[str, Any]]:
    return [{} for _ in plan.places]


def _child_or_none(
    plan: Compiled, body: Mapping[str, Any], reading: Reading, key: str, broken: tuple[str, ...]
) -> Translated:
    """Return what a record says that is about a child, unless it says that it is about none."""
    rule, said = plan.contract.figure, None
    if rule:
        place, name = plan.switch
        said = reading.things[place].get(name)
        if said == rule.answer and _numbers_none(plan.without(body)):
            figure = _inspection(plan, reading, rule.outcome)
            return Translated(version=plan.version, figure=figure, quality=broken)
    if not rule or said is not None:
        reading.faults += missing(plan.child_needs, body, reading.where)
    identity, facts, answers = _child(plan, body, reading, key)
    return Translated(
        version=plan.version, identity=identity, facts=facts, answers=answers, quality=broken
    )


def _numbers_none(raw: object) -> bool:
    """Tell whether a child's number is none: nothing, a dash, a zero or a word for it."""
    return is_blank(raw) or numbers_none(triage_text(raw))


def _inspection(plan: Compiled, reading: Reading, outcome: str) -> dict[str, Any]:
    facts, inputs = reading.things[FACTS], reading.things[INPUTS]
    given = {**inputs, **{f"facts.{name}": value for name, value in facts.items()}}
    _need(plan, reading, given, ("observed.on", "facts.township"))
    return assembly.inspection_figure(facts, inputs, plan.contract.system, outcome)


def _child(
    plan: Compiled, body: Mapping[str, Any], reading: Reading, key: str
) -> tuple[dict[str, Any], dict[str, Any], tuple[dict[str, Any], ...]]:
    notes = reading.notes
    read_identity, read_facts, inputs, *_ = reading.things
    birth = _birth(plan, reading) if "observed.on" in inputs else None
    _need(plan, reading, inputs, ("observed.on",))
    if inputs.get("child.enabled") is False or inputs.get("child.valid") is False:
        notes.append("record_disabled")
    if body.get(ZAWGYI):
        notes.append("zawgyi_converted")
    for step, reason in reading.absent:
        _note_absent(step, reason, reading)
    facts = {
        **assembly.begun_facts(), **read_facts,
        "system": plan.contract.system, "record": plan.contract.record, "row_key": key,
        "unmapped": reading.unmapped, "notes": [*dict.fromkeys(notes)],
    }  # fmt: skip
    assembly.finish_facts(facts, inputs, birth)
    identity = {**assembly.begun_identity(), **read_identity}
    assembly.finish_identity(identity, inputs, birth)
    answers = (assembly.case_answer(facts, inputs),) if "answer.case" in inputs else ()
    return identity, facts, answers


def _note_absent(step: Step, reason: str, reading: Reading) -> None:
    """Say why a field is empty, unless another row has filled it."""
    if not step.case.listed and step.name in reading.things[step.place]:
        return
    root, _, name = step.case.leaf.target.partition(".")
    holder = reading.things[IDENTITY if root == "identity" else FACTS]
    entry = {"field": _ABSENT_INPUTS.get(root, name), "reason": reason}
    told = holder.setdefault("absent", [])
    if entry not in told:
        told.append(entry)


def _survey(plan: Compiled, body: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Return the figure of a sampled child, its parts taken from wherever the rows put them."""
    rule, facts = plan.contract.figure, reading.things[FACTS]
    given, inputs = reading.things[INPUTS], dict(reading.things[INPUTS])
    on, township = given.get("observed.on"), facts.get("township")
    parts = {
        "figure.survey": rule.survey if rule else None,
        "figure.month": f"{on:%Y-%m}" if on else None,
        "figure.state": codes.state_of(township) if township else None,
        "figure.age": given.get("birth.age"), "figure.sex": given.get("child.sex"),
    }  # fmt: skip
    for target, value in parts.items():
        if value not in (None, "") and target not in inputs:
            inputs[target] = value
    _need(plan, reading, inputs, _NEEDED["survey"])
    for step, reason in reading.absent:
        _note_absent(step, reason, reading)
    asked = _hazards_asked(plan, body, reading)
    return assembly.survey_figure(facts, inputs, plan.contract.system, hazards_asked=asked)


def _hazards_asked(plan: Compiled, body: Mapping[str, Any], reading: Reading) -> bool:
    """Tell whether every answer about hazards is known, and there is one: only then none is no."""
    steps = [step for step in plan.steps if step.case.leaf.target == "facts.hazards"]
    unknown = any(step.case.leaf.target == "facts.hazards" for step, _ in reading.absent)
    unknown = unknown or any(one["field"] == "facts.hazards" for one in reading.unmapped)
    return not unknown and any(not is_blank(fetch(step, body)) for step in steps)


def _birth(plan: Compiled, reading: Reading) -> assembly.Birth | None:
    column = plan.columns.get("birth.date", "")
    try:
        return assembly.birth_of(reading.things[INPUTS], reading.notes.append)
    except assembly.BornAfter:
        reading.faults.append(reasons.born_after(column, reading.where))
    except assembly.TooOld:
        reading.faults.append(reasons.impossible(column, "age", reading.where))
    return None


def _need(
    plan: Compiled, reading: Reading, given: Mapping[str, Any], targets: tuple[str, ...]
) -> None:
    """Raise what was found so far; a value without which there is no thing is a reason, too."""
    if not reading.faults:
        lost = [target for target in targets if target not in given]
        reading.faults += [
            reasons.missing(plan.columns.get(target, target), reading.where) for target in lost
        ]
    if reading.faults:
        raise RejectedError(*dict.fromkeys(reading.faults))
