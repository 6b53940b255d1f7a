"""Every rule set on the full grid, against its text written out by hand, by both ways to ask.

The oracles below are transcriptions of the published rules: they share no data with the product.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any, NamedTuple

import polars as pl
import pytest

from contracts import rules
from contracts.verdicts import classify
from contracts.verdicts_work import Work, work_of
from hub.classify import questionnaire
from hub.classify.answers import questions, read
from hub.classify.engine import Engine
from hub.classify.questionnaire import Questionnaire
from hub.classify.source import places

MISSING = ("97", "98", "99", "")
AGES = range(4, 19)
ACTIVITIES = ("1", "2", "9")
HOURS = ("0", "1", "13", "14", "20", "21", "27", "28", "42", "43", "44", *MISSING)
CHORES = ("0", "20", "21", "28", *MISSING)
HAZARDS = ("2", "1", "8", *MISSING)
ON = date(2026, 3, 1)


class Row(NamedTuple):
    """One row of a survey: cells as a file has them. `other`: the hazard is the question's last."""

    age: int
    activity: str
    hours: str
    chores: str
    hazard: str
    other: bool = False


GRID = [Row(*cells) for cells in product(AGES, ACTIVITIES, HOURS, CHORES, HAZARDS)]
OTHER = [Row(*cells, True) for cells in product(AGES, ("1", "2"), ("", "13", "14"), ("0",), "12")]


def limit_of(age: int) -> int:
    """Hours of economic activity a week, from which on it is child labour."""
    if age <= 11:
        return 1
    return 14 if age <= 14 else 43


def mics6(row: Row) -> str:
    """The tabulation syntax, line by line: eaMore, hhcMore, childLabor."""
    if not 5 <= row.age <= 17:
        return ""
    ea_more = (
        row.activity == "1" and row.hours not in MISSING and int(row.hours) >= limit_of(row.age)
    )
    chores = 0 if row.chores in MISSING else int(row.chores)
    hhc_more = row.age <= 14 and chores >= 21
    return "1" if ea_more or hhc_more else "0"


def mics6_hazards(row: Row) -> str:
    """The same with includeHaz: any of CL4, CL5, CL6 answered by yes."""
    labour = mics6(row)
    return "1" if labour == "0" and row.hazard == "1" else labour


def mics5(row: Row) -> str:
    """The older round: 28 hours of chores to 14, 43 from 15 on, hazards always in."""
    if not 5 <= row.age <= 17:
        return ""
    ea_more = (
        row.activity == "1" and row.hours not in MISSING and int(row.hours) >= limit_of(row.age)
    )
    chores = 0 if row.chores in MISSING else int(row.chores)
    hhc_more = chores >= (28 if row.age <= 14 else 43)
    return "1" if ea_more or hhc_more or row.hazard == "1" else "0"


def activity_over(row: Row) -> bool | None:
    """Over the hours of the age; None: not known, or hours contradict that there is work."""
    working = row.activity == "1" or row.hazard == "1"
    if row.activity == "9":
        return None
    if row.activity == "2":
        return None if working else False
    if row.hours in (*MISSING, "0"):
        return None
    return int(row.hours) >= limit_of(row.age)


def settle(*parts: bool | None) -> str:
    """One part over a limit is enough; else all must be known."""
    if any(parts):
        return "1"
    return "" if None in parts else "0"


def sdg(row: Row) -> str:
    """Economic activity only: 1, 14, 43 hours."""
    return settle(activity_over(row)) if 5 <= row.age <= 17 else ""


def sdg_chores(row: Row) -> str:
    """And 21 hours of chores to the age of 14."""
    if not 5 <= row.age <= 17:
        return ""
    if row.age >= 15:
        return settle(activity_over(row))
    return settle(activity_over(row), None if row.chores in MISSING else int(row.chores) >= 21)


def hazardous(row: Row) -> bool | None:
    """Conditions; those of the last question ("other") do not say which they are."""
    if row.hazard == "1":
        return None if row.other else True
    if row.activity == "2" or row.hazard == "2":
        return False
    return None


