"""Code lists, each by itself: complete, dated, with provenance, readable in both languages."""

import re
import tomllib
import warnings
from datetime import date
from importlib.resources import files
from unicodedata import is_normalized

import pytest
from myanmartools import ZawgyiDetector

from contracts import codes
from contracts.text import tidy

LISTS = [name for name in codes.names() if name != "card_townships"]
ENGLISH_ONLY = {"isic4", "isco08"}  # nobody has published Burmese titles of these two
BURMESE = re.compile(r"[\u1000-\u109f]")
# Zawgyi writes ေ before its consonant, so that a word begins with it, and uses these code points
# for stacked letters; Unicode has other letters of Mon, Shan and Karen there.
ZAWGYI_ONLY = re.compile(r"(^|[\s(၊])\u1031|[\u1033-\u1035\u105a\u1060-\u1097]")
LAST_DAY, SPLIT = date(2020, 1, 26), date(2020, 1, 27)


@pytest.fixture(scope="module")
def detector() -> ZawgyiDetector:
    """Google's detector, which opens its model in a way that Python calls outdated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()


@pytest.mark.parametrize(
    ("name", "level", "count"),
    [
        ("isic4", "section", 21), ("isic4", "division", 88), ("isic4", "group", 238),
        ("isic4", "class", 419), ("isco08", "major", 10), ("isco08", "sub-major", 43),
        ("isco08", "minor", 130), ("isco08", "unit", 436), ("states", "", 18), ("hazards", "", 18),
        ("worst_forms", "", 9), ("nationalities", "", 249), ("grades", "", 13),
        ("absence_reasons", "", 11), ("dropout_reasons", "", 11), ("services", "", 15),
        ("sanctions", "", 6), ("referral_states", "", 5), ("inspection_types", "", 4),
        ("age_evidence", "", 6), ("living_with", "", 6), ("pay_kinds", "", 4),
        ("risk_levels", "", 3), ("visit_kinds", "", 6), ("relations", "", 16),
        ("production", "", 2),
    ],
)  # fmt: skip
def test_a_list_has_all_its_codes(name: str, level: str, count: int) -> None:
    assert len(codes.load(name, level).codes) == count


def test_the_country_has_330_townships_and_older_lists_two_more() -> None:
    townships = list(codes.load("townships"))
    assert len([one for one in townships if not one.retired]) == 330
    assert {one.code for one in townships if one.retired} == {"MMR013008", "MMR013045"}
    assert {codes.state_of(one.code) for one in townships} == set(codes.load("states").codes)
    assert all(one.parent == codes.state_of(one.code) for one in townships)


@pytest.mark.parametrize("name", codes.names())
def test_every_list_tells_where_it_comes_from(name: str) -> None:
    entry = codes._sources()[name]
    assert {"version", "valid_from", "source", "licence"} <= set(entry)
    assert {type(entry[key]) for key in ("valid_from", "valid_until") if key in entry} == {date}
    assert files(codes).joinpath(f"{name}.csv").is_file()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_holds_from_a_day_on_and_not_until_before_it(name: str) -> None:
    found = codes.load(name)
    assert found.valid_until is None or found.valid_from < found.valid_until


def test_every_file_of_codes_is_listed() -> None:
    found = {one.name[:-4] for one in files(codes).iterdir() if one.name.endswith(".csv")}
    assert found == set(codes.names())


@pytest.mark.parametrize("name", LISTS)
def test_no_spelling_means_two_codes(name: str) -> None:
    # `load` keeps the last; two rows that claim one spelling would hide each other
    claimed: dict[str, str] = {}
    for one in codes.load(name):
        for text in {one.code, *filter(None, one.more.get("spellings", "").split("|"))}:
            assert claimed.setdefault(codes.spelling(text), one.code) == one.code


@pytest.mark.parametrize("name", codes.names())
def test_a_code_stands_once_in_its_file(name: str) -> None:
    rows = list(codes._rows(f"{name}.csv"))
    key = ("state", "code", "title_my") if name == "card_townships" else ("code",)
    assert len({tuple(row[part] for part in key) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", LISTS)
def test_every_code_has_a_title_of_its_own(name: str) -> None:
    listed = [one for one in codes.load(name) if not one.retired]
    assert all(one.title for one in listed)
    if name not in {*ENGLISH_ONLY, "townships"}:  # groups repeat in classes; towns share names
        assert len({one.title for one in listed}) == len(listed)


@pytest.mark.parametrize("name", [one for one in LISTS if one not in ENGLISH_ONLY])
def test_every_code_has_a_burmese_title(name: str) -> None:
    assert not [one.code for one in codes.load(name) if not BURMESE.search(one.title_my)]


@pytest.mark.parametrize("name", codes.names())
def test_burmese_is_unicode_without_hidden_characters(name: str, detector: ZawgyiDetector) -> None:
    texts = [text for row in codes._rows(f"{name}.csv") for text in row.values() if text]
    assert all(is_normalized("NFC", text) for text in texts)
    assert all(tidy(text) == text for text in texts)
    assert not [text for text in texts if ZAWGYI_ONLY.search(text)]
    burmese = " ".join(text for text in texts if BURMESE.search(text))
    # the share of single words is useless: many are spelt alike in both encodings
    assert not burmese or detector.get_zawgyi_probability(burmese) < 0.05


def test_zawgyi_in_a_list_would_be_seen(detector: ZawgyiDetector) -> None:
    assert ZAWGYI_ONLY.search("ေက်ာင္း")
    assert detector.get_zawgyi_probability("ေက်ာင္းထြက္") > 0.95


def test_every_class_has_a_section_and_a_lost_zero_comes_back() -> None:
    sections = {codes.section_of(one.code) for one in codes.load("isic4", "class")}
    assert sections == set("ABCDEFGHIJKLMNOPQRSTU")
    assert codes.load("isic4", "class").find("111") == "0111"
    assert codes.load("isic4", "class").find("0999") is None
    assert codes.section_of("nothing") == "unknown"


@pytest.mark.parametrize("name", ["isic4", "isco08"])
def test_every_parent_of_a_classification_is_in_it(name: str) -> None:
    found = codes.load(name)
    assert all(one.parent in found for one in found if one.parent)
    tops = {one.level for one in found if not one.parent}
    assert tops == {"section" if name == "isic4" else "major"}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("grades", "G5", "5"), ("grades", "Grade 10", "10"), ("grades", "၅", "5"),
        ("grades", "သူငယ်တန်း", "KG"), ("relations", "Father", "father"),
        ("relations", "အမေ", "mother"), ("nationalities", "mm", "MM"),
        ("nationalities", "ထိုင်း", "TH"), ("visit_kinds", "for_assesment", "for_assessment"),
        ("absence_reasons", "Working", "working"), ("living_with", "relative", "relatives"),
        ("absence_reasons", "weather", None), ("grades", "13", None), ("sanctions", "jail", None),
    ],
)  # fmt: skip
def test_a_spelling_of_an_office_is_read(name: str, text: str, code: str | None) -> None:
    assert codes.load(name).find(text) == code


@pytest.mark.parametrize(
    ("code", "on", "stands"),
    [
        ("MMR013008", LAST_DAY, ("MMR013008",)),
        ("MMR013008", SPLIT, ("MMR013046", "MMR013047")),
        ("MMR013045", LAST_DAY, ()),
        ("MMR013040", SPLIT, ("MMR013040",)),
    ],
)
def test_what_stands_for_a_township_depends_on_the_day(
    code: str, on: date, stands: tuple[str, ...]
) -> None:
    assert codes.successor("townships", code, on) == stands


def test_a_code_that_never_was_has_no_successor() -> None:
    with pytest.raises(KeyError, match="never had this code"):
        codes.successor("townships", "MMR099999", SPLIT)


def test_every_change_is_of_a_retired_code_and_ends_at_current_ones() -> None:
    rows = tomllib.loads(files(codes).joinpath("changes.toml").read_text(encoding="utf-8"))
    names = {row["list"] for row in rows["change"]}
    assert names <= set(codes.names())
    for name in names:
        listed = codes.load(name).codes
        changed = codes.changes(name)
        assert {one.code for one in changed} == {one.code for one in listed.values() if one.retired}
        for one in changed:
            assert one.source
            assert not [code for code in one.becomes if listed[code].retired]


def test_the_hazards_stand_beside_the_codes_of_three_schemes() -> None:
    links = codes.crosswalk("hazards")
    assert {one.code for one in links} == set(codes.load("hazards").codes)
    assert {one.equivalence for one in links} <= codes.EQUIVALENCES
    others = {scheme: {one.other for one in links if one.scheme == scheme} for scheme in
              ("R190", "MICS6", "DPMS")}  # fmt: skip
    assert others["R190"] == {f"3{letter}" for letter in "abcde"}
    assert others["MICS6"] == {"CL4", "CL5", *(f"CL6{letter}" for letter in "ABCDEX")}
    assert others["DPMS"] == {f"{number:02}" for number in range(1, 13)}
    assert len({(one.code, one.scheme, one.other) for one in links}) == len(links)


def test_an_equivalent_code_is_the_only_one_of_its_scheme() -> None:
    for scheme in ("R190", "MICS6", "DPMS"):
        links = [one for one in codes.crosswalk("hazards") if one.scheme == scheme]
        for one in links:
            if one.equivalence == "equivalent":
                same = [two for two in links if one.other == two.other or one.code == two.code]
                assert same == [one]


def test_only_a_named_condition_counts_as_hazardous() -> None:
    counts = {one.code: one.more["counts"] for one in codes.load("hazards")}
    assert set(counts.values()) == {"yes", "unknown"}
    assert [code for code, said in counts.items() if said == "unknown"] == ["other"]


def test_worst_forms_leave_hazardous_work_to_the_rules() -> None:
    parents = {one.parent for one in codes.load("worst_forms")}
    assert parents == {"C182-3a", "C182-3b", "C182-3c", "C182-3"}
    assert "Article 3 (d)" in codes._sources()["worst_forms"]["note"]


def test_a_referral_state_has_a_code_in_primero_and_in_fhir() -> None:
    states = codes.load("referral_states")
    assert {one.more["primero"] for one in states} == set(states.codes)
    # FHIR R4 task-status, the codes that a referral can have
    allowed = {"requested", "received", "accepted", "rejected", "in-progress", "completed",
               "cancelled"}  # fmt: skip
    assert {one.more["fhir_task"] for one in states} <= allowed
    assert len({one.more["fhir_task"] for one in states}) == len(states.codes)
