"""A hub's API over a real database and the embedded bus, for tests. Holds no assertions."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, MetaData

from consent.policy import load_policy
from contracts.audit import AuditEntry
from contracts.envelope import Envelope
from contracts.topics import TOPICS
from hub import ledger
from hub.api.app import build_app
from hub.api.parts import ApiParts
from hub.bus.embedded import EmbeddedBus
from hub.console.overview import Lookout
from hub.console.page import ConsoleParts, console_pages, console_router
from hub.linkage.store import StoredRecord, save_record
from hub.people import ConsentDesk
from hub.pipeline import PIPELINE, STAGES
from hub.referrals.store import Referral, save_referral
from hub.schema import HUB_TABLES
from hub.triage import keeping
from hub.triage.holdings import HeldCode, Holding, Why
from hub.vault.kms import LocalKeyFile
from hub.vault.pseudonyms import Pseudonyms
from hub.web.access import Access
from hub.web.tokens import Issuer, Role, Verifier, new_private_key
from tests.serving import served

NOW = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
INSTANCE = "itest"
CHILD = "5f0c2c1e-0000-4000-8000-000000000001"
AUDIT = AuditEntry(at=NOW, actor="test", action="prepare")
KEY = "INSP-2026-001/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts of one hub under test."""

    engine: Engine
    bus: EmbeddedBus
    pseudonyms: Pseudonyms
    desk: ConsentDesk
    app: FastAPI
    issuer: Issuer

    def token(self, *roles: Role, audience: str = "hub") -> str:
        """A good token."""
        return self.issuer.issue(
            subject="somebody@office", roles=roles, audience=audience, now=datetime.now(UTC)
        )

    def headers(self, *roles: Role, language: str = "en") -> dict[str, str]:
        """The headers of a request with these roles."""
        return {"authorization": f"Bearer {self.token(*roles)}", "accept-language": language}


@contextmanager
def open_test_house(
    engine: Engine, folder: Path, tables: Iterable[MetaData] = HUB_TABLES
) -> Iterator[House]:
    """Everything but the workers."""
    for metadata in tables:
        metadata.create_all(engine)
    issuer = Issuer(new_private_key(), "test")
    verifier = Verifier(issuer.public_keys(), issuer="test", audience="hub")
    access = Access(verifier, clock=lambda: datetime.now(UTC), secure_cookie=False)
    pseudonyms = Pseudonyms(LocalKeyFile(folder / "keys" / "master.key", production=False))
    pages = console_pages()
    with EmbeddedBus(folder / "bus") as bus:
        bus.create(TOPICS)
        desk = ConsentDesk(
            stage=STAGES["people"],
            engine=engine,
            bus=bus,
            instance=INSTANCE,
            policy=load_policy("myanmar_default"),
            wall=time.time,
        )
        lookout = Lookout(engine=engine, bus=bus, pipeline=PIPELINE)
        console = ConsoleParts(lookout=lookout, access=access, clock=lambda: NOW)
        parts = ApiParts(
            engine=engine,
            bus=bus,
            pipeline=PIPELINE,
            access=access,
            pseudonyms=pseudonyms,
            clock=lambda: NOW,
            record_consent=desk.record,
            pages=pages,
            routers=[console_router(console, pages)],
        )
        yield House(
            engine=engine,
            bus=bus,
            pseudonyms=pseudonyms,
            desk=desk,
            app=build_app(parts),
            issuer=issuer,
        )


@contextmanager
def serving(house: House) -> Iterator[httpx.Client]:
    """The hub's API, served, and a client that sends no token by itself."""
    with served(house.app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def add_record(house: House, *, system: str = "labour_inspection", key: str = KEY,
               child: str | None = CHILD) -> str:  # fmt: skip
    """Link a record, as stage identify would; returns its pseudonym."""
    ref = house.pseudonyms.record_ref(system, key)
    record = StoredRecord(
        system=system, ref=ref, person=house.pseudonyms.person_ref(system, key), record="test",
        version="1", changed=NOW.isoformat(), card_key=None, name_key=None, child=child,
        made_at=NOW, parts=b"[]",
    )  # fmt: skip
    with house.engine.begin() as connection:
        save_record(connection, "test", record, audit=AUDIT)
    return ref


def a_referral(number: int, **changes: Any) -> Referral:
    """A referral that was made `number` minutes after the start."""
    made = NOW + timedelta(minutes=number)
    referral = Referral(
        id=str(UUID(int=10_000 - number)), child=CHILD, trigger_system="labour_inspection",
        trigger_ref=f"ref{number}", trigger_name="test", trigger_at=made, state="waiting",
        state_on=date(2026, 2, 1), recipient_system="dsw_cms", recipient="intake_mmr013",
        service="test", service_id=str(UUID(int=20_000 + number)), route="",
        case_ref=f"case{number}", case_before=None, made_at=made, deadline=date(2026, 2, 15),
    )  # fmt: skip
    return replace(referral, **changes)


def add_referrals(house: House, referrals: Sequence[Referral]) -> None:
    """Store them, as stage refer would."""
    with house.engine.begin() as connection:
        for referral in referrals:
            save_referral(connection, "test", referral, audit=AUDIT)


def hold_code(house: House, ref: str, code: str) -> None:
    """A school's record whose township no list knows, as stage translate would hold it."""
    envelope = Envelope(
        id=ref, type="clm.source.school.v1", source="test", key=f"p-{ref}", version="1", time=NOW,
        data={"system": "emis", "record": "school", "ref": ref, "person": f"p-{ref}"},
    )  # fmt: skip
    holding = Holding(record="school", topic="source.emis", envelope=envelope)
    held = HeldCode(why=Why.CODE, field="facts.township", code=code)
    with house.engine.begin() as connection:
        keeping.hold(connection, "test", holding, [held], NOW, audit=AUDIT)


def park_child(house: House, system: str, ref: str, reason: str) -> None:
    """Let a record that has its line follow a child that is parked for this reason."""
    linked = {"system": system, "ref": ref, "state": "linked", "child": CHILD}
    parked = {"child": CHILD, "state": "parked", "reason": reason}
    with house.engine.begin() as connection:
        ledger.settle_line(connection, "test", "1", linked, audit=AUDIT)
        ledger.settle_child(connection, "test", "1", parked, audit=AUDIT)
