"""Rows, markers and tokens for the tests of the mirror. Builds and asserts nothing."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.audit import AuditEntry
from contracts.envelope import Envelope, derived_id, encode
from contracts.model.mirror_case import MirrorCase
from hub.bus.port import Bus, Outgoing
from hub.web.tokens import Issuer, Role, new_private_key

NOW = datetime(2026, 1, 5, 1, 30, tzinfo=UTC)
ISSUER = Issuer(new_private_key(), "clm-pilot")
AUDIT = AuditEntry(at=NOW, actor="test", action="test")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def pseudonym(number: int) -> str:
    """A different one for each number."""
    digits = ""
    for _ in range(26):
        number, left = divmod(number, 32)
        digits = _LETTERS[left] + digits
    return "m1" + digits


def case(number: int, **changes: Any) -> MirrorCase:
    """A row of epoch 1 in one and the same class, but for the changes."""
    given: dict[str, Any] = {
        "pseudonym": pseudonym(number), "epoch": 1, "rung": 0, "state": "MMR013",
        "age_bracket": "12-14", "sex": "F", "isic_section": "G", "quarter": "2026-01",
        "legal_verdict": "yes", "statistical_verdict": "yes", "hazardous": False,
        "worst_form": False, "referral_outcome": "unknown", "child_version": 1,
        "consent_version": 1,
    }  # fmt: skip
    return MirrorCase(**given | changes)


def version(row: MirrorCase) -> str:
    """What the hub guards a row with."""
    return f"{row.consent_version:010d}.{row.child_version:010d}"


def token(*roles: Role, now: datetime | None = None) -> str:
    """A token for the mirror, good at the wall's time."""
    given = roles or (Role.MOLIP_ANALYST,)
    at = now or datetime.now(UTC)
    return ISSUER.issue(subject="analyst-1", roles=given, audience="mirror", now=at)


def event(
    topic: str, type_: str, key: str, data: dict[str, Any] | None, *, version: str
) -> Outgoing:
    """One event as it lies on the bus; the same content makes the same id."""
    name = derived_id(topic, type_, key, version, repr(data))
    envelope = Envelope(
        id=name, type=type_, source="publish", key=key, version=version, time=NOW, data=data
    )
    raw_key, value, headers = encode(envelope)
    return Outgoing(topic=topic, key=raw_key, value=value, headers=headers)


def row_events(rows: Iterable[MirrorCase]) -> list[Outgoing]:
    """The rows as the hub sends them."""
    return [
        event("mirror", "clm.mirror.case.v1", row.pseudonym, row.model_dump(), version=version(row))
        for row in rows
    ]


def marker_event(epoch: int, rows: int) -> Outgoing:
    """The end of an epoch."""
    data = {
        "epoch": epoch, "as_of": NOW.isoformat(), "rows": rows, "contract": "mirror-case/1",
        "sources": {"dsw_cms": NOW.isoformat(), "emis": None},
    }  # fmt: skip
    return event("mirror", "clm.mirror.epoch.v1", "epoch", data, version=f"{epoch:010d}")


def publish(bus: Bus, events: Sequence[Outgoing]) -> None:
    """Send in one go."""
    bus.publish(list(events))
