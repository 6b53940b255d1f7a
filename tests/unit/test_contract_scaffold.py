"""The parts of `contract new` and `contract try`: guesses, keys, scaffolds, masks."""

# One line a case.
# ruff: noqa: E501

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import source_contract, verdicts
from contracts.checking import Texts, check
from contracts.checking.document import Document
from contracts.checking.form import read_form
from contracts.checking.targets import PERSONAL, targets
from contracts.guessing import Known, NotGuessedError, guess, rank
from contracts.guessing.fields import FieldGuess, guess_fields
from contracts.guessing.names import hint_of, personal_class
from contracts.mapping.documents import MappingDocument
from contracts.model.base import Thing
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from contracts.scaffold import write
from contracts.scaffold.primero import Known as KnownContract
from contracts.scaffold.primero import draft_from_site
from contracts.scaffold.site import read_site
from contracts.scaffold.table import draft_from_rows
from contracts.verdicts_work import CHILD_FOUND, SEES_WORKING
from hub.contract_tools.folders import Place, find, read, shipped
from hub.contract_tools.masking import mask, masked
from hub.contract_tools.waiting import WORDS
from hub.contract_tools.words import count, first_of, listed

SHIPPED = shipped()


def texts_of(name: str) -> Texts:
    texts, faults = read(find(name))
    assert texts, faults
    return texts


# --- guessing a contract -------------------------------------------------------------------------

KNOWN = [
    Known(name="a", columns=frozenset("abcdef"), required=frozenset("ab")),
    Known(name="b", columns=frozenset("abcxyz"), required=frozenset("xy")),
    Known(name="twin of b", columns=frozenset("abcxyz"), required=frozenset("xy")),
]


def test_the_contract_that_knows_most_of_the_columns_is_guessed() -> None:
    assert guess(["d", "e", "F ", "q"], KNOWN) == "a"
    assert guess(["ID", "\u200bVisit Date*", "child"], [_small()]) == "small"


def _small() -> Known:
    return Known(
        name="small", columns=frozenset({"id", "visit_date", "child", "x"}), required=frozenset()
    )


def test_two_that_fit_equally_well_are_an_error_that_names_them() -> None:
    with pytest.raises(NotGuessedError, match="equally well: b, twin of b"):
        guess(["x", "y", "z"], KNOWN)


def test_columns_that_fit_nothing_are_an_error_that_names_the_nearest() -> None:
    with pytest.raises(NotGuessedError, match="a knows 1"):
        guess(["f", "g", "h", "i"], KNOWN)
    with pytest.raises(NotGuessedError, match="no contract fits"):
        guess([], KNOWN)


def test_a_file_that_has_all_of_a_contract_is_its_whatever_else_it_holds() -> None:
    more = [f"more {number}" for number in range(20)]
    assert guess([*"abcdef", *more], KNOWN) == "a"
    with pytest.raises(NotGuessedError):
        guess([*"abcde", *more], KNOWN)


@pytest.mark.parametrize("column", ["PARENT_KEY", "_parent_index"])
def test_one_table_of_a_form_servers_export_is_told_so(column: str) -> None:
    with pytest.raises(NotGuessedError, match=r"repeats stand in another: send .* as JSON"):
        guess(["p", "q", column], KNOWN)


@pytest.mark.parametrize("place", SHIPPED, ids=lambda place: place.name)
def test_every_shipped_contract_is_guessed_from_its_own_sample(place: Place) -> None:
    known = []
    for system, record, major in source_contract.every():
        made = source_contract.load(system, record, major)
        columns = frozenset(made.properties)
        known.append(
            Known(
                name=f"{system}/{record}/v{major}", columns=columns,
                required=frozenset(made.required) & columns,
            )
        )  # fmt: skip
    samples = json.loads((place.folder / "sample.json").read_text(encoding="utf-8"))
    given = dict.fromkeys(name for one in samples for name in one["body"])
    assert rank([*given, "page"], known)[0].name == place.name


# --- guessing fields, and scaffolds --------------------------------------------------------------


def guessed(name: str, *cells: object) -> FieldGuess:
    return guess_fields([{name: cell} for cell in cells])[0]


