"""Puts read values together into the things of the common schema. Reads no source field itself."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from contracts import rules
from contracts.dates import birth_interval, completed_years
from contracts.verdicts import OLDEST, classify, work_of

Values = dict[str, dict[str, Any]]
"""Read values by the two parts of their target: `values["facts"]["township"]`."""

_SCOPES = ("reporting", "services", "disclosure")
_FORMS_BY_CONCERN = ("worst_form", "child_labour")  # the graver one is the concern
_AGE_SLACK = 1


class BornAfter(Exception):  # noqa: N818 - an outcome that the caller turns into a reason
    """The birth lies after the observation."""


class TooOld(Exception):  # noqa: N818
    """The birth date makes an age that nobody reaches."""


def identity_of(values: Values, birth: tuple[date, date] | None) -> dict[str, Any]:
    """Return the content of `Identity`, as JSON holds it."""
    identity = values["identity"]
    identity["sex"] = values["child"].get("sex", "unknown")
    if birth:
        identity["birth_earliest"] = birth[0].isoformat()
        identity["birth_latest"] = birth[1].isoformat()
    return identity


def facts_of(
    values: Values, named: Mapping[str, str], birth: tuple[date, date] | None
) -> dict[str, Any]:
    """Return the content of `CaseFacts`; `named` holds system, record and row_key.

    Without `unmapped` and `notes`, which the caller knows.
    """
    on: date = values["observed"]["on"]
    facts: dict[str, Any] = {
        "office": "", "hazards": [], "worst_forms": [], "service_requested": [],
        "disclosure_limits": False, **named, "observed_on": on.isoformat(),
        "sex": values["child"].get("sex", "unknown"), **values["facts"],
    }  # fmt: skip
    if birth:
        facts["age_low"] = completed_years(birth[1], on)
        facts["age_high"] = completed_years(birth[0], on)
    concerns = values["child"].get("concerns", ())
    for concern in _FORMS_BY_CONCERN:
        if concern in concerns:
            facts["concern"] = concern
            break
    facts["consents"] = _consents(values)
    work = work_of(facts)
    facts["legal"] = classify(facts, rules.load(rules.LEGAL), work=work)
    facts["statistical"] = classify(facts, rules.load(rules.STATISTICAL), work=work)
    return facts


def birth_of(values: Values, note: Callable[[str], None]) -> tuple[date, date] | None:
    """Return the interval of possible birth dates, or None when nothing is known.

    An estimated age is an interval, never a false birthday: the age decides over the date that a
    system made from it, and a date alone stands for its year.
    """
    given, on = values["birth"], values["observed"]["on"]
    born, age, estimated = given.get("date"), given.get("age"), given.get("estimated", False)
    if born is None or (estimated and age is not None):
        return None if age is None else birth_interval(age, on)
    if born > on:
        raise BornAfter
    first, last = born, born
    if estimated:
        first, last = date(born.year, 1, 1), min(date(born.year, 12, 31), on)
    if completed_years(first, on) > OLDEST:
        raise TooOld
    if age is not None and abs(completed_years(born, on) - age) > _AGE_SLACK:
        note("age_contradicts_birth")
    return first, last


def _consents(values: Values) -> list[dict[str, str]]:
    """Return the statements. One question for all: its `yes` is to be helped and to be named.

    A `no` to it is an objection to everything, also to reporting; a `yes` says nothing of that.
    """
    said = values["consent"]
    if not said:
        return []
    on = (values["observed"].get("changed") or values["observed"]["on"]).isoformat()
    everything = said.get("all")
    by = said.get("by", "unknown")
    statements = []
    for scope in _SCOPES:
        answer = said.get(scope)
        if answer is None and not (everything == "yes" and scope == "reporting"):
            answer = everything
        if answer is not None:
            statements.append({"scope": scope, "answer": answer, "by": by, "on": on})
    return statements


def case_answer(values: Values) -> dict[str, Any]:
    """Return the content of `CaseAnswer`."""
    said = values["answer"]
    return {
        "kind": "case", "case": said["case"], "owner": said.get("owner", ""),
        "status": values["facts"].get("case_status", "open"),
        "services": said.get("services", []), "on": values["observed"]["changed"].isoformat(),
    }  # fmt: skip


def referral_answer(values: Values) -> dict[str, Any]:
    """Return the content of `ReferralAnswer`."""
    said = values["answer"]
    return {
        "kind": "referral", "referral": said["referral"], "case": said["case"],
        "service_id": said.get("service_id", ""), "state": said["state"],
        "on": said["on"].isoformat(),
    }  # fmt: skip
