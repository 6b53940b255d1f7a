"""How the contract commands end when a file or the output is no plain one; what they print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.contract_tools.folders import LARGEST, bytes_of
from hub.contract_tools.repeats import Repeats
from hub.terminal import visible
from tests.journeys.contract_shell import INSPECTION, contract, csv_file, samples, write
from tests.spec.small_contract import CONTRACT

PROGRAM = "from hub.cli_contract import app; app()"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "visit" / "v1")


# --- input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["contract.toml", "mapping.toml", "sample.json"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
def test_a_contract_is_made_of_plain_files(small: Path, name: str, kind: str) -> None:
    """A pipe would be waited for, and a device fills the memory."""
    path = small / name
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else path.name)
    done = contract("check", small)
    assert done.status in (1, 2)
    assert "->" in done.out or done.status == 2
    assert contract("diff", small, small).status == 2


def test_a_link_to_a_plain_file_is_followed(small: Path, tmp_path: Path) -> None:
    """As some ways to deploy lay files out."""
    (small / "mapping.toml").rename(tmp_path / "elsewhere.toml")
    (small / "mapping.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert contract("check", small).status == 0


def test_the_size_is_counted_while_a_file_is_read(small: Path) -> None:
    (small / "contract.toml").write_text(CONTRACT + "#" * LARGEST, encoding="utf-8")
    done = contract("check", small)
    assert done.status == 1
    assert "more than 4 MB" in done.out
    assert bytes_of(small / "mapping.toml", LARGEST)


@pytest.mark.parametrize("which", [0, 1])
def test_a_primeros_answers_are_plain_files(tmp_path: Path, which: int) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text('{"data": []}')
    os.mkfifo(tmp_path / "pipe")
    for odd in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        files = [answer, answer]
        files[which] = odd
        folder = tmp_path / "site" / "case" / "v1"
        done = contract("new", folder, "--from-primero", *files)
        assert (done.status, done.out) == (2, "")
        assert not folder.exists()


@pytest.mark.parametrize("forms", ['{"data": []}', "[]", '{"data": [{"unique_id": "lookup-x"}]}'])
def test_forms_without_a_field_are_no_scaffold(tmp_path: Path, forms: str) -> None:
    """As when the two files are named in the other order."""
    (tmp_path / "forms.json").write_text(forms)
    (tmp_path / "lookups.json").write_text('{"data": []}')
    folder = tmp_path / "site" / "case" / "v1"
    done = contract(
        "new", folder, "--from-primero", tmp_path / "forms.json", tmp_path / "lookups.json"
    )
    assert (done.status, done.out) == (1, "")
    assert "/forms first" in done.told
    assert not folder.exists()


def test_half_a_file_of_a_primero_is_told_by_its_name_path_and_byte(tmp_path: Path) -> None:
    (tmp_path / "forms.json").write_text('{"data": [{"unique_id": "f"')
    (tmp_path / "lookups.json").write_text('{"data": []}')
    done = contract(
        "new", tmp_path / "site" / "case" / "v1",
        "--from-primero", tmp_path / "forms.json", tmp_path / "lookups.json",
    )  # fmt: skip
    assert done.status == 1
    assert done.told.startswith("clmhub contract: forms.json, $.data[0]")
    assert "byte" in done.told


@pytest.mark.parametrize("folder", ["/", ""])
def test_a_folder_that_names_nothing_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    path = csv_file(tmp_path / "visits.csv", [{"visit_id": "v-1", "child": "A", "age": 12}])
    monkeypatch.chdir(tmp_path)
    done = contract("new", folder, "--from", path)
    assert (done.status, done.out) == (2, "")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["x" * 300 + "/v1", "a\0b"])
def test_a_name_that_no_system_takes_is_wrong_use(name: str) -> None:
    done = contract("check", name)
    assert (done.status, done.out) == (2, "")


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_is_no_finite_number_is_told_by_its_line(tmp_path: Path, number: str) -> None:
    folder = write(tmp_path / "v1", CONTRACT.replace("value = 1\n", f"value = {number}\n"))
    done = contract("check", folder)
    assert done.status == 1
    assert "contract.toml:13" in done.out
    assert "finite number" in done.out


def test_thousands_of_unknown_keys_are_told_soon(tmp_path: Path) -> None:
    many = "".join(f"[t{number}]\nx = 1\n" for number in range(3000))
    folder = write(tmp_path / "v1", many + CONTRACT)
    done = contract("check", folder)
    assert done.status == 1
    assert "more: --json lists them all" in done.out


# --- output --------------------------------------------------------------------------------------


@pytest.fixture
def inspections(tmp_path: Path) -> Path:
    bodies = [one["body"] for one in samples(INSPECTION)]
    return csv_file(tmp_path / "inspections.csv", bodies * 40)


@pytest.mark.parametrize("options", [(), ("--json",), ("--fhir",)])
def test_a_reader_that_goes_away_ends_it_quietly(inspections: Path, options: tuple[str]) -> None:
    command = [sys.executable, "-c", PROGRAM, "try", str(inspections), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_an_output_that_is_full_is_one_sentence(inspections: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "try", str(inspections), "--json"],
            stdout=full, stderr=subprocess.PIPE, timeout=60, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["clmhub contract: output: No space left on device"]


# --- what is printed -----------------------------------------------------------------------------


def test_what_steers_a_terminal_is_made_visible() -> None:
    assert visible("Mandalay မန္တလေး 1") == "Mandalay မန္တလေး 1"
    assert visible("a\x1b[2Jb\u202ec\nd") == "a\ufffd[2Jb\ufffdc\ufffdd"
    assert visible("a\tb", instead=" ") == "a b"


def test_of_many_records_of_one_key_each_knows_its_neighbours() -> None:
    repeats = Repeats("id")
    for row, key in enumerate(["a", "b", "a", "", "a", ""], start=2):
        repeats.add(key, sheet="", row=row, part="")
    repeats.settle()
    assert [len(repeats.notes(at)) for at in range(6)] == [1, 0, 2, 0, 1, 0]
    assert [repeats.is_replaced(at) for at in range(6)] == [True, False, True, False, False, False]
    assert "row 6 takes the place of this record" in repeats.notes(2)[1].message
