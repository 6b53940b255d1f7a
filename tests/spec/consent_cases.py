"""Makers of consents and requests for tests of the decision; each default is the usual case."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.model import Case, Consent, Override, Performer, Provision, Request, Rule, Status
from contracts.labels import Label

NOW = datetime(2026, 2, 1, 3, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
CHILD = "00000000-0000-4000-8000-000000000001"
REPORTING = "clm:reporting"


def permit(*classes: str, **more: Any) -> Provision:
    more.setdefault("purposes", ("MONITOR",))
    return Provision(type=Rule.PERMIT, classes=tuple(map(Label, classes)), **more)


def deny(*classes: str, **more: Any) -> Provision:
    return Provision(type=Rule.DENY, classes=tuple(map(Label, classes)), **more)


def consent(performer: str, provision: Provision | None = None, **more: Any) -> Consent:
    given: dict[str, Any] = {
        "id": f"{performer}-1",
        "version": 1,
        "subject": CHILD,
        "status": Status.ACTIVE,
        "policy": REPORTING,
        "organization": "dsw_cms",
        "performer": Performer(performer),
        "effective": LONG_AGO,
        "provision": provision or permit("C1"),
    }
    return Consent(**(given | more))


def both(provision: Provision | None = None, **more: Any) -> list[Consent]:
    """The guardian's consent and the child's assent, to the same thing."""
    return [consent("guardian", provision, **more), consent("child", provision, **more)]


def case(age: int | None = 13, **more: Any) -> Case:
    return Case(**({"child_labour": True, "age_low": age, "age_high": age} | more))


def ask(classes: Iterable[str] = ("C1",), **more: Any) -> Request:
    given: dict[str, Any] = {
        "subject": CHILD,
        "recipient": "molip",
        "purpose": "MONITOR",
        "action": "mirror",
        "channel": "mirror",
        "classes": frozenset(classes),
        "case": case(),
    }
    return Request(**(given | more))


def report(classes: Iterable[str] = ("C1", "C2", "C3"), **more: Any) -> Request:
    """A claim of the child-protection authority in one case, without consent."""
    claim = Override(
        code="LEGALREPORT", authority="dsw_child_protection", expires=NOW + timedelta(hours=72)
    )
    given: dict[str, Any] = {
        "recipient": "dsw_cms",
        "purpose": "LEGALREPORT",
        "action": "read",
        "channel": "api",
        "case": case(worst_form=True),
        "override": claim,
    }
    return ask(classes, **(given | more))