@pytest.mark.parametrize(
    ("name", "cells", "kind", "label"),
    [
        ("age", [12, "13"], "integer", "C1"),
        ("wage", ["1500", 2000.5, "3,5"], "number", "C2"),
        ("visit_no", ["007", "008"], "string", "C3"),
        ("school_code", [12, 13], "string", "C3"),
        ("paid", [True, False], "boolean", "C2"),
        ("seen", ["05/01/2026", "6.1.26"], "date", "C3"),
        ("dob", [41000, 41001], "date", "C3"),
        ("rooms", [41000, 41001], "integer", "C2"),
        ("sent_at", ["2026-01-05T10:00:00Z"], "timestamp", "C3"),
        ("gender", ["M", "ကျား", "female"], "string", "C1"),
        ("remark", ["a long story", "another"], "string", "C5"),
        ("crop", ["rice", "rice", "rice", "beans", "beans", "beans"], "string", "C4"),
        ("child_name", ["x", "x", "x"], "string", "C3"),
        ("empty", [None, ""], "string", "C5"),
        ("tags", [["a"], []], "array", "C5"),
    ],
)
def test_a_column_is_guessed_and_in_doubt_the_stricter_class(
    name: str, cells: list[object], kind: str, label: str
) -> None:
    one = guessed(name, *cells)
    assert (one.type, one.label) == (kind, label)


def test_only_values_that_repeat_are_taken_for_codes() -> None:
    assert guessed("crop", *["rice", "beans"] * 3).codes == ("beans", "rice")
    assert guessed("crop", *["rice"] * 5, "beans").codes == ()
    assert guessed("employer", *["U Ba"] * 5).codes == ()


NAMES = st.text(min_size=1, max_size=10) | st.sampled_from(
    ["child_name", "sex", "dob", "age", "visit_date", "id", "township", "hours_week", "consent",
     "a/b", "x@y", "month", "observed_on", "hazards", "isic4", "child"]
)  # fmt: skip
CELLS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["2026-01", "2026-01-05", "M", "yes", "12", "1,5", "2026-01-05T10:00:00Z"])
)  # fmt: skip
ROWS = st.dictionaries(
    NAMES, CELLS | st.dictionaries(NAMES, CELLS, max_size=3)
    | st.lists(st.dictionaries(NAMES, CELLS, max_size=3), max_size=2), max_size=6,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=25))
def test_whatever_the_sample_its_scaffold_has_no_error(rows: list[dict[str, Any]]) -> None:
    made = write(draft_from_rows("ngo", "visit", rows, "a sample"))
    assert [one for one in check(made) if one.level == "error"] == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "child_name": st.text("pqrst", min_size=6), "phone": st.integers(10**8, 10**9),
                "remarks": st.text("pqrst", min_size=6),
                "nested": st.fixed_dictionaries({"note": st.text("pqrst", min_size=6)}),
            }
        ),
        min_size=1, max_size=8, unique_by=lambda row: row["remarks"],
    )
)  # fmt: skip
def test_no_value_of_a_sample_is_in_its_scaffold(rows: list[dict[str, Any]]) -> None:
    made = write(draft_from_rows("ngo", "visit", rows, "a sample"))
    everything = made.contract + made.mapping + (made.sample or "")
    for row in rows:
        for value in (row["child_name"], row["remarks"], row["nested"]["note"], str(row["phone"])):
            assert value not in everything


@pytest.mark.parametrize(
    ("rows", "keys"),
    [
        ([{"visit_no": "1", "child_name": "A"}, {"visit_no": "2", "child_name": "B"}], ["visit_no"]),
        (
            [{"visit_no": "1", "child_no": "1", "child_name": "A"},
             {"visit_no": "1", "child_no": "2", "child_name": "B"},
             {"visit_no": "2", "child_no": None, "child_name": "C"}],
            ["visit_no", "child_no"],
        ),
        ([{"visit_no": "1", "child_name": "A"}, {"visit_no": "1", "child_name": "B"}], ["visit_no"]),
        ([{"child_name": "A", "seen": "x"}, {"child_name": "B", "seen": "y"}], ["seen"]),
        ([{"child_name": "A"}, {"child_name": "B"}], ["observed_on"]),
    ],
)  # fmt: skip
def test_a_key_is_the_smallest_set_of_ids_and_never_a_name(
    rows: list[dict[str, Any]], keys: list[str]
) -> None:
    made = tomllib.loads(write(draft_from_rows("ngo", "visit", rows, "a sample")).contract)
    found = [one for one in made["schema"][0]["properties"] if one.get("primaryKey")]
    assert [one["name"] for one in found] == keys
    assert [one["primaryKeyPosition"] for one in found] == list(range(1, len(keys) + 1))


