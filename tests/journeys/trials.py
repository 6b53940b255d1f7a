"""Runs of the demonstration as processes, to be compared, killed and run again. Asserts nothing.

The country is the smallest that tells its whole story. What must come out of it is known without
the hub: the country itself writes `expected.json` when it is made.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from tests.leaks import SHORTEST

CHILDREN = 60
RUN_SECONDS = 400.0
_LOOK_SECONDS = 0.05
_IDENTIFYING = (
    "name", "father_name", "mother_name", "card_no", "card_burmese", "phone", "address",
)  # fmt: skip
_OF_THE_RUN = ("seconds", "bus", "database")


@dataclass(kw_only=True)
class Trial:
    """One home, and the demo that runs in it: as often as it is started."""

    home: Path
    bus: str = "embedded:"
    database: str = "sqlite:"
    starts: int = 0
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self, **settings: str) -> "Trial":
        """Start the demo as the leader of a process group of its own."""
        self.starts += 1
        self.home.parent.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable, "-m", "hub", "demo", "--once", "--json", "--home", str(self.home),
            "--bus", self.bus, "--database", self.database, "--children", str(CHILDREN),
        ]  # fmt: skip
        with self._printed.open("wb") as output, self._told.open("ab") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                env=self._environment(settings), start_new_session=True,
            )  # fmt: skip
        return self

    def finish(self) -> dict[str, Any]:
        """Wait for the end of the story; gives the printed object."""
        try:
            status = self.process.wait(RUN_SECONDS)
        finally:
            self.kill()
        assert status == 0, f"status {status}: {self.told()[-2000:]}"
        result: dict[str, Any] = json.loads(self._printed.read_bytes().splitlines()[-1])
        return result

    def kill(self) -> None:
        """`kill -9` of conductor, hub, mirror and country at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait_until(self, there: Callable[[], bool]) -> None:
        """Wait for a moment of the story; the run must not end before it."""
        for _ in range(int(RUN_SECONDS / _LOOK_SECONDS)):
            assert self.process.poll() is None, f"ended too early: {self.told()[-2000:]}"
            if there():
                return
            Event().wait(_LOOK_SECONDS)
        raise AssertionError(f"the moment never came: {self.told()[-2000:]}")

    def wait_for_requests(self, count: int) -> None:
        """Wait until the country's Primero has answered so many requests."""
        self.wait_until(lambda: self.requests() >= count)

    def told(self) -> str:
        """What all runs in this home said on standard error."""
        return self._told.read_text("utf-8", errors="replace")

    def hub_log(self) -> list[dict[str, Any]]:
        """The lines of the hub's log; a line that a kill cut off is left out."""
        lines = (self.home / "logs" / "hub.log").read_bytes().splitlines()
        return [json.loads(line) for line in lines if line[:1] == b"{" and line[-1:] == b"}"]

    def expected(self) -> dict[str, Any]:
        """What the country knows must come out."""
        text = (self.home / "sandbox" / "expected.json").read_text("utf-8")
        expected: dict[str, Any] = json.loads(text)
        return expected

    def requests(self) -> int:
        """How many requests the country's Primero has answered so far."""
        return int(self.primero("SELECT count(*) FROM request")[0][0])

    def primero(self, query: str) -> list[tuple[Any, ...]]:
        """What the country's Primero holds; nothing before it was made."""
        path = self.home / "sandbox" / "primero.sqlite"
        if not (self.home / "sandbox" / "seed").exists():
            return [(0,)]
        link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return link.execute(query).fetchall()
        finally:
            link.close()

    @contextmanager
    def helper(self, *stages: str) -> Iterator["Helper"]:
        """`clmhub work` beside the running demo; killed at the end, if it still runs."""
        sandbox = self.home / "sandbox"
        url = json.loads((sandbox / "log").read_text("utf-8").splitlines()[-1])["url"]
        variables = self._environment({
            "home": str(self.home), "bus": self.bus, "database": self.database, "log": "json",
            "clock": str(sandbox / "clock"), "idle_seconds": "0.1", "dsw_cms__url": url,
            "dsw_cms__user": "clm_hub",
            "dsw_cms__password": (self.home / "sandbox-secrets" / "primero").read_text("utf-8"),
            "labour_inspection__folder": str(sandbox / "labour_inspection"),
            "emis__folder": str(sandbox / "emis"), "run": str(self.home / "run-of-helper"),
        })  # fmt: skip
        log = self.home.with_name(f"{self.home.name}.helper")
        command = [sys.executable, "-m", "hub", "work", *stages]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=variables
            )
        try:
            yield Helper(process=process, log=log)
        finally:
            process.kill()
            process.wait()

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        given = {f"CLM_{name.upper()}": value for name, value in settings.items()}
        return {"PATH": os.environ["PATH"], **given}

    @property
    def _printed(self) -> Path:
        return self.home.with_name(f"{self.home.name}.{self.starts}.json")

    @property
    def _told(self) -> Path:
        return self.home.with_name(f"{self.home.name}.told")


@dataclass(frozen=True, kw_only=True)
class Helper:
    """A second process of workers."""

    process: subprocess.Popen[bytes]
    log: Path

    def works(self) -> bool:
        """Whether it has been given a share of the work; it must not have ended."""
        assert self.process.poll() is None, self.log.read_text("utf-8")[-2000:]
        return b"partition taken" in self.log.read_bytes()


def story_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """The object without what may differ between two runs."""
    return {name: value for name, value in result.items() if name not in _OF_THE_RUN}


def doubled_cases(trial: Trial) -> list[int]:
    """How many cases the children have who have more than one: their names never coincide."""
    bodies = [json.loads(body) for (body,) in trial.primero("SELECT body FROM child_case")]
    counts = Counter(" ".join(sorted(body["name"].split())) for body in bodies)
    return [count for count in counts.values() if count > 1]


def doubled_referrals(trial: Trial) -> list[int]:
    """How often a service row was referred that was referred more than once."""
    rows = trial.primero("SELECT case_id, body FROM transition WHERE type = 'Referral'")
    counts = Counter((case, json.loads(body)["service_record_id"]) for case, body in rows)
    return [count for count in counts.values() if count > 1]


def doubled_services(trial: Trial) -> list[int]:
    """How often a referral of the hub stands in service rows more than once."""
    counts: Counter[str] = Counter()
    for (body,) in trial.primero("SELECT body FROM child_case"):
        for row in json.loads(body).get("services_section", []):
            notes = row.get("service_referral_notes") or ""
            if notes.startswith("CLM referral "):
                counts[notes.split(";")[0]] += 1
    return [count for count in counts.values() if count > 1]


def marks_of(truth: Iterable[Mapping[str, Any]]) -> list[str]:
    """What would betray a person: the marks of `truth.jsonl`, and the values that carry them."""
    found: list[str] = []
    for child in truth:
        found += [mark for some in child["marks"].values() for mark in some]
        found += [child[name] for name in _IDENTIFYING if child.get(name)]
        found += [child["phone"][1:]] if child["phone"] else []  # without its 0
    return [mark for mark in dict.fromkeys(found) if len(mark) >= SHORTEST]
