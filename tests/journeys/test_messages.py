"""Every event of a whole demonstration, on both sides of the border, is as the catalogue says."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from tests.journeys.conftest import FinishedDemo
from tests.spec.catalogue_files import asyncapi

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Json = dict[str, Any]
# Nobody objects in the story; a test of people and one of objections send it.
NOT_IN_THE_STORY = {"consent.clm.consent.v1"}


def events(home: Path) -> Iterator[tuple[str, Json, Any]]:
    """Topic, headers and value of every event that is still kept."""
    for path in sorted((home / "bus").glob("*.sqlite")):
        link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            rows = link.execute(
                "select topic, headers, value from record"
                " join stream on stream.id = record.place >> 40"
            ).fetchall()
        finally:
            link.close()
        for topic, headers, value in rows:
            yield topic, dict(orjson.loads(headers)), value and orjson.loads(value)


def test_every_event_fits_its_description(finished_demo: FinishedDemo) -> None:
    document = asyncapi()
    checks: dict[str, tuple[jsonschema_rs.Draft7Validator, jsonschema_rs.Draft7Validator]] = {}
    faults: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for topic, headers, value in events(finished_demo.home):
        name = f"{topic}.{headers['ce_type']}"
        if name not in checks:
            told = document["components"]["messages"][name]
            checks[name] = check(document, told["headers"]), check(document, told["payload"])
        for part, content in zip(checks[name], (headers, value), strict=True):
            faults.update(
                f"{name}: {'/'.join(map(str, one.schema_path))}"
                for one in part.iter_errors(content)
            )
        seen[name] += 1
    assert faults == Counter()
    unseen = document["components"]["messages"].keys() - seen.keys()
    assert len(seen) > 20
    assert {one for one in unseen if not one.startswith("source.")} == NOT_IN_THE_STORY


def check(document: Json, schema: Json) -> jsonschema_rs.Draft7Validator:
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#", **schema,
        "components": document["components"],
    }  # fmt: skip
    return jsonschema_rs.Draft7Validator(whole, validate_formats=True)
