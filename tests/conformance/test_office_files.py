"""Files as offices make them: each habit of the workbooks, and what must come out. No code lists.

The rows that are wanted were written down from the forms' description, not from what came out.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
import xlsxwriter

from adapters.sdk.unpack import UnreadableError
from hub.contract_tools.lines import json_lines
from hub.contract_tools.trying import open_trial

Cells = Sequence[object]
AFTERNOON = dt.datetime(2014, 5, 17, 14, 30)  # noqa: DTZ001 - a sheet knows no zone
NAME, FATHER = "ကျော်ဇော်", "ဦးမောင်မောင်"
NAME_ZAWGYI, FATHER_ZAWGYI = "ေက်ာ္ေဇာ္", "ဦးေမာင္ေမာင္"
BURMESE = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")
SHAN = str.maketrans("0123456789", "႐႑႒႓႔႕႖႗႘႙")
SCHOOL = (
    "township_pcode", "school_code", "month", "student_no", "grade", "name_my", "father_name",
    "sex", "dob", "age", "school_days", "absence_reason", "status",
)  # fmt: skip
LABELS = (
    "မြို့နယ်", "ကျောင်းကုဒ်", "လ", "အမှတ်", "အတန်း", "အမည်", "အဘအမည်",
    "ကျား/မ", "မွေးနေ့", "အသက် (၅-၁၇)", "ကျောင်းရက်", "ပျက်ကြောင်း", "အခြေအနေ",
)  # fmt: skip
INSPECTION = (
    "insp_id", "insp_date", "office_code", "wp_name", "wp_township", "workers_total", "child_found",
    "child_no", "child_age", "child_hours_week", "child_hazards", "sanction_amount",
)  # fmt: skip


@dataclass(slots=True)
class Sheet:
    """A sheet in the making. `wanted` are its records: (path, value), or the columns at fault."""

    name: str = "S"
    rows: list[Cells] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    wanted: dict[int, Mapping[str, object] | set[str]] = field(default_factory=dict)

    def add(self, *cells: object) -> None:
        """A row that is no record."""
        self.rows.append(cells)

    def record(self, cells: Cells, **wanted: object) -> None:
        """A record; names of `facts` and `identity` are unique enough to go without their root."""
        self.rows.append(cells)
        self.wanted[len(self.rows)] = wanted

    def wrong(self, cells: Cells, *columns: str) -> None:
        """A record that must be rejected for these columns."""
        self.rows.append(cells)
        self.wanted[len(self.rows)] = set(columns)


def pupil(number: object, **changed: object) -> list[object]:
    """A pupil's row."""
    usual = (
        "MMR013001", "0012", "2026-01", number, 5, NAME, FATHER, "M", dt.date(2014, 5, 17), 11, 20,
        "working", "long_absent",
    )  # fmt: skip
    return list((dict(zip(SCHOOL, usual, strict=True)) | changed).values())


def visit(number: object, **changed: object) -> list[object]:
    """A row of an inspection that found a child."""
    usual = (
        number, "2026-01-05", "YGN", "Tea shop", "MMR013001", 12, "yes", 1, 13, 40,
        "heights heavy_loads", None,
    )  # fmt: skip
    return list((dict(zip(INSPECTION, usual, strict=True)) | changed).values())


def titles_and_labels() -> Iterable[Sheet]:
    """Five rows of titles, one of them wide; two rows of labels, and the columns' numbers."""
    one = Sheet(merged=[(0, 0, 0, 8)])
    one.add("ပညာရေးဝန်ကြီးဌာန")
    one.add("Township", "MMR013001", "month", "2026-01", dt.date(2026, 1, 31))
    one.add()
    one.add(None, "Report of pupils who are absent for a long time, to be returned by the fifth")
    one.add("School", None, None, "Pupil")
    one.add(*SCHOOL)
    one.add("၉ လုံး", *LABELS[1:2], "YYYY-MM", *LABELS[3:])
    one.add(*(f"({number})".translate(BURMESE) for number in range(1, 14)))
    one.record(pupil(1), name=NAME, township="MMR013001", observed_on="2026-01-01", grade="5")
    yield one


def few_labels() -> Iterable[Sheet]:
    """Labels stand below some of the codes only."""
    one = Sheet()
    one.add(*SCHOOL)
    one.add(None, None, "လ (YYYY-MM)", "အမှတ်", None, "အမည်")
    one.record(pupil(1), name=NAME)
    yield one


