"""Turns a source's record into the common schema: a value, or a rejection with every reason.

A contract's mapping is compiled once into closures. `translate` builds plain dicts in JSON form
and has the closed models check them once. It never repeats a value of a record in an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from contracts import assembly, reasons, source_contract, transforms
from contracts.cells import Impossible, Odd, Unreadable, is_blank, triage_text
from contracts.errors import HubError, Reason, RejectedError
from contracts.model.answer import CaseAnswer, ReferralAnswer
from contracts.model.base import UNMAPPED
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from contracts.paths import Getter, getter
from contracts.source_contract import FigureRule, SourceContract
from contracts.transforms import Transform
from contracts.versions import mapping_version

__all__ = ["RejectedError", "Translated", "translate", "version_of"]

_SAYS_UNMAPPED = {"facts.isic", "facts.isco", "facts.absence_reason"}
"""Targets whose field says `unmapped`; other coded fields stay empty beside their triage entry."""

_LEAST_NAMES = ("identity", "facts", "child", "birth", "observed", "consent", "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What one record says. Contents are plain JSON values; nothing of them is in the repr.

    About a child: `identity` (Identity) and `facts` (CaseFacts, with both verdicts and the
    consents). About none: `figure` (Figure without `ref`, a pseudonym that the hub adds).
    `answers` (CaseAnswer, ReferralAnswer) say how a recipient's system stands to a referral.
    """

    version: str
    identity: dict[str, Any] | None = field(default=None, repr=False)
    facts: dict[str, Any] | None = field(default=None, repr=False)
    figure: dict[str, Any] | None = field(default=None, repr=False)
    answers: tuple[dict[str, Any], ...] = field(default=(), repr=False)


class _Step(NamedTuple):
    """One compiled row: what runs for every record (a tuple, for speed), and its rarer part.

    `get` is None for the plain field `field`; `group` and `name` are the parts of the target.
    """

    field: str
    get: Getter | None
    transform: Transform
    group: str
    name: str
    trouble: "_Trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """What a row does when its cell makes trouble."""

    target: str
    name: str
    column: str
    required: bool
    triages: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    contract: SourceContract
    steps: tuple[_Step, ...]
    required: tuple[str, ...]
    version: str


@dataclass(slots=True)
class _Reading:
    """What reading one record has given so far."""

    where: str
    values: assembly.Values = field(repr=False)
    faults: list[Reason]
    unmapped: list[dict[str, str]]
    notes: list[str]


def version_of(system: str, record: str) -> str:
    """Return the version of the contract, its mapping and this code: part of a record's version."""
    return _plan(system, record).version


def translate(
    *, system: str, record: str, body: Mapping[str, Any], where: str, key: str
) -> Translated:
    """Translate one record of a source.

    Raises RejectedError with every reason found; FatalError when there is no such contract.
    """
    plan = _plan(system, record)
    reading = _read(plan, body, where)
    contract = plan.contract
    if contract.about == "referral":
        _raise(reading)
        answer = assembly.referral_answer(reading.values)
        return Translated(version=plan.version, answers=(_checked(ReferralAnswer, answer, plan),))
    rule = contract.figure
    if rule and _about_no_child(rule, body, reading):
        _raise(reading)
        return Translated(version=plan.version, figure=_figure(contract, rule, reading))
    for column in contract.child_needs:
        if is_blank(body.get(column)) and not (rule and _at(reading, rule.target) is None):
            reading.faults.append(reasons.missing(column, where))
    return _child(plan, reading, key)


def _child(plan: _Plan, reading: _Reading, key: str) -> Translated:
    values, contract = reading.values, plan.contract
    birth = _birth(contract, reading) if "on" in values["observed"] else None
    _raise(reading)
    if False in (values["child"].get("enabled"), values["child"].get("valid")):
        reading.notes.append("record_disabled")
    named = {"system": contract.system, "record": contract.record, "row_key": key}
    facts = assembly.facts_of(values, named, birth)
    facts["unmapped"], facts["notes"] = reading.unmapped, reading.notes
    answers: tuple[dict[str, Any], ...] = ()
    if "case" in values["answer"]:
        answers = (_checked(CaseAnswer, assembly.case_answer(values), plan),)
    return Translated(
        version=plan.version,
        identity=_checked(Identity, assembly.identity_of(values, birth), plan),
        facts=_checked(CaseFacts, facts, plan),
        answers=answers,
    )


