"""The key management port and its local key file. Never hands out the master key.

Two implementations are planned for: the key file below, for development and pilots, and a hardware
module (PKCS#11) or a transit service in production. The port is as small as those allow.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from contracts.errors import FatalError, RetriableError

HEADER = b"clm-local-key/1 "
KEY_BYTES = 32

RandomBytes = Callable[[int], bytes]


class Kms(Protocol):
    """Wraps data keys and computes keyed hashes; the master key never leaves it.

    Thread-safe. Raises RetriableError while the service behind it does not answer. A label of
    `hmac` stands for a key of its own: no output under one label can be computed from another's.
    """

    def wrap(self, key: bytes) -> bytes:
        """Encrypt a data key under the master key."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """Decrypt a data key; raises FatalError when another master key wrapped it."""

    def hmac(self, label: str, message: bytes) -> bytes:
        """Return HMAC-SHA-256 of the message under the label's key."""

    def health(self) -> None:
        """Return when a wrap and an unwrap work; otherwise raise as they do."""


class LocalKeyFile:
    """A master key in a file that only its owner may read; made at the first start.

    Refused in production mode: whoever copies the disk has the key beside what it protects.
    """

    def __init__(
        self,
        path: Path,
        *,
        production: bool,
        may_make: bool = True,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        if production:
            raise FatalError(
                "a local key file is refused in production mode: set the vault's key service to a"
                " hardware module or a transit service"
            )
        if not path.exists():
            if not may_make:
                raise FatalError(
                    f"the key file {path} is gone, and the vault holds keys that only it opens:"
                    " restore it from where its copy is kept"
                )
            _create(path, random_bytes(KEY_BYTES))
        self._master = _read(path)
        self._wrapping_key = self._derive("wrap")
        self._labels: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "LocalKeyFile()"

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._wrapping_key, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._wrapping_key, wrapped)
        except InvalidUnwrap:
            raise FatalError(
                "a data key was wrapped by another master key: restore the key file that belongs"
                " to this vault database"
            ) from None

    def hmac(self, label: str, message: bytes) -> bytes:
        key = self._labels.get(label)
        if key is None:
            key = self._labels[label] = self._derive(f"hmac/{label}")
        return hmac.digest(key, message, hashlib.sha256)

    def health(self) -> None:
        probe = bytes(KEY_BYTES)
        if self.unwrap(self.wrap(probe)) != probe:
            raise FatalError("the key file does not give back what it wrapped: replace the machine")

    def _derive(self, purpose: str) -> bytes:
        info = f"clm-vault/1/{purpose}".encode()
        return HKDF(SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)


def _create(path: Path, master: bytes) -> None:
    """Write the key beside its place and link it there: of two first starts, one key wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, HEADER + base64.b64encode(master) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first, and its key is the one that counts
        finally:
            draft.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise RetriableError(
            f"the key file cannot be made ({error.strerror}): let this account write in the folder"
            " keys of the home"
        ) from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise FatalError("others may read the key file: run chmod 600 on it")
        text = path.read_bytes()
        master = base64.b64decode(text.removeprefix(HEADER).strip(), validate=True)
    except OSError as error:
        raise FatalError(
            f"the key file cannot be read ({error.strerror}): give this account, and no other,"
            " the right to read it"
        ) from None
    except binascii.Error:
        master = b""
    if len(master) != KEY_BYTES or not text.startswith(HEADER):
        raise FatalError("the key file is damaged: restore it from where its copy is kept")
    return master
