"""What the demo shows: progress while it runs, the result, and where to look. Knows no process."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from rich.console import Console
from rich.live import Live
from rich.table import Table

SHOW_SECONDS = 0.5
STATES = ("received", "released", "counted", "withheld", "parked", "rejected")


def result_of(
    summary: Mapping[str, Any], mirror_cases: int, *, seconds: float, bus: str, database: str
) -> dict[str, Any]:
    """The result as one object, in the words of the design."""
    sources = {
        name: {state: sums[state] for state in STATES} for name, sums in summary["sources"].items()
    }
    closed = all(sums["closed"] for sums in summary["sources"].values()) and bool(sources)
    return {
        "sources": sources,
        "echoes": summary["echoes"],
        "children": summary["children"],
        "mirror_cases": mirror_cases,
        "referrals": summary["referrals"],
        "closed": closed,
        "seconds": round(seconds, 1),
        "bus": bus.partition(":")[0],
        "database": database.partition(":")[0].partition("+")[0],
    }


class Progress:
    """A live table on a terminal, a line per step elsewhere; both on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._quiet = quiet and not self._console.is_terminal
        self._summary: Callable[[], Mapping[str, Any]] | None = None
        self._step, self._shown = "", 0.0

    def moved(self, step: str) -> None:
        """Say what happens now."""
        self._step = step
        if self._live is None:
            if not self._quiet:
                self._console.print(step, highlight=False)
        elif time.monotonic() - self._shown > SHOW_SECONDS:
            self._shown = time.monotonic()
            self._live.update(self._table())

    @contextmanager
    def shown(self, summary: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
        """Show the sums while the story runs."""
        if not self._console.is_terminal:
            yield
            return
        self._summary = summary
        with Live(
            self._table(), console=self._console, refresh_per_second=4, transient=True
        ) as live:
            self._live = live
            yield
            live.update(self._table())
        self._live = None

    def _table(self) -> Table:
        table = _sums(*STATES, "in flight")
        table.title = self._step
        summary = self._summary() if self._summary else {"sources": {}}
        for name, sums in summary["sources"].items():
            table.add_row(name, *(str(sums[state]) for state in STATES), str(sums["in_flight"]))
        if "referrals" in summary:
            counts = ", ".join(f"{name} {n}" for name, n in summary["referrals"].items())
            table.caption = f"children {summary['children']} | referrals: {counts}"
        return table


def _sums(*names: str) -> Table:
    table = Table("source")
    for name in names:
        table.add_column(name, justify="right")
    return table


def print_result(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result: one line of JSON, or a table."""
    if as_json:
        sys.stdout.write(orjson.dumps(result).decode() + "\n")
        sys.stdout.flush()
        return
    table = _sums(*STATES)
    for name, sums in result["sources"].items():
        table.add_row(name, *(str(sums[state]) for state in STATES))
    console = Console()
    console.print(table)
    counts = ", ".join(f"{name} {n}" for name, n in result["referrals"].items())
    console.print(
        f"children {result['children']}, rows in the mirror {result['mirror_cases']},"
        f" cases that came back as echo {result['echoes']}; referrals: {counts}", highlight=False,
    )  # fmt: skip
    console.print(
        "Every record is accounted for."
        if result["closed"]
        else "The sums do not close: see the logs."
    )


def print_places(places: Mapping[str, str], result: Mapping[str, Any]) -> None:
    """Say where everything is, and what to try."""
    print_result(result, as_json=False)
    hub, mirror = places["hub"], places["mirror"]
    lines = f"""
The story is over, and everything stays up until Ctrl-C. Once a minute the country closes an epoch.

Look in the browser:
  {hub}/      the hub's first page; sign in with this token:
    {places["operator"]}
  {mirror}/      the mirror's first page, for ministry staff; sign in with this token:
    {places["analyst"]}

Try these:
  # where every record stands: received is the sum of all states
  curl -s -H "Authorization: Bearer {places["operator"]}" {hub}/v1/ledger
  # the referrals that inspectors made, and their answers
  curl -s -H "Authorization: Bearer {places["inspector"]}" {hub}/v1/referrals
  # what MOLIP staff may see
  curl -s -H "Authorization: Bearer {places["analyst"]}" "{mirror}/v1/cases?limit=3"

Answers that went home: {places["home"]}/sandbox/labour_inspection/answers/
Records that a source must mend: .venv/bin/clmhub rejects --home {places["home"]}
The country as it really is: {places["home"]}/sandbox/truth.jsonl
"""
    sys.stdout.write(lines)
    sys.stdout.flush()
