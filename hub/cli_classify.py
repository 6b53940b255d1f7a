"""`clmhub classify`: child labour in a survey's file. Reads arguments, reports to stderr."""

import errno
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from contracts import rules as rule_sets
from contracts.errors import FatalError, HubError
from hub.terminal import visible

if TYPE_CHECKING:
    from hub.classify.answers import BadCell

_MOST_TOLD = 50
"""Bad cells that are told one by one; the rest is counted."""
_PIECE = 1 << 20
FAILED = 1
RULES = "ilo, mics5, mics6, mics6-hazards, myanmar-law, sdg, sdg-chores"
"""Written out, for importing a command line reads no data; a test compares."""

EPILOG = """
**Example:** `clmhub classify --rules mics6 fs.csv > classified.csv`

To the row of a child of 13 who worked 20 hours it adds
`1,1,0,0,hours_week_over_limit,mics6/2022`.

**Added columns:** `child_labour` (1, 0; empty: out of scope by age or unfinished interview, or the
rules lack an answer and do not count it as zero), `economic_activity_over`, `chores_over`,
`hazardous_work` (1, 0, empty), `reasons` (codes, with `;` between them), `rules`.

**Exit status:** 0 done, also when cells were counted as missing; 1 the file cannot be read to its
end or lacks a column, and nothing is written, neither to stdout nor to a file; 2 wrong use.
"""


def _rules(name: str) -> rule_sets.RuleSet:
    try:
        return rule_sets.load(name)
    except LookupError as error:
        raise typer.BadParameter(str(error.args[0])) from None


def classify(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8, or an SPSS .sav file")],
    rules: Annotated[str, typer.Option(help=f"Rule set: {RULES}; or `id/version`")],
    questionnaire: Annotated[
        str | None,
        typer.Option(help="Whose column names: `mics6` or `mics5`. Default: as the rules say"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write, whole or not at all. Default: stdout"),
    ] = None,
) -> None:
    """Say for each row of a survey whether it is child labour, by a rule set.

    Reads rows coded as MICS does (1 yes, 2 no, 97 to 99 missing; column names in any case), and
    writes the same rows as CSV with six columns more. A cell that is no answer counts as missing
    and is reported by row and column. What each rule set counts: docs/classification.md.
    """
    chosen = _rules(rules)
    from hub.classify import questionnaire as forms
    from hub.classify.run import classify_file

    try:
        asked = forms.load(questionnaire) if questionnaire else forms.of_rules(chosen)
    except LookupError as error:
        raise typer.BadParameter(str(error.args[0])) from None
    teller = _Teller()
    try:
        with _output(output, file) as out:
            done = classify_file(file, chosen, asked, out, on_bad=teller.bad, on_rows=teller.rows)
    except BrokenPipeError:
        # the reader has seen enough; nothing may be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except (HubError, OSError) as error:
        teller.end()
        _say(f"clmhub classify: {_words(error)}")
        raise typer.Exit(FAILED) from None
    teller.end(done, chosen)


class _Teller:
    """Tells a person on stderr: bad cells always, progress on a terminal alone."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._bad = 0

    def bad(self, cell: "BadCell") -> None:
        """Tell a cell by its place."""
        self._bad += 1
        if self._bad <= _MOST_TOLD:
            self._clear()
            place = f"row {cell.row}, column {cell.column}"
            _say(f"{place}: not {cell.wanted}; counted as missing")

    def rows(self, done: int) -> None:
        """Tell how far it is."""
        if self._terminal:
            typer.echo(f"\r{done:,} rows", nl=False, err=True)

    def end(self, done: int | None = None, rules: rule_sets.RuleSet | None = None) -> None:
        """Tell the sums."""
        self._clear()
        if self._bad > _MOST_TOLD:
            typer.echo(f"and {self._bad - _MOST_TOLD:,} more such cells", err=True)
        if self._terminal and done is not None and rules is not None:
            typer.echo(f"{done:,} rows by {rules.name}", err=True)

    def _clear(self) -> None:
        if self._terminal:
            typer.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def _output(path: Path | None, source: Path) -> Iterator[BinaryIO]:
    """Give what becomes stdout, or a file; either gets all of it or nothing."""
    if path is None:
        if sys.stdout is None:
            raise FatalError("standard output is closed; open it, or name a file with --output")
        with tempfile.TemporaryFile() as held:  # without a name: nobody else opens it, none stays
            yield held
            held.seek(0)
            shutil.copyfileobj(held, sys.stdout.buffer, _PIECE)
        sys.stdout.buffer.flush()
        return
    _check_place(path, source)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with _stops_in_order(), os.fdopen(handle, "wb") as out:
            yield out
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


@contextmanager
def _stops_in_order() -> Iterator[None]:
    """Let a polite end (SIGTERM) run the way out of the program: half a file must not stay."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_place(path: Path, source: Path) -> None:
    """Refuse what a new file may not replace: a device (as root, for good), a folder, the input."""
    if path.exists() and not path.is_file():
        raise FatalError(f"{path}: this is no plain file; name another, or write to stdout")
    if not path.parent.is_dir():
        raise FatalError(f"{path}: there is no folder {path.parent}; make it first")
    if path.exists() and source.exists() and path.samefile(source):
        raise FatalError(f"{path}: this is the file to read; write to another one")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _words(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    if error.errno == errno.ENOSPC:
        return (
            "no space is left for the output; what goes to stdout waits in the folder for temporary"
            " files (TMPDIR) until it is whole, and --output needs none of that"
        )
    return f"{error.filename or 'output'}: {error.strerror}"


def _say(message: str) -> None:
    """To the person; what a file calls itself or its columns gives no orders to the terminal."""
    typer.echo(visible(message), err=True)
