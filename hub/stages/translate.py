"""Stage translate: a source's record becomes one of the common schema. Decides nothing else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.envelope import Draft, Kind, Message
from contracts.mapping import Translated, translate
from hub.bus.stage import Tx

Reference = Callable[[str, str], str]
GONE = "clm.canonical.gone.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translate:
    """`record_ref(system, key)` makes the pseudonym of a record."""

    record_ref: Reference

    def does(self, message: Message, tx: Tx, now: datetime) -> Iterator[Draft]:
        """Map one source record; RejectedError carries every reason that its contract gives."""
        (raw,) = message.contents(Kind.IDENTITY)
        source, data = raw.content, message.data
        result = translate(
            system=data["system"], record=data["record"], body=source["body"],
            where=source["where"], key=source["key"],
        )  # fmt: skip
        yield from self._about_child(message, result)
        if result.figure is not None:
            yield from self._about_no_child(message, result.figure)
            yield _gone(message, result.version)
        for answer in result.answers:
            yield self._answer(message, answer)

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

    def _answer(self, message: Message, answer: Mapping[str, Any]) -> Draft:
        """The recipient's ids become pseudonyms here: they leave the sealed part."""
        system = message.data["system"]
        data: dict[str, Any] = {
            "kind": answer["kind"], "system": system, "on": answer["on"],
            "case_ref": self.record_ref(system, answer["case"]),
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
