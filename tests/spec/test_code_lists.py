"""Every code that anything names exists: models, contracts, samples, rules, policies. Data only."""

import json
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from contracts import codes, model, source_contract
from contracts.labels import Label
from contracts.model.answer import ReferralState
from contracts.model.base import Meaning, Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.case_file import Concern
from contracts.model.consent_statement import Scope
from contracts.model.figure import SurveyFigure
from contracts.model.identity import Identity
from contracts.transforms import names as transform_names

SAID_INSTEAD = {"unmapped", "unknown"}
"""What a coded field may say that is in no list: that triage has the code, or that nobody knows."""

CONTRACTS = [pytest.param(*one, id="/".join(map(str, one))) for one in source_contract.every()]
POLICIES = ("myanmar_default", "strict")


def things() -> list[type[Thing]]:
    """Every thing of the common schema."""
    found = {
        one
        for module in iter_modules(model.__path__)
        for one in vars(import_module(f"contracts.model.{module.name}")).values()
        if isinstance(one, type) and issubclass(one, Thing) and one is not Thing
    }
    return sorted(found, key=lambda one: one.__qualname__)


def meanings(thing: type[BaseModel]) -> dict[str, Meaning]:
    return {
        name: one
        for name, field in thing.model_fields.items()
        for one in field.metadata
        if isinstance(one, Meaning)
    }


def parts(annotation: object) -> Iterator[object]:
    """Everything that a type is made of: `list[X] | None` gives X too."""
    yield annotation
    for one in get_args(annotation) if get_origin(annotation) is not Literal else ():
        yield from parts(one)


