"""What people do in triage: map a code, ignore it with a reason, undo that. Translates nothing.

Each is one transaction with its audit entry: the decision, the contract's new version, and the
request that all records which hold the code be translated again by the workers of `translate`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection

from contracts.audit import AuditEntry
from contracts.errors import HubError
from contracts.mapping import translation as mapping
from contracts.mapping.translation import Plan
from hub import site_contracts
from hub.bus.journal import JournalTx
from hub.triage import counts, decisions, holdings, labels
from hub.triage.counts import Group, Progress
from hub.triage.decisions import Decision
from hub.triage.holdings import Named, Why
from hub.triage.labels import Changed, FieldLabels

STAGE, SHARD = "translate", "triage"
MOST = 1000
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
"""The due time of what cannot wait: before any clock, be it a demonstration's."""
_SHOWN = 12


class UndecidableError(HubError):
    """What was asked cannot be decided; the message says why, and never repeats a code.

    `problem` is a stable name of it; `absent`: what was named is not there.
    """

    def __init__(self, problem: str, message: str, *, absent: bool = False) -> None:
        super().__init__(message)
        self.problem = problem
        self.absent = absent


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants for one code, and who. `by` is the subject of a token, or a word."""

    named: Named
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code in triage. `state` is open, mapped or ignored; `count` records hold it."""

    named: Named
    label: str = field(repr=False)
    state: str
    target: str
    reason: str
    count: int
    since: datetime | None
    seen: datetime | None
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All codes in triage, open ones first, and how far mapping again has come.

    `stopped` counts the codes that their site has renamed.
    """

    entries: list[Entry]
    progress: list[Progress]
    stopped: int = 0


def overview(connection: Connection, *, system: str = "") -> Overview:
    """Read it; at most a thousand codes that wait, those first that most records hold."""
    made = {one.named: one for one in decisions.list_decisions(connection, system=system)}
    groups = counts.list_groups(connection, system=system, most=MOST)
    held = {one.named: one for one in groups if one.why is Why.CODE}
    entries = [_entry(name, held.get(name), made.get(name)) for name in {**held, **made}]
    far = [one for one in counts.progress(connection) if system in ("", one.system)]
    return Overview(
        entries=sorted(entries, key=lambda one: (one.state != "open", -one.count)), progress=far,
        stopped=sum(system in ("", one.system) for one in labels.all_changed(connection)),
    )  # fmt: skip


def map_code(connection: Connection, asked: Asked, target: str) -> int:
    """Let a code stand for a code of the schema; return how many records are translated again.

    Raises UndecidableError when the field does not take the target, or nothing holds the code.
    """
    plan = _plan(connection, asked.named)
    allowed = plan.coded.get(asked.named.field)
    if allowed is None:
        raise UndecidableError(
            "field-takes-no-codes",
            f"{asked.named.field} takes no codes: what stands there has to be corrected in its"
            " source, or ignored with a reason",
        )
    if target not in allowed:
        shown = ", ".join(sorted(allowed)[:_SHOWN])
        more = f" and {len(allowed) - _SHOWN} more" if len(allowed) > _SHOWN else ""
        raise UndecidableError(
            "target-not-taken", f"{asked.named.field} takes {shown}{more}: name one of these"
        )
    return _decide(connection, asked, target=target, reason="")


def ignore(connection: Connection, asked: Asked, reason: str) -> int:
    """Say that a code means nothing for its field; return how many records are translated again."""
    if not reason.strip():
        raise UndecidableError(
            "reason-missing", "say why it is ignored: those who come later want to know"
        )
    _plan(connection, asked.named)
    return _decide(connection, asked, target="", reason=reason.strip()[:200])


def undo(connection: Connection, asked: Asked) -> int:
    """Take a decision back: the code is open again; return how many records that concerns."""
    named = asked.named
    _raise(connection, asked)
    if not decisions.forget(connection, SHARD, named, audit=_audit(asked, "undo triage")):
        raise UndecidableError(
            "nothing-decided", "nothing is decided of this code: see `clmhub triage`", absent=True
        )
    return again(connection, asked, Why.CODE)


def take_labels(
    connection: Connection, shard: str, system: str, given: Mapping[str, FieldLabels], at: datetime
) -> list[Changed]:
    """Store what a site calls its codes; return what stops now that did not stop before.

    Where that changes which fields are stopped, all records held for a label are translated again.
    """
    new: list[Changed] = []
    for record, fields in given.items():
        contract = site_contracts.contract_of(connection, system, record)
        before = labels.changed(connection, contract)
        audit = AuditEntry(
            at=at, actor="collect", action="store labels", reason=f"{system}/{record}"
        )
        labels.store(connection, shard, system, record, fields, at, audit=audit)
        after = labels.changed(connection, contract)
        known = {(one.path, one.code, one.theirs) for one in before}
        new += [one for one in after if (one.path, one.code, one.theirs) not in known]
        if _targets(before) != _targets(after):
            named = Named(system=system, record=record, field="", code="")
            _relabel(
                connection, Asked(named=named, by="collect", at=at), _targets([*before, *after])
            )
    return new


def accept_label(
    connection: Connection, system: str, record: str, path: str, code: str, *, by: str, at: datetime
) -> int:
    """Say that a code means what it meant, whatever it is called now; return how many records wait.

    Raises UndecidableError when no such label has changed.
    """
    asked = Asked(named=Named(system=system, record=record, field=path, code=code), by=by, at=at)
    contract = _plan(connection, asked.named).contract
    found = [o for o in labels.changed(connection, contract) if (o.path, o.code) == (path, code)]
    if not found:
        raise UndecidableError(
            "label-not-changed", "no such label has changed: see `clmhub triage labels`",
            absent=True,
        )  # fmt: skip
    labels.accept(connection, SHARD, found[0], by, at, audit=_audit(asked, "accept label"))
    return _relabel(connection, asked, set(found[0].targets))


def _relabel(connection: Connection, asked: Asked, targets: Collection[str]) -> int:
    _raise(connection, asked)
    return sum(
        again(connection, replace(asked, named=replace(asked.named, field=one, code="")), Why.LABEL)
        for one in sorted(targets)
    )


def _targets(found: Iterable[Changed]) -> set[str]:
    return {target for one in found for target in one.targets}


def again(connection: Connection, asked: Asked, why: Why) -> int:
    """Ask that all records which hold the code be translated again, by workers that are woken."""
    audit = _audit(asked, "request translation", why.value)
    return holdings.request(connection, SHARD, asked.named, why, audit=audit)


def renew(connection: Connection, asked: Asked) -> int:
    """Tell that the contract has a new version; return how many held records that concerns.

    All that is held for a code of it is translated again: the new version may know the code.
    """
    _raise(connection, asked)
    for name, why in counts.list_fields(connection, asked.named.system, asked.named.record):
        again(connection, replace(asked, named=replace(asked.named, field=name, code="")), why)
    return sum(
        one.held
        for one in counts.progress(connection)
        if (one.system, one.record) == (asked.named.system, asked.named.record)
    )


def retry(connection: Connection, system: str, record: str, by: str, at: datetime) -> int:
    """Ask that the records of a contract which could not be translated again be tried once more."""
    asked = Asked(named=Named(system=system, record=record, field="", code=""), by=by, at=at)
    wake(connection, system, record)
    decisions.lock_version(connection, system, record)
    audit = _audit(asked, "retry translation")
    return holdings.retry_failed(connection, SHARD, system, record, audit=audit)


def wake(connection: Connection, system: str, record: str, *, alone: bool = False) -> None:
    """Set the timer at which a worker of `translate` begins: at once, whatever its clock says.

    Who decides sets the contract's one timer before anything else. A worker, which has begun by
    then, sets one of its own (`alone`), and so never waits for those that hold the other.
    """
    tx = JournalTx(connection, STAGE, SHARD, lambda: uuid4().hex)
    key = timer_key(system, record) + (f"/{uuid4().hex}" if alone else "")
    tx.set_timer(key, AT_ONCE, data={"system": system, "record": record})


def timer_key(system: str, record: str) -> str:
    """The name of a contract's timer."""
    return f"triage/{system}/{record}"


