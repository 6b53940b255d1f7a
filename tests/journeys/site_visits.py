"""A labour office that a hub learns to read: the contract of the integrator's guide, and its files.

Asserts nothing but that commands which must work do.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner

from hub.cli import app
from tests.journeys.contract_shell import Done
from tests.journeys.test_integrators_guide import STEPS

NAME = "labour_inspection/visit"
HEADER = next(one.text for one in STEPS if one.file == "visits.csv").splitlines()[1]


def clmhub(*words: object) -> Done:
    """Run a command."""
    done = CliRunner().invoke(app, [str(one) for one in words], env={"COLUMNS": "200"})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(status=done.exit_code, out=done.stdout, told=done.stderr)


def contract(folder: Path, *changes: tuple[str, str]) -> Path:
    """The guide's contract as it is installed, with changes in whichever file holds them."""
    place = folder / NAME / "v1"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("contract.toml", "mapping.toml"):
        step = next(one for one in STEPS if one.kind == "toml" and one.file.endswith(f"v1/{name}"))
        text = step.text.replace('status = "draft"', 'status = "active"')
        for before, after in changes:
            text = text.replace(before, after)
        (place / name).write_text(text, encoding="utf-8")
    made_up = next(one.text for one in STEPS if one.file == "visits.csv")
    (folder / "visits.csv").write_text(made_up, encoding="utf-8")
    tried = clmhub("contract", "try", folder / "visits.csv", "--contract", place, "--samples")
    (place / "sample.json").write_text(tried.out, encoding="utf-8")
    return place


def boy(number: int, township: str = "MMR013001", **changes: str) -> str:
    """A row: a boy of thirteen who works thirty hours a week, each another boy."""
    row = {
        "no": f"V-{number:03}", "day": "05/01/2026", "township": township, "place": "Tea shop",
        "found": "F", "child": "1", "name": f"Mg {'abcdefghij'[number % 10] * 6} {number}",
        "father": f"U {'klmnopqrst'[number % 10] * 7} {number}", "sex": "B", "age": "13",
        "hours": "30", "school": "2",
    } | changes  # fmt: skip
    return ",".join(row.values())


def write(path: Path, rows: Sequence[str]) -> Path:
    """The office's file."""
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    assert all(len(one) == len(HEADER.split(",")) for one in csv.reader(rows))
    return path
