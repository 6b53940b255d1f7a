"""Starts the sandbox as the program that it is, and talks to it. Holds no expectation."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

TREE = Path(__file__).parents[2]
LOGIN = ("clm_hub", "sandbox-hub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One running sandbox: `primero` speaks as the hub's account, `hand` moves the clock."""

    home: Path
    process: subprocess.Popen[bytes]
    primero: httpx.Client
    hand: httpx.Client

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.hand.get("/state").raise_for_status().json()
        return found

    @property
    def truth(self) -> list[dict[str, Any]]:
        lines = (self.home / "sandbox/truth.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def advance(self, to: str) -> dict[str, Any]:
        body = {"to": to}
        found: dict[str, Any] = self.hand.post("/advance", json=body).raise_for_status().json()
        return found

    def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.hand.get("/log").json()["requests"]
        return found

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def command(home: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "adapters.sandbox", "--home", str(home), "--with-stdin", *more]


@contextmanager
def sandbox(home: Path, *more: str) -> Iterator[Sandbox]:
    """Run a sandbox until the end of the block; it must end well unless it was killed."""
    with subprocess.Popen(
        command(home, *more), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=TREE
    ) as process:
        assert process.stdin
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        token = {"Authorization": "Bearer sandbox-control"}
        with (
            httpx.Client(base_url=f"{url}/api/v2", auth=LOGIN, trust_env=False) as primero,
            httpx.Client(base_url=f"{url}/_country", headers=token, trust_env=False) as hand,
        ):
            yield Sandbox(home=home, process=process, primero=primero, hand=hand)
        process.stdin.close()
        assert process.wait(10) in {0, -signal.SIGKILL}
