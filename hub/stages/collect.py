"""Stage collect: takes records from the adapters, seals them and opens their ledger lines.

Knows no meaning: what a record says is for translate. Waiting here is wall-clock waiting.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import orjson
import structlog
from sqlalchemy import Connection

from adapters.sdk.ports import Batch, Pulls, Record, Unreadable
from contracts.audit import AuditEntry
from contracts.envelope import Draft, Kind, Message
from contracts.errors import FatalError, HubError, Reason, RetriableError
from hub import ledger, site_contracts, sources
from hub.bus.parking import over_ceiling, place_of
from hub.bus.stage import Errand, Tx
from hub.ledger import Line
from hub.linkage import store as linkage
from hub.sources import SourceState
from hub.triage import desk
from hub.triage.labels import Changed

log = structlog.get_logger()
FAULT_SECONDS = 60.0
MOST_BYTES = 4 * 2**20  # of a record's body; an event may have 8 MiB
_CEILING = (
    "too many of its records are parked, so no more are taken in: see `clmhub parked`, mend the"
    " cause, then `clmhub parked --retry`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A source whose next poll is due, and what reads it."""

    state: SourceState
    adapter: Pulls


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Polls each source every `poll_seconds`, at most `most` records a pull.

    `sources(connection)` gives the adapters by the name of their source, as they are now: a
    contract may be installed while the hub runs. `person_ref(system, person)` and
    `record_ref(system, key)` make pseudonyms; `wall` is the wall clock in seconds.
    """

    sources: Callable[[Connection], Mapping[str, Pulls]]
    person_ref: Callable[[str, str], str]
    record_ref: Callable[[str, str], str]
    wall: Callable[[], float]
    poll_seconds: float
    most: int = 500

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Collect reads no topic."""
        raise NotImplementedError

    def claim(self, tx: Tx, now: datetime, most: int) -> Sequence[Errand]:
        """Name every source that is due; one with too many parked records rests, and says so."""
        errands: list[Errand] = []
        due = sources.list_due(tx.connection, self.wall())
        adapters = self.sources(tx.connection) if due else {}
        for state in due:
            if state.system not in adapters:
                continue
            if over_ceiling(tx.connection, sources.system_of(state.system)):
                rests = replace(state, problem=_CEILING, next_poll=self.wall() + FAULT_SECONDS)
                audit = _audit(now, state.system, "rest source")
                sources.end_poll(tx.connection, tx.shard, rests, audit=audit)
            else:
                data = Due(state=state, adapter=adapters[state.system])
                errands.append(Errand(key=state.system, data=data))
        return errands

    def perform(self, errand: Errand, now: datetime) -> Batch | HubError:
        """Pull once. A fault of the run is a value here, to be settled like a result."""
        due: Due = errand.data
        try:
            return due.adapter.pull(due.state.checkpoint, self.most)
        except HubError as fault:
            return fault
        except Exception as error:  # noqa: BLE001 - an adapter may fail in any way: an alarm too
            return FatalError(
                f"the adapter failed with {type(error).__name__} at {place_of(error)}:"
                " tell who maintains it; the records wait in their source"
            )

    def settle(
        self, errand: Errand, result: Batch | HubError, tx: Tx, now: datetime
    ) -> Iterator[Draft]:
        """Store checkpoint, lines and events together."""
        state: SourceState = errand.data.state
        system = sources.system_of(state.system)
        ended = self._after(state, result)
        sources.end_poll(tx.connection, tx.shard, ended, audit=_audit(now, state.system))
        if isinstance(result, HubError):
            log.warning("source_not_read", system=state.system, problem=ended.problem)
            return
        if result.labels is not None:
            _take_labels(system, result.labels, tx, now)
        if state.system == system:
            result = _told_apart(result, _prefixes(tx.connection, system))
        yield from self._drafts(system, result, tx, now)

    def _after(self, state: SourceState, result: Batch | HubError) -> SourceState:
        """The source's state after this pull. A person must act on FatalError: ask rarely."""
        wall = self.wall()
        if isinstance(result, RetriableError):
            pause = result.after if result.after is not None else max(1.0, self.poll_seconds)
            return replace(state, problem=str(result)[:500], next_poll=wall + pause)
        if isinstance(result, HubError):
            return replace(state, problem=str(result)[:500], next_poll=wall + FAULT_SECONDS)
        complete = result.complete_until.isoformat() if result.complete_until else ""
        return replace(
            state, checkpoint=dict(result.checkpoint), problem="",
            polls=state.polls + (not result.more),
            next_poll=wall if result.more else wall + self.poll_seconds,
            complete_until=complete or state.complete_until,
        )  # fmt: skip

    def _drafts(self, system: str, batch: Batch, tx: Tx, now: datetime) -> Iterator[Draft]:
        newest = {self.record_ref(system, r.key): r for r in sorted(batch.records, key=_version)}
        broken = {self.record_ref(system, u.key): u for u in batch.unreadable}
        broken |= {ref: _too_large(r) for ref, r in newest.items() if not _fits(r)}
        known = ledger.collected_versions(tx.connection, system, [*newest, *broken])
        fresh = {
            ref: r for ref, r in newest.items()
            if ref not in broken and known.get(ref, "") < r.version
        }  # fmt: skip
        failed = {ref: u for ref, u in broken.items() if known.get(ref, "") < u.version}
        echoes = linkage.list_bound(tx.connection, [(system, ref) for ref in fresh])
        kinds = {ref: _kind(record, (system, ref) in echoes) for ref, record in fresh.items()}
        lines = [
            Line(system=system, ref=ref, kind=kinds.get(ref, ledger.RECORD), version=one.version)
            for ref, one in (fresh | failed).items()
        ]
        audit = _audit(now, system, "open ledger lines", len(lines))
        ledger.open_lines(tx.connection, tx.shard, lines, now, audit=audit)
        mended = [self.record_ref(system, key) for key in batch.mended]
        if mended:
            audit = _audit(now, system, "close mended lines", len(mended))
            ledger.close_mended(tx.connection, tx.shard, system, mended, audit=audit)
        for ref, record in fresh.items():
            yield self._source_draft(system, ref, record)
        for ref, unreadable in failed.items():
            yield _unreadable_draft(system, ref, unreadable)

    def _source_draft(self, system: str, ref: str, record: Record) -> Draft:
        person = self.person_ref(system, record.person or record.key)
        content = {
            "key": record.key, "person": record.person, "where": record.where,
            "body": record.body, "changed": record.changed.isoformat(),
        }  # fmt: skip
        return Draft(
            topic=f"source.{system}", type=f"clm.source.{record.record}.v1", key=person,
            version=record.version,
            data={"system": system, "record": record.record, "ref": ref, "person": person},
            seal={(person, Kind.IDENTITY): content}, time=record.changed,
        )  # fmt: skip


