"""Both rule sets on a grid, against limits written out here by hand. Facts in, verdict out."""

from itertools import product
from typing import Any

import pytest

from contracts import rules
from contracts.verdicts import classify

SDG, LAW = rules.load(rules.STATISTICAL), rules.load(rules.LEGAL)
HOURS = (0, 1, 13, 14, 20, 21, 27, 28, 42, 43, 44, None)
CHORES = (None, 0, 20, 21, 28)
HAZARDS: tuple[list[str], ...] = ([], ["chemicals"], ["other"])
NIGHTS = ("no", "yes", None)


def facts(age: int | None, **more: Any) -> dict[str, Any]:
    return {"age_low": age, "age_high": age, "hazards": [], "worst_forms": [], **more}


def expected_statistical(age: int, hours: float | None, chores: float | None) -> str:
    """An inspector found the child at work, so `hours` 0 contradicts what was seen."""
    if not 5 <= age < 18:
        return "out_of_scope"
    limit = 1 if age < 12 else 14 if age < 15 else 43
    if chores is not None and chores >= 21 and age < 15:
        return "yes"
    if hours is None:
        return "yes" if age < 12 else "undetermined"
    if hours == 0:
        return "undetermined"
    return "yes" if hours >= limit else "no"


@pytest.mark.parametrize("age", range(4, 20))
def test_the_statistical_verdict_is_the_table_of_sdg_8_7_1(age: int) -> None:
    for hours, chores, hazards in product(HOURS, CHORES, HAZARDS):
        found = facts(age, child_found="yes", hours_week=hours, chores_week=chores, hazards=hazards)
        verdict = classify(found, SDG)
        assert verdict["answer"] == expected_statistical(age, hours, chores), (hours, chores)
        assert verdict["rules"] == "sdg-8.7.1-snahh/2018"


def expected_legal(
    *, age: int, hours: float | None, day: float | None, night: str | None, hazards: list[str]
) -> str:
    if age >= 18:
        return "out_of_scope"
    if age < 14:
        return "yes"
    if "chemicals" in hazards or night == "yes":
        return "yes"  # night work is hazardous work for anybody below 18
    if age < 16 and ((day or 0) > 4 or ((day is None or day <= 4) and (hours or 0) > 28)):
        return "yes"
    unknown = bool(hazards)
    if age < 16:
        unknown |= night is None or (day is None and (hours is None or hours > 4))
    return "undetermined" if unknown else "no"


@pytest.mark.parametrize("age", range(4, 20))
def test_the_legal_verdict_is_the_table_of_the_law(age: int) -> None:
    for hours, day, night, hazards in product(HOURS, (None, 4, 5), NIGHTS, HAZARDS):
        found = facts(
            age, child_found="yes", hours_week=hours, hours_day=day, night_work=night,
            hazards=hazards,
        )  # fmt: skip
        wanted = expected_legal(age=age, hours=hours, day=day, night=night, hazards=hazards)
        assert classify(found, LAW)["answer"] == wanted, (hours, day, night)


@pytest.mark.parametrize("age", [5, 11, 13, 16, 17])
@pytest.mark.parametrize("rule_set", [SDG, LAW], ids=["statistical", "legal"])
def test_a_stated_worst_form_decides_and_its_kind_is_not_told(
    age: int, rule_set: rules.RuleSet
) -> None:
    verdict = classify(facts(age, worst_forms=["a4"]), rule_set)
    assert verdict["answer"] == "yes"
    assert verdict["reasons"] == ["worst_form_stated"]


def test_no_number_of_hours_makes_a_worst_form() -> None:
    verdict = classify(facts(17, child_found="yes", hours_week=168), SDG)
    assert verdict["reasons"] == ["hours_week_over_limit"]


@pytest.mark.parametrize("rule_set", [SDG, LAW], ids=["statistical", "legal"])
@pytest.mark.parametrize("age", [5, 14, 17, None])
def test_a_child_that_does_not_work_is_no_case_at_any_age(
    age: int | None, rule_set: rules.RuleSet
) -> None:
    said = classify(facts(age, sees_working="no"), rule_set)
    silent = classify(facts(age), rule_set)
    assert (said["answer"], said["reasons"]) == ("no", ["no_work_stated"])
    assert (silent["answer"], silent["reasons"]) == ("no", ["no_sign_of_work"])


def test_weekly_hours_are_never_made_from_daily_ones() -> None:
    verdict = classify(facts(13, child_found="yes", hours_day=10, days_week=7), SDG)
    assert (verdict["answer"], verdict["missing"]) == ("undetermined", ["hours_week"])


@pytest.mark.parametrize("sign", [{"sees_working": "yes"}, {"child_found": "yes"}])
def test_below_twelve_a_witness_is_an_hour(sign: dict[str, str]) -> None:
    verdict = classify(facts(11, **sign), SDG)
    assert (verdict["answer"], verdict["reasons"]) == ("yes", ["seen_working"])


def test_absence_for_work_alone_needs_hours_in_statistics_and_none_in_law() -> None:
    absent = facts(11, absence_reason="working")
    assert classify(absent, SDG)["answer"] == "undetermined"
    assert classify(absent, LAW)["answer"] == "yes"


@pytest.mark.parametrize("sign", [{"child_found": "suspected"}, {"teacher_refers": "yes"}])
@pytest.mark.parametrize("age", [9, 14, 17])
def test_a_suspicion_is_for_a_person_to_settle(sign: dict[str, str], age: int) -> None:
    for rule_set in (SDG, LAW):
        verdict = classify(facts(age, **sign), rule_set)
        assert verdict["answer"] == "undetermined"
        assert verdict["missing"]


@pytest.mark.parametrize(
    ("low", "high", "hours", "answer"),
    [
        (10, 13, 20, "yes"),  # over the limit on both sides of twelve
        (11, 12, 13, "undetermined"),
        (12, 14, 13, "no"),
        (17, 18, 50, "undetermined"),
        (18, 19, 50, "out_of_scope"),
        (None, None, 50, "undetermined"),
    ],
)
def test_an_age_interval_answers_only_when_all_its_ages_agree(
    low: int | None, high: int | None, hours: float, answer: str
) -> None:
    found = facts(None, child_found="yes", hours_week=hours) | {"age_low": low, "age_high": high}
    verdict = classify(found, SDG)
    assert verdict["answer"] == answer
    assert ("age" in verdict["missing"]) == (answer == "undetermined")


def test_the_sector_is_a_sign_of_work_unless_it_is_an_inspected_workplace() -> None:
    assert classify(facts(13, isic="0111"), LAW)["answer"] == "yes"
    assert classify(facts(13, isic="0111", child_found="suspected"), LAW)["answer"] == (
        "undetermined"
    )
