"""A hub on its embedded parts, stepped by hand: real stages, adapters, bus and databases.

Its two clocks stand still until a test moves them, so that nothing waits. Holds no assertions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from hub import ledger
from hub.bus.database import reading
from hub.bus.worker import Worker
from hub.compose import api_app, worker
from hub.flow import read_flow
from hub.home import token_issuer
from hub.house import House, open_house
from hub.ledger import Rejected, Totals
from hub.pipeline import PIPELINE
from hub.settings import load_settings
from hub.stages.collect import Collect
from hub.web.clock import wall_clock
from hub.web.tokens import Role
from tests.serving import served

NOW = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
STAGES = ("collect", "translate", "identify", "release", "refer", "account")
ROUNDS = 200


@dataclass(slots=True, kw_only=True)
class OneHub:
    """The stages up to the ledger. `seconds` is the wall clock of polling."""

    house: House
    workers: list[Worker]
    seconds: list[float] = field(default_factory=lambda: [1_000.0])

    @property
    def inspections(self) -> Path:
        """The inbox of the labour inspectorate."""
        return self.house.settings.home / "offices" / "inspection" / "inbox"

    @property
    def schools(self) -> Path:
        """The inbox of the schools."""
        return self.house.settings.home / "offices" / "school" / "inbox"

    def later(self, **amount: float) -> None:
        """Move both clocks on."""
        passed = timedelta(**amount)
        self.seconds[0] += passed.total_seconds()
        set_clock(self.house.settings.home, self.house.clock() + passed)

    def run(self) -> None:
        """Poll every source that is due, and work until nothing moves any more."""
        for _ in range(ROUNDS):
            busy = [one.step(0.0) for one in self.workers]
            if not any(busy) and not self._left():
                return
        raise AssertionError("the hub does not come to rest")

    def rejected(self, system: str | None = None) -> list[Rejected]:
        """What sources must mend."""
        with reading(self.house.hub) as connection:
            return ledger.list_rejected(connection, system)

    def totals(self, system: str) -> Totals:
        """How the records of one source stand."""
        with reading(self.house.hub) as connection:
            return ledger.totals(connection).get(system, Totals())

    def source(self, system: str) -> Mapping[str, Any]:
        """What GET /v1/sources says of one source, over the real API."""
        token = token_issuer(self.house.settings.home).issue(
            subject="integrator", roles=[Role.INTEGRATOR], audience="hub", now=wall_clock()
        )
        headers = {"Authorization": f"Bearer {token}"}
        with served(api_app(self.house)) as url:
            answer = httpx.get(f"{url}/v1/sources", headers=headers, trust_env=False)
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return next(one for one in found if one["system"] == system)

    def _left(self) -> int:
        flow = read_flow(self.house.hub, self.house.bus, PIPELINE)
        lag = sum(sum(of.values()) for stage, of in flow.lag.items() if stage in STAGES)
        return lag + sum(flow.outbox.values())


@contextmanager
def one_hub(home: Path, primero: str = "") -> Iterator[OneHub]:
    """Open a hub with two folders, and the case management system at an address."""
    set_clock(home, NOW)
    offices = home / "offices"
    for office in ("inspection", "school"):
        (offices / office / "inbox").mkdir(parents=True)
    given: dict[str, Any] = {
        "home": home, "clock": str(home / "clock"), "poll_seconds": 0.001,
        "half_copied_seconds": 600, "labour_inspection": {"folder": offices / "inspection"},
        "emis": {"folder": offices / "school"},
    }  # fmt: skip
    if primero:
        given["dsw_cms"] = {"url": primero, "user": "clm_hub", "password": "right"}
    with open_house(load_settings(environment={}, given=given)) as house:
        hub = OneHub(house=house, workers=[worker(house, name) for name in STAGES])
        collect = hub.workers[0]
        assert isinstance(collect.handler, Collect)
        by_hand = replace(collect.handler, wall=lambda: hub.seconds[0])
        hub.workers[0] = replace(collect, handler=by_hand)
        try:
            yield hub
        finally:
            for one in hub.workers:
                one.close()


def set_clock(home: Path, at: datetime) -> None:
    """Set the country's clock."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "clock").write_text(at.isoformat(), encoding="ascii")
