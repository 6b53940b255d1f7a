"""How people write one value, and what they mean by it: cells of the two workbooks' forms."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from contracts import codes
from contracts.errors import RejectedError
from contracts.mapping.translation import Translated, translate

INSPECTION: dict[str, Any] = {
    "insp_id": "LI-1", "insp_date": "2025-12-03", "office_code": "YGN-2", "wp_id": "WP-1",
    "wp_township": "MMR013040", "child_found": "yes", "child_no": "1",
}  # fmt: skip
SCHOOL: dict[str, Any] = {
    "township_pcode": "MMR010006", "school_code": "00417", "month": "2026-01",
    "student_no": "118", "status": "enrolled",
}  # fmt: skip
NOTHING = object()

INSPECTIONS: dict[str, list[tuple[object, list[object]]]] = {
    "wp_township > facts.township": [
        ("MMR013001", ["MMR 013001", "mmr013001", "MMR 013 001", "MMR-013001", "MMR၀၁၃၀၀၁",
                       "MMR\u200b013001", "MMR013001\u00a0", "MMR013001."]),
    ],
    "insp_date > facts.observed_on": [
        ("2025-12-03", ["Dec 3, 2025", "3rd December 2025", "Wed 3 Dec 2025", "၃ ရက် ဒီဇင်ဘာ ၂၀၂၅",
                        "၂၀၂၅ ခုနှစ် ဒီဇင်ဘာလ ၃ ရက်", "၃-၁၂-၂၅၆၈ ရက်", "3.12.25", 45994, "45994"]),
    ],
    "child_start_date > facts.started_on": [(NOTHING, ["-", "N/A", "မသိ", "...", "—", "?"])],
    "child_age > facts.age_low": [
        (13, ["13 yrs", "၁၃ နှစ်", "13 years old", "အသက် ၁၃ နှစ်", "13.5", "13 years 6 months",
              "'13", 13.0]),
        (None, ["12-14", "13 months", "16 months", "13?", "under 15"]),
        (NOTHING, ["-", "မသိ", "nil"]),
    ],
    "child_hours_week > facts.hours_week": [
        (42.0, ["42 hrs", "42:00", "၄၂ နာရီ", "42 hours/week", "1 day, 18:00:00", "42h"]),
        (None, ["8 hrs/day", "8-10", "about 42"]),
    ],
    "child_hours_day > facts.hours_day": [
        (8.5, ["8:30", "8h30", "8 hrs 30 min", "8½", "၈ နာရီခွဲ", "8,5", "8 1/2"]),
        (8.0, ["8 hrs", "၈ နာရီ", "8:00", "8 hours a day"]),
        (None, ["8-10", "8 hours/week", "6am-6pm"]),
    ],
    "child_days_week > facts.days_week": [(6, ["6 days", "၆ ရက်", "6 days/week"])],
    "workers_total > facts.workplace.workers_total": [
        (1500, ["1,500", "1 500", "၁,၅၀၀", "1,500 workers", "၁၅၀၀ ဦး"]),
    ],
    "sanction_amount > facts.inspection.sanction_amount": [
        (1.5e6, ["1,500,000 Ks", "15 lakhs", "၁၅ သိန်း", "MMK 1,500,000", "1,500,000/-",
                 "15,00,000"]),
        (None, ["50k"]),
    ],
    "child_night > facts.night_work": [
        ("yes", ["Y", 1, True, "✓", "ရှိပါသည်", "yes.", "1.0"]),
        ("no", ["N", 0, False, "✗", "မရှိပါ", "no."]),
        (None, ["x", "×", "-1", "none", "yes no"]),
        (NOTHING, ["-", "N/A", "unknown"]),
    ],
    "child_sex > identity.sex": [("M", ["(ကျား)", "M.", "အမျိုးသား"]), ("F", ["(မ)", "Female"])],
    "child_hazards > facts.hazards": [
        (["dust_fumes", "heavy_loads"], [
            "dust_fumes/heavy_loads", "Dust fumes; Heavy loads", "dust fumes heavy loads",
            "DUST_FUMES\nHEAVY_LOADS", "1. dust_fumes 2. heavy_loads", "dust_fumes and heavy_loads",
            "[dust_fumes, heavy_loads]", "- dust_fumes\n- heavy_loads", "dust/fumes, heavy loads"]),
        (NOTHING, ["none", "-", "N/A", "no", "မရှိ"]),
    ],
    "child_wfcl_flags > facts.worst_forms": [
        (["a1", "b2"], ["a1/b2", "A1, B2", "(a1) (b2)", "a1. b2", "a၁ b၂", "a 1, b 2"]),
    ],
    "isic4 > facts.isic": [
        ("5610", ["5610.0", "5610 - Restaurants and mobile food service activities"]),
        ("0111", [111, "၀၁၁၁"]),
        ("unmapped", ["56", "5610 - Growing of rice"]),
    ],
    "child_card_no > identity.card_no": [
        ("12/OUKAMA(N)123456", ["12/OUKAMA/N/123456", "12\\OUKAMA[N]123456", "၁၂/ဥကမ(နိုင်)၁၂၃၄၅၆"]),
        (NOTHING, ["-", "မရှိ", "nil"]),
    ],
    "child_name > identity.name": [
        (NOTHING, ["မသိ", "—", "N/A", " n/a ", "Unknown", "UNKNOWN", "none", "Not known", "nil"]),
        ("Do", ["Do"]), ("No Nga", ["No Nga"]), ("Na", ["Na"]), ("Dk", ["Dk"]),
    ],
    "child_father_name > identity.father_name": [(NOTHING, ["-", "N/A", "Unknown"])],
    "child_task_text > facts.task_text": [
        (NOTHING, ["-", " - ", "--", "N/A", "n/a", "nil", "null", "..."]), ("none", ["none"]),
    ],
    "wp_owner > facts.workplace.owner": [(NOTHING, ["-", "—", "N/A"]), ("U Na", ["U Na"])],
    "inspector_code > facts.inspection.inspector": [(NOTHING, ["-", "N/A"]), ("0", [0, "0"])],
    "gps > facts.workplace.longitude": [
        (96.1478, ["16.779N 96.1478E", "16.779° N, 96.1478° E", "(16.779, 96.1478)",
                   "16,779 96,1478", "lat 16.779 lon 96.1478", "16.779/96.1478"]),
        (None, ["16.779", "96.1478 16.779 E", "200 300"]),
    ],
}  # fmt: skip
SCHOOLS: dict[str, list[tuple[object, list[object]]]] = {
    "grade > facts.grade": [
        ("5", ["Grade 05", "G-5", "Gr.5", "၅ တန်း", "5th", "Grade 5 (A)", "5-A", "အတန်း ၅", 5.0]),
        ("KG", ["K.G.", "KG (A)", "Grade KG"]),
        ("unmapped", ["5-6", "Grade 4/5", "13", "-5"]),
        (NOTHING, ["-", "N/A"]),
    ],
    "month > facts.observed_on": [
        ("2026-01-01", ["Jan'26", "202601", "ဇန်နဝါရီလ ၂၀၂၆", "၂၀၂၆ ခုနှစ် ဇန်နဝါရီလ", "01/2569",
                        "ဇန္နဝါရီ-၂၀၂၆", "2026-01-01T00:00:00", 46023]),
    ],
    "status > facts.school_status": [("re_entered", ["reentered"]), ("dropout", ["dropped out"])],
    "days_absent > facts.days_absent": [(11, ["၁၁ ရက်", "11 days"])],
}  # fmt: skip


@cache
def cases() -> list[tuple[str, str, str, object, object]]:
    return [*_cases("inspection", INSPECTIONS), *_cases("school", SCHOOLS)]


def _cases(
    record: str, table: dict[str, list[tuple[object, list[object]]]]
) -> Iterator[tuple[str, str, str, object, object]]:
    for name, rows in table.items():
        column, target = name.split(" > ")
        for meant, cells in rows:
            for cell in cells:
                yield record, column, target, cell, meant


@pytest.mark.parametrize(
    ("record", "column", "target", "cell", "meant"),
    [pytest.param(*case, id=f"{case[1]}-{number}") for number, case in enumerate(cases())],
)
def test_a_cell_means_what_its_writer_meant(
    record: str, column: str, target: str, cell: object, meant: object
) -> None:
    """None: the field waits for triage. NOTHING: the cell is as good as empty."""
    made = _made(record, {column: cell})
    facts = made.facts or {}
    value = _at({"identity": made.identity, "facts": facts}, target)
    if meant is None or meant == "unmapped":
        assert value == meant
        assert facts["unmapped"]
        return
    assert value in (None, []) if meant is NOTHING else value == meant
    assert facts["unmapped"] == []


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("-", "missing_required"), ("perhaps", "code_unknown"), ("မသိ", "code_unknown")],
)
def test_a_required_code_that_cannot_be_used_says_which_codes_can(cell: str, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        _made("inspection", {"child_found": cell})
    (only,) = caught.value.reasons
    assert (only.code, only.column) == (reason, "child_found")
    if reason == "code_unknown":
        assert only.next_step.startswith("write one of yes, no, suspected into child_found")


def test_what_is_not_known_is_said_and_a_dash_says_nothing() -> None:
    absent = (_made("inspection", {"child_night": "မသိ"}).facts or {})["absent"]
    assert absent == [{"field": "night_work", "reason": "asked_unknown"}]
    assert (_made("inspection", {"child_night": "-"}).facts or {})["absent"] == []


@pytest.mark.parametrize("name", [one for one in codes.names() if one != "card_townships"])
@pytest.mark.parametrize("level", ["", "class", "unit"])
def test_no_two_codes_are_one_when_marks_and_case_do_not_count(name: str, level: str) -> None:
    """At one level: a division and a section may be written alike."""
    known = codes.load(name, level).codes
    if level or name not in {"isic4", "isco08"}:
        assert len({codes.spelling(code) for code in known}) == len(known)


def _made(record: str, fields: dict[str, object]) -> Translated:
    system, base = ("emis", SCHOOL) if record == "school" else ("labour_inspection", INSPECTION)
    return translate(
        system=system, record=record, body={**base, **fields}, where="file, row 3", key="k"
    )


def _at(things: object, path: str) -> object:
    for name in path.split("."):
        things = things.get(name) if isinstance(things, dict) else None
    return things


@pytest.mark.parametrize("nothing", ["-", " - ", "N/A", " n/a ", "nil", "—", "null"])
@pytest.mark.parametrize(
    "column",
    ["insp_id", "insp_date", "office_code", "wp_id", "wp_township", "child_found", "child_no"],
)
def test_a_dash_in_a_required_field_is_no_value(column: str, nothing: str) -> None:
    with pytest.raises(RejectedError) as caught:
        _made("inspection", {column: nothing})
    assert (caught.value.reasons[0].code, caught.value.reasons[0].column) == (
        "missing_required", column,
    )  # fmt: skip


@pytest.mark.parametrize("number", ["none", "None", "nil", "no", "မရှိ", 0, "၀", "N/A", "×"])
def test_a_word_for_no_child_beside_no_is_no_child(number: object) -> None:
    made = _made("inspection", {"child_found": "no", "child_no": number})
    assert (made.facts, (made.figure or {})["outcome"]) == (None, "no_child_found")


@pytest.mark.parametrize("number", [1, "2", "A"])
def test_a_child_that_is_numbered_is_one_whatever_stands_beside_it(number: object) -> None:
    assert _made("inspection", {"child_found": "no", "child_no": number}).figure is None
