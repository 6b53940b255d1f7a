"""A contract that a site installs, and the stage that translates by it. Asserts nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Engine

from contracts import source_contract
from contracts.checking.fault import Texts
from contracts.envelope import Draft, Kind, Message, Part
from hub import install_desk
from hub.install_check import Ready
from hub.install_desk import Done
from hub.stages.translate import Translate
from tests.spec.small_contract import BODY, CONTRACT, MAPPING, SAMPLE, edited
from tests.stores.handling import NOW, Desk, message
from tests.stores.triage_records import Table

SYSTEM, RECORD = "public_reports", "visit"
NAME = f"{SYSTEM}/{RECORD}"
OURS = edited(CONTRACT, ("clm:ngo:visit", f"clm:{SYSTEM}:{RECORD}"))
KNIFE = '  { code = "knife", label = "Knives", target = "dangerous_tools" },'
ACID = KNIFE + '\n  { code = "acid", label = "Acid", target = "chemicals" },'


def ready(contract: str = OURS, mapping: str = MAPPING) -> Ready:
    """The contract as `prepare` gives it, whatever its texts say."""
    made = source_contract.read(contract, mapping, "here")
    texts = Texts(contract=contract, mapping=mapping, sample=SAMPLE, place="here")
    return Ready(contract=made, texts=texts, shipped=False)


def knows_acid(version: str = "2") -> Ready:
    """The next version of its mapping: it knows one more code."""
    return ready(
        mapping=edited(MAPPING, ('version = "1"', f'version = "{version}"'), (KNIFE, ACID))
    )


def install(engine: Engine, one: Ready | None = None) -> Done:
    """Somebody installs it."""
    with engine.begin() as connection:
        return install_desk.install(connection, one or ready(), by="somebody", at=NOW)


def uninstall(engine: Engine, name: str = NAME) -> None:
    """Somebody stops it."""
    with engine.begin() as connection:
        install_desk.uninstall(connection, name, by="somebody", at=NOW + timedelta(days=1))


@dataclass(kw_only=True)
class Visits(Table):
    """The stage translate, to which visits come."""

    def come(self, ref: str, version: str = "1", *, at: Desk | None = None,
             **changes: Any) -> list[Draft]:  # fmt: skip
        """A visit comes from the office."""
        return (at or self.stage).take(visit(ref, version, **changes))

    @property
    def handler(self) -> Translate:
        """The stage's handler."""
        assert isinstance(self.stage.handler, Translate)
        return self.stage.handler


def visit(ref: str, version: str = "1", **changes: Any) -> Message:
    """One source event with the sealed visit."""
    body: Mapping[str, Any] = {**BODY, "visit_id": ref, **changes}
    content = {"key": f"{RECORD}:{ref}", "where": "visits.json, record 1", "body": body}
    sealed = Part(person=f"p-{ref}", kind=Kind.IDENTITY, origin="origin", nonce=b"n",
                  text=orjson.dumps(content))  # fmt: skip
    data = {"system": SYSTEM, "record": RECORD, "ref": ref, "person": f"p-{ref}"}
    return message(f"source.{SYSTEM}", f"p-{ref}", version, data, [(sealed, content)])
