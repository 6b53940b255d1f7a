"""No field without a privacy class: the common schema, and whatever the APIs answer or take."""

import ast
import re
from importlib import import_module

import pytest
from pydantic import BaseModel

from contracts.labels import Label, label_of
from tests.architecture.tree import below, dotted

# Modules whose models leave or enter a program, or are kept.
PLACES = (
    "contracts.model", "hub.api", "hub.console", "mirror.answers", "mirror.messages",
    "mirror.settings",
)  # fmt: skip


def models() -> list[type[BaseModel]]:
    """Every pydantic model that such a module defines."""
    found = {
        thing
        for one in below(*PLACES)
        for thing in vars(import_module(one.name)).values()
        if isinstance(thing, type) and issubclass(thing, BaseModel) and thing.__module__ == one.name
    }
    return sorted(found, key=lambda model: (model.__module__, model.__qualname__))


MODELS = models()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.__module__}.{m.__qualname__}")
def test_every_field_has_one_label(model: type[BaseModel]) -> None:
    for name in model.model_fields:
        assert label_of(model, name) in Label


@pytest.mark.parametrize("model", MODELS, ids=lambda m: f"{m.__module__}.{m.__qualname__}")
def test_every_model_is_closed_and_frozen(model: type[BaseModel]) -> None:
    assert model.model_config.get("extra") == "forbid"
    assert model.model_config.get("frozen") is True


def test_the_list_holds_the_models_that_matter() -> None:
    names = {model.__qualname__ for model in MODELS}
    assert {"Identity", "CaseFacts", "MirrorCase", "ReferralAnswer", "CasesPage"} <= names


def test_a_field_without_a_label_is_found() -> None:
    class Bare(BaseModel):
        name: str

    with pytest.raises(TypeError, match="exactly one privacy label"):
        label_of(Bare, "name")


@pytest.mark.parametrize(
    "name", ["CasesPage", "TableAnswer", "EpochsAnswer", "StatisticsAnswer", "MirrorCase"]
)
def test_what_molip_sees_is_of_the_two_lowest_classes(name: str) -> None:
    model = next(one for one in MODELS if one.__qualname__ == name)
    allowed = {Label.C0, Label.C1, Label.C2}
    assert {label_of(model, field) for field in model.model_fields} <= allowed


def test_the_hub_answers_with_no_identity() -> None:
    asked = {"RecordKey", "ConsentRequest"}  # these enter, and never leave
    hidden = {Label.C3, Label.C4, Label.C5, Label.C6}
    for model in MODELS:
        if model.__module__.startswith("hub.") and model.__qualname__ not in asked:
            # A code that no list knows is a source's own text: integrators and operators see it.
            shown = {Label.C5} if model.__module__ == "hub.api.triage" else set()
            labels = {label_of(model, field) for field in model.model_fields}
            assert not labels & (hidden - shown)


def answered() -> set[str]:
    """What the routes of both programs answer with, as it is written there."""
    found = set()
    for one in below("hub.api", "hub.console", "mirror.api", "mirror.dashboard"):
        for node in one.functions():
            for route in node.decorator_list:
                if isinstance(route, ast.Call) and dotted(route.func).startswith("router."):
                    given = [k.value for k in route.keywords if k.arg == "response_model"]
                    found.add(
                        ast.unparse(given[0] if given else node.returns or ast.Constant(None))
                    )
    return found


def test_every_answer_of_an_api_is_a_labelled_model() -> None:
    names = {model.__qualname__ for model in MODELS}
    inner = {name for text in answered() for name in re.findall(r"[A-Z]\w+", text)}
    pages = {"HTMLResponse", "Response", "RedirectResponse", "None"}
    assert len(inner & names) > 10
    assert inner - pages <= names
