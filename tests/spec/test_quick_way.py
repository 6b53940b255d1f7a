"""The quick way through a mapping gives what the long way gives: every column, with odd cells."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import orjson
import pytest

from contracts import source_contract
from contracts.errors import RejectedError
from contracts.mapping.apply import apply
from contracts.mapping.plan import Compiled, compile_plan
from contracts.mapping.quick import SURE, TROUBLE, read_quickly
from contracts.mapping.translation import NO_DECISIONS
from contracts.transforms.numbers import usual_position
from tests.bench.contract_step import rows

CELLS: tuple[Any, ...] = (
    None, "", " ", "-", "a  b", " a", "a ", "a\tb", "a\x7fb", "a\x00b", 'a "b"', "a\\b", "á b",
    "ဝ၁", "_x", "~~~", "***", "Zz", "zz", "[x", "1 a", "x" * 4001, "\ud800", "\u200ba", "N/A",
    "unknown", "Unknown", "Nil", "None", "Not known", "NIL",
    True, False, 0, 1, 1.0, 7.5, -1, 10**20, float("nan"), float("inf"), [], ["yes"],
    {}, {"type": "Point", "coordinates": [96.1, 16.8]}, "yes", "YES", "no", " yes", "yes no",
    "2026-02-30", "2026-01-05", "05/01/2026", "2026-1-5", "1899-12-31", "2199-01-01", 46000,
    "16.1 96.2", "16.1  96.2", "16.1,96.2", "16 96", "16.1 96.2 0 0", "1e1 9.5", "95.5 96.5",
    "16.1 196.5", "-16.1 -96.2", ".5 96.1", "5. 96.1", "016.1 96.2", "+16.1 96.2", "NaN 1.5",
    "1.1234567890123456 9.1", "[1.5] 2.5", '1.5 "2.5"', "12/OUKAMA(N)123456",
    "12/oukama(n)123456", "MMR013017", "MMR999999", "9412", "0111", 111, "111", "5610.0", "12.5",
    "၁၂", "1,200",
)  # fmt: skip


def found(plan: Compiled, body: dict[str, Any]) -> object:
    """What a record gives, written as JSON where it is taken: order and kinds of numbers count."""
    try:
        one = apply(plan, body, "here", "key")
    except RejectedError as rejected:
        return rejected.reasons
    content = [one.identity, one.facts, one.figure, one.answers, one.quality]
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def ways(system: str, record: str) -> tuple[Compiled, Compiled]:
    """The compiled plan, and the same one without its quick way."""
    quick = compile_plan(source_contract.load(system, record), NO_DECISIONS)
    never = replace(quick.quick, reads=lambda *_: TROUBLE)
    return quick, replace(quick, whole=False, quick=never)


def differing(system: str, record: str, body: dict[str, Any]) -> list[tuple[str, int]]:
    """The columns, and the numbers of the cells in CELLS, for which the two ways differ."""
    quick, long = ways(system, record)
    return [
        (column, number)
        for column in sorted(quick.quick.fields)
        for number, cell in enumerate(CELLS)
        if found(quick, body | {column: cell}) != found(long, body | {column: cell})
    ]


@pytest.mark.parametrize(
    ("system", "record"), [(system, record) for system, record, _ in source_contract.every()]
)
def test_an_odd_cell_means_the_same_on_both_ways(system: str, record: str) -> None:
    place = files("contracts").joinpath("sources", system, record, "v1", "sample.json")
    body = json.loads(place.read_text(encoding="utf-8"))[0]["body"]
    assert not differing(system, record, body)


def test_an_odd_cell_in_a_row_that_is_usual_everywhere_else_means_the_same_on_both_ways() -> None:
    body = orjson.loads(rows(1, seed=10)[0])
    assert not differing("labour_inspection", "inspection", body)


def test_made_up_rows_of_the_bench_take_the_quick_way_to_its_end_and_mean_the_same() -> None:
    quick, long = ways("labour_inspection", "inspection")
    for row in rows(200, seed=11):
        body = orjson.loads(row)
        assert read_quickly(quick.quick, body, [{} for _ in quick.places]) == SURE
        assert found(quick, body) == found(long, body)


def test_a_row_may_leave_out_any_of_its_columns() -> None:
    quick, long = ways("labour_inspection", "inspection")
    body = orjson.loads(rows(1, seed=12)[0])
    for column in body:
        less = {name: cell for name, cell in body.items() if name != column}
        assert found(quick, less) == found(long, less)


def test_what_one_record_gave_is_not_changed_by_whoever_changes_anothers() -> None:
    quick, _ = ways("labour_inspection", "inspection")
    body = orjson.loads(rows(1, seed=13)[0])
    before = found(quick, body)
    facts = apply(quick, body, "here", "key").facts
    assert facts is not None
    for name in ("hazards", "service_requested", "services", "unmapped", "notes", "absent"):
        facts[name].append("more")
    assert found(quick, body) == before


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("16.418172 96.240663", (16.418172, 96.240663)), ("-16.4 101.2", (-16.4, 101.2)),
        ("0.1 0.123456789012345", (0.1, 0.123456789012345)), ("90.0 180.0", (90.0, 180.0)),
        ("90.1 1.5", None), ("1.5 180.1", None), ("1.5 1.5e1", None), ("1.5 1E1", None),
        ("0.1 0.1234567890123456", None), ("1.5", None), ("1.5 1.5 1.5", None), ("", None),
        ("1.5 [1.5]", None), ("1.5 true", None), ("1.5 16", None), ("၁.၅ ၁.၅", None),
    ],
)  # fmt: skip
def test_a_usual_position_is_two_plain_numbers_with_a_point(
    text: str, position: tuple[float, float] | None
) -> None:
    assert usual_position(text) == position
