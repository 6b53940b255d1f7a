"""The demonstration's result, recomputed from the outside: the truth, Primero's log, the mirror.

Neither the hub's database nor the sandbox's own sums are read.
"""

from collections import Counter
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import FinishedDemo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SYSTEMS = ("dsw_cms", "labour_inspection", "emis")
STATES = ("released", "counted", "withheld", "parked", "rejected")
NO_INTAKE = "MMR017"  # the state whose intake user no longer receives
HUB = "clm_hub"
REFUSED_OR_SILENT = {"rejected", "silence"}
Json = dict[str, Any]


def records(demo: FinishedDemo) -> list[Json]:
    """Every record that a source holds, about a child or not."""
    return [*(one for child in demo.truth for one in child["records"]), *demo.others]


def triggers(demo: FinishedDemo) -> list[tuple[Json, Json]]:
    """Records that make a referral, each with its child."""
    return [(child, one) for child in demo.truth for one in child["records"] if one["trigger"]]


def served(child: Json) -> bool:
    """Whether somebody in the child's state takes referrals."""
    return not child["township"].startswith(NO_INTAKE)


def sent(demo: FinishedDemo, method: str, last: str) -> list[Json]:
    """The hub's requests that changed Primero; it carries out also what it then answers badly."""
    return [
        one
        for one in demo.requests
        if (one["method"], one["account"]) == (method, HUB)
        and one["status"] < 300
        and one["path"].endswith(last)
    ]


def service_rows(demo: FinishedDemo) -> set[str]:
    """Service rows that the hub wrote into new and old cases, by Primero's log."""
    changed = [*sent(demo, "POST", "/cases"), *sent(demo, "PATCH", "")]
    return {service for one in changed for service in one["ids"].get("services", [])}


def mirror_rows(client: httpx.Client) -> list[Json]:
    """Every row, a page at a time."""
    rows: list[Json] = []
    after = ""
    while True:
        page = client.get("/v1/cases", params={"limit": 40} | ({"after": after} if after else {}))
        rows += page.json()["cases"]
        after = page.json()["next"] or ""
        if not after:
            return rows


@pytest.fixture(scope="module")
def rows(finished_demo: FinishedDemo) -> list[Json]:
    """The mirror's rows, from its API."""
    with finished_demo.mirror() as client:
        return mirror_rows(client)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_ledger_of_each_source_is_the_truth(finished_demo: FinishedDemo, system: str) -> None:
    states = Counter(one["state"] for one in records(finished_demo) if one["system"] == system)
    wanted = {"received": states.total()} | {state: states[state] for state in STATES}
    assert finished_demo.result["sources"][system] == wanted


def test_the_story_shows_every_state_and_every_answer(finished_demo: FinishedDemo) -> None:
    assert {one["state"] for one in records(finished_demo)} == set(STATES)
    answers = {one["answer"] for child, one in triggers(finished_demo) if served(child)}
    assert answers == {"accepted", "accepted_done", "rejected", "silence"}
    known = Counter(sum(map(bool, one["known_to"].values())) for one in finished_demo.truth)
    assert known[2]
    assert known[3]
    assert "class_too_small" in {one["reason"] for one in finished_demo.truth}


def test_children_are_those_of_whom_a_good_record_came(finished_demo: FinishedDemo) -> None:
    good = [
        child
        for child in finished_demo.truth
        if any(one["state"] != "rejected" for one in child["records"])
    ]
    assert finished_demo.result["children"] == len(good)


def test_the_mirror_holds_one_row_a_released_child_of_its_class(
    finished_demo: FinishedDemo, rows: list[Json]
) -> None:
    released = [child for child in finished_demo.truth if child["state"] == "released"]
    assert finished_demo.result["mirror_cases"] == len(rows) == len(released)
    assert len({row["pseudonym"] for row in rows}) == len(rows)
    names = {
        "state": "state", "age_bracket": "bracket", "sex": "sex", "isic_section": "section",
        "quarter": "quarter",
    }  # fmt: skip
    shown = Counter(tuple(row[name] for name in names) for row in rows)
    assert shown == Counter(
        tuple(child["class"][name] for name in names.values()) for child in released
    )
    assert min(shown.values()) >= 5


def test_echoes_are_the_cases_that_the_hub_made(finished_demo: FinishedDemo) -> None:
    made = [one["ids"]["case"] for one in sent(finished_demo, "POST", "/cases")]
    assert finished_demo.result["echoes"] == len(set(made)) == len(made)


def test_referrals_are_what_happened_and_what_primero_was_sent(finished_demo: FinishedDemo) -> None:
    found = triggers(finished_demo)
    arrived = [(child, one) for child, one in found if served(child)]
    answered = [one for _, one in arrived if one["answer"] != "silence"]
    for_a_person = len(found) - len(arrived)
    for_a_person += sum(one["answer"] in REFUSED_OR_SILENT for _, one in arrived)
    assert finished_demo.result["referrals"] == {
        "created": len(found), "delivered": len(arrived), "answered": len(answered),
        "tasks": for_a_person,
    }  # fmt: skip
    assert len(service_rows(finished_demo)) == len(arrived)


def test_primero_holds_one_case_a_child(finished_demo: FinishedDemo) -> None:
    bodies = [body for (body,) in finished_demo.primero("SELECT body FROM child_case")]
    texts = [body.decode() if isinstance(body, bytes) else body for body in bodies]
    held = Counter(
        child["number"]
        for child in finished_demo.truth
        for text in texts
        if any(mark in text for mark in child["marks"]["name"])
    )
    assert held.total() == len(texts)
    assert set(held.values()) == {1}


def test_primero_holds_one_referral_a_service_row(finished_demo: FinishedDemo) -> None:
    sent_ones = [one["ids"]["service"] for one in sent(finished_demo, "POST", "/referrals")]
    assert sent_ones
    assert len(set(sent_ones)) == len(sent_ones)
    assert set(sent_ones) <= service_rows(finished_demo)
    (held,) = finished_demo.primero("SELECT count(*) FROM transition WHERE type = 'Referral'")
    assert held[0] == len(sent_ones)


def test_it_closed_on_the_embedded_default(finished_demo: FinishedDemo) -> None:
    named = {name: finished_demo.result[name] for name in ("closed", "bus", "database")}
    assert named == {"closed": True, "bus": "embedded", "database": "sqlite"}