def ilo(row: Row) -> str:
    """Hours, or hazardous conditions, or a hazardous sector, which a MICS file does not tell."""
    if not 5 <= row.age <= 17:
        return ""
    working = row.activity == "1" or row.hazard == "1"
    sector = None if working or row.activity == "9" else False
    return settle(activity_over(row), hazardous(row), sector)


def law(row: Row) -> str:
    """Below 14 any work; at 14 and 15 four hours a day, no night, no hazard; to 17 no hazard.

    A MICS file has no day's hours and no nights: only a week over seven times four hours tells.
    """
    if row.age >= 18:
        return ""
    if row.activity == "9" and row.hazard != "1":
        return ""
    working = row.activity == "1" or row.hazard == "1"
    if not working:
        return "0"
    if row.age < 14:
        return "1"
    if row.age >= 16:
        return settle(hazardous(row))
    hours = 0 if row.activity == "2" or row.hours in MISSING else int(row.hours)
    return settle(hazardous(row), hours > 28 or None)


ORACLES: dict[str, Callable[[Row], str]] = {
    "mics6": mics6, "mics6-hazards": mics6_hazards, "mics5": mics5, "sdg": sdg,
    "sdg-chores": sdg_chores, "ilo": ilo, "myanmar-law": law,
}  # fmt: skip


def cells_of(rows: list[Row], asked: Questionnaire) -> pl.DataFrame:
    """The rows as a file of this questionnaire."""
    first = asked.chores[0]
    columns: dict[str, list[str]] = {
        asked.age: [str(row.age) for row in rows],
        asked.hours: [row.hours for row in rows],
        first.hours: [row.chores for row in rows],
        asked.activities[1]: [row.activity for row in rows],
        "CL4" if asked.name == "mics6" else "CL5": [
            "2" if row.other else row.hazard for row in rows
        ],
        asked.unclear_hazards[0]: [
            row.hazard if row.other else ("2" if row.hazard == "1" else row.hazard) for row in rows
        ],
        **{name: ["1"] * len(rows) for name in first.asks},
        **({asked.result: ["1"] * len(rows)} if asked.result else {}),
    }
    others = {
        name: ["" if name in asked.amounts() else "2"] * len(rows)
        for name in asked.questions()
        if name not in columns
    }
    frame = pl.DataFrame(columns | others)
    return frame.with_columns(pl.col(pl.String).replace("", None))


def looked_up(rows: list[Row], name: str) -> pl.DataFrame:
    """What the engine for whole files says."""
    rule_set = rules.load(name)
    asked = questionnaire.of_rules(rule_set)
    cells = cells_of(rows, asked)
    columns = {question: question for question in asked.questions()}
    numbers, bad = read(cells, questions(asked, columns), places(2, len(rows)))
    assert not bad
    return Engine(rule_set, asked).judge(numbers)


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_the_engine_for_files_is_the_published_rule_on_the_whole_grid(name: str) -> None:
    for rows in (GRID, OTHER):
        answers = looked_up(rows, name)["child_labour"].fill_null("").to_list()
        wanted = [ORACLES[name](row) for row in rows]
        wrong = [
            (row, said, right)
            for row, said, right in zip(rows, answers, wanted, strict=True)
            if said != right
        ]
        assert wrong[:5] == []
        assert len(set(wanted)) == 3, "an oracle that says one thing tests nothing"


def facts_of(row: Row) -> Iterator[tuple[str, Any]]:
    """The row as a contract would map it into the common schema."""
    absent = []
    if row.activity == "1":
        yield "absence_reason", "working"
    if row.activity == "2":
        yield "hours_week", 0.0
    elif row.activity == "1" and row.hours not in MISSING:
        yield "hours_week", float(row.hours)
    else:
        absent.append({"field": "hours_week", "reason": "asked_unknown"})
    if row.chores in MISSING:
        absent.append({"field": "chores_week", "reason": "inconsistent"})
    else:
        yield "chores_week", float(row.chores)
    if row.hazard == "1":
        yield "hazards", ["other" if row.other else "heavy_loads"]
    elif row.hazard != "2" and row.activity != "2":
        absent.append({"field": "hazards", "reason": "asked_declined"})
    yield "absent", absent


