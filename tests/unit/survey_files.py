"""Little survey files for the tests of `clmhub classify`, and the command to run on them."""

import csv
import io
from typing import Any

import typer
from typer.testing import CliRunner, Result

from hub import cli_classify

HEADER = "CB3,CL1A,CL1B,CL1C,CL1X,CL3,CL8,CL10,CL13"


def run(*arguments: object) -> Result:
    """Run the command as `clmhub` does."""
    app = typer.Typer(rich_markup_mode="markdown")
    app.command(epilog=cli_classify.EPILOG)(cli_classify.classify)
    return CliRunner().invoke(app, [str(one) for one in arguments])


def rows_of(result: Result | str) -> list[dict[str, str]]:
    """The rows that it wrote."""
    text = result if isinstance(result, str) else result.stdout
    return list(csv.DictReader(io.StringIO(text, newline="")))


def child_of(rows: int, **more: list[Any]) -> dict[str, list[Any]]:
    """Columns of children of 13 who do nothing, and what is said beside that."""
    plain: dict[str, list[Any]] = {
        name: [2.0] * rows for name in HEADER.split(",") if name.startswith("CL1")
    }
    hours = {name: [None] * rows for name in ("CL3", "CL8", "CL10")}
    return {"CB3": [13.0] * rows, **plain, **hours, "CL13": [float("nan")] * rows, **more}
