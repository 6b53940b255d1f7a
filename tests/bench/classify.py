"""Rows a second of `clmhub classify` on one core, beside reading and writing the same CSV alone.

    python -m tests.bench.classify [--rows 500000] [--rounds 3] [--rules mics6]

Each measurement is a process of its own with one polars thread. CPU seconds are the figures to
compare; the last line is JSON. Judges nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import orjson

from tests.bench.parts import Plan

COLUMNS = (
    "HH1", "HH2", "LN", "FS17", "CB3", "CL1A", "CL1B", "CL1C", "CL1X", "CL3",
    "CL4", "CL5", "CL6A", "CL6B", "CL6C", "CL6D", "CL6E", "CL6X", "CL7", "CL8", "CL9", "CL10",
    "CL11A", "CL11B", "CL11C", "CL11D", "CL11E", "CL11F", "CL11X", "CL13", "fsweight",
)  # fmt: skip
HOURS = {"CL3", "CL8", "CL10", "CL13"}
DIFFERENT_ROWS = 20_000
WHAT = ("copy", "classify")
ROWS, RULES = 500_000, "mics6"


def write_survey(path: Path, rows: int) -> None:
    """Write a file like a survey's; the same rows again and again, for making them costs most."""
    random = Random(1)
    some = "".join(_row(random, number) for number in range(min(rows, DIFFERENT_ROWS)))
    lines = some.encode()
    with path.open("wb") as file:
        file.write(f"{','.join(COLUMNS)}\n".encode())
        for _ in range(rows // DIFFERENT_ROWS):
            file.write(lines)
        if rest := rows % DIFFERENT_ROWS:
            file.write("".join(some.splitlines(keepends=True)[:rest]).encode())


def _row(random: Random, number: int) -> str:
    cells = {
        "HH1": f"{number // 20}", "HH2": f"{number % 20}", "LN": f"{random.randint(1, 9)}",
        "FS17": random.choice("1111112"), "CB3": f"{random.randint(4, 18)}",
        "fsweight": f"{random.random() * 3:.6f}",
    }  # fmt: skip
    hours = ["", "0", "1", "13", "14", "20", "21", "28", "43", "97", "98", "99"]
    return (
        ",".join(
            cells.get(name) or random.choice(hours if name in HOURS else list("112222229"))
            for name in COLUMNS
        )
        + "\n"
    )


def copy(path: Path, out: BinaryIO) -> None:
    """Read and write it, in the same blocks, and nothing else."""
    from hub.classify.csv_file import CsvFile

    with path.open("rb") as file:
        for batch in CsvFile(file, path.name).batches():
            batch.rows.write_csv(out, include_header=False)


def classify(path: Path, out: BinaryIO, rules: str) -> None:
    """Do what the command does."""
    from contracts import rules as rule_sets
    from hub.classify import questionnaire
    from hub.classify.run import classify_file

    chosen = rule_sets.load(rules)
    asked = questionnaire.of_rules(chosen)
    classify_file(path, chosen, asked, out, on_bad=print, on_rows=lambda _: None)


def measure(what: str, path: Path, rules: str) -> dict[str, float]:
    """Run one measurement in a process of its own."""
    program = [sys.executable, "-m", "tests.bench.classify", "--rules", rules]
    done = subprocess.run(
        [*program, "--child", what, str(path)],
        env=os.environ | {"POLARS_MAX_THREADS": "1"}, capture_output=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = orjson.loads(done.stdout)
    return found


def child(what: str, path: Path, rules: str) -> None:
    """Measure without the start of the program, which is the same for any number of rows."""
    import polars as pl

    pl.DataFrame({"ready": [1]}).write_csv()
    wall, cpu = time.perf_counter(), time.process_time()
    with Path(os.devnull).open("wb") as out:
        if what == "copy":
            copy(path, out)
        else:
            classify(path, out, rules)
    spent = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(orjson.dumps(spent).decode())


def compare(rows: int, rounds: int, rules: str, folder: Path) -> dict[str, Any]:
    """Measure in turn, and keep the best of the rounds."""
    path = folder / "survey.csv"
    write_survey(path, rows)
    done = [{what: measure(what, path, rules) for what in WHAT} for _ in range(rounds)]
    best = {what: min(one[what]["cpu"] for one in done) for what in WHAT}
    wall = {what: min(one[what]["seconds"] for one in done) for what in WHAT}
    return {
        "rows": rows, "rules": rules,
        "rows_per_cpu_second": {what: rows / best[what] for what in WHAT},
        "rows_per_second": {what: rows / wall[what] for what in WHAT},
        "ratio": best["copy"] / best["classify"],
    }  # fmt: skip


def part(plan: Plan) -> dict[str, Any]:
    """The measurement as `make bench` asks for it."""
    return compare(ROWS, plan.rounds, RULES, plan.folder)


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """The lines to print."""
    for what in WHAT:
        each = found["rows_per_cpu_second"][what], found["rows_per_second"][what]
        yield f"{what:10}{each[0]:12,.0f} rows a CPU second{each[1]:12,.0f} rows a second"
    yield f"ratio, classify to copy {found['ratio']:.2f}"


def main() -> int:
    """Measure as asked, print it, and a line of JSON at the end."""
    arguments = _arguments()
    if arguments.child:
        child(arguments.child[0], Path(arguments.child[1]), arguments.rules)
        return 0
    with tempfile.TemporaryDirectory(prefix="clmhub-bench-") as folder:
        found = compare(arguments.rows, arguments.rounds, arguments.rules, Path(folder))
    for line in told(found):
        print(line)
    print(orjson.dumps(found).decode())
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.classify", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rules", default=RULES)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
