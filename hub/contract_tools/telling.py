"""How the contract commands speak to a person: messages, progress, exit statuses. Decides nothing.

What a program reads goes to stdout; all else goes to stderr.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from adapters.sdk.unpack import UnreadableError
from contracts.errors import HubError, RejectedError
from hub.contract_tools.folders import WrongUseError
from hub.terminal import visible

FINE, FOUND, WRONG_USE = 0, 1, 2
_EVERY = 5_000


@contextmanager
def told(file: str = "") -> Iterator[None]:
    """What goes wrong on purpose is one message and an exit status; `file` says in which file."""
    try:
        yield
        sys.stdout.flush()  # what does not fit shows here, and not when Python ends
    except UnreadableError as error:
        where = ", ".join(dict.fromkeys(filter(None, (file, error.reason.where))))
        fail(FOUND, f"{where}: {error.reason.message}", f"    -> {error.reason.next_step}")
    except RejectedError as error:
        lines: list[str] = []
        for one in error.reasons:
            where = ", ".join(filter(None, (file, one.where)))
            lines += [f"{where}: {one.message}", f"    -> {one.next_step}"]
        fail(FOUND, *lines)
    except WrongUseError as error:
        fail(WRONG_USE, str(error))
    except HubError as error:
        fail(FOUND, f"{file}: {error}" if file else str(error))
    except BrokenPipeError:
        _drop_output()  # the reader has seen enough
        raise typer.Exit(FINE) from None
    except OSError as error:
        _drop_output()
        fail(FOUND, f"{error.filename or 'output'}: {error.strerror}")


def _drop_output() -> None:
    """See that nothing is flushed at exit, which would fail again."""
    with suppress(OSError, ValueError):  # an output that is no file has nothing to drop
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Progress:
    """Counts rows on the terminal, where there is one. `rows` are those that were read."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.rows = 0

    def tick(self, doing: str, count: int) -> None:
        self.rows = max(self.rows, count)
        if self.shown and count % _EVERY == 0:
            typer.echo(f"\r{count:,} rows {doing} ", nl=False, err=True)


@contextmanager
def counted() -> Iterator[Progress]:
    """Leave no trace of the counting on the terminal."""
    progress = Progress()
    try:
        yield progress
    finally:
        if progress.shown:
            typer.echo("\r\033[K", nl=False, err=True)


def fail(status: int, *lines: str) -> NoReturn:
    first, *rest = lines
    say(f"clmhub contract: {first}", *rest)
    raise typer.Exit(status)


def say(*lines: str) -> None:
    """To the person, and never into what a program reads."""
    for line in lines:
        typer.echo(visible(line), err=True)


def show(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(visible(line))
