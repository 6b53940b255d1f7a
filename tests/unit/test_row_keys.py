"""The keys of records, from contracts alone: the same child is one child however it is typed."""

import json
from datetime import date, datetime
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk.cells import Plain
from adapters.sdk.cells import key_text as cell_key_text
from contracts import source_contract
from contracts.errors import FatalError
from contracts.row_keys import Keys, key_text, keys_of, records_of
from contracts.source_contract import SourceContract
from tests.spec.small_contract import CONTRACT, MAPPING, edited

INSPECTION = keys_of(source_contract.load("labour_inspection", "inspection"))
KOBO = source_contract.load("labour_inspection", "kobo_inspection")
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 9999), st.floats(allow_nan=False, width=32),
    st.sampled_from(["", " ", "-", "0", "၀", "12", "၁၂", "012", "A/1", " a\u200b1 "]),
    st.sampled_from(["none", "None", "N/A", " n/a ", "nil", "မရှိ", "no child"]),
    st.sampled_from(["no", "No ", "yes", "NO"]),
    st.sampled_from(["2026-01", "01/2026", "2026-01-15", "၂၀၂၆-၀၁", "Jan-26", "13/13/13"]),
    st.text(max_size=8),
)  # fmt: skip

WHO = ('about = "child"', 'about = "child"\nperson = ["visit_id", "remarks", "nickname"]')


def small(*edits: tuple[str, str]) -> SourceContract:
    """The small contract with changes in whichever file holds their first part."""
    contract, mapping = CONTRACT, MAPPING
    for before, after in edits:
        if before in contract:
            contract = edited(contract, (before, after))
        else:
            mapping = edited(mapping, (before, after))
    return source_contract.read(contract, mapping, "small")


def a_key(name: str, kind: str = "string", *, position: int = 2) -> tuple[str, str]:
    """The edit that makes another field a part of the small contract's key."""
    return (
        f'{{ name = "{name}", ',
        f'{{ name = "{name}", primaryKey = true, primaryKeyPosition = {position}, ',
    )


PARTS = st.text(alphabet="aA1/%2F5", min_size=1, max_size=4)


@given(*[st.tuples(PARTS, PARTS, PARTS)] * 2)
def test_two_records_never_share_a_key_or_a_person_by_a_slash(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    """A/B and C are not A and B/C, and what was escaped is not what somebody typed so."""
    keys = keys_of(small(a_key("remarks"), a_key("nickname", position=3), WHO))
    names = ("visit_id", "remarks", "nickname")
    found, others = (keys(dict(zip(names, cells, strict=True))) for cells in (one, other))
    assert found
    assert others
    same = tuple(map(key_text, one)) == tuple(map(key_text, other))
    assert [a == b for a, b in zip(found, others, strict=True)] == [same, same]


def test_a_slash_in_the_first_part_of_a_key_stays_as_the_office_writes_it() -> None:
    keys = keys_of(small(a_key("remarks")))
    assert keys({"visit_id": "LI/26/7", "remarks": "2"}) == ("LI/26/7/2", "LI/26/7/2")
    assert keys({"visit_id": "LI", "remarks": "26/7"}) == ("LI/26%2F7", "LI/26%2F7")


@given(st.one_of(CELLS, st.text()))
def test_a_keys_text_is_what_the_readers_of_tables_make_of_a_cell(
    cell: Plain | None,
) -> None:
    assert key_text(cell) == cell_key_text(cell)


@pytest.mark.parametrize(("system", "record", "_"), source_contract.every())
def test_every_accepted_sample_of_every_contract_has_a_key(
    system: str, record: str, _: int
) -> None:
    """And only what is about a child has a person."""
    contract = source_contract.load(system, record)
    place = files("contracts").joinpath("sources", system, record, "v1", "sample.json")
    records = records_of(contract)
    for sample in json.loads(place.read_text(encoding="utf-8")):
        if "rejected" in sample:
            continue
        (one,) = records(sample["body"])
        assert one.keys
        assert one.keys[0].strip("/").startswith(sample["key"].split("/")[0])
        assert bool(one.keys[1]) == ("figure" not in sample["gives"])


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("string", [" A\u200b-7 ", "A-7"]),
        ("string", [412, 412.0, "412", "412.0", "၄၁၂"]),
        ("integer", [7, "7", "07", "၀၇", 7.0]),
        ("date", ["2026-01-05", "05/01/2026", "5.1.26", date(2026, 1, 5), 46027, "၅.၁.၂၅၆၉"]),
    ],
)
def test_one_key_however_it_is_typed(kind: str, cells: list[object]) -> None:
    string = '{ name = "visit_id", logicalType = "string"'
    contract = small((string, string.replace("string", kind)))
    keys = keys_of(contract)
    assert len({keys({"visit_id": cell}) for cell in cells}) == 1


