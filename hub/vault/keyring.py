"""Seals and opens parts under one key a person, and destroys keys. Never stores a key in the clear.

AES-256-GCM with a random 96-bit nonce; the additional authenticated data say whose part it is,
which kind, and which event sealed it, so that a part that was moved does not open.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.envelope import Kind, Part
from contracts.errors import FatalError
from hub.bus.stage import ShreddedError
from hub.vault.kms import KEY_BYTES, Kms, RandomBytes
from hub.vault.nonces import Nonces
from hub.vault.store import KeyStore

LONGEST_TTL = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Held:
    """One cached key. `cipher` None: destroyed, and never to come back."""

    cipher: AESGCM | None
    until: float


class VaultKeyring:
    """`hub.bus.stage.Keyring` on the vault. Thread-safe.

    Unwrapped keys are kept for `ttl` seconds at most, so that a key which another process
    destroyed opens nothing for longer than that; `shred` and `forget` purge this process at once.
    """

    def __init__(
        self,
        store: KeyStore,
        kms: Kms,
        *,
        clock: Callable[[], datetime],
        ttl: float = 30.0,
        seconds: Callable[[], float] = time.monotonic,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        if not 0 < ttl <= LONGEST_TTL:
            raise FatalError("keys may be cached for 60 seconds at most: lower the vault's ttl")
        self._store, self._kms = store, kms
        self._clock, self._seconds, self._random_bytes = clock, seconds, random_bytes
        self._nonces = Nonces(random_bytes)
        self._ttl = ttl
        self._lock = Lock()
        self._cache: dict[str, _Held] = {}
        self._purge_at = 0.0
        self._gone: set[str] = set()

    def __repr__(self) -> str:
        return "VaultKeyring()"

    def seal(self, person: str, kind: Kind, origin: str, content: Mapping[str, Any]) -> Part:
        cipher = self._cipher(person)
        nonce = self._nonces.take()
        bound = Part(person=person, kind=kind, origin=origin, nonce=nonce, text=b"").bound_to
        text = cipher.encrypt(nonce, orjson.dumps(content), bound)
        return Part(person=person, kind=kind, origin=origin, nonce=nonce, text=text)

    def open(self, part: Part) -> Mapping[str, Any]:
        cipher = self._cipher(part.person)
        try:
            content: Any = orjson.loads(cipher.decrypt(part.nonce, part.text, part.bound_to))
        except (InvalidTag, ValueError):
            content = None
        if not isinstance(content, dict):
            raise FatalError(
                "a sealed part is not what this installation sealed: find out who else writes to"
                " the bus, or restore the vault that belongs to it"
            )
        return content

    def prepare(self, persons: Iterable[str]) -> None:
        wanted = self._missing(persons)
        if not wanted:
            return
        found = self._store.load(wanted)
        absent = [person for person in wanted if person not in found]
        if absent:
            made = {one: self._kms.wrap(self._random_bytes(KEY_BYTES)) for one in absent}
            found |= self._store.add(made, self._clock())
        self._remember(found)

    def shred(self, persons: Iterable[str]) -> int:
        """Destroy the keys of these persons, made or not; return how many this call ended.

        Safe to repeat. From this call on, nothing of theirs opens or is sealed in this process.
        """
        names = set(persons)
        self.forget(names)
        return self._store.destroy(names, self._clock())

    def forget(self, persons: Iterable[str]) -> None:
        """Purge keys that another process destroyed."""
        names = set(persons)
        with self._lock:
            self._gone |= names
            for person in names:
                self._cache.pop(person, None)

    def health(self) -> None:
        """Return when keys can be wrapped and stored ones be read."""
        self._kms.health()
        self._store.living()

    def _cipher(self, person: str) -> AESGCM:
        held = self._cache.get(person)
        if held is None or held.until <= self._seconds():
            self.prepare([person])
            held = self._cache.get(person)
        if held is None or held.cipher is None or person in self._gone:
            raise ShreddedError
        return held.cipher

    def _missing(self, persons: Iterable[str]) -> list[str]:
        now = self._seconds()
        with self._lock:
            if now >= self._purge_at:  # now and then, so that idle keys do not stay in memory
                self._cache = {one: held for one, held in self._cache.items() if held.until > now}
                self._purge_at = now + self._ttl
            return [
                person
                for person in set(persons) - self._gone
                if (held := self._cache.get(person)) is None or held.until <= now
            ]

    def _remember(self, found: Mapping[str, bytes | None]) -> None:
        until = self._seconds() + self._ttl
        fresh = {
            person: _Held(
                cipher=None if wrapped is None else AESGCM(self._kms.unwrap(wrapped)), until=until
            )
            for person, wrapped in found.items()
        }
        with self._lock:
            for person, held in fresh.items():
                if person not in self._gone:  # destroyed while it was being read
                    self._cache[person] = held
