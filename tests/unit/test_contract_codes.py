"""Code lists: complete, with provenance, and every code used anywhere exists. Data against data."""

import re
from importlib.resources import files

import pytest

from contracts import codes, rules, source_contract
from contracts.labels import label_of
from contracts.model import (
    answer,
    case_facts,
    consent_statement,
    figure,
    identity,
    mirror_case,
    verdict,
)  # fmt: skip
from contracts.model.base import Thing
from contracts.transforms import names as transform_names

LISTS = [name for name in codes.names() if name != "card_townships"]
MODELS = [
    answer.Answer, answer.CaseAnswer, answer.ReferralAnswer, answer.ServiceRow,
    case_facts.CaseFacts, case_facts.Unmapped, consent_statement.ConsentStatement, figure.Figure,
    identity.Identity, mirror_case.MirrorCase, verdict.Verdict,
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "level", "count"),
    [
        ("isic4", "section", 21), ("isic4", "division", 88), ("isic4", "group", 238),
        ("isic4", "class", 419), ("isco08", "unit", 436), ("states", "", 18), ("hazards", "", 18),
        ("worst_forms", "", 9),
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
    assert {"version", "source", "licence"} <= set(entry)
    assert files(codes).joinpath(f"{name}.csv").is_file()


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


def test_every_class_has_a_section_and_a_lost_zero_comes_back() -> None:
    sections = {codes.section_of(one.code) for one in codes.load("isic4", "class")}
    assert sections == set("ABCDEFGHIJKLMNOPQRSTU")
    assert codes.load("isic4", "class").find("111") == "0111"
    assert codes.load("isic4", "class").find("0999") is None
    assert codes.section_of("nothing") == "unknown"


def test_every_crosswalk_target_exists_where_it_goes() -> None:
    lists = {
        "facts.worst_forms": "worst_forms", "facts.service_requested": "services",
        "facts.hazards": "hazards",
    }  # fmt: skip
    checked = 0
    for system, record in source_contract.every():
        contract = source_contract.load(system, record)
        for row in contract.rows:
            if row.crosswalk and row.target in lists:
                targets = set(contract.crosswalks[row.crosswalk].values()) - {""}
                assert targets <= set(codes.load(lists[row.target]).codes)
                checked += 1
    assert checked >= 4


def test_mappings_name_known_transforms_and_lists() -> None:
    for system, record in source_contract.every():
        for row in source_contract.load(system, record).rows:
            assert row.transform in transform_names()
            assert not row.codes or codes.load(row.codes, row.level).codes
            assert bool(row.codes or row.crosswalk) == (row.transform in {"code", "codes"})


def test_the_schema_names_exactly_the_codes_of_its_lists() -> None:
    facts = case_facts.CaseFacts.model_json_schema()["properties"]
    assert set(facts["worst_forms"]["items"]["enum"]) == set(codes.load("worst_forms").codes)
    statuses = next(one["enum"] for one in facts["school_status"]["anyOf"] if "enum" in one)
    assert set(statuses) == set(codes.load("school_statuses").codes)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_one_label(model: type[Thing]) -> None:
    for field in model.model_fields:
        assert re.fullmatch("C[0-7]", label_of(model, field))


@pytest.mark.parametrize("model", [one for one in MODELS if issubclass(one, Thing)])
def test_every_field_is_explained_and_no_repr_shows_it(model: type[Thing]) -> None:
    for name, field in model.model_fields.items():
        assert name == "kind" or field.description
    assert repr(model.model_construct()) == f"{model.__name__}()"


@pytest.mark.parametrize("name", [rules.STATISTICAL, rules.LEGAL])
def test_a_rule_set_names_its_source_and_covers_its_ages(name: str) -> None:
    rule_set = rules.load(name)
    assert rule_set.name == name
    assert rule_set.source
    ages = [age for band in rule_set.bands for age in range(band.age_from, band.age_below)]
    assert ages == list(range(rule_set.age_from, rule_set.age_below))
