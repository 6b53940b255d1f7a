"""The mapping engine on small contracts made for the purpose: one feature a test."""
# ruff: noqa: E501 - the contracts are TOML, a row a line

from typing import Any

import pytest

from contracts import source_contract
from contracts.errors import FatalError, RejectedError
from contracts.mapping.translation import Decisions, plan, split
from tests.spec.small_mapping import (
    BODY,
    CONTRACT,
    DAY,
    contract,
    facts,
    identity,
    made,
    reasons,
    row,
)

NESTED = [
    row("identity.name", "who.name", "name"),
    row("identity.home_township", "who.home/place", "place"),
    row("facts.hazards", "rows[].value", "codes", ', codes = "hazards"'),
    row("facts.worst_forms", "rows[].inner[].value", "codes", ', codes = "worst_forms"'),
    row("facts.office", "rows[kind=office].value", "key"),
    row(
        "facts.isic",
        "rows[kind=work].inner[kind=sector].value",
        "code",
        ', codes = "isic4", level = "class"',
    ),
]


def test_a_path_reaches_any_depth() -> None:
    form = made(*NESTED)
    rows = [
        {"kind": "h", "value": "heights", "inner": [{"value": "a1"}, {"value": "a3"}]},
        {"kind": "office", "value": "YGN-1", "inner": "none"},
        {"kind": "work", "value": "abuse", "inner": [{"kind": "sector", "value": "0111"}]},
        "no row",
    ]
    who = {"name": "Aye Aye", "home/place": "MMR010006701"}
    found = facts(form, who=who, rows=rows)
    assert found["hazards"] == ["heights", "abuse"]
    assert found["worst_forms"] == ["a1", "a3"]
    assert (found["office"], found["isic"]) == ("YGN-1", "0111")
    assert identity(form, who=who)["home_township"] == "MMR010006"


@pytest.mark.parametrize("odd", [None, "text", 3, [], {}, [[1]], {"name": {"name": 1}}, [None]])
def test_a_path_through_another_shape_gives_nothing_and_never_fails(odd: object) -> None:
    found = facts(made(*NESTED), who=odd, rows=odd)
    assert (found["hazards"], found["office"], found["notes"]) == ([], "", [])


def test_a_record_that_holds_itself_is_read_like_any_other() -> None:
    body: dict[str, Any] = {**BODY, "rows": []}
    body["rows"].append(body)
    body["who"] = body
    assert made(*NESTED).translate(body, where="w", key="k").facts is not None


LISTS = """
[[mapping.lists]]
target = "services"
each = "rows[kind=service]"
rows = [
  { target = "service_id", source = "key", transform = "key" },
  { target = "kind", source = "value", transform = "code", codes = "services" },
]
[[mapping.lists]]
target = "identity.guardians"
each = "."
rows = [{ target = "name", source = "who.name", transform = "name" }]
"""


def test_each_element_of_a_list_makes_one_thing() -> None:
    form = made(lists=LISTS)
    rows = [
        {"kind": "service", "key": 7, "value": "education_service"},
        {"kind": "visit", "key": 8},
        {"kind": "service", "key": "9", "value": "dancing"},
        {"kind": "service", "value": "food_service"},
    ]
    found = facts(form, rows=rows)
    assert found["services"] == [
        {"service_id": "7", "kind": "education_service"}, {"service_id": "9", "kind": "unmapped"},
    ]  # fmt: skip
    assert found["unmapped"] == [{"field": "facts.services.kind", "code": "dancing", "label": ""}]
    assert found["notes"] == ["row_without_key"]
    whole = identity(form, who={"name": "Daw Mya"})
    assert whole["guardians"] == [{"relation": "other", "name": "Daw Mya"}]
    assert identity(form)["guardians"] == []


HOURS = row(
    "facts.hours_week", "hours", "number",
    ', absent = { "97" = "inconsistent", "98" = "asked_unknown", "99" = "asked_declined" }',
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "hours", "reason"),
    [
        (98, None, "asked_unknown"), ("98.0", None, None), ("၉၉", None, "asked_declined"),
        (97.0, None, "inconsistent"), (96, 96.0, None), (None, None, None), ("", None, None),
    ],
)  # fmt: skip
def test_a_code_for_no_answer_is_no_number(
    said: object, hours: float | None, reason: str | None
) -> None:
    found = facts(made(HOURS), hours=said)
    if said == "98.0":
        assert found["hours_week"] == 98.0  # a number as a number is written
    else:
        assert found.get("hours_week") == hours
        assert found["absent"] == ([{"field": "hours_week", "reason": reason}] if reason else [])


