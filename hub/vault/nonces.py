"""Random nonces, each given once, drawn from the system many at a time. Keeps none that it gave.

One call of the system for each nonce costs more than half of sealing a small part. What is drawn
and not yet given is thrown away in a forked child: two processes with the same key must never
come to the same nonce.
"""

import os
import weakref

from hub.vault.kms import RandomBytes

NONCE_BYTES = 12
DRAWN_AT_ONCE = 256


class Nonces:
    """Thread-safe, as taking the last of a list is one step for Python."""

    __slots__ = ("__weakref__", "_drawn", "_random_bytes")

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._drawn: list[bytes] = []
        itself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _forget(itself))

    def __repr__(self) -> str:
        return "Nonces()"

    def take(self) -> bytes:
        """Return 96 random bits that nobody else gets."""
        while True:
            try:
                return self._drawn.pop()
            except IndexError:
                self._draw()

    def forget(self) -> None:
        """Throw away what is drawn and not yet given."""
        self._drawn.clear()

    def _draw(self) -> None:
        drawn = self._random_bytes(DRAWN_AT_ONCE * NONCE_BYTES)
        self._drawn += [
            drawn[at : at + NONCE_BYTES] for at in range(0, len(drawn), NONCE_BYTES)
        ]  # another thread may have drawn, too: then there are more


def _forget(itself: weakref.ref[Nonces]) -> None:
    if (nonces := itself()) is not None:
        nonces.forget()
