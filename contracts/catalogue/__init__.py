"""The things of the common schema and what each of their fields says. Reads no file, writes none.

Everything that is generated for readers (JSON Schema, AsyncAPI, the data dictionary) starts here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.labels import Label, label_of
from contracts.model.answer import Answer, CaseAnswer, ReferralAnswer, ServiceRow
from contracts.model.base import Absent, Meaning
from contracts.model.case_facts import CaseFacts, Unmapped
from contracts.model.case_file import CaseFile
from contracts.model.consent_statement import ConsentStatement
from contracts.model.education_situation import EducationSituation
from contracts.model.figure import Figure, SurveyFigure
from contracts.model.follow_up_visit import FollowUpVisit
from contracts.model.guardian import Guardian
from contracts.model.household import Household
from contracts.model.identity import Identity
from contracts.model.inspection import Inspection
from contracts.model.mirror_case import MirrorCase
from contracts.model.service import Referral, Service, ServiceProvider
from contracts.model.verdict import Verdict
from contracts.model.work_situation import WorkSituation
from contracts.model.workplace import Workplace

Model = type[BaseModel]

THINGS: tuple[Model, ...] = (
    Identity, Guardian, Household, CaseFacts, WorkSituation, EducationSituation, CaseFile,
    Workplace, Inspection, Service, Referral, FollowUpVisit, ConsentStatement, Verdict, Unmapped,
    Absent, ServiceProvider, Figure, SurveyFigure, Answer, ReferralAnswer, CaseAnswer, ServiceRow,
    MirrorCase,
)  # fmt: skip
"""In the order in which a reader meets them: who, what happened, what was done, what is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field as a dictionary tells it. `of` is the thing that defines it, before any heir."""

    name: str
    of: str
    label: Label
    meaning: Meaning
    required: bool
    info: FieldInfo


def entries(model: Model, *, own: bool = False) -> Iterator[Entry]:
    """Yield the fields of a thing; `own` leaves out those that another thing defines."""
    for name, info in model.model_fields.items():
        of = defined_by(model, name).__name__
        if own and of != model.__name__:
            continue
        yield Entry(
            name=name, of=of, label=label_of(model, name), meaning=meaning_of(model, name),
            required=info.is_required(), info=info,
        )  # fmt: skip


def defined_by(model: Model, field: str) -> Model:
    """Return the class that declares the field: a case holds the fields of the work situation."""
    holders = [one for one in model.__mro__ if field in vars(one).get("__annotations__", {})]
    found: Model = holders[-1]
    return found


def meaning_of(model: Model, field: str) -> Meaning:
    """Return the meaning beside the field's type. Raises TypeError for a field without one."""
    hints: dict[str, Any] = get_type_hints(model, include_extras=True)
    for mark in getattr(hints[field], "__metadata__", ()):
        if isinstance(mark, Meaning):
            return mark
    raise TypeError(f"{model.__name__}.{field} has no meaning: write one beside its label")


def title_of(model: Model) -> str:
    """Return the thing's name as words: `CaseFacts` is `Case facts`."""
    name = model.__name__
    words = "".join(f" {one.lower()}" if one.isupper() else one for one in name[1:])
    return name[0] + words
