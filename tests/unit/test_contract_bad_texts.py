"""Contracts that nobody in his right mind writes: a fault with its place each time, and an end."""

import pytest

from contracts import source_contract, strict_toml
from contracts.checking import Texts, check
from contracts.errors import FatalError
from tests.spec.small_contract import CONTRACT, MAPPING, SAMPLE, edited

FREE_TEXT = 'description = "Free text." }'
RECORD = 'name = "visit"\nlogicalType = "object"'


def errors(contract: str = CONTRACT, mapping: str = MAPPING) -> list[str]:
    texts = Texts(contract=contract, mapping=mapping, sample=SAMPLE, place="small")
    return [one.message for one in check(texts) if one.level == "error"]


def is_refused(contract: str = CONTRACT, mapping: str = MAPPING) -> bool:
    try:
        source_contract.read(contract, mapping, "small")
    except FatalError:
        return True
    return False


def of_field(rule: str) -> str:
    quality = f'description = "Free text.", quality = [{{ name = "q", {rule} }}] }}'
    return edited(CONTRACT, (FREE_TEXT, quality))


def of_record(implementation: str) -> str:
    rule = f'name = "q", type = "custom", engine = "clmhub", implementation = {implementation}'
    return edited(CONTRACT, (RECORD, f"{RECORD}\nquality = [{{ {rule} }}]"))


@pytest.mark.parametrize(
    ("text", "line", "is_deep"),
    [
        (f"a = 1\nb = {'9' * 5000}", 0, False),
        (f"a = 1\n{'.'.join(['a'] * 100_000)} = 1", 2, True),
        (f"a = {'[' * 100_000}", 0, True),
        ("a = 1\nb = = 2", 2, False),
    ],
    ids=["long number", "long key", "deep list", "no TOML"],
)
def test_toml_that_breaks_the_parser_is_told_with_its_line(
    text: str, line: int, is_deep: bool
) -> None:
    with pytest.raises(strict_toml.WrongTomlError) as caught:
        strict_toml.loads(text)
    assert (caught.value.line, caught.value.too_deep) == (line, is_deep)
    assert errors(contract=text)
    assert is_refused(contract=text)


def test_a_text_of_a_million_letters_is_no_long_key() -> None:
    assert strict_toml.loads(f'a = "{"x" * 1_000_000}"')["a"]


@pytest.mark.parametrize(
    "rule",
    [
        'pattern = "(((("', 'pattern = "a{4294967296}"', f'pattern = "{"(" * 5000}{")" * 5000}"',
        'pattern = ["a"]', 'pattern = "^(a+)+$"', 'pattern = "((a|a))*b"', "validValues = 3",
        'validValues = "abc"',
    ],
)  # fmt: skip
def test_a_rule_on_a_field_that_cannot_run_or_never_ends_is_a_fault(rule: str) -> None:
    wrong = of_field(f'metric = "invalidValues", mustBe = 0, arguments = {{ {rule} }}')
    assert errors(wrong)
    assert is_refused(wrong)


@pytest.mark.parametrize(
    "implementation",
    [
        '{ check = "sum", of = ["age"] }', '{ check = "when", of = ["age"], says = ["x"] }',
        '{ check = "when", of = ["age"], field = "sex", says = 3 }', '{ check = "order", of = 3 }',
        '{ check = "order", of = [3] }', '{ check = "order", of = true }',
        '{ check = "sum", of = ["age"], is = ["age"] }', '{ check = "sum", of = ["age"], is = 3 }',
        '"sum"',
    ],
)  # fmt: skip
def test_a_rule_on_the_record_with_parts_of_the_wrong_kind_is_a_fault(implementation: str) -> None:
    wrong = of_record(implementation)
    assert errors(wrong)
    assert is_refused(wrong)


@pytest.mark.parametrize("limit", ['"1"', "true", "nan", "inf", "2020-01-01", "[1]", "9" * 400])
@pytest.mark.parametrize(("which", "now"), [("minimum", "0"), ("maximum", "120")])
def test_a_limit_that_is_no_number_is_a_fault_and_not_met_by_the_first_record(
    which: str, now: str, limit: str
) -> None:
    wrong = edited(CONTRACT, (f"{which} = {now}", f"{which} = {limit}"))
    assert errors(wrong)
    assert is_refused(wrong)


def test_the_first_day_of_a_date_field_is_no_number_and_no_fault() -> None:
    dated = 'name = "visit_date", logicalTypeOptions = { minimum = "2020-01-01" },'
    text = edited(CONTRACT, ('name = "visit_date",', dated))
    assert errors(text) == []
    assert not is_refused(text)


def test_a_version_of_thousands_of_digits_and_an_empty_choice_are_faults() -> None:
    long = edited(CONTRACT, ('version = "1.0.0"', f'version = "{"9" * 5000}.0.0"'))
    assert errors(long)
    assert is_refused(long)
    empty = edited(MAPPING, ('one_of = [["child", "nickname"]]', "one_of = [[]]"))
    assert errors(mapping=empty)
    assert is_refused(mapping=empty)