def test_an_absent_value_that_another_row_gives_is_not_absent() -> None:
    form = made(HOURS, row("facts.hours_week", "chores_a", "number"))
    found = facts(form, hours=98, chores_a=12)
    assert (found["hours_week"], found["absent"]) == (12.0, [])


def test_a_sum_leaves_out_what_was_not_answered() -> None:
    absent = ', absent = { "98" = "asked_unknown" }'
    total = f'{{ target = "facts.chores_week", source = ["chores_a", "chores_b"], transform = "sum"{absent} }}'
    form = made(total)
    assert facts(form, chores_a="4", chores_b=3.5)["chores_week"] == 7.5
    assert facts(form, chores_a=98, chores_b=3)["chores_week"] == 3
    assert "chores_week" not in facts(form)
    found = facts(form, chores_a=98, chores_b=98)
    assert found["absent"] == [{"field": "chores_week", "reason": "asked_unknown"}]
    assert reasons(form, chores_a=100, chores_b=90) == [("chores_week_impossible", "chores_a")]


def test_a_repeat_makes_one_record_of_each_element() -> None:
    form = contract(
        row("identity.name", "child.value", "name"), top='splits = "rows"', key="true",
    )  # fmt: skip
    body = {**BODY, "rows": [{"key": "1", "value": "Aung"}, {}, {"key": "2", "value": "Bo"}]}
    parts = split(form, body)
    assert [suffix for suffix, _ in parts] == ["1", "2"]
    assert [one["child"]["value"] for _, one in parts] == ["Aung", "Bo"]
    assert all("rows" not in one and one["id"] == "f-1" for _, one in parts)
    assert split(form, BODY) == [("", BODY)]
    assert "rows" in body
    names = [plan(form).translate(one, where="w", key="k").identity for _, one in parts]
    assert [one["name"] for one in names if one] == ["Aung", "Bo"]


def test_what_an_element_requires_is_asked_only_of_an_element() -> None:
    form = made(row("identity.name", "child.value", "name"), top='splits = "rows"', key="true")
    assert facts(form)["row_key"] == "k"
    assert reasons(form, child={"value": "Aung"}) == [("missing_required", "child.key")]


def test_a_required_part_of_an_object_is_missed_by_its_path() -> None:
    form = made(row("child.sex", "who.sex", "code", ', codes = "sexes"'), sex="true")
    assert facts(form, who={"sex": "f"})["sex"] == "F"
    assert reasons(form, who={"name": "x"}) == [("missing_required", "who.sex")]
    assert reasons(form, who={"sex": "third"}) == [("code_unknown", "who.sex")]


def test_a_name_is_what_the_source_writes() -> None:
    described = CONTRACT.format(rules="", key="false", sex="false").replace(
        '{ name = "seen",', '{ name = "ရက်စွဲ, ကျား/မ", classification = "C1" },\n  '
        "{ name = 'Reg. No.', required = true, classification = 'C1' },\n  "
        '{ name = "Child  Name", classification = "C3" },\n  { name = "seen",',
    )  # fmt: skip
    rows = [
        DAY, row("child.sex", "ရက်စွဲ, ကျား/မ", "code", ', codes = "sexes"'),
        row("identity.name", "Child  Name", "name"),
        """{ target = "facts.office", source = '"Reg. No."', transform = "key" }""",
    ]  # fmt: skip
    mapping = 'version = "1"\nabout = "child"\n[mapping]\nrows = [\n' + ",\n".join(rows) + "\n]"
    form = plan(source_contract.read(described, mapping, "here"))
    given = {"ရက်စွဲ, ကျား/မ": "မ", "Reg. No.": 7, "Child  Name": "Su"}
    assert facts(form, **given)["office"] == "7"
    assert identity(form, **given)["sex"] == "F"
    assert identity(form, **given)["name"] == "Su"
    assert reasons(form, **{**given, "Reg. No.": ""}) == [("missing_required", "Reg. No.")]