def coded(thing: type[BaseModel], content: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every coded value in a thing: its field, its list and the code."""
    for name, value in content.items():
        field, meaning = thing.model_fields[name], meanings(thing).get(name)
        values = value if isinstance(value, list) else [value]
        inner = next(
            (p for p in parts(field.annotation) if isinstance(p, type) and issubclass(p, Thing)),
            None,
        )
        for one in values:
            if isinstance(one, dict) and inner is not None:
                yield from coded(inner, one)
            elif meaning and meaning.codes and one is not None:
                yield name, meaning.codes, one


def samples(system: str, record: str, major: int) -> list[dict[str, Any]]:
    place = files("contracts").joinpath("sources", system, record, f"v{major}", "sample.json")
    found: list[dict[str, Any]] = json.loads(place.read_text(encoding="utf-8"))
    return found


def targets() -> dict[str, tuple[str, frozenset[str]]]:
    """Of every coded target: its list, and the values that its type allows (empty: any text)."""
    found: dict[str, tuple[str, frozenset[str]]] = {}

    def walk(prefix: str, thing: type[BaseModel]) -> None:
        for name, field in thing.model_fields.items():
            kinds = list(parts(field.annotation))
            words = {word for one in kinds if get_origin(one) is Literal for word in get_args(one)}
            meaning = meanings(thing).get(name)
            found[f"{prefix}.{name}"] = (meaning.codes if meaning else "", frozenset(words))
            for one in kinds:
                if isinstance(one, type) and issubclass(one, Thing):
                    walk(f"{prefix}.{name}", one)

    for root, thing in (("identity", Identity), ("facts", CaseFacts), ("figure", SurveyFigure)):
        walk(root, thing)
    return found


@pytest.mark.parametrize("thing", things(), ids=lambda one: one.__qualname__)
def test_every_list_that_a_field_names_exists(thing: type[Thing]) -> None:
    for meaning in meanings(thing).values():
        assert not meaning.codes or codes.load(meaning.codes).codes


@pytest.mark.parametrize("thing", things(), ids=lambda one: one.__qualname__)
def test_every_field_is_explained_and_no_repr_shows_it(thing: type[Thing]) -> None:
    assert set(meanings(thing)) == set(thing.model_fields)
    assert repr(thing.model_construct()) == f"{thing.__name__}()"


def test_a_word_that_a_type_allows_is_a_code_of_its_list() -> None:
    checked = [
        (target, words - SAID_INSTEAD - set(codes.load(name).codes))
        for target, (name, words) in targets().items()
        if name and words
    ]
    assert len(checked) >= 3
    assert not [one for one in checked if one[1]]


@pytest.mark.parametrize("name", ["worst_forms", "school_statuses", "sexes"])
def test_a_type_allows_every_code_of_its_list(name: str) -> None:
    allowed = {words for listed, words in targets().values() if listed == name and words}
    assert allowed == {frozenset(codes.load(name).codes)}


def test_the_answers_to_referrals_are_the_states_of_referrals() -> None:
    assert set(get_args(ReferralState)) == set(codes.load("referral_states").codes)


@pytest.mark.parametrize(("system", "record", "major"), CONTRACTS)
def test_a_mapping_names_known_transforms_and_lists(system: str, record: str, major: int) -> None:
    contract = source_contract.load(system, record, major)
    for row in [*contract.rows, *(row for one in contract.lists for row in one.rows)]:
        assert row.transform in transform_names()
        assert not row.codes or codes.load(row.codes, row.level).codes
        assert bool(row.codes or row.crosswalk) == (row.transform in {"code", "codes"})


@pytest.mark.parametrize(("system", "record", "major"), CONTRACTS)
def test_a_list_is_read_into_a_field_of_that_list(system: str, record: str, major: int) -> None:
    known = targets()
    contract = source_contract.load(system, record, major)
    rows = [(row.target, row) for row in contract.rows]
    rows += [(f"{one.target}.{row.target}", row) for one in contract.lists for row in one.rows]
    for target, row in rows:
        listed = known.get(target, ("", frozenset()))[0]
        if row.codes and listed:
            same = {row.codes, listed} <= {"absence_reasons", "dropout_reasons"}
            assert row.codes == listed or same


@pytest.mark.parametrize(("system", "record", "major"), CONTRACTS)
def test_a_crosswalk_leads_to_codes_that_exist(system: str, record: str, major: int) -> None:
    known = targets()
    inputs = {"child.sex": ("sexes", frozenset()), "child.concerns": ("", get_args(Concern))}
    contract = source_contract.load(system, record, major)
    rows = [(row.target, row) for row in contract.rows]
    rows += [(f"{one.target}.{row.target}", row) for one in contract.lists for row in one.rows]
    for target, row in rows:
        listed, words = {**known, **inputs}.get(target, ("", frozenset()))
        if row.crosswalk:
            given = set(contract.crosswalks[row.crosswalk].values()) - {""}
            assert not listed or given <= set(codes.load(listed).codes) | SAID_INSTEAD
            assert not words or given <= set(words)


@pytest.mark.parametrize(("system", "record", "major"), CONTRACTS)
def test_a_sample_gives_only_codes_that_exist(system: str, record: str, major: int) -> None:
    found = [
        one
        for sample in samples(system, record, major)
        for part, thing in (("identity", Identity), ("facts", CaseFacts))
        for one in coded(thing, sample.get("gives", {}).get(part) or {})
    ]
    assert not [one for one in found if one[2] not in SAID_INSTEAD | set(codes.load(one[1]).codes)]


def test_a_sample_with_a_code_that_does_not_exist_would_be_seen() -> None:
    facts = {"hazards": ["glare"], "referrals": [{"referral_id": "1", "state": "lost"}]}
    assert list(coded(CaseFacts, facts)) == [
        ("hazards", "hazards", "glare"), ("state", "referral_states", "lost"),
    ]  # fmt: skip


def rule_sets() -> dict[str, dict[str, Any]]:
    folder = files("contracts").joinpath("rules")
    return {
        one.name: tomllib.loads(one.read_text(encoding="utf-8"))
        for one in folder.iterdir()
        if one.name.endswith(".toml")
    }


@pytest.mark.parametrize("name", sorted(rule_sets()))
def test_a_rule_set_names_only_codes_that_exist(name: str) -> None:
    hazardous = rule_sets()[name].get("hazardous", {})
    assert set(hazardous.get("isic_sections", ())) <= set(codes.load("isic4", "section").codes)
    groups = {one for row in hazardous.get("occupations", ()) for one in row.get("isco08", ())}
    assert groups <= set(codes.load("isco08").codes)


@pytest.mark.parametrize("name", sorted(rule_sets()))
def test_a_statistical_rule_set_says_one_boundary(name: str) -> None:
    rules = rule_sets()[name]
    said = [
        one.code
        for one in codes.load("production")
        if rules.get("boundary", "").startswith(one.more["boundary"])
    ]
    assert len(said) == (1 if rules["kind"] == "statistical" else 0)


def mics_hazards() -> set[tuple[str, str]]:
    """Question and code of every hazard that a MICS6 form asks, as the crosswalk has them."""
    return {(one.other, one.code) for one in codes.crosswalk("hazards") if one.scheme == "MICS6"}


def test_the_survey_contract_reads_hazards_as_the_crosswalk_has_them() -> None:
    contract = source_contract.load("labour_force_survey", "child")
    asked = {
        (name, code)
        for name, table in contract.crosswalks.items()
        for code in table.values()
        if name.startswith("CL") and code
    }
    assert asked <= mics_hazards()
    assert {question for question, _ in asked} == {question for question, _ in mics_hazards()}


def test_the_classification_tool_reads_hazards_as_the_crosswalk_has_them() -> None:
    text = files("hub.classify").joinpath("questionnaires.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(text)["mics6"]["hazards"].items()) <= mics_hazards()


def named(tree: object, key: str) -> Iterator[str]:
    """Every text under a key, at any depth."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield from value if isinstance(value, list) else [value]
            yield from named(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from named(value, key)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_consent_policy_names_only_classes_and_questions_that_exist(policy: str) -> None:
    text = files("consent").joinpath("policies", f"{policy}.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    assert set(named(document, "classes")) <= set(Label)
    assert set(document["grants"]) <= set(get_args(Scope))
    asked = {one for questions in document["needs"].values() for one in questions}
    assert asked <= {f"clm:{scope}" for scope in get_args(Scope)}
