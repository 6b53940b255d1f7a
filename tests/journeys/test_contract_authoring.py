"""`clmhub contract diff` and `new`, as the author of a contract runs them. No hub."""

import json
from pathlib import Path

import pytest

from tests.journeys.contract_shell import SCHOOL, contract, csv_file, write
from tests.spec.small_contract import CONTRACT, edited


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "visit" / "v1")


# --- diff ----------------------------------------------------------------------------------------


def test_a_contract_and_itself_differ_in_nothing() -> None:
    done = contract("diff", SCHOOL, "school")
    assert done.status == 0
    assert "Nothing changes" in done.out


def test_a_break_without_a_new_major_version_fails_and_says_what_to_do(small: Path) -> None:
    text = edited(
        CONTRACT, ('version = "1.0.0"', 'version = "1.1.0"'), ("maximum = 120", "maximum = 90")
    )
    new = write(small.parent.parent / "draft", text)
    done = contract("diff", small, new)
    assert done.status == 1
    for said in ("breaks sources that still send", "limit_narrowed  age", "->", "version 2.0.0"):
        assert said in done.out
    assert contract("diff", small, new, "--mode", "forward").status == 0
    assert contract("diff", small, new, "--mode", "NONE").status == 0


def test_a_new_major_version_may_break_unless_the_promise_is_to_every_version(small: Path) -> None:
    text = edited(
        CONTRACT, ('version = "1.0.0"', 'version = "2.0.0"'), ("maximum = 120", "maximum = 90")
    )
    new = write(small.parent / "v2", text)
    assert contract("diff", small, new).status == 0
    done = contract("diff", small, new, "--mode", "FULL_TRANSITIVE")
    assert done.status == 1
    assert "to every version" in done.out


def test_a_transitive_mode_looks_at_every_version_beside_the_old_one(small: Path) -> None:
    narrow = ("maximum = 120", "maximum = 90")
    second = write(small.parent / "v2", edited(CONTRACT, ('"1.0.0"', '"2.0.0"'), narrow))
    third = write(small.parent / "v3", edited(CONTRACT, ('"1.0.0"', '"3.0.0"'), narrow))
    assert contract("diff", second, third, "--mode", "BACKWARD").status == 0
    done = contract("diff", second, third, "--mode", "BACKWARD_TRANSITIVE")
    assert done.status == 1
    assert done.out.count("-> 3.0.0") == 2


def test_a_contract_with_faults_cannot_be_compared(small: Path) -> None:
    (small / "mapping.toml").write_text("version =", encoding="utf-8")
    done = contract("diff", small, SCHOOL)
    assert (done.status, done.out) == (2, "")
    assert "contract check" in done.told


# --- new -----------------------------------------------------------------------------------------


def test_from_a_sample_to_a_contract_that_reads_it(tmp_path: Path) -> None:
    rows = [
        {"Visit ID": f"v-{n}", "Visit Date": f"{n + 1:02}/01/2026", "Child Name": f"Mg Aung {n}",
         "Age": 10 + n % 5, "Sex": "M", "Crop": "rice" if n % 2 else "beans", "Note": f"note {n}"}
        for n in range(25)
    ]  # fmt: skip
    path = csv_file(tmp_path / "visits.csv", rows)
    folder = tmp_path / "my_office" / "visit" / "v1"
    done = contract("new", folder, "--from", path)
    assert done.status == 0, done.told
    assert "contract check" in done.out
    checked = contract("check", folder)
    assert checked.status == 0
    assert "0 errors" in checked.out
    written = "".join(one.read_text(encoding="utf-8") for one in folder.iterdir())
    assert "Mg Aung" not in written
    assert "note 7" not in written
    lines = contract("try", path, "--contract", folder, "--json", "--reveal").lines
    assert [line["accepted"] for line in lines] == [True] * 25
    assert lines[3]["canonical"]["identity"]["name"] == "Mg Aung 3"
    assert lines[3]["canonical"]["facts"]["observed_on"] == "2026-01-04"
    assert lines[3]["canonical"]["facts"]["age_low"] == 13


def test_nothing_is_overwritten(small: Path, tmp_path: Path) -> None:
    before = (small / "contract.toml").read_text(encoding="utf-8")
    path = csv_file(tmp_path / "x.csv", [{"a": 1, "b": 2, "c": 3}])
    done = contract("new", small, "--from", path)
    assert (done.status, done.out) == (2, "")
    assert "nothing is overwritten" in done.told
    assert (small / "contract.toml").read_text(encoding="utf-8") == before


def test_a_primeros_forms_and_lookups_become_a_contract(tmp_path: Path) -> None:
    forms = {"data": [{"unique_id": "basic", "fields": [
        {"name": "sex", "type": "select_box", "option_strings_source": "lookup lookup-sex"},
        {"name": "registration_date", "type": "date_field"},
        {"name": "status", "type": "select_box", "option_strings_source": "lookup lookup-st"},
    ]}]}  # fmt: skip
    lookups = {"data": [
        {"unique_id": "lookup-sex", "values": [{"id": "male", "display_text": {"en": "Male"}}]},
        {"unique_id": "lookup-st", "values": [{"id": "open", "display_text": {"en": "Open"}},
                                              {"id": "asleep", "display_text": {"en": "Asleep"}}]},
    ]}  # fmt: skip
    for name, content in (("forms.json", forms), ("lookups.json", lookups)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    folder = tmp_path / "site" / "case" / "v1"
    done = contract(
        "new", folder, "--from-primero", tmp_path / "forms.json", tmp_path / "lookups.json"
    )
    assert done.status == 0, done.told
    checked = contract("check", folder)
    assert checked.status == 0, checked.out
    mapping = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert '{ code = "open", label = "Open", target = "open" }' in mapping
    assert '# { code = "asleep", label = "Asleep", target = "?" }' in mapping


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 2),
        (("--from", "a.csv", "--from-primero", "f.json", "l.json"), 2),
        (("--from", "no-such.csv"), 1),
        (("--from-primero", "no-such.json", "no-such.json"), 2),
        (("--from", "no-such.csv", "--name", "UPPER CASE"), 2),
    ],
)
def test_a_scaffold_without_a_source_or_a_name_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], status: int
) -> None:
    done = contract("new", tmp_path / "office" / "visit", *arguments)
    assert (done.status, done.out) == (status, "")
    assert not (tmp_path / "office").exists()


def test_an_answer_of_another_form_is_refused(tmp_path: Path) -> None:
    for name in ("forms.json", "lookups.json"):
        (tmp_path / name).write_text('{"data": [{"fields": 1}]}', encoding="utf-8")
    done = contract("new", tmp_path / "aa" / "bb", "--from-primero", tmp_path / "forms.json",
                    tmp_path / "lookups.json")  # fmt: skip
    assert (done.status, done.out) == (1, "")
    assert "/api/v2/forms" in done.told
