"""Our FHIR definitions: published as generated, complete, and used. No validator here."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import codes
from contracts.fhir import NOT_HELD, bundle_of, provider_bundle_of
from contracts.fhir.definitions import coded_lists, every
from contracts.fhir.fields import about_fields, fields_of, panels
from contracts.fhir.profiles import EXTENSIONS, PROFILES
from contracts.fhir.vocabulary import BASE, ENUMS, named
from contracts.model.case_facts import CaseFacts
from contracts.model.education_situation import EducationSituation
from contracts.model.household import Household
from contracts.model.identity import Identity
from contracts.model.inspection import Inspection
from contracts.model.work_situation import WorkSituation
from contracts.model.workplace import Workplace
from tests.spec.fhir_files import FOLDER, texts
from tests.spec.test_fhir import SAMPLES, full

DOCUMENT = FOLDER.with_suffix(".md").read_text(encoding="utf-8")
PROVIDER = {"provider_id": "p1", "name": "Agency 4", "services": ["food_service"],
            "townships": ["MMR013040"]}  # fmt: skip


def test_the_published_files_are_what_the_code_defines() -> None:
    held = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    stale = sorted(
        name for name in held.keys() | texts().keys() if held.get(name) != texts().get(name)
    )
    assert stale == [], "run: .venv/bin/python -m tests.spec.fhir_files"


def test_no_two_definitions_share_an_address() -> None:
    addresses = [one["url"] for one in every().values()]
    assert len(addresses) == len(set(addresses))
    names = [one.name for one in (*PROFILES, *EXTENSIONS)]
    assert len(names) == len(set(names))


def addresses_in(part: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    text = json.dumps(part)
    yield from re.findall(
        rf'"({re.escape(BASE)}/(?:StructureDefinition|CodeSystem|ValueSet|Questionnaire)/[^"]+)"',
        text,
    )


def written() -> list[dict[str, Any]]:
    identity, facts = full()
    born = identity | {"birth_latest": identity["birth_earliest"], "absent": []}
    less = facts | {"case_status": None, "disclosure_limits": True}
    return [
        bundle_of(identity, facts, version="1"), bundle_of(born, less),
        provider_bundle_of(PROVIDER), *(bundle_of(*one.values) for one in SAMPLES),
    ]  # fmt: skip


def test_every_address_of_ours_that_a_resource_names_is_published() -> None:
    published = {one["url"] for one in every().values()}
    for bundle in written():
        assert set(addresses_in(bundle)) <= published


def codings_in(part: Any) -> Iterator[dict[str, str]]:  # noqa: ANN401 - any JSON
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and "display" in part and "code" in part:
        yield part
    for one in inside:
        yield from codings_in(one)


def test_every_coding_of_ours_has_a_published_code_and_its_display() -> None:
    published = {
        (one["url"], concept["code"]): concept["display"]
        for one in every().values()
        for concept in one.get("concept", ())
    }
    found = [
        one for bundle in written() for one in codings_in(bundle) if one["system"].startswith(BASE)
    ]
    assert len(found) > 100
    for one in found:
        assert published[one["system"], one["code"]] == one["display"]


def test_every_profile_and_extension_is_used() -> None:
    used = {url for bundle in written() for url in addresses_in(bundle)}
    wanted = {f"{BASE}/StructureDefinition/{one.name}" for one in (*PROFILES, *EXTENSIONS)}
    assert wanted - used == set()


@pytest.mark.parametrize("name", coded_lists())
def test_a_code_system_holds_its_whole_list(name: str) -> None:
    definition = every()[f"CodeSystem-{named(name)}.json"]
    held = [one["code"] for one in definition["concept"]]
    wanted = list(codes.load(name).codes) if name in codes.names() else list(ENUMS[name])
    assert held == wanted
    assert definition["count"] == len(held)
    assert every()[f"ValueSet-{named(name)}.json"]["compose"]["include"] == [
        {"system": definition["url"]}
    ]


MODELS = (CaseFacts, Identity, WorkSituation, EducationSituation, Household, Workplace, Inspection)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_code_list_that_a_field_names_has_a_code_system(model: Any) -> None:  # noqa: ANN401
    for field in fields_of(model).values():
        if field.kind == "code":
            assert f"CodeSystem-{named(field.codes)}.json" in every(), field.name


def test_every_field_of_a_panel_has_a_code_and_a_meaning() -> None:
    for panel in panels().values():
        assert panel.code in about_fields()
        assert all(about_fields()[field.code].meaning for field in panel.fields)


def test_a_closed_answer_that_a_code_list_has_too_is_the_same() -> None:
    for name in set(ENUMS) & set(codes.names()):
        assert set(ENUMS[name]) <= set(codes.load(name).codes), name


def test_the_page_names_every_profile_every_extension_and_every_loss() -> None:
    for one in (*PROFILES, *EXTENSIONS):
        assert f"`{one.name}`" in DOCUMENT, one.name
    for loss in NOT_HELD:
        assert loss in " ".join(DOCUMENT.split()), loss