def _take_labels(
    system: str, given: Mapping[str, Mapping[str, Mapping[str, str]]], tx: Tx, now: datetime
) -> None:
    """Store what the site calls its codes; a code that means something else now stops its field."""
    for one in desk.take_labels(tx.connection, tx.shard, system, given, now):
        log.error("label_changed", system=system, problem=_renamed(one))


def _renamed(one: Changed) -> str:
    return (
        f"{one.record}, {one.path}: the site gave a code another label, and perhaps another"
        f" meaning: {', '.join(one.targets)} stopped: see `clmhub triage labels`"
    )


def _prefixes(connection: Connection, system: str) -> tuple[str, ...]:
    """How the keys of the system's installed contracts begin, of uninstalled ones too."""
    installed = site_contracts.list_installed(connection)
    return tuple(f"{one.record}:" for one in installed if one.system == system)


def _told_apart(batch: Batch, prefixes: tuple[str, ...]) -> Batch:
    """What a system's own adapter read, without what would take the place of a contract's record.

    Whoever types `visit:V-1` as a number would replace the record V-1 of the contract visit.
    """
    kept, borrowed = list[Record](), list[Record]()
    for one in batch.records:
        is_borrowed = one.key.startswith(prefixes) or one.person.startswith(prefixes)
        (borrowed if is_borrowed else kept).append(one)

    def apart(key: str) -> str:
        return f":{key}" if key.startswith(prefixes) else key

    told = [replace(one, key=apart(one.key)) for one in batch.unreadable]
    told += [_borrowed(one) for one in borrowed]
    return replace(batch, records=kept, unreadable=told, mended=list(map(apart, batch.mended)))


def _borrowed(record: Record) -> Unreadable:
    reason = Reason(
        code="row_key_borrowed",
        message="its number begins as those of a contract that is installed here, with its name"
        " and a colon",
        next_step="give it another number at its source, and send it again",
        where=record.where[:200],
    )
    return Unreadable(key=f":{record.key}", version=record.version, reason=reason)


def _fits(record: Record) -> bool:
    """Whether an event can carry the record, sealed and in base64."""
    return len(orjson.dumps(record.body)) + len(record.key) <= MOST_BYTES


def _too_large(record: Record) -> Unreadable:
    reason = Reason(
        code="record_too_large",
        message=f"the record holds more than {MOST_BYTES // 2**20} MB",
        next_step="shorten its longest texts in the source",
        where=record.where[:200],
    )
    return Unreadable(key=record.key, version=record.version, reason=reason)


def _unreadable_draft(system: str, ref: str, unreadable: Unreadable) -> Draft:
    data = {
        "state": "rejected", "system": system, "ref": ref, "reasons": [asdict(unreadable.reason)],
    }  # fmt: skip
    return Draft(
        topic="outcome", type="clm.outcome.rejected.v1", key=ref, version=unreadable.version,
        data=data,
    )  # fmt: skip


def _kind(record: Record, echo: bool) -> str:
    if record.record == "referral":
        return ledger.ANSWER
    return ledger.ECHO if echo else ledger.RECORD


def _version(record: Record) -> str:
    return record.version


def _audit(now: datetime, system: str, action: str = "read source", count: int = 1) -> AuditEntry:
    return AuditEntry(at=now, actor="collect", action=action, reason=system, count=count)
