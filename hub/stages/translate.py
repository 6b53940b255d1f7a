"""Stage translate: a source's record becomes one of the common schema. Decides nothing else.

A record with a code that its contract does not know goes on without it, and is held, sealed as it
came; when people have decided what the code means, it is translated again from there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import structlog

from contracts.audit import AuditEntry
from contracts.envelope import Draft, Kind, Message, Opened, Part
from contracts.errors import FatalError, RejectedError, RetriableError
from contracts.mapping.translation import Translated
from hub import quality
from hub.bus.database import waiting_mends
from hub.bus.gathering import gathering
from hub.bus.parking import place_of
from hub.bus.stage import ShreddedError, Timer, Tx
from hub.triage import holdings, keeping
from hub.triage.desk import AT_ONCE
from hub.triage.holdings import HeldCode, Holding
from hub.triage.standing import Judged, Standing

log = structlog.get_logger()
Reference = Callable[[str, str], str]
GONE = "clm.canonical.gone.v1"
A_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Translate:
    """`record_ref(system, key)` makes the pseudonym of a record.

    `open_part` opens what was held, and `prepare` loads the keys of many persons in one go;
    `standing` is what people decided of codes.
    """

    record_ref: Reference
    open_part: Callable[[Part], Mapping[str, Any]]
    prepare: Callable[[Iterable[str]], None] = lambda _persons: None
    standing: Standing = field(default_factory=Standing)

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Map one source record; RejectedError carries every reason that its contract gives."""
        judged = self.standing.of(tx.connection, message.data["system"], message.data["record"])
        yield from self._translated(message, judged, tx, now)

    def wakes(self, timer: Timer, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Translate some of a contract's held records again, after people have decided."""
        system, record = timer.data["system"], timer.data["record"]
        self.standing.settle(tx.connection, system, record)
        due = holdings.take_due(tx.connection, system, record, most=A_BATCH)
        self.prepare({part.person for one in due for part in one.envelope.parts})
        yield from self._all_again(due, tx, now)
        if holdings.has_due(tx.connection, system, record):
            tx.set_timer(timer.key, AT_ONCE, data=timer.data)

    # --- one record ----------------------------------------------------------------------------

    def _translated(
        self, message: Message, judged: Judged, tx: Tx, now: datetime
    ) -> Iterator[Draft]:
        (raw,) = message.contents(Kind.IDENTITY)
        source = raw.content
        result, codes = judged.translate(
            source["body"], where=source["where"], key=source["key"]
        )  # fmt: skip
        self._keep(message, judged, codes, tx, now)
        _check(message, judged, result, tx, now)
        yield from self._about_child(message, result)
        if result.figure is not None:
            yield from self._about_no_child(message, result.figure)
            yield _gone(message, result.version)
        for answer in result.answers:
            yield self._answer(message, answer, source["key"])

    def _keep(
        self, message: Message, judged: Judged, codes: list[HeldCode], tx: Tx, now: datetime
    ) -> None:
        """Hold the record for its codes, or let it go when it has none that are unknown."""
        system, record = message.data["system"], message.data["record"]
        if not codes and not self.standing.holds(tx.connection, system):
            return
        stands = self.standing.settle(tx.connection, system, record)
        if not codes:
            audit = _audit(now, "let record go", message.key)
            place, version = (system, message.data["ref"]), message.envelope.version
            keeping.let_go(tx.connection, tx.shard, place, version, now, audit=audit)
            return
        late = stands != judged.version  # somebody decided meanwhile, and did not see this record
        holding = Holding(record=record, topic=message.topic, envelope=message.envelope)
        audit = _audit(now, "hold record", message.key)
        keeping.hold(tx.connection, tx.shard, holding, codes, now, due=late, audit=audit)

    def _all_again(self, due: list[Holding], tx: Tx, now: datetime) -> list[Draft]:
        """Take them together, as nearly always nothing fails; else each of them for itself."""
        try:
            with tx.connection.begin_nested(), gathering(tx.connection):
                return [draft for one in due for draft in self._taken_up(one, tx, now)]
        except (RetriableError, FatalError):
            raise
        except Exception as error:
            if waiting_mends(error):
                raise
        return [draft for one in due for draft in self._again(one, tx, now)]

    def _again(self, holding: Holding, tx: Tx, now: datetime) -> list[Draft]:
        """One held record. Its failure is its own: it is noted, and the others go on."""
        try:
            with tx.connection.begin_nested():
                return self._taken_up(holding, tx, now)
        except (RetriableError, FatalError):
            raise
        except Exception as error:
            if waiting_mends(error):
                raise
            _set_aside(holding, error, tx, now)
        return []

    def _taken_up(self, holding: Holding, tx: Tx, now: datetime) -> list[Draft]:
        envelope = holding.envelope
        judged = self.standing.of(tx.connection, holding.system, holding.record)
        try:
            opened = tuple(
                Opened(part=part, content=self.open_part(part)) for part in envelope.parts
            )
            message = Message(topic=holding.topic, envelope=envelope, opened=opened)
            return list(self._translated(message, judged, tx, now))
        except ShreddedError:
            drafts = []
        except RejectedError as error:
            drafts = [_rejected(holding, judged, error)]
        audit = _audit(now, "let record go", envelope.key)
        place, version = (holding.system, holding.ref), envelope.version
        keeping.let_go(tx.connection, tx.shard, place, version, now, audit=audit)
        return drafts

    # --- what comes of it ----------------------------------------------------------------------

    def _about_child(self, message: Message, result: Translated) -> Iterator[Draft]:
        if result.identity is None or result.facts is None:
            return
        person = message.data["person"]
        yield Draft(
            topic="canonical", type="clm.canonical.child.v1", key=person,
            version=f"{message.envelope.version}|{result.version}",
            data={k: message.data[k] for k in ("system", "record", "ref", "person")},
            seal={(person, Kind.IDENTITY): result.identity, (person, Kind.CASE): result.facts},
            time=message.envelope.time,
        )  # fmt: skip

    def _about_no_child(self, message: Message, figure: Mapping[str, Any]) -> Iterator[Draft]:
        data, version = message.data, message.envelope.version
        yield Draft(
            topic="figure", type="clm.figure.v1", key=data["ref"], version=version,
            data={**figure, "ref": data["ref"]}, time=message.envelope.time,
        )  # fmt: skip
        yield Draft(
            topic="outcome", type="clm.outcome.counted.v1", key=message.key, version=version,
            data={"state": "counted", "system": data["system"], "ref": data["ref"]},
        )  # fmt: skip

    def _answer(self, message: Message, answer: Mapping[str, Any], key: str) -> Draft:
        """The recipient's ids become pseudonyms here: they leave the sealed part."""
        system, case = message.data["system"], answer["case"]
        own = case == key  # nearly always the record is the case: it has its pseudonym already
        data: dict[str, Any] = {
            "kind": answer["kind"], "system": system, "on": answer["on"],
            "case_ref": message.data["ref"] if own else self.record_ref(system, case),
        }  # fmt: skip
        if answer["kind"] == "referral":
            data |= {
                "state": answer["state"], "service_id": answer.get("service_id", ""),
                "referral_ref": self.record_ref(system, answer["referral"]),
            }  # fmt: skip
        else:
            services = [[row["id"], row["implemented"]] for row in answer.get("services", ())]
            data |= {
                "status": answer["status"], "services": services,
                "owner": self.record_ref(system, answer.get("owner", "")),
            }  # fmt: skip
        return Draft(
            topic="answer", type=f"clm.answer.{data['kind']}.v1", key=data["case_ref"],
            version=message.envelope.version, data=data, time=message.envelope.time,
        )  # fmt: skip


def _gone(message: Message, mapping: str) -> Draft:
    """Tell identify that the record is about no child now, whatever an older version said."""
    person = message.data["person"]
    return Draft(
        topic="canonical", type=GONE, key=person, version=f"{message.envelope.version}|{mapping}",
        data={k: message.data[k] for k in ("system", "record", "ref", "person")},
        time=message.envelope.time,
    )  # fmt: skip


def _check(message: Message, judged: Judged, result: Translated, tx: Tx, now: datetime) -> None:
    """Note which rules of its contract the record breaks."""
    data, envelope = message.data, message.envelope
    checked = quality.Checked(
        system=data["system"], record=data["record"], ref=data["ref"],
        version=f"{envelope.version}|{result.version}", changed=envelope.time,
        rules=quality.rules_of(judged.bare.contract), broken=result.quality,
    )  # fmt: skip
    audit = AuditEntry(at=now, actor="translate", action="check records", reason="quality")
    quality.note(tx.connection, tx.shard, checked, now, audit=audit)


def _set_aside(holding: Holding, error: Exception, tx: Tx, now: datetime) -> None:
    words = {"error": type(error).__name__, "place": place_of(error)}
    log.error("not translated again", system=holding.system, **words)
    audit = _audit(now, "set held record aside", holding.envelope.key)
    holdings.set_aside(tx.connection, tx.shard, holding, words["place"], audit=audit)


def _rejected(holding: Holding, judged: Judged, error: RejectedError) -> Draft:
    """Outranks what the record came to before it was translated again."""
    envelope = holding.envelope
    return Draft(
        topic="outcome", type="clm.outcome.rejected.v1", key=envelope.key,
        version=f"{envelope.version}|{judged.plan.version}",
        data={
            "state": "rejected", "system": holding.system, "ref": holding.ref,
            "reasons": [asdict(reason) for reason in error.reasons],
        },
    )  # fmt: skip


def _audit(now: datetime, action: str, subject: str) -> AuditEntry:
    return AuditEntry(at=now, actor="translate", action=action, subject=subject, reason="triage")
