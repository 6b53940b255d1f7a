"""What an audit entry is, and how entries are chained. Pure: stores write them, elsewhere."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import orjson

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to whom, and why. Pseudonyms, codes and counts only, never a person's value.

    `actor` is a stage or a token's subject, `action` a verb and its object (`store candidate`),
    `subject` a child id, a person's pseudonym or empty for a batch of `count`, `reason` a code.
    """

    at: datetime
    actor: str
    action: str
    subject: str = ""
    reason: str = ""
    count: int = 1


def chain_hash(previous: str, sequence: int, entry: AuditEntry) -> str:
    """Return the SHA-256 that binds an entry to its place after `previous` (hex)."""
    body = [
        previous, sequence, entry.at.isoformat(), entry.actor, entry.action, entry.subject,
        entry.reason, entry.count,
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(body)).hexdigest()
