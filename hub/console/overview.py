"""What the first page shows to whom: sums, states and what waits. Reads only; names no child."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from contracts.errors import RetriableError
from hub import doors, ledger, sources
from hub.bus.database import reading
from hub.bus.port import Bus
from hub.bus.stage import Stage
from hub.flow import Flow, read_flow
from hub.ledger import Totals
from hub.linkage.store import count_children
from hub.referrals import store as referrals
from hub.sources import SourceState
from hub.tasks import NOT_CONNECTED, read_tasks
from hub.triage import desk
from hub.web.access import can_act_as
from hub.web.tokens import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """How much one stage has before it, and what it set aside."""

    name: str
    lag: int
    outbox: int
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One system: its sums, and how far all its sources were read where the caller may know
    (`known`). A problem of one of several sources names it.
    """

    system: str
    totals: Totals
    known: bool = False
    until: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The sections of the page; None where the caller's roles do not open one.

    `tasks` counts what waits by reason, `codes` those that no list knows and nobody has decided;
    `bus_away`: the stages could not be asked.
    """

    at: datetime
    children: int | None = None
    sources: Sequence[SourceLine] | None = None
    referrals: Mapping[str, int] | None = None
    tasks: Mapping[str, int] | None = None
    codes: int | None = None
    stages: Sequence[StageLine] | None = None
    bus_away: bool = False

    @property
    def steps(self) -> list[tuple[str, int]]:
        """What to do next: a message's key and a number, the most urgent first."""
        waits = Counter(self.tasks or {})
        unsent = waits.pop(NOT_CONNECTED, 0)
        found = {
            "do_source": sum(bool(source.problem) for source in self.sources or ()),
            "do_connect": unsent,
            "do_parked": sum(stage.parked for stage in self.stages or ()),
            "do_tasks": waits.total(),
            "do_triage": self.codes or 0,
            "do_rejects": sum(source.totals.rejected for source in self.sources or ()),
        }
        return [(key, count) for key, count in found.items() if count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """Reads the overview."""

    engine: Engine
    bus: Bus
    pipeline: Sequence[Stage]

    def look(self, caller: Caller, now: datetime) -> Overview:
        """Read what this caller may see."""
        away, stages = False, None
        counts = can_act_as(caller, doors.LEDGER)
        if can_act_as(caller, doors.FLOW):
            try:
                flow = read_flow(self.engine, self.bus, self.pipeline)
                stages = _lines(flow, self.pipeline)
            except RetriableError:
                away = True
        with reading(self.engine) as connection:
            return Overview(
                at=now,
                children=count_children(connection) if counts else None,
                sources=_sources(connection, caller) if counts else None,
                referrals=_referrals(connection, caller),
                tasks=_tasks(connection, caller),
                codes=_codes(connection, caller),
                stages=stages,
                bus_away=away,
            )


def _lines(flow: Flow, pipeline: Sequence[Stage]) -> list[StageLine]:
    return [
        StageLine(
            name=stage.name,
            lag=sum(flow.lag[stage.name].values()),
            outbox=flow.outbox.get(stage.name, 0),
            parked=flow.parked.get(stage.name, 0),
        )
        for stage in pipeline
    ]


def _sources(connection: Connection, caller: Caller) -> list[SourceLine]:
    totals = ledger.totals(connection)
    if not can_act_as(caller, doors.SOURCES):
        return [SourceLine(system=system, totals=totals[system]) for system in sorted(totals)]
    states, until = sources.list_sources(connection), sources.freshness(connection)
    return [
        SourceLine(
            system=system, totals=totals.get(system, Totals()), known=system in until,
            until=until.get(system), problem=_problem(system, states),
        )
        for system in sorted(totals.keys() | until.keys())
    ]  # fmt: skip


def _problem(system: str, states: Sequence[SourceState]) -> str:
    """What keeps a system's sources from being read; an installed contract's is named with it."""
    return "; ".join(
        one.problem if one.system == system else f"{one.system}: {one.problem}"
        for one in states
        if one.problem and sources.system_of(one.system) == system
    )


def _referrals(connection: Connection, caller: Caller) -> dict[str, int] | None:
    if not can_act_as(caller, doors.REFERRALS):
        return None
    return referrals.count_states(connection, doors.visible_systems(caller.roles))


def _tasks(connection: Connection, caller: Caller) -> dict[str, int] | None:
    if not can_act_as(caller, doors.TASKS):
        return None
    counted: Counter[str] = Counter()
    for task in read_tasks(connection):
        counted[task.reason] += task.count
    return dict(counted.most_common())


def _codes(connection: Connection, caller: Caller) -> int | None:
    """How many codes are open in triage."""
    if not can_act_as(caller, doors.TRIAGE):
        return None
    return sum(one.state == "open" for one in desk.overview(connection).entries)
