"""Bad records and bad answers: a clear reason or an alarm, and nothing else of the batch lost.

Real stages, adapters, bus and databases; what is planted in a person's fields is never printed.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from contracts.errors import FatalError
from hub.bus.journal import parked
from hub.bus.parking import CEILING
from hub.cli import app
from hub.house import open_house
from hub.ledger import Rejected
from hub.vault.kms import LocalKeyFile
from hub.web.logs import configure_logs
from tests.conformance.sheets import put, workbook
from tests.journeys.one_hub import NOW, OneHub, one_hub
from tests.serving import served

NAME, FATHER, CARD = "Zzqmarkname", "Zzqmarkfather", "12/OUKAMA(N)735198"
AGE, HOURS, BORN = 987, 200, "2031-07-23"
MARKS = (NAME, FATHER, CARD, "735198", BORN)
COLUMNS = (
    "insp_id", "insp_date", "office_code", "wp_name", "wp_township", "isic4", "child_found",
    "child_no", "child_name", "child_father_name", "child_card_no", "child_sex", "child_age",
    "child_dob", "child_hours_week",
)  # fmt: skip
GOOD = {
    "insp_id": "INSP-1", "insp_date": "2026-01-05", "office_code": "YGN", "wp_name": "Tea shop",
    "wp_township": "MMR013001", "isic4": "5610", "child_found": "yes", "child_no": "1",
    "child_name": NAME, "child_father_name": FATHER, "child_card_no": CARD, "child_sex": "F",
    "child_age": 12, "child_hours_week": 30,
}  # fmt: skip
HOUR = 3600
AT = int(NOW.timestamp()) - 24 * HOUR


def row(**changed: object) -> dict[str, object]:
    """A good row, but for what is given."""
    return {**GOOD, **changed}


def sheet(*rows: dict[str, object], without: str = "") -> bytes:
    """An inspection workbook."""
    columns = [code for code in COLUMNS if code != without]
    return workbook(found=[columns, *([one.get(code) for code in columns] for one in rows)])


@pytest.fixture
def logs() -> Iterator[StringIO]:
    """The logs as the hub's programs write them."""
    stream, root = StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(pretty=False, stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OneHub]:
    """A hub with two folders."""
    with one_hub(tmp_path / "home") as hub:
        yield hub


def printed(hub: OneHub) -> str:
    """What `clmhub rejects` prints."""
    done = CliRunner().invoke(app, ["rejects", "--home", str(hub.house.settings.home)])
    assert done.exit_code == 0
    return str(done.output)


def said(hub: OneHub) -> list[tuple[str, str, str]]:
    """Code, column and place of every reason."""
    return [(r.code, r.column, r.where) for line in hub.rejected() for r in line.reasons]


BAD_ROWS = [
    (row(child_no="2", child_age=AGE), "age_impossible", "child_age"),
    (row(child_no="2", child_dob=BORN), "birth_after_observation", "child_dob"),
    (row(child_no="2", child_hours_week=HOURS), "hours_week_impossible", "child_hours_week"),
    (row(child_no="2", wp_township="MMR999999"), "code_unknown", "wp_township"),
    (row(child_no="2", insp_date=None), "missing_required", "insp_date"),
    (row(child_no=None), "missing_required", "child_no"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "code", "column"), BAD_ROWS, ids=[c for _, _, c in BAD_ROWS])
def test_a_bad_row_is_named_mended_and_harms_no_other(
    hub: OneHub, logs: StringIO, bad: dict[str, object], code: str, column: str
) -> None:
    """File, sheet, row and column; the rows before and after it count; a mended file clears it."""
    name = "ygn [old].xlsx"
    put(hub.inspections, name, sheet(row(), bad, row(child_no="3")), at=AT)
    hub.run()
    assert said(hub) == [(code, column, f"{name}, found, row 3")]
    totals = hub.totals("labour_inspection")
    assert (totals.received, totals.rejected) == (3, 1)
    logged, text = logs.getvalue(), printed(hub)
    for part in (name, "found", "row 3", column, hub.rejected()[0].reasons[0].next_step):
        assert part in text
    assert not [mark for mark in (*MARKS, "MMR999999") if mark in text + logged]
    assert str(AGE) not in text
    mended = row(child_no="2")
    put(hub.inspections, name, sheet(row(), mended, row(child_no="3")), at=AT + HOUR)
    hub.later(minutes=1)
    hub.run()
    assert not hub.rejected()
    assert hub.totals("labour_inspection").received == 3


