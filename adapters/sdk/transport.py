"""HTTP connections on which one exchange ends in time, however slowly its bytes come. No policy.

The time-outs of httpx are for each read: a server that sends a byte now and then holds a caller
for ever, and a response's head has nobody who could look at a clock in between.
"""

import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import httpx


class BoundedTransport(httpx.HTTPTransport):
    """The transport of httpx, with an end for each exchange, `seconds` after it began."""

    def __init__(
        self, verify: ssl.SSLContext | bool, monotonic: Callable[[], float], seconds: float
    ) -> None:
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._clock = _Clock(monotonic)
        self._seconds = seconds
        backend = _Backend(httpcore.SyncBackend(), self._clock)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send; the answer's body is read in the same thread, before the same end."""
        self._clock.start(self._seconds)
        return super().handle_request(request)


class _Clock(threading.local):
    """When the exchange of this thread ends."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until = 0.0

    def start(self, seconds: float) -> None:
        self._until = self._monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """How long the next step may take. Raises what a step that took too long raises."""
        left = self._until - self._monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, clock: _Clock) -> None:
        self._inner = inner
        self._clock = clock

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._clock.left(timeout)
        stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._clock)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, clock: _Clock) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._clock.left(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
