"""What the hub's API answers, over both databases: paged, audited, without a name."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, insert, select

from contracts.errors import Reason
from hub import candidates, ledger, sources
from hub.api import referrals as referrals_api
from hub.api.ledger import progress
from hub.bus import journal
from hub.bus.audit import audit, verify
from hub.bus.database import reading
from hub.ledger import Line
from hub.referrals import store as referrals
from hub.web.tokens import Role
from tests.stores.house import (
    AUDIT,
    CHILD,
    KEY,
    NOW,
    House,
    a_referral,
    add_record,
    add_referrals,
    open_test_house,
    serving,
)
from tests.stores.standing import open_work

OFFICER = (Role.DATA_PROTECTION_OFFICER,)
OBJECTION: dict[str, Any] = {
    "system": "labour_inspection", "row_key": KEY, "decision": "object", "scope": "reporting",
    "by": "guardian", "on": "2026-02-01",
}  # fmt: skip


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Iterator[House]:
    """A hub with nothing in it."""
    with open_test_house(engine, tmp_path) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[httpx.Client]:
    """Its API."""
    with serving(house) as client:
        yield client


def audited(house: House) -> list[tuple[str, str, int]]:
    """What people did, as the audit chain has it."""
    query = select(audit.c.actor, audit.c.action, audit.c["count"]).where(
        audit.c.actor == "somebody@office"
    )
    with reading(house.engine) as connection:
        assert verify(connection) == []
        rows = connection.execute(query.order_by(audit.c.shard, audit.c.sequence))
        return [(row[0], row[1], row[2]) for row in rows]


def settle(house: House, system: str, ref: str, **outcome: Any) -> None:
    """Open a line and bring it to its end."""
    line = Line(system=system, ref=ref, kind=ledger.RECORD, version="1")
    with house.engine.begin() as connection:
        ledger.open_lines(connection, "s", [line], NOW, audit=AUDIT)
        told = {"system": system, "ref": ref, **outcome}
        ledger.settle_line(connection, "s", "1", told, audit=AUDIT)


def rejected(house: House, ref: str) -> None:
    """A line that its source must mend."""
    reason = {"code": "age_impossible", "column": "age", "message": "is no age",
              "next_step": "correct it", "where": "a.xlsx, 1, row 3"}  # fmt: skip
    settle(house, "emis", ref, state="rejected", reasons=[reason])


# --- ledger, sources, rejects ----------------------------------------------------------------


def test_the_ledger_closes_only_when_nothing_is_in_flight(
    house: House, client: httpx.Client
) -> None:
    """Sums by source, echoes and children beside them."""
    rejected(house, "r1")
    add_record(house)
    with house.engine.begin() as connection:
        fresh = Line(system="dsw_cms", ref="d1", kind=ledger.RECORD, version="1")
        ledger.open_lines(connection, "s", [fresh], NOW, audit=AUDIT)

    answer = client.get("/v1/ledger", headers=house.headers(Role.OPERATOR)).json()
    assert answer["children"] == 1
    assert answer["echoes"] == 0
    assert answer["sources"]["emis"]["rejected"] == 1
    assert answer["sources"]["emis"]["closed"] is True
    assert answer["sources"]["dsw_cms"]["in_flight"] == 1
    assert answer["sources"]["dsw_cms"]["closed"] is False


def test_a_source_with_a_problem_says_what_to_do(house: House, client: httpx.Client) -> None:
    """Times and counts of the checkpoint, but no file's name; the next step in both languages."""
    with house.engine.begin() as connection:
        for system in ("emis", "dsw_cms"):
            sources.register(connection, system)
        (_, emis) = sources.list_sources(connection)
        done = {"done": {"Daw Secret.xlsx": {"size": 3}}, "at": "Daw Secret.xlsx"}
        ended = replace(emis, checkpoint=done, polls=2, problem="the folder is not there",
                        complete_until=NOW.isoformat())  # fmt: skip
        sources.end_poll(connection, "s", ended, audit=AUDIT)

    english, burmese = (
        client.get("/v1/sources", headers=house.headers(Role.INTEGRATOR, language=language))
        for language in ("en", "my")
    )
    assert "Secret" not in english.text
    quiet, troubled = english.json()
    assert quiet["next_step"] == quiet["problem"] == ""
    assert quiet["complete_until"] is None
    assert troubled["progress"] == {"done": 1}
    assert datetime.fromisoformat(troubled["complete_until"]) == NOW
    assert troubled["problem"] == "the folder is not there"
    assert troubled["next_step"].isascii()
    assert not burmese.json()[1]["next_step"].isascii()


