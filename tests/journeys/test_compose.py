"""docker-compose.yml, told as a journey: its own commands run here as processes on real parts.

No Docker engine takes part: the image's build and the networks are checked by their shape only.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from contracts.errors import FatalError
from contracts.topics import TOPICS
from hub.bus.open import open_bus
from hub.bus.port import Outgoing
from hub.pipeline import PIPELINE
from tests.conftest import or_skip
from tests.journeys import compose_file
from tests.journeys.compose_file import Local, MissingVariableError, Service
from tests.services import postgres
from tests.services.kafka import KafkaBroker
from tests.services.postgres import PostgresServer
from tests.services.process import Process, free_ports

SECRETS = {
    "KAFKA_ADMIN_PASSWORD": "kafka-admin-word", "KAFKA_HUB_PASSWORD": "kafka-hub-word",
    "KAFKA_MIRROR_PASSWORD": "kafka-mirror-word", "POSTGRES_ADMIN_PASSWORD": "pg-admin-word",
    "POSTGRES_HUB_PASSWORD": "pg-hub-word", "POSTGRES_MIRROR_PASSWORD": "pg-mirror-word",
    "DSW_CMS_PASSWORD": "dsw-word", "SANDBOX_TOKEN": "sandbox-word",
}  # fmt: skip
# A day of the country in two seconds, so that its first weeks fit into a test.
QUICK = {"SANDBOX_PACE": "43200", "POLL_SECONDS": "0.5"}
OURS = ("kafka", "postgres")
PATIENCE = 150.0
ANYWHERE = "0.0.0.0"  # noqa: S104 - in the file only: here it becomes the loopback
BIN = Path(sys.executable).parent


def until(
    what: str, attempt: Callable[[], object], *, pause: float = 0.3, within: float = PATIENCE
) -> None:
    """Ask again and again until the answer is true."""
    deadline = time.monotonic() + within
    while not attempt():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(pause)


class Stack:
    """The services of the file as processes, and their logs."""

    def __init__(self, folder: Path, server: PostgresServer) -> None:
        self.folder = folder
        self.file = compose_file.load(SECRETS | QUICK)
        users = {
            name: SECRETS[f"KAFKA_{name.upper()}_PASSWORD"] for name in ("admin", "hub", "mirror")
        }
        self.broker = KafkaBroker(folder / "kafka", secured=True, users=users)
        api, mirror, sandbox = free_ports(3)
        self.ports = {
            8710: api, 8720: mirror, 8730: sandbox, 5432: server.port,
            9092: self.broker.port, 9093: self.broker._controller_port,
        }  # fmt: skip
        hosts = {
            "kafka:9092": self.broker.address, "postgres:5432": f"127.0.0.1:{server.port}",
            "sandbox:8730": f"127.0.0.1:{sandbox}", ANYWHERE: "127.0.0.1",
        }  # fmt: skip
        local = Local(folder=folder, hosts=hosts, ports=self.ports)
        self.services = {
            name: local.service(name, given) for name, given in self.file["services"].items()
        }
        kafka = compose_file.kafka_settings(self.services["kafka"].environment)
        self.broker._settings.update(kafka | {"log.dirs": str(folder / "kafka" / "data")})
        self.running: dict[str, Process] = {}

    def start(self, name: str) -> Process:
        service = self.services[name]
        self.running[name] = Process(
            service.command,
            log=self.folder / f"{name}.log",
            cwd=self.folder,
            env=_with_path(service),
        )
        return self.running[name]

    def run(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """As `docker compose exec`: another command with the service's environment."""
        env = _with_path(self.services[name])
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )

    def is_healthy(self, name: str) -> bool:
        return self.run(name, *self.services[name].check).returncode == 0

    def client(self, service: str, port: int, audience: str, role: str) -> httpx.Client:
        made = self.run(service, "clmhub", "token", "--audience", audience, "--role", role)
        assert made.returncode == 0, made.stderr
        headers = {"authorization": f"Bearer {made.stdout.strip()}"}
        address = f"http://127.0.0.1:{self.ports[port]}"
        return httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=20)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def close(self) -> None:
        for process in self.running.values():
            process.end(signal.SIGKILL, within=10)
        self.broker.stop()


def _with_path(service: Service) -> dict[str, str]:
    # HOME and the search path are the image's; the tools of postgres lie beside its server.
    tools = f"{BIN}:{postgres._installed()}:/usr/bin:/bin"
    return {"PATH": tools, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **service.environment}


