"""The two rule sets of every record, against limits written out here. Facts in, verdict out."""

import re
from datetime import date
from importlib.resources import files
from itertools import product
from typing import Any

import pytest

from contracts import rules
from contracts.model.verdict import Verdict
from contracts.rules import RuleSet
from contracts.verdicts import classify
from tests.architecture.tree import ROOT

SDG, LAW = rules.load(rules.STATISTICAL), rules.load(rules.LEGAL)
HOURS = (0, 1, 13, 14, 20, 21, 27, 28, 42, 43, 44, None)
CHORES = (None, 0, 20, 21, 28)
HAZARDS: tuple[list[str], ...] = ([], ["chemicals"], ["other"])
NIGHTS = ("no", "yes", None)
ON = date(2026, 3, 1)


def facts(age: int | None, **more: Any) -> dict[str, Any]:
    return {"age_low": age, "age_high": age, "hazards": [], "worst_forms": [], **more}


def judge(found: dict[str, Any], rule_set: RuleSet, on: date = ON) -> dict[str, Any]:
    return classify(found, found, on, rule_set)


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
        verdict = judge(found, SDG)
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
        assert judge(found, LAW)["answer"] == wanted, (hours, day, night)


@pytest.mark.parametrize("age", [5, 11, 13, 16, 17])
@pytest.mark.parametrize("rule_set", [SDG, LAW], ids=["statistical", "legal"])
def test_a_stated_worst_form_decides_and_its_kind_is_not_told(age: int, rule_set: RuleSet) -> None:
    verdict = judge(facts(age, worst_forms=["a4"]), rule_set)
    assert verdict["answer"] == "yes"
    assert verdict["reasons"] == ["worst_form_stated"]


def test_no_number_of_hours_makes_a_worst_form() -> None:
    verdict = judge(facts(17, child_found="yes", hours_week=168), SDG)
    assert verdict["reasons"] == ["hours_week_over_limit"]


@pytest.mark.parametrize("rule_set", [SDG, LAW], ids=["statistical", "legal"])
@pytest.mark.parametrize("age", [5, 14, 17, None])
def test_a_child_that_does_not_work_is_no_case_at_any_age(
    age: int | None, rule_set: RuleSet
) -> None:
    said = judge(facts(age, sees_working="no"), rule_set)
    silent = judge(facts(age), rule_set)
    assert (said["answer"], said["reasons"]) == ("no", ["no_work_stated"])
    assert (silent["answer"], silent["reasons"]) == ("no", ["no_sign_of_work"])


def test_weekly_hours_are_never_made_from_daily_ones() -> None:
    verdict = judge(facts(13, child_found="yes", hours_day=10, days_week=7), SDG)
    assert (verdict["answer"], verdict["missing"]) == ("undetermined", ["hours_week"])


@pytest.mark.parametrize("sign", [{"sees_working": "yes"}, {"child_found": "yes"}])
def test_below_twelve_a_witness_is_an_hour(sign: dict[str, str]) -> None:
    verdict = judge(facts(11, **sign), SDG)
    assert (verdict["answer"], verdict["reasons"]) == ("yes", ["seen_working"])


def test_absence_for_work_alone_needs_hours_in_statistics_and_none_in_law() -> None:
    absent = facts(11, absence_reason="working")
    assert judge(absent, SDG)["answer"] == "undetermined"
    assert judge(absent, LAW)["answer"] == "yes"


@pytest.mark.parametrize("sign", [{"child_found": "suspected"}, {"teacher_refers": "yes"}])
@pytest.mark.parametrize("age", [9, 14, 17])
def test_a_suspicion_is_for_a_person_to_settle(sign: dict[str, str], age: int) -> None:
    for rule_set in (SDG, LAW):
        verdict = judge(facts(age, **sign), rule_set)
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
    verdict = judge(found, SDG)
    assert verdict["answer"] == answer
    assert ("age" in verdict["missing"]) == (answer == "undetermined")


def test_the_sector_is_a_sign_of_work_unless_it_is_an_inspected_workplace() -> None:
    assert judge(facts(13, isic="0111"), LAW)["answer"] == "yes"
    assert judge(facts(13, isic="0111", child_found="suspected"), LAW)["answer"] == ("undetermined")


@pytest.mark.parametrize("reason", ["asked_unknown", "asked_declined", "inconsistent", "masked"])
def test_hours_asked_in_vain_are_a_sign_and_chores_asked_in_vain_stay_open(reason: str) -> None:
    hours = facts(13, absent=[{"field": "hours_week", "reason": reason}])
    assert judge(hours, SDG)["missing"] == ["hours_week"]
    chores = facts(13, hours_week=5, absent=[{"field": "chores_week", "reason": reason}])
    assert (judge(chores, SDG)["answer"], judge(chores, SDG)["missing"]) == (
        "undetermined", ["chores_week"],
    )  # fmt: skip
    older = chores | {"age_low": 15, "age_high": 15}
    assert judge(older, SDG)["answer"] == "no", "no limit of chores at 15"


def test_a_question_that_was_never_asked_is_no_sign_and_leaves_nothing_open() -> None:
    absent = [{"field": name, "reason": "not_asked"} for name in ("hours_week", "chores_week")]
    assert judge(facts(13, absent=absent), SDG)["reasons"] == ["no_sign_of_work"]
    verdict = judge(facts(13, hours_week=5, absent=absent), SDG)
    assert (verdict["answer"], verdict["reasons"]) == ("no", ["within_limits", "chores_not_asked"])