def codes_beside_words() -> Iterable[Sheet]:
    """The header has the codes in other case, with marks, and labels before or behind them."""
    told = {
        "township_pcode": "TOWNSHIP_PCODE *", "school_code": " School Code ", "sex": "sex (ကျား/မ)",
        "month": "month (YYYY-MM)", "student_no": "student_no / Number", "status": "*status:",
        "dob": "မွေးနေ့ (dob)", "name_my": "အမည်\nname_my", "age": "age (years)",
        "father_name": "father\u200b_name\u00a0", "grade": "အတန်း grade",
    }  # fmt: skip
    one = Sheet()
    one.add(*(told.get(code, code) for code in SCHOOL))
    one.record(pupil(1), name=NAME, father_name=FATHER, sex="M", grade="5", age_low=11)
    yield one


def totals_anywhere() -> Iterable[Sheet]:
    """Totals in several words and columns, empty rows and section titles between the records."""
    one = Sheet()
    one.add(*SCHOOL)
    one.add("Grade 5")
    said = (
        "စုစုပေါင်း", "Total", "Grand total:", "TOTAL (12)", "Sub-total", "စုစုပေါင်း (၃) ဦး",
        "Total pupils: 3", "Grand Total (all grades)", "စုစု ပေါင်း", "ကျား စုစုပေါင်း", "Average",
    )  # fmt: skip
    for number, word in enumerate(said):
        one.record(pupil(number), name=NAME)
        one.add(*[None] * (number % 8), word, None, 60, 30)
        one.add()
    one.add(None, "Grade 6")
    one.record(pupil("last"), name=NAME)
    one.add("Checked by", "ဒေါ်လှ")
    yield one


def totals_that_repeat_their_school() -> Iterable[Sheet]:
    """The total's row names its school and month, or they are merged over it."""
    one = Sheet(name="repeated")
    one.add(*SCHOOL)
    one.record(pupil(1), name=NAME)
    one.add("MMR013001", "0012", "2026-01", "Total", None, None, None, None, None, None, 40)
    one.add("MMR013001", "0012", "2026-01", None, None, "စုစုပေါင်း", None, None, None, None, 40)
    merged = Sheet(name="merged", merged=[(1, column, 3, column) for column in range(3)])
    merged.add(*SCHOOL)
    merged.record(pupil(1), name=NAME)
    merged.record([None] * 3 + pupil(2)[3:], name=NAME, township="MMR013001", office="0012")
    merged.add(*[None] * 5, "Total", *[None] * 4, 40)
    yield from (one, merged)


def a_sheet_a_grade() -> Iterable[Sheet]:
    """A cover, an empty sheet, and grades, one with its columns turned and its header repeated."""
    cover = Sheet(name="Cover")
    cover.add("School attendance workbook")
    cover.add("Filled in by", "the head", "on", dt.date(2026, 1, 31))
    turned = Sheet(name="၂ တန်း")
    turned.add("စဉ်", *reversed(SCHOOL), "ward")
    turned.record([1, *reversed(pupil(1)), "3"], name=NAME, age_low=11)
    turned.add("စဉ်", *reversed(SCHOOL), "ward")
    turned.record([2, *reversed(pupil(2)), "3"], name=NAME, grade="5")
    plain = Sheet(name="Grade 3")
    plain.add(*SCHOOL)
    plain.record(pupil(3), name=NAME)
    yield from (cover, Sheet(name="empty"), turned, plain)


def every_form_of_a_date() -> Iterable[Sheet]:
    """One birthday, as it is written, exported and mistyped."""
    forms = (
        dt.date(2014, 5, 17), AFTERNOON, "2014-05-17", "17/05/2014",
        "17.5.14", "17-05-2014", "17/5/2557", "၁၇.၅.၂၅၅၇", "2557-05-17", 41776, "41776", "၄၁၇၇၆",
        "17 / 05 / 2014", "17.05.2014.", "17/05/2014 00:00", "17/05/2014 12:00:00 AM",
        "'17/05/2014", "17-May-2014", "17-May-14", "17 May 2014", "\u00a017/05/2014\u200b",
        "17/05/2014".translate(SHAN),
    )  # fmt: skip
    one = Sheet()
    one.add(*SCHOOL)
    for number, form in enumerate(forms):
        one.record(pupil(number, dob=form, age=None), birth_earliest="2014-05-17")
    yield one


