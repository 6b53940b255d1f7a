"""Somebody objects while everything runs: the row is gone at once, without waiting for an epoch."""

import re
import shutil
from collections import Counter
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from tests.journeys.conftest import FinishedDemo
from tests.journeys.staying import demo, press_ctrl_c

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def home(finished_demo: FinishedDemo, tmp_path: Path) -> Path:
    """A finished demo that this test may go on with."""
    shutil.copytree(finished_demo.home, tmp_path / "home")
    return tmp_path / "home"


def a_shown_child(truth: list[dict[str, Any]]) -> dict[str, Any]:
    """A child with a row, of a class that stays large enough without it, known to inspectors."""
    sizes = Counter(str(one["class"]) for one in truth if one["state"] == "released")
    return next(
        one for one in truth
        if one["state"] == "released" and sizes[str(one["class"])] > 5
        and one["known_to"]["labour_inspection"]
    )  # fmt: skip


def shown(mirror: httpx.Client) -> set[str]:
    """The pseudonyms of all rows that MOLIP sees."""
    found: set[str] = set()
    after: str | None = ""
    while after is not None:
        page = mirror.get("/v1/cases", params={"after": after} if after else {}).json()
        found |= {row["pseudonym"] for row in page["cases"]}
        after = page["next"]
    return found


def test_an_objection_at_the_api_takes_exactly_one_row_away_at_once(
    finished_demo: FinishedDemo, home: Path
) -> None:
    child = a_shown_child(finished_demo.truth)
    objection = {
        "system": "labour_inspection", "row_key": child["known_to"]["labour_inspection"][0],
        "decision": "object", "scope": "reporting", "by": "guardian", "on": "2026-03-01",
    }  # fmt: skip
    with demo(home) as (process, printed):
        (hub_url, officer), (mirror_url, analyst) = re.findall(
            r"^  (http://\S+)/ .*\n +(\S+)$", printed, re.MULTILINE
        )
        with (
            httpx.Client(base_url=hub_url, headers=bearer(officer), trust_env=False) as hub,
            httpx.Client(base_url=mirror_url, headers=bearer(analyst), trust_env=False) as mirror,
        ):
            before, epoch = shown(mirror), mirror.get("/v1/epochs").json()["epoch"]
            assert hub.post("/v1/consents", json=objection).status_code == 202
            for _ in range(200):
                if shown(mirror) != before:
                    break
                Event().wait(0.05)
            after = shown(mirror)
            assert (len(before - after), after - before) == (1, set())
            assert mirror.get("/v1/epochs").json()["epoch"] == epoch
            unknown = objection | {"row_key": "no such record"}
            assert hub.post("/v1/consents", json=unknown).status_code == 404
        press_ctrl_c(process)


def bearer(token: str) -> dict[str, str]:
    """The header of a caller."""
    return {"Authorization": f"Bearer {token}"}
