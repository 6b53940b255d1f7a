"""One finished run of the whole demonstration, shared by the session. Knows no test."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.demo.parts import port_for
from hub.home import token_issuer
from hub.web.clock import wall_clock
from hub.web.tokens import Role

RUN_SECONDS = 540
START_SECONDS = 60


@dataclass(frozen=True)
class FinishedDemo:
    """A home in which the story is over, its result, and what was printed."""

    home: Path
    result: dict[str, Any]
    printed: bytes

    @cached_property
    def truth(self) -> list[dict[str, Any]]:
        """The children as they really are."""
        return self._lines("truth.jsonl")

    @cached_property
    def others(self) -> list[dict[str, Any]]:
        """The records about no child."""
        return self._lines("others.jsonl")

    @cached_property
    def requests(self) -> list[dict[str, Any]]:
        """Every request that the sandbox's Primero was sent, oldest first."""
        rows = self.primero("SELECT method, path, account, status, ids FROM request ORDER BY n")
        names = ("method", "path", "account", "status")
        return [dict(zip(names, row, strict=False)) | {"ids": json.loads(row[4])} for row in rows]

    def primero(self, query: str) -> list[tuple[Any, ...]]:
        """What the sandbox's Primero holds."""
        path = self.home / "sandbox" / "primero.sqlite"
        link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return link.execute(query).fetchall()
        finally:
            link.close()

    @contextmanager
    def mirror(self) -> Iterator[httpx.Client]:
        """Start the mirror on this home again; gives an analyst's client."""
        settings = self.home / "mirror" / "mirror.toml"
        port = port_for(0)
        command = ["mirror", "--settings", str(settings)]
        with self._program(command, {"CLM_MIRROR_PORT": str(port)}, port, "mirror", "epochs") as it:
            yield it

    @contextmanager
    def api(self) -> Iterator[httpx.Client]:
        """Start the hub's API on this home again; gives a client that may read all."""
        port = port_for(0)
        variables = {
            "CLM_HOME": str(self.home), "CLM_PORT": str(port), "CLM_LOG": "json",
            "CLM_CLOCK": str(self.home / "sandbox" / "clock"),
        }  # fmt: skip
        with self._program(["hub", "api"], variables, port, "hub", "ledger") as it:
            yield it

    @contextmanager
    def _program(
        self, module: list[str], variables: dict[str, str], port: int, audience: str, ready: str
    ) -> Iterator[httpx.Client]:
        log = self.home / "logs" / f"again-{audience}.log"
        roles = [Role.MOLIP_ANALYST] if audience == "mirror" else [
            Role.OPERATOR, Role.DATA_PROTECTION_OFFICER, Role.CASE_MANAGER, Role.INTEGRATOR,
        ]  # fmt: skip
        token = token_issuer(self.home).issue(
            subject="tester", roles=roles, audience=audience, now=wall_clock(),
            lifetime=timedelta(hours=1),
        )  # fmt: skip
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *module], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env={"PATH": os.environ["PATH"]} | variables,
            )  # fmt: skip
        transport = httpx.HTTPTransport(retries=0)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"},
            timeout=20, transport=transport,
        )  # fmt: skip
        try:
            _wait(client, f"/v1/{ready}", process, log)
            yield client
        finally:
            client.close()
            process.send_signal(signal.SIGTERM)
            assert process.wait(START_SECONDS) == 0

    def _lines(self, name: str) -> list[dict[str, Any]]:
        text = (self.home / "sandbox" / name).read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]


def _wait(client: httpx.Client, path: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS * 5):
        assert process.poll() is None, log.read_text("utf-8")
        try:
            if client.get(path).status_code == 200:
                return
        except httpx.TransportError:
            pass
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.2)
    pytest.fail(f"{path} does not answer: {log.read_text('utf-8')[-2000:]}")


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> FinishedDemo:
    """Run `clmhub demo --once --json` on the embedded default, once a session."""
    home = tmp_path_factory.mktemp("demo") / "home"
    done = subprocess.run(
        [sys.executable, "-m", "hub", "demo", "--once", "--json", "--home", str(home)],
        capture_output=True, timeout=RUN_SECONDS, env={"PATH": os.environ["PATH"]}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    return FinishedDemo(home=home, result=result, printed=done.stdout + done.stderr)
