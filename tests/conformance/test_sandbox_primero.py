"""The habits of the Primero look-alike, each a row of what is known of the real server."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.sandbox.primero.faults import Faults
from tests.conformance.sandbox_process import Sandbox, sandbox

MODULE = {"module_id": "primeromodule-cp"}
INTAKE = "intake_mmr013"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("primero"), "--faults", "off") as one:
        yield one


@pytest.fixture
def api(running: Sandbox) -> httpx.Client:
    return running.primero


def rows(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def new_case(api: httpx.Client, **fields: object) -> str:
    case = str(uuid4())
    answer = api.post("/cases", json={"data": MODULE | {"id": case} | fields})
    assert (answer.status_code, answer.content) == (204, b"")
    return case


def show(api: httpx.Client, case: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/cases/{case}").json()["data"]
    return found


def error(answer: httpx.Response) -> tuple[int, object, object]:
    (item,) = answer.json()["errors"]
    assert item["status"] == answer.status_code
    assert item["resource"] == answer.request.url.path
    return item["status"], item["message"], item.get("detail")


def test_pages_are_twenty_by_default_and_a_thousand_at_most(api: httpx.Client) -> None:
    for _ in range(8):
        new_case(api)
    first = api.get("/cases").json()
    assert first["metadata"]["per"] == len(first["data"]) == 20
    assert api.get("/cases?per=9000").json()["metadata"]["per"] == 1000
    second = api.get("/cases?page=2").json()
    assert len(second["data"]) == second["metadata"]["total"] - 20
    assert not {r["id"] for r in first["data"]} & {r["id"] for r in second["data"]}


def test_an_unknown_filter_is_dropped_and_answers_all(api: httpx.Client) -> None:
    everything = api.get("/cases").json()["metadata"]["total"]
    for dropped in ("record_id=x", "remote=true", "sex[]=male"):
        assert api.get(f"/cases?{dropped}").json()["metadata"]["total"] == everything


def test_a_filter_that_breaks_sql_answers_an_empty_list(api: httpx.Client) -> None:
    broken = api.get("/cases?last_updated_at=yesterday..today")
    assert (rows(broken), broken.json()["metadata"]["total"]) == ([], 0)


def test_changes_are_listed_by_whole_seconds_with_both_ends(
    running: Sandbox, api: httpx.Client
) -> None:
    now = "2026-01-05T01:30:00Z"
    assert running.state["now"] == "2026-01-05T01:30:00+00:00"
    everything = api.get("/cases").json()["metadata"]["total"]
    for window in (f"{now}..{now}", f"{now}..", f"..{now}"):
        found = api.get("/cases", params={"last_updated_at": window}).json()
        assert found["metadata"]["total"] == everything
    for window in ("2026-01-05T01:30:01Z..", "..2026-01-05T01:29:59Z"):
        assert rows(api.get("/cases", params={"last_updated_at": window})) == []


def test_filters_guess_types_so_numbers_in_text_fields_never_match(api: httpx.Client) -> None:
    case = new_case(api, telephone_current="09123456789", national_id_no="123456789", age=11)
    assert rows(api.get("/cases?telephone_current=09123456789")) == []
    assert [row["id"] for row in rows(api.get("/cases?national_id_no=123456789"))] == [case]
    assert case in {row["id"] for row in rows(api.get("/cases?age=10..11&per=1000"))}
    assert [row["id"] for row in rows(api.get(f"/cases?id={case},{uuid4()}"))] == [case]
    assert case not in {row["id"] for row in rows(api.get("/cases?not[age]=11&per=1000"))}


def test_fields_choose_what_comes_and_some_always_come(api: httpx.Client) -> None:
    row = rows(api.get("/cases?fields=sex&per=1"))[0]
    assert set(row) <= {"id", "enabled", "last_updated_at", "sex"}
    assert "last_updated_at" in row


def test_order_by_sorts_as_text_up_or_down(api: httpx.Client) -> None:
    for order in ("asc", "desc"):
        ages = [row["age"] for row in rows(api.get(f"/cases?order_by=age&order={order}&age=1..17"))]
        assert ages == sorted(ages, key=str, reverse=order == "desc")


def test_a_client_id_makes_creation_idempotent_and_no_id_does_not(api: httpx.Client) -> None:
    case = new_case(api, name_first="မောင်ကမလ")
    again = api.post("/cases", json={"data": MODULE | {"id": case}})
    assert again.status_code == 409
    free = [api.post("/cases", json={"data": MODULE}) for _ in range(2)]
    assert [answer.status_code for answer in free] == [200, 200]
    assert free[0].json()["data"]["id"] != free[1].json()["data"]["id"]
    taken = api.post("/cases", json={"data": MODULE | {"id": str(uuid4()), "case_id": case}})
    assert taken.status_code == 409


def test_the_server_stamps_what_it_creates(running: Sandbox, api: httpx.Client) -> None:
    case = show(api, new_case(api, name_first="Aye", name_last="Mya", owned_by=INTAKE))
    assert case["name"] == "Aye Mya"
    assert case["case_id"] == case["unique_identifier"] == case["id"]
    assert case["short_id"] == case["case_id"][-7:]
    assert (case["status"], case["workflow"], case["record_state"]) == ("open", "new", True)
    assert case["created_by"] == case["last_updated_by"] == "clm_hub"
    assert case["owned_by"] == INTAKE
    stamp = running.state["now"].replace("+00:00", ".000Z")
    assert case["created_at"] == case["last_updated_at"] == stamp
    assert case["registration_date"] == "2026-01-05"


def test_fields_need_a_module_and_unknown_ones_and_owners_vanish(api: httpx.Client) -> None:
    case = str(uuid4())
    data = {"id": case, "sex": "male", "no_such_field": 1}
    assert api.post("/cases", json={"data": data}).status_code == 204
    assert "sex" not in show(api, case)
    other = show(api, new_case(api, sex="male", no_such_field=1, owned_by="nobody"))
    assert (other["sex"], other["owned_by"]) == ("male", None)
    assert "no_such_field" not in other


def test_wrong_types_and_codes_are_refused_by_pointer_but_places_are_not(
    api: httpx.Client,
) -> None:
    wrong = MODULE | {
        "sex": "unheard", "age": "12", "date_of_birth": "5.6.14", "location_current": "NOWHERE",
        "services_section": [{"unique_id": "x", "service_type": "none"}],
    }  # fmt: skip
    status, message, detail = error(api.post("/cases", json={"data": wrong}))
    assert (status, message) == (422, "Invalid Record JSON")
    assert detail == [
        "/sex", "/age", "/date_of_birth", "/services_section/0/unique_id",
        "/services_section/0/service_type",
    ]  # fmt: skip
    assert error(api.post("/cases", json={"sex": "male"}))[0] == 422


def test_patch_merges_and_rows_merge_by_their_id(api: httpx.Client) -> None:
    case, mine = new_case(api, sex="male", occupation="farm"), str(uuid4())
    row = {"unique_id": mine, "service_type": "education_service"}
    path = f"/cases/{case}"
    changed = api.patch(path, json={"data": {"occupation": None, "services_section": [row]}})
    assert "sex" not in changed.json()["data"]
    for _ in range(2):  # with its id a row is itself; without, each sending makes one
        more = {"unique_id": mine, "service_provider": "a"}
        rows_sent = {"data": {"services_section": [more, {"service_type": "food_service"}]}}
        api.patch(path, json=rows_sent).raise_for_status()
    after = show(api, case)
    kinds = Counter(row["service_type"] for row in after["services_section"])
    assert kinds == {"education_service": 1, "food_service": 2}
    assert (after["sex"], after["occupation"]) == ("male", None)
    api.patch(path, json={"data": {"services_section": []}}).raise_for_status()
    assert len(show(api, case)["services_section"]) == 3
    gone = {"data": {"services_section": [{"unique_id": mine, "_destroy": True}]}}
    api.patch(path, json=gone).raise_for_status()
    assert len(show(api, case)["services_section"]) == 2


def test_identity_of_a_record_cannot_be_patched(api: httpx.Client) -> None:
    case = new_case(api)
    before = show(api, case)
    kept = ("id", "case_id", "created_at", "created_by", "unique_identifier")
    data = dict.fromkeys(kept, "2020-01-01T00:00:00Z")
    api.patch(f"/cases/{case}", json={"data": data}).raise_for_status()
    assert [show(api, case)[name] for name in kept] == [before[name] for name in kept]


def consenting(api: httpx.Client, **fields: object) -> str:
    return new_case(api, consent_for_services="true", disclosure_other_orgs=True, **fields)


def test_a_referral_needs_both_consents_unless_they_are_overridden(api: httpx.Client) -> None:
    data: dict[str, object] = {"transitioned_to": INTAKE}
    for consent in ({}, {"consent_for_services": True}, {"disclosure_other_orgs": True}):
        path = f"/cases/{new_case(api, **consent)}/referrals"
        refused = error(api.post(path, json={"data": data}))
        assert refused == (422, ["transition.errors.consent"], "consent")
        assert rows(api.get(path)) == []
    forced = data | {"consent_overridden": True}
    assert api.post(path, json={"data": forced}).status_code == 200


def test_only_users_who_receive_can_be_referred_and_assigned_to(api: httpx.Client) -> None:
    case = consenting(api)
    for target in ("nobody", "clm_hub", "intake_mmr017", "cw_mmr013_1", None):
        for kind in ("referrals", "assigns"):
            answer = api.post(f"/cases/{case}/{kind}", json={"data": {"transitioned_to": target}})
            wanted = (422, ["transition.errors.to_user_can_receive"], "transitioned_to")
            assert error(answer) == wanted
    names = [user["user_name"] for user in rows(api.get("/users/refer-to?record_type=case"))]
    assert names == ["intake_mmr013", "intake_mmr010", "intake_mmr011"]


def test_a_repeated_post_makes_a_second_referral(api: httpx.Client) -> None:
    case, service = consenting(api, services_section=[{"unique_id": str(uuid4())}]), ""
    service = show(api, case)["services_section"][0]["unique_id"]
    data = {"transitioned_to": INTAKE, "service_record_id": service}
    made = [
        api.post(f"/cases/{case}/referrals", json={"data": data}).json()["data"] for _ in range(2)
    ]
    assert made[0]["id"] != made[1]["id"]
    assert {one["status"] for one in made} == {"in_progress"}
    assert (made[0]["type"], made[0]["record_type"]) == ("Referral", "case")
    assert len(rows(api.get(f"/cases/{case}/referrals"))) == 2
    after = show(api, case)
    assert after["services_section"][0]["service_status_referred"] is True
    assert after["referred_users"] == after["referred_users_pending"] == [INTAKE]


def test_states_go_on_only_as_they_may_and_anything_else_is_a_silent_no(
    api: httpx.Client,
) -> None:
    case = consenting(api)
    path = f"/cases/{case}/referrals"
    one = api.post(path, json={"data": {"transitioned_to": INTAKE}}).json()["data"]["id"]
    steps = [
        ("done", "in_progress"), ("accepted", "accepted"), ("accepted", "accepted"),
        ("rejected", "accepted"), ("nonsense", "accepted"), ("done", "done"), ("accepted", "done"),
    ]  # fmt: skip
    for asked, status in steps:
        answer = api.patch(f"{path}/{one}", json={"data": {"status": asked}})
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, status)
    assert api.delete(f"{path}/{one}").json()["data"]["status"] == "revoked"


def test_an_assign_changes_the_owner_at_once(api: httpx.Client) -> None:
    case = new_case(api)
    data = {"transitioned_to": INTAKE, "notes": "please"}
    made = api.post(f"/cases/{case}/assigns", json={"data": data}).json()["data"]
    assert (made["type"], made["status"]) == ("Assign", "done")
    assert (show(api, case)["owned_by"], show(api, case)["previously_owned_by"]) == (
        INTAKE, "clm_hub",
    )  # fmt: skip


def test_a_missing_record_is_a_404_with_the_real_body(api: httpx.Client) -> None:
    for path in (f"/cases/{uuid4()}", f"/cases/{uuid4()}/referrals", "/nothing"):
        assert error(api.get(path))[0] == 404


def test_metadata_tells_the_local_fields_and_the_labels_of_codes(api: httpx.Client) -> None:
    lookups = {row["unique_id"]: row for row in rows(api.get("/lookups?per=1000"))}
    concerns = lookups["lookup-protection-concerns"]["values"]
    assert "worst_forms_of_child_labor" in {value["id"] for value in concerns}
    assert all(value["display_text"]["en"] for value in concerns)
    fields = {field["name"]: field for form in rows(api.get("/forms")) for field in form["fields"]}
    hazards = fields["child_labour_hazards_77b0e"]
    assert hazards["multi_select"]
    assert hazards["option_strings_source"] == "lookup lookup-child-labour-hazards-77b0e"
    places = {row["code"]: row["hierarchy"] for row in rows(api.get("/locations"))}
    assert places["MMR013002"] == ["MMR", "MMR013", "MMR013002"]
    assert rows(api.get("/agencies"))[0]["unique_id"] == "dsw"


def test_the_date_header_and_health_need_no_login(running: Sandbox, api: httpx.Client) -> None:
    root = str(api.base_url).replace("/api/v2/", "")
    assert httpx.get(f"{root}/health", trust_env=False).status_code == 204
    assert api.get("/agencies").headers["Date"] == "Mon, 05 Jan 2026 01:30:00 GMT"
    assert httpx.get(f"{root}/_country/state", trust_env=False).status_code == 401


def test_the_request_log_names_every_request_and_no_body(
    running: Sandbox, api: httpx.Client
) -> None:
    case = new_case(api, name_first="Sayarmyintaung")
    last = running.log()[-1]
    assert (last["method"], last["path"], last["status"]) == ("POST", "/api/v2/cases", 204)
    assert last["ids"] == {"case": case, "services": []}
    assert "Sayarmyintaung" not in json.dumps(running.log())


def test_the_revision_counts_changes_and_not_reads(running: Sandbox, api: httpx.Client) -> None:
    before = running.state["revision"]
    api.get("/cases")
    assert running.state["revision"] == before
    new_case(api)
    assert running.state["revision"] > before


def test_six_wrong_passwords_lock_the_account_for_half_an_hour(tmp_path: Path) -> None:
    with sandbox(tmp_path, "--children", "60", "--faults", "off") as running:
        for _ in range(6):
            wrong = running.primero.get("/cases", auth=("clm_hub", "wrong"))
            assert (wrong.status_code, list(wrong.json())) == (401, ["error"])
        assert running.primero.get("/cases").status_code == 401
        running.advance("2026-01-05T01:59:59+00:00")
        assert running.primero.get("/cases").status_code == 401
        running.advance("2026-01-05T02:00:00+00:00")
        assert running.primero.get("/cases").status_code == 200


def test_faults_are_few_and_never_befall_a_refusal_or_a_patch() -> None:
    faults = Faults(seed=1, on=True)
    gets = Counter(faults.strike(n, "GET", 200) for n in range(1, 5000))
    assert set(gets) == {"", "busy", "cut", "html"}
    assert gets[""] > 4500
    assert {faults.strike(n, "POST", 204) for n in range(1, 500)} == {"", "busy"}
    assert {faults.strike(n, "GET", 401) for n in range(1, 500)} == {""}
    assert {faults.strike(n, "PATCH", 200) for n in range(1, 500)} == {""}
    off = Faults(seed=1, on=False)
    assert {off.strike(n, "GET", 200) for n in range(1, 500)} == {""}


def test_a_bad_day_comes_after_storing(tmp_path: Path) -> None:
    with sandbox(tmp_path, "--children", "60") as running:
        api, seen = running.primero, Counter[str]()
        while set(seen) < {"good", "busy", "cut", "html"}:
            seen[_kind(api.get("/cases?per=3"))] += 1
        case, posts = consenting_through_faults(api), Counter[str]()
        while set(posts) < {"good", "busy"}:
            data = {"data": {"transitioned_to": INTAKE}}
            posts[_kind(api.post(f"/cases/{case}/referrals", json=data))] += 1
        stored = [row for row in running.log() if row["path"].endswith("/referrals")]
        assert Counter(row["fault"] for row in stored) == {"": posts["good"], "busy": posts["busy"]}
        assert {row["status"] for row in stored} == {200}
        assert len({row["ids"]["transition"] for row in stored}) == posts.total()


def consenting_through_faults(api: httpx.Client) -> str:
    case = str(uuid4())
    consent = {"consent_for_services": True, "disclosure_other_orgs": True}
    data = {"data": MODULE | consent | {"id": case}}
    while api.post("/cases", json=data).status_code not in {204, 409}:
        pass
    return case


def _kind(answer: httpx.Response) -> str:
    if answer.status_code == 503:
        assert answer.headers["Retry-After"] == "1"
        return "busy"
    if answer.headers["content-type"].startswith("text/html"):
        return "html"
    try:
        answer.json()
    except ValueError:
        return "cut"
    return "good"