def test_headers_and_digits_in_burmese_are_understood() -> None:
    rows = [{"အမှတ်": f"၀{n}", "ရက်စွဲ": "၀၅/၀၁/၂၀၂၆", "အမည်": "မောင်မောင်", "အသက်": "၁၃", "ကျား/မ": "ကျား",
             "မြို့နယ်": "MMR013001"} for n in range(3)]  # fmt: skip
    made = write(draft_from_rows("ngo", "visit", rows, "a sample"))
    given = {row["target"]: row for row in tomllib.loads(made.mapping)["mapping"]["rows"]}
    assert {name: row["source"] for name, row in given.items()} == {
        "observed.on": "ရက်စွဲ", "identity.name": "အမည်", "birth.age": "အသက်", "child.sex": "ကျား/မ",
        "facts.township": "မြို့နယ်",
    }  # fmt: skip
    assert [one for one in check(made) if one.level == "error"] == []


def rows_of(mapping: str) -> dict[str, str]:
    """Where each target comes from, of the rows that are active."""
    return {row["target"]: row["source"] for row in tomllib.loads(mapping)["mapping"]["rows"]}


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("child_name", "identity.name"), ("childFullName", "identity.name"),
        ("child's_name", "identity.name"), ("name_of_the_child", "identity.name"),
        ("name_my", "identity.name"), ("full_name", "identity.name"), ("pupil_name", "identity.name"),
        ("အမည်", "identity.name"), ("ကလေးအမည်", "identity.name"), ("ကလေး၏_အမည်", "identity.name"),
        ("ကျောင်းသားအမည်", "identity.name"), ("ကလေးအမည်_(child_name)", "identity.name"),
        ("အမည်_(အပြည့်အစုံ)", "identity.name"),
        ("father_name", "identity.father_name"), ("အဖ_အမည်", "identity.father_name"),
        ("ကလေး၏အဘအမည်", "identity.father_name"), ("mother's_name", "identity.mother_name"),
        ("အလုပ်ရုံ_အမည်", ""), ("အလုပ်ရုံအမည်", ""), ("ကျောင်းအမည်", ""), ("အလုပ်ရှင်၏_အမည်", ""),
        ("school_name", ""), ("school_name_my", ""), ("employer's_name", ""), ("workshop_full_name", ""),
        ("child_name_of_school", ""), ("child_name_2", ""), ("child_first_name", ""),
        ("father's_employer_name", ""), ("full_name_of_interviewer", ""),
        ("mother_age", ""), ("father_nrc", ""), ("အလုပ်ရှင်_အသက်", ""), ("parent_phone", ""),
    ],
)  # fmt: skip
def test_the_words_that_say_whose_name_it_is_decide(header: str, target: str) -> None:
    hint = hint_of(header)
    assert (hint.target if hint else "") == target


def test_a_pupils_name_is_personal_though_it_begins_as_a_schools() -> None:
    assert personal_class("ကျောင်းသားအမည်") == "C3"
    assert personal_class("ကျောင်းအမည်") == ""


