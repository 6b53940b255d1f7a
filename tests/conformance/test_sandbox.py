"""The sandbox country: the same from the same seed, whole after any kill, all that it promises."""

import json
import re
import subprocess
import threading
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.sandbox.country import Country, OtherCountryError
from adapters.sandbox.places import STATES
from tests.conformance.sandbox_process import TREE, Sandbox, command, sandbox

Truth = list[dict[str, Any]]
CHILDREN = 120


def run_to_the_end(country: Country) -> list[str]:
    instants = [country.state()["now"]]
    while due := country.state()["next_due"]:
        country.advance(datetime.fromisoformat(due))
        instants.append(due)
    return instants


def everything(country: Country) -> dict[str, object]:
    """What outside systems show at the end: every file with its time, every case."""
    files: dict[str, object] = {
        str(path.relative_to(country.folder)): (path.read_bytes(), path.stat().st_mtime)
        for path in sorted(country.folder.rglob("*.xlsx"))
    }
    with country.store.transaction():
        return files | {case["id"]: case for case in country.store.cases()}


def told(country: Country) -> list[bytes]:
    names = ("truth.jsonl", "others.jsonl", "expected.json")
    return [(country.folder / name).read_bytes() for name in names]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The country of seed 1 as it is after an undisturbed run."""
    country = Country(tmp_path_factory.mktemp("whole"), seed=1, children=CHILDREN)
    run_to_the_end(country)
    shown = everything(country)
    country.close()
    return shown


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    with sandbox(tmp_path_factory.mktemp("truth")) as running:
        return running.truth


def test_the_same_seed_tells_the_same_truth_and_another_seed_another(tmp_path: Path) -> None:
    one, two = (Country(tmp_path / name, seed=5, children=60) for name in "ab")
    other = Country(tmp_path / "c", seed=6, children=60)
    assert told(one) == told(two)
    assert told(one)[0] != told(other)[0]
    for country in (one, two, other):
        run_to_the_end(country)
    assert everything(one) == everything(two)
    for country in (one, two, other):
        country.close()


def test_a_second_start_goes_on_from_what_is_stored(
    tmp_path: Path, whole: dict[str, object]
) -> None:
    while True:
        country = Country(tmp_path, seed=1, children=CHILDREN)
        due = country.state()["next_due"]
        if due is None:
            break
        country.advance(datetime.fromisoformat(due))
        country.close()
    assert everything(country) == whole
    country.close()


def test_another_seed_or_size_is_refused_in_words(tmp_path: Path) -> None:
    Country(tmp_path, seed=1, children=60).close()
    for seed, children in ((2, 60), (1, 61)):
        with pytest.raises(OtherCountryError, match="seed 1, children 60"):
            Country(tmp_path, seed=seed, children=children)
    asked = [*command(tmp_path), "--seed", "2", "--children", "60"]
    refused = subprocess.run(
        asked, capture_output=True, text=True, cwd=TREE, check=False, stdin=subprocess.DEVNULL
    )
    assert refused.returncode == 2
    assert "choose another --home" in refused.stderr


def test_a_crash_between_the_clock_and_what_is_due_is_mended_by_the_next_start(
    tmp_path: Path, whole: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    class CrashError(Exception):
        pass

    def crash(*_: object) -> None:
        raise CrashError

    while True:
        country = Country(tmp_path, seed=1, children=CHILDREN)
        due = country.state()["next_due"]
        if due is None:
            break
        with monkeypatch.context() as patch:
            # Half of the time files are there already and the transaction is lost.
            patch.setattr(country.store, "bump" if due[8] == "2" else "due", crash)
            with pytest.raises(CrashError):
                country.advance(datetime.fromisoformat(due))
        country.close()
    assert everything(country) == whole
    country.close()


def test_a_first_start_that_was_cut_off_begins_again(
    tmp_path: Path, whole: dict[str, object]
) -> None:
    Country(tmp_path, seed=1, children=CHILDREN).close()
    for name in ("seed", "clock", "truth.jsonl"):
        (tmp_path / "sandbox" / name).unlink()
    country = Country(tmp_path, seed=1, children=CHILDREN)
    run_to_the_end(country)
    assert everything(country) == whole
    country.close()


def test_kills_in_the_middle_of_an_advance_leave_no_trace(
    tmp_path: Path, whole: dict[str, object]
) -> None:
    for day, seconds in (("2026-01-09", 0.02), ("2026-01-12", 0.05), ("2026-01-30", 0.1)):
        with sandbox(tmp_path, "--children", str(CHILDREN)) as running:
            to = f"{day}T01:30:00+00:00"
            sender = threading.Thread(target=_send_unheard, args=(running, to))
            sender.start()
            sender.join(seconds)
            running.kill()
            sender.join()
    with sandbox(tmp_path, "--children", str(CHILDREN)) as running:
        assert running.advance("2026-03-02T01:30:00+00:00")["ended"]
    country = Country(tmp_path, seed=1, children=CHILDREN)
    assert everything(country) == whole
    country.close()


def _send_unheard(running: Sandbox, to: str) -> None:
    with suppress(httpx.TransportError):
        running.advance(to)


def test_one_home_has_one_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.sandbox.alone._PATIENCE", 0.0)
    from adapters.sandbox.alone import OccupiedError, alone_in

    with (
        sandbox(tmp_path, "--children", "60"),
        pytest.raises(OccupiedError, match="another sandbox runs"),
        alone_in(tmp_path / "sandbox"),
    ):
        pass


def test_every_state_of_the_ledger_is_shown(truth: Truth) -> None:
    records = [record for child in truth for record in child["records"]]
    shown = {(record["state"], record["reason"]) for record in records}
    assert shown >= {
        ("released", ""), ("withheld", "objection"), ("withheld", "out_of_scope"),
        ("withheld", "class_too_small"), ("withheld", "never_list"), ("parked", "undetermined"),
        ("rejected", "age_impossible"), ("rejected", "hours_impossible"),
        ("rejected", "birth_after_inspection"), ("rejected", "required_missing"),
    }  # fmt: skip
    assert {record["answer"] for record in records if record["trigger"]} == {
        "accepted_done", "accepted", "rejected", "silence",
    }  # fmt: skip
    assert {record["note"] for record in records} >= {
        "row_twice", "unknown_code", "hours_corrected", "township_missing", "worst_form",
    }  # fmt: skip
    known = Counter(sum(1 for keys in child["known_to"].values() if keys) for child in truth)
    assert set(known) == {1, 2, 3}
    assert {child["linked_by"] for child in truth} == {"", "card", "name"}


@pytest.mark.parametrize("children", [60, 75, 120, 400])
def test_every_class_keeps_five_children_and_one_class_has_one(
    children: int, tmp_path: Path
) -> None:
    country = Country(tmp_path, seed=3, children=children)
    lines = (country.folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    country.close()
    truth: Truth = [json.loads(line) for line in lines]
    assert len(truth) == children
    classes = Counter(
        tuple(child["class"].values()) for child in truth if child["state"] == "released"
    )
    assert min(classes.values()) >= 6
    (lonely,) = [child for child in truth if child["reason"] == "class_too_small"]
    assert tuple(lonely["class"].values()) not in classes


def test_every_field_of_a_person_carries_a_mark_of_its_own(truth: Truth) -> None:
    fields = ("name", "father_name", "mother_name", "card_no", "phone", "address")
    marks = [mark for child in truth for field in fields for mark in child["marks"][field]]
    assert len(marks) == len(set(marks))
    for child in truth:
        for field in fields:
            assert re.search(r"[^\W_]{8,}", child[field])
            assert any(mark in child[field] for mark in child["marks"][field])


def test_places_are_real_townships() -> None:
    rows = (TREE / "contracts/codes/townships.csv").read_text(encoding="utf-8").splitlines()
    real = {tuple(row.split(",")[:2]) for row in rows}
    assert {place for state in STATES for place in state.townships} <= real


def test_a_half_copied_workbook_is_whole_an_hour_later(tmp_path: Path) -> None:
    country = Country(tmp_path, seed=1, children=60)
    country.advance(datetime.fromisoformat("2026-01-23T01:30:00+00:00"))
    before = {path: path.stat().st_size for path in country.folder.rglob("emis/inbox/*.xlsx")}
    country.advance(datetime.fromisoformat("2026-01-23T02:30:00+00:00"))
    grown = [path for path, size in before.items() if path.stat().st_size > size]
    country.close()
    assert len(grown) == 1
    assert not list(country.folder.rglob(".*.part"))
