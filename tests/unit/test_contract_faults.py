"""What `contract check` says of a fault helps: what is near, what to write, what rules take."""

import re
from pathlib import Path

import pytest

from adapters.sdk.file_form import form_of_contract
from contracts import source_contract, transforms
from contracts.checking import Fault, Texts, check, steps
from contracts.mapping.quality import _CHECKS
from contracts.mapping.quality_form import CHECKS
from contracts.topics import SYSTEMS
from tests.spec.small_contract import CONTRACT, MAPPING, SAMPLE, edited

README = (Path(__file__).parents[2] / "contracts/sources/README.md").read_text(encoding="utf-8")
NAME = '{ target = "identity.name", source = "child", transform = "name" },'
RECORD = 'name = "visit"\nlogicalType = "object"'
FREE_TEXT = 'description = "Free text." }'


def told(contract: str = CONTRACT, mapping: str = MAPPING) -> list[Fault]:
    return check(Texts(contract=contract, mapping=mapping, sample=SAMPLE, place="small"))


def of_row(target: str, source: str, transform: str, more: str = "") -> Fault:
    """The one error of a mapping with such a row."""
    line = f'{{ target = "{target}", source = {source}, transform = "{transform}"{more} }},'
    (only,) = [one for one in told(mapping=edited(MAPPING, (NAME, f"{NAME}\n{line}")))
               if one.level == "error"]  # fmt: skip
    return only


def of_record(implementation: str) -> list[Fault]:
    rule = f'name = "q", type = "custom", engine = "clmhub", implementation = {implementation}'
    found = told(edited(CONTRACT, (RECORD, f"{RECORD}\nquality = [{{ {rule} }}]")))
    return [one for one in found if one.level == "error"]


def of_field(rule: str) -> Fault:
    quality = f'description = "Free text.", quality = [{{ name = "q", {rule} }}] }}'
    (only,) = [one for one in told(edited(CONTRACT, (FREE_TEXT, quality))) if one.level == "error"]
    return only


