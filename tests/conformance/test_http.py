"""The HTTP client against a server with bad habits, over a real socket."""

import contextlib
import gzip
import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import httpx
import pytest

from adapters.sdk.http import (
    ConflictError,
    ForbiddenError,
    HttpClient,
    Login,
    NotFoundError,
    RefusedError,
    Reply,
    UnprocessableError,
)
from contracts.errors import FatalError, RetriableError

SECRET = "Zawtunnaingmark"
LOGIN = Login(user="hub", password=SECRET)
DATE = "Mon, 05 Jan 2026 01:30:00 GMT"


@dataclass
class Habit:
    """How the server answers, and how often it was asked."""

    status: int = 200
    body: bytes = b'{"data": []}'
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    length: int | None = None
    asked: int = 0


@pytest.fixture
def habit() -> Habit:
    """Good manners, until a test says otherwise."""
    return Habit()


@pytest.fixture
def client(habit: Habit) -> Iterator[HttpClient]:
    """A client of that server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            habit.asked += 1
            self.send_response_only(habit.status)
            length = len(habit.body) if habit.length is None else habit.length
            for name, value in {
                "Date": DATE,
                "Content-Length": str(length),
                **habit.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(habit.body)

        do_POST = do_GET  # noqa: N815 - http.server names them so
        do_PATCH = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = HttpClient(f"http://127.0.0.1:{server.server_port}", LOGIN, seconds=2)
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_good_answer_comes_with_the_servers_clock(client: HttpClient) -> None:
    """Which is the only clock that says until when a list is complete."""
    reply = client.get("a list", "/x")
    assert reply.body == {"data": []}
    assert reply.date
    assert reply.date.isoformat() == "2026-01-05T01:30:00+00:00"


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (Habit(503, headers={"Retry-After": "60"}), 60.0),
        (Habit(429, headers={"Retry-After": "7"}), 7.0),
        (Habit(503, headers={"Retry-After": "Mon, 05 Jan 2026 01:31:00 GMT"}), 60.0),
        (Habit(503, headers={"Retry-After": "soon"}), None),
        (Habit(500), None),
        (Habit(408), None),
        (Habit(302, headers={"Location": "/elsewhere"}), None),
    ],
)
def test_waiting_is_as_long_as_the_server_says(
    answer: Habit, after: float | None, client: HttpClient, habit: Habit
) -> None:
    """Seconds, or a date by the server's own clock."""
    habit.status, habit.headers = answer.status, answer.headers
    with pytest.raises(RetriableError) as caught:
        client.get("a list", "/x")
    assert caught.value.after == after
    assert habit.asked == 1


@pytest.mark.parametrize(
    "answer",
    [
        Habit(body=b'{"data": [{"id"'),
        Habit(body=b'{"data": [{"id"', length=500),
        Habit(body=b"<html>Down for maintenance</html>", headers={"Content-Type": "text/html"}),
        Habit(body=b"<html>"),
    ],
)
def test_half_an_answer_is_none(answer: Habit, client: HttpClient, habit: Habit) -> None:
    """Cut off in transit or before it, or a page of something in between."""
    habit.body, habit.length, habit.headers = answer.body, answer.length, answer.headers
    with pytest.raises(RetriableError):
        client.get("a list", "/x")


def test_after_the_first_401_nothing_more_is_asked(client: HttpClient, habit: Habit) -> None:
    """The sixth would lock the account for half an hour."""
    habit.status, habit.body = 401, b'{"error": "Invalid"}'
    for _ in range(3):
        with pytest.raises(FatalError, match="401"):
            client.get("a list", "/x")
    with pytest.raises(FatalError):
        client.post("a case", "/x", {})
    assert habit.asked == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, UnprocessableError),
        (418, RefusedError),
    ],
)
def test_refusals_are_told_apart(
    status: int, kind: type[RefusedError], client: HttpClient, habit: Habit
) -> None:
    """The adapter knows what each means; the client only which it is."""
    habit.status = status
    with pytest.raises(kind) as caught:
        client.patch("a case", "/x", {})
    assert type(caught.value) is kind


