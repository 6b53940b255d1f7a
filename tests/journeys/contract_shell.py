"""How the journeys of `clmhub contract` run it, and the files that they give it."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from typer.testing import CliRunner

from hub.cli_contract import app
from hub.contract_tools.folders import find
from tests.spec.small_contract import CONTRACT, MAPPING, SAMPLE

INSPECTION, SCHOOL = "labour_inspection/inspection/v1", "emis/school/v1"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    status: int
    out: str
    told: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def contract(*arguments: object) -> Done:
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(status=done.exit_code, out=done.stdout, told=done.stderr)


def samples(name: str) -> list[dict[str, Any]]:
    text = (find(name).folder / "sample.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)
    return found


def table(bodies: Sequence[dict[str, Any]]) -> list[list[Any]]:
    columns = list(dict.fromkeys(name for one in bodies for name in one))
    return [columns, *([one.get(name, "") for name in columns] for one in bodies)]


def csv_file(path: Path, bodies: Sequence[dict[str, Any]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(table(bodies))
    return path


def workbook(path: Path, bodies: Sequence[dict[str, Any]], title_rows: int = 2) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("January")
        if title_rows:
            sheet.write(0, 0, "Office of the township")
        for number, row in enumerate(table(bodies)):
            sheet.write_row(title_rows + number, 0, ["" if one is None else one for one in row])
    return path


def write(folder: Path, contract_text: str = CONTRACT, mapping_text: str = MAPPING) -> Path:
    folder.mkdir(parents=True)
    (folder / "contract.toml").write_text(contract_text, encoding="utf-8")
    (folder / "mapping.toml").write_text(mapping_text, encoding="utf-8")
    (folder / "sample.json").write_text(SAMPLE, encoding="utf-8")
    return folder
