"""Endpoints on codes that no list knows: see them, decide them, see how mapping again goes on.

A code is the source's own text and may be anybody's words: it is shown to integrators and operators
alone, each look is audited, and no error repeats it.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field
from sqlalchemy import Connection

from contracts.labels import Label
from hub import doors
from hub.api.closed import Closed
from hub.api.models import System
from hub.api.parts import ApiParts
from hub.bus.database import reading
from hub.triage import desk, labels
from hub.triage.counts import Progress
from hub.triage.desk import Asked, Entry, UndecidableError
from hub.triage.holdings import Named
from hub.web.problems import Problem
from hub.web.tokens import Caller

_C0, _C5 = Label.C0, Label.C5


class ContractName(Closed):
    """A contract: a source, and one of its records."""

    system: Annotated[System, _C0]
    record: Annotated[str, _C0] = Field(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")


class CodeName(ContractName):
    """One code of a source, and the field of the common schema that it was meant for."""

    field: Annotated[str, _C0] = Field(max_length=120, pattern=r"^[a-z0-9_.]+$")
    code: Annotated[str, _C5] = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")


class MapRequest(CodeName):
    """Which code of the schema it stands for."""

    target: Annotated[str, _C0] = Field(max_length=120, pattern=r"^[A-Za-z0-9_.-]+$")


class IgnoreRequest(CodeName):
    """Why it means nothing for its field."""

    reason: Annotated[str, _C0] = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")


class LabelName(ContractName):
    """One code, as a field of the source has it."""

    path: Annotated[str, _C0] = Field(max_length=200, pattern=r"^[A-Za-z0-9_/:@.-]+$")
    code: Annotated[str, _C0] = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")


class LabelAnswer(LabelName):
    """A code that the site calls otherwise than the contract: these targets are stopped."""

    ours: Annotated[str, _C0]
    theirs: Annotated[str, _C0]
    since: Annotated[datetime, _C0]
    targets: Annotated[list[str], _C0]


class CodeAnswer(CodeName):
    """One code in triage: how many records hold it, and what was decided."""

    label: Annotated[str, _C5]
    state: Annotated[Literal["open", "mapped", "ignored"], _C0]
    target: Annotated[str, _C0]
    reason: Annotated[str, _C0]
    count: Annotated[int, _C0]
    since: Annotated[datetime | None, _C0]
    seen: Annotated[datetime | None, _C0]
    decided_by: Annotated[str, Label.C7]
    decided_at: Annotated[datetime | None, _C0]


class AgainAnswer(ContractName):
    """Of one contract: records held, still to be translated again, and failed at these places."""

    held: Annotated[int, _C0]
    due: Annotated[int, _C0]
    failed: Annotated[int, _C0]
    places: Annotated[list[str], _C0]


class TriageAnswer(Closed):
    """All codes in triage, open ones first."""

    codes: Annotated[list[CodeAnswer], _C5]
    again: Annotated[list[AgainAnswer], _C0]


class DecidedAnswer(Closed):
    """How many records the workers translate again now."""

    again: Annotated[int, _C0]


def triage_router(parts: ApiParts) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(prefix="/v1/triage", tags=["triage"])
    may_decide = parts.access.require(*doors.TRIAGE)
    Decider = Annotated[Caller, Depends(may_decide)]  # noqa: N806 - a type

    @router.get("")
    def list_codes(caller: Decider, system: System | None = None) -> TriageAnswer:
        """Codes that no list knows, with what was decided of them."""
        with reading(parts.engine) as connection:
            found = desk.overview(connection, system=system or "")
        parts.note_read(caller, "triage", count=len(found.entries))
        return TriageAnswer(
            codes=[_code(one) for one in found.entries], again=[_again(p) for p in found.progress]
        )

    @router.post("/map")
    def map_code(caller: Decider, asked: MapRequest) -> DecidedAnswer:
        """Let a code stand for a code of the schema."""
        wish = _asked(parts, caller, asked)
        return _done(parts, lambda c: desk.map_code(c, wish, asked.target))

    @router.post("/ignore")
    def ignore(caller: Decider, asked: IgnoreRequest) -> DecidedAnswer:
        """Say that a code means nothing for its field, and why."""
        wish = _asked(parts, caller, asked)
        return _done(parts, lambda c: desk.ignore(c, wish, asked.reason))

    @router.post("/undo")
    def undo(caller: Decider, asked: CodeName) -> DecidedAnswer:
        """Take a decision back: the code is open again."""
        wish = _asked(parts, caller, asked)
        return _done(parts, lambda c: desk.undo(c, wish))

    _add_rest(router, parts)
    return router


def _add_rest(router: APIRouter, parts: ApiParts) -> None:
    """Add what is about labels, and about another try."""
    Decider = Annotated[Caller, Depends(parts.access.require(*doors.TRIAGE))]  # noqa: N806

    @router.get("/labels")
    def list_labels(caller: Decider) -> list[LabelAnswer]:
        """Codes that their site has renamed, and so perhaps given another meaning."""
        with reading(parts.engine) as connection:
            found = labels.all_changed(connection)
        parts.note_read(caller, "changed labels", count=len(found))
        return [
            LabelAnswer.model_validate({**asdict(one), "targets": list(one.targets)})
            for one in found
        ]

    @router.post("/labels/accept")
    def accept_label(caller: Decider, asked: LabelName) -> DecidedAnswer:
        """Say that a code means what it meant, whatever it is called now."""
        name = (asked.system, asked.record, asked.path, asked.code)
        return _done(
            parts, lambda c: desk.accept_label(c, *name, by=caller.subject, at=parts.clock())
        )

    @router.post("/retry")
    def retry(caller: Decider, asked: ContractName) -> DecidedAnswer:
        """Translate those records once more that could not be translated again."""
        return _done(
            parts,
            lambda c: desk.retry(c, asked.system, asked.record, caller.subject, parts.clock()),
        )


def _asked(parts: ApiParts, caller: Caller, name: CodeName) -> Asked:
    named = Named(system=name.system, record=name.record, field=name.field, code=name.code)
    return Asked(named=named, by=caller.subject, at=parts.clock())


def _done(parts: ApiParts, do: Callable[[Connection], int]) -> DecidedAnswer:
    """Do it in one transaction, or nothing of it."""
    try:
        with parts.engine.begin() as connection:
            return DecidedAnswer(again=do(connection))
    except UndecidableError as error:
        status = 404 if error.absent else 422
        detail = f"{str(error)[:1].upper()}{str(error)[1:]}."
        raise Problem(status=status, code=error.problem, detail=detail) from None


def _code(one: Entry) -> CodeAnswer:
    name = one.named
    rest = {
        field: getattr(one, field) for field in CodeAnswer.model_fields if hasattr(one, field)
    }  # fmt: skip
    return CodeAnswer.model_validate({**asdict(name), **rest})


def _again(one: Progress) -> AgainAnswer:
    return AgainAnswer.model_validate({**asdict(one), "places": list(one.places)})
