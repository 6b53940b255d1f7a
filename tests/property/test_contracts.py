"""What must hold for any input: of text, of dates, of a record. Random input, fixed statements."""

import json
import math
from datetime import date, timedelta
from importlib.resources import files
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import rules, source_contract
from contracts.cards import read_card
from contracts.dates import birth_interval, completed_years, read_date
from contracts.errors import RejectedError
from contracts.mapping import Translated, translate
from contracts.text import card_key, full_name, name_key, normalise, phone
from contracts.verdicts import classify

BURMESE = st.text(st.characters(min_codepoint=0x1000, max_codepoint=0x109F), max_size=20)
TEXT = st.one_of(st.text(max_size=30), BURMESE, st.text("၀၁ဝကa 0\u200b/()-N", max_size=12))
MARK = "Zqxjvkw"
MARKED = TEXT.map(lambda text: f"{MARK}{text}")
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-3, 250), st.floats(), TEXT, MARKED,
    st.dates(), st.datetimes(), st.just("yes"), st.just("no"), st.just("5.1.2569"),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["unique_id", "relation", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)


def sample(system: str, record: str) -> dict[str, Any]:
    place = files("contracts").joinpath("sources", system, record, "v1", "sample.json")
    body: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))[0]["body"]
    return body


@st.composite
def records(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Some contract's sample with some of its fields made anything at all."""
    system, record = draw(st.sampled_from(source_contract.every()))
    body = sample(system, record)
    columns = sorted(source_contract.load(system, record).properties)
    return (
        system,
        record,
        body | draw(st.dictionaries(st.sampled_from(columns), VALUES, max_size=5)),
    )


def outcome(system: str, record: str, body: dict[str, Any]) -> Translated | RejectedError:
    try:
        return translate(system=system, record=record, body=body, where="here", key="key")
    except RejectedError as rejected:
        return rejected


@given(TEXT)
def test_every_form_of_text_is_stable(text: str) -> None:
    for form in (normalise, full_name, name_key, phone):
        assert form(form(text)) == form(text)
    number, readable = read_card(text)
    assert read_card(number) == (number, readable)
    assert (card_key(number) is not None) == readable


@given(TEXT)
def test_normalised_text_can_be_written_and_holds_nothing_unseen(text: str) -> None:
    clean = normalise(text)
    clean.encode()
    assert clean == clean.strip()
    assert not set(clean) & set("\u200b\u200c\u200d\ufeff\u00a0\t\n\x00")


@given(SCALARS)
def test_reading_a_date_never_fails_and_reads_its_own_answer(value: object) -> None:
    day = read_date(value)
    if day is not None:
        assert read_date(day) == read_date(day.isoformat()) == day


@given(st.integers(0, 120), st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_a_birth_interval_holds_exactly_the_birthdays_of_its_age(age: int, on: date) -> None:
    first, last = birth_interval(age, on)
    one = timedelta(days=1)
    assert [completed_years(day, on) for day in (first - one, first, last, last + one)] == [
        age + 1, age, age, age - 1
    ]  # fmt: skip


@given(records())
def test_a_record_is_translated_or_rejected_and_no_reason_repeats_a_value(
    given_record: tuple[str, str, dict[str, Any]],
) -> None:
    found = outcome(*given_record)
    if isinstance(found, RejectedError):
        assert found.reasons
        told = f"{found!r} {found} {found.reasons!r}"
        assert MARK not in told
        assert found.__context__ is None or MARK not in repr(found.__context__)
    else:
        assert MARK not in repr(found)
        orjson.dumps([found.identity, found.facts, found.figure, found.answers])
        assert all(
            math.isfinite(one) for one in (found.facts or {}).values() if isinstance(one, float)
        )


@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_columns_means_nothing(
    given_record: tuple[str, str, dict[str, Any]], random: Random
) -> None:
    system, record, body = given_record
    columns = list(body)
    random.shuffle(columns)
    one = outcome(system, record, body)
    other = outcome(system, record, {column: body[column] for column in columns})
    if isinstance(one, RejectedError):
        assert isinstance(other, RejectedError)
        assert one.reasons == other.reasons
    else:
        assert one == other


SIGNS = st.fixed_dictionaries(
    {
        "hours_week": st.none() | st.floats(0, 168),
        "child_found": st.sampled_from([None, "yes", "no", "suspected"]),
        "hazards": st.lists(st.sampled_from(["chemicals", "other"]), max_size=2),
    }
)


@pytest.mark.parametrize("name", [rules.STATISTICAL, rules.LEGAL])
@given(low=st.integers(0, 25), span=st.integers(0, 5), signs=SIGNS)
def test_a_narrower_age_never_contradicts_an_answer(
    name: str, low: int, span: int, signs: dict[str, Any]
) -> None:
    rule_set = rules.load(name)
    wide = classify(signs | {"age_low": low, "age_high": low + span}, rule_set)["answer"]
    for age in range(low, low + span + 1):
        exact = classify(signs | {"age_low": age, "age_high": age}, rule_set)["answer"]
        if wide != "undetermined":
            # an adult in the interval is out of scope also where nobody in it works
            assert exact == wide or (wide == "no" and exact == "out_of_scope")
