"""Classifies a survey's file: rows in, the same rows and their verdicts out. Prints nothing."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from contracts.errors import FatalError
from contracts.rules import RuleSet
from hub.classify.answers import BadCell, questions, read
from hub.classify.csv_file import CsvFile, is_csv
from hub.classify.engine import Engine
from hub.classify.kinds import COLUMNS
from hub.classify.questionnaire import Questionnaire
from hub.classify.sav_file import SavFile, is_sav
from hub.classify.source import Source, columns_of


def classify_file(
    path: Path,
    rules: RuleSet,
    asked: Questionnaire,
    out: BinaryIO,
    *,
    on_bad: Callable[[BadCell], None],
    on_rows: Callable[[int], None],
) -> int:
    """Write every row of a file and what the rules say of it, as CSV; return the number of rows.

    `on_bad` is told each cell that was counted as missing, `on_rows` how many rows are done.
    Raises FatalError before anything is written when the header lacks something.
    """
    with open_source(path) as source:
        columns = columns_of(source.header, asked, rules)
        present = asked.within(columns)
        engine = Engine(rules, present)
        wanted = questions(present, columns)
        out.write(_header(source.header))
        done = 0
        for batch in source.batches():
            numbers, bad = read(batch.cells, wanted, batch.places)
            for cell in bad:
                on_bad(_as_named(cell, source.header))
            text = io.BytesIO()
            batch.rows.hstack(engine.judge(numbers)).write_csv(text, include_header=False)
            out.write(text.getbuffer())
            done += batch.rows.height
            on_rows(done)
        return done


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file by what its name says that it is."""
    if not path.is_file():
        said = "this is no plain file" if path.exists() else "there is no such file"
        raise FatalError(f"{path}: {said}")
    if is_sav(path):
        yield SavFile(path)
    elif is_csv(path):
        with path.open("rb") as file:
            yield CsvFile(file, path.name)
    else:
        raise FatalError(f"{path.name}: only .csv (.tsv, .txt) and .sav (.zsav) files can be read")


def _header(names: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([*names, *COLUMNS])
    return text.getvalue().encode()


def _as_named(cell: BadCell, header: tuple[str, ...]) -> BadCell:
    """Return a cell with the file's own name of its column."""
    return BadCell(row=cell.row, column=header[int(cell.column[1:])], wanted=cell.wanted)
