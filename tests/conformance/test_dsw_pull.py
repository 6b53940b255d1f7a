"""Reading Primero by windows: nothing is lost while cases change and pages break."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from adapters.dsw_cms.adapter import DswCms
from adapters.sdk.http import HttpClient, Login
from adapters.sdk.ports import Batch
from contracts.errors import FatalError, RetriableError

START = datetime(2026, 1, 5, tzinfo=UTC)
Json = dict[str, Any]


class Primero:
    """The list of cases as the server gives it: filter, order, pages by number, and its clock."""

    def __init__(self) -> None:
        self.cases: dict[str, Json] = {}
        self.referrals: dict[str, list[Json]] = {}
        self.now = START + timedelta(hours=1)
        self.filters = True
        self.sorts = True
        self.most = 1000
        self.queries: list[Mapping[str, str]] = []
        self.before: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def put(self, number: int, second: float, **fields: Any) -> None:
        """Store a case as changed that many seconds after the start."""
        stamp = (START + timedelta(seconds=second)).isoformat(timespec="milliseconds")
        case = f"case-{number}"
        self.cases[case] = {"id": case, "last_updated_at": stamp.replace("+00:00", "Z"), **fields}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if answer := self.before(request):
            return answer
        path = request.url.path.removeprefix("/api/v2/cases").strip("/")
        if path.endswith("/referrals"):
            return self._reply({"data": self.referrals.get(path.split("/")[0], [])})
        if path:
            found = self.cases.get(path)
            return self._reply({"data": found}) if found else httpx.Response(404, json={})
        return self._list(dict(request.url.params))

    def _list(self, query: Mapping[str, str]) -> httpx.Response:
        self.queries.append(query)
        low, _, high = query["last_updated_at"].partition("..")
        rows = list(self.cases.values())
        if self.filters:
            rows = [r for r in rows if low[:19] <= r["last_updated_at"][:19] <= (high[:19] or "9")]
        if self.sorts:
            rows.sort(key=lambda row: str(row["last_updated_at"]))
        per, page = min(int(query["per"]), self.most), int(query["page"])
        metadata = {"total": len(rows), "per": per, "page": page}
        return self._reply({"data": rows[(page - 1) * per : page * per], "metadata": metadata})

    def _reply(self, body: Json) -> httpx.Response:
        return httpx.Response(
            200, json=body, headers={"Date": format_datetime(self.now, usegmt=True)}
        )


class Reader:
    """An adapter over that server, restarted before each pull."""

    def __init__(self, server: Primero) -> None:
        self.server = server
        self.checkpoint: Mapping[str, Any] | None = None
        self.http = HttpClient(
            "http://primero", Login(user="hub", password="p"), transport=httpx.MockTransport(server)
        )

    def pull(self, most: int = 100) -> Batch:
        batch = DswCms(self.http).pull(self.checkpoint, most)
        self.checkpoint = json.loads(json.dumps(batch.checkpoint))
        return batch

    def drain(self, most: int = 100) -> list[str]:
        keys: list[str] = []
        while True:
            batch = self.pull(most)
            keys += [record.key for record in batch.records]
            if not batch.more:
                return keys


@pytest.fixture
def server() -> Primero:
    """An empty Primero."""
    return Primero()


@pytest.fixture
def reader(server: Primero) -> Iterator[Reader]:
    """Its reader."""
    reader = Reader(server)
    yield reader
    reader.http.close()


def test_a_case_is_given_as_it_is(server: Primero, reader: Reader) -> None:
    """Every field under its own name; the version grows with each change, as text."""
    server.put(1, 1.25, name="Made Up", child_labour_isic_4d1f2="5610", consent_reporting="false")
    record = reader.pull().records[0]
    assert record.body == server.cases["case-1"]
    assert (record.record, record.key, record.person) == ("case", "case-1", "case-1")
    assert record.changed == START + timedelta(seconds=1.25)
    server.put(1, 2)
    assert reader.pull().records[0].version > record.version


def test_a_drained_window_is_complete_until_the_servers_clock(
    server: Primero, reader: Reader
) -> None:
    """Never until ours."""
    server.put(1, 1)
    assert reader.pull().complete_until == server.now


@pytest.mark.parametrize("most", [1, 2, 3, 7, 100])
def test_pages_of_any_size_give_each_case_once(most: int, server: Primero, reader: Reader) -> None:
    """Also when ten of them share one second, and when the server caps the page."""
    for number in range(30):
        server.put(number, number if number < 10 else 10 + number // 20)
    server.most = 5
    assert sorted(reader.drain(most)) == sorted(server.cases)


def test_a_case_that_changes_while_pages_are_read_hides_no_other(
    server: Primero, reader: Reader
) -> None:
    """Its going shifts all later ones to an earlier page, where nobody looks again."""
    for number in range(6):
        server.put(number, number * 600)
    server.now += timedelta(hours=1)
    keys = [record.key for record in reader.pull(2).records]
    server.put(0, 6000)
    keys += reader.drain(2) + reader.drain(2)
    assert set(keys) == set(server.cases)
    assert keys.count("case-0") == 2


def test_a_late_commit_behind_the_cursor_is_found(server: Primero, reader: Reader) -> None:
    """The next window begins before the last; what it shows again is not given again."""
    server.put(1, 200)
    assert reader.drain() == ["case-1"]
    server.put(2, 100)
    assert reader.drain() == ["case-2"]
    assert reader.drain() == []
    assert server.queries[-1]["last_updated_at"].startswith("2026-01-05T00:01:20Z..")


def test_a_second_change_within_one_second_is_seen(server: Primero, reader: Reader) -> None:
    """The server stamps whole seconds: only the content tells the two apart, and both count."""
    server.put(1, 5, status="open")
    server.put(2, 5)
    first = reader.pull().records
    server.put(1, 5, status="closed")
    second = reader.pull().records
    assert [record.body["status"] for record in second] == ["closed"]
    assert second[0].version > first[0].version
    assert reader.drain() == []


def test_referrals_come_with_their_case_and_its_version(server: Primero, reader: Reader) -> None:
    """Only cases that carry some are asked for them."""
    server.put(1, 1, referred_users=["intake"])
    server.put(2, 2, services_section=[{"service_status_referred": True}])
    server.put(3, 3)
    server.referrals = {
        "case-1": [{"id": "r1", "status": "accepted"}],
        "case-2": [{"id": "r2", "status": "rejected"}],
        "case-3": [{"id": "never asked"}],
    }
    records = reader.pull().records
    assert [(r.record, r.key, r.person) for r in records] == [
        ("case", "case-1", "case-1"), ("referral", "r1", "case-1"),
        ("case", "case-2", "case-2"), ("referral", "r2", "case-2"), ("case", "case-3", "case-3"),
    ]  # fmt: skip
    assert records[1].body == {"id": "r1", "status": "accepted", "record_id": "case-1"}
    assert records[1].changed == records[0].changed


def test_a_filter_dropped_in_silence_stops_the_reading(server: Primero, reader: Reader) -> None:
    """It would give all cases for ever, and call it a window."""
    server.put(1, 1)
    server.put(2, 1000)
    reader.drain()
    server.filters = False
    with pytest.raises(FatalError, match="ignores the window"):
        reader.pull()


def test_an_order_dropped_in_silence_stops_the_reading(server: Primero, reader: Reader) -> None:
    """Reading on by the last stamp would lose what lies between."""
    server.put(2, 2)
    server.put(1, 1)
    server.sorts = False
    with pytest.raises(FatalError, match="order"):
        reader.pull()


def test_an_empty_answer_is_no_proof(server: Primero, reader: Reader) -> None:
    """A filter that breaks the database gives 200 and nothing; a case that left gives the same."""
    server.put(1, 1)
    reader.drain()
    empty = httpx.Response(200, json={"data": []}, headers={"Date": format_datetime(server.now)})
    server.before = lambda request: empty if request.url.path.endswith("/cases") else None
    with pytest.raises(RetriableError, match="must hold"):
        reader.pull()
    server.before = lambda _: None
    del server.cases["case-1"]
    assert reader.pull().complete_until == server.now


def test_a_fault_in_the_middle_keeps_what_was_read(server: Primero, reader: Reader) -> None:
    """And loses nothing of what was not: the case whose referrals failed comes with them later."""
    for number in range(3):
        server.put(number, number, referred_users=["intake"])
        server.referrals[f"case-{number}"] = [{"id": f"r{number}"}]
    busy = httpx.Response(503, headers={"Retry-After": "5"})
    server.before = lambda request: busy if "case-1/referrals" in request.url.path else None
    first = reader.pull()
    assert [record.key for record in first.records] == ["case-0", "r0"]
    assert (first.more, first.complete_until) == (True, None)
    with pytest.raises(RetriableError) as caught:
        reader.pull()
    assert caught.value.after == 5
    server.before = lambda _: None
    assert reader.drain() == ["case-1", "r1", "case-2", "r2"]


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"id": 1}},
        [],
        {"data": [1]},
        {"data": [{"id": "x"}]},
        {"data": [{"last_updated_at": "?"}]},
    ],
)
def test_an_answer_of_the_wrong_shape_is_waited_for(
    body: object, server: Primero, reader: Reader
) -> None:
    """Something in between answered, perhaps; guessing would lose cases."""
    date = format_datetime(server.now, usegmt=True)
    server.before = lambda _: httpx.Response(200, json=body, headers={"Date": date})
    with pytest.raises(RetriableError):
        reader.pull()


def test_a_forbidden_list_asks_for_a_person(server: Primero, reader: Reader) -> None:
    """Waiting does not widen a role."""
    server.before = lambda _: httpx.Response(403, json={"errors": []})
    with pytest.raises(FatalError, match="role"):
        reader.pull()


@pytest.mark.parametrize("rows", ["text", 7, ["text"], [None], {"service_status_referred": True}])
def test_a_case_with_odd_services_stops_no_other(
    rows: object, server: Primero, reader: Reader
) -> None:
    """The contract says what is wrong with it."""
    server.put(1, 1)
    server.put(2, 2, services_section=rows)
    server.put(3, 3)
    assert reader.drain() == ["case-1", "case-2", "case-3"]


def test_a_stamp_far_ahead_hides_no_later_change(server: Primero, reader: Reader) -> None:
    """One wrong clock must not carry the window past everything that is still to come."""
    server.put(1, 1)
    server.put(2, 50 * 365 * 24 * 3600)
    assert reader.pull().complete_until == server.now
    server.now += timedelta(hours=1)
    server.put(3, 4000)
    assert reader.drain() == ["case-3"]


def test_a_clock_behind_all_its_cases_loses_none(server: Primero, reader: Reader) -> None:
    """Then the clock is wrong: full pages still lead on."""
    server.now = START - timedelta(days=365)
    server.most = 2
    for number in range(5):
        server.put(number, number * 1000)
    keys = [record.key for _ in range(12) for record in reader.pull(2).records]
    assert sorted(keys) == [f"case-{number}" for number in range(5)]


def test_a_server_that_repeats_a_page_is_left_alone(server: Primero, reader: Reader) -> None:
    """It would be asked for ever."""
    rows = [{"id": f"c{n}", "last_updated_at": "2026-01-05T00:00:01Z"} for n in range(3)]
    body = {"data": rows, "metadata": {"per": 3}}
    date = {"Date": format_datetime(server.now, usegmt=True)}
    server.before = lambda _: httpx.Response(200, json=body, headers=date)
    adapter = DswCms(reader.http)
    first = adapter.pull(None, 3)
    with pytest.raises(RetriableError, match="same page"):
        adapter.pull(first.checkpoint, 3)


@pytest.mark.parametrize("metadata", [[1], "text", {"per": True}, {"per": "9"}])
def test_odd_metadata_is_not_believed(metadata: object, server: Primero, reader: Reader) -> None:
    """The page has the size that was asked for."""
    rows = [{"id": "c", "last_updated_at": "2026-01-05T00:00:01Z"}]
    date = {"Date": format_datetime(server.now, usegmt=True)}
    body = {"data": rows, "metadata": metadata}
    server.before = lambda _: httpx.Response(200, json=body, headers=date)
    batch = reader.pull()
    assert (len(batch.records), batch.more) == (1, False)


def test_a_time_beyond_the_calendar_is_no_time(server: Primero, reader: Reader) -> None:
    """Between the time zones lie instants of the years 0 and 10000."""
    server.cases["c"] = {"id": "c", "last_updated_at": "0001-01-01T00:00:00+14:00"}
    server.filters = server.sorts = False
    with pytest.raises(RetriableError, match="no time of its last change"):
        reader.pull()
