"""Tells when a hub that runs has read its sources once and nothing moves any more. Stops nothing.

For `clmhub work --once`: what waits for a person, for an epoch or for a recipient stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from adapters.sdk.ports import Pulls
from contracts.audit import AuditEntry
from hub import sources
from hub.bus.database import reading
from hub.flow import Flow, read_flow
from hub.house import House
from hub.pipeline import PIPELINE
from hub.sources import SourceState

LOOK_SECONDS = 0.25
QUIET_LOOKS = 4
"""As often in a row nothing may move: whoever has something to do begins within one look."""
PATIENCE_LOOKS = 20
SHARD = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draining:
    """How far each source was when it began. `say` tells a person what is waited for."""

    house: House
    before: dict[str, SourceState]
    say: Callable[[str], None]

    def wait(self, stop: Event) -> None:
        """Return when all is read and handled, or when told to stop."""
        looks = quiet = ends = 0
        while quiet < QUIET_LOOKS and not stop.wait(LOOK_SECONDS):
            looks += 1
            unread = self._unread()
            if unread and looks == PATIENCE_LOOKS:
                self.say(self._why(unread))
            flow = read_flow(self.house.hub, self.house.bus, PIPELINE)
            still = not unread and _is_still(flow, self.house) and flow.ends_total == ends
            quiet, ends = quiet + 1 if still else 0, flow.ends_total

    def _unread(self) -> list[str]:
        """The sources of which something may still be read; one with a problem has been tried."""
        with reading(self.house.hub) as connection:
            states = {one.system: one for one in sources.list_sources(connection)}
        return [
            name
            for name, old in self.before.items()
            if (now := states.get(name)) and not now.problem and not _was_read(old, now)
        ]

    def _why(self, unread: list[str]) -> str:
        seconds = self.house.settings.half_copied_seconds
        return (
            f"waiting for {', '.join(unread)}: a file that may still be on its way is taken when it"
            f" has stayed the same for {seconds:g} seconds (half_copied_seconds)"
        )


def begin(house: House, say: Callable[[str], None]) -> Draining:
    """Ask for a poll of every source that this home reads, before its workers start."""
    at = house.clock()
    with house.hub.begin() as connection:
        audit = AuditEntry(at=at, actor="work", action="poll all sources")
        sources.ask_all(connection, SHARD, audit=audit)
        own = {name for name, one in house.systems.items() if isinstance(one, Pulls)}
        connected = own | set(house.offices().pulled(connection))
        states = sources.list_sources(connection)
    before = {one.system: one for one in states if one.system in connected}
    return Draining(house=house, before=before, say=say)


def _was_read(old: SourceState, now: SourceState) -> bool:
    """Whether it was found drained since, and everything in it was whole."""
    return now.polls > old.polls and now.complete_until != old.complete_until


def _is_still(flow: Flow, house: House) -> bool:
    """Nothing is on its way, and no timer is due; deliveries may wait for their recipient."""
    moving = flow.total - flow.deliveries_open
    return not moving and all(due > house.clock() for due in flow.next_timers.values())