def test_progress_gives_counts_and_times_and_no_text() -> None:
    """A checkpoint is the adapter's own: what it names is not for everybody."""
    cursor = NOW.isoformat()
    given = {"cursor": cursor, "seen": {"a": 1}, "page": 3, "more": True, "name": "Daw Secret"}

    assert progress(given) == {"cursor": NOW, "seen": 1, "page": 3}
    assert progress(None) == {}


def test_rejects_come_in_pages_and_by_system(
    house: House, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line once, in the order of its pseudonym; each page is audited."""
    monkeypatch.setattr("hub.api.ledger.PAGE", 2)
    for ref in ("r3", "r1", "r2"):
        rejected(house, ref)
    headers = house.headers(Role.INTEGRATOR)

    first = client.get("/v1/rejects", headers=headers).json()
    second = client.get(f"/v1/rejects?after={first['after']}", headers=headers).json()
    none = client.get("/v1/rejects?system=dsw_cms", headers=headers).json()
    assert [one["ref"] for one in first["rejects"]] == ["r1", "r2"]
    assert [one["ref"] for one in second["rejects"]] == ["r3"]
    assert second["after"] is None
    assert none == {"rejects": [], "after": None}
    (reason,) = second["rejects"][0]["reasons"]
    assert Reason(**reason).where == "a.xlsx, 1, row 3"
    assert [count for _, _, count in audited(house)] == [2, 1, 0]


# --- parked and flow -------------------------------------------------------------------------


def test_parked_records_are_listed_and_marked_for_another_try(
    house: House, client: httpx.Client
) -> None:
    """A pointer and the error's place; the sealed bytes stay where they are."""
    row = {
        "stage": "translate", "message": "m1", "topic": "source.emis", "partition": 0, "offset": 7,
        "key": "k", "type": "t", "ref": "", "version": "1", "system": "emis",
        "error": "KeyError", "place": "contracts/mapping/apply.py:3", "attempts": 1, "retry": False,
        "at": NOW, "value": b"sealed", "headers": b"[]",
    }  # fmt: skip
    with house.engine.begin() as connection:
        connection.execute(insert(journal.parked), [row])
    headers = house.headers(Role.OPERATOR)

    (listed,) = client.get("/v1/parked", headers=headers).json()
    assert listed.keys().isdisjoint({"value", "headers", "key"})
    assert listed["place"] == "contracts/mapping/apply.py:3"
    other = {"stage": "translate", "system": "dsw_cms"}
    asked = [client.post("/v1/parked/retry", json=body, headers=headers).json()["asked"]
             for body in (other, {"stage": "identify"}, {"stage": "translate"})]  # fmt: skip
    assert asked == [0, 0, 1]
    assert client.get("/v1/parked?system=emis", headers=headers).json()[0]["retry"] is True
    flow = client.get("/v1/flow", headers=headers).json()
    assert (flow["retrying"], flow["total"], flow["quiet"]) == (1, 1, False)
    unknown = client.post("/v1/parked/retry", json={"stage": "nothing"}, headers=headers)
    assert unknown.status_code == 422
    assert "translate" in unknown.json()["detail"]


def test_the_flow_names_every_stage(house: House, client: httpx.Client) -> None:
    """An objection shows at once in the outbox of stage people."""
    add_record(house)
    client.post("/v1/consents", json=OBJECTION, headers=house.headers(*OFFICER))

    flow = client.get("/v1/flow", headers=house.headers(Role.OPERATOR)).json()
    assert flow["lag"]["release"] == {"child": 0, "consent": 0, "status": 0}
    assert flow["outbox"] == {"people": 1}
    assert flow["quiet"] is False


# --- referrals and tasks ---------------------------------------------------------------------


def test_referrals_come_in_pages_in_the_order_in_which_they_were_made(
    house: House, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, also those made at the same instant, and also when new ones come meanwhile."""
    monkeypatch.setattr(referrals_api, "PAGE", 2)
    made = [a_referral(n) for n in range(4)]
    twin = replace(a_referral(9), made_at=made[3].made_at)
    add_referrals(house, [*made[:3], twin])
    headers = house.headers(Role.CASE_MANAGER)
    seen: list[str] = []
    page = client.get("/v1/referrals", headers=headers).json()
    add_referrals(house, [made[3]])
    while True:
        seen += [one["id"] for one in page["referrals"]]
        if page["after"] is None:
            break
        page = client.get(f"/v1/referrals?after={page['after']}", headers=headers).json()

    last = sorted([twin.id, made[3].id])
    assert seen == [made[0].id, made[1].id, made[2].id, *last]
    nothing = client.get("/v1/referrals?after=nobody", headers=headers).json()
    assert nothing == {"referrals": [], "after": None}


def test_an_inspector_sees_what_inspectors_referred_and_no_more(
    house: House, client: httpx.Client
) -> None:
    """In lists and in look-ups; the data protection officer sees all."""
    mine, other = a_referral(1), a_referral(2, trigger_system="emis")
    add_referrals(house, [mine, other])

    def ids(*roles: Role) -> list[str]:
        found = client.get("/v1/referrals", headers=house.headers(*roles)).json()
        return [one["id"] for one in found["referrals"]]

    assert ids(Role.INSPECTOR) == [mine.id]
    assert ids(*OFFICER) == [mine.id, other.id]
    key = {"system": "emis", "row_key": "S/1/2026-01"}
    search = "/v1/referrals/_search"
    refused = client.post(search, json=key, headers=house.headers(Role.INSPECTOR))
    assert refused.status_code == 403
    assert client.post(search, json=key, headers=house.headers(Role.CASE_MANAGER)).json() == {
        "referrals": [],
        "after": None,
    }


def test_a_record_leads_to_its_referral_by_a_key_in_the_body(
    house: House, client: httpx.Client
) -> None:
    """By what triggered it, or by the case that it went into; with state, deadline and tasks."""
    referral = a_referral(
        1,
        trigger_ref=house.pseudonyms.record_ref("labour_inspection", KEY),
        case_ref=house.pseudonyms.record_ref("dsw_cms", "case-1"),
        state="accepted",
        route="referral",
    )
    add_referrals(house, [referral])
    with house.engine.begin() as connection:
        referrals.open_task(connection, "s", referral.id, "unanswered", NOW, audit=AUDIT)

    by_row = {"system": "labour_inspection", "row_key": KEY}
    found = client.post(
        "/v1/referrals/_search", json=by_row, headers=house.headers(Role.INSPECTOR)
    ).json()
    by_case = {"system": "dsw_cms", "row_key": "case-1"}
    same = client.post(
        "/v1/referrals/_search", json=by_case, headers=house.headers(Role.CASE_MANAGER)
    ).json()
    assert found == same
    assert found["referrals"] == [
        {
            "id": referral.id, "trigger_system": "labour_inspection",
            "first_contact": "labour_inspection", "state": "accepted", "on": "2026-02-01",
            "recipient_system": "dsw_cms", "recipient": "intake_mmr013",
            "deadline": "2026-02-15", "route": "referral", "tasks": ["unanswered"],
        }
    ]  # fmt: skip
    assert [action for _, action, _ in audited(house)] == ["read referrals of record"] * 2


def test_referrals_can_be_asked_for_by_state(house: House, client: httpx.Client) -> None:
    """A closed list of states."""
    add_referrals(house, [a_referral(1), a_referral(2, state="done")])

    done = client.get("/v1/referrals?state=done", headers=house.headers(Role.OPERATOR)).json()
    assert [one["state"] for one in done["referrals"]] == ["done"]


def test_tasks_say_why_and_what_to_do_oldest_first(house: House, client: httpx.Client) -> None:
    """Referrals one by one, parked records by source and reason; ended tasks are gone."""
    referral = a_referral(1)
    add_referrals(house, [referral])
    later = NOW + timedelta(hours=1)
    with house.engine.begin() as connection:
        referrals.open_task(connection, "s", referral.id, "no_recipient", later, audit=AUDIT)
        referrals.open_task(connection, "s", referral.id, "made_up", later, audit=AUDIT)
        connection.execute(
            referrals.task_table.update().where(referrals.task_table.c.reason == "made_up").values(
                ended_at=later
            )
        )  # fmt: skip
    for ref in ("a", "b"):
        settle(house, "emis", ref, state="parked", reason="two_cards_meet")
    settle(house, "emis", "c", state="linked", child=CHILD)
    with house.engine.begin() as connection:
        told = {"child": CHILD, "state": "parked", "reason": "undetermined"}
        ledger.settle_child(connection, "s", "1", told, audit=AUDIT)

    answer = client.get("/v1/tasks", headers=house.headers(Role.CASE_MANAGER)).json()
    short = [(one["kind"], one["reason"], one["count"], one["referral"]) for one in answer]
    assert short == [
        ("records", "two_cards_meet", 2, ""),
        ("records", "undetermined", 1, ""),
        ("system", "not_connected", 1, ""),
        ("referral", "no_recipient", 1, referral.id),
    ]
    assert all(one["why"] and one["next_step"] for one in answer)
    burmese = house.headers(Role.CASE_MANAGER, language="my")
    assert client.get("/v1/tasks", headers=burmese).json()[0]["why"] != answer[0]["why"]


def test_a_system_that_is_connected_is_no_task(house: House, client: httpx.Client) -> None:
    """It is known as a source to whatever process reads it; sent referrals wait for no system."""
    add_referrals(house, [a_referral(1), a_referral(2), a_referral(3, state="delivered")])
    headers = house.headers(Role.OPERATOR)

    (task,) = client.get("/v1/tasks", headers=headers).json()
    assert (task["system"], task["reason"], task["count"]) == ("dsw_cms", "not_connected", 2)
    assert datetime.fromisoformat(task["since"]) == a_referral(1).made_at
    assert "dsw_cms.url" in task["next_step"]
    with house.engine.begin() as connection:
        sources.register(connection, "dsw_cms")
    assert client.get("/v1/tasks", headers=headers).json() == []


# --- consent ---------------------------------------------------------------------------------


def test_an_objection_is_accepted_and_says_what_happens_next(
    house: House, client: httpx.Client
) -> None:
    """202, an id, a sentence; it is in the database before the answer leaves."""
    add_record(house)

    answer = client.post("/v1/consents", json=OBJECTION, headers=house.headers(*OFFICER))
    assert answer.status_code == 202
    assert answer.json()["next_step"].startswith("The objection is recorded")
    assert open_work(house.engine).outbox == 1
    assert audited(house) == [("somebody@office", "record objection", 1)]


def test_a_repeated_request_with_its_id_counts_once(house: House, client: httpx.Client) -> None:
    """A client that got no answer sends it again."""
    add_record(house)
    body = OBJECTION | {"id": "0b5a3f0e-58f0-4a6c-9d5e-3d0a4a4a4a4a"}

    answers = [client.post("/v1/consents", json=body, headers=house.headers(*OFFICER))
               for _ in range(2)]  # fmt: skip
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["id"] == body["id"]
    assert open_work(house.engine).outbox == 1


def test_an_unknown_record_is_a_bare_404(house: House, client: httpx.Client) -> None:
    """And nothing is stored."""
    for path in ("/v1/consents", "/v1/consents/explain"):
        body = OBJECTION if path == "/v1/consents" else {"system": "emis", "row_key": "no/1"}
        answer = client.post(path, json=body, headers=house.headers(*OFFICER))
        assert answer.status_code == 404
        assert answer.json().keys() == {"type", "title", "status"}
    assert open_work(house.engine).outbox == 0


def test_a_record_whose_child_is_not_decided_asks_for_that_first(
    house: House, client: httpx.Client
) -> None:
    """It is shared with nobody meanwhile."""
    add_record(house, child=None)

    answer = client.post("/v1/consents", json=OBJECTION, headers=house.headers(*OFFICER))
    assert answer.status_code == 409
    assert KEY not in answer.text


def test_a_permission_is_not_dated_ahead_but_an_objection_always_counts(
    house: House, client: httpx.Client
) -> None:
    """A wrong clock must not silence a no, nor bring a yes before its day."""
    add_record(house)
    ahead = {"on": date(2026, 3, 1).isoformat()}
    headers = house.headers(Role.CASE_MANAGER)

    permit = client.post("/v1/consents", json=OBJECTION | ahead | {"decision": "permit"},
                         headers=headers)  # fmt: skip
    assert permit.status_code == 422
    assert client.post("/v1/consents", json=OBJECTION | ahead, headers=headers).status_code == 202


def test_the_last_decision_is_explained_in_both_languages(
    house: House, client: httpx.Client
) -> None:
    """State, codes and sentences; the read is audited under the child's pseudonym."""
    add_record(house)
    key = {"system": "labour_inspection", "row_key": KEY}
    undecided = client.post("/v1/consents/explain", json=key, headers=house.headers(*OFFICER))
    assert undecided.json()["state"] == "undecided"
    candidate = candidates.Candidate(
        child=CHILD, child_version=1, consent_version=1, decision=1, state="withheld",
        reason="objection", row={}, decided_at=NOW,
    )  # fmt: skip
    with house.engine.begin() as connection:
        candidates.save_candidate(connection, "s", candidate, audit=AUDIT)

    english, burmese = (
        client.post(
            "/v1/consents/explain", json=key, headers=house.headers(*OFFICER, language=language)
        ).json()
        for language in ("en", "my")
    )
    assert (english["state"], english["reasons"]) == ("withheld", ["objection"])
    assert english["words"] != burmese["words"]
    assert [action for _, action, _ in audited(house)] == ["read decision"] * 3


# --- what nobody sends in good faith ---------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/rejects", "/v1/referrals"])
def test_a_forged_cursor_is_refused_on_both_databases(
    path: str, house: House, client: httpx.Client
) -> None:
    """PostgreSQL takes no NUL in a text: it would be an error of the server."""
    headers = house.headers(Role.OPERATOR, Role.DATA_PROTECTION_OFFICER)
    answer = client.get(path, params={"after": "a\0b"}, headers=headers)
    assert answer.status_code == 422
    good = client.get(path, params={"after": "' OR 1=1".replace(" ", "+")}, headers=headers)
    assert good.status_code == 200


def test_a_body_without_end_is_refused_before_anybody_asks_who_sends_it(
    client: httpx.Client,
) -> None:
    """With its length in the head, or in chunks."""
    blocks = [b" " * 40_000] * 2
    kind = {"Content-Type": "application/json"}
    assert client.post("/v1/consents", content=b"".join(blocks), headers=kind).status_code == 413
    assert client.post("/v1/consents", content=iter(blocks), headers=kind).status_code == 413
