"""What `clmhub classify` does with files and places that are none: one sentence, and no harm."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest

from contracts.errors import FatalError
from hub import cli_classify
from hub.classify.csv_file import CsvFile, _last_end
from tests.unit.survey_files import HEADER, child_of, rows_of, run

ROW = "13,1,2,2,2,20,,,"
MARK = "Khin"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEADER}\r{ROW}\r".encode(), "CSV UTF-8"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16-le"), "not UTF-8"),
        (f'"{HEADER}\n{ROW}\n'.encode(), "quote"),
        (b'"' + b"a\n" * 3_000_000, "quote"),
        (b"a" * 5_000_000, "header"),
        (f"{HEADER},{'n' * 200_000}\n{ROW},x\n".encode(), "131072"),
        (f'{HEADER},n\n{ROW},"{MARK * 50_000}"\n\n'.encode(), "131072"),
        (f'{HEADER},n\n{ROW},"{MARK}\n{ROW},x\n'.encode(), "quote"),
    ],
    ids=["CR", "UTF-16", "quote", "quotes", "one line", "long name", "long cell", "open quote"],
)
def test_a_file_that_is_no_csv_is_refused_in_a_sentence(
    tmp_path: Path, text: bytes, said: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(text)
    result = run("--rules", "mics6", file, "-o", tmp_path / "out.csv")
    assert result.exit_code == 1, result.exception
    assert said in result.stderr
    assert MARK not in result.stderr
    assert list(tmp_path.iterdir()) == [file]


def test_a_quote_far_back_is_found_by_looking_at_each_byte_once() -> None:
    class Counted(bytes):
        looked_at = 0

        def count(self, *asked: Any) -> int:
            part, start, end = asked
            Counted.looked_at += end - start
            return super().count(part, start, end)

    block = Counted(b"9,9\n" + b'"' + b"1,2,3\n" * 5_000)
    assert _last_end(block) == len(b"9,9\n")
    assert Counted.looked_at < 3 * len(block)


def test_a_survey_that_ends_too_early_says_so_and_leaves_no_output(tmp_path: Path) -> None:
    whole = tmp_path / "whole.sav"
    pyreadstat.write_sav(pl.DataFrame(child_of(3000, NAME=[MARK] * 3000)), str(whole))
    file = tmp_path / "cut.sav"
    file.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    result = run("--rules", "mics6", file, "-o", tmp_path / "out.csv")
    assert result.exit_code == 1, result.exception
    assert "its end is missing" in result.stderr
    assert MARK not in result.stderr
    assert sorted(tmp_path.iterdir()) == [file, whole]


def test_an_output_is_never_put_in_the_place_of_a_device_a_pipe_or_a_folder(
    tmp_path: Path,
) -> None:
    file, pipe, folder = tmp_path / "a.csv", tmp_path / "pipe", tmp_path / "folder"
    file.write_text(f"{HEADER}\n{ROW}\n")
    os.mkfifo(pipe)
    folder.mkdir()
    for place in (pipe, folder):
        result = run("--rules", "mics6", file, "-o", place)
        assert result.exit_code == 1
        assert "no plain file" in result.stderr
    assert pipe.is_fifo()
    result = run("--rules", "mics6", file, "-o", tmp_path / "none" / "out.csv")
    assert result.exit_code == 1
    assert "there is no folder" in result.stderr
    assert sorted(tmp_path.iterdir()) == [file, folder, pipe]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_being_stopped_leaves_no_part_of_an_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    # Whoever runs the tests in the background may have had it ignored.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(self: CsvFile) -> Iterator[bytes]:
        yield f"{ROW}\n".encode()
        signal.raise_signal(sent)
        yield f"{ROW}\n".encode()

    monkeypatch.setattr(CsvFile, "_blocks", interrupted)
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}\n{ROW}\n")
    try:
        assert run("--rules", "mics6", file, "-o", tmp_path / "out.csv").exit_code != 0
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert list(tmp_path.iterdir()) == [file]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_closed_output_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with (
        pytest.raises(FatalError, match="standard output is closed"),
        cli_classify._output(None, tmp_path),
    ):
        pass


def test_a_files_name_and_its_columns_give_no_orders_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[31m\nb.csv"
    file.write_text(f"{HEADER},REASONS\x1b[2J,cl3\n{ROW},1,2\n")
    result = run("--rules", "mics6", file)
    assert result.exit_code == 1
    assert "\x1b" not in result.stderr
    file.write_text("\n")
    result = run("--rules", "mics6", file)
    assert "\x1b" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_number_that_only_a_programming_language_reads_is_no_answer(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{HEADER}\n1_3,1,2,2,2,20,,,\n")
    result = run("--rules", "mics6", file)
    assert "row 2, column CB3: not an age in completed years" in result.stderr
    assert rows_of(result)[0]["child_labour"] == ""
