"""The look-alike's bad days: decided by the seed and the request's number. Never a 401."""

import hashlib
from dataclasses import dataclass

_GETS, _POSTS = 23, 17  # about one request in so many goes wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Spoils answers after the request was carried out."""

    seed: int
    on: bool

    def strike(self, n: int, method: str, status: int) -> str:
        """Return which fault befalls request `n`: `busy`, `cut`, `html`, or nothing."""
        if not self.on or status >= 400 or method not in {"GET", "POST"}:
            return ""
        drawn = hashlib.sha256(f"{self.seed} fault {n}".encode()).digest()
        if drawn[0] % (_GETS if method == "GET" else _POSTS):
            return ""
        return "busy" if method == "POST" else ("busy", "cut", "html")[drawn[1] % 3]
