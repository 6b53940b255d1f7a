"""The home folder: instance id, keys, locks. Holds nothing of a child, and starts nothing."""

import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from contracts.errors import FatalError
from hub.web.tokens import Issuer, load_keys, new_private_key

ISSUER = "clmhub"
SET_UP = "set-up"
LOCK_PAUSE_SECONDS = 0.1
_BUSES = frozenset({"embedded", "kafka"})
_DATABASES = ("sqlite:", "postgresql")


def check_home(home: Path) -> None:
    """Raise FatalError where no hub was ever started: who only looks must not make a home."""
    if not (home / "instance").exists():
        raise FatalError(
            f"nothing is stored in {home}: start the hub there first, or name its --home"
        )


def instance_id(home: Path) -> str:
    """The installation's id, made at the first start and kept; prefixes topics and databases."""
    path = home / "instance"
    if not path.exists():
        write_private(path, f"i{secrets.token_hex(4)}".encode())
    return path.read_text("utf-8").strip()


def keep_kind(home: Path, bus: str, database: str) -> None:
    """Note at the first start what the home is made with, and hold every later one to it.

    Positions belong to one bus, and what is in flight lies there: a home that changed it would
    lose records without a word. Raises FatalError that says what the home is made with.
    """
    if bus.partition(":")[0] not in _BUSES or not database.startswith(_DATABASES):
        return  # a slip, of which whoever opens it tells: it must not be kept
    kind = f"{bus.partition(':')[0]} {database.partition(':')[0].partition('+')[0]}"
    path = home / "kind"
    write_private(path, kind.encode())
    made_with = path.read_text("utf-8")
    if made_with != kind:
        old_bus, old_database = made_with.split()
        raise FatalError(
            f"{home} is made with bus {old_bus} and database {old_database}: start it with these,"
            " or choose another --home"
        )


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all; keeps one that is there."""
    with _writing(path.parent):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made with 0600, under a name of its own: threads and processes may all be the first.
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first: its content stands
    finally:
        Path(temporary).unlink()


def token_issuer(home: Path) -> Issuer:
    """The pilot's token issuer; its key is made at the first start."""
    path = home / "keys" / "issuer.json"
    if not path.exists():
        write_private(path, orjson.dumps(new_private_key()))
    return Issuer(load_keys(path.read_text("utf-8"), str(path)), ISSUER)


def public_keys(home: Path) -> tuple[Path, dict[str, Any]]:
    """The file of public keys that checks tokens, and its content: all that the mirror gets."""
    path = home / "mirror" / "jwks.json"
    keys = token_issuer(home).public_keys()
    write_private(path, orjson.dumps(keys))
    return path, keys


def is_set_up(home: Path) -> bool:
    """Tell whether `clmhub setup` has prepared this home."""
    return (home / SET_UP).exists()


@contextmanager
def locked(home: Path, name: str, *, patience: float = 0.0) -> Iterator[None]:
    """Hold the home for one program; the lock goes with the process, however it ends.

    Waits up to `patience` seconds for a process that is just ending.
    Raises FatalError when another process holds it.
    """
    with _writing(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = home / f"{name}.lock"
        path.touch()
    until = time.monotonic() + patience
    with path.open("w") as file:
        while not _taken(file):
            if time.monotonic() >= until:
                raise FatalError(
                    f"another process already runs {name} on {home}: stop it first, or choose"
                    " another --home"
                )
            time.sleep(LOCK_PAUSE_SECONDS)
        yield


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say what is wrong with a folder that cannot be used."""
    try:
        yield
    except OSError as error:
        raise FatalError(
            f"the folder {folder} cannot be made or written ({error.strerror}): choose another"
            " --home, or give this account the right to write there"
        ) from None


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
