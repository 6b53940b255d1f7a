"""Stage translate: what it says of a record that is about no child."""

from importlib.resources import files

import orjson
from sqlalchemy import Engine

from contracts.envelope import Draft, Kind
from hub.stages.translate import GONE, Translate
from tests.stores.handling import Desk, hub_tables, message, of_topic, part


def translated(engine: Engine, gives: str) -> list[Draft]:
    """What the stage makes of the contract's own sample that gives this."""
    place = files("contracts") / "sources" / "labour_inspection" / "inspection" / "v1"
    samples = orjson.loads((place / "sample.json").read_bytes())
    sample = next(one for one in samples if gives in one.get("gives", ()))
    content = {"key": sample["key"], "where": "row 5", "body": sample["body"]}
    data = {"system": "labour_inspection", "record": "inspection", "ref": "r1", "person": "p1"}
    handler = Translate(
        record_ref=lambda system, key: f"{system}:{key}", open_part=lambda _: content
    )  # fmt: skip
    desk = Desk(engine=hub_tables(engine), stage="translate", handler=handler)
    contents = [(part("p1", Kind.IDENTITY, "origin"), content)]
    return desk.take(message("source.labour_inspection", "p1", "7", data, contents))


def test_a_record_about_no_child_takes_out_what_an_older_version_said(engine: Engine) -> None:
    """An inspector who found a child may correct the row: then there is none."""
    drafts = translated(engine, "figure")
    assert {draft.topic for draft in drafts} == {"figure", "outcome", "canonical"}
    (gone,) = of_topic(drafts, "canonical")
    assert (gone.type, gone.key, gone.seal) == (GONE, "p1", {})
    assert gone.data is not None
    assert gone.data["ref"] == "r1"


def test_a_record_about_a_child_is_sealed_under_its_person(engine: Engine) -> None:
    """Both parts, and nothing of them in the clear."""
    (canonical,) = of_topic(translated(engine, "identity"), "canonical")
    assert canonical.type != GONE
    assert set(canonical.seal) == {("p1", Kind.IDENTITY), ("p1", Kind.CASE)}
