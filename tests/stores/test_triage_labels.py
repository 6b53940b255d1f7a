"""A site renames a code: its field stops, loudly, until people say that it means the same."""

from importlib.resources import files
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from adapters.sdk.ports import Batch
from contracts.envelope import Draft, Kind, Part
from hub import sources
from hub.bus.database import reading
from hub.bus.stage import Errand
from hub.stages.collect import Collect, Due
from hub.stages.translate import Translate
from hub.tasks import Advice, read_tasks
from hub.triage import decisions, desk, labels
from hub.triage.desk import UndecidableError
from hub.triage.standing import Standing
from tests.stores.handling import NOW, Desk, hub_tables, message, of_topic, transaction
from tests.stores.triage_records import Table, facts

SYSTEM, RECORD, PATH = "dsw_cms", "case", "protection_concerns"
CODE, OURS, NEW = "trafficked_smuggled", "Trafficked/Smuggled", "Disabled"


class Site(Table):
    """The DSW's hub: stage translate, with labels."""

    def process(self) -> Desk:
        handler = Translate(
            record_ref=lambda system, key: f"{system}:{key}", open_part=self.open,
            standing=Standing(stops=labels.stops),
        )  # fmt: skip
        return Desk(engine=self.engine, stage="translate", handler=handler)

    def says(self, **codes: str) -> list[labels.Changed]:
        """The site names the codes of the field so."""
        given = {RECORD: {PATH: {CODE: OURS} | codes}}
        with self.engine.begin() as connection:
            return desk.take_labels(connection, "collect", SYSTEM, given, NOW)

    def case(self, ref: str, version: str = "1", **changes: Any) -> list[Draft]:
        """A case comes."""
        place = files("contracts") / "sources" / SYSTEM / RECORD / "v1" / "sample.json"
        sample = next(
            one for one in orjson.loads(place.read_bytes()) if one.get("gives", {}).get("facts")
        )  # fmt: skip
        content = {"key": ref, "where": f"case {ref}", "body": sample["body"] | changes}
        sealed = Part(
            person=f"p-{ref}", kind=Kind.IDENTITY, origin="origin", nonce=b"n",
            text=orjson.dumps(content),
        )  # fmt: skip
        data = {"system": SYSTEM, "record": RECORD, "ref": ref, "person": f"p-{ref}"}
        event = message(f"source.{SYSTEM}", f"p-{ref}", version, data, [(sealed, content)])
        return self.stage.take(event)

    def accept(self) -> int:
        """Somebody accepts the new label."""
        with self.engine.begin() as connection:
            return desk.accept_label(connection, SYSTEM, RECORD, PATH, CODE, by="x@office", at=NOW)


@pytest.fixture
def site(engine: Engine) -> Site:
    """An empty hub."""
    return Site(engine=engine)


def forms(made: list[Draft], ref: str) -> list[str]:
    """The worst forms that a case tells of."""
    return list(facts(made)[ref]["worst_forms"])


def test_the_same_label_stops_nothing_and_neither_case_nor_blanks_matter(site: Site) -> None:
    assert site.says(trafficked_smuggled="  trafficked/SMUGGLED ") == []
    assert forms(site.case("c1", protection_concerns=[CODE]), "c1")
    with reading(site.engine) as connection:
        assert not any(decisions.versions(connection).values())


def test_a_renamed_code_stops_its_field_until_the_label_is_accepted(site: Site) -> None:
    (change,) = site.says(trafficked_smuggled=NEW)
    assert (change.code, change.ours, change.theirs) == (CODE, OURS, NEW)
    assert "facts.worst_forms" in change.targets
    assert site.says(trafficked_smuggled=NEW) == []  # told once
    stopped = site.case("c1", protection_concerns=[CODE])
    assert forms(stopped, "c1") == []
    assert "label_changed" in facts(stopped)["c1"]["notes"]
    assert not any(one.named.code == CODE for one in site.look().entries)  # no list lacks it
    assert site.look().stopped == 1
    with reading(site.engine) as connection:
        (task,) = read_tasks(connection)
    assert (task.system, task.reason, task.count) == (SYSTEM, "label_changed", 1)
    assert Advice().why(task.reason, "my") != Advice().why("any", "my")
    assert site.accept() >= 1
    mended = site.run_timers()
    assert forms(mended, "c1") == ["a1"]
    (before,), (after,) = of_topic(stopped, "canonical"), of_topic(mended, "canonical")
    assert after.version > before.version
    assert site.look().stopped == 0
    assert forms(site.case("c2", protection_concerns=[CODE]), "c2") == ["a1"]


def test_a_label_that_returns_starts_the_field_again(site: Site) -> None:
    site.says(trafficked_smuggled=NEW)
    site.case("c1", protection_concerns=[CODE])
    site.says()
    assert forms(site.run_timers(), "c1") == ["a1"]


def test_an_accepted_label_that_changes_once_more_stops_again(site: Site) -> None:
    site.says(trafficked_smuggled=NEW)
    site.accept()
    assert len(site.says(trafficked_smuggled="Street child")) == 1
    assert forms(site.case("c1", protection_concerns=[CODE]), "c1") == []


def test_only_a_label_that_has_changed_can_be_accepted(site: Site) -> None:
    site.says()
    with pytest.raises(UndecidableError, match="no such label"):
        site.accept()


class NotRead:
    """An adapter that nobody pulls from."""

    def pull(self, checkpoint: object, most: int) -> Batch:
        raise AssertionError


def test_collect_stores_the_labels_with_the_batch_and_gives_the_alarm(engine: Engine) -> None:
    hub_tables(engine)
    collect = Collect(
        sources=lambda _: {}, person_ref=lambda *_: "p", record_ref=lambda *_: "r",
        wall=lambda: 0.0, poll_seconds=1,
    )  # fmt: skip
    with transaction(engine, "collect") as tx, capture_logs() as logs:
        sources.register(tx.connection, SYSTEM)
        (state,) = sources.list_sources(tx.connection)
        batch = Batch(records=(), labels={RECORD: {PATH: {CODE: NEW}}})
        due = Due(state=state, adapter=NotRead())
        list(collect.settle(Errand(key=SYSTEM, data=due), batch, tx, NOW))
    (alarm,) = [one for one in logs if one["event"] == "label_changed"]
    assert alarm["log_level"] == "error"
    assert "protection_concerns" in alarm["problem"]
    assert "clmhub triage labels" in alarm["problem"]
