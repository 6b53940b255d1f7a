"""The consent room's tables, in the hub's database: consents, decisions, disclosures.

Holds child ids, codes, references and times; no value of a person's field. Works inside the
caller's transaction. Every write carries its audit entry; one that changes nothing writes none.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from consent.disclosure import Disclosure
from consent.model import (
    Basis,
    Consent,
    Decision,
    Effect,
    Obligation,
    Rule,
    Status,
    Unsupported,
)
from consent.parse import as_data, parse
from contracts.audit import AuditEntry
from contracts.labels import Label
from hub.bus.audit import append
from hub.bus.database import UtcTime, inserting

consent_metadata = MetaData()

consent_table = Table(
    "consent",
    consent_metadata,
    Column("child", String(36), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", JSON, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
)
decision_table = Table(
    "consent_decision",
    consent_metadata,
    Column("child", String(36), primary_key=True),
    Column("recipient", String(80), primary_key=True),
    Column("purpose", String(20), primary_key=True),
    Column("action", String(20), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, index=True),
    Column("body", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
disclosure_table = Table(
    "consent_disclosure",
    consent_metadata,
    Column("id", String(36), primary_key=True),
    Column("child", String(36), nullable=False),
    Column("recipient", String(80), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("reference", String(80), nullable=False),
    Column("classes", JSON, nullable=False),
    Column("basis", String(20), nullable=False),
    Column("decision", String(36), nullable=False),
    Column("based_on", JSON, nullable=False),
    Column("policy", String(200), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("consent_disclosure_child", "child"),
)


DECIDED_ON = ("child", "recipient", "purpose", "action")


class ConsentStore:
    """The three tables within one transaction; `shard` names the audit chain that it writes."""

    def __init__(self, connection: Connection, shard: str) -> None:
        self._connection, self._shard = connection, shard

    def add_consent(self, consent: Consent, *, audit: AuditEntry) -> bool:
        """Store one version of a consent; False when it was there. Versions never change."""
        row = {
            "child": consent.subject,
            "id": consent.id,
            "version": consent.version,
            "body": as_data(consent),
            "stored_at": audit.at,
        }
        return self._insert_new(consent_table, row, audit)

    def consents_of(self, child: str) -> tuple[Consent | Unsupported, ...]:
        """Return all versions of all consents of a child; what is damaged comes as unsupported."""
        rows = self._connection.execute(_CONSENTS, {"of": child})
        return tuple(parse(row.body, reference=f"{row.id}#{row.version}") for row in rows)

    def version_of(self, child: str) -> int:
        """Return how many consent records the child has: it grows with each, until erasure."""
        query = select(func.count()).where(consent_table.c.child == child)
        return int(self._connection.execute(query).scalar_one())

    def copy_consents(
        self, child: str, into: str, *, only_denials: bool = False, audit: AuditEntry
    ) -> int:
        """Let what was said for one child count for another one too. Returns how many are new.

        What is damaged counts as a denial. The first child's own stay where they are.
        """
        rows = self._connection.execute(_CONSENTS, {"of": child}).mappings()
        copied = [
            dict(row) | {"child": into, "body": dict(row["body"]) | {"subject": into}}
            for row in rows
            if not (only_denials and _permits(row["body"]))
        ]
        if not copied:
            return 0
        new = inserting(self._connection, consent_table).values(copied).on_conflict_do_nothing()
        stored = len(self._connection.execute(new.returning(consent_table.c.id)).all())
        if stored:
            append(self._connection, self._shard, audit)
        return stored

    def forget_consents(self, child: str, *, audit: AuditEntry) -> int:
        """Remove an erased child's consents; decisions and disclosures stay as evidence."""
        gone = self._connection.execute(
            delete(consent_table).where(consent_table.c.child == child)
        ).rowcount
        if gone:
            append(self._connection, self._shard, audit)
        return gone

    def add_decision(self, decision: Decision, *, audit: AuditEntry) -> bool:
        """Store a decision that differs from the last one; otherwise move that one's expiry."""
        row = _decision_row(decision)
        mine = {f"of_{name}": row[name] for name in DECIDED_ON}
        last = self._connection.execute(_LAST, mine).one_or_none()
        if last is not None and _lasting(last.body) == _lasting(row["body"]):
            mine |= {"of_number": last.number, "until": decision.expires_at}
            self._connection.execute(_PROLONG, mine)
            return False
        row["number"] = last.number + 1 if last is not None else 1
        self._connection.execute(insert(decision_table), [row])
        append(self._connection, self._shard, audit)
        return True

    def decisions_of(self, child: str) -> tuple[Decision, ...]:
        """Return the decisions on a child, the newest of each recipient and purpose first."""
        query = select(decision_table).where(decision_table.c.child == child)
        table = decision_table.c
        ordered = query.order_by(table.recipient, table.purpose, table.action, table.number.desc())
        return tuple(_decision(row) for row in self._connection.execute(ordered).mappings())

    def add_disclosure(self, disclosure: Disclosure, *, audit: AuditEntry) -> bool:
        """Store a disclosure before it is made; False when it was there."""
        row = asdict(disclosure)
        row["classes"] = [str(one) for one in disclosure.classes]
        row["based_on"] = list(disclosure.based_on)
        return self._insert_new(disclosure_table, row, audit)

    def disclosures_of(self, child: str) -> tuple[Disclosure, ...]:
        """Return what was disclosed of a child, oldest first."""
        query = select(disclosure_table).where(disclosure_table.c.child == child)
        rows = self._connection.execute(
            query.order_by(disclosure_table.c.at, disclosure_table.c.id)
        ).mappings()
        return tuple(
            Disclosure(
                **{
                    **row,
                    "classes": tuple(Label(one) for one in row["classes"]),
                    "based_on": tuple(row["based_on"]),
                }
            )
            for row in rows
        )

    def _insert_new(self, table: Table, row: dict[str, Any], audit: AuditEntry) -> bool:
        new = inserting(self._connection, table).values(row).on_conflict_do_nothing()
        # The row itself tells whether it is new: not every driver counts an INSERT's rows.
        if self._connection.execute(new.returning(table.c.id)).first() is None:
            return False
        append(self._connection, self._shard, audit)
        return True


