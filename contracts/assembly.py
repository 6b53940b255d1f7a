"""Puts read values together into the things of the common schema. Reads no source field itself."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from contracts import codes, rules
from contracts.dates import birth_interval, completed_years
from contracts.mapping import verdicts
from contracts.mapping.targets import defaults
from contracts.model.figure import SurveyFigure
from contracts.transforms.days import day_text
from contracts.verdicts import OLDEST, classify, is_hazardous
from contracts.verdicts_work import work_of

Inputs = Mapping[str, Any]
"""Read values that are no field of a thing themselves, by target: `inputs["birth.age"]`."""

SIGNS = "facts.signs"
"""The input that has the signs of a verdict, where they are known before the facts are whole."""

_SCOPES = ("reporting", "services", "disclosure")
_FORMS_BY_CONCERN = ("worst_form", "child_labour")  # the graver one is the concern
_AGE_SLACK = 1
_DAYS_REMEMBERED = 4096


class BornAfter(Exception):  # noqa: N818 - an outcome that the caller turns into a reason
    """The birth lies after the observation."""


class TooOld(Exception):  # noqa: N818
    """The birth date makes an age that nobody reaches."""


Birth = tuple[date, date, int, int]
"""The interval of possible birth dates, and the lowest and the highest age that they make."""


def begun_identity() -> dict[str, Any]:
    """Return what an `Identity` has before anything is read."""
    return {"guardians": [], "absent": []}


def begun_facts() -> dict[str, Any]:
    """Return what `CaseFacts` have before anything is read."""
    return {
        "office": "", "disclosure_limits": False, "service_requested": [], "hazards": [],
        "worst_forms": [], "services": [], "referrals": [], "follow_ups": [], "absent": [],
    }  # fmt: skip


def finish_identity(identity: dict[str, Any], inputs: Inputs, birth: Birth | None) -> None:
    """Fill in what is not mapped but follows; `identity` is then as JSON holds it."""
    identity["sex"] = inputs.get("child.sex", "unknown")
    if birth:
        first, last, _, _ = birth
        identity["birth_earliest"] = earliest = day_text(first)
        identity["birth_latest"] = earliest if last is first else day_text(last)


def finish_facts(facts: dict[str, Any], inputs: Inputs, birth: Birth | None) -> None:
    """Fill in what is not mapped but follows: the ages, the consents, the verdicts."""
    on: date = inputs["observed.on"]
    facts["observed_on"] = day = day_text(on)
    facts["sex"] = inputs.get("child.sex", "unknown")
    facts["consents"] = _consents(inputs, day)
    if birth:
        _, _, facts["age_low"], facts["age_high"] = birth
    if concerns := inputs.get("child.concerns"):
        facts["concern"] = next(one for one in _FORMS_BY_CONCERN if one in concerns)
    facts["legal"], facts["statistical"] = verdicts.both(facts, on, inputs.get(SIGNS))


def birth_of(inputs: Inputs, note: Callable[[str], None]) -> Birth | None:
    """Return the interval of possible birth dates, or None when nothing is known.

    An estimated age is an interval, never a false birthday: the age decides over the date that a
    system made from it, and a date alone stands for its year.
    """
    on: date = inputs["observed.on"]
    born, age = inputs.get("birth.date"), inputs.get("birth.age")
    estimated = inputs.get("birth.estimated", False)
    if born is None or (estimated and age is not None):
        return None if age is None else _between(*birth_interval(age, on), on)
    if born > on:
        raise BornAfter
    if estimated:
        return _between(date(born.year, 1, 1), min(date(born.year, 12, 31), on), on)
    years = completed_years(born, on)
    if years > OLDEST:
        raise TooOld
    if age is not None and not -_AGE_SLACK <= years - age <= _AGE_SLACK:
        note("age_contradicts_birth")
    return born, born, years, years


def _between(first: date, last: date, on: date) -> Birth:
    oldest = completed_years(first, on)
    if oldest > OLDEST:
        raise TooOld
    return first, last, completed_years(last, on), oldest


def _consents(inputs: Inputs, seen_on: str) -> list[dict[str, str]]:
    """Return the statements of a record."""
    get = inputs.get
    changed = get("observed.changed")
    return [
        *_statements(
            get("consent.all"), get("consent.reporting"), get("consent.services"),
            get("consent.disclosure"), get("consent.by", "unknown"),
            seen_on if changed is None else day_text(changed),
        )
    ]  # fmt: skip


@lru_cache(maxsize=_DAYS_REMEMBERED)
def _statements(
    everything: str | None, reporting: str | None, services: str | None, disclosure: str | None,
    by: str, on: str,
) -> tuple[dict[str, str], ...]:  # fmt: skip
    """Return the statements; records that say the same share them.

    One question for all: its `yes` is to be helped and to be named. A `no` to it is an objection
    to everything, also to reporting; a `yes` says nothing of that.
    """
    statements = []
    for scope, said in zip(_SCOPES, (reporting, services, disclosure), strict=True):
        answer = said
        if answer is None and not (everything == "yes" and scope == "reporting"):
            answer = everything
        if answer is not None:
            statements.append({"scope": scope, "answer": answer, "by": by, "on": on})
    return tuple(statements)


def case_answer(facts: Mapping[str, Any], inputs: Inputs) -> dict[str, Any]:
    """Return the content of `CaseAnswer`: how the case of these facts stands."""
    services = [
        {
            "id": row["service_id"],
            "implemented": row.get("implemented") == "yes" or "given_on" in row,
        }
        for row in facts["services"]
    ]
    changed: date = inputs.get("observed.changed") or inputs["observed.on"]
    return {
        "kind": "case", "case": inputs["answer.case"], "owner": inputs.get("answer.owner", ""),
        "status": facts.get("case_status", "open"), "services": services,
        "on": changed.isoformat(),
    }  # fmt: skip


def referral_answer(inputs: Inputs) -> dict[str, Any]:
    """Return the content of `ReferralAnswer`."""
    return {
        "kind": "referral", "referral": inputs["answer.referral"], "case": inputs["answer.case"],
        "service_id": inputs.get("answer.service_id", ""), "state": inputs["answer.state"],
        "on": inputs["answer.on"].isoformat(),
    }  # fmt: skip


def inspection_figure(
    facts: Mapping[str, Any], inputs: Inputs, system: str, outcome: str
) -> dict[str, Any]:
    """Return the content of `Figure`, without its `ref`."""
    return {
        "system": system, "township": facts["township"], "kind": "inspection", "outcome": outcome,
        "month": f"{inputs['observed.on']:%Y-%m}",
    }  # fmt: skip


def survey_figure(
    facts: Mapping[str, Any], inputs: Inputs, system: str, *, hazards_asked: bool
) -> dict[str, Any]:
    """Return the content of `SurveyFigure`, without its `ref`.

    `facts` are those fields of the work situation that the survey asked; the age is exact.
    """
    age = inputs["figure.age"]
    day = date.fromisoformat(f"{inputs['figure.month']}-01")
    work = work_of(facts)
    rule_set = rules.in_force(rules.STATISTICAL, day)
    verdict = classify({"age_low": age, "age_high": age}, work, day, rule_set)
    figure = {
        name.removeprefix("figure."): value
        for name, value in inputs.items() if name.startswith("figure.")
    }  # fmt: skip
    if hazards_asked and "hazardous" not in figure:
        figure |= {} if (found := is_hazardous(work, rule_set)) is None else {"hazardous": found}
    if sector := facts.get("isic"):
        figure.setdefault("isic_section", codes.section_of(sector))
    return {
        **defaults(SurveyFigure)[0], **figure, "system": system, "kind": "survey",
        "statistical": verdict["answer"],
    }  # fmt: skip