@pytest.mark.parametrize(
    ("row", "step"),
    [
        (("facts.township", '"sex"', "place", ', codes = "townships"'), 'codes = "townships"'),
        (("facts.township", '"sex"', "place", ', crosswalk = "danger"'), 'transform = "code"'),
        (("facts.hours_week", '"age"', "number", ', codes = "sexes"'), "take the list out"),
        (("facts.township", '"sex"', "code"), "name a list"),
        (("facts.township", '"sex"', "code", ', crosswalk = "danger"'), "as MMR001001"),
        (("facts.isic", '"sex"', "code", ', codes = "isic4"'), 'of the level "class"'),
        (("child.sex", '"sex"', "code", ', crosswalk = "danger"'), "one of: M, F, unknown"),
        (("child.sex", '"sex"', "codes", ', codes = "sexes"'), 'transform = "code"'),
        (("facts.isic", '"age"', "integer"), "read it with code"),
        (("facts.hours_week", '"age"', "month"), "read it with number"),
        (("observed.changed", '"age"', "integer"), "read it with date"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_its_target_says_what_to_write(
    row: tuple[str, ...], step: str
) -> None:
    fault = of_row(*row)
    assert step in fault.next_step
    assert steps._ELSE not in fault.next_step


def test_a_list_that_is_too_fine_for_its_target_says_which_codes_fit() -> None:
    table = '[crosswalk]\nline = [{ code = "x", label = "X", target = "14100" }]\n'
    row = '{ target = "facts.isic", source = "sex", transform = "code", crosswalk = "line" },'
    (fault,) = [
        one
        for one in told(mapping=edited(MAPPING, (NAME, f"{NAME}\n{row}"), ("[crosswalk]\n", table)))
        if one.level == "error"
    ]
    assert fault.message == "gives 14100, which facts.isic does not take"
    assert "as 0111" in fault.next_step


def test_a_field_of_a_list_says_which_codes_fit_as_well() -> None:
    found = told(mapping=edited(MAPPING, ('codes = "services"', 'codes = "sexes"')))
    assert [one.next_step for one in found if one.level == "error"] == [
        steps.step_for("gives F, which facts.services.kind does not take")
    ]
    assert "of the list services, as safehouse_service" in found[0].next_step


def test_the_ways_of_reading_that_a_step_names_exist() -> None:
    for words in steps._READ_WITH.values():
        assert {re.split("[ ,]", part)[0] for part in words.split(" or ")} <= {
            *transforms.names(), "key", "filled", "sum"
        }  # fmt: skip


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("facts.remark", ""), ("isic", "facts.isic"), ("facts.hour_week", "facts.hours_week"),
        ("identity.township", "identity.home_township"), ("facts.gurdians", "identity.guardians"),
    ],
)  # fmt: skip
def test_only_a_target_of_nearly_that_name_is_suggested(target: str, near: str) -> None:
    step = of_row(target, '"remarks"', "text").next_step
    assert step.startswith(f"perhaps {near} is meant") if near else "perhaps" not in step


def test_a_table_that_nobody_wrote_is_written_below_the_others() -> None:
    fault = of_row("facts.township", '"sex"', "code", ', crosswalk = "towns"')
    assert fault.next_step == "write towns = [...] below [crosswalk]"
    alone = MAPPING.partition("[crosswalk]")[0].replace('{ target = "facts.hazards"', "#")
    row = NAME.replace('"name" }', '"code", crosswalk = "towns" }')
    (only,) = [one for one in told(mapping=edited(alone, (NAME, row))) if one.level == "error"]
    assert only.next_step == "write towns = [...] below [crosswalk], which is missing, too"


def test_a_header_leads_to_the_field_that_it_is() -> None:
    assert "visit_date is meant" in of_row("birth.date", '"Visit Date"', "date").next_step
    dotted = edited(CONTRACT, ('name = "remarks"', 'name = "reg._no."'))
    row = '{ target = "facts.office", source = "Reg. No.", transform = "key" },'
    (only,) = [
        one for one in told(dotted, edited(MAPPING, (NAME, f"{NAME}\n{row}")))
        if one.level == "error"
    ]  # fmt: skip
    assert only.next_step.startswith('perhaps "reg._no." is meant')


@pytest.mark.parametrize("name", ["Reg. No.", "reg._no."])
def test_a_column_is_named_as_its_office_does_or_in_small_letters(name: str) -> None:
    contract = edited(CONTRACT, ('name = "remarks"', f'name = "{name}"'), *_FLAT)
    row = f'{{ target = "facts.office", source = \'"{name}"\', transform = "key" }},'
    mapping = edited(MAPPING, (NAME, f"{NAME}\n{row}"), (_LISTS, ""))
    assert [one for one in told(contract, mapping) if one.level == "error"] == []
    form = form_of_contract(source_contract.read(contract, mapping, "small"))
    assert form.sheet
    assert "reg._no." in form.sheet.columns
    assert form.names.get("reg._no.", "reg._no.") == name


_HELPS = CONTRACT.index('  { name = "helps"')
_FLAT = ((CONTRACT[_HELPS : CONTRACT.index("\n]", _HELPS)], ""),)
_LISTS = MAPPING[MAPPING.index("[[mapping.lists]]") : MAPPING.index("[crosswalk]")]


@pytest.mark.parametrize("system", ["ngo", *SYSTEMS])
def test_a_system_that_the_hub_does_not_have_can_be_tried_and_not_installed(system: str) -> None:
    found = told(edited(CONTRACT, ("clm:ngo:visit", f"clm:{system}:visit")))
    warned = [one for one in found if one.code == "system_unknown"]
    assert [one.level for one in warned] == ([] if system in SYSTEMS else ["warning"])
    assert all("not installed" in one.message for one in warned)
    assert all(name in one.next_step for one in warned for name in SYSTEMS)


def test_the_kinds_of_rules_are_those_that_run_and_those_that_the_guide_lists() -> None:
    assert list(_CHECKS) == list(CHECKS)
    rows = re.findall(r"^\| (`[a-z_]+`) \| ((?:`[a-z]+`(?:, )?)+) \|", README, re.MULTILINE)
    listed = {name.strip("`"): tuple(needs.replace("`", "").split(", ")) for name, needs in rows}
    assert listed == CHECKS
    assert set(re.findall(r"\b(\w+Values)\b", README)) == {
        "missingValues", "nullValues", "invalidValues", "validValues"
    }  # fmt: skip


def test_a_check_that_does_not_exist_names_those_that_do() -> None:
    for wrong in ('{ check = "summ", of = ["age"] }', '{ of = ["age"] }'):
        (fault,) = of_record(wrong)
        assert fault.file == "contract.toml"
        assert fault.line > 1
        assert all(kind in fault.next_step for kind in CHECKS)


@pytest.mark.parametrize("check_name", CHECKS)
def test_a_rule_needs_each_of_its_parts_and_knows_no_other(check_name: str) -> None:
    parts = {"of": '["age", "sex"]', "is": '"age"', "field": '"sex"', "says": '["M"]'}
    given = {part: parts[part] for part in CHECKS[check_name]}

    def faults_with(one: dict[str, str]) -> list[Fault]:
        inner = ", ".join(f"{name} = {value}" for name, value in one.items())
        return of_record(f'{{ check = "{check_name}", {inner} }}')

    assert faults_with(given) == []
    for part in given:
        less = {name: value for name, value in given.items() if name != part} or {"is": '""'}
        assert faults_with(less)
    (strange,) = faults_with({**given, "wen": '"age"'})
    assert "knows no `wen`" in strange.message


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('metric = "rowCount", mustBe = 0', "which no single record has"),
        ('metric = "invalidValues", mustBe = 0', "lacks its arguments"),
        (
            'type = "custom", engine = "clmhub",'
            ' implementation = { check = "one_of", of = ["age"] }',
            "is of the whole record",
        ),
    ],
)
def test_a_rule_on_a_field_that_cannot_run_says_why_and_what_to_write(rule: str, said: str) -> None:
    fault = of_field(rule)
    assert said in fault.message
    assert re.match("write|move", fault.next_step)


def test_a_rule_on_a_field_that_does_not_exist_leads_to_the_one_that_does() -> None:
    (fault,) = of_record('{ check = "one_of", of = ["agee"] }')
    assert fault.message == "quality rule q names an unknown field agee"
    assert fault.next_step.startswith("perhaps age is meant, else describe it")


def test_a_check_without_its_type_says_how_a_rule_on_the_record_is_written() -> None:
    rule = 'name = "q", metric = "missingValues", mustBe = 0'
    found = told(edited(CONTRACT, (RECORD, f"{RECORD}\nquality = [{{ {rule} }}]")))
    assert 'type = "custom"' in found[0].next_step
    assert "sum, order" in found[0].next_step
