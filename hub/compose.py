"""The hub's composition root: builds every part from the settings. Nothing else constructs.

`open_house` opens what lasts (databases, bus, keys); `worker` builds the worker of one stage.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import orjson
from fastapi import FastAPI
from sqlalchemy import Engine

from adapters.dsw_cms.adapter import DswCms
from adapters.emis.adapter import Emis
from adapters.labour_inspection.adapter import LabourInspection
from adapters.sdk.http import HttpClient, Login
from adapters.sdk.ports import Pulls, PushesAnswers, PushesReferrals
from consent.policy import Policy, load_policy
from contracts.envelope import Part
from contracts.errors import FatalError, RetriableError
from contracts.topics import TOPICS, Zone
from hub import schema, sources
from hub.api.app import build_app
from hub.api.parts import ApiParts
from hub.api.summary import summary_router
from hub.bus import faults
from hub.bus.database import open_database
from hub.bus.open import open_bus
from hub.bus.port import Bus
from hub.bus.stage import Handler
from hub.bus.worker import Options, Worker
from hub.heartbeat import Heartbeat
from hub.home import ISSUER, instance_id, is_set_up, public_keys
from hub.people import ConsentDesk
from hub.pipeline import PIPELINE, STAGES
from hub.referrals.payload import Payloads
from hub.referrals.procedure import load_directory, load_procedure
from hub.settings import Settings
from hub.stages.account import Account
from hub.stages.collect import Collect
from hub.stages.deliver import Deliver
from hub.stages.identify import Identify
from hub.stages.people import People
from hub.stages.publish import EPOCH_TIMER, Publish, next_epoch
from hub.stages.refer import Refer
from hub.stages.release import Release
from hub.stages.translate import Translate
from hub.vault.keyring import VaultKeyring
from hub.vault.kms import LocalKeyFile
from hub.vault.pseudonyms import Pseudonyms
from hub.vault.store import KeyStore
from hub.web.access import Access
from hub.web.clock import WALL, Clock, clock_from, wall_clock
from hub.web.tokens import Verifier

LOCAL_HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What lasts while a process of the hub runs. Close it at the end."""

    settings: Settings
    instance: str
    clock: Clock
    bus: Bus
    hub: Engine
    vault: Engine
    keyring: VaultKeyring
    pseudonyms: Pseudonyms
    policy: Policy
    systems: Mapping[str, object]
    closing: ExitStack

    def free_claims(self) -> None:
        """Free the errands of a dead process; only while this one holds the home alone."""
        with self.hub.begin() as connection:
            schema.free_claims(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.close()


def database_url(settings: Settings, name: str, instance: str) -> str:
    """The address of one of the hub's databases (`hub`, `vault`) or of the trial's `mirror`."""
    if settings.database == "sqlite:":
        return f"sqlite:///{settings.home.absolute()}/databases/{name}.sqlite"
    return f"{settings.database.rstrip('/')}/clm_{instance}_{name}"


def open_house(settings: Settings) -> House:
    """Open databases, bus and keys, making what is missing.

    Raises FatalError when a setting is not possible, or a database belongs to another home;
    RetriableError while something outside is not there, or `clmhub setup` must come first.
    """
    if settings.after_setup and not is_set_up(settings.home):
        raise RetriableError("this home is not prepared yet: clmhub setup does that")
    if settings.production and settings.clock != WALL:
        raise FatalError("a clock file is for demonstrations: set `clock` to `wall` in production")
    _arm_fault(settings.fault)
    instance = instance_id(settings.home)
    clock = clock_from(settings.clock)
    with ExitStack() as stack:
        hub = open_database(database_url(settings, "hub", instance))
        stack.callback(hub.dispose)
        vault = open_database(database_url(settings, "vault", instance))
        stack.callback(vault.dispose)
        schema.upgrade(hub, vault, instance)
        kms = LocalKeyFile(settings.home / "keys" / "master.key", production=settings.production)
        bus = open_bus(settings.bus, home=settings.home, instance=instance, zones=tuple(Zone))
        stack.callback(bus.close)
        bus.create(TOPICS)
        house = House(
            settings=settings, instance=instance, clock=clock, bus=bus, hub=hub, vault=vault,
            keyring=VaultKeyring(KeyStore(vault), kms, clock=clock), pseudonyms=Pseudonyms(kms),
            policy=load_policy(settings.policy), systems=_systems(settings, clock),
            closing=stack.pop_all(),
        )  # fmt: skip
    try:
        _prepare(house)
    except BaseException:
        house.closing.close()
        raise
    return house


def _arm_fault(setting: str) -> None:
    """For tests: end this process at the n-th pass of a named point (`name:n`)."""
    if setting:
        name, _, count = setting.partition(":")
        faults.arm(name, after=int(count or 1))


def _systems(settings: Settings, clock: Clock) -> dict[str, object]:
    """The adapters of the connected systems."""
    systems: dict[str, object] = {}
    if settings.dsw_cms.url:
        login = Login(
            user=settings.dsw_cms.user, password=settings.dsw_cms.password.get_secret_value()
        )
        systems["dsw_cms"] = DswCms(HttpClient(settings.dsw_cms.url, login))
    folders = {"labour_inspection": settings.labour_inspection, "emis": settings.emis}
    adapters: dict[str, Callable[..., object]] = {
        "labour_inspection": LabourInspection, "emis": Emis,
    }  # fmt: skip
    for system, folder in folders.items():
        if folder.folder:
            systems[system] = adapters[system](
                folder.folder,
                clock=clock,
                wall=lambda: clock().timestamp(),
                grace_seconds=settings.half_copied_seconds,
            )
    return systems


def _prepare(house: House) -> None:
    """Make the sources known, and see that the epoch's timer is set."""
    first = next_epoch(house.clock(), house.settings.epoch_seconds)
    with house.hub.begin() as connection:
        for system, adapter in house.systems.items():
            if isinstance(adapter, Pulls):
                sources.register(connection, system)
        schema.ensure_timer(connection, "publish", EPOCH_TIMER, first)


def worker(house: House, name: str) -> Worker:
    """Build the worker of one stage.

    Raises FatalError for a stage that the pipeline does not know.
    """
    if name not in STAGES:
        raise FatalError(f"there is no stage {name}: choose from {', '.join(STAGES)}")
    stage = STAGES[name]
    return Worker(
        stage=stage, handler=_handler(house, name), bus=house.bus, engine=house.hub,
        keyring=house.keyring, clock=house.clock, instance=house.instance,
        options=Options(poll_seconds=house.settings.idle_seconds),
        beat=Heartbeat(house.settings.run or house.settings.home / "run", name).beat,
    )  # fmt: skip


def _handler(house: House, name: str) -> Handler:
    build: dict[str, Callable[[House], Handler]] = {
        "collect": _collect, "people": lambda _: People(), "translate": _translate,
        "identify": _identify, "release": _release, "publish": _publish, "refer": _refer,
        "deliver": _deliver, "account": lambda _: Account(),
    }  # fmt: skip
    return build[name](house)


def _collect(house: House) -> Handler:
    pulled = {name: one for name, one in house.systems.items() if isinstance(one, Pulls)}
    return Collect(
        sources=pulled, person_ref=house.pseudonyms.person_ref,
        record_ref=house.pseudonyms.record_ref, wall=time.time,
        poll_seconds=house.settings.poll_seconds,
    )  # fmt: skip


def _translate(house: House) -> Handler:
    return Translate(record_ref=house.pseudonyms.record_ref)


def _identify(house: House) -> Handler:
    return Identify(blind_index=house.pseudonyms.blind_index, new_id=uuid4)


def _release(house: House) -> Handler:
    return Release(policy=house.policy, open_part=_opener(house, "release"))


def _opener(house: House, name: str) -> Callable[[Part], Mapping[str, Any]]:
    """Open what the stage's row of the pipeline opens, and nothing else."""
    kinds = STAGES[name].opens.kinds

    def open_part(part: Part) -> Mapping[str, Any]:
        if part.kind not in kinds:
            raise FatalError(
                f"the stage {name} may not open {part.kind} parts: see hub/pipeline.py"
            )
        return house.keyring.open(part)

    return open_part


def _publish(house: House) -> Handler:
    return Publish(
        pseudonym=house.pseudonyms.mirror_pseudonym, k=house.settings.k,
        epoch_seconds=house.settings.epoch_seconds,
    )  # fmt: skip


def _refer(house: House) -> Handler:
    return Refer(
        procedure=load_procedure(), directory=load_directory(house.settings.directory),
        record_ref=house.pseudonyms.record_ref, service_user=house.settings.dsw_cms.user,
    )  # fmt: skip


def _deliver(house: House) -> Handler:
    systems = house.systems.items()
    return Deliver(
        recipients={name: one for name, one in systems if isinstance(one, PushesReferrals)},
        homes={name: one for name, one in systems if isinstance(one, PushesAnswers)},
        payloads=Payloads(policy=house.policy, open_part=_opener(house, "deliver")),
        record_ref=house.pseudonyms.record_ref, wall=time.time,
    )  # fmt: skip


def api_app(house: House) -> FastAPI:
    """Build the hub's API with its first page."""
    _, keys = public_keys(house.settings.home)
    local = house.settings.host in LOCAL_HOSTS
    access = Access(
        Verifier(keys, issuer=ISSUER, audience="hub"), clock=wall_clock, secure_cookie=not local
    )
    desk = ConsentDesk(
        stage=STAGES["people"], engine=house.hub, bus=house.bus, instance=house.instance,
        policy=house.policy, wall=time.time,
    )  # fmt: skip
    return build_app(
        ApiParts(
            engine=house.hub, bus=house.bus, pipeline=PIPELINE, access=access,
            pseudonyms=house.pseudonyms, clock=house.clock, record_consent=desk.record,
            routers=(summary_router(house.hub, access),),
        )
    )  # fmt: skip


def mirror_settings(house: House) -> Path:
    """Write the settings of the mirror that `clmhub up` starts as its child."""
    given, home = house.settings, house.settings.home.absolute()
    jwks, _ = public_keys(home)
    lines = {
        "bus": given.molip.bus or given.bus, "bus_home": str(home), "instance": house.instance,
        "database": given.molip.database or database_url(given, "mirror", house.instance),
        "jwks_file": str(jwks), "issuer": ISSUER, "host": given.host, "port": given.molip.port,
        "k": given.k, "clock": _absolute(given.clock),
        "secure_cookie": given.host not in LOCAL_HOSTS,
    }  # fmt: skip
    path = home / "mirror" / "mirror.toml"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = "".join(f"{name} = {orjson.dumps(value).decode()}\n" for name, value in lines.items())
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def _absolute(clock: str) -> str:
    return clock if clock == WALL else str(Path(clock).absolute())