CODED = row(
    "facts.dropout_reason", "code", "code", ', codes = "dropout_reasons", label = "code_text"'
)
AGAIN = row("facts.absence_reason", "code", "code", ', crosswalk = "few"')
FEW = '[crosswalk]\nfew = [{ code = "working", label = "Working", target = "working" }]'


def test_an_unmapped_code_goes_to_triage_with_its_label_once_a_field() -> None:
    found = facts(made(CODED, AGAIN, end=FEW), code="X4", code_text="followed the parents")
    assert found["unmapped"] == [
        {"field": "facts.dropout_reason", "code": "X4", "label": "followed the parents"},
        {"field": "facts.absence_reason", "code": "X4", "label": "followed the parents"},
    ]
    assert (found["dropout_reason"], found["absence_reason"]) == ("unmapped", "unmapped")


def test_a_crosswalk_knows_its_labels_where_they_mean_one_thing_and_hide_no_code() -> None:
    table = (
        '[crosswalk]\nfew = [{ code = "1", label = "At work", target = "working" },'
        ' { code = "2", label = "Other", target = "other" },'
        ' { code = "3", label = "Ill", target = "illness" },'
        ' { code = "4", label = "Ill", target = "family" },'
        ' { code = "ill", label = "1", target = "cost" }]'
    )
    form = made(AGAIN, end=table)
    for given, meant in {"At work": "working", "AT  WORK": "working", "other": "other"}.items():
        assert facts(form, code=given)["absence_reason"] == meant
    assert facts(form, code="1")["absence_reason"] == "working"
    assert facts(form, code="ILL")["absence_reason"] == "cost"
    assert facts(made(AGAIN, end=table.replace('"ill"', '"5"')), code="Ill")["unmapped"]


def test_a_code_that_only_the_second_row_leaves_out_is_known() -> None:
    found = facts(made(CODED, AGAIN, end=FEW), code="marriage")
    assert (found["dropout_reason"], found.get("absence_reason")) == ("marriage", None)
    assert found["unmapped"] == []


def test_what_triage_decided_is_taken_and_is_part_of_the_version() -> None:
    decided = Decisions(
        version="000007",
        codes={("facts.dropout_reason", "X4"): "family", ("facts.absence_reason", "X4"): ""},
    )
    form = made(CODED, AGAIN, end=FEW, decisions=decided)
    found = facts(form, code="X4 ")
    assert (found["dropout_reason"], found.get("absence_reason")) == ("family", None)
    assert found["unmapped"] == []
    assert form.version == made(CODED, AGAIN, end=FEW).version + ".000007"
    assert form.version > made(CODED, AGAIN, end=FEW).version
    assert facts(form, code="X5")["dropout_reason"] == "unmapped"


def test_a_decision_for_a_code_that_the_schema_does_not_have_is_refused() -> None:
    wrong = Decisions(version="1", codes={("facts.dropout_reason", "X4"): "holiday"})
    with pytest.raises(FatalError, match=r"gives holiday, which facts\.dropout_reason does not"):
        made(CODED, decisions=wrong)


def test_the_codes_that_a_target_takes_are_told() -> None:
    coded = made(CODED, row("child.sex", "who.sex", "code", ', codes = "sexes"')).coded
    assert "family" in coded["facts.dropout_reason"]
    assert coded["child.sex"] == {"M", "F", "unknown"}


def test_a_stopped_field_says_nothing_but_that_it_waits() -> None:
    stopped = Decisions(version="2", stopped=frozenset({"facts.dropout_reason", "facts.hazards"}))
    hazards = row("facts.hazards", "rows[].value", "codes", ', codes = "hazards"')
    form = made(CODED, hazards, decisions=stopped)
    found = facts(form, code="family", rows=[{"value": "heights"}, {"value": "abuse"}])
    assert (found["dropout_reason"], found["hazards"]) == ("unmapped", [])
    assert found["notes"] == ["label_changed"]
    assert [(one["field"], one["code"]) for one in found["unmapped"]] == [
        ("facts.dropout_reason", "family"),
        ("facts.hazards", "heights"), ("facts.hazards", "abuse"),
    ]  # fmt: skip
    assert facts(form)["notes"] == []


