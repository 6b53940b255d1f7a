"""Stage identify: says which child a record is about, across systems. Opens identities only.

What it compares are blind indexes; it opens no other record than the one in its hands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Kind, Message, Part, decode_parts, encode_parts
from contracts.text import card_key, name_key
from hub.bus.stage import Tx
from hub.linkage import store
from hub.linkage.partition import Split, partition
from hub.linkage.store import StoredChild, StoredRecord
from hub.stages.translate import GONE

ABOUT_NO_CHILD = ""
"""The kind of a record that was about a child once; it is kept for its version only."""
Owners = Mapping[tuple[str, str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """`blind_index(kind, value)` is keyed and one-way; `new_id` makes a child's random id."""

    blind_index: Callable[[str, str], str]
    new_id: Callable[[], UUID]

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Store the record, split its neighbourhood into children again, tell what changed."""
        data, gone = message.data, message.envelope.type == GONE
        if gone and store.get_record(tx.connection, data["system"], data["ref"]) is None:
            return
        turn = store.take_turn(tx.connection)
        old = store.get_record(tx.connection, data["system"], data["ref"])
        if old and old.version >= message.envelope.version:
            return
        record = _taken_out(old, message) if gone and old else self._as_stored(message, old, now)
        audit = _audit(now, "store record", record.person)
        store.save_record(tx.connection, tx.shard, record, audit=audit)
        near = store.list_connected(tx.connection, [record, *([old] if old else [])])
        near = [record if (r.system, r.ref) == (record.system, record.ref) else r for r in near]
        near = [r for r in near if r.record != ABOUT_NO_CHILD]
        before = {(r.system, r.ref): r.child for r in near}
        last = {(r.system, r.ref): r.last_child for r in near}
        owners = self._owners(tx.connection, near)
        moved = {k: v for k, v in owners.items() if v != before[k]}
        store.set_children(
            tx.connection, tx.shard, moved, audit=_audit(now, "link records", count=len(moved))
        )
        touched = {c for key in moved for c in (before[key], owners[key]) if c}
        touched |= {c for c in (owners.get((record.system, record.ref)),) if c}
        touched |= {old.child} if gone and old and old.child else set()
        # A child that was left without records hears where they went when they come out of waiting.
        touched |= {c for key in moved if owners[key] and (c := last[key])}
        yield from self._tell_outcomes(near, owners, {*moved, (record.system, record.ref)}, turn)
        yield from self._tell_children(tx, touched, owners, last, now)

    def _as_stored(self, message: Message, old: StoredRecord | None, now: datetime) -> StoredRecord:
        data = message.data
        (identity,) = message.contents(Kind.IDENTITY)
        card, name = self._keys(identity.content)
        return StoredRecord(
            system=data["system"], ref=data["ref"], person=data["person"], record=data["record"],
            version=message.envelope.version, changed=message.envelope.time.isoformat(),
            card_key=card, name_key=name, child=old.child if old else None,
            made_at=old.made_at if old else now, parts=encode_parts(message.envelope.parts),
            former=old.former if old else None,
        )  # fmt: skip

    def _keys(self, identity: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The strong keys of an identity as blind indexes; a key with a part missing is none."""
        card = card_key(identity.get("card_no") or "")
        sex = identity.get("sex") or "unknown"
        together = [
            *(name_key(identity.get(field) or "") for field in ("name", "father_name")),
            "" if sex == "unknown" else sex,
            identity.get("home_township") or "",
            _birth_year(identity) or "",
        ]
        return (
            self.blind_index("card", card) if card else None,
            self.blind_index("name", "|".join(together)) if all(together) else None,
        )

    def _owners(self, connection: Connection, near: list[StoredRecord]) -> Owners:
        """Whose each record is: by its keys, or as bound when the hub created it."""
        made = store.list_bound(connection, [(r.system, r.ref) for r in near])
        free = [r for r in near if (r.system, r.ref) not in made]
        by_ref = {r.ref: r for r in free}
        split = partition([r.as_linked() for r in free])
        owners: dict[tuple[str, str], str | None] = {}
        for refs, child in self._assign(split, by_ref).items():
            owners.update({(by_ref[ref].system, ref): child for ref in refs})
        owners.update({(by_ref[ref].system, ref): None for ref in split.ambiguous})
        before = {(r.system, r.ref): r.child for r in free}
        bound = {key: store.follow(connection, child) for key, child in made.items()}
        return owners | {key: _home(child, owners, before) for key, child in bound.items()}

    def _assign(
        self, split: Split, by_ref: Mapping[str, StoredRecord]
    ) -> dict[frozenset[str], str]:
        """Give each group a child id: the one that its oldest records hold, else a new one.

        A record that waited gets back the child that it left, unless others hold that one now.
        """

        def age(refs: frozenset[str]) -> tuple[datetime, str]:
            return min((by_ref[ref].made_at, ref) for ref in refs)

        held = {record.child for record in by_ref.values() if record.child}
        taken: set[str] = set()
        result: dict[frozenset[str], str] = {}
        for group in sorted(split.groups, key=age):
            hers = sorted(
                (by_ref[ref].child is None, by_ref[ref].made_at, child)
                for ref in group
                if (child := by_ref[ref].last_child)
                and (by_ref[ref].child is not None or child not in held)
            )
            child = next((c for *_, c in hers if c not in taken), None) or str(self.new_id())
            taken.add(child)
            result[group] = child
        return result

    def _tell_outcomes(
        self, near: list[StoredRecord], owners: Owners, keys: set[tuple[str, str]], turn: int
    ) -> Iterator[Draft]:
        for record in near:
            if (key := (record.system, record.ref)) not in keys:
                continue
            child = owners[key]
            state = {"state": "linked", "child": child} if child else _WAITS
            data = {"system": record.system, "ref": record.ref, "turn": turn, **state}
            yield Draft(
                topic="outcome", type="clm.outcome.linked.v1", key=record.person,
                version=record.version, data=data,
            )  # fmt: skip

    def _tell_children(
        self, tx: Tx, touched: Iterable[str], owners: Owners, last: Owners, now: datetime
    ) -> Iterator[Draft]:
        known = store.list_children(tx.connection, touched)
        for child in sorted(touched):
            members = store.list_members(tx.connection, child)
            old = known.get(child)
            into = None
            if not members:
                into = (old.merged_into if old else None) or _where_to(child, owners, last)
            new = StoredChild(
                child=child, version=old.version + 1 if old else 1,
                made_at=old.made_at if old else now, merged_into=into,
            )  # fmt: skip
            store.save_child(tx.connection, tx.shard, new, audit=_audit(now, "change child", child))
            left = {last[key] for key, owner in owners.items() if owner == child} - {child, None}
            yield _child_draft(new, members, sorted(c for c in left if c))


