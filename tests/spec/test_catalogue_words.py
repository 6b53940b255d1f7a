"""The data dictionary in both languages: complete, Unicode, and clear about what is missing."""

import re
import warnings
from functools import cache
from unicodedata import normalize

import pytest
from myanmartools import ZawgyiDetector

from contracts import codes
from contracts.catalogue import THINGS, Model, defined_by, entries, meaning_of, title_of
from contracts.catalogue.dictionary import (
    MOST_CODES,
    dictionary,
    fixed_values,
    list_names,
)
from contracts.catalogue.schema import definitions
from contracts.checking.targets import targets
from contracts.model.base import AbsentReason, Thing
from contracts.text import tidy
from tests.spec.catalogue_files import DICTIONARY, burmese, made

BURMESE = re.compile(r"[\u1000-\u109f]")
WORDS = burmese()
TEXT = made()[DICTIONARY]
EVERY = pytest.mark.parametrize("model", THINGS, ids=lambda one: one.__name__)
NOT_ZAWGYI = 0.05
ROOTS = {"identity", "facts", "figure", "answer"}


@cache
def detector() -> ZawgyiDetector:
    """The detector; it reads its model in a way that Python will give up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return ZawgyiDetector()


def section(title: str) -> str:
    """The part of the document under a heading of the third rank."""
    return TEXT.split(f"\n### {title}\n", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]


@EVERY
def test_every_field_is_told_in_both_languages(model: Model) -> None:
    told = section(title_of(model))
    assert WORDS[model.__name__]["title"] in told
    for one in entries(model, own=True):
        (row,) = [line for line in told.splitlines() if line.startswith(f"| `{one.name}`")]
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        field, kind, unit, english, my, _, label, source = cells
        assert ("required" in field) == one.required
        assert kind
        assert unit == one.meaning.unit
        assert english == one.meaning.text
        assert not BURMESE.search(english)
        assert my == WORDS[model.__name__][one.name]
        assert label == one.label
        assert source


@EVERY
def test_the_burmese_words_tell_the_fields_that_there_are_and_no_others(model: Model) -> None:
    words = WORDS[model.__name__]
    assert set(words) == {"title"} | {one.name for one in entries(model, own=True)}
    assert [name for name, text in words.items() if not BURMESE.search(text)] == []


def test_the_burmese_words_know_no_other_things() -> None:
    assert set(WORDS) == {one.__name__ for one in THINGS} | {"values", "preface"}


def test_what_an_heir_inherits_is_told_with_the_thing_that_defines_it() -> None:
    told = section("Case facts")
    assert "`hours_week`" not in told
    assert "[Work situation](#work-situation)" in told
    for model in THINGS:
        assert {defined_by(model, one.name) for one in entries(model)} <= set(THINGS)


def test_every_fixed_value_has_words_and_no_word_is_left_over() -> None:
    values = set(fixed_values(definitions(THINGS)))
    assert set(WORDS["values"]) - {"M", "F"} == values - {"M", "F"}
    assert {"not_asked", "undetermined", "asked_declined", "no_child_found"} <= values


@pytest.mark.parametrize("name", list_names())
def test_a_code_list_is_shown_in_full_or_by_its_count(name: str) -> None:
    one = codes.load(name)
    current = [code for code in one if not code.retired]
    told = section(name)
    assert one.version in told
    if len(current) > MOST_CODES:
        assert f"{len(current)} codes" in told
        assert f"contracts/codes/{name}.csv" in told
        return
    for code in current:
        assert f"| `{code.code}` | {code.title} | {code.title_my} |" in told
        assert BURMESE.search(code.title_my), f"{name} {code.code} has no Burmese title"


def test_every_link_of_the_document_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {one.lower().replace(" ", "-") for one in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_missing_no_and_not_asked_are_explained_with_every_reason() -> None:
    told = TEXT.split('## Missing, "no" and "not asked"')[1].split("\n## ")[0]
    for word in ("`no`", "`not_asked`", "`unmapped`", "an empty list", "never asked"):
        assert word in told
    for reason in AbsentReason.__args__:  # type: ignore[attr-defined]
        assert f"`{reason}`" in told
    rows = [line for line in told.splitlines() if line.startswith("| ") and "|---" not in line]
    assert len(rows) > 8
    assert all(BURMESE.search(row.rsplit("|", 2)[1]) for row in rows)


def test_the_reader_is_told_that_a_native_reader_must_still_review_it() -> None:
    assert "a native reader must still review it" in TEXT
    path = "contracts/model/burmese.toml"
    assert path in TEXT


# --- the letters ----------------------------------------------------------------------------------


def sentences() -> dict[str, str]:
    return {f"{thing}.{name}": text for thing, of in WORDS.items() for name, text in of.items()}


def test_the_burmese_is_tidy_unicode_without_characters_that_nobody_sees() -> None:
    for name, text in sentences().items():
        assert normalize("NFC", text) == text, name
        for line in text.splitlines():
            assert tidy(line) == line.rstrip(), name
            assert not BURMESE.search(line) or "  " not in line, name


def test_no_word_of_it_is_zawgyi() -> None:
    """Short words look like both, so a word is judged beside the others of its thing."""
    for thing, of in WORDS.items():
        assert detector().get_zawgyi_probability(" ".join(of.values())) < NOT_ZAWGYI, thing
    for name, text in sentences().items():
        if len(text) > 12:
            assert detector().get_zawgyi_probability(text) < NOT_ZAWGYI, name


def test_zawgyi_would_be_seen() -> None:
    assert detector().get_zawgyi_probability("ေဒၚခင္ခင္ အလုပ္သမား") > 1 - NOT_ZAWGYI


def test_a_burmese_sentence_ends_as_one() -> None:
    for thing in THINGS:
        for name, text in WORDS[thing.__name__].items():
            assert text.endswith("။") == (name != "title"), f"{thing.__name__}.{name}"


def test_a_field_without_a_meaning_or_without_words_is_seen() -> None:
    class Bare(Thing):
        """Nothing."""

        name: str

    with pytest.raises(TypeError, match="has no meaning"):
        meaning_of(Bare, "name")
    without = {thing: dict(of) for thing, of in WORDS.items()}
    del without["Guardian"]["phone"]
    with pytest.raises(KeyError, match="phone"):
        dictionary(without)


def test_every_target_of_a_mapping_is_told_at_the_heading_of_its_thing() -> None:
    """`facts.isic` is a field of a thing whose section says `facts.<field>`."""
    told = {
        title_of(model): [one.name for one in entries(model, own=True)] for model in THINGS
    }  # fmt: skip
    for target in (one for one in targets() if one.split(".")[0] in ROOTS):
        above, _, name = target.rpartition(".")
        said = (f"`{above}.<field>`", f"of the list `{above}`")
        assert [
            title
            for title, names in told.items()
            if name in names and any(words in section(title) for words in said)
        ], target


def test_what_the_hub_makes_is_told_and_is_no_target() -> None:
    assert "The hub makes `sex`, `birth_earliest`" in section("Identity")
    assert "In a mapping" not in section("Verdict") + section("Mirror case")
    assert not re.search(r"makes [^.]*`(workplace|household|hours_week)`", TEXT)
