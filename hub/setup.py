"""`clmhub setup`: prepares an installation of many processes, once. Runs none of them.

Every step may be repeated: a second run finds what is there, and mends passwords and rights.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

import orjson

from contracts.errors import FatalError, RetriableError
from contracts.topics import TOPICS, Topic, Zone
from hub.bus.open import open_bus
from hub.home import ISSUER, SET_UP, instance_id, public_keys, write_private
from hub.house import database_url, open_house
from hub.pipeline import PIPELINE
from hub.roles import Owned, make_databases
from hub.settings import Settings

MIRROR_GROUP = "reflect"
MIRROR_READS = tuple(topic.name for topic in TOPICS if MIRROR_GROUP in topic.readers)
MIRROR_WRITES = tuple(topic.name for topic in TOPICS if MIRROR_GROUP in topic.writers)

Say = Callable[[str], None]


@runtime_checkable
class Grants(Protocol):
    """A bus that knows users and their rights."""

    def grant(
        self,
        principal: str,
        *,
        reads: Iterable[str] = (),
        writes: Iterable[str] = (),
        groups: Iterable[str] = (),
    ) -> None:
        """Let a user read and write these topics and join these groups."""


def set_up(settings: Settings, mirror_folder: Path | None, say: Say) -> str:
    """Prepare databases, topics, rights, keys, what the mirror gets; return the instance id.

    Raises RetriableError while a server is not there, FatalError when a person must act.
    """
    instance = instance_id(settings.home)
    say(f"installation {instance}, home {settings.home}")
    _set_up_databases(settings, instance, say)
    _set_up_bus(settings, instance, say)
    # With the hub's own credentials from here on: what they may not do shows now, not later.
    with open_house(settings.model_copy(update={"after_setup": False})):
        say("the hub's databases have their newest tables, the vault has its key")
    jwks, keys = public_keys(settings.home)
    if mirror_folder is not None:
        _write_for_mirror(mirror_folder, instance, orjson.dumps(keys))
        say(f"the mirror's instance id and public keys ({jwks.name}) are in {mirror_folder}")
    write_private(settings.home / SET_UP, b"clmhub setup ended here\n")
    say("done: the services may start")
    return instance


def _set_up_databases(settings: Settings, instance: str, say: Say) -> None:
    admin = settings.admin.database.get_secret_value()
    if not admin:
        say("databases: no admin.database, so they are made by their own users where missing")
        return
    owned = [
        Owned.of(database_url(settings, name, instance), "database") for name in ("hub", "vault")
    ]
    if settings.molip.database:
        owned.append(Owned.of(settings.molip.database, "molip.database"))
    make_databases(admin, owned)
    for one in owned:
        say(f"database {one.database} belongs to role {one.role}, and no other role may connect")


def _set_up_bus(settings: Settings, instance: str, say: Say) -> None:
    admin = settings.admin.bus.get_secret_value()
    if not admin:
        say("topics: no admin.bus, so the hub's own user makes them where missing")
        return
    with open_bus(admin, home=settings.home, instance=instance) as bus:
        bus.create(TOPICS)
        say(f"{len(TOPICS)} topics begin with {instance}.clm")
        if not isinstance(bus, Grants):
            return
        if hub := _user(settings.bus):
            for stage in PIPELINE:
                bus.grant(hub, reads=stage.reads, writes=stage.publishes, groups=[stage.name])
            say(f"user {hub} may read and write what the pipeline says")
        if mirror := _user(settings.molip.bus):
            bus.grant(mirror, reads=MIRROR_READS, writes=MIRROR_WRITES, groups=[MIRROR_GROUP])
            reads, writes = " and ".join(MIRROR_READS), " and ".join(MIRROR_WRITES)
            say(f"user {mirror} may read {reads} and write {writes}, no more")
    _check_seen(settings.bus, settings.home, instance, TOPICS)
    border = [topic for topic in TOPICS if topic.zone is Zone.MOLIP]
    if settings.molip.bus:
        _check_seen(settings.molip.bus, settings.home, instance, border)


def _check_seen(address: str, home: Path, instance: str, topics: Iterable[Topic]) -> None:
    """Rights reach every part of the broker a moment after they were granted."""
    try:
        with open_bus(address, home=home, instance=instance) as bus:
            bus.create(topics)
    except FatalError as error:
        if "may not see" not in str(error):
            raise
        raise RetriableError("the broker does not know the new rights yet", after=1) from None


def _user(address: str) -> str:
    return unquote(urlsplit(address).username or "")


def _write_for_mirror(folder: Path, instance: str, keys: bytes) -> None:
    """Write what the mirror has to know of this installation; no key that signs or opens."""
    settings = f'instance = "{instance}"\nissuer = "{ISSUER}"\njwks_file = "{folder}/jwks.json"\n'
    for name, content in (("jwks.json", keys), ("mirror.toml", settings.encode())):
        (folder / name).unlink(missing_ok=True)
        write_private(folder / name, content)