def _taken_out(old: StoredRecord, message: Message) -> StoredRecord:
    """The record without a child and without keys: it says now that it is about none."""
    return replace(
        old, version=message.envelope.version, changed=message.envelope.time.isoformat(),
        record=ABOUT_NO_CHILD, card_key=None, name_key=None, child=None, former=old.last_child,
        parts=encode_parts(()),
    )  # fmt: skip


_WAITS = {"state": "parked", "reason": "two_cards_meet"}


def _child_draft(child: StoredChild, members: list[StoredRecord], left: Sequence[str]) -> Draft:
    """A child's whole state; `left` names the children that some of its records come from."""
    rows: list[dict[str, Any]] = []
    parts: list[Part] = []
    for member in members:
        sealed = decode_parts(member.parts)
        parts.extend(sealed)
        rows.append({
            "system": member.system, "record": member.record, "ref": member.ref,
            "person": member.person, "changed": member.changed, "origin": sealed[0].origin,
        })  # fmt: skip
    data = {
        "child": child.child, "version": child.version,
        "into": child.merged_into, "left": left, "members": rows,
    }  # fmt: skip
    return Draft(
        topic="child", type="clm.child.v1", key=child.child, version=f"{child.version:010d}",
        data=data, parts=tuple(parts),
    )  # fmt: skip


def _home(child: str, owners: Owners, before: Owners) -> str:
    """Where a record bound to this child belongs: it goes along when all the others leave."""
    return child if child in owners.values() else _where_to(child, owners, before) or child


def _where_to(child: str, owners: Owners, before: Owners) -> str | None:
    """The child that a child with no records left has become part of; None when undecided."""
    new = {owners[key] for key, owner in before.items() if owner == child and owners[key]}
    return min((c for c in new if c), default=None)


def _birth_year(identity: Mapping[str, Any]) -> str | None:
    """The year of birth when the whole interval lies in one year."""
    first, last = identity.get("birth_earliest"), identity.get("birth_latest")
    if not first or not last:
        return None
    years = {date.fromisoformat(str(day)).year for day in (first, last)}
    return str(years.pop()) if len(years) == 1 else None


def _audit(now: datetime, action: str, subject: str = "", count: int = 1) -> AuditEntry:
    return AuditEntry(at=now, actor="identify", action=action, subject=subject, count=count)
