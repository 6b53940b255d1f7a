"""Writes a file's records as samples of its contract, with what comes out. Values are in clear."""

from collections.abc import Iterator
from typing import Any

import orjson

from contracts.errors import RejectedError
from contracts.mapping.translation import Translated
from hub.contract_tools.trying import Record, Tick, Trial, records

MOST = 50
"""Samples are read by people: more of them than this nobody reads."""


def samples(trial: Trial, limit: int, tick: Tick) -> Iterator[bytes]:
    """Yield the text of a sample.json; nothing at all when the file cannot be read to its end."""
    limit = min(limit, MOST) or MOST
    found = [_sample(trial, record) for record in records(trial, limit, tick)]
    yield orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n"


def _sample(trial: Trial, record: Record) -> dict[str, Any]:
    child = f", child {record.part}" if record.part else ""
    sample = {"about": f"row {record.row.row}{child}", "key": record.key, "body": record.body}
    try:
        made = trial.plan.translate(record.body, where=record.row.where, key=record.key)
    except RejectedError as error:
        return sample | {"rejected": [[one.code, one.column] for one in error.reasons]}
    return sample | {"gives": _gives(made)}


def _gives(made: Translated) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "identity": made.identity, "facts": made.facts, "figure": made.figure,
        "answers": list(made.answers), "quality": list(made.quality),
    }  # fmt: skip
    return {name: part for name, part in parts.items() if part}
