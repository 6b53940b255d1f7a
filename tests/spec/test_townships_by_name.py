"""A township by P-code or by its name, English or Burmese; a name of two waits for a person."""

from collections import Counter
from typing import Any

import pytest

from contracts import codes
from contracts.mapping.translation import Decisions
from tests.spec.small_mapping import facts, made, row

BY_NAME = row("facts.township", "code", "code", ', codes = "townships"')
BY_CODE = row("facts.township", "code", "place")
TOWNSHIPS = codes.load("townships")


def township(text: object, *rows: str, **more: Any) -> tuple[str | None, list[str]]:
    """What a cell gives, and the codes that wait for triage."""
    found = facts(made(*(rows or (BY_NAME,)), **more), code=text)
    return found.get("township"), [one["code"] for one in found["unmapped"]]


@pytest.mark.parametrize(
    "text",
    [
        "MMR013001", "mmr 013 001", "MMR013001701", "MMR013001 Insein", "Insein", " INSEIN ",
        "Insein Township", "insein tsp.", "Insein (Township)", "အင်းစိန်", "အင်းစိန်မြို့နယ်",
        "အင်းစိန် မြို့နယ်", "Insein / အင်းစိန်", "\u200bအင်းစိန်",
    ],
)  # fmt: skip
def test_a_township_is_read_by_its_code_and_by_its_names(text: str) -> None:
    assert township(text) == ("MMR013001", [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hlaing Tharya (East)", "MMR013046"), ("Dagon Myothit South Township", "MMR013018"),
        ("ဒဂုံမြို့သစ်(တောင်ပိုင်း)မြို့နယ်", "MMR013018"), ("ဒဂုံ မြို့သစ် တောင်ပိုင်း", "MMR013018"),
        ("လှိုင်", "MMR013040"), ("MMR013008", "MMR013008"), ("မြို့သစ်မြို့နယ်", "MMR009005"),
        # the asat and the dot below in the other order: NFC makes one of both
        ("ဖားကန\u1037\u103a", "MMR001009"), ("ဖားကန\u103a\u1037", "MMR001009"),
    ],
)  # fmt: skip
def test_blanks_brackets_and_the_order_of_signs_do_not_count(text: str, code: str) -> None:
    assert township(text) == (code, [])


@pytest.mark.parametrize(
    "text", ["Minhla", "မင်းလှ", "Htantabin Township", "ထန်းတပင်မြို့နယ်", "Hlaingtharya", "Township"]
)
def test_a_name_of_two_townships_or_of_one_that_was_split_waits(text: str) -> None:
    assert township(text) == (None, [text])


def test_what_triage_decides_for_such_a_name_is_taken() -> None:
    decided = Decisions(version="1", codes={("facts.township", "Minhla"): "MMR008009"})
    assert township("Minhla", decisions=decided) == ("MMR008009", [])


def test_every_current_township_is_known_by_its_names_unless_they_are_shared() -> None:
    current = [one for one in TOWNSHIPS if not one.retired]
    counts = Counter(one.title for one in current)
    shared = {one.code for one in current if counts[one.title] > 1}
    assert len(shared) == 4
    for one in current:
        wanted = None if one.code in shared else one.code
        assert {TOWNSHIPS.find(one.title), TOWNSHIPS.find(one.title_my)} == {wanted}
        assert TOWNSHIPS.find(f"{one.title} Township") == wanted
        assert TOWNSHIPS.find(f"{one.title_my}မြို့နယ်") == wanted


@pytest.mark.parametrize("text", ["Insein", "အင်းစိန်", "Insein Township"])
def test_a_place_is_a_location_code_and_no_name(text: str) -> None:
    assert township(text, BY_CODE) == (None, [text])
    assert township("MMR013001701", BY_CODE) == ("MMR013001", [])
