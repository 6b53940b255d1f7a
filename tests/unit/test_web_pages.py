"""The web leaf through a real application: the door, problems, headers, pages, sessions, health."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, Response
from pydantic import BaseModel, ConfigDict
from structlog.testing import capture_logs

from contracts.errors import FatalError, Reason, RejectedError, RetriableError
from hub.web.access import Access, can_act_as, check_act_as
from hub.web.headers import SecurityHeaders
from hub.web.health import health_router
from hub.web.pages import Pages
from hub.web.problems import Problem, add_problem_handlers
from hub.web.session import session_router
from hub.web.tokens import Caller, Issuer, Role, Verifier, new_private_key
from tests.serving import served

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
SECRET = "Maung-Kyaw-Zin-Q7X"
ISSUER = Issuer(new_private_key(), "pilot")
BROWSER = {"accept": "text/html,application/xhtml+xml"}
HERE = {"sec-fetch-site": "same-origin"}


class Child(BaseModel):
    """A body with a field that must be kept out of answers."""

    model_config = ConfigDict(extra="forbid")

    age: int
    marks: dict[str, int] = {}


def issue(role: Role = Role.OPERATOR, audience: str = "hub", now: datetime = NOW) -> str:
    return ISSUER.issue(subject="op-1", roles=[role], audience=audience, now=now)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def broken() -> None:
    raise RuntimeError(SECRET)


@pytest.fixture
def client(served_client: httpx.Client) -> httpx.Client:
    """A caller with no cookies yet."""
    served_client.cookies.clear()
    return served_client


@pytest.fixture(scope="module")
def served_client() -> Iterator[httpx.Client]:
    """An application that uses every part of the leaf, served."""
    with (
        capture_logs(),
        served(application()) as address,
        httpx.Client(base_url=address) as client,
    ):
        yield client


def application() -> FastAPI:
    verifier = Verifier(ISSUER.public_keys(), issuer="pilot", audience="hub")
    access = Access(verifier, clock=lambda: NOW, secure_cookie=False)
    pages = Pages(title="sign_in")
    app = FastAPI(docs_url=None, redoc_url=None)
    operator = Depends(access.require(Role.OPERATOR))

    @app.get("/")
    def first(caller: Annotated[Caller, operator]) -> dict[str, str]:
        return {"subject": caller.subject}

    @app.post("/change")
    def change(child: Child, caller: Annotated[Caller, operator]) -> dict[str, str]:
        return {"subject": caller.subject}

    @app.get("/fails/{how}")
    def fails(how: str) -> Response:
        errors: dict[str, Exception] = {
            "unforeseen": RuntimeError(SECRET),
            "fatal": FatalError("stop"),
            "later": RetriableError("not yet", after=2.5),
            "rejected": RejectedError(Reason(code="c", message="m", next_step="n", column="k")),
            "problem": Problem(status=409, code="moved", detail="Start again."),
        }
        raise errors[how]

    app.include_router(session_router(access, pages))
    app.include_router(health_router({"database": lambda: None, "bus": broken}))
    pages.add_static_files(app)
    add_problem_handlers(app, pages)
    app.add_middleware(SecurityHeaders)
    return app


# --- the door -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("wanted", list(Role))
def test_a_role_opens_its_own_doors_and_no_other(role: Role, wanted: Role) -> None:
    caller = Caller(subject="s", roles=frozenset({role}), office="", token_id="t", expires=NOW)
    assert can_act_as(caller, [wanted]) is (role is wanted)
    if role is wanted:
        check_act_as(caller, [wanted])
    else:
        with pytest.raises(Problem) as caught:
            check_act_as(caller, [wanted])
        assert caught.value.status == 403
        assert wanted in caught.value.detail


def test_a_door_without_roles_is_a_mistake() -> None:
    verifier = Verifier(ISSUER.public_keys(), issuer="pilot", audience="hub")
    with pytest.raises(ValueError, match="name the roles"):
        Access(verifier, clock=lambda: NOW).require()


def test_a_token_in_the_header_lets_in(client: httpx.Client) -> None:
    assert client.get("/", headers=bearer(issue())).json() == {"subject": "op-1"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic b3A6b3A="},
        {"authorization": "Bearer"},
        bearer("x.y.z"),
        bearer(issue(audience="mirror")),
        bearer(issue(now=NOW - timedelta(days=2))),
    ],
)
def test_no_or_a_bad_token_is_told_one_and_the_same(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.get("/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:clm:problem:not-signed-in"


def test_a_token_in_the_address_is_not_even_read(client: httpx.Client) -> None:
    for name in ("token", "access_token", "authorization"):
        assert client.get("/", params={name: issue()}).status_code == 401


def test_another_role_is_told_which_would_do(client: httpx.Client) -> None:
    answer = client.get("/", headers=bearer(issue(Role.INSPECTOR)))
    assert answer.status_code == 403
    assert "operator" in answer.json()["detail"]


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"age": SECRET},
        {"age": 7, SECRET: 1},
        {"age": 7, "marks": {SECRET: "x"}},
        [SECRET],
        SECRET,
    ],
)
def test_an_invalid_request_is_never_repeated(client: httpx.Client, body: object) -> None:
    answer = client.post("/change", json=body, headers=bearer(issue()))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    assert answer.json()["errors"][0]["where"].startswith("body")


def test_an_invalid_request_names_the_field(client: httpx.Client) -> None:
    answer = client.post("/change", json={"age": SECRET}, headers=bearer(issue()))
    assert answer.json()["errors"] == [
        {"where": "body.age", "code": "int_parsing", "message": "is not valid"}
    ]


@pytest.mark.parametrize("content", [b"{" + SECRET.encode(), b"\xff\xfe"])
def test_a_body_that_is_no_json_is_never_repeated(client: httpx.Client, content: bytes) -> None:
    headers = bearer(issue()) | {"content-type": "application/json"}
    answer = client.post("/change", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert SECRET not in answer.text


@pytest.mark.parametrize("how", ["unforeseen", "fatal", SECRET])
def test_what_nobody_foresaw_says_nothing(client: httpx.Client, how: str) -> None:
    answer = client.get(f"/fails/{how}")
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:clm:problem:internal-error",
        "title": "Internal Server Error",
        "status": 500,
    }
    assert answer.headers["cache-control"] == "no-store"


def test_our_own_errors_keep_their_meaning(client: httpx.Client) -> None:
    later = client.get("/fails/later")
    assert (later.status_code, later.headers["retry-after"]) == (503, "3")
    rejected = client.get("/fails/rejected").json()
    assert rejected["errors"] == [{"code": "c", "message": "m", "next_step": "n", "column": "k"}]
    moved = client.get("/fails/problem")
    assert (moved.status_code, moved.json()["detail"]) == (409, "Start again.")


def test_unknown_paths_and_methods_are_told_nothing_more(client: httpx.Client) -> None:
    missing = client.get(f"/{SECRET}")
    assert missing.json() == {
        "type": "urn:clm:problem:not-found", "title": "Not Found", "status": 404,
    }  # fmt: skip
    wrong = client.delete("/")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET"


def test_a_browser_gets_a_page_instead(client: httpx.Client) -> None:
    page = client.get(f"/{SECRET}?lang=my", headers=BROWSER)
    assert page.status_code == 404
    assert '<html lang="my">' in page.text
    failed = client.get("/fails/unforeseen?lang=en", headers=BROWSER)
    assert failed.status_code == 500
    assert "Something went wrong" in failed.text
    assert SECRET not in failed.text


# --- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sign-in", "/nothing", "/fails/unforeseen", "/health/live"])
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_only_the_style_sheet_may_be_kept(client: httpx.Client) -> None:
    assert client.get("/static/style.css").headers["cache-control"].startswith("public")
    assert client.get("/static/../words.toml").status_code == 404


# --- sessions -------------------------------------------------------------------------------------


def test_a_browser_signs_in_works_and_signs_out(client: httpx.Client) -> None:
    away = client.get("/", headers=BROWSER)
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in")
    entered = client.post("/sign-in", data={"token": f" {issue()}\n"}, headers=HERE)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/").status_code == 200
    left = client.post("/sign-out", headers=HERE)
    assert left.headers["location"] == "/sign-in"
    assert client.get("/").status_code == 401


def test_a_bad_token_is_refused_in_words(client: httpx.Client) -> None:
    answer = client.post("/sign-in", data={"token": SECRET}, headers=HERE)
    assert answer.status_code == 401
    assert "not valid here" in answer.text
    assert SECRET not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "http://{here}"}, 200),
        ({"origin": "http://127.0.0.1:9"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_session_does_not_work_for_forms_of_other_sites(
    client: httpx.Client, headers: dict[str, str], status: int
) -> None:
    here = client.base_url.netloc.decode()
    headers = {name: value.format(here=here) for name, value in headers.items()}
    client.post("/sign-in", data={"token": issue()}, headers=HERE)
    assert client.post("/change", json={"age": 7}, headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_nobody_is_signed_in_or_out_by_another_site(client: httpx.Client, path: str) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    answer = client.post(path, data={"token": issue()}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_over_https_the_cookie_belongs_to_one_host() -> None:
    verifier = Verifier(ISSUER.public_keys(), issuer="pilot", audience="hub")
    response = Response()
    Access(verifier, clock=lambda: NOW).sign_in(issue(), response)
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-clm_hub_session=")
    assert "Secure" in cookie
    assert "Max-Age=43200" in cookie


# --- languages ------------------------------------------------------------------------------------


def test_the_language_comes_from_the_address_then_the_cookie_then_the_browser(
    client: httpx.Client,
) -> None:
    def language(path: str, accept: str = "") -> str:
        page = client.get(path, headers={"accept-language": accept}).text
        return page.split('<html lang="')[1][:2]

    assert language("/sign-in") == "en"
    assert language("/sign-in", "de, my-MM;q=0.9, en;q=0.8") == "my"
    assert language("/sign-in?lang=my") == "my"
    assert language("/sign-in", "en") == "my"
    assert language("/sign-in?lang=xx") == "my"
    assert language("/sign-in?lang=en") == "en"


def test_the_switch_keeps_the_page_and_its_filters(client: httpx.Client) -> None:
    page = client.get('/sign-in?page=2&x="><script>').text
    assert 'href="/sign-in?page=2&amp;x=%22%3E%3Cscript%3E&amp;lang=my"' in page
    assert "<script" not in page


# --- health and time ------------------------------------------------------------------------------


def test_health_names_the_part_and_not_the_cause(client: httpx.Client) -> None:
    assert client.get("/health/live").json() == {"status": "ok", "parts": {}}
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["parts"] == {"database": "ok", "bus": "not_ready"}
    assert SECRET not in ready.text
