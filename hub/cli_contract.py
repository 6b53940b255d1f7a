"""`clmhub contract`: check, try, compare and scaffold source contracts. Prints; decides nothing."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.evolution.change import Mode
from hub.contract_tools.telling import FINE, FOUND, WRONG_USE, counted, fail, say, show, told

if TYPE_CHECKING:
    from hub.contract_tools.trying import Tick, Trial

app = typer.Typer(
    help="Source contracts: what a source sends, and how it becomes the common schema.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line")]


@app.command()
def check(
    folders: Annotated[
        list[str] | None,
        typer.Argument(help="Folders, or names of shipped contracts. Default: all shipped ones"),
    ] = None,
    json: Json = False,
) -> None:
    """Check contracts: the files' form, every name in the mapping, privacy classes, the samples.

    All faults are told at once, each with its file, line and what to do. An *error* keeps the
    contract from being used; a *warning* names what is left to do.

    Examples: `clmhub contract check` · `clmhub contract check my_office/visit/v1`

    Exit status: 0 no error, 1 errors, 2 wrong use.
    """
    from hub.contract_tools import check as tool

    with told():
        found = list(tool.check_all(folders or ()))
        for one in found:
            show(tool.json_lines(one) if json else tool.lines(one))
    raise typer.Exit(FOUND if any(one.errors for one in found) else FINE)


ContractName = Annotated[
    str, typer.Option(help="A folder, or a shipped contract's name. Default: guessed by columns")
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show personal values: mind who looks on")]
Fhir = Annotated[
    bool,
    typer.Option("--fhir", help="One FHIR Bundle a line for each accepted record, WITH its values"),
]
Samples = Annotated[
    bool, typer.Option("--samples", help="The records as a sample.json, in clear: of made-up files")
]
Limit = Annotated[int, typer.Option(min=0, help="Only the first rows; 0: all")]


@app.command("try")
def try_file(
    file: Annotated[Path, typer.Argument(help="xlsx, xls, ods, csv, json, jsonl or sav")],
    contract: ContractName = "",
    reveal: Reveal = False,
    json: Json = False,
    fhir: Fhir = False,
    samples: Samples = False,
    limit: Limit = 0,
) -> None:
    """Map a file by a contract and show what went where, what was converted, rejected, and why.

    Nothing is stored or sent. Personal values (classes C3 to C7) are masked unless `--reveal`.
    With `--json` each line holds `sheet` and `row` (as Excel numbers it), `accepted`, and either
    `canonical` (`identity` and `facts`, a `figure` that is about no child, or `answers`) or
    `reasons` (each with `code`, `column`, `message`, `next_step`). A row about several children
    gives a line for each, with its number as `child`. A record that shares its key with another
    one has `notes` of the same form: in the hub the later one takes the place of the earlier, and
    of two persons with one key the earlier one is rejected. A record that is accepted and then
    waits for a person, as nobody can tell whether it is child labour, has `waits`: a reason too,
    with the `missing` facts.

    Examples: `clmhub contract try january.xlsx` ·
    `clmhub contract try visits.csv --contract my_office/visit/v1 --limit 20 --reveal`

    Exit status: 0 the file was read (rejected records are a result, not a failure), 1 it or a sheet
    of it cannot be read, it is empty, or no contract fits, 2 wrong use. Of a file that cannot be
    read nothing is printed.
    """
    from hub.contract_tools.trying import open_trial

    if json + fhir + samples > 1:
        fail(WRONG_USE, "--json, --fhir and --samples exclude each other: name one")
    how = "json" if json else "fhir" if fhir else "samples" if samples else "page"
    with told(file.name), counted() as progress:
        trial = open_trial(file, contract)
        _show(trial, _Shown(how=how, reveal=reveal, limit=limit), progress.tick)
    if not progress.rows and how != "page":
        say(f"{file.name} holds no record")
    _report(trial)
    raise typer.Exit(FOUND if trial.file.problems else FINE)


def _report(trial: "Trial") -> None:
    """What a person must know of the file itself."""
    for problem in trial.file.problems:
        place = f"sheet {problem.sheet}: " if problem.sheet else ""
        say(f"{place}{problem.reason.message}", f"    -> {problem.reason.next_step}")
    for note in trial.file.notes:
        say(note)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """In which way a trial is shown."""

    how: str
    reveal: bool
    limit: int


def _show(trial: "Trial", how: _Shown, tick: "Tick") -> None:
    from hub.contract_tools import lines, page
    from hub.contract_tools.samples import samples

    if how.how == "page":
        show(page.lines(trial, how.limit, tick, reveal=how.reveal))
        return
    if sys.stdout is None:
        fail(FOUND, "standard output is closed, and the lines would go nowhere: open it")
    made: Callable[[], Iterator[bytes]] = {
        "fhir": lambda: lines.bundles(trial, how.limit, tick),
        "json": lambda: lines.json_lines(trial, how.limit, tick, reveal=how.reveal),
        "samples": lambda: samples(trial, how.limit, tick),
    }[how.how]
    sys.stdout.buffer.writelines(made())
    sys.stdout.buffer.flush()


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A folder, or the name of a shipped contract")],
    new: Annotated[str, typer.Argument(help="The version that shall follow it")],
    mode: Annotated[
        Mode, typer.Option(case_sensitive=False, help="What is promised, and to whom")
    ] = Mode.BACKWARD,
) -> None:
    """Say in plain words what changes between two versions, whom it breaks, and what to do.

    *BACKWARD*: sources may go on sending by the old contract. *FORWARD*: whoever reads by the old
    contract may go on. *FULL*: both. *_TRANSITIVE*: so for every earlier version beside OLD, and a
    new major version is no excuse. *NONE*: only tell. A change that makes the same record say
    something else (a row gone, a code's meaning changed, a privacy class lowered) breaks both.

    Example: `clmhub contract diff emis/school/v1 my_draft/school/v2 --mode FULL`

    Exit status: 0 nothing breaks, or a new major version says so; 1 it breaks; 2 wrong use.
    """
    from hub.contract_tools import diff as tool

    with told():
        verdicts = tool.differences(old, new, mode)
        for verdict in verdicts:
            show(tool.lines(verdict, mode))
    raise typer.Exit(FOUND if any(one.fails for one in verdicts) else FINE)


@app.command()
def new(
    folder: Annotated[str, typer.Argument(help="Where the contract's three files are written")],
    sample: Annotated[
        Path | None, typer.Option("--from", help="A sample: xlsx, csv, json, jsonl or sav")
    ] = None,
    primero: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--from-primero", help="Saved answers of /api/v2/forms and /api/v2/lookups"),
    ] = None,
    name: Annotated[str, typer.Option(help="SYSTEM/RECORD. Default: the folder's own")] = "",
) -> None:
    """Scaffold a contract: fields, types, code lists and privacy classes are guessed from a sample.

    No value of the sample is written down, but codes that repeat. What only a person can know is
    left open: `clmhub contract check FOLDER` lists it. Of a Primero, a code keeps the meaning it is
    known by only where its id *and* its label are the same.

    Examples: `clmhub contract new my_office/visit/v1 --from visits.csv` ·
    `clmhub contract new site/case/v1 --from-primero forms.json lookups.json`

    Exit status: 0 written, 1 the sample cannot be read, 2 wrong use.
    """
    from hub.contract_tools import new as tool

    if not folder:
        fail(WRONG_USE, "name the folder to write into, as my_office/visit/v1")
    if (sample is None) == (primero is None):
        fail(WRONG_USE, "name one source: --from FILE, or --from-primero FORMS.json LOOKUPS.json")
    with told(sample.name if sample else ""):
        if sample is not None:
            made = tool.from_file(Path(folder), sample, name)
        elif primero is not None:
            forms, lookups = primero
            made = tool.from_primero(Path(folder), forms, lookups, name)
    show([f"wrote {path}" for path in made])
    say(*tool.doubts(Path(folder), name))
    show([f"Next: `clmhub contract check {folder}` lists what is left to do."])