def _plan(connection: Connection, named: Named) -> Plan:
    known = site_contracts.every(connection)
    if (named.system, named.record) not in known:
        names = ", ".join(sorted(f"{system}/{record}" for system, record in known))
        raise UndecidableError("unknown-contract", f"there is no such contract: choose {names}")
    return mapping.plan(site_contracts.contract_of(connection, named.system, named.record))


def _decide(connection: Connection, asked: Asked, *, target: str, reason: str) -> int:
    named = asked.named
    version = _raise(connection, asked)
    groups = counts.list_groups(connection, system=named.system, most=MOST)
    label = next((one.label for one in groups if one.named == named), "")
    earlier = decisions.list_decisions(connection, system=named.system, record=named.record)
    if not counts.is_held(connection, named) and named not in {one.named for one in earlier}:
        raise UndecidableError(
            "code-not-held", "no record holds such a code in this field: see `clmhub triage`",
            absent=True,
        )  # fmt: skip
    decision = Decision(
        named=named, label=label, target=target, reason=reason, decided_by=asked.by,
        decided_at=asked.at, version=version,
    )  # fmt: skip
    audit = _audit(asked, f"{'map' if target else 'ignore'} code", target)
    decisions.save(connection, SHARD, decision, audit=audit)
    return again(connection, asked, Why.CODE)


def _raise(connection: Connection, asked: Asked) -> int:
    """Wake the workers and raise the contract's version: in their order, or both wait in a ring."""
    named, audit = asked.named, _audit(asked, "raise triage version")
    wake(connection, named.system, named.record)
    return decisions.raise_version(connection, SHARD, named.system, named.record, audit=audit)


def _entry(named: Named, held: Group | None, made: Decision | None) -> Entry:
    return Entry(
        named=named, label=(held.label if held else "") or (made.label if made else ""),
        state=made.state if made else "open", target=made.target if made else "",
        reason=made.reason if made else "", count=held.count if held else 0,
        since=held.since if held else None, seen=held.seen if held else None,
        decided_by=made.decided_by if made else "", decided_at=made.decided_at if made else None,
    )  # fmt: skip


def _audit(asked: Asked, action: str, what: str = "") -> AuditEntry:
    """Contract, field and a code of the schema; the source's own code may be anybody's words."""
    named = asked.named
    place = f"{named.system}/{named.record} {named.field}"
    return AuditEntry(
        at=asked.at, actor=asked.by, action=action, reason=f"{place} {what}".strip()
    )  # fmt: skip
