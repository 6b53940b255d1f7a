"""After a whole run nothing outside the sandbox points to a person, and a destroyed key blinds."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from contracts.envelope import Part, decode_parts
from hub.bus.database import open_database
from hub.bus.stage import ShreddedError
from hub.vault.keyring import VaultKeyring
from hub.vault.kms import LocalKeyFile
from hub.vault.store import KeyStore
from tests.journeys.conftest import FinishedDemo
from tests.journeys.trials import marks_of
from tests.leaks import SHORTEST, Leak, Scanner

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NOW = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def scanner(finished_demo: FinishedDemo) -> Scanner:
    """Looks for every mark of every person."""
    return Scanner(marks_of(finished_demo.truth))


def told(leaks: Iterator[Leak]) -> Counter[tuple[str, str]]:
    """Places and forms: a failing test must not print who it is."""
    return Counter((leak.place, leak.form) for leak in leaks)


def test_every_person_carries_marks_in_every_field(finished_demo: FinishedDemo) -> None:
    for child in finished_demo.truth:
        for field in ("name", "father_name", "card_no", "phone", "address"):
            assert not child[field] or any(
                len(mark) >= SHORTEST and mark in child[field] for mark in child["marks"][field]
            )


def test_the_sandbox_itself_is_full_of_them(finished_demo: FinishedDemo, scanner: Scanner) -> None:
    found = {leak.mark for leak in scanner.in_folder(finished_demo.home / "sandbox")}
    assert len(found) > len(finished_demo.truth) * 5


def test_no_mark_stands_outside_the_sandbox(finished_demo: FinishedDemo, scanner: Scanner) -> None:
    home = finished_demo.home
    files = {path.name for path in home.rglob("*") if path.is_file()}
    assert {"hub.log", "mirror.log", "molip.sqlite", "vault.sqlite", "mirror.sqlite"} <= files
    assert told(scanner.in_folder(home, leave_out=[home / "sandbox"])) == Counter()


def test_operators_can_read_every_line_of_the_logs(finished_demo: FinishedDemo) -> None:
    for log in (finished_demo.home / "logs").glob("*.log"):
        lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
        assert lines
        assert [one for one in lines if "hidden_fields" in one or "(hidden)" in one.values()] == []


def test_no_mark_was_printed(finished_demo: FinishedDemo, scanner: Scanner) -> None:
    assert told(scanner.in_bytes(finished_demo.printed, "printed")) == Counter()


def test_one_planted_mark_among_the_hubs_files_is_found(
    finished_demo: FinishedDemo, scanner: Scanner, tmp_path: Path
) -> None:
    copy = tmp_path / "databases"
    shutil.copytree(finished_demo.home / "databases", copy)
    link = sqlite3.connect(copy / "hub.sqlite")
    link.execute("UPDATE source SET problem = ?", (finished_demo.truth[0]["name"],))
    link.commit()
    link.close()
    assert told(scanner.in_folder(copy))


MIRROR_PAGES = (
    "/v1/cases?limit=1000", "/v1/epochs", "/v1/statistics", "/v1/table?by=state&by=sex",
    "/v1/table", "/openapi.json", "/", "/health/ready",
)  # fmt: skip
HUB_PAGES = (
    "/v1/ledger", "/v1/sources", "/v1/rejects", "/v1/parked", "/v1/referrals", "/v1/tasks",
    "/v1/flow", "/v1/summary", "/openapi.json", "/health/ready",
)  # fmt: skip


def answers(client: httpx.Client, pages: tuple[str, ...]) -> bytes:
    """Bodies and headers of all answers."""
    found = []
    for page in pages:
        answer = client.get(page, follow_redirects=True)
        assert answer.status_code == 200, page
        found += [answer.content, repr(answer.headers.raw).encode()]
    return b"\n".join(found)


def test_no_answer_of_the_mirror_holds_a_mark(
    finished_demo: FinishedDemo, scanner: Scanner
) -> None:
    with finished_demo.mirror() as client:
        assert told(scanner.in_bytes(answers(client, MIRROR_PAGES), "mirror")) == Counter()


def test_no_answer_of_the_hub_holds_a_mark(finished_demo: FinishedDemo, scanner: Scanner) -> None:
    with finished_demo.api() as client:
        assert told(scanner.in_bytes(answers(client, HUB_PAGES), "hub")) == Counter()


# --- destroying a key ----------------------------------------------------------------------------


def sealed_parts(home: Path) -> Iterator[Part]:
    """Every sealed part that lies anywhere: in the topics, and in the hub's tables."""
    for body in _column(home / "bus" / "hub.sqlite", "SELECT value FROM record"):
        if body is not None:
            yield from decode_parts(orjson.dumps(orjson.loads(body)["parts"]))
    for stored in _column(home / "databases" / "hub.sqlite", "SELECT parts FROM linkage_record"):
        yield from decode_parts(stored)


def _column(path: Path, query: str) -> list[Any]:
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [row[0] for row in link.execute(query)]
    finally:
        link.close()


def keyring(home: Path) -> VaultKeyring:
    """The vault as a new process would open it."""
    engine = open_database(f"sqlite:///{home}/databases/vault.sqlite")
    kms = LocalKeyFile(home / "keys" / "master.key", production=False)
    return VaultKeyring(KeyStore(engine), kms, clock=lambda: NOW)


def opened(home: Path) -> dict[str, list[Mapping[str, Any] | None]]:
    """What each person's parts say, in order; None for one that cannot be opened any more."""
    ring = keyring(home)
    found: dict[str, list[Mapping[str, Any] | None]] = {}
    for part in sealed_parts(home):
        try:
            content = ring.open(part)
        except ShreddedError:
            content = None
        found.setdefault(part.person, []).append(content)
    return found


def test_destroying_one_key_blinds_that_person_and_no_other(
    finished_demo: FinishedDemo, scanner: Scanner, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(finished_demo.home, home, ignore=shutil.ignore_patterns("sandbox", "*.lock"))
    before = opened(home)
    assert len(before) > len(finished_demo.truth) // 2
    assert all(content for contents in before.values() for content in contents)
    # The search is not blind: what is sealed does hold the marks.
    assert told(scanner.in_bytes(repr(before).encode(), "opened"))
    person = max(before, key=lambda one: len(before[one]))
    assert keyring(home).shred([person]) == 1
    after = opened(home)
    assert set(after[person]) == {None}
    assert {one: said for one, said in after.items() if one != person} == {
        one: said for one, said in before.items() if one != person
    }
