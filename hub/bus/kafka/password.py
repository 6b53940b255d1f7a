"""Asks the broker whether it accepts a password. Sends nothing else, and tells nobody the password.

The library cannot say: the broker hangs up right behind its refusal, the library mostly sees only
that, and goes on trying until its time is over. Read in order, the refusal always comes first.
"""

import socket
import struct
from collections.abc import Mapping
from typing import Any

from kafka.errors import SaslAuthenticationFailedError
from kafka.net.sasl import get_sasl_mechanism

_HANDSHAKE = struct.pack(">hhi", 17, 1, 1)  # the request's kind, version, number
_AUTHENTICATE = struct.pack(">hhi", 36, 0, 2)
_CLIENT = struct.pack(">h6s", 6, b"clmhub")


def is_refused(options: Mapping[str, Any]) -> bool:
    """Whether the broker refuses the credential; False also when it gives no answer."""
    mechanism = options.get("sasl_mechanism")
    if mechanism is None:
        return False
    host, _, port = options["bootstrap_servers"].rpartition(":")
    seconds = options["bootstrap_timeout_ms"] / 1000
    talk = get_sasl_mechanism(mechanism)(host=host, **options)
    try:
        with socket.create_connection((host, int(port)), timeout=seconds) as link:
            _ask(link, _HANDSHAKE, struct.pack(">h", len(mechanism)) + mechanism.encode())
            while not talk.is_done():
                token = talk.auth_bytes()
                answer = _ask(link, _AUTHENTICATE, struct.pack(">i", len(token)) + token)
                (code,) = struct.unpack_from(">h", answer)
                if code:
                    return bool(code == SaslAuthenticationFailedError.errno)
                (said,) = struct.unpack_from(">h", answer, 2)
                talk.receive(answer[8 + max(0, said) :])
    except (OSError, EOFError, struct.error):
        return False
    return not talk.is_authenticated()


def _ask(link: socket.socket, kind: bytes, body: bytes) -> bytes:
    """Send one request and return the answer's body."""
    request = kind + _CLIENT + body
    link.sendall(struct.pack(">i", len(request)) + request)
    (length,) = struct.unpack(">i", _read(link, 4))
    return _read(link, length)[4:]


def _read(link: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = link.recv(length - len(found))
        if not more:
            raise EOFError
        found += more
    return found