# What runs for every child is built once: to build a statement takes longer than to run it.
_CONSENTS = (
    select(consent_table)
    .where(consent_table.c.child == bindparam("of"))
    .order_by(consent_table.c.id, consent_table.c.version)
)
_SAME = and_(*(decision_table.c[name] == bindparam(f"of_{name}") for name in DECIDED_ON))
_LAST = (
    select(decision_table)
    .where(_SAME)
    .order_by(decision_table.c.number.desc())
    .limit(1)
    .with_for_update()
)
_PROLONG = (
    update(decision_table)
    .where(_SAME, decision_table.c.number == bindparam("of_number"))
    .values(expires_at=bindparam("until"))
)


def _permits(body: Mapping[str, Any]) -> bool:
    found = parse(body, reference="")
    return (
        isinstance(found, Consent)
        and found.status is Status.ACTIVE
        and found.provision.type is Rule.PERMIT
    )


def _decision_row(decision: Decision) -> dict[str, Any]:
    body = {
        "effect": str(decision.effect),
        "permitted": {str(label): str(basis) for label, basis in decision.permitted.items()},
        "denied": sorted(str(label) for label in decision.denied),
        "obligations": [[one.code, one.value] for one in decision.obligations],
        "based_on": list(decision.based_on),
        "policy": decision.policy,
        "reasons": list(decision.reasons),
    }
    return {
        "child": decision.subject,
        "recipient": decision.recipient,
        "purpose": decision.purpose,
        "action": decision.action,
        "id": decision.id,
        "body": body,
        "at": decision.at,
        "expires_at": decision.expires_at,
    }


def _lasting(body: Mapping[str, Any]) -> dict[str, Any]:
    """What was decided, without the dates that move on by themselves."""
    codes = [code if code == "REVIEW" else (code, value) for code, value in body["obligations"]]
    return dict(body) | {"obligations": codes}


def _decision(row: Mapping[Any, Any]) -> Decision:
    body = row["body"]
    return Decision(
        id=row["id"],
        subject=row["child"],
        recipient=row["recipient"],
        purpose=row["purpose"],
        action=row["action"],
        effect=Effect(body["effect"]),
        permitted={Label(label): Basis(basis) for label, basis in body["permitted"].items()},
        denied=frozenset(Label(one) for one in body["denied"]),
        obligations=tuple(Obligation(code=code, value=v) for code, v in body["obligations"]),
        based_on=tuple(body["based_on"]),
        policy=body["policy"],
        reasons=tuple(body["reasons"]),
        at=row["at"],
        expires_at=row["expires_at"],
    )
