"""The integrator's guide is true: its commands run in order in an empty folder, and print this.

A fence with `file=` is saved, `diff file=` edits a file as shown, `sh` runs, `text` is what was
printed: a line of `...` stands for any lines, `...` within a line for any text.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import open_data_contract_standard
import pytest
from typer.testing import CliRunner

from contracts import transforms
from contracts.evolution import Mode
from hub.cli import app
from tests.journeys.staying import ROOT

PAGE = ROOT / "docs" / "integrators.md"
GUIDE = PAGE.read_text("utf-8")
FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATUS = re.compile(r"#.*exit status (\d)")
SECONDS = 120


@dataclass(frozen=True)
class Step:
    """One fence of the guide: a file, a change to one, commands, or what was printed."""

    kind: str
    file: str
    text: str


STEPS = [Step(*found.groups(default="")) for found in FENCE.finditer(GUIDE)]
COMMANDS = [line for step in STEPS if step.kind == "sh" for line in step.text.splitlines()]


def reader() -> dict[str, str]:
    """A reader who has `clmhub` on the PATH, at a terminal that shows each line at once."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": programs, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"}


def run(commands: str, folder: Path) -> str:
    """Run the lines of a fence, each to the exit status that its remark names; 0 without one."""
    printed = ""
    for command in commands.splitlines():
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=folder, env=reader(), timeout=SECONDS, check=False,
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        wanted = STATUS.search(command)
        assert done.returncode == int(wanted[1] if wanted else 0), f"{command}\n{done.stdout}"
        printed += done.stdout
    return printed


def edited(text: str, change: str) -> str:
    """A file's text after a change; what the guide shows of the old text must stand in it."""
    lines = change.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert text.count(before) == 1, f"the guide changes what is not there once:\n{before}"
    return text.replace(before, after)


def pattern(shown: str) -> re.Pattern[str]:
    """What the guide shows, as what may have been printed."""
    lines = [
        r"(?:.*\n)*?" if line == "..." else ".*?".join(map(re.escape, line.split("..."))) + r"\n"
        for line in shown.splitlines()
    ]
    return re.compile("".join(lines))


def walk(steps: list[Step], folder: Path) -> None:
    """Do what the guide says, in its order."""
    printed = ""
    for step in steps:
        path = folder / step.file
        if step.kind == "sh":
            printed = run(step.text, folder)
        elif step.kind == "text":
            assert pattern(step.text).fullmatch(printed), f"shown:\n{step.text}\nis:\n{printed}"
        elif step.kind == "diff":
            path.write_text(edited(path.read_text("utf-8"), step.text), encoding="utf-8")
        elif step.file:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")


def test_every_command_works_as_printed_from_the_file_to_the_contract(tmp_path: Path) -> None:
    walk(STEPS, tmp_path)


def test_the_guide_uses_every_command_of_contracts_and_shows_what_they_print() -> None:
    """Else the walk would pass on an empty page."""
    used = {line.split()[2] for line in COMMANDS if line.startswith("clmhub contract ")}
    assert used == {"new", "check", "try", "diff", "install", "installed", "uninstall"}
    assert sum(step.kind == "text" for step in STEPS) >= 8
    assert {"csv", "toml", "diff", "json"} <= {step.kind for step in STEPS}


@pytest.mark.parametrize(
    "lie",
    [
        [Step("sh", "", "echo a\n"), Step("text", "", "b\n")],
        [Step("sh", "", "false\n")],
        [Step("sh", "", "true  # exit status 1\n")],
        [Step("toml", "x", "a = 1\n"), Step("diff", "x", "-a = 2\n+a = 3\n")],
    ],
    ids=["what is printed", "a failure", "a failure that is told", "what a file holds"],
)
def test_the_walk_notices_what_is_not_so(lie: list[Step], tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        walk(lie, tmp_path)


def test_the_finished_contract_is_a_document_of_the_open_standard() -> None:
    schema = files(open_data_contract_standard).joinpath("schema.json").read_text("utf-8")
    official = jsonschema_rs.validator_for(json.loads(schema))
    texts = [step.text for step in STEPS if step.file.endswith("v1/contract.toml")]
    official.validate(tomllib.loads(texts[0]))


def test_the_ways_of_reading_are_those_of_the_program() -> None:
    told = GUIDE.split("<!-- transforms: begin -->\n")[1].split("<!-- transforms: end -->")[0]
    assert transforms.__doc__ is not None
    table = [line for line in transforms.__doc__.splitlines() if line.startswith("|")]
    assert told.splitlines() == table
    named = {name for line in table[2:] for name in line.split("|")[1].replace(",", " ").split()}
    assert named == set(transforms.names())


def test_every_mode_of_a_comparison_is_explained() -> None:
    assert {mode.value for mode in Mode} == set(
        re.findall(r"^\| `([A-Z_]+)` \|", GUIDE, re.MULTILINE)
    )


def test_every_link_and_every_file_that_the_guide_names_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", GUIDE)
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
    named = re.findall(r"`((?:contracts|adapters|consent|mirror|hub|tests|docs)/[\w./-]*)`", GUIDE)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_command_that_the_guide_only_names_exists() -> None:
    """What needs a running hub is not run here; it must not be made up either."""
    named = set(re.findall(r"`clmhub ([a-z]+)(?: ([a-z]+)\b)?", FENCE.sub("", GUIDE)))
    assert {"rejects", "triage"} <= {group for group, _ in named}
    for group, command in sorted(named):
        done = CliRunner().invoke(app, [*filter(None, (group, command)), "--help"])
        assert done.exit_code == 0, f"clmhub {group} {command}"


def test_the_guide_is_read_in_ten_minutes() -> None:
    """Two hundred words a minute, and the files that are only saved do not count."""
    prose = FENCE.sub("", GUIDE)
    assert len(prose.split()) < 2000
    assert max(len(line) for line in prose.splitlines() if not line.startswith("|")) <= 100


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", True),
        ("3 errors, ... warnings\n", "3 errors, 12 warnings\n", True),
        ("a\nd\n", "a\nb\nd\n", False),
        ("a\n", "a\nb\n", False),
    ],
)
def test_a_line_that_the_guide_leaves_out_is_marked(shown: str, printed: str, fits: bool) -> None:
    assert bool(pattern(shown).fullmatch(printed)) is fits


def test_a_cell_typed_wrong_does_not_hide_its_column_from_a_first_contract(tmp_path: Path) -> None:
    rows = ["no,visit_date,age", "1,05/01/2026,13", "2,31/02/2026,14", "3,06/01/2026,12"]
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    run("clmhub contract new office/visit/v1 --from a.csv\n", tmp_path)
    mapping = (tmp_path / "office/visit/v1/mapping.toml").read_text("utf-8")
    assert '  { target = "observed.on", source = "visit_date", transform = "date" },' in mapping