def test_the_age_can_come_from_an_interval_of_birth_dates_and_the_day() -> None:
    born = {"birth_earliest": date(2012, 3, 2), "birth_latest": "2012-03-02"}
    work = {"hours_week": 1, "hazards": [], "worst_forms": []}
    assert classify(born, work, date(2024, 3, 1), SDG)["answer"] == "yes"  # eleven
    assert classify(born, work, date(2024, 3, 2), SDG)["answer"] == "no"  # twelve
    wide = born | {"birth_latest": "2012-09-01"}
    assert classify(wide, work, date(2024, 6, 1), SDG)["missing"] == ["age"]


def test_a_day_before_the_law_has_no_legal_verdict_where_there_is_work() -> None:
    working = facts(13, child_found="yes", hours_week=20)
    before, since = date(2019, 7, 22), date(2019, 7, 23)
    verdict = judge(working, LAW, before)
    assert (verdict["answer"], verdict["reasons"]) == ("undetermined", ["rules_not_in_force"])
    assert judge(working, LAW, since)["answer"] == "yes"
    assert judge(facts(13), LAW, before)["answer"] == "no", "no pupil becomes a task"
    assert judge(facts(30, child_found="yes"), LAW, before)["answer"] == "out_of_scope"
    assert judge(working, SDG, before)["answer"] == "yes", "statistics are tabulated anew"


def test_the_ilo_variant_counts_hazards_sectors_and_crosswalked_occupations() -> None:
    ilo = rules.load("ilo")
    quiet = facts(16, child_found="yes", hours_week=10)
    assert judge(quiet, ilo)["missing"] == ["isic"]
    for more, answer, reasons in (
        ({"isic": "0111"}, "no", ["within_limits"]),
        ({"isic": "0810"}, "yes", ["hazardous_industry"]),
        ({"isic": "4100"}, "yes", ["hazardous_industry"]),
        ({"isic": "2011", "isco": "7112"}, "yes", ["hazardous_occupation"]),
        ({"isic": "2011", "isco": "5223"}, "no", ["within_limits"]),
        ({"isic": "2011", "hazards": ["chemicals"]}, "yes", ["hazardous_work"]),
        ({"isic": "unmapped", "isco": "unmapped"}, "undetermined", []),
    ):
        verdict = judge(quiet | more, ilo)
        assert (verdict["answer"], verdict["reasons"]) == (answer, reasons), more
    suspected = facts(16, child_found="suspected", isic="4100")
    assert judge(suspected, ilo)["answer"] == "undetermined", "the sector is the workplace's"


def test_a_survey_counts_a_missing_answer_as_zero_and_says_so() -> None:
    verdict = judge(facts(13, child_found="yes"), rules.load("mics6"))
    assert verdict == {
        "answer": "no", "rules": "mics6/2022", "missing": ["hours_week"],
        "reasons": ["within_limits", "missing_counted_as_zero", "chores_not_asked"],
    }  # fmt: skip
    witnessed = facts(8, child_found="yes", hours_day=5)
    assert judge(witnessed, rules.load("mics6"))["answer"] == "no", "a survey has no witness"
    assert judge(witnessed, rules.load("sdg"))["answer"] == "yes"


@pytest.mark.parametrize("rule_set", rules.every(), ids=lambda one: one.name)
def test_a_rule_set_says_what_it_counts_and_where_that_comes_from(rule_set: RuleSet) -> None:
    assert rule_set.source
    assert rule_set.boundary
    assert rule_set.note
    assert rules.load(rule_set.name) is rules.load(rule_set.short) is rule_set
    assert rules.in_force(rule_set.short, rule_set.valid_from) is rule_set
    verdict = judge(facts(9, child_found="yes", hours_week=50), rule_set)
    assert Verdict.model_validate(verdict).answer == "yes"


def test_a_day_has_the_version_in_force_and_one_before_all_has_the_first() -> None:
    assert rules.in_force(rules.LEGAL, date(2026, 1, 1)).name == rules.LEGAL
    assert rules.in_force("statistical", ON).name == rules.STATISTICAL
    assert rules.in_force("legal", ON).name == rules.LEGAL
    early = rules.in_force("myanmar-law", date(1990, 1, 1))
    assert not early.is_in_force(date(1990, 1, 1))
    with pytest.raises(LookupError, match="there are: ilo, mics5"):
        rules.load("nothing")


def text_of(name: str) -> str:
    return files("contracts.rules").joinpath(f"{name}.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("age_below = 12", "age_below = 11", "gap"),
        ('kind = "statistical"', 'kind = "moral"', "kind is one of"),
        ("hours_week_from = 43", "hours_week_form = 43", "hours_week_form"),
        ('missing = "zero"', 'missing = "none"', "missing is one of"),
        ('version = "2022"', 'version = "22"', "named after"),
        ('short = "mics6"\n', "", "short"),
    ],
)
def test_a_spoilt_rule_set_is_refused_with_its_file_and_fault(
    old: str, new: str, said: str
) -> None:
    text = text_of("mics6-2022")
    assert old in text
    with pytest.raises(ValueError, match=f"rules/mics6-2022.toml: .*{said}"):
        rules._read("mics6-2022.toml", text.replace(old, new, 1))


def test_the_guide_names_every_rule_set_and_every_reason() -> None:
    guide = (ROOT / "docs" / "classification.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", guide, re.MULTILINE)) == set(
        rules.short_names()
    )
    code = (ROOT / "contracts" / "verdicts.py").read_text("utf-8")
    reasons = set(re.findall(r'over\.append\("(\w+)"\)|reasons\.append\("(\w+)"\)', code))
    told = {one or other for one, other in reasons}
    assert len(told) >= 12
    assert {one for one in told if f"`{one}`" not in guide} == set()
