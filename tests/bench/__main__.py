"""`make bench`: events a second, CPU an event, and what each stage costs. Judges nothing."""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import structlog

from tests.bench import classify, contract_step, parts
from tests.bench.house import BrokenBenchError
from tests.bench.report import tell
from tests.bench.workbook import workbook
from tests.services.errors import MissingPartError, PartFailedError

HELP = """
What is measured:
  compare   from source record to stored release candidate (stages translate, identify, release:
            the real workers, the real vault, Kafka, SQLite), beside a hand-written kafka-python
            and pydantic loop on topics made alike, in the same batches, on the same core, one
            after the other in turn. `ratio` is loop to hub in CPU an event: 1 would be as cheap.
  embedded  the same stages on the embedded bus, and that bus alone
  contract  the contract step alone (parse, validate, map, judge, seal; no bus), beside a typed
            pydantic model of the same record that reads and writes JSON, in turn, in one process.
            `ratio` is pydantic to step: 1 would be as cheap.
  classify  `clmhub classify` on a survey of 500,000 rows, one core, beside copying the same CSV
  demo      the seconds of `clmhub demo --once --json`
  workbook  a workbook of 1,000,000 rows of 24 columns, read in a process of its own: rows a
            second and peak memory; beside it openpyxl and calamine on 50,000 rows

CPU an event is the figure to compare: events a second fall when something else uses the machine.
The last line is JSON, for machines.

  make bench ARGS="--only compare --events 5000 --rounds 5"
"""
PARTS: dict[str, Callable[[parts.Plan], dict[str, Any]]] = {
    "compare": parts.compare, "embedded": parts.embedded, "contract": contract_step.part,
    "classify": classify.part, "demo": parts.demo, "workbook": workbook,
}  # fmt: skip


def main() -> int:
    """Measure what was asked for, print it, and a line of JSON at the end."""
    arguments = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    result: dict[str, Any] = {
        "machine": {"cores": len(os.sched_getaffinity(0)), "load": round(os.getloadavg()[0], 2)},
        "events": arguments.events, "rounds": arguments.rounds,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="clmhub-bench-") as folder:
        plan = parts.Plan(
            events=arguments.events, rounds=arguments.rounds, folder=Path(folder), say=_say
        )
        for name in arguments.only or PARTS:
            _say(f"{name} ...")
            try:
                result[name] = PARTS[name](plan)
            except (BrokenBenchError, MissingPartError, PartFailedError) as error:
                _say(str(error))
                return 1
    for line in tell(result):
        _say(line)
    print(orjson.dumps(result).decode())
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench", description=(__doc__ or "").split("\n", maxsplit=1)[0], epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--events", type=_positive, default=1000, help="source records a round")
    parser.add_argument("--rounds", type=_positive, default=3, help="rounds; medians are told")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; repeat for more")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("at least 1")
    return number


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