def every_form_of_a_month() -> Iterable[Sheet]:
    """However the month is written, the row of one pupil keeps one key."""
    forms = (
        "2026-01", "01/2026", "1.2026", "၂၀၂၆-၀၁", "2569-01", dt.date(2026, 1, 1), 46023, "46023",
        "Jan-2026", "January 2026", "2026-01-15", "2026-01".translate(SHAN),
    )  # fmt: skip
    one = Sheet()
    one.add(*SCHOOL)
    for form in forms:
        one.record(pupil("7", month=form), observed_on="2026-01-01", row_key="0012/7/2026-01")
    one.wrong(pupil("8", month="summer"), "month")
    one.wrong(pupil("9", month=2026), "month")
    yield one


def zawgyi_beside_unicode() -> Iterable[Sheet]:
    """Rows of an older machine below those of a newer one; Shan digits are no Zawgyi."""
    one = Sheet()
    one.add(*SCHOOL)
    for number in range(3):
        one.record(pupil(number, age="11".translate(SHAN)), name=NAME, unmapped=[])
        old = pupil(number + 9, name_my=NAME_ZAWGYI, father_name=FATHER_ZAWGYI, dob=None)
        one.record(old, name=NAME, father_name=FATHER, notes=["zawgyi_converted"])
    one.add("စုစုေပါင္း", *[None] * 9, 60)
    yield one


def codes_in_other_clothes() -> Iterable[Sheet]:
    """Case, hyphens and Burmese words of a required code; unknown ones of the others."""
    one = Sheet()
    one.add(*SCHOOL)
    for number, said in enumerate(("LONG_ABSENT", "Long Absent", "long-absent", "ရက်ရှည်ပျက်ကွက်")):
        one.record(pupil(number, status=said, sex="ကျား "), school_status="long_absent", sex="M")
    one.record(pupil(5, absence_reason="distance / weather"), absence_reason="distance_weather")
    one.record(
        pupil(6, absence_reason="bored"), absence_reason="unmapped",
        unmapped=[{"field": "facts.absence_reason", "code": "bored", "label": ""}],
    )  # fmt: skip
    one.wrong(pupil(7, status="bored"), "status")
    yield one


def numbers_as_text() -> Iterable[Sheet]:
    """Signs of thousands, decimal commas, floats; and several codes in one cell."""
    one = Sheet()
    one.add(*INSPECTION)
    one.record(
        visit("I-1", sanction_amount="1,500,000", workers_total="1,250", child_hours_week="20,5"),
        sanction_amount=1_500_000.0, workers_total=1250, hours_week=20.5,
    )  # fmt: skip
    one.record(visit("I-2", sanction_amount="၅၀,၀၀၀"), sanction_amount=50_000.0)
    one.record(visit("I-3", child_no="1.0"), row_key="I-3/1")
    for said in ("heights,heavy_loads", "Heights; heavy-loads", "heights၊ heavy_loads",
                 "heights\nheavy_loads", "heights / heavy_loads"):  # fmt: skip
        one.record(visit("I-4", child_hazards=said), hazards=["heights", "heavy_loads"],
                   unmapped=[])  # fmt: skip
    yield one


def inspections_that_found_none() -> Iterable[Sheet]:
    """An inspection without a child is a figure, also when the number says so in its own way."""
    one = Sheet()
    one.add(*INSPECTION)
    for answer, number in (("no", None), ("No", "-"), ("NO", 0), ("မတွေ့ရှိ", None), (False, "\u200b")):
        one.record(visit("I-1", child_found=answer, child_no=number), outcome="no_child_found")
    yield one


def what_cannot_be() -> Iterable[Sheet]:
    """Rejected: a required cell that is missing or unreadable, and the impossible; nothing else."""
    one = Sheet()
    one.add(*INSPECTION)
    unreadable = visit("A", insp_date="someday", office_code="YGN", wp_township="Nowhere")
    one.wrong(unreadable, "insp_date", "wp_township")
    one.wrong(visit("I-1", child_age="၂၄၀"), "child_age")
    one.wrong(visit("I-2", child_hours_week=200), "child_hours_week")
    one.wrong(visit("I-3", child_no=None), "child_no")
    one.wrong(visit("I-4", office_code="\u00a0\u200b"), "office_code")
    one.wrong(visit("I-5", insp_date="31/02/2026"), "insp_date")
    one.record(visit("I-6", child_hours_week=168), hours_week=168.0)
    one.record(visit("I-7", child_hours_week="many", child_age="about 12"), hours_week=None)
    yield one


