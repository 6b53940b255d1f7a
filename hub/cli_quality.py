"""`clmhub quality`: scores by source and day. Prints; decides nothing."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub import programs
from hub.settings import load_settings

# Wider than any table: the names of rules are never cut.
out = Console(soft_wrap=True, markup=False, width=2000)


def quality(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days back")] = 31,
    home: Annotated[
        Path | None, typer.Option(help="Folder of all state. Default: ./.clmhub")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="Settings file (TOML). Default: HOME/clmhub.toml"),
    ] = None,
) -> None:
    """Show how good what sources sent is: the share of all checks that held, by source and day.

    The checks are the quality rules of the source contracts. Rejected records are not among them:
    see `clmhub rejects`.
    """
    scores, services = programs.read_quality(load_settings(settings, given={"home": home}), days)
    table = Table("source", "record", "day", "records", "score", "broken", box=None)
    for one in scores:
        broken = ", ".join(f"{rule} {count}" for rule, count in one.broken.items())
        score = f"{one.score:.1%}" if one.checks else "no rules"
        table.add_row(one.system, one.record, f"{one.day}", str(one.records), score, broken)
    out.print(table if scores else "No record has been checked in these days.")
    out.print(f"These are the last {days} days; --days N shows more or fewer of them, up to 366.")
    for late in (one for one in services if not one.kept):
        out.print(
            f"{late.system}/{late.record}: promises a {late.promise} of {late.days:g} days;"
            f" the newest record is of {late.newest:%Y-%m-%d %H:%M} UTC"
        )
