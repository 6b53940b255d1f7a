"""What is logged and what a repr shows: decided by lists, so that no value slips in by habit."""

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import pytest

from adapters.sdk.ports import Answer, Delivery, Record
from contracts.envelope import Draft, Kind, Opened, Part
from contracts.model.identity import Identity
from hub.web.logs import FACTS, SENTENCES
from tests.architecture.tree import Module, calls, modules

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
LOGGERS = [one for one in modules() if "structlog" in one.imported() and one.name != "hub.web.logs"]


def logged(one: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every line that a module logs."""
    for call, name in calls(one.tree):
        if name in {f"log.{level}" for level in LEVELS} | {"tell"}:
            yield call, name


@pytest.mark.parametrize("one", LOGGERS, ids=lambda one: one.name)
def test_every_field_of_a_log_line_is_on_the_list(one: Module) -> None:
    used = {k.arg for call, _ in logged(one) for k in call.keywords if k.arg is not None}
    assert used <= SENTENCES | FACTS | {"exc_info"}, "operators would read (hidden)"


@pytest.mark.parametrize("one", LOGGERS, ids=lambda one: one.name)
def test_what_happened_is_a_constant(one: Module) -> None:
    for call, _ in logged(one):
        assert [type(given) for given in call.args] == [ast.Constant]


def test_the_lists_do_not_overlap() -> None:
    assert not SENTENCES & FACTS
    assert not {"name", "father_name", "card_no", "phone", "address_line", "body"} & FACTS


def test_nothing_prints_but_the_command_lines() -> None:
    printing = {one.name for one in modules() if "print" in {name for _, name in calls(one.tree)}}
    assert printing <= {"adapters.sandbox.__main__", "adapters.sandbox.alone"}


# Mappings that hold codes, counts and pseudonyms alone, as their docstrings say.
CLEAR = {
    "contracts.envelope.Envelope.data", "contracts.envelope.Draft.data",
    "hub.bus.stage.Timer.data", "adapters.sdk.ports.Batch.checkpoint",
    "adapters.sdk.folder._Pull.at", "adapters.sdk.folder._Pull.done",
    "adapters.sdk.folder._Pull.waiting",
    "hub.sources.SourceState.checkpoint",
    "hub.deliveries.DeliveredChild.data", "hub.candidates.Candidate.row",
    "hub.candidates.Published.row", "hub.referrals.payload.Record.member",
    "hub.referrals.store.Referral.case_before", "hub.referrals.store.ReferredChild.members",
}  # fmt: skip


def open_fields() -> list[str]:
    """Fields of dataclasses that may hold anything, and that a repr shows."""
    found = []
    for one in modules():
        if one.name.startswith(("adapters.sandbox", "hub.migrations", "mirror.migrations")):
            continue
        for thing in vars(import_module(one.name)).values():
            if isinstance(thing, type) and is_dataclass(thing) and thing.__module__ == one.name:
                found += [f"{one.name}.{thing.__name__}.{name}" for name in _shown(thing)]
    return found


def _shown(thing: type[Any]) -> list[str]:
    made_by_the_decorator = hasattr(vars(thing).get("__repr__"), "__wrapped__")
    if not made_by_the_decorator:
        return []
    return [
        field.name for field in fields(thing) if field.repr and _may_hold_a_value(str(field.type))
    ]


def _may_hold_a_value(kind: str) -> bool:
    return "Callable" not in kind and any(
        word in kind for word in ("[str, typing.Any]", "Identity", "CaseFacts", "Row]")
    )


def test_a_repr_shows_no_field_that_may_hold_a_persons_value() -> None:
    assert set(open_fields()) == CLEAR, "make the field repr=False, or say here why it is clear"


def test_what_an_adapter_reads_and_sends_is_silent() -> None:
    mark = "Pwintzarnisithumoe"
    now = datetime(2026, 1, 5, tzinfo=UTC)
    part = Part(person="p", kind=Kind.IDENTITY, origin="o", nonce=b"", text=b"")
    told = [
        Record(
            record="case", key=mark, person=mark, version="1", body={mark: mark}, where="row 12",
            changed=now,
        ),
        Delivery(
            id="r", to_system="dsw_cms", recipient="intake", service="s", with_consent=True,
            case=mark, new_case="n", identity={"name": mark}, facts={"record": mark},
            consents={"by": mark}, from_system="emis", from_office="o", from_record=mark,
            deadline=date(2026, 1, 9),
        ),
        Answer(
            referral="r", system="emis", office="o", row_key=mark, state="done",
            on=date(2026, 1, 9),
        ),
        Opened(part=part, content={"name": mark}),
        Draft(
            topic="canonical", type="t", key="k", version="1", data={},
            seal={("p", Kind.IDENTITY): {"name": mark}},
        ),
        Identity(
            name=mark, father_name=mark, mother_name=mark, card_no=None, phone=mark, address=mark,
            sex="F", birth_earliest=None, birth_latest=None, home_township=None,
        ),
    ]  # fmt: skip
    assert all(mark not in repr(one) and mark not in str(one) for one in told)