def test_a_row_is_explained_with_what_it_took_and_what_it_left() -> None:
    form = made(
        CODED, HOURS, row("facts.office", "id", "key"), row("facts.started_on", "seen", "date"),
        row("facts.task_text", "code", "text"), row("facts.task_text", "id", "text"),
    )  # fmt: skip
    body = {
        **BODY,
        "code": "X4",
        "hours": 99,
        "seen": "soon",
        "who": {"name": "x"},
        "colour": "red",
    }
    told = form.explain(body | {"_zawgyi": {}}, where="w", key="k")
    assert {(one.target, one.outcome) for one in told.rows} == {
        ("observed.on", "converted"), ("facts.dropout_reason", "unmapped"),
        ("facts.hours_week", "absent"), ("facts.office", "taken"),
        ("facts.started_on", "unreadable"), ("facts.task_text", "taken"),
        ("facts.task_text", "not_needed"),
    }  # fmt: skip
    assert (told.unused, told.unknown) == (("who", "colour"), ("colour",))
    assert told.translated is not None
    bad = form.explain({"id": "1", "hours": 500}, where="w", key="k")
    assert [one.code for one in bad.reasons] == ["hours_week_impossible", "missing_required"]
    assert bad.translated is None


RULES = """
  { name = "adds_up", type = "custom", engine = "clmhub", implementation = { check = "sum", of = ["chores_a", "chores_b"], is = "hours" } },
  { name = "in_order", type = "custom", engine = "clmhub", implementation = { check = "order", of = ["seen", "day"] } },
  { name = "told", type = "custom", engine = "clmhub", implementation = { check = "when", field = "code", says = ["dropout"], of = ["code_text"] } },
  { name = "both", type = "custom", engine = "clmhub", implementation = { check = "together", of = ["chores_a", "chores_b"] } },
  { name = "somebody", type = "custom", engine = "clmhub", implementation = { check = "one_of", of = ["who.name", "code"] } },
  { name = "said", type = "text", description = "only words" },
"""


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"code": "x"}, set()),
        ({"code": "x", "chores_a": 2, "chores_b": "3", "hours": 6}, {"adds_up"}),
        ({"code": "x", "chores_a": 2, "chores_b": 3, "hours": "5,0"}, set()),
        ({"code": "x", "chores_a": 2}, {"both"}),
        ({"code": "x", "seen": "03/03/2026"}, {"in_order"}),
        ({"code": "Dropout"}, {"told"}),
        ({}, {"somebody"}),
        ({"who": {"name": "Aye"}}, set()),
    ],
)
def test_a_broken_rule_is_named_and_rejects_nothing(
    fields: dict[str, Any], broken: set[str]
) -> None:
    found = made(rules=RULES).translate({**BODY, **fields}, where="w", key="k")
    assert set(found.quality) == broken


SURVEY = [
    row("observed.on", "day", "date"), row("birth.age", "hours", "integer"),
    row("facts.township", "code", "place"), row("figure.weight", "chores_a", "number"),
    row("facts.hours_week", "chores_b", "number"), row("child.sex", "who.sex", "code", ', codes = "sexes"'),
    row("facts.hazards", "rows[].value", "codes", ', codes = "hazards"'),
]  # fmt: skip


def test_a_survey_row_is_a_figure_with_its_verdict() -> None:
    form = made(*SURVEY, about="figure", top='[figure]\nkind = "survey"\nsurvey = "LFS 2026"')
    body = {**BODY, "hours": 13, "code": "MMR010006", "chores_a": 152.5, "chores_b": 20}
    found = form.translate(body, where="w", key="k")
    assert found.figure == {
        "system": "office", "kind": "survey", "survey": "LFS 2026", "month": "2026-03",
        "state": "MMR010", "age": 13, "sex": "unknown", "weight": 152.5,
        "isic_section": "unknown", "statistical": "yes",
    }  # fmt: skip
    assert (found.identity, found.facts) == (None, None)
    with pytest.raises(RejectedError) as caught:
        form.translate({**body, "code": None, "chores_a": ""}, where="w", key="k")
    assert {one.column for one in caught.value.reasons} == {"code", "chores_a"}


def test_a_converted_file_is_noted() -> None:
    assert facts(made(), _zawgyi={"who": "x"})["notes"] == ["zawgyi_converted"]