@pytest.fixture
def stack(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Stack]:
    stack = Stack(tmp_path, postgres_server)
    try:
        yield stack
    finally:
        stack.close()


@pytest.mark.slow
def test_the_services_of_the_file_carry_records_to_the_mirror_and_answers_home(
    stack: Stack, postgres_server: PostgresServer
) -> None:
    first = [name for name in stack.services if name not in {*OURS, "setup", "mirror"}]
    for name in first:
        stack.start(name)
    until("translate waits", lambda: "not prepared yet" in stack.log("translate"))
    or_skip(stack.broker.start)
    setup = stack.start("setup")
    until("setup is done", lambda: setup.status is not None)
    assert setup.status == 0, stack.log("setup")
    assert stack.log("setup").rstrip().endswith("done: the services may start")
    stack.start("mirror")
    for name in stack.services:
        if name != "setup":
            until(f"{name} is healthy", partial(stack.is_healthy, name))
    _check_story(stack)
    _check_refusals(stack, postgres_server)
    _check_rights_of_setup(stack)
    assert [row for row in _listening(stack) if not row.startswith("127.0.0.1:")] == []
    _check_end(stack)


def _check_story(stack: Stack) -> None:
    """Records of all three are received, rows show in the mirror, a referral is answered."""
    with (
        stack.client("api", 8710, "hub", "operator") as hub,
        stack.client("api", 8720, "mirror", "molip_analyst") as mirror,
    ):
        until(
            "records of all three",
            lambda: _received(hub) == {"dsw_cms", "labour_inspection", "emis"},
        )
        until("an answered referral", lambda: _states(hub) & {"accepted", "rejected", "done"})
        until("rows in the mirror", lambda: mirror.get("/v1/cases").json()["cases"])
    answers = stack.folder / "volumes" / "labour_inspection" / "answers"
    until("an answer in the office's folder", lambda: list(answers.rglob("*.xlsx")))


def _received(hub: httpx.Client) -> set[str]:
    sources: Mapping[str, Any] = hub.get("/v1/ledger").raise_for_status().json()["sources"]
    return {name for name, sums in sources.items() if sums["received"]}


def _states(hub: httpx.Client) -> set[str]:
    return {one["state"] for one in hub.get("/v1/referrals").raise_for_status().json()["referrals"]}


def _check_refusals(stack: Stack, server: PostgresServer) -> None:
    """The mirror's own credentials open its side of the border and nothing else."""
    border = stack.folder / "volumes" / "border"
    instance = (stack.folder / "volumes" / "home" / "instance").read_text()
    assert sorted(one.name for one in border.iterdir()) == ["jwks.json", "mirror.toml"]
    assert '"d"' not in (border / "jwks.json").read_text()  # no private half
    address = stack.services["mirror"].environment["CLM_MIRROR_BUS"]
    with open_bus(address, home=border, instance=instance) as bus:
        for topic in TOPICS:
            if topic.name not in {"mirror", "statistics"}:
                with pytest.raises(FatalError, match=f"may not read topic {topic.name}"):
                    bus.join("reflect", [topic.name], lambda _partition: None)
            if topic.name != "receipt":
                with pytest.raises(FatalError, match=f"may not write topic {topic.name}"):
                    bus.publish([Outgoing(topic=topic.name, key=b"k", value=b"v")])
    for role, database in (("clm_mirror", f"clm_{instance}_hub"), ("clm_hub", "clm_mirror")):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(host="127.0.0.1", port=server.port, user=role, dbname=database)


def _check_rights_of_setup(stack: Stack) -> None:
    """A second setup changes nothing: same instance, same keys, and it ends well."""
    home = stack.folder / "volumes" / "home"
    kept = [home / "instance", home / "keys" / "master.key", home / "keys" / "issuer.json"]
    before = [one.read_bytes() for one in kept]
    again = stack.run("setup", *stack.services["setup"].command)
    assert again.returncode == 0, again.stdout + again.stderr
    assert [one.read_bytes() for one in kept] == before
    words = again.stdout + again.stderr + "".join(map(stack.log, stack.running))
    assert [word for word in SECRETS.values() if word in words] == []