def test_a_refusal_names_fields_and_never_values(client: HttpClient, habit: Habit) -> None:
    """Servers repeat what they were sent."""
    habit.status = 422
    habit.body = (
        b'{"errors": [{"message": ["transition.errors.consent"], "detail": "consent"},'
        b'{"message": "Zawtunnaingmark is no name", "detail": ["/sex", "/Zawtunnaingmark"]}]}'
    )
    with pytest.raises(UnprocessableError) as caught:
        client.post("a case", "/x", {})
    assert caught.value.words == {"transition.errors.consent", "consent", "sex"}


def test_a_silent_server_is_waited_for() -> None:
    """Nobody listens there."""
    client = HttpClient("http://127.0.0.1:1", LOGIN, seconds=1)
    with pytest.raises(RetriableError, match="ConnectError"):
        client.get("a list", "/x")
    client.close()


def test_an_answer_without_end_is_cut(
    client: HttpClient, habit: Habit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In size and in time."""
    habit.body = b"[" + b"1," * 5000 + b"1]"
    monkeypatch.setattr("adapters.sdk.http.MAX_BODY", 1000)
    with pytest.raises(RetriableError, match="too long"):
        client.get("a list", "/x")
    ticks = iter([0.0, 1000.0])
    slow = HttpClient(
        "http://x", LOGIN, monotonic=lambda: next(ticks),
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json={})),
    )  # fmt: skip
    with pytest.raises(RetriableError, match="too long"):
        slow.get("a list", "/x")
    slow.close()


@pytest.mark.parametrize("status", [200, 401, 404, 422, 503])
def test_neither_log_nor_error_holds_what_was_asked(
    status: int, client: HttpClient, habit: Habit, caplog: pytest.LogCaptureFixture
) -> None:
    """No query, no body, no password, no header: also not at the lowest level."""
    habit.status, habit.body = status, b'{"errors": [{"message": "%s"}]}' % SECRET.encode()
    caplog.set_level(logging.DEBUG)
    said = [repr(client), repr(LOGIN)]
    asks: list[Callable[[], Reply]] = [
        lambda: client.get("a list", "/cases/Zawtunnaingmark", {"national_id_no": SECRET}),
        lambda: client.post("a case", "/cases", {"data": {"name": SECRET}}),
    ]
    for ask in asks:
        try:
            said.append(repr(ask()))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not tell
            said.append(f"{error!r} {error} {error.__context__ if error.__cause__ else ''}")
    said += [record.getMessage() for record in caplog.records]
    assert SECRET not in "\n".join(said)
    assert "127.0.0.1" not in "\n".join(said)


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd", "deflate"])
def test_an_answer_packed_otherwise_than_asked_is_not_unpacked(
    packing: str, client: HttpClient, habit: Habit
) -> None:
    """Packed twice, three kilobytes unfold to two gigabytes in one step."""
    habit.headers = {"Content-Type": "application/json", "Content-Encoding": packing}
    habit.body = gzip.compress(gzip.compress(b'{"data": []}'))
    with pytest.raises(RetriableError, match="packed"):
        client.get("the list", "/x")


@pytest.mark.parametrize("header", ["Date", "Retry-After"])
def test_a_date_beyond_the_calendar_is_none(header: str, client: HttpClient, habit: Habit) -> None:
    """It is 13 o'clock in the year 10000 there."""
    habit.status = 429
    habit.headers = {header: "Fri, 31 Dec 9999 23:59:59 -1200"}
    with pytest.raises(RetriableError) as caught:
        client.get("the list", "/x")
    assert caught.value.after is None


def test_a_head_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the last one never; the clock stands in for waiting."""
    monkeypatch.setattr("adapters.sdk.http.MAX_SECONDS", 100.0)
    ticks = itertools.count(0.0, 30.0)

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n" if not self.sent else b"X: y\r\n")
                    self.sent = True

        sent = False

    server = HTTPServer(("127.0.0.1", 0), Dripping)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    client = HttpClient(
        f"http://127.0.0.1:{server.server_port}", LOGIN, monotonic=lambda: next(ticks)
    )
    with pytest.raises(RetriableError, match="no whole answer"):
        client.get("the list", "/x")
    client.close()
    thread.join()
    server.server_close()
