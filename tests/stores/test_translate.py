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


def test_an_answer_names_its_case_alike_whether_the_record_is_the_case_or_not(
    engine: Engine,
) -> None:
    place = files("contracts") / "sources" / "dsw_cms" / "case" / "v1" / "sample.json"
    sample = next(
        one for one in orjson.loads(place.read_bytes()) if one.get("gives", {}).get("answers")
    )  # fmt: skip
    handler = Translate(record_ref=lambda system, key: f"{system}/{key}", open_part=lambda _: {})
    desk = Desk(engine=hub_tables(engine), stage="translate", handler=handler)
    named = set()
    for key in (sample["gives"]["answers"][0]["case"], "another"):
        content = {"key": key, "where": "case 1", "body": sample["body"]}
        data = {"system": "dsw_cms", "record": "case", "ref": f"dsw_cms/{key}", "person": "p1"}
        contents = [(part("p1", Kind.IDENTITY, "origin"), content)]
        drafts = desk.take(message("source.dsw_cms", "p1", "7", data, contents))
        named |= {(draft.data or {})["case_ref"] for draft in of_topic(drafts, "answer")}
    assert named == {f"dsw_cms/{sample['gives']['answers'][0]['case']}"}