@pytest.mark.parametrize(
    "headers",
    [
        ["အလုပ်ရုံ_အမည်", "အမည်", "ကလေးအမည်", "အလုပ်ရှင်_အမည်"],
        ["school_name_my", "full_name", "child_name", "employer's_name"],
        ["age_at_work", "ကလေးအမည်", "age"],
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_fields_the_plainest_gives_the_target_whatever_their_order(
    headers: list[str], turned: bool
) -> None:
    columns = ["visit_no", *(reversed(headers) if turned else headers)]
    rows = [dict.fromkeys(columns, f"{number}") for number in range(10, 13)]
    made = write(draft_from_rows("emis", "visit", rows, "a sample"))
    given = rows_of(made.mapping)
    assert given["identity.name"] in {"ကလေးအမည်", "child_name"}
    assert given.get("birth.age", "age") == "age"
    assert [one for one in check(made) if one.level == "error"] == []


def test_of_a_personal_field_nobody_is_asked_whether_it_is_required() -> None:
    rows = [{"visit_no": str(n), "child_name": f"A{n}", "employer": f"B{n}", "remark": f"c {n}", "age": n}
            for n in range(10, 40)]  # fmt: skip
    made = tomllib.loads(write(draft_from_rows("emis", "visit", rows, "a sample")).contract)
    fields = made["schema"][0]["properties"]
    asked = [one["name"] for one in fields if "is it required?" in one["description"]]
    assert asked == ["age"]


def test_one_column_that_fits_nothing_is_one_column() -> None:
    with pytest.raises(NotGuessedError, match="the file's column"):
        guess(["q"], KNOWN)


def test_a_list_that_lacks_a_repeated_code_gives_way_to_a_crosswalk() -> None:
    rows = [{"visit_no": str(n), "sex": "M" if n % 2 else "B"} for n in range(8)]
    made = write(draft_from_rows("ngo", "visit", rows, "a sample"))
    assert crosswalk(made, "sex") == {"M": "M"}
    assert '# { code = "B", label = "", target = "?" }' in made.mapping
    assert [one for one in check(made) if one.level == "error"] == []


def test_a_scaffold_has_the_major_version_of_its_folder_and_names_fields_that_no_row_reads() -> (
    None
):
    rows = [{"visit_no": str(n), "weather": f"fair {n}"} for n in range(3)]
    draft = replace(draft_from_rows("ngo", "visit", rows, "a sample"), major=3)
    made = write(draft)
    assert tomllib.loads(made.contract)["version"] == "3.0.0"
    told = [one.message for one in check(made) if one.code == "unread"]
    assert told == ["no row reads weather"]


def test_a_scaffold_names_what_is_left_to_do() -> None:
    rows = [{"visit_id": f"v{n}", "visit_date": "2026-01-05", "crop": "rice"} for n in range(5)]
    told = check(write(draft_from_rows("ngo", "visit", rows, "a sample")))
    assert {one.level for one in told} == {"warning"}
    assert {"left_to_do", "service_level_missing", "sample_open"} <= {one.code for one in told}


FORMS = {
    "data": [
        {
            "unique_id": "basic", "parent_form": "case", "is_nested": False,
            "fields": [
                {"name": "sex", "type": "select_box", "option_strings_source": "lookup lookup-sex"},
                {"name": "age", "type": "numeric_field"},
                {"name": "status", "type": "select_box", "option_strings_source": "lookup lookup-st"},
                {"name": "protection_concerns", "type": "select_box", "multi_select": True,
                 "option_strings_source": "lookup lookup-pc"},
                {"name": "shoe_size", "type": "numeric_field"},
                {"name": "local_kind", "type": "select_box", "option_strings_text": [
                    {"id": "k1", "display_text": {"en": "Kind one"}}]},
                {"name": "services_section", "type": "subform",
                 "subform_section_unique_id": "services_section"},
                {"name": "line", "type": "separator"},
            ],
        },
        {"unique_id": "services_section", "parent_form": "case", "is_nested": True,
         "fields": [{"name": "service_type", "type": "text_field"}]},
        {"unique_id": "incident", "parent_form": "incident",
         "fields": [{"name": "incident_field", "type": "text_field"}]},
    ]
}  # fmt: skip


def lookup(name: str, **codes: str) -> dict[str, Any]:
    values = [{"id": code, "display_text": {"en": label}} for code, label in codes.items()]
    return {"unique_id": name, "values": values}


def scaffolded(concerns: dict[str, str]) -> Texts:
    lookups = {"data": [lookup("lookup-sex", male="Male"), lookup("lookup-st", open="Open"),
                        lookup("lookup-pc", **concerns)]}  # fmt: skip
    texts = texts_of("dsw_cms/case")
    document, _ = read_form(texts.contract, Document, "contract.toml")
    mapping, _ = read_form(texts.mapping, MappingDocument, "mapping.toml")
    assert document
    assert mapping
    known = KnownContract(document=document, mapping=mapping)
    return write(draft_from_site("site", "case", read_site(FORMS, lookups), known, "a Primero"))


def crosswalk(texts: Texts, name: str) -> dict[str, str]:
    rows = tomllib.loads(texts.mapping).get("crosswalk", {}).get(name, [])
    return {row["code"]: row["target"] for row in rows}


def test_a_primero_keeps_the_codes_that_it_labels_as_they_are_known() -> None:
    made = scaffolded({"worst_forms_of_child_labor": "Worst Forms of Child Labor"})
    assert crosswalk(made, "worst_forms") == {"worst_forms_of_child_labor": "unspecified"}
    assert [one for one in check(made) if one.level == "error"] == []


def test_a_code_that_a_site_relabelled_is_not_taken_over() -> None:
    made = scaffolded({"worst_forms_of_child_labor": "Disabled", "migrant": "Migrant"})
    assert "worst_forms_of_child_labor" not in crosswalk(made, "worst_forms")
    assert "known as Worst Forms of Child Labor" in made.mapping
    assert [one for one in check(made) if one.level == "error"] == []


def test_a_sites_own_lists_wait_with_code_and_label() -> None:
    made = scaffolded({"migrant": "Migrant"})
    assert '{ code = "k1", label = "Kind one", target = "?" }' in made.mapping
    assert "shoe_size" in made.contract
    assert 'source = "unique_id"' in made.mapping  # of a subform's row: given, and in no form
    assert "incident_field" not in made.contract
    assert 'name = "line"' not in made.contract


# --- masks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Mg Aung Aung", "•••• (12 letters)"), ("a", "•••• (1 letter)"), (7.5, "•••• (a number)"),
        ("2013-01-15", "•••• (a date)"), (True, "•••• (yes or no)"), (["a"], "•••• (1 value)"),
    ],
)  # fmt: skip
def test_a_mask_says_the_kind_and_length_alone(value: object, shown: str) -> None:
    assert mask(value) == shown


