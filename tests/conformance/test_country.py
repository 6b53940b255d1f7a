"""The sandbox's whole country, day by day, through all three adapters: what it holds is given."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.dsw_cms.adapter import DswCms
from adapters.emis.adapter import Emis
from adapters.labour_inspection.adapter import LabourInspection
from adapters.sdk.http import HttpClient
from adapters.sdk.ports import Pulls
from contracts.errors import RetriableError
from tests.conformance.conftest import LOGIN

ROOT = Path(__file__).parents[2]


class Country:
    """The sandbox with its faults on, and its three systems read into one set of keys each."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home / "sandbox"
        self.control = httpx.Client(
            base_url=f"{url}/_country", headers={"Authorization": "Bearer sandbox-control"}
        )
        self.http = HttpClient(url, LOGIN)
        self.wall = 0.0
        self.checkpoints: dict[str, Mapping[str, Any]] = {}
        self.given: dict[str, set[str]] = {
            "dsw_cms": set(),
            "labour_inspection": set(),
            "emis": set(),
        }
        self.systems: dict[str, Pulls] = {
            "dsw_cms": DswCms(self.http),
            "labour_inspection": LabourInspection(
                self.home / "labour_inspection", clock=self.now, wall=lambda: self.wall
            ),
            "emis": Emis(self.home / "emis", clock=self.now, wall=lambda: self.wall),
        }

    def now(self) -> datetime:
        """The country's own time."""
        return datetime.fromisoformat(self.control.get("state").json()["now"])

    def advance(self) -> bool:
        """Let the next thing happen; False when nothing is left to come."""
        due = self.control.get("state").json()["next_due"]
        if due:
            self.control.post("advance", json={"to": due}).raise_for_status()
        return bool(due)

    def read(self, system: str) -> None:
        """Pull until the source says that it is complete."""
        complete = None
        while complete is None:
            try:
                batch = self.systems[system].pull(self.checkpoints.get(system), 7)
            except RetriableError:
                continue
            self.checkpoints[system] = json.loads(json.dumps(batch.checkpoint))
            self.given[system] |= {one.key for one in batch.records if one.record != "referral"}
            self.given[system] |= {one.key for one in batch.unreadable}
            self.given[system] -= set(batch.mended)
            complete = batch.complete_until
            self.wall += 20

    def close(self) -> None:
        """Close both connections."""
        self.control.close()
        self.http.close()


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """A country of its own."""
    words = ["--home", str(tmp_path), "--children", "60", "--seed", "7"]
    command = [sys.executable, "-m", "adapters.sandbox", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdout
        country = Country(tmp_path, json.loads(server.stdout.readline())["url"])
        yield country
        country.close()
        server.terminate()


def _true_keys(home: Path) -> dict[str, set[str]]:
    keys: dict[str, set[str]] = {}
    for name in ("truth.jsonl", "others.jsonl"):
        for line in (home / name).read_text().splitlines():
            entry = json.loads(line)
            for record in entry.get("records", [entry]):
                keys.setdefault(record["system"], set()).add(record["key"])
    return keys


def _without_row(keys: set[str]) -> set[str]:
    """A row without a key is known to the truth by file and sheet alone."""
    return {f"{key.rpartition('#')[0]}#" if "#" in key else key for key in keys}


def test_every_record_of_the_country_is_given_and_nothing_else(country: Country) -> None:
    """Under the keys that the country itself knows, over sixty days of faults and odd files."""
    going = True
    while going:
        for system in country.systems:
            country.read(system)
        going = country.advance()
    for system, keys in _true_keys(country.home).items():
        assert _without_row(country.given[system]) == keys, system
