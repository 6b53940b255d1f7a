"""Case managers of the sandbox: what they answer, where it shows, and when."""

from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from tests.conformance.sandbox_process import Sandbox, sandbox

Record = dict[str, Any]


def line(record: Record) -> str:
    return (
        f"CLM referral {uuid5(NAMESPACE_URL, record['key'])}; from FGLLID-YGN,"
        f" record {record['key']}; deadline 2026-02-28"
    )


def case_of(record: Record) -> str:
    return str(uuid5(NAMESPACE_URL, f"case {record['key']}"))


def service_of(record: Record) -> str:
    return str(uuid5(NAMESPACE_URL, f"service {record['key']}"))


def deliver(running: Sandbox, record: Record, *, referred: bool) -> None:
    """Do what a hub does: a new case with a service row, then a referral or nothing more."""
    row = {
        "unique_id": service_of(record), "service_type": "child_protection_service",
        "service_referral_notes": line(record),
    }  # fmt: skip
    data = {
        "id": case_of(record), "module_id": "primeromodule-cp", "owned_by": "intake_mmr013",
        "location_current": "MMR013002", "services_section": [row],
        "consent_for_services": referred, "disclosure_other_orgs": referred,
    }  # fmt: skip
    assert running.primero.post("/cases", json={"data": data}).status_code == 204
    if referred:
        referral = {
            "transitioned_to": "intake_mmr013", "service_record_id": service_of(record),
            "notes": line(record),
        }  # fmt: skip
        path = f"/cases/{case_of(record)}/referrals"
        assert running.primero.post(path, json={"data": referral}).status_code == 200


def seen(running: Sandbox, record: Record, *, referred: bool) -> str:
    """What the hub can see of the answer."""
    case = running.primero.get(f"/cases/{case_of(record)}").json()["data"]
    if referred:
        (one,) = running.primero.get(f"/cases/{case_of(record)}/referrals").json()["data"]
        return str(one["status"])
    if case["owned_by"] == "clm_hub":
        return "rejected"
    done = case["services_section"][0]["service_implemented"] == "implemented"
    if done and case["status"] == "closed":
        return "done"
    return "in_progress" if case["owned_by"] == "intake_mmr013" else "accepted"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run in which every record that triggers a referral is delivered on its day."""
    home: Path = tmp_path_factory.mktemp("managers")
    with sandbox(home, "--faults", "off", "--seed", "9") as running:
        triggers = [r for child in running.truth for r in child["records"] if r["trigger"]]
        waiting = sorted(triggers, key=lambda record: (record["at"], record["key"]))
        number, instants, owners = 0, [running.state["now"]], {}
        while True:
            now = running.state["now"]
            while waiting and waiting[0]["at"][:19] <= now[:19]:
                record = waiting.pop(0)
                owners[record["key"]] = number % 2 == 0
                deliver(running, record, referred=owners[record["key"]])
                number += 1
            due = running.state["next_due"]
            if due is None:
                break
            running.advance(due)
            instants.append(due)
        answers = {r["key"]: seen(running, r, referred=owners[r["key"]]) for r in triggers}
        return {"triggers": triggers, "answers": answers, "instants": instants}


def test_every_answer_is_the_promised_one(story: dict[str, Any]) -> None:
    ends = {
        "accepted_done": "done", "accepted": "accepted", "rejected": "rejected",
        "silence": "in_progress",
    }  # fmt: skip
    assert story["triggers"]
    for record in story["triggers"]:
        assert story["answers"][record["key"]] == ends[record["answer"]]


def test_the_country_has_few_instants_and_whole_seconds(story: dict[str, Any]) -> None:
    assert len(story["instants"]) == len(set(story["instants"])) <= 45
    assert story["instants"] == sorted(story["instants"])
    assert story["instants"][-1] < "2026-03-20"
    assert all(instant.endswith(":00+00:00") for instant in story["instants"])


def test_a_referral_that_was_taken_back_is_not_answered(tmp_path: Path) -> None:
    with sandbox(tmp_path, "--faults", "off") as running:
        record = next(
            r for child in running.truth for r in child["records"] if r["answer"] == "accepted"
        )
        deliver(running, record, referred=True)
        path = f"/cases/{case_of(record)}/referrals"
        (one,) = running.primero.get(path).json()["data"]
        running.primero.delete(f"{path}/{one['id']}").raise_for_status()
        running.advance("2026-03-20T00:00:00+00:00")
        (one,) = running.primero.get(path).json()["data"]
        assert one["status"] == "revoked"


def test_an_existing_case_with_a_service_row_alone_changes_hands(tmp_path: Path) -> None:
    with sandbox(tmp_path, "--faults", "off") as running:
        record = next(
            r for child in running.truth for r in child["records"] if r["answer"] == "accepted"
        )
        case = running.primero.get("/cases?per=1").json()["data"][0]
        row = {"unique_id": service_of(record), "service_referral_notes": line(record)}
        patch = {"data": {"services_section": [row]}}
        for _ in range(2):  # a second time is answered once
            running.primero.patch(f"/cases/{case['id']}", json=patch).raise_for_status()
        pending = running.state["pending"]
        running.primero.patch(f"/cases/{case['id']}", json=patch).raise_for_status()
        assert running.state["pending"] == pending
        running.advance("2026-03-20T00:00:00+00:00")
        after = running.primero.get(f"/cases/{case['id']}").json()["data"]
        assert after["previously_owned_by"] == case["owned_by"] != after["owned_by"]
        assert after["owned_by"].startswith("cw_")
