"""What lasts while a process of the hub runs: databases, bus, keys, adapters. Runs no stage.

One half of the composition root; the other, `hub/compose.py`, builds what works in the house.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

from sqlalchemy import Engine

from adapters.dsw_cms.adapter import DswCms
from adapters.emis.adapter import Emis
from adapters.generic.adapter import OfficeFiles
from adapters.labour_inspection.adapter import LabourInspection
from adapters.sdk.http import HttpClient, Login
from adapters.sdk.ports import Pulls
from consent.policy import Policy, load_policy
from contracts.errors import FatalError, RetriableError
from contracts.source_contract import SourceContract
from contracts.topics import TOPICS, Zone
from hub import schema, sources
from hub.bus import faults
from hub.bus.database import open_database
from hub.bus.open import open_bus
from hub.bus.port import Bus
from hub.home import instance_id, is_set_up, keep_kind
from hub.offices import Offices
from hub.settings import Settings
from hub.stages.publish import EPOCH_TIMER, next_epoch
from hub.vault.keyring import VaultKeyring
from hub.vault.kms import LocalKeyFile
from hub.vault.pseudonyms import Pseudonyms
from hub.vault.store import KeyStore
from hub.web.clock import WALL, Clock, clock_from


class _Polling(TypedDict):
    """What every folder of an office is read with."""

    clock: Clock
    wall: Callable[[], float]
    grace_seconds: float


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

    def offices(self) -> Offices:
        """What reads the contracts that sites install: a new one for each thread."""

        def make(contract: SourceContract, home: Path) -> OfficeFiles:
            return OfficeFiles(contract, home, **_polling(self.settings, self.clock))

        return Offices(folder=offices_folder(self.settings), make=make)

    def free_claims(self, runs: str) -> None:
        """Free the errands of runs whose ids begin so, and which are known to be dead."""
        with self.hub.begin() as connection:
            schema.free_claims(connection, runs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.close()


def offices_folder(settings: Settings) -> Path:
    """Where the folders of installed contracts are."""
    return settings.offices or settings.home / "offices"


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
    keep_kind(settings.home, settings.bus, settings.database)
    clock = clock_from(settings.clock)
    with ExitStack() as stack:
        hub = open_database(database_url(settings, "hub", instance))
        stack.callback(hub.dispose)
        vault = open_database(database_url(settings, "vault", instance))
        stack.callback(vault.dispose)
        schema.upgrade(hub, vault, instance)
        keys = KeyStore(vault)
        kms = _master_key(settings, keys)
        bus = open_bus(settings.bus, home=settings.home, instance=instance, zones=tuple(Zone))
        stack.callback(bus.close)
        bus.create(TOPICS)
        house = House(
            settings=settings, instance=instance, clock=clock, bus=bus, hub=hub, vault=vault,
            keyring=VaultKeyring(keys, kms, clock=clock), pseudonyms=Pseudonyms(kms),
            policy=load_policy(settings.policy), systems=_systems(settings, clock, stack),
            closing=stack.pop_all(),
        )  # fmt: skip
    try:
        _prepare(house)
    except BaseException:
        house.closing.close()
        raise
    return house


def _master_key(settings: Settings, keys: KeyStore) -> LocalKeyFile:
    """The master key that belongs to this vault.

    Another one would also make other pseudonyms: every record would be new, every referral due.
    """
    sample = keys.sample()
    path = settings.home / "keys" / "master.key"
    kms = LocalKeyFile(path, production=settings.production, may_make=sample is None)
    if sample is not None:
        kms.unwrap(sample)
    return kms


def _arm_fault(setting: str) -> None:
    """For tests: end this process at the n-th pass of a named point (`name:n`)."""
    if setting:
        name, _, count = setting.partition(":")
        faults.arm(name, after=int(count or 1))


def _systems(settings: Settings, clock: Clock, closing: ExitStack) -> dict[str, object]:
    """The adapters of the connected systems; `closing` ends their connections."""
    systems: dict[str, object] = {}
    if settings.dsw_cms.url:
        login = Login(
            user=settings.dsw_cms.user, password=settings.dsw_cms.password.get_secret_value()
        )
        http = HttpClient(settings.dsw_cms.url, login)
        closing.callback(http.close)
        systems["dsw_cms"] = DswCms(http)
    folders = {"labour_inspection": settings.labour_inspection, "emis": settings.emis}
    adapters: dict[str, Callable[..., object]] = {
        "labour_inspection": LabourInspection, "emis": Emis,
    }  # fmt: skip
    for system, folder in folders.items():
        if folder.folder:
            systems[system] = adapters[system](folder.folder, **_polling(settings, clock))
    return systems


def _polling(settings: Settings, clock: Clock) -> _Polling:
    """How any folder is polled."""
    return _Polling(
        clock=clock, wall=lambda: clock().timestamp(), grace_seconds=settings.half_copied_seconds
    )


def _prepare(house: House) -> None:
    """Make the sources known, and see that the epoch's timer is set."""
    first = next_epoch(house.clock(), house.settings.epoch_seconds)
    with house.hub.begin() as connection:
        for system, adapter in house.systems.items():
            if isinstance(adapter, Pulls):
                sources.register(connection, system)
        schema.ensure_timer(connection, "publish", EPOCH_TIMER, first)
