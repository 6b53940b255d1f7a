"""Endpoints on referrals and on what waits for a person. An inspector sees inspectors' own only."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection

from hub import doors
from hub.api.ledger import CURSOR
from hub.api.models import RecordKey, ReferralAnswer, ReferralPage, State, TaskAnswer
from hub.api.parts import ApiParts
from hub.bus.database import reading
from hub.referrals import store
from hub.referrals.store import Referral
from hub.tasks import Advice, Task, read_tasks
from hub.web.pages import language_of
from hub.web.problems import Problem
from hub.web.tokens import Caller

PAGE = 100
CASES = "dsw_cms"


def referral_router(parts: ApiParts) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(tags=["referrals"])
    may_list = parts.access.require(*doors.REFERRALS)
    may_search = parts.access.require(*doors.REFERRAL_SEARCH)

    @router.get("/v1/referrals")
    def list_referrals(
        caller: Annotated[Caller, Depends(may_list)],
        state: State | None = None,
        after: Annotated[str, Query(max_length=36, pattern=CURSOR)] = "",
    ) -> ReferralPage:
        """Referrals in the order in which they were made, a page at a time."""
        with reading(parts.engine) as connection:
            found = store.list_page(
                connection,
                systems=doors.visible_systems(caller.roles),
                states=[state] if state else [],
                after=after,
                most=PAGE,
            )
            answers = _with_tasks(connection, found)
        parts.note_read(caller, "referrals", count=len(found))
        return ReferralPage(referrals=answers, after=found[-1].id if len(found) == PAGE else None)

    @router.post("/v1/referrals/_search")
    def search(caller: Annotated[Caller, Depends(may_search)], key: RecordKey) -> ReferralPage:
        """The referrals of one record; none is the answer also where the record is not known."""
        check_may_search(caller, key.system)
        ref = parts.pseudonyms.record_ref(key.system, key.row_key)
        with reading(parts.engine) as connection:
            found = _of_record(connection, key.system, ref)
            answers = _with_tasks(connection, found)
        parts.note_read(caller, "referrals of record", count=len(found), subject=ref)
        return ReferralPage(referrals=answers, after=None)

    return router


def task_router(parts: ApiParts, advice: Advice) -> APIRouter:
    """Return the endpoint of what waits for a person."""
    router = APIRouter(tags=["referrals"])
    may_see_tasks = parts.access.require(*doors.TASKS)

    @router.get("/v1/tasks")
    def list_tasks(
        caller: Annotated[Caller, Depends(may_see_tasks)], request: Request
    ) -> list[TaskAnswer]:
        """What waits for a person, oldest first: why, and what to do."""
        with reading(parts.engine) as connection:
            tasks = read_tasks(connection)
        parts.note_read(caller, "tasks", count=len(tasks))
        language = language_of(request)
        return [_task(task, advice, language) for task in tasks]

    return router


def can_search(caller: Caller, system: str) -> bool:
    """Whether the caller may look up records of that system."""
    return doors.visible_systems(caller.roles) in ((), (system,))


def check_may_search(caller: Caller, system: str) -> None:
    """Raise Problem 403 for a record that is not of the caller's own system."""
    if not can_search(caller, system):
        raise Problem(
            status=403,
            code="other-system",
            detail="An inspector looks up inspection records only.",
        )


def _of_record(connection: Connection, system: str, ref: str) -> list[Referral]:
    """What the record triggered; of a case also what was sent into it."""
    triggered = store.get_by_trigger(connection, system, ref)
    found = [triggered] if triggered else []
    return found + (store.list_by_case(connection, ref) if system == CASES else [])


def _with_tasks(connection: Connection, found: Sequence[Referral]) -> list[ReferralAnswer]:
    tasks = store.reasons_of(connection, [referral.id for referral in found])
    return [_referral(referral, tasks) for referral in found]


def _referral(referral: Referral, tasks: Mapping[str, list[str]]) -> ReferralAnswer:
    return ReferralAnswer.model_validate(
        {
            "id": referral.id,
            "trigger_system": referral.trigger_system,
            "first_contact": referral.trigger_system,
            "state": referral.state,
            "on": referral.state_on,
            "recipient_system": referral.recipient_system,
            "recipient": referral.recipient,
            "deadline": referral.deadline,
            "route": referral.route,
            "tasks": tasks.get(referral.id, []),
        }
    )


def _task(task: Task, advice: Advice, language: str) -> TaskAnswer:
    return TaskAnswer(
        kind=task.kind,
        system=task.system,
        referral=task.referral,
        reason=task.reason,
        why=advice.why(task.reason, language),
        next_step=advice.next_step(task.reason, language),
        count=task.count,
        since=task.since,
        deadline=task.deadline,
    )
