"""`clmhub contract install`, `installed`, `uninstall`: prints what happens, and decides nothing."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from contracts.errors import HubError
from hub import install_programs
from hub.contract_tools.folders import WrongUseError
from hub.install_check import RefusedError
from hub.install_desk import Done, Listed
from hub.settings import Settings, load_settings
from hub.site_contracts import Installed
from hub.terminal import visible

app = typer.Typer()
# Wider than any table: names that are typed again are never cut.
out = Console(soft_wrap=True, markup=False, highlight=False, width=2000)

Home = Annotated[Path | None, typer.Option(help="Folder of all state. Default: ./.clmhub")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Settings file (TOML). Default: HOME/clmhub.toml")
]
BY = "command line"
"""Who installs here, as the audit has it: who may write into the home."""
REFUSED, WRONG_USE = 1, 2


@app.command()
def install(
    contract: Annotated[
        str, typer.Argument(help="A contract's folder, or the name of a shipped one")
    ],
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """Let the hub read an office's files by a contract: it needs no program, and no restart.

    The contract is checked as by `contract check`, its samples too, and must be active. When an
    earlier version of it is installed, both are compared as by `contract diff`: what would break
    the files that the office still sends is refused without a new major version. Records that were
    held for a code which the new version knows are mapped again.

    Files go into `SYSTEM/RECORD/inbox` in the home's folder `offices` (setting `offices`); answers
    to referrals come back into `answers` beside it. A contract that ships with the program and has
    no adapter of its own is read the same way: name it. The three files are kept, each version of
    them: nothing of a real person may stand in them.

    Examples: `clmhub contract install labour_inspection/visit/v1` ·
    `clmhub contract install emis/absence`

    Exit status: 0 installed (or was already), 1 refused, 2 wrong use.
    """
    given = load_settings(settings, given={"home": home})
    with _told():
        done = install_programs.install(given, contract, BY)
    _say_installed(given, done, _named(home))


@app.command()
def installed(home: Home = None, settings: SettingsFile = None) -> None:
    """List the contracts that are installed: since when, how far they were read, what hinders."""
    given = load_settings(settings, given={"home": home})
    with _told():
        found = install_programs.installed(given)
    if not found:
        out.print("No contract is installed: clmhub contract install FOLDER")
        return
    table = Table(
        "contract", "version", "since", "accepted", "read until", "inbox", box=None,
        padding=(0, 2, 0, 0),
    )  # fmt: skip
    for one in found:
        table.add_row(*_row(given, one))
    table.columns[3].justify = "right"
    out.print(table)
    for one in found:
        if one.state and one.state.problem:
            out.print(f"{one.installed.name}: {visible(one.state.problem)}")


@app.command()
def uninstall(
    contract: Annotated[str, typer.Argument(help="SYSTEM/RECORD, as `contract installed` has it")],
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """Leave a contract's files alone from now on. Records that were read, and history, stay.

    Installing it again goes on where reading stopped.

    Example: `clmhub contract uninstall labour_inspection/visit`

    Exit status: 0 done, 1 there is no such contract.
    """
    given = load_settings(settings, given={"home": home})
    with _told():
        gone = install_programs.uninstall(given, contract, BY)
    name = gone.installed.name
    out.print(f"uninstalled {name}: its files are not read any more; what was read of them stays.")
    out.print(f"To take it back: clmhub contract install {name}{_named(home)}")


def _named(home: Path | None) -> str:
    """The home as a next step must name it, when it is not the default one."""
    return f" --home {shlex.quote(str(home))}" if home else ""


def _say_installed(settings: Settings, done: Done, at: str) -> None:
    one, before = done.installed, done.before
    if not done.new:
        out.print(f"{one.name} {_version(one)} is already installed, since {_day(one)}.")
    else:
        instead = f", in place of {_version(before)}" if before else ""
        out.print(f"installed {one.name} {_version(one)}{instead}")
    if done.again:
        out.print(f"Records that were held for a code and are mapped again: {done.again}.")
    if before and done.new:
        out.print(
            f"Other records stay as the earlier version made them ({done.kept} accepted ones),"
            " until their file is copied in again."
        )
    inbox = install_programs.inbox_of(settings, one.system, one.record)
    out.print(f"Put the office's files (.xlsx, .csv, .json, ...) into {inbox}")
    seconds = settings.half_copied_seconds
    out.print(f"A text file is taken when it has stayed the same for {seconds:g} seconds.")
    out.print(
        f"Next: a hub that runs reads them by itself; clmhub work all --once{at} reads them now."
    )


def _row(settings: Settings, one: Listed) -> tuple[str, ...]:
    it, state = one.installed, one.state
    until = state.complete_until[:16].replace("T", " ") if state else "uninstalled"
    inbox = install_programs.inbox_of(settings, it.system, it.record)
    return it.name, _version(it), _day(it), str(one.records), until or "not yet", str(inbox)


def _version(one: Installed) -> str:
    shipped = ", of the program" if one.shipped else ""
    return visible(f"{one.version} (mapping {one.mapping_version}{shipped})")


def _day(one: Installed) -> str:
    return f"{one.installed_at:%Y-%m-%d}"


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong on purpose is one message and an exit status."""
    try:
        yield
    except RefusedError as error:
        for line in error.lines:
            out.print(visible(line))
        _fail(str(error), REFUSED)
    except WrongUseError as error:
        _fail(str(error), WRONG_USE)
    except HubError as error:
        _fail(str(error), REFUSED)


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(f"clmhub contract: {visible(message)}", err=True)
    raise typer.Exit(status)
