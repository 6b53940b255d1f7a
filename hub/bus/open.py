"""Opens the bus that an address names. Reads no settings; imports Kafka only on demand."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from contracts.errors import FatalError
from contracts.topics import Zone
from hub.bus.embedded import EmbeddedBus
from hub.bus.port import Bus

FOLDER = "bus"
_FORMS = "embedded:, kafka://host:port or kafka://user:password@host:port"


def open_bus(
    address: str,
    *,
    home: Path,
    instance: str,
    zones: Sequence[Zone] = tuple(Zone),
    session_seconds: float = 10.0,
    replication: int = 1,
) -> Bus:
    """Open the bus: `embedded:` (in `home`/bus), or Kafka with or without a credential.

    Only topics of `zones` are created, and on the embedded bus no other file is opened.
    """
    given = urlsplit(address)
    if given.scheme == "embedded" and not given.netloc and not given.path:
        return EmbeddedBus(home / FOLDER, zones=zones, session_seconds=session_seconds)
    if given.scheme != "kafka" or not _has_host_and_port(given):
        # The address itself is not repeated: it may hold a password.
        raise FatalError(f"the address of the bus is none that we know: write {_FORMS}")
    from hub.bus.kafka import Creating, KafkaBus, Security

    security = None
    if given.username is not None:
        security = Security(user=unquote(given.username), password=unquote(given.password or ""))
    return KafkaBus(
        given.netloc.rpartition("@")[2],
        instance=instance,
        security=security,
        creating=Creating(zones=tuple(zones), replication=replication),
        session_seconds=session_seconds,
    )


def _has_host_and_port(given: SplitResult) -> bool:
    try:
        return bool(given.hostname and given.port)
    except ValueError:
        return False
