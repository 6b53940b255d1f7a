"""The mirror's API over a real store: closed, audited, closed to everybody but analysts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from contracts.errors import RetriableError
from hub.web.access import Access
from hub.web.clock import wall_clock
from hub.web.tokens import Role, Verifier
from mirror import store
from mirror.api import create_app
from mirror.dashboard.page import dashboard_pages
from mirror.messages import EpochMarker, StatisticCell
from mirror.service import Reader
from tests.mirror_rows import AUDIT, ISSUER, NOW, case, pseudonym, token, version
from tests.serving import served

K = 3
READS = ("/v1/cases", "/v1/table", "/v1/epochs", "/v1/statistics")
ANALYST = {"authorization": f"Bearer {token()}"}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Database]:
    """A mirror with one epoch: seven girls of one class, and two boys who are too few."""
    folder: Path = tmp_path_factory.mktemp("mirror")
    database = store.open_store(f"sqlite:///{folder}/mirror.sqlite")
    rows = [case(n) for n in range(7)] + [case(n, sex="M") for n in (20, 21)]
    marker = EpochMarker(epoch=1, as_of=NOW, rows=9, sources={"emis": NOW}, contract="c/1")
    cell = StatisticCell(table="inspections_no_child", area="MMR013", period="2026-01", value=4)
    with database.begin() as connection:
        store.put_rows(connection, "s", rows, version(rows[0]), audit=AUDIT)
        store.close_epoch(connection, "s", marker, NOW, audit=AUDIT)
        store.put_statistic(connection, "s", "i", cell, version="1", audit=AUDIT)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def client(mirror: store.Database) -> Iterator[httpx.Client]:
    """The program's whole application, served."""

    def never() -> None:
        raise RetriableError("no bus")

    verifier = Verifier(ISSUER.public_keys(), issuer="clm-pilot", audience="mirror")
    app = create_app(
        Reader(database=mirror, k=K, clock=wall_clock),
        Access(verifier, clock=wall_clock, secure_cookie=False),
        dashboard_pages(),
        {"database": lambda: store.check(mirror), "reflect": never},
    )
    with served(app) as address, httpx.Client(base_url=address) as client:
        yield client


def get(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    answer = client.get(path, params=params, headers=ANALYST)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_every_answer_says_how_fresh_and_whole_it_is(client: httpx.Client) -> None:
    for path in READS:
        body = get(client, path)
        assert body["epoch"] == 1
        assert body["as_of"] == "2026-01-05T01:30:00Z"
        assert body["complete"] is True
        assert body["contract"] == "c/1"
        assert body["sources"] == [
            {"system": "emis", "complete_until": "2026-01-05T01:30:00Z", "lag_seconds": 0}
        ]


def test_a_class_too_small_is_not_answered_in_any_way(client: httpx.Client) -> None:
    assert len(get(client, "/v1/cases")["cases"]) == 7
    assert get(client, "/v1/cases", sex="M")["cases"] == []
    assert [cell["cases"] for cell in get(client, "/v1/table", by="state")["cells"]] == [7]
    assert [cell["sex"] for cell in get(client, "/v1/table", by="sex")["cells"]] == ["F"]


def test_pages_lead_from_one_to_the_next(client: httpx.Client) -> None:
    found, after = [], ""
    while True:
        page = get(client, "/v1/cases", limit=3, after=after, epoch=1)
        found += [row["pseudonym"] for row in page["cases"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == sorted(pseudonym(n) for n in range(7))


def test_a_page_of_another_epoch_is_refused(client: httpx.Client) -> None:
    answer = client.get("/v1/cases?epoch=2", headers=ANALYST)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:clm:problem:epoch-moved"


@pytest.mark.parametrize(
    "query", ["state=Yangon", "name=x", "after=m1", "limit=1001", "sex=girl", "by=name"]
)
def test_only_codes_may_be_asked_for(client: httpx.Client, query: str) -> None:
    path = "/v1/table" if query.startswith("by") else "/v1/cases"
    assert client.get(f"{path}?{query}", headers=ANALYST).status_code == 422


@pytest.mark.parametrize("path", [*READS, "/"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MOLIP_ANALYST])
def test_no_other_role_sees_anything(client: httpx.Client, path: str, role: Role) -> None:
    headers = {"authorization": f"Bearer {token(role)}"}
    assert client.get(path, headers=headers).status_code == 403
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(client: httpx.Client, method: str) -> None:
    for path in READS:
        assert client.request(method, path, headers=ANALYST).status_code == 405


def test_each_read_is_audited_with_who_and_how_many(
    client: httpx.Client, mirror: store.Database
) -> None:
    query = text("SELECT actor, action, count FROM audit WHERE shard = 'api' ORDER BY sequence")
    with mirror.connect() as connection:
        before = len(connection.execute(query).all())
    get(client, "/v1/cases", limit=2)
    get(client, "/v1/statistics")
    client.get("/", headers=ANALYST)
    client.get("/v1/cases?limit=0", headers=ANALYST)
    with mirror.connect() as connection:
        after = [tuple(row) for row in connection.execute(query)][before:]
    assert after == [
        ("analyst-1", "read cases", 2),
        ("analyst-1", "read statistics", 1),
        ("analyst-1", "read dashboard", 5),
    ]


def test_readiness_waits_for_the_bus_and_liveness_does_not(client: httpx.Client) -> None:
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["parts"]["reflect"]) == (503, "not_ready")


def test_the_first_page_shows_counts_and_no_row(client: httpx.Client) -> None:
    english = client.get("/?lang=en", headers=ANALYST).text
    burmese = client.get("/?lang=my", headers=ANALYST).text
    assert "Girls" in english
    assert "Boys" not in english
    assert ">7<" in english
    assert ">၇<" in burmese
    assert "ရန်ကုန်" in burmese
    assert pseudonym(1) not in english + burmese


OUR_OWN_WORDS = {"ProblemBody"}  # sentences of ours: no value of a record gets there


def free_texts(node: object, path: str) -> Iterator[str]:
    """The places of a JSON Schema that admit any text."""
    if isinstance(node, dict):
        closed = {"enum", "const", "pattern", "format"} & node.keys()
        if node.get("type") == "string" and not closed:
            yield path
        for name, child in node.items():
            yield from free_texts(child, f"{path}/{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from free_texts(child, f"{path}/{number}")


def test_the_published_description_has_no_free_text(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert "MirrorCase" in schemas
    assert schemas.keys() >= OUR_OWN_WORDS
    for name in schemas.keys() - OUR_OWN_WORDS:
        assert schemas[name].get("additionalProperties") is False, name
        assert list(free_texts(schemas[name], name)) == []
    assert list(free_texts(document["paths"], "paths")) == []
    assert set(document["paths"]) == {*READS, "/health/live", "/health/ready"}


def test_the_search_for_free_text_finds_planted_ones() -> None:
    planted = {"properties": {"note": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    assert list(free_texts(planted, "x")) == ["x/properties/note/anyOf/0"]