def test_every_reason_of_a_row_is_told_at_once(hub: OneHub) -> None:
    """Nobody has to send a file three times to hear of three faults."""
    bad = row(child_age=AGE, child_hours_week=HOURS, wp_township="MMR999999")
    put(hub.inspections, "ygn.xlsx", sheet(bad), at=AT)
    hub.run()
    assert sorted(column for _, column, _ in said(hub)) == [
        "child_age", "child_hours_week", "wp_township",
    ]  # fmt: skip


def test_an_unknown_code_in_an_optional_column_keeps_the_record(hub: OneHub) -> None:
    """It goes to triage; a child is never lost for a code."""
    put(hub.inspections, "ygn.xlsx", sheet(row(isic4="9Z99")), at=AT)
    hub.run()
    assert not hub.rejected()
    assert hub.totals("labour_inspection").received == 1


def test_a_duplicated_row_counts_once_and_a_doubled_number_is_told_of(hub: OneHub) -> None:
    """A copy says nothing new; two children under one number would hide one of them."""
    put(hub.inspections, "copy.xlsx", sheet(row(), row(), row(child_no="2")), at=AT)
    other = row(insp_id="INSP-2", child_name="Zzqmarkother", child_card_no=None)
    put(hub.inspections, "two.xlsx", sheet(row(insp_id="INSP-2"), other), at=AT + 1)
    hub.run()
    assert said(hub) == [("row_key_twice", "", "two.xlsx, found, row 2")]
    totals = hub.totals("labour_inspection")
    assert (totals.received, totals.rejected) == (4, 1)
    text = printed(hub)
    assert not [mark for mark in (*MARKS, "Zzqmarkother") if mark in text]


@pytest.mark.parametrize(
    ("content", "code", "column", "place"),
    [
        (sheet(row(), without="office_code"), "column_missing", "office_code", "a.xlsx, found"),
        (b"%PDF-1.7 " + NAME.encode(), "not_a_workbook", "", "a.xlsx"),
        (f"{NAME};{CARD}\n".encode(), "not_a_workbook", "", "a.xlsx"),
    ],
    ids=["missing_column", "no_workbook", "a_text"],
)
def test_a_bad_file_is_named_and_the_next_one_read(
    hub: OneHub, content: bytes, code: str, column: str, place: str
) -> None:
    """One line for the file; replacing it by a good one takes the line away."""
    put(hub.inspections, "a.xlsx", content, at=AT)
    put(hub.inspections, "b.xlsx", sheet(row()), at=AT + 1)
    hub.run()
    assert said(hub) == [(code, column, place)]
    totals = hub.totals("labour_inspection")
    assert (totals.received, totals.rejected) == (2, 1)
    text = printed(hub)
    assert place in text
    assert not [mark for mark in MARKS if mark in text]
    put(hub.inspections, "a.xlsx", sheet(row(child_no="2")), at=AT + HOUR)
    hub.later(minutes=1)
    hub.run()
    assert not hub.rejected()
    assert hub.totals("labour_inspection").received == 2


