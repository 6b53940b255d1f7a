"""The files that `clmhub classify` reads: CSV of every office program, SPSS, in blocks."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts import rules
from hub.classify import csv_file, questionnaire, sav_file
from hub.classify.answers import BadCell
from hub.classify.run import classify_file
from tests.unit.survey_files import HEADER, child_of, rows_of, run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def call(text: str | bytes, name: str = "survey.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return call


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "windows ends": lambda text: text.replace(b"\n", b"\r\n"),
    "empty lines": lambda text: text.replace(b"\n", b"\n\n"),
    "empty windows lines": lambda text: text.replace(b"\n", b"\r\n\r\n") + b"\r\n",
    "semicolons": lambda text: text.replace(b",", b";"),
    "tabs": lambda text: text.replace(b",", b"\t"),
    "no last end": lambda text: text.rstrip(b"\n"),
    "quotes": lambda text: b'"' + text.replace(b",", b'","').replace(b"\n", b'"\n"').rstrip(b'"'),
    "quotes and empty lines": lambda text: text.replace(b"\n", b"\n\n").replace(b"13,", b'"13",'),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_files_of_every_office_program_are_read(
    write: Callable[..., Path], spoil: Callable[[bytes], bytes]
) -> None:
    text = f"{HEADER}\n13,1,2,2,2,20,,,\n13,1,2,2,2,13,,,\n".encode()
    result = run("--rules", "mics6", write(spoil(text)))
    assert [row["child_labour"] for row in rows_of(result)] == ["1", "0"], result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEADER}\n1,2,3,4,5,6,7,8,9,10\n".encode(), "more fields"),
        (
            f"{HEADER}\n13,1,2,2,2,20,,,\n13,\xe9,2,2,2,20,,,\n".encode("latin-1"),
            "row 3: not UTF-8",
        ),
        (f"{HEADER}\x00".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_gives_no_output_file(
    write: Callable[..., Path], tmp_path: Path, text: bytes, said: str
) -> None:
    file, output = write(text), tmp_path / "out.csv"
    output.write_text("of yesterday")
    result = run("--rules", "mics6", file, "-o", output)
    assert result.exit_code == 1
    assert said in result.stderr
    assert output.read_text() == "of yesterday"
    assert sorted(tmp_path.iterdir()) == sorted([file, output])


@pytest.mark.parametrize("lines", [("13,1", "13,1,2,2,2,20"), ("13,1,2,2,2,20", "13")])
def test_a_row_that_ends_early_lacks_its_last_answers(
    write: Callable[..., Path], lines: tuple[str, str]
) -> None:
    result = run("--rules", "mics6", write("\n".join([HEADER, *lines])))
    labour = [row["child_labour"] for row in rows_of(result)]
    assert labour == ["1" if line.endswith("20") else "0" for line in lines], result.stderr


@pytest.fixture
def sav(tmp_path: Path) -> Callable[..., Path]:
    def call(columns: dict[str, list[Any]], **about: Any) -> Path:
        import pyreadstat

        path = tmp_path / "survey.sav"
        pyreadstat.write_sav(pl.DataFrame(columns), str(path), **about)
        return path

    return call


def test_an_spss_file_keeps_its_codes_and_declared_missing_values_are_none(
    sav: Callable[..., Path],
) -> None:
    file = sav(
        child_of(
            4, CL1A=[1.0] * 4, CL3=[20.0, 96.0, 98.0, 13.5], name=["က", "b,c", "", "d"],
            weight=[0.5, 1.0, 2.25, 1e-3],
        ),
        missing_ranges={"CL3": [{"lo": 96, "hi": 96}]},
    )  # fmt: skip
    result = run("--rules", "mics6", file)
    found = rows_of(result)
    assert [row["child_labour"] for row in found] == ["1", "0", "0", "0"], result.stderr
    assert [row["CL3"] for row in found] == ["20", "96", "98", "13.5"]
    assert [row["name"] for row in found] == ["က", "b,c", "", "d"]
    assert [float(row["weight"]) for row in found] == [0.5, 1.0, 2.25, 1e-3]


def test_an_spss_files_labels_say_which_code_is_yes(sav: Callable[..., Path]) -> None:
    answers = child_of(3, CL1A=[1.0, 0.0, 2.0], CL1B=[0.0] * 3, CL3=[20.0] * 3)
    labels = {"CL1A": {1.0: "Yes", 0.0: "No"}, "CL1B": {0.0: "YES", 1.0: "no"}}
    file = sav(answers, variable_value_labels={"CL1A": labels["CL1A"]})
    found = rows_of(run("--rules", "mics6", file))
    assert [row["child_labour"] for row in found] == ["1", "0", "0"]
    assert [row["CL1A"] for row in found] == ["1", "0", "2"], "written as it was"
    found = rows_of(run("--rules", "mics6", sav(answers, variable_value_labels=labels)))
    assert [row["child_labour"] for row in found] == ["1", "1", "1"]


def test_a_file_that_is_no_spss_file_is_refused(write: Callable[..., Path]) -> None:
    result = run("--rules", "mics6", write("not one", "survey.sav"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "not an SPSS file" in result.stderr


def batches_of_one(source: csv_file.CsvFile | sav_file.SavFile) -> Iterator[int]:
    for batch in source.batches():
        yield batch.rows.height


def test_blocks_end_where_rows_do_and_rows_are_numbered_through(
    write: Callable[..., Path], sav: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f'{number},"a\n""{number},\n\n",{"x" * (number % 7)}' for number in range(200)]
    file = write("\n".join(["n,text,more", *rows]))
    with file.open("rb") as opened:
        batches = list(csv_file.CsvFile(opened, "f", block=64).batches())
    assert len(batches) > 20
    whole = pl.concat([one.rows for one in batches])
    assert whole["c0"].to_list() == [str(number) for number in range(200)]
    assert whole["c1"].to_list() == [f'a\n"{number},\n\n' for number in range(200)]
    assert pl.concat([one.places for one in batches]).to_list() == list(range(2, 202))
    spss = sav_file.SavFile(sav({"n": [float(number) for number in range(10)]}), rows=4)
    assert list(batches_of_one(spss)) == [4, 4, 2]


def test_bad_cells_of_later_blocks_have_their_own_rows(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["10,1,2,2,2,5,,,"] * 30
    lines[25] = "10,1,2,2,2,?,,,"
    monkeypatch.setattr(csv_file.CsvFile.__init__, "__kwdefaults__", {"block": 80})
    bad: list[BadCell] = []
    chosen = rules.load("mics6")
    out = io.BytesIO()
    done = classify_file(
        write("\n".join([HEADER, "", *lines])), chosen, questionnaire.of_rules(chosen), out,
        on_bad=bad.append, on_rows=lambda _: None,
    )  # fmt: skip
    assert done == 30
    assert [(one.row, one.column) for one in bad] == [(28, "CL3")]


def test_a_quote_that_is_never_closed_stops_it(write: Callable[..., Path]) -> None:
    file = write(f'{HEADER}\n10,"1,2,2,2,5,,,\n' + "10,1,2,2,2,5,,,\n" * 100)
    chosen = rules.load("mics6")
    with pytest.raises(Exception, match="quote"):
        classify_file(
            file, chosen, questionnaire.of_rules(chosen), io.BytesIO(),
            on_bad=print, on_rows=lambda _: None,
        )  # fmt: skip
