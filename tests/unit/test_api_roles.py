"""Who may do what at the hub's API and on its page: the whole table, role by endpoint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from contracts.labels import label_of
from contracts.topics import SYSTEMS
from hub import doors
from hub.api import models
from hub.bus.database import open_database
from hub.web.tokens import Role
from tests.stores.house import House, open_test_house, serving

_RECORD = {"system": "labour_inspection", "row_key": "A/1"}
_CONSENT = _RECORD | {
    "decision": "object", "scope": "reporting", "by": "guardian", "on": "2026-02-01",
}  # fmt: skip
I, A, C, N, D, O = (  # noqa: E741 - one letter a role keeps the table readable
    Role.INTEGRATOR, Role.MOLIP_ANALYST, Role.CASE_MANAGER, Role.INSPECTOR,
    Role.DATA_PROTECTION_OFFICER, Role.OPERATOR,
)  # fmt: skip
_CODE = {"system": "emis", "record": "school", "field": "facts.absence_reason", "code": "x"}
_LABEL = {"system": "dsw_cms", "record": "case", "path": "status", "code": "open"}
TABLE: dict[tuple[str, str], tuple[set[Role], Any]] = {
    ("GET", "/v1/ledger"): ({O, I, D}, None),
    ("GET", "/v1/sources"): ({O, I}, None),
    ("GET", "/v1/rejects"): ({O, I}, None),
    ("GET", "/v1/parked"): ({O}, None),
    ("POST", "/v1/parked/retry"): ({O}, {"stage": "translate"}),
    ("GET", "/v1/flow"): ({O}, None),
    ("GET", "/v1/quality"): ({O, I, D}, None),
    ("GET", "/v1/triage"): ({O, I}, None),
    ("POST", "/v1/triage/map"): ({O, I}, _CODE | {"target": "illness"}),
    ("POST", "/v1/triage/ignore"): ({O, I}, _CODE | {"reason": "a slip of the pen"}),
    ("POST", "/v1/triage/undo"): ({O, I}, _CODE),
    ("GET", "/v1/triage/labels"): ({O, I}, None),
    ("POST", "/v1/triage/labels/accept"): ({O, I}, _LABEL),
    ("POST", "/v1/triage/retry"): ({O, I}, {"system": "emis", "record": "school"}),
    ("GET", "/v1/referrals"): ({C, N, D, O}, None),
    ("POST", "/v1/referrals/_search"): ({C, N}, _RECORD),
    ("GET", "/v1/tasks"): ({C, D, O}, None),
    ("POST", "/v1/consents"): ({D, C}, _CONSENT),
    ("POST", "/v1/consents/explain"): ({D}, _RECORD),
    ("GET", "/"): ({O, I, D, C, N}, None),
}
OPEN = {"/health/live", "/health/ready"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An empty hub."""
    folder: Path = tmp_path_factory.mktemp("api")
    engine = open_database(f"sqlite:///{folder}/hub.sqlite")
    with open_test_house(engine, folder) as made:
        yield made
    engine.dispose()


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[httpx.Client]:
    """Its API."""
    with serving(house) as client:
        yield client


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("door", list(TABLE), ids=" ".join)
def test_a_role_opens_its_doors_and_no_other(
    house: House, client: httpx.Client, door: tuple[str, str], role: Role
) -> None:
    """403 for every other role; what is behind a door may still not be there (404)."""
    allowed, body = TABLE[door]
    answer = client.request(*door, json=body, headers=house.headers(role))

    wanted = {200, 202, 404} if role in allowed else {403}
    assert answer.status_code in wanted
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("door", list(TABLE), ids=" ".join)
def test_without_a_good_token_every_door_is_shut(
    house: House, client: httpx.Client, door: tuple[str, str]
) -> None:
    """No token, another program's token, and a broken one are answered alike."""
    wrong = house.token(*Role, audience="mirror")
    answers = [
        client.request(*door, json=TABLE[door][1], headers=headers)
        for headers in ({}, {"authorization": f"Bearer {wrong}"}, {"authorization": "Bearer x"})
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({answer.content for answer in answers}) == 1


def test_the_table_names_every_endpoint(house: House) -> None:
    """A new endpoint needs a row above."""
    document = house.app.openapi()["paths"]
    documented = {(m.upper(), path) for path, found in document.items() for m in found}

    assert documented - {("GET", path) for path in OPEN} == set(TABLE) - {("GET", "/")}


def test_several_roles_open_what_each_opens(house: House, client: httpx.Client) -> None:
    """Roles add up."""
    headers = house.headers(Role.INSPECTOR, Role.DATA_PROTECTION_OFFICER)

    assert client.get("/v1/ledger", headers=headers).status_code == 200
    assert client.get("/v1/flow", headers=headers).status_code == 403


def test_health_needs_no_token(client: httpx.Client) -> None:
    """It says which parts answer, and no more."""
    assert client.get("/health/live").json() == {"status": "ok", "parts": {}}
    ready = client.get("/health/ready")
    assert ready.json() == {"status": "ok", "parts": {"database": "ok", "bus": "ok"}}


@pytest.mark.parametrize("door", [door for door in TABLE if door[0] == "POST"], ids=" ".join)
@pytest.mark.parametrize("bad", ["value", "name", "json", "type"])
def test_an_invalid_request_is_told_what_is_wrong_and_never_what_it_said(
    house: House, client: httpx.Client, door: tuple[str, str], bad: str
) -> None:
    """422 names places and codes; neither a value nor a made-up field name comes back."""
    secret = "Daw-Secret-Name-12OUKAMA"
    good: dict[str, Any] = TABLE[door][1]
    bodies: dict[str, bytes | Any] = {
        "value": dict.fromkeys(good, secret + "!" * 300),
        "name": good | {secret: 1},
        "type": {key: {secret: [secret]} for key in good},
    }
    headers = house.headers(*Role)
    if bad == "json":
        headers |= {"content-type": "application/json"}
        answer = client.post(door[1], content=f'{{"{secret}": '.encode(), headers=headers)
    else:
        answer = client.post(door[1], json=bodies[bad], headers=headers)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert secret not in answer.text
    assert answer.json()["errors"]


def test_a_strange_query_is_refused_without_an_echo(house: House, client: httpx.Client) -> None:
    """Codes only, in queries too."""
    for query in ("/v1/referrals?state=Daw-Secret", "/v1/rejects?system=Daw-Secret"):
        answer = client.get(query, headers=house.headers(*Role))
        assert answer.status_code == 422
        assert "Secret" not in answer.text


def test_every_field_of_the_api_has_one_label() -> None:
    """No field without a privacy class; the systems are those of the topics."""
    shapes = [
        shape for shape in vars(models).values()
        if isinstance(shape, type) and issubclass(shape, BaseModel)
    ]  # fmt: skip
    for shape in shapes:
        for field in shape.model_fields:
            label_of(shape, field)
    assert models.System.__args__ == SYSTEMS  # type: ignore[attr-defined]


def test_only_an_inspector_alone_sees_a_part_of_the_referrals() -> None:
    """Another role that sees referrals opens the rest."""
    assert doors.visible_systems({Role.INSPECTOR}) == ("labour_inspection",)
    assert doors.visible_systems({Role.INSPECTOR, Role.INTEGRATOR}) == ("labour_inspection",)
    assert doors.visible_systems({Role.INSPECTOR, Role.CASE_MANAGER}) == ()