HABITS = (
    titles_and_labels, few_labels, codes_beside_words, totals_anywhere,
    totals_that_repeat_their_school, a_sheet_a_grade, every_form_of_a_date, every_form_of_a_month,
    zawgyi_beside_unicode, codes_in_other_clothes, numbers_as_text, inspections_that_found_none,
    what_cannot_be,
)  # fmt: skip


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
def test_a_workbook_comes_out_right(habit: Callable[[], Iterable[Sheet]], tmp_path: Path) -> None:
    """Every record with the row that Excel shows, its values or its faults; nothing else."""
    sheets = list(habit())
    _save(tmp_path / "file.xlsx", sheets)
    wanted = {(one.name, row): told for one in sheets for row, told in one.wanted.items()}
    _compare(_lines(tmp_path / "file.xlsx"), wanted)


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-16-le", ","), ("utf-8", "|")],
)
def test_a_text_file_comes_out_right(encoding: str, separator: str, tmp_path: Path) -> None:
    """Rows are numbered by their first line; separators without cells are an empty row."""
    one = next(iter(totals_anywhere()))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([*row, *[None] * 3] for row in one.rows)
    path = tmp_path / "file.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    _compare(_lines(path), {("", row): told for row, told in one.wanted.items()})


def test_a_header_alone_is_no_record_and_no_fault(tmp_path: Path) -> None:
    """A month in which nothing happened."""
    _save(tmp_path / "file.xlsx", [Sheet(rows=[("Title",), SCHOOL, LABELS])])
    assert _lines(tmp_path / "file.xlsx") == []


@pytest.mark.parametrize("rows", [[], [("Only a title",)], [SCHOOL[:-1], pupil(1)[:-1]]])
def test_a_file_without_the_form_gives_a_reason_and_no_line(
    rows: list[Cells], tmp_path: Path
) -> None:
    """Nothing is read of a file in which the records could not be told."""
    _save(tmp_path / "file.xlsx", [Sheet(rows=rows)])
    with pytest.raises(UnreadableError) as caught:
        _lines(tmp_path / "file.xlsx", contract="emis/school")
    assert NAME not in repr(caught.value.reason)


def test_what_is_shown_masked_holds_no_personal_value(tmp_path: Path) -> None:
    """A trial may be shown to others, also where a record is rejected."""
    rows = [SCHOOL, pupil(1), pupil(2, age=240), pupil(3, month="summer", father_name=FATHER)]
    _save(tmp_path / "file.xlsx", [Sheet(rows=rows)])
    trial = open_trial(tmp_path / "file.xlsx")
    shown = b"".join(json_lines(trial, 0, lambda *_: None, reveal=False)).decode()
    assert not [value for value in (NAME, FATHER, "2014-05-17", "0012", "summer") if value in shown]


def _save(path: Path, sheets: Iterable[Sheet]) -> None:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"}) as book:
        for one in sheets:
            page = book.add_worksheet(one.name)
            for number, row in enumerate(one.rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(number, column, cell)
                    elif cell is not None:
                        page.write(number, column, cell)
            for top, left, bottom, right in one.merged:
                page.merge_range(top, left, bottom, right, one.rows[top][left])


def _lines(path: Path, contract: str = "") -> list[dict[str, Any]]:
    trial = open_trial(path, contract)
    return [orjson.loads(line) for line in json_lines(trial, 0, lambda *_: None, reveal=True)]


def _compare(
    lines: list[dict[str, Any]], wanted: Mapping[tuple[str, int], Mapping[str, object] | set[str]]
) -> None:
    assert [(line["sheet"], line["row"]) for line in lines] == list(wanted)
    for line, told in zip(lines, wanted.values(), strict=True):
        at = f"{line['sheet']} row {line['row']}"
        if isinstance(told, set):
            assert {one["column"] for one in line.get("reasons", ())} == told, at
        else:
            assert line["accepted"], f"{at}: {line.get('reasons')}"
            said = _flat(line["canonical"])
            assert {name: said.get(name) for name in told} == told, at


def _flat(canonical: Mapping[str, Any]) -> dict[str, object]:
    """Everything that a record says, under its last name; the facts' own names win."""
    flat: dict[str, object] = {}
    for thing in canonical.values():
        inner = [one for one in thing.values() if isinstance(one, dict)]
        for part in (*inner, thing):
            flat |= part
    return flat
