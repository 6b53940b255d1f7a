"""A mapping that cannot be used says what, where and what to do."""
# ruff: noqa: E501 - the contracts are TOML, a row a line

import pytest

from contracts import source_contract
from contracts.errors import FatalError
from contracts.mapping.translation import plan
from contracts.source_contract import ContractError
from tests.spec.small_mapping import CONTRACT, contract, made, row

BAD = [
    ([row("facts.mood", "code", "key")], "", "line 7, row facts.mood: names an unknown target"),
    ([row("facts.office", "mood", "key")], "", "names an unknown field mood"),
    ([row("facts.office", "who.mood", "key")], "", "names an unknown field who.mood"),
    ([row("facts.isic", "code", "code", ', codes = "isic5"')], "", "unknown list isic5"),
    ([row("facts.isic", "code", "code", ', crosswalk = "x"')], "", "unknown crosswalk x"),
    ([row("facts.office", "code[", "key")], "", "has no known form at character 1"),
    ([row("facts.office", ".".join("a" * 30), "key")], "", "has no known form at character"),
    ([], "[[mapping.lists]]\ntarget = \"hobbies\"\neach = \"rows\"\nrows = []", "no list of the"),
    ([], "[[mapping.lists]]\ntarget = \"services\"\neach = \"rugs\"\nrows = []", "unknown field rugs"),
    ([row("facts.legal", "code", "key")], "", "unknown target facts.legal"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "lists", "told"), BAD, ids=[one[2] for one in BAD])
def test_a_mapping_that_names_the_unknown_says_what_and_where(
    rows: list[str], lists: str, told: str
) -> None:
    with pytest.raises(ContractError) as caught:
        contract(*rows, lists=lists)
    assert told in str(caught.value)
    assert "here/mapping.toml" in str(caught.value)


NEVER = [
    ([row("facts.office", "code", "key"), row("facts.office", "code", "key")], "already"),
    ([row("observed.on", "seen", "date")], "is never reached: day is required"),
    ([row("facts.office", "code", "dance")], "names an unknown transform dance"),
    ([row("facts.office", "code", "code")], "code needs codes or a crosswalk"),
    ([row("facts.hours_week", "hours", "integer")], "integer gives no number"),
    ([row("facts.grade", "code", "text")], "is coded"),
    ([row("facts.hazards", "code", "code", ', codes = "hazards"')], "takes several values"),
    ([row("facts.office", "rows[].value", "key")], "gives a list"),
    ([row("child.sex", "code", "code", ', codes = "hazards"')], "which child.sex does not take"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "told"), NEVER, ids=[one[1] for one in NEVER])
def test_a_row_that_can_never_give_its_value_is_refused(rows: list[str], told: str) -> None:
    with pytest.raises(ContractError) as caught:
        made(*rows)
    assert told in str(caught.value)
    assert "here/mapping.toml line " in str(caught.value)


def test_all_faults_of_a_mapping_are_told_at_once() -> None:
    with pytest.raises(ContractError) as caught:
        contract(row("facts.mood", "code", "key"), row("facts.office", "mood", "key"))
    assert len(caught.value.faults) == 2


def test_what_is_no_toml_or_has_no_end_says_so() -> None:
    with pytest.raises(FatalError, match=r"here/mapping\.toml line 1: it is no TOML"):
        source_contract.read(CONTRACT.format(rules="", key="false", sex="false"), "a = !", "here")
    with pytest.raises(FatalError, match="nests too deep"):
        source_contract.read(f"a = {'[' * 100_000}", "", "here")
    with pytest.raises(FatalError, match=r"here/mapping\.toml is not .*: mapping: Field required"):
        source_contract.read(
            CONTRACT.format(rules="", key="false", sex="false"),
            'version = "1"\nabout = "child"', "here",
        )  # fmt: skip


def test_a_contract_without_a_day_cannot_be_used() -> None:
    found = contract(about="figure", top='[figure]\nkind = "survey"')
    with pytest.raises(ContractError, match=r"no row gives observed\.on"):
        plan(found)
