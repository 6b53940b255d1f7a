"""The hub's composition root: builds workers, API and pages in an open house. Nothing else does."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from fastapi import FastAPI

from adapters.sdk.ports import Pulls, PushesAnswers, PushesReferrals
from contracts.envelope import Part
from contracts.errors import FatalError
from contracts.topics import SYSTEMS
from hub.api.app import build_app
from hub.api.parts import ApiParts
from hub.api.summary import summary_router
from hub.bus.database import reading
from hub.bus.stage import Handler
from hub.bus.worker import Options, Worker
from hub.console.overview import Lookout
from hub.console.page import ConsoleParts, console_pages, console_router
from hub.heartbeat import Heartbeat
from hub.home import ISSUER, public_keys
from hub.house import House, database_url
from hub.offices import AnswersHome
from hub.people import ConsentDesk
from hub.pipeline import PIPELINE, STAGES
from hub.referrals.payload import Payloads
from hub.referrals.procedure import load_directory, load_procedure
from hub.stages.account import Account
from hub.stages.collect import Collect
from hub.stages.deliver import Deliver
from hub.stages.identify import Identify
from hub.stages.people import People
from hub.stages.publish import Publish
from hub.stages.refer import Refer
from hub.stages.release import Release
from hub.stages.translate import Translate
from hub.triage import labels
from hub.triage.standing import Standing
from hub.web.access import Access
from hub.web.clock import WALL, wall_clock
from hub.web.tokens import Verifier

LOCAL_HOSTS = ("127.0.0.1", "localhost")


def worker(house: House, name: str, *, run: str = "") -> Worker:
    """Build the worker of one stage; `run` is the unique id of this run, by default a random one.

    Raises FatalError for a stage that the pipeline does not know.
    """
    if name not in STAGES:
        raise FatalError(f"there is no stage {name}: choose from {', '.join(STAGES)}")
    stage = STAGES[name]
    return Worker(
        stage=stage, handler=_handler(house, name), bus=house.bus, engine=house.hub,
        keyring=house.keyring, clock=house.clock, instance=house.instance,
        options=Options(
            poll_seconds=house.settings.idle_seconds, chunk=house.settings.publish_at_once,
            errand_lease=house.settings.errand_seconds,
        ),
        beat=Heartbeat(house.settings.run or house.settings.home / "run", name).beat,
        run_id=run or uuid4().hex,
    )  # fmt: skip


def _handler(house: House, name: str) -> Handler:
    build: dict[str, Callable[[House], Handler]] = {
        "collect": _collect, "people": lambda _: People(), "translate": _translate,
        "identify": _identify, "release": _release, "publish": _publish, "refer": _refer,
        "deliver": _deliver, "account": lambda _: Account(),
    }  # fmt: skip
    return build[name](house)


def _collect(house: House) -> Handler:
    own = {name: one for name, one in house.systems.items() if isinstance(one, Pulls)}
    offices = house.offices()
    return Collect(
        sources=lambda connection: {**own, **offices.pulled(connection)},
        person_ref=house.pseudonyms.person_ref,
        record_ref=house.pseudonyms.record_ref, wall=time.time,
        poll_seconds=house.settings.poll_seconds,
    )  # fmt: skip


def _translate(house: House) -> Handler:
    return Translate(
        record_ref=house.pseudonyms.record_ref, open_part=_opener(house, "translate"),
        prepare=house.keyring.prepare, standing=Standing(stops=labels.stops),
    )  # fmt: skip


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
        homes=_homes(house),
        payloads=Payloads(policy=house.policy, open_part=_opener(house, "deliver")),
        record_ref=house.pseudonyms.record_ref, wall=time.time,
    )  # fmt: skip


def _homes(house: House) -> Mapping[str, PushesAnswers]:
    """Where answers go home to, by system."""
    offices, homes = house.offices(), {}
    for system in SYSTEMS:
        own = house.systems.get(system)
        homes[system] = AnswersHome(
            own=own if isinstance(own, PushesAnswers) else None, offices=offices,
            reading=partial(reading, house.hub),
        )  # fmt: skip
    return homes


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
    pages = console_pages()
    lookout = Lookout(engine=house.hub, bus=house.bus, pipeline=PIPELINE)
    console = ConsoleParts(lookout=lookout, access=access, clock=house.clock)
    return build_app(
        ApiParts(
            engine=house.hub, bus=house.bus, pipeline=PIPELINE, access=access,
            pseudonyms=house.pseudonyms, clock=house.clock, record_consent=desk.record,
            pages=pages,
            routers=(summary_router(house.hub, access), console_router(console, pages)),
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
