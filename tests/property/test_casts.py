"""What a cast between versions may never do: invent, or lose without saying so."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contracts import casts, versions
from contracts.casts import CHAINS, Chain, downcast, newest, upcast
from contracts.catalogue.schema import schema_of
from contracts.envelope import Kind
from contracts.errors import FatalError, RejectedError
from contracts.model.base import Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from tests.architecture.tree import ROOT
from tests.property.from_schema import Content, contents, room_for

OLD = "1.0.0"
THINGS: Mapping[Kind, type[Thing]] = {Kind.IDENTITY: Identity, Kind.CASE: CaseFacts}
KINDS = pytest.mark.parametrize("kind", list(THINGS))
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def old_schema(kind: Kind) -> dict[str, Any]:
    """The schema as 1.0.0 was published."""
    name = {Kind.IDENTITY: "identity", Kind.CASE: "case_facts"}[kind]
    path = ROOT / "docs" / "catalogue" / "schemas" / OLD / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def new_schema(kind: Kind) -> dict[str, Any]:
    return schema_of(THINGS[kind])


@cache
def old_contents(kind: Kind) -> st.SearchStrategy[Content]:
    return contents(old_schema(kind))


@cache
def new_contents(kind: Kind) -> st.SearchStrategy[Content]:
    return contents(new_schema(kind))


@cache
def fits_old(kind: Kind) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(old_schema(kind), validate_formats=True)


def test_the_newest_version_is_the_one_that_the_schema_has() -> None:
    assert {chain.versions[-1] for chain in CHAINS.values()} == {versions.SCHEMA_VERSION}
    assert set(CHAINS) == set(Kind)


@KINDS
@FEW
@given(st.data())
def test_up_and_down_again_is_the_content_of_before(kind: Kind, data: st.DataObject) -> None:
    old = data.draw(old_contents(kind))
    before = deepcopy(old)
    new = upcast(old, kind, OLD)
    THINGS[kind].model_validate(new)
    assert downcast(new, kind, OLD) == (before, [])
    assert old == before


@KINDS
@FEW
@given(st.data())
def test_down_loses_what_the_older_version_has_no_room_for_and_names_exactly_that(
    kind: Kind, data: st.DataObject
) -> None:
    new = data.draw(new_contents(kind))
    if kind is Kind.CASE:
        new["system"] = data.draw(st.sampled_from(["dsw_cms", "labour_inspection", "emis"]))
    expected, lost = room_for(new, old_schema(kind))
    old, told = downcast(new, kind, OLD)
    assert fits_old(kind).is_valid(old)
    assert (upcast(old, kind, OLD), set(told)) == (expected, lost)


@FEW
@given(st.data())
def test_content_of_a_system_that_the_older_version_forbids_is_refused(data: st.DataObject) -> None:
    new = data.draw(new_contents(Kind.CASE))
    assume(new["system"] not in {"dsw_cms", "labour_inspection", "emis"})
    with pytest.raises(RejectedError) as caught:
        downcast(new, Kind.CASE, OLD)
    (reason,) = caught.value.reasons
    assert (reason.code, reason.column) == ("version_forbids", "system")
    assert new["system"] not in reason.message


@KINDS
@FEW
@given(st.data())
def test_sealed_content_without_a_mark_is_read_as_it_stands(
    kind: Kind, data: st.DataObject
) -> None:
    """A minor version adds and no more: parts that were sealed before it need no touch."""
    assert CHAINS[kind].is_additive(OLD)
    for one in (data.draw(old_contents(kind)), data.draw(new_contents(kind))):
        assert newest(one, kind) == one
        assert newest(one | {casts.MARK: versions.SCHEMA_VERSION}, kind) == one


@KINDS
@pytest.mark.parametrize("version", ["2.0.0", "", "1.0", "x" * 500])
def test_an_unknown_version_is_a_clear_error(kind: Kind, version: str) -> None:
    for cast in (upcast, downcast):
        with pytest.raises(FatalError, match=r"known are 1\.0\.0, 1\.1\.0") as caught:
            cast({}, kind, version)
        assert len(str(caught.value)) < 200
    if version:
        with pytest.raises(FatalError, match="has no version"):
            newest({casts.MARK: version}, kind)


def test_an_unknown_kind_is_a_clear_error() -> None:
    with pytest.raises(FatalError, match="known are"):
        upcast({}, "verdict", OLD)


# --- a made-up record with a past: what the common schema does not need yet ------------------

PAST = """
versions = ["1", "1.1", "2", "3"]

[[step]] # 1.1: more about the visit
operations = [
  { do = "add", path = "visits[].length" },
  { do = "widen", path = "office", codes = ["north", "south"] },
]

[[step]] # 2: the workplace became a thing, and states got words
operations = [
  { do = "add", path = "workplace.lot" },
  { do = "move", old = "wp_name", new = "workplace.name" },
  { do = "move", old = "wp_owner", new = "workplace.owner" },
  { do = "move", old = "visits[].day", new = "visits[].on" },
  { do = "recode", path = "state", codes = { 1 = "open", 2 = "closed" }, new_codes = ["paused"] },
]

