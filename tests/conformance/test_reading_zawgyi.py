"""Zawgyi: how it is written in Unicode, and how a file's columns are judged. Names are made up."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sdk.reading import open_file
from contracts.zawgyi import convert, is_surely_unicode, is_surely_zawgyi, means_the_same
from tests.conformance.sheets import INSPECTION, found, workbook

PAIRS = {
    "ေမာင္ေမာင္စိုး": "မောင်မောင်စိုး", "ေဒၚခင္ႏုႏု": "ဒေါ်ခင်နုနု", "ဦး": "ဦး", "လွ": "လှ",
    "အေျခခံပညာအလယ္တန္းေက်ာင္း": "အခြေခံပညာအလယ်တန်းကျောင်း", "ျမန္မာ": "မြန်မာ",
    "အဂၤလိပ္": "အင်္ဂလိပ်", "သတၱိ": "သတ္တိ", "မႏၲေလး": "မန္တလေး", "ရန္ကုန္": "ရန်ကုန်",
    "ကၽြန္ေတာ္": "ကျွန်တော်", "ႏွင့္": "နှင့်", "စုစုေပါင္း": "စုစုပေါင်း", "ဥကၠာ": "ဥက္ကာ",
    "ေစ်း": "ဈေး", "ပုသိမ္": "ပုသိမ်", "ၿမိဳ႕": "မြို့", "ေနျပည္ေတာ္": "နေပြည်တော်",
    "ေရႊ": "ရွှေ", "အလုပ္သမား": "အလုပ်သမား", "တကၠသိုလ္": "တက္ကသိုလ်", "ပစၥည္း": "ပစ္စည်း",
    "ဝန္ႀကီးဌာန": "ဝန်ကြီးဌာန", "ျပႆနာ": "ပြဿနာ", "ဉာဏ္": "ဉာဏ်", "ၾသဂုတ္": "ဩဂုတ်",
    "မွ်": "မျှ", "သမီး": "သမီး", "၀င္း": "ဝင်း", "ဘ႑ာ": "ဘဏ္ဍာ", "ေျမ႕": "မြေ့",
}  # fmt: skip
"""Words as a Zawgyi keyboard writes them, with their spelling in Unicode."""

ZAWGYI = {
    chr(code) for code in (*range(0x1000, 0x1023), *range(0x1025, 0x1028), *range(0x1029, 0x1098))
}
TEXT = st.text(st.sampled_from(sorted(ZAWGYI) + list(" aZ9-/.၁၂")), max_size=20)


@pytest.mark.parametrize(("zawgyi", "unicode"), PAIRS.items(), ids=range(len(PAIRS)))
def test_a_word_is_written_as_unicode_writes_it(zawgyi: str, unicode: str) -> None:
    """Vowels behind their letters, stacks with their sign, one code for each letter."""
    assert convert(zawgyi) == unicode
    assert not is_surely_zawgyi(unicode)
    assert not (is_surely_unicode(zawgyi) and zawgyi != unicode and len(zawgyi) > 3)


def test_no_title_of_our_own_lists_is_taken_for_zawgyi() -> None:
    """All of them are Unicode: townships, occupations, hazards and the rest."""
    for place in files("contracts").joinpath("codes").iterdir():
        if place.name.endswith(".csv"):
            for row in csv.reader(place.read_text(encoding="utf-8").splitlines()):
                assert not any(map(is_surely_zawgyi, row)), place.name


@given(TEXT)
def test_nothing_is_lost_and_nothing_else_is_touched(text: str) -> None:
    """What is not Burmese stays in its place; every letter stays in its order."""
    converted = convert(text)
    outside = [letter for letter in text if letter < "\u1000"]
    assert [letter for letter in converted if letter < "\u1000"] == outside
    assert convert(text + " abc") == f"{converted} abc"


@given(st.text(st.characters(max_codepoint=0xFFF, exclude_categories=["Cs"])))
def test_text_without_burmese_needs_no_decision(text: str) -> None:
    """It reads alike in both."""
    assert means_the_same(text)


@given(st.lists(st.sampled_from(sorted(PAIRS)), min_size=1, max_size=5))
def test_words_beside_each_other_are_converted_like_each_alone(words: list[str]) -> None:
    """With blanks between them, or none where no sign stands before its letter."""
    assert convert(" ".join(words)) == " ".join(PAIRS[word] for word in words)


def _bodies(path: Path, rows: list[list[object]]) -> list[dict[str, object]]:
    path.write_bytes(workbook(S=[INSPECTION, *rows]))
    return [dict(row.body) for row in open_file(path).rows()]


LONG = [word for word in PAIRS if len(word) > 6]


def test_a_column_in_zawgyi_is_converted_and_its_originals_are_kept(tmp_path: Path) -> None:
    """Beside it stands a column in Unicode, which is left alone."""
    rows = [found(f"I-{at}", 1, word) for at, word in enumerate(LONG)]
    for row in rows:
        row[3] = "လက်ဖက်ရည်ဆိုင်"
    bodies = _bodies(tmp_path / "a.xlsx", rows)
    assert [body["child_name"] for body in bodies] == [PAIRS[word] for word in LONG]
    assert [body["_zawgyi"] for body in bodies] == [{"child_name": word} for word in LONG]
    assert {body["wp_name"] for body in bodies} == {"လက်ဖက်ရည်ဆိုင်"}


def test_one_name_that_could_be_either_is_left_as_it_is(tmp_path: Path) -> None:
    """The detector is sure of it and wrong: a few letters tell nothing."""
    odd = "မြသထဖတရထဖတဖဒသူ"
    bodies = _bodies(tmp_path / "a.xlsx", [found("I-1", 1, odd), found("I-2", 1, "Aung Aung")])
    assert [body["child_name"] for body in bodies] == [odd, "Aung Aung"]
    assert not any("_zawgyi" in body for body in bodies)


def test_rows_pasted_in_the_other_encoding_are_told_apart(tmp_path: Path) -> None:
    """Half of a column each; short names follow the texts beside them."""
    rows = [found(f"I-{at}", 1, word) for at, word in enumerate(LONG)]
    rows += [found(f"J-{at}", 1, PAIRS[word]) for at, word in enumerate(LONG)]
    for row, shop in zip(rows, ["လက္ဖက္ရည္ဆိုင္"] * len(LONG) + ["လက်ဖက်ရည်ဆိုင်"] * len(LONG), strict=True):
        row[3] = shop
    bodies = _bodies(tmp_path / "a.xlsx", rows)
    assert [body["child_name"] for body in bodies] == [PAIRS[word] for word in LONG] * 2
    assert {body["wp_name"] for body in bodies} == {"လက်ဖက်ရည်ဆိုင်"}
    assert ["_zawgyi" in body for body in bodies] == [True] * len(LONG) + [False] * len(LONG)


def test_other_languages_of_the_script_are_left_alone(tmp_path: Path) -> None:
    """Shan and Karen use codes that Zawgyi gives another meaning."""
    names = ["ၸၢႆးၸိုင်ႉ", "လုၵ်ႈဢွၼ်ႇ", "နီၤဖၤ", "စီၤမူၤ"]
    bodies = _bodies(
        tmp_path / "a.xlsx", [found(f"I-{at}", 1, one) for at, one in enumerate(names)]
    )
    assert [body["child_name"] for body in bodies] == names


def test_what_stays_open_is_left_and_said(tmp_path: Path) -> None:
    """One short name that could be either."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(S=[INSPECTION, found("I-1", 1, "လွ")]))
    file = open_file(path)
    assert [row.body["child_name"] for row in file.rows()] == ["လွ"]
    assert file.notes
    assert file.notes[0].startswith("zawgyi_undecided")