@pytest.mark.parametrize("cell", ["2026-01", "15/01/2026", datetime(2026, 1, 9), "ဇန်နဝါရီ ၂၀၂၆"])  # noqa: DTZ001
def test_a_month_is_a_key_by_its_month(cell: object) -> None:
    contract = small(
        a_key("visit_date"), ('source = "visit_date", transform = "date"',
        'source = "visit_date", transform = "month"'),
    )  # fmt: skip
    assert keys_of(contract)({"visit_id": "v", "visit_date": cell}) == ("v/2026-01", "v/2026-01")


def test_what_is_no_day_and_no_number_stays_as_it_was_written() -> None:
    """The contract rejects it; two different ones are not one."""
    keys = keys_of(small(a_key("visit_date"), a_key("age", position=3)))
    cells = {"visit_id": "v", "visit_date": "soon", "age": "ten"}
    assert keys(cells) == ("v/soon/ten", "v/soon/ten")


@pytest.mark.parametrize(
    "cell", [None, "", " \u200b\u00a0", [], {"a": 1}, "x" * 5000, float("nan")]
)
def test_without_a_required_part_there_is_no_key(cell: object) -> None:
    assert keys_of(small())({"visit_id": cell, "child": "Made Up"}) is None


def test_an_optional_part_that_is_empty_leaves_its_place_empty() -> None:
    keys = keys_of(small(a_key("remarks")))
    assert keys({"visit_id": "v"}) == ("v/", "v/")
    assert keys({"visit_id": "v", "remarks": "b"}) == ("v/b", "v/b")


def test_the_parts_of_a_key_stand_in_their_positions() -> None:
    keys = keys_of(small(a_key("remarks", position=1), ("primaryKeyPosition = 1, classification",
        "primaryKeyPosition = 2, classification")))  # fmt: skip
    assert keys({"visit_id": "v", "remarks": "b"}) == ("b/v", "b/v")


def test_the_person_is_who_the_mapping_says() -> None:
    """Whoever cannot be told is a person of its own, and never one that another record names."""
    keys = keys_of(small(('about = "child"\n', 'about = "child"\nperson = ["nickname", "sex"]\n')))
    both = {"nickname": "၁၂", "sex": "M"}
    assert keys({"visit_id": "v1", **both}) == ("v1", "12/M")
    assert keys({"visit_id": "v2", **both}) == ("v2", "12/M")
    assert keys({"visit_id": "12/M", "nickname": "12"}) == ("12/M", "/12/M")


def test_a_figure_is_about_nobody() -> None:
    keys = keys_of(source_contract.load("labour_force_survey", "child"))
    assert keys({"HH1": 114, "HH2": "07", "LN": 3.0}) == ("114/7/3", "")


def test_the_children_of_one_form_are_records_with_their_places() -> None:
    records = records_of(KOBO)
    form = {
        "_id": 482,
        "child_found": "yes",
        "child": [{"child/name": "A"}, {}, {"child/name": "B"}],
    }
    assert [(one.part, one.keys) for one in records(form)] == [
        ("1", ("482/1", "482/1")), ("2", ("482/2", "482/2")),
    ]  # fmt: skip
    (none,) = records({"_id": 482, "child_found": "no"})
    assert (none.part, none.keys) == ("", ("482/", ""))


def test_a_form_that_found_a_child_and_has_none_is_not_keyed() -> None:
    """Its key would stay rejected for ever: once mended the form has children under other keys."""
    (one,) = records_of(KOBO)({"_id": 482, "child_found": "yes"})
    assert one.keys is None


def _named(keys: Keys, answer: str) -> bool:
    return keys({"insp_id": "I", "child_found": answer}) == ("I/", "")


def test_who_says_no_in_another_way_says_no() -> None:
    assert [_named(INSPECTION, answer) for answer in ("no", " No ", "yes", "ႏ", "")] == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ('["pupil"]', "names an unknown field pupil"),
        ('["helps[].help_id"]', "helps[].help_id is no single value"),
        ('["helps"]', "helps is no single value"),
        ('["age", "age"]', "names a field twice"),
        ('["a..b"]', "has no known form"),
    ],
)
def test_a_person_is_known_by_fields_that_exist(person: str, says: str) -> None:
    with pytest.raises(FatalError, match=r"mapping\.toml, person: ") as caught:
        small(('about = "child"\n', f'about = "child"\nperson = {person}\n'))
    assert says in str(caught.value)


def test_no_repr_shows_a_key() -> None:
    (one,) = records_of(small())({"visit_id": "Secret", "child": "Secret"})
    assert "Secret" not in repr(one)


def test_a_records_names_may_be_written_as_another_program_writes_them() -> None:
    survey = source_contract.load("labour_force_survey", "child")
    body = {"hh1": 1, "Hh2": 2, "ln": 3, "cb3": 9, "CB3": 10, "more": "x"}
    (one,) = records_of(survey)(body)
    assert one.body == {"HH1": 1, "HH2": 2, "LN": 3, "cb3": 9, "CB3": 10, "more": "x"}
    assert one.keys == ("1/2/3", "")


def test_a_text_where_children_should_be_is_no_child() -> None:
    (one,) = records_of(KOBO)({"_id": 1, "child_found": "yes", "child": "Made Up"})
    assert (one.part, one.keys) == ("", None)
    assert "child" not in one.body