def test_what_is_of_a_person_is_masked_at_every_depth_and_nothing_else() -> None:
    identity = {
        "name": "Mg Aung", "sex": "M", "home_township": "MMR013040", "birth_earliest": "2013-01-15",
        "guardians": [{"relation": "father", "name": "U Ba"}], "household": {"members": 5},
    }  # fmt: skip
    shown = masked(identity, Identity)
    assert (shown["sex"], shown["home_township"]) == ("M", "MMR013040")
    assert shown["guardians"] == [{"relation": "•••• (6 letters)", "name": "•••• (4 letters)"}]
    assert shown["household"] == {"members": "•••• (a number)"}
    facts = {"hours_week": 8.0, "worst_forms": ["a1"], "workplace": {"name": "Mill"}, "odd": "x",
             "unmapped": [{"field": "facts.isic", "code": "rice mill", "label": ""}]}  # fmt: skip
    assert masked(facts, CaseFacts) == {
        "hours_week": 8.0, "worst_forms": ["•••• (2 letters)"],
        "workplace": {"name": "•••• (4 letters)"}, "odd": "•••• (1 letter)",
        "unmapped": [{"field": "facts.isic", "code": "•••• (9 letters)", "label": ""}],
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Identity", "CaseFacts"])
def test_no_field_of_a_person_has_an_unmasked_leaf(name: str) -> None:
    models: dict[str, type[Thing]] = {"Identity": Identity, "CaseFacts": CaseFacts}
    model = models[name]
    prefix = {"Identity": "identity", "CaseFacts": "facts"}[name]
    for target in targets().values():
        root, *path = target.name.split(".")
        if root != prefix or target.label not in PERSONAL or path[0] not in model.model_fields:
            continue
        content: Any = "secret"
        for part in reversed(path):
            content = {part: content}
        assert "secret" not in json.dumps(masked(content, model)), target.name


# --- words ---------------------------------------------------------------------------------------


def test_everything_that_a_verdict_may_lack_has_its_words() -> None:
    code = Path(verdicts.__file__).read_text("utf-8")
    named = set(re.findall(r'lacks\("(\w+)"\)', code)) | {"age", CHILD_FOUND, SEES_WORKING}
    assert len(named) > 6
    assert named == set(WORDS)


def test_counts_and_lists_are_said_as_people_say_them() -> None:
    assert [count(number, "row") for number in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert [listed(one) for one in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c"
    ]  # fmt: skip
    assert first_of(["a", "b"], 2) == "a and b"
    assert first_of(["a", "b"], 9) == "a, b and 7 more"
