"""Text, dates and cards as offices write them, form by form. No database, no bus."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count

import pytest

from contracts.cards import read_card
from contracts.dates import birth_interval, completed_years, read_date, read_month
from contracts.text import card_key, full_name, name_key, normalise, phone


def numbered() -> Iterator[str]:
    """Ids that repeat no value: names and numbers of people, made up or not, are no test names."""
    return map(str, count())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  two\u00a0 words \u200b", "two words"),
        ("၁၂၃", "123"),
        ("႑႒", "12"),
        ("cafe\u0301", "café"),
        ("a\tb\nc\x00", "a b c"),
        ("\ud800x", "\ufffdx"),
    ],
    ids=numbered(),
)
def test_text_loses_only_what_nobody_sees(written: str, read: str) -> None:
    assert normalise(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*******", ""),
        (" - ", ""),
        ("ေအာင္ ၀", "ေအာင္ ၀"),  # alone it is a digit
        ("၀င်း", "ဝင်း"),  # beside a letter it is the letter wa
        ("Aung  Ko", "Aung Ko"),
    ],
    ids=numbered(),
)
def test_a_name_keeps_its_script_and_loses_its_mask(written: str, read: str) -> None:
    assert full_name(written) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("U Ko Aung", "aung"),
        ("Mg. Aung Mg", "Aung Maung"),
        ("Daw Ma Ma Lay", "Ma Ma Lay"),
        ("ဦး အောင် မြင့်", "အောင်မြင့်"),
        ("AUNG\u200b KO", "aung ko"),
    ],
    ids=numbered(),
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_doubled_title_is_a_name() -> None:
    assert name_key("Ko Ko") != name_key("Ko")
    assert name_key("Ko Ko Oo") != name_key("Ko Oo")


@pytest.mark.parametrize(
    "written",
    [
        "12/OUKAMA(N)123456",
        "12/OuKaMa (Naing) 123456",
        "12-OUKAMA(N)123456",
        "၁၂/ဥကမ(နိုင်)၁၂၃၄၅၆",
        "၁၂/OUKAMA(နိုင်)123456",
    ],
    ids=numbered(),
)
def test_a_card_reads_the_same_in_either_script(written: str) -> None:
    assert read_card(written) == ("12/OUKAMA(N)123456", True)


@pytest.mark.parametrize(
    "written", ["15/OUKAMA(N)123456", "OUKAMA 123456", "12/OUKAMA(Q)123456"], ids=numbered()
)
def test_a_card_that_cannot_be_read_stays_as_written_and_is_no_key(written: str) -> None:
    number, readable = read_card(written)
    assert (number, readable, card_key(number)) == (written, False, None)


def test_card_letters_that_no_list_has_are_taken_as_they_stand() -> None:
    assert read_card("9/KHAHTATHA(N)000001") == ("9/KHAHTATHA(N)000001", True)
    assert card_key("9/KHAHTATHA(N)000001") == "9/khahtatha(n)000001"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+95 9 123 456 789", "09123456789"),
        ("၀၉-၁၂၃၄၅၆၇၈၉", "09123456789"),
        ("9123456789", "09123456789"),
        ("+66 81 234 5678", "+66812345678"),
        ("none", ""),
    ],
    ids=numbered(),
)
def test_a_telephone_has_one_form(written: str, read: str) -> None:
    assert phone(written) == read


FIFTH = date(2026, 1, 5)


@pytest.mark.parametrize(
    "written",
    [
        "05/01/2026", "5.1.26", "2026-01-05", "2026/1/5", "20260105", "05-01-2569", "၅/၁/၂၀၂၆",
        "2026-01-05T10:00:00", "2026-01-04T20:00:00Z", 46027, 46027.5, "46027.0", FIFTH,
        datetime(2026, 1, 5),  # noqa: DTZ001 - a typed cell has no zone
        date(2569, 1, 5), "2569-01-05", "5.1.69", "၅-၁-၆၉", "5 Jan 69",
    ],
    ids=numbered(),
)  # fmt: skip
def test_every_form_of_a_date_is_the_same_day(written: object) -> None:
    assert read_date(written) == FIFTH


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2026",
        "13/25/2026",
        "soon",
        "",
        3,
        True,
        1e300,
        float("nan"),
        None,
        [],
        "5/1",
        "99999",
    ],
    ids=numbered(),
)
def test_what_is_no_single_day_is_not_guessed(written: object) -> None:
    assert read_date(written) is None


@pytest.mark.parametrize(
    "written", ["2026-01", "01/2026", "၂၀၂၆-၀၁", "2569-01", FIFTH, 46027], ids=numbered()
)
def test_every_form_of_a_month_is_its_first_day(written: object) -> None:
    assert read_month(written) == date(2026, 1, 1)


@pytest.mark.parametrize("on", [date(2024, 2, 29), date(2025, 2, 28), date(2026, 3, 1), FIFTH])
@pytest.mark.parametrize("age", [0, 1, 11, 17, 120])
def test_the_birth_interval_of_an_age_is_exact(age: int, on: date) -> None:
    first, last = birth_interval(age, on)
    assert completed_years(first, on) == completed_years(last, on) == age
    assert completed_years(first - timedelta(days=1), on) == age + 1
    assert completed_years(last + timedelta(days=1), on) == age - 1