def _read(plan: _Plan, body: Mapping[str, Any], where: str) -> _Reading:
    """Read every row's value; collect every fault instead of stopping at the first."""
    values: assembly.Values = {name: {} for name in _LEAST_NAMES}
    reading = _Reading(where=where, values=values, faults=[], unmapped=[], notes=[])
    for field_name, get, transform, group_name, name, step in plan.steps:
        raw = body.get(field_name) if get is None else get(body)
        if raw is None:
            continue
        group = values[group_name]
        if name in group and type(group[name]) is not list:
            continue
        try:
            value = transform(raw)
        except (Unreadable, Impossible, Odd) as trouble:
            value = _settle(trouble, step, raw, reading)
        if value is None:
            continue
        if type(value) is list and name in group:
            group[name] += [one for one in value if one not in group[name]]
        else:
            group[name] = value
    _require(plan, body, reading)
    return reading


def _settle(
    trouble: Unreadable | Impossible | Odd, step: _Trouble, raw: object, reading: _Reading
) -> object:
    """Return what to go on with after a cell made trouble; note the fault or the triage entry."""
    if isinstance(trouble, Impossible):
        reading.faults.append(reasons.impossible(step.column, step.name, reading.where))
        return None
    if isinstance(trouble, Odd):
        if trouble.note:
            reading.notes.append(trouble.note)
        if not trouble.unmapped:
            return trouble.value
        if step.required:
            reading.faults.append(reasons.unknown_code(step.column, reading.where))
        _triage(step, trouble.unmapped, reading)
        return UNMAPPED if step.target in _SAYS_UNMAPPED else trouble.value
    if step.required:
        reading.faults.append(reasons.unreadable(step.column, trouble.kind, reading.where))
    _triage(step, (triage_text(raw),), reading)
    return None


def _triage(step: _Trouble, codes: tuple[str, ...], reading: _Reading) -> None:
    if step.triages:
        reading.unmapped.extend({"field": step.target, "code": code} for code in codes)


def _require(plan: _Plan, body: Mapping[str, Any], reading: _Reading) -> None:
    for column in plan.required:
        if is_blank(body.get(column)):
            reading.faults.append(reasons.missing(column, reading.where))
    for group in plan.contract.one_of:
        if all(is_blank(body.get(column)) for column in group):
            reading.faults.append(reasons.one_missing(group, reading.where))


def _about_no_child(rule: FigureRule, body: Mapping[str, Any], reading: _Reading) -> bool:
    return _at(reading, rule.target) == rule.answer and is_blank(body.get(rule.without))


def _at(reading: _Reading, target: str) -> object:
    group, name = target.split(".")
    return reading.values[group].get(name)


def _figure(contract: SourceContract, rule: FigureRule, reading: _Reading) -> dict[str, Any]:
    return {
        "system": contract.system, "township": _at(reading, "facts.township"),
        "month": f"{_at(reading, 'observed.on'):%Y-%m}", "kind": rule.kind, "outcome": rule.outcome,
    }  # fmt: skip


def _birth(contract: SourceContract, reading: _Reading) -> tuple[date, date] | None:
    column = next((row.column for row in contract.rows if row.target == "birth.date"), "")
    try:
        return assembly.birth_of(reading.values, reading.notes.append)
    except assembly.BornAfter:
        reading.faults.append(reasons.born_after(column, reading.where))
    except assembly.TooOld:
        reading.faults.append(reasons.impossible(column, "age", reading.where))
    return None


def _raise(reading: _Reading) -> None:
    if reading.faults:
        raise RejectedError(*dict.fromkeys(reading.faults))


def _checked(model: type[BaseModel], content: dict[str, Any], plan: _Plan) -> dict[str, Any]:
    """Return the content once the closed model accepts it; else the contract's data is wrong."""
    try:
        model.model_validate(content)
    except ValidationError as error:
        places = sorted({str(one["loc"][0]) for one in error.errors(include_input=False)})
        contract = plan.contract
        raise HubError(
            f"the mapping of {contract.system}/{contract.record} gives what {model.__name__}"
            f" refuses at {', '.join(places)}: mend its mapping.toml"
        ) from None
    return content


@cache
def _plan(system: str, record: str) -> _Plan:
    """Compile a contract's mapping, once."""
    contract = source_contract.load(system, record)
    seen: set[str] = set()
    steps = []
    for row in contract.rows:
        group, name = row.target.split(".")
        first = row.column not in seen  # a column that feeds several targets complains once
        seen.add(row.column)
        trouble = _Trouble(
            target=row.target, name=name, column=row.column,
            required=first and contract.properties[row.column].required, triages=first,
        )  # fmt: skip
        get = None if row.source == (row.column,) else getter(row.source)
        transform = transforms.build(row, contract.crosswalks)
        steps.append(_Step(row.column, get, transform, group, name, trouble))
    version = mapping_version(contract.version, contract.mapping_version)
    return _Plan(contract=contract, steps=tuple(steps), required=contract.required, version=version)