def test_a_half_copied_file_is_waited_for_told_of_and_forgiven(hub: OneHub) -> None:
    """First nothing, for it may still grow; then a reason; then, completed, its rows instead."""
    whole = sheet(row(), row(child_no="2"))
    put(hub.inspections, "slow.xlsx", whole[: len(whole) // 2], at=AT)
    hub.run()
    assert not hub.rejected()
    hub.later(seconds=601)
    hub.run()
    assert said(hub) == [("file_cut_off", "", "slow.xlsx")]
    put(hub.inspections, "slow.xlsx", whole, at=AT + HOUR)
    hub.later(minutes=1)
    hub.run()
    assert not hub.rejected()
    assert hub.totals("labour_inspection").received == 2


def test_bad_school_rows_are_named_like_the_others(hub: OneHub) -> None:
    """The same rules for every source."""
    columns = ("township_pcode", "school_code", "month", "student_no", "name_my", "age", "status")
    good = ("MMR013001", "0012", "2026-01", "7", NAME, 12, "enrolled")
    rows = [columns, good, (*good[:3], "8", NAME, AGE, "enrolled"), (*good[:3], "9", NAME, 9, "?")]
    put(hub.schools, "school.xlsx", workbook(grade=rows), at=AT)
    hub.run()
    assert said_sorted(hub.rejected("emis")) == [
        ("age_impossible", "age", "school.xlsx, grade, row 3"),
        ("code_unknown", "status", "school.xlsx, grade, row 4"),
    ]
    assert hub.totals("emis").received == 3


def said_sorted(lines: Sequence[Rejected]) -> list[tuple[str, str, str]]:
    """The reasons of some lines, by code."""
    return sorted((r.code, r.column, r.where) for line in lines for r in line.reasons)


# --- answers of the case management system ------------------------------------------------------


class Primero:
    """A small list of cases on a real port, with one bad day at a time."""

    def __init__(self) -> None:
        self.bad: Response | None = None
        self.cases: list[dict[str, Any]] = [_case(number) for number in range(3)]
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        self.asked += 1
        answer = self.bad or self._listed(request)
        answer.headers["Date"] = format_datetime(NOW, usegmt=True)
        await answer(scope, receive, send)

    def _listed(self, request: Request) -> Response:
        if request.url.path.endswith("/referrals"):
            return Response(b'{"data": []}', media_type="application/json")
        low, _, high = request.query_params["last_updated_at"].partition("..")
        window = low[:19], high or "9"
        rows = [c for c in self.cases if window[0] <= c["last_updated_at"][:19] <= window[1]]
        body = {"data": rows, "metadata": {"total": len(rows), "per": 1000, "page": 1}}
        return Response(orjson.dumps(body), media_type="application/json")


def _case(number: int, **changed: object) -> dict[str, Any]:
    at = (NOW - timedelta(hours=2) + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {
        "id": f"00000000-0000-4000-8000-00000000000{number}", "last_updated_at": at,
        "registration_date": "2026-01-05", "created_at": at, "status": "open", "enabled": True,
        "owned_by": "cm_ygn", "name": f"{NAME} {number}", "father_name": FATHER, "sex": "female",
        "age": 12, "national_id_no": CARD if number == 0 else None, "record_state": True,
        "location_current": "MMR013001", "services_section": [], **changed,
    }  # fmt: skip


@pytest.fixture
def primero() -> Primero:
    """Three cases."""
    return Primero()


@pytest.fixture
def connected(tmp_path: Path, primero: Primero) -> Iterator[OneHub]:
    """A hub that polls them."""
    with served(primero) as url, one_hub(tmp_path / "home", primero=url) as hub:
        yield hub


BUSY = (Response(b"<html>busy</html>", 503, {"Retry-After": "120"}, "text/html"), 120, "503")
CUT = (
    Response(b'{"data": [{"id": "' + NAME.encode(), 200, media_type="application/json"),
    1, "cut off",
)  # fmt: skip
HTML = (Response(f"<html>{NAME}</html>", 200, media_type="text/html"), 1, "no JSON")


@pytest.mark.parametrize(("bad", "after", "words"), [BUSY, CUT, HTML], ids=["503", "cut", "html"])
def test_a_bad_answer_shows_waits_and_mends_itself(
    connected: OneHub, primero: Primero, logs: StringIO, bad: Response, after: int, words: str
) -> None:
    """The alarm says what happened, is not asked again too early, and goes when it is over."""
    primero.bad = bad
    connected.run()
    shown = connected.source("dsw_cms")
    assert words in shown["problem"]
    assert shown["next_step"]
    assert shown["complete_until"] is None
    asked, primero.bad = primero.asked, None
    connected.later(seconds=after - 0.5)
    connected.run()
    assert primero.asked == asked, "it was asked again before the time that it wants to rest"
    connected.later(seconds=1)
    connected.run()
    assert connected.source("dsw_cms")["problem"] == ""
    assert connected.totals("dsw_cms").received == 3
    seen = logs.getvalue() + str(shown)
    assert not [mark for mark in MARKS if mark in seen]


def test_the_first_401_stops_all_asking_and_raises_an_alarm(
    connected: OneHub, primero: Primero
) -> None:
    """The sixth would lock the account: so there is no second one, for days."""
    primero.bad = Response(b'{"error": "Invalid"}', 401, media_type="application/json")
    for _ in range(10):
        connected.run()
        connected.later(hours=12)
    assert primero.asked == 1
    shown = connected.source("dsw_cms")
    assert "401" in shown["problem"]
    assert "correct" in shown["problem"]
    assert shown["next_step"]


def test_one_source_in_trouble_stops_no_other(connected: OneHub, primero: Primero) -> None:
    """An alarm on one side, records on the other."""
    primero.bad = BUSY[0]
    put(connected.inspections, "ygn.xlsx", sheet(row()), at=AT)
    connected.run()
    assert connected.totals("labour_inspection").received == 1
    assert connected.source("labour_inspection")["problem"] == ""


def test_one_bad_case_of_a_page_is_rejected_and_the_page_kept(
    connected: OneHub, primero: Primero
) -> None:
    """Mended there, it comes again and counts."""
    primero.cases[1] = _case(1, age=AGE)
    connected.run()
    (line,) = connected.rejected("dsw_cms")
    assert [(r.code, r.column, r.where) for r in line.reasons] == [
        ("age_impossible", "age", f"case {primero.cases[1]['id']}")
    ]
    assert connected.totals("dsw_cms").received == 3
    text = printed(connected)
    assert not [mark for mark in MARKS if mark in text]
    primero.cases[1] = _case(1)  # within the same second of the server's clock
    connected.later(minutes=1)
    connected.run()
    assert not connected.rejected()


def test_an_adapter_that_fails_unforeseen_is_an_alarm_too(
    connected: OneHub, primero: Primero, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the kind of error and its place in the code, never its text."""

    def broken(*_: object) -> None:
        raise KeyError(NAME)

    with monkeypatch.context() as patched:
        patched.setattr("adapters.dsw_cms.adapter._check_window", broken)
        connected.run()
    problem = connected.source("dsw_cms")["problem"]
    assert "KeyError at adapters/dsw_cms/adapter.py:" in problem
    assert NAME not in problem
    connected.later(minutes=1)
    connected.run()
    assert connected.source("dsw_cms")["problem"] == ""


def test_a_source_with_too_many_parked_records_rests_and_says_why(
    connected: OneHub, primero: Primero
) -> None:
    """A fault in the hub must not swallow a whole source; when it is mended, reading goes on."""
    rows = [
        {
            "stage": "translate", "message": f"m{n}", "topic": "source.dsw_cms", "partition": 0,
            "offset": n, "key": "k", "type": "t", "ref": f"r{n}", "version": "1",
            "system": "dsw_cms", "error": "KeyError", "place": "hub/x.py:1", "attempts": 1,
            "retry": False, "at": NOW, "value": None, "headers": b"[]",
        }
        for n in range(CEILING)
    ]  # fmt: skip
    with connected.house.hub.begin() as connection:
        connection.execute(parked.insert(), rows)
    connected.run()
    assert primero.asked == 0
    assert "clmhub parked" in connected.source("dsw_cms")["problem"]
    with connected.house.hub.begin() as connection:
        connection.execute(parked.delete())
    connected.later(minutes=1)
    connected.run()
    assert connected.source("dsw_cms")["problem"] == ""
    assert connected.totals("dsw_cms").received == 3


def test_a_record_that_no_event_can_carry_is_rejected_and_the_rest_kept(
    connected: OneHub, primero: Primero
) -> None:
    """It would else come back at every start, and end the program each time."""
    primero.cases[1] = _case(1, name=NAME * 500_000)
    connected.run()
    assert said(connected) == [("record_too_large", "", f"case {primero.cases[1]['id']}")]
    assert connected.totals("dsw_cms").received == 3
    primero.cases[1] = _case(1)
    connected.later(minutes=1)
    connected.run()
    assert not connected.rejected()
    assert connected.totals("dsw_cms").received == 3


def test_a_name_of_a_file_cannot_steer_the_terminal(hub: OneHub) -> None:
    """Neither a new line, nor an escape, nor a turn of direction is printed."""
    put(hub.inspections, "a\nb\x1b[31m\u202egnp.xlsx", b"junk", at=AT)
    hub.run()
    assert "a\ufffdb\ufffd[31m\ufffdgnp.xlsx" in printed(hub)


@pytest.mark.parametrize("key", ["gone", "another"])
def test_a_home_without_its_master_key_does_not_start(tmp_path: Path, key: str) -> None:
    """It would take every record for a new one, and refer every child a second time."""
    with one_hub(tmp_path / "home") as hub:
        put(hub.inspections, "ygn.xlsx", sheet(row()), at=AT)
        hub.run()
        settings = hub.house.settings
    path = settings.home / "keys" / "master.key"
    path.unlink()
    if key == "another":
        LocalKeyFile(path, production=False)
    with pytest.raises(FatalError, match="restore"):
        open_house(settings)
