"""One line of JSON a record: whether it is accepted, and what it says or why it is not."""

from collections.abc import Iterator
from typing import Any

import orjson

from contracts.errors import Reason, RejectedError
from contracts.mapping.translation import Translated
from contracts.model.answer import CaseAnswer, ReferralAnswer
from contracts.model.base import Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.figure import Figure, SurveyFigure
from contracts.model.identity import Identity
from hub.contract_tools.masking import masked
from hub.contract_tools.trying import Tick, Trial, records, translated
from hub.contract_tools.waiting import wait_of

_FIGURES: dict[str, type[Thing]] = {"inspection": Figure, "survey": SurveyFigure}
_ANSWERS: dict[str, type[Thing]] = {"case": CaseAnswer, "referral": ReferralAnswer}


def json_lines(trial: Trial, limit: int, tick: Tick, *, reveal: bool) -> Iterator[bytes]:
    """Yield a line for every record; nothing at all when the file cannot be read to its end."""
    for record in records(trial, limit, tick):
        line: dict[str, Any] = {"sheet": record.row.sheet, "row": record.row.row}
        if trial.contract.splits:
            line["child"] = record.part
        try:
            made = translated(trial, record)
        except RejectedError as error:
            line |= {"accepted": False, "reasons": [_reason(one) for one in error.reasons]}
        else:
            line |= {"accepted": True, "canonical": canonical(made, reveal=reveal)}
            if wait := wait_of(made):
                line["waits"] = {"missing": list(wait.missing), **_reason(wait.reason)}
        if record.notes:
            line["notes"] = [_reason(one) for one in record.notes]
        yield orjson.dumps(line) + b"\n"


def canonical(made: Translated, *, reveal: bool) -> dict[str, Any]:
    """Return what a record says, its personal values masked unless they are to be revealed."""
    if made.figure is not None:
        figure = made.figure
        return {"figure": figure if reveal else masked(figure, _FIGURES[figure["kind"]])}
    if made.identity is None or made.facts is None:
        return {
            "answers": [
                one if reveal else masked(one, _ANSWERS[one["kind"]]) for one in made.answers
            ]
        }
    if reveal:
        return {"identity": made.identity, "facts": made.facts}
    return {"identity": masked(made.identity, Identity), "facts": masked(made.facts, CaseFacts)}


def bundles(trial: Trial, limit: int, tick: Tick) -> Iterator[bytes]:
    """Yield a FHIR Bundle for every accepted record about a child, with all its values."""
    from contracts.fhir import bundle_of

    for record in records(trial, limit, tick):
        try:
            made = translated(trial, record)
        except RejectedError:
            continue
        if made.identity is not None and made.facts is not None:
            bundle = bundle_of(made.identity, made.facts, version=made.version)
            yield orjson.dumps(bundle) + b"\n"


def _reason(one: Reason) -> dict[str, str]:
    return {
        "code": one.code, "column": one.column, "message": one.message,
        "next_step": one.next_step,
    }  # fmt: skip
