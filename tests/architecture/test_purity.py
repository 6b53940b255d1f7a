"""What decides and what means is pure: no clock, no randomness, no file but its own data."""

import ast

import pytest

from tests.architecture.tree import Module, below, calls

PURE = [
    *below("contracts"),
    *(one for one in below("consent") if one.name != "consent.store"),
]
# These read their own data files, in the package, and cache what they read.
READS_OWN_DATA = {
    "contracts.cards", "contracts.codes", "contracts.rules", "contracts.source_contract",
    "consent.policy", "consent.words",
}  # fmt: skip
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
CHANCE = {"uuid4", "uuid1", "random", "urandom", "token_hex", "token_bytes", "shuffle", "choice"}
FILES = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink"}


@pytest.mark.parametrize("one", PURE, ids=lambda one: one.name)
def test_a_pure_module_asks_no_clock_and_no_dice(one: Module) -> None:
    asked = {name for _, name in calls(one.tree)}
    ends = {name.rsplit(".", 1)[-1] for name in asked}
    assert not {name for name in asked if name.endswith(tuple(CLOCKS))}
    assert not ends & CHANCE


@pytest.mark.parametrize("one", PURE, ids=lambda one: one.name)
def test_a_pure_module_reads_no_file_but_its_own_data(one: Module) -> None:
    touched = {name.rsplit(".", 1)[-1] for _, name in calls(one.tree)} & FILES
    allowed = {"read_text", "read_bytes"} if one.name in READS_OWN_DATA else set()
    assert touched <= allowed


@pytest.mark.parametrize("one", PURE, ids=lambda one: one.name)
def test_a_pure_module_logs_and_prints_nothing(one: Module) -> None:
    assert not {"logging", "structlog", "warnings"} & set(one.imported())
    assert "print" not in {name for _, name in calls(one.tree)}


STAGES = [one for one in below("hub.stages", "hub.linkage", "hub.referrals") if one.text]


@pytest.mark.parametrize("one", STAGES, ids=lambda one: one.name)
def test_a_stage_is_given_its_time_and_its_chance(one: Module) -> None:
    asked = {name for _, name in calls(one.tree)}
    assert not {name for name in asked if name.endswith(tuple(CLOCKS))}
    assert not {name.rsplit(".", 1)[-1] for name in asked} & CHANCE


STAGE_HANDLERS = [one for one in below("hub.stages") if one.text]


@pytest.mark.parametrize("one", STAGE_HANDLERS, ids=lambda one: one.name)
def test_a_stage_sees_no_bus_no_environment_and_no_network(one: Module) -> None:
    taken = set(one.imported())
    assert not taken & {"hub.bus.port", "hub.bus.open", "hub.vault.keyring", "os", "httpx", "time"}


def test_the_list_of_pure_modules_is_not_empty() -> None:
    assert len(PURE) > 30
    assert all(isinstance(one.tree, ast.Module) for one in PURE)
