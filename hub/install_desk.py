"""What people do with the contracts of a site: install one, stop it, list them. Translates nothing.

A contract that runs is checked as by `contract check`, and compared with the one before it as by
`contract diff`. Each change is one transaction with its audit entries; the workers see it with
their next one, and go on by it without a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from contracts import source_contract
from contracts.audit import AuditEntry
from contracts.checking.fault import Texts
from contracts.errors import HubError, RetriableError
from contracts.evolution import Mode, Verdict, judge
from contracts.evolution.shape import shape_of
from hub import quality, site_contracts, sources
from hub.contract_tools import diff
from hub.install_check import Ready, RefusedError, stored
from hub.site_contracts import Installed
from hub.sources import SourceState
from hub.triage import desk
from hub.triage.desk import Asked
from hub.triage.holdings import Named

SHARD = "contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A contract that is read from now on; not `new`: it was so before, and nothing was done.

    `before` is the other version that it takes the place of, `again` how many records were held
    for its codes, and are translated by the new one; `kept` how many accepted ones are not.
    """

    installed: Installed
    new: bool = True
    before: Installed | None = None
    again: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An installed contract, how many of its records were accepted, and its source while read."""

    installed: Installed
    records: int
    state: SourceState | None = field(default=None)


def install(connection: Connection, ready: Ready, *, by: str, at: datetime) -> Done:
    """Read files by this contract from now on, in place of its earlier version.

    Raises RefusedError when it would break what the office still sends by the earlier one.
    """
    system, record = ready.contract.system, ready.contract.record
    before, same = site_contracts.find(connection, system, record), False
    if before is not None:
        same = _is_same(connection, before, ready)
        if same and before.active:
            return Done(installed=before, new=False)
        if not same:
            _compare(connection, before, ready)
    named = Named(system=system, record=record, field="", code="")
    again = desk.renew(connection, Asked(named=named, by=by, at=at))
    if site_contracts.find(connection, system, record) != before:  # seen now that others wait
        raise RetriableError("somebody installed it at the same time: look, then try again")
    installed = Installed(
        system=system, record=record, number=before.number + 1 if before else 1,
        version=ready.contract.version, mapping_version=ready.contract.mapping_version,
        shipped=ready.shipped, active=True, installed_by=by, installed_at=at,
    )  # fmt: skip
    texts = Texts(contract="", mapping="", sample=None, place="") if ready.shipped else ready.texts
    audit = _audit(installed, by, at, "install contract")
    site_contracts.add(connection, SHARD, installed, texts, audit=audit)
    audit = _audit(installed, by, at, "begin to read source")
    sources.set_active(connection, SHARD, installed.name, True, audit=audit)
    accepted = quality.count_records(connection).get((system, record), 0)
    return Done(
        installed=installed, before=None if same else before, again=again,
        kept=max(0, accepted - again),
    )  # fmt: skip


def uninstall(connection: Connection, given: str, *, by: str, at: datetime) -> Listed:
    """Leave the files of this contract alone from now on. What was read of them stays."""
    installed = stored(connection, given)
    if installed is None or not installed.active:
        names = [one.name for one in site_contracts.list_installed(connection) if one.active]
        raise RefusedError(
            f"no such contract is installed: choose {', '.join(names)}"
            if names
            else "no contract is installed"
        )
    audit = _audit(installed, by, at, "uninstall contract")
    site_contracts.retire(connection, SHARD, installed.system, installed.record, audit=audit)
    audit = _audit(installed, by, at, "leave source alone")
    sources.set_active(connection, SHARD, installed.name, False, audit=audit)
    return _listed(connection, [installed])[0]


def list_all(connection: Connection) -> list[Listed]:
    """Every installed contract by name, uninstalled ones too."""
    return _listed(connection, site_contracts.list_installed(connection))


def _listed(connection: Connection, found: Sequence[Installed]) -> list[Listed]:
    records = quality.count_records(connection)
    states = {one.system: one for one in sources.list_sources(connection)}
    return [
        Listed(
            installed=one, records=records.get((one.system, one.record), 0),
            state=states.get(one.name),
        )
        for one in found
    ]  # fmt: skip


def _is_same(connection: Connection, before: Installed, ready: Ready) -> bool:
    if before.shipped or ready.shipped:
        return before.shipped == ready.shipped and before.version == ready.contract.version
    texts = site_contracts.texts_of(connection, before)
    return (texts.contract, texts.mapping) == (ready.texts.contract, ready.texts.mapping)


def _compare(connection: Connection, before: Installed, ready: Ready) -> None:
    """Refuse what breaks without saying so by its version."""
    if before.shipped:
        return
    texts = site_contracts.texts_of(connection, before)
    try:
        old = source_contract.read(texts.contract, texts.mapping, before.name)
    except HubError:  # of an older program: nothing can be read by it any more
        return
    (verdict,) = judge([shape_of(old)], shape_of(ready.contract), Mode.BACKWARD)
    if verdict.fails or (verdict.changes and not verdict.raised):
        raise RefusedError(_what_to_do(verdict), diff.lines(verdict, Mode.BACKWARD))


def _what_to_do(verdict: Verdict) -> str:
    if verdict.fails:
        return (
            f"it breaks what the office still sends by version {verdict.old.version}, so it is not"
            " installed: mend what breaks, or raise the major version when the office knows"
        )
    return (
        "it differs from the installed one and has its version: raise `version` in contract.toml,"
        " or in mapping.toml when only the mapping changed"
    )


def _audit(installed: Installed, by: str, at: datetime, action: str) -> AuditEntry:
    what = f"{installed.name} {installed.version}+{installed.mapping_version} #{installed.number}"
    return AuditEntry(at=at, actor=by, action=action, reason=what)
