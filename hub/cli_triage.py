"""`clmhub triage`: codes that no list knows. Prints and asks the triage desk; decides nothing."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub import programs
from hub.settings import Settings, load_settings
from hub.terminal import visible
from hub.triage import desk
from hub.triage.counts import Progress
from hub.triage.desk import Asked, Entry
from hub.triage.holdings import Named

app = typer.Typer(
    help="Codes that no list knows: which records hold them, and what they mean.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
# No markup: a code is somebody's text and may hold brackets. Wider than any table: names that are
# typed again, for `map`, are never cut.
out = Console(soft_wrap=True, markup=False, width=2000)

Home = Annotated[Path | None, typer.Option(help="Folder of all state. Default: ./.clmhub")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Settings file (TOML). Default: HOME/clmhub.toml")
]
System = Annotated[str, typer.Argument(help="The source, as `clmhub triage` names it")]
Record = Annotated[str, typer.Argument(help="Its record")]
Field = Annotated[str, typer.Argument(help="Field of the common schema: `facts.hazards`")]
Code = Annotated[str, typer.Argument(help="The code as the source wrote it")]
BY = "command line"
"""Who decides here, as the audit has it: who may read the home."""


@app.callback()
def triage(
    context: typer.Context,
    system: Annotated[str, typer.Option(help="Only this source")] = "",
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """List the codes that no list knows, and how far mapping again has come.

    A record with such a code goes on without it. `map` says what the code means; all records that
    hold it are then mapped again, without asking their source. Codes are shown as the source wrote
    them, and may be anybody's words: keep this list to yourself.
    """
    if context.invoked_subcommand is not None:
        return
    found = programs.triage(_settings(settings, home), system)
    if not found.entries:
        out.print("No code waits.")
    else:
        out.print(_table(found.entries))
    for one in found.progress:
        _print_progress(one)
    if found.stopped:
        out.print(f"{found.stopped} codes were renamed by their site: clmhub triage labels")


@app.command("map")
def map_code(
    system: System, record: Record, field: Field, code: Code,
    target: Annotated[str, typer.Argument(help="The code of the schema that it stands for")],
    home: Home = None, settings: SettingsFile = None,
) -> None:  # fmt: skip
    """Let a code stand for a code of the schema.

    Example: `clmhub triage map emis school facts.absence_reason "helps at home" working`
    """
    named = Named(system=system, record=record, field=field, code=code)
    given = _settings(settings, home)
    _told(
        programs.decide(
            given, lambda c, now: desk.map_code(c, Asked(named=named, by=BY, at=now), target)
        )
    )


@app.command()
def ignore(
    system: System, record: Record, field: Field, code: Code,
    reason: Annotated[str, typer.Option(help="Why it means nothing for this field")],
    home: Home = None, settings: SettingsFile = None,
) -> None:  # fmt: skip
    """Say that a code means nothing for its field."""
    named = Named(system=system, record=record, field=field, code=code)
    given = _settings(settings, home)
    _told(
        programs.decide(
            given, lambda c, now: desk.ignore(c, Asked(named=named, by=BY, at=now), reason)
        )
    )


@app.command()
def undo(
    system: System, record: Record, field: Field, code: Code,
    home: Home = None, settings: SettingsFile = None,
) -> None:  # fmt: skip
    """Take a decision back: the code is open again, for old and new records."""
    named = Named(system=system, record=record, field=field, code=code)
    given = _settings(settings, home)
    _told(programs.decide(given, lambda c, now: desk.undo(c, Asked(named=named, by=BY, at=now))))


@app.command("labels")
def list_labels(home: Home = None, settings: SettingsFile = None) -> None:
    """List the codes that their site has renamed: their fields are stopped until you decide.

    Means the code what it meant? Then `clmhub triage accept`. Has it another meaning now? Then give
    the contract a new version; until then the field stays empty, and its records are held.
    """
    found = programs.changed_labels(_settings(settings, home))
    for one in found:
        name = f"{one.system} {one.record} {one.path} {visible(one.code)}"
        out.print(f"{name}\n    was: {one.ours}\n    is:  {visible(one.theirs)}")
        out.print(f"    since {one.since:%Y-%m-%d}, stopped: {', '.join(one.targets)}")
        out.print(f"    means the same? clmhub triage accept {name}")
    if not found:
        out.print("Every code is called what its contract calls it.")


@app.command()
def accept(
    system: System, record: Record,
    path: Annotated[str, typer.Argument(help="The source's own field")],
    code: Code, home: Home = None, settings: SettingsFile = None,
) -> None:  # fmt: skip
    """Say that a code means what it meant, whatever its site calls it now."""
    given = _settings(settings, home)
    _told(
        programs.decide(
            given, lambda c, now: desk.accept_label(c, system, record, path, code, by=BY, at=now)
        )
    )


@app.command()
def retry(system: System, record: Record, home: Home = None, settings: SettingsFile = None) -> None:
    """Translate those records once more that could not be translated again."""
    given = _settings(settings, home)
    _told(programs.decide(given, lambda c, now: desk.retry(c, system, record, BY, now)))


def _told(count: int) -> None:
    out.print(f"Done. {count} records are mapped again by the running hub: see `clmhub triage`.")


def _table(entries: list[Entry]) -> Table:
    table = Table(
        "source", "record", "field", "code", "label", "records", "last seen", "state", box=None,
        padding=(0, 1, 0, 0),
    )  # fmt: skip
    for one in entries:
        name = one.named
        seen = f"{one.seen:%Y-%m-%d}" if one.seen else ""
        state = " ".join(filter(None, (one.state, one.target, one.reason)))
        table.add_row(
            name.system, name.record, name.field, visible(name.code), visible(one.label),
            str(one.count), seen, visible(state),
        )  # fmt: skip
    table.columns[5].justify = "right"
    return table


def _print_progress(one: Progress) -> None:
    name = f"{one.system}/{one.record}"
    if one.due:
        out.print(f"{name}: {one.due} of {one.held} held records are still to be mapped again.")
    if one.failed:
        out.print(
            f"{name}: {one.failed} could not be mapped again, at {', '.join(one.places)}:"
            f" when that is mended, clmhub triage retry {one.system} {one.record}"
        )


def _settings(file: Path | None, home: Path | None) -> Settings:
    return load_settings(file, given={"home": home})
