"""What the Kafka bus asks of a broker and of its client, as data. Connects to nothing."""

from dataclasses import dataclass, field
from typing import Any

from contracts.topics import Keep, Topic, Zone

MAX_BYTES = 8 * 1024 * 1024
_ENVELOPE_BYTES = 1024 * 1024  # what key, headers and framing may add to a value
_DAY = 86_400_000
_TOMBSTONE_DAYS = 90  # a mirror that was down for weeks must still learn which rows to take out


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """A credential for the broker (SASL). Its password is in no repr."""

    user: str
    password: str = field(repr=False)
    mechanism: str = "PLAIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Creating:
    """Which topics this program makes, and how many replicas they get."""

    zones: tuple[Zone, ...] = tuple(Zone)
    replication: int = 1


def client_options(
    address: str, security: Security | None, answer_seconds: float
) -> dict[str, Any]:
    """What every client needs: where, who, and how long an answer may take."""
    options: dict[str, Any] = {
        "bootstrap_servers": address,
        "bootstrap_timeout_ms": int(answer_seconds * 1000),
        "request_timeout_ms": int(answer_seconds * 1000),
        # A broker that comes back is found at once, not after half a minute.
        "reconnect_backoff_max_ms": 300,
    }
    if security:
        options |= {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": security.mechanism,
            "sasl_plain_username": security.user,
            "sasl_plain_password": security.password,
        }
    return options


def producer_options(answer_seconds: float) -> dict[str, Any]:
    """Acknowledged by all replicas, in order and once, or an error after the time."""
    return {
        "acks": "all",
        "enable_idempotence": True,
        "delivery_timeout_ms": int(answer_seconds * 1000),
        "request_timeout_ms": int(answer_seconds * 1000 * 0.8),
        "max_block_ms": int(answer_seconds * 1000),
        "max_request_size": MAX_BYTES + _ENVELOPE_BYTES,
        "batch_size": 256 * 1024,
        "linger_ms": 5,  # cut short by the flush that ends every publish
        "allow_auto_create_topics": False,
    }


def consumer_options(session_seconds: float, answer_seconds: float) -> dict[str, Any]:
    """Positions are ours, sessions short; a member that works long stays one for five minutes."""
    session = int(session_seconds * 1000)
    return {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "session_timeout_ms": session,
        "heartbeat_interval_ms": session // 6,
        "max_poll_interval_ms": 300_000,
        "request_timeout_ms": max(session, int(answer_seconds * 1000)) + 1000,
        "allow_auto_create_topics": False,
    }


def topic_settings(topic: Topic, creating: Creating) -> dict[str, str]:
    """The broker's settings of one topic. Its own clock stamps records: ours may be a demo's."""
    settings = {
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MAX_BYTES + _ENVELOPE_BYTES),
        "min.insync.replicas": str(max(1, creating.replication - 1)),
        # Nothing is forgotten in a segment that is still written to.
        "segment.ms": str(_DAY),
    }
    if topic.keep is Keep.OBSERVATIONS:
        settings |= {
            "cleanup.policy": "delete",
            "retention.ms": str(topic.keep_days * _DAY),
        }
    else:
        settings |= {
            "cleanup.policy": "compact",
            "delete.retention.ms": str(_TOMBSTONE_DAYS * _DAY),
            # What a tombstone took out is off the disk within days, however quiet the topic is.
            "max.compaction.lag.ms": str(_DAY),
        }
    return settings
