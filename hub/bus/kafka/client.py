"""Connects clients to the broker and says what their failures mean. Holds no client."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    InvalidSessionTimeoutError,
    KafkaError,
    SaslAuthenticationFailedError,
    SecurityDisabledError,
)
from kafka.net.compat import KafkaNetClient

from contracts.errors import FatalError, HubError, RetriableError
from hub.bus.kafka.password import is_refused
from hub.bus.port import FencedError

Client = Any  # the library has no types


def connected(make: Callable[..., Client], options: Mapping[str, Any]) -> Client:
    """Make a client. One that finds no broker is taken apart: by itself it would go on trying."""
    made: list[KafkaNetClient] = []

    def network(**settings: object) -> KafkaNetClient:
        made.append(KafkaNetClient(**settings))
        return made[-1]

    if is_refused(options):
        raise translated(SaslAuthenticationFailedError(), "connect")
    try:
        return make(**options, kafka_client=network)
    except KafkaError as error:
        for client in made:
            client.close()
        raise translated(error, "connect") from None


def pin_logger() -> None:
    """Keep the client from logging at DEBUG, where keys, values and passwords stand."""
    logger = logging.getLogger("kafka")
    logger.setLevel(max(logger.level, logging.INFO))


def translated(error: KafkaError, doing: str) -> HubError:
    """Say what a failure asks for. The client's own words may hold a record, so they end here."""
    kind = type(error).__name__
    match error:
        case SaslAuthenticationFailedError():
            return FatalError("the broker does not accept this user and password: correct them")
        case CommitFailedError() | FencedInstanceIdError():
            return FencedError("this member was silent for too long, and others took over")
        case AuthorizationError():
            return FatalError(f"this user may not {doing} ({kind}): grant it, or correct the user")
        case SecurityDisabledError():
            return FatalError("the broker has no authorizer, so it grants nothing: set one up")
        case InvalidSessionTimeoutError():
            return FatalError(
                "the broker wants longer sessions: raise session_seconds, or lower its"
                " group.min.session.timeout.ms"
            )
        case _:
            return RetriableError(
                f"cannot {doing} now ({kind}): see whether the broker is up and the user is right"
            )


@contextmanager
def translating(doing: str) -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except KafkaError as error:
        raise translated(error, doing) from None
