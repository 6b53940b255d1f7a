"""What must hold of every verdict, whatever the numbers. Random input, fixed statements."""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import rules
from contracts.rules import RuleSet
from contracts.verdicts import classify
from hub.classify import csv_file, questionnaire
from hub.classify.kinds import COLUMNS, Kinds, example
from hub.classify.run import classify_file

RULES = st.sampled_from(rules.every())
MANY = settings(max_examples=300, deadline=None)
AMOUNTS = st.one_of(st.none(), st.integers(0, 168), st.floats(0, 168))
SIGNS = st.fixed_dictionaries(
    {
        "hours_week": AMOUNTS,
        "hours_day": st.one_of(st.none(), st.integers(0, 16)),
        "chores_week": AMOUNTS,
        "night_work": st.sampled_from([None, "yes", "no"]),
        "child_found": st.sampled_from([None, "yes", "no", "suspected"]),
        "teacher_refers": st.sampled_from([None, "yes", "no"]),
        "hazards": st.lists(st.sampled_from(["chemicals", "heights", "other"]), max_size=2),
        "isic": st.sampled_from([None, "0111", "0810", "4100", "unmapped"]),
        "absent": st.lists(
            st.fixed_dictionaries(
                {
                    "field": st.sampled_from(["hours_week", "chores_week", "hazards"]),
                    "reason": st.sampled_from(["asked_unknown", "not_asked"]),
                }
            ),
            max_size=2,
        ),
    }
)
GRAVER = {"no": 0, "undetermined": 1, "yes": 2}


def judge(signs: dict[str, Any], low: int, high: int, rule_set: RuleSet) -> dict[str, Any]:
    return classify({"age_low": low, "age_high": high}, signs, None, rule_set)


@MANY
@given(rule_set=RULES, signs=SIGNS, low=st.integers(0, 25), span=st.integers(0, 5))
def test_an_interval_of_ages_is_answered_only_as_each_age_in_it_is(
    rule_set: RuleSet, signs: dict[str, Any], low: int, span: int
) -> None:
    wide = judge(signs, low, low + span, rule_set)["answer"]
    for age in range(low, low + span + 1):
        exact = judge(signs, age, age, rule_set)["answer"]
        assert wide == "undetermined" or exact in (wide, "out_of_scope")


@MANY
@given(rule_set=RULES, signs=SIGNS, age=st.integers(5, 17), more=st.floats(0, 100))
def test_more_hours_of_work_never_make_it_less_grave(
    rule_set: RuleSet, signs: dict[str, Any], age: int, more: float
) -> None:
    if not signs["hours_week"]:
        return  # no hours beside a sign of work contradict it: any number of them tells more
    longer = signs | {"hours_week": min(168.0, signs["hours_week"] + more)}
    before = judge(signs, age, age, rule_set)["answer"]
    after = judge(longer, age, age, rule_set)["answer"]
    assert after == before or GRAVER[after] > GRAVER[before]


@MANY
@given(rule_set=RULES, signs=SIGNS, age=st.integers(5, 17))
def test_an_unknown_number_of_chores_settles_to_what_was_said_before(
    rule_set: RuleSet, signs: dict[str, Any], age: int
) -> None:
    absent = [{"field": "chores_week", "reason": "asked_unknown"}]
    unknown = judge(signs | {"chores_week": None, "absent": absent}, age, age, rule_set)["answer"]
    if rule_set.missing == "zero":
        return
    for hours in (0, 20, 21, 100):
        known = judge(signs | {"chores_week": hours, "absent": []}, age, age, rule_set)["answer"]
        assert unknown in (known, "undetermined") or signs["absent"]


@MANY
@given(rule_set=RULES, signs=SIGNS, age=st.integers(0, 25))
def test_a_verdict_is_whole_and_hours_make_no_worst_form(
    rule_set: RuleSet, signs: dict[str, Any], age: int
) -> None:
    verdict = judge(signs, age, age, rule_set)
    assert "worst_form_stated" not in verdict["reasons"]
    assert verdict["reasons"] or verdict["missing"]
    assert bool(verdict["missing"]) <= (
        verdict["answer"] == "undetermined" or rule_set.missing == "zero"
    )
    stated = judge(signs | {"worst_forms": ["b1"]}, age, age, rule_set)
    in_scope = rule_set.age_from <= age < rule_set.age_below
    assert (stated["answer"] == "yes") == in_scope


@MANY
@given(rule_set=RULES, signs=SIGNS, age=st.integers(0, 25))
def test_what_was_asked_before_changes_no_verdict(
    rule_set: RuleSet, signs: dict[str, Any], age: int
) -> None:
    first = judge(signs, age, age, rule_set)
    first["reasons"].append("spoilt by its reader")
    again = judge(dict(reversed(signs.items())), age, age, rule_set)
    assert "spoilt by its reader" not in again["reasons"]


@MANY
@given(rule_set=RULES, hours=st.floats(0, 168), chores=st.floats(0, 168))
def test_every_number_of_hours_has_the_place_of_an_example_that_compares_alike(
    rule_set: RuleSet, hours: float, chores: float
) -> None:
    kinds = Kinds(rules=rule_set, asks_chores=True, asks_hazards=True)
    for number, limits in ((hours, kinds.hour_limits), (chores, kinds.chore_limits)):
        place = sum((number >= one) + (number > one) for one in limits)
        shown = example(limits, place)
        assert shown is not None
        assert [(number >= one, number > one) for one in limits] == [
            (shown >= one, shown > one) for one in limits
        ]


CELLS = st.one_of(
    st.sampled_from(["", "1", "2", "9", "98", "13", "20", "၁၃", " 14", "x", '"', "a,b"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8),
)
NAMES = ["CB3", "CL1A", "CL1B", "CL1C", "CL1X", "CL3", "free", "more"]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=len(NAMES), max_size=len(NAMES)), max_size=12),
    block=st.integers(16, 400),
)
def test_any_table_comes_back_whole_with_its_verdicts_beside_it(
    rows: list[list[str]], block: int
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([NAMES, *rows])
    rule_set = rules.load("sdg")
    out = io.BytesIO()
    whole = csv_file.BLOCK
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        assert whole > block
        patch.setattr(csv_file.CsvFile.__init__, "__kwdefaults__", {"block": block})
        path = Path(folder) / "some.csv"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        done = classify_file(
            path, rule_set, questionnaire.of_rules(rule_set), out,
            on_bad=lambda _: None, on_rows=lambda _: None,
        )  # fmt: skip
    written = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    assert done == len(rows)
    assert written[0] == [*NAMES, *COLUMNS]
    assert [row[: len(NAMES)] for row in written[1:]] == rows
    assert {row[len(NAMES)] for row in written[1:]} <= {"", "0", "1"}
    assert {row[-1] for row in written[1:]} <= {rule_set.name}