def _check_end(stack: Stack) -> None:
    """SIGTERM ends every service by itself, and a stopped worker is not called healthy for long."""
    running = {name: one for name, one in stack.running.items() if name != "setup"}
    for process in running.values():
        os.kill(process.pid, signal.SIGTERM)
    until("all have ended", lambda: not any(one.alive() for one in running.values()), within=40)
    assert {name: one.status for name, one in running.items()} == dict.fromkeys(running, 0)
    loud = {name for name in running for line in stack.log(name).splitlines() if _is_loud(line)}
    assert loud == set()


def _is_loud(line: str) -> bool:
    try:
        return json.loads(line).get("level") in {"error", "critical"}
    except ValueError:
        return "Traceback" in line


def _listening(stack: Stack) -> list[str]:
    """Where our processes listen, as address:port."""
    inodes = set()
    for process in stack.running.values():
        folder = Path("/proc") / str(process.pid) / "fd"
        if folder.exists():
            inodes |= {str(one.readlink()) for one in folder.iterdir()}
    found = []
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "1".zfill(32))):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and f"socket:[{inode}]" in inodes:
                address, _, port = local.partition(":")
                ours = address == loopback
                found.append(f"{'127.0.0.1' if ours else address}:{int(port, 16)}")
    assert len(found) == 3, found
    return found


# --- the file's shape -----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_no_password_has_a_default(missing: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}
    with pytest.raises(MissingVariableError, match=missing):
        compose_file.load(given)
    with pytest.raises(MissingVariableError, match=missing):
        compose_file.load(given | {missing: ""})


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose_file.load(SECRETS)["services"]
    return found


def test_every_stage_has_a_service_and_the_api_runs_the_stage_people() -> None:
    run = {name: one["command"] for name, one in services().items() if "command" in one}
    for stage in PIPELINE:
        if stage.name != "people":
            assert run[stage.name] == ["clmhub", "work", stage.name]
    assert run["api"] == ["clmhub", "api"]
    extra = {"api", "mirror", "sandbox", "setup", *OURS}
    assert services().keys() == {stage.name for stage in PIPELINE} - {"people"} | extra


def test_ports_are_published_on_the_loopback_only_and_kafka_and_postgres_publish_none() -> None:
    published = {name: one["ports"] for name, one in services().items() if "ports" in one}
    assert published.keys() == {"api", "mirror", "sandbox"}
    for ports in published.values():
        assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_lasts_lies_in_named_volumes_and_all_that_is_named_is_used() -> None:
    file = compose_file.load(SECRETS)
    used = {one.split(":")[0] for given in services().values() for one in given.get("volumes", ())}
    assert used == file["volumes"].keys()
    joined = {one for given in services().values() for one in given["networks"]}
    assert joined == file["networks"].keys()


def test_every_service_starts_again_and_says_how_it_is() -> None:
    for name, given in services().items():
        if name == "setup":
            assert given["restart"] == "on-failure:3"
            continue
        assert given["restart"] == "unless-stopped", name
        assert given["healthcheck"]["test"][0] == "CMD", name
        for other in given.get("depends_on", {}).values():
            assert other["condition"] in {"service_healthy", "service_completed_successfully"}


def test_only_setup_gets_the_administrators_and_the_mirror_gets_nothing_of_the_hub() -> None:
    for name, given in services().items():
        text = json.dumps([given.get("environment", {}), given.get("command")])
        for secret in ("KAFKA_ADMIN_PASSWORD", "POSTGRES_ADMIN_PASSWORD"):
            allowed = {"setup", secret.partition("_")[0].lower()}
            assert (SECRETS[secret] in text) <= (name in allowed), (name, secret)
        if name == "mirror":
            assert [one for one in SECRETS if SECRETS[one] in text] == [
                "KAFKA_MIRROR_PASSWORD", "POSTGRES_MIRROR_PASSWORD",
            ]  # fmt: skip
            assert given["volumes"] == ["border:/srv/border:ro"]


def test_our_images_run_without_rights_and_are_built_from_locked_packages() -> None:
    for name, given in services().items():
        if name in OURS:
            assert given["image"].split(":") in (["apache/kafka", "4.3.1"], ["postgres", "18"])
            continue
        assert given["read_only"], name
        assert given["cap_drop"] == ["ALL"]
        lines = given["build"]["dockerfile_inline"].splitlines()
        assert lines[0] == "FROM python:3.11-slim"
        assert lines[-1] == "USER clmhub"
        assert any("--require-hashes" in line for line in lines)