def work_in(row: Row) -> Work:
    """A survey that says no to every hazard says so also where the hours are not known."""
    work = work_of(dict(facts_of(row)))
    return replace(work, hazards_told=True) if row.hazard == "2" else work


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_both_ways_to_ask_give_the_same_verdict_on_the_whole_grid(name: str) -> None:
    rule_set = rules.load(name)
    rows = GRID + OTHER
    found = looked_up(rows, name).select("child_labour", "reasons").rows()
    answers = {"yes": "1", "no": "0"}
    for row, (answer, reasons) in zip(rows, found, strict=True):
        verdict = classify({"age_low": row.age, "age_high": row.age}, work_in(row), ON, rule_set)
        missing = [f"missing:{one}" for one in verdict["missing"]]
        told = verdict["reasons"] + (missing if verdict["answer"] == "undetermined" else [])
        assert (answers.get(verdict["answer"]), told) == (answer, (reasons or "").split(";")), row


@pytest.mark.parametrize(
    ("name", "cells", "labour"),
    [
        ("mics6", (11, "1", "1", "", "2"), "1"),
        ("mics6", (11, "1", "0", "", "2"), "0"),
        ("mics6", (12, "1", "13", "20", "1"), "0"),
        ("mics6-hazards", (12, "1", "13", "20", "1"), "1"),
        ("mics6", (12, "1", "14", "", "2"), "1"),
        ("mics6", (14, "2", "", "21", "2"), "1"),
        ("mics6", (15, "2", "", "99", "2"), "0"),
        ("mics6", (15, "1", "42", "28", "2"), "0"),
        ("mics6", (17, "1", "43", "", "2"), "1"),
        ("mics6", (17, "1", "98", "", "2"), "0"),
        ("mics6", (14, "2", "", "98", "2"), "0"),
        ("mics6", (4, "1", "44", "28", "1"), None),
        ("mics6", (18, "1", "44", "28", "1"), None),
        ("mics5", (14, "2", "", "27", "2"), "0"),
        ("mics5", (14, "2", "", "28", "2"), "1"),
        ("mics5", (16, "2", "", "42", "2"), "0"),
        ("mics5", (16, "2", "", "43", "2"), "1"),
        ("sdg", (13, "1", "98", "28", "2"), None),
        ("sdg", (13, "1", "13", "28", "2"), "0"),
        ("sdg-chores", (13, "1", "98", "28", "2"), "1"),
        ("ilo", (16, "1", "20", "", "1"), "1"),
        ("myanmar-law", (13, "1", "1", "", "2"), "1"),
        ("myanmar-law", (14, "1", "28", "", "2"), None),
        ("myanmar-law", (14, "1", "29", "", "2"), "1"),
    ],
)
def test_values_worked_out_by_hand(
    name: str, cells: tuple[int, str, str, str, str], labour: str | None
) -> None:
    assert looked_up([Row(*cells)], name)["child_labour"].to_list() == [labour]


def test_the_columns_beside_the_answer_tell_which_limit_it_was() -> None:
    found = looked_up(
        [
            Row(13, "1", "20", "28", "1"),
            Row(13, "1", "98", "20", "2"),
            Row(20, "1", "20", "28", "1"),
        ],
        "mics6",
    ).rows()
    assert found == [
        ("1", "1", "1", "1", "chores_over_limit;hours_week_over_limit", "mics6/2022"),
        ("0", "0", "0", "0", "within_limits;missing_counted_as_zero", "mics6/2022"),
        (None, None, None, None, "adult", "mics6/2022"),
    ]
    unknown = looked_up([Row(13, "1", "98", "20", "8")], "sdg-chores").rows()[0]
    assert unknown[:5] == (None, None, "0", None, "missing:hours_week")
    assert looked_up([Row(13, "1", "20", "28", "1")], "sdg").rows()[0][2] is None