[[step]] # 3: hazards have two codes exchanged, and one more; the name has another name
operations = [
  { do = "recode", path = "hazards", codes = { a = "b", b = "a" }, new_codes = ["c"] },
  { do = "move", old = "workplace.name", new = "workplace.title" },
]
"""
MADE_UP = casts.read(PAST, "inspection", "made up")
CHAIN = {"inspection": MADE_UP}
OFFICES = st.sampled_from(["north", "south"])
WORDS = st.text("xyz", min_size=1, max_size=2)
FIRST = st.fixed_dictionaries(
    {"office": OFFICES},
    optional={
        "wp_name": WORDS, "wp_owner": WORDS, "state": st.sampled_from("12"), "note": WORDS,
        "hazards": st.lists(st.sampled_from("ab"), max_size=4),
        "visits": st.lists(st.fixed_dictionaries({}, optional={"day": WORDS, "by": WORDS})),
    },
)  # fmt: skip
LAST = st.fixed_dictionaries(
    {"office": OFFICES},
    optional={
        "workplace": st.fixed_dictionaries(
            {"title": WORDS}, optional={"owner": WORDS, "lot": WORDS}
        ),
        "state": st.sampled_from(["open", "closed", "paused"]),
        "hazards": st.lists(st.sampled_from("abc"), max_size=4),
        "visits": st.lists(
            st.fixed_dictionaries({}, optional={"on": WORDS, "by": WORDS, "length": WORDS})
        ),
    },
)  # fmt: skip


@given(FIRST)
def test_three_steps_up_and_down_again_are_the_content_of_before(old: Content) -> None:
    new = upcast(old, "inspection", "1", CHAIN)
    assert downcast(new, "inspection", "1", CHAIN) == (old, [])


@given(FIRST, st.sampled_from(["1.1", "2"]))
def test_a_chain_can_be_left_at_any_version(old: Content, version: str) -> None:
    new = upcast(old, "inspection", "1", CHAIN)
    between, lost = downcast(new, "inspection", version, CHAIN)
    assert lost == []
    assert upcast(between, "inspection", version, CHAIN) == new


@given(LAST)
def test_three_steps_down_say_what_they_lose_and_lose_no_more(new: Content) -> None:
    old, lost = downcast(new, "inspection", "1", CHAIN)
    expected, gone = deepcopy(new), set()
    if expected.get("workplace", {}).pop("lot", ""):
        gone.add("workplace.lot")
    if expected.get("state") == "paused":
        del expected["state"]
        gone.add("state")
    if "c" in expected.get("hazards", ()):
        expected["hazards"] = [one for one in expected["hazards"] if one != "c"]
        gone.add("hazards")
    for visit in expected.get("visits", ()):
        if visit.pop("length", ""):
            gone.add("visits[].length")
    assert set(lost) == gone
    assert upcast(old, "inspection", "1", CHAIN) == expected


def test_one_record_through_all_versions_reads_as_written() -> None:
    old = {
        "office": "north", "wp_name": "tea shop", "state": "2", "hazards": ["a"],
        "visits": [{"day": "2026-01-05"}],
    }  # fmt: skip
    assert upcast(old, "inspection", "1", CHAIN) == {
        "office": "north", "workplace": {"title": "tea shop"}, "state": "closed",
        "hazards": ["b"], "visits": [{"on": "2026-01-05"}],
    }  # fmt: skip


def test_what_a_major_version_drops_stays_missing() -> None:
    chain = casts.read(
        'versions = ["1", "2"]\n[[step]]\noperations = [{ do = "drop", path = "a.b" }]', "x", "here"
    )
    assert chain.up({"a": {"b": 1, "c": 2}}, "1") == {"a": {"c": 2}}
    assert chain.down({"a": {"c": 2}}, "1") == ({"a": {"c": 2}}, [])
    assert not chain.is_additive("1")


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ('do = "fly"', "'fly'"),
        ('do = "move", old = "a"', "'new'"),
        ('do = "move", old = "a[].b", new = "b"', "leaves its list"),
        ('do = "recode", path = "a", codes = { x = "z", y = "z" }', "one to one"),
        ('do = "recode", path = "a", codes = { x = "z" }, new_codes = ["z"]', "one to one"),
        ('do = "recode", path = "a", codes = 1', "no table of casts"),
    ],
)
def test_an_operation_that_cannot_be_turned_round_is_refused(operation: str, why: str) -> None:
    text = f'versions = ["1", "2"]\n[[step]]\noperations = [{{ {operation} }}]'
    with pytest.raises(FatalError, match=why) as caught:
        casts.read(text, "inspection", "here/casts.toml")
    assert "here/casts.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('versions = ["1", "2"]', "one step between"),
        ("versions = []", "one step between"),
        ('versions = ["1", "1"]\n[[step]]\noperations = []', "twice"),
        ("versions =", "no table of casts"),
        ("x = 1", "'versions'"),
        ("versions = 1", "no table of casts"),
    ],
)
def test_a_chain_with_a_gap_is_refused(text: str, why: str) -> None:
    with pytest.raises(FatalError, match=why):
        casts.read(text, "inspection", "here/casts.toml")


@given(LAST)
def test_a_chain_of_one_version_changes_nothing(content: Content) -> None:
    chain = Chain(kind="x", versions=("1",), steps=())
    assert chain.up(content, "1") == content
    assert chain.down(content, "1") == (content, [])
