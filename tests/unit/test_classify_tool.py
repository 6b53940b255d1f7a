"""`clmhub classify`: files in, files out, and what it says when a file is not what it should be."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from contracts import rules
from hub import cli_classify
from hub.classify import questionnaire
from hub.classify.kinds import COLUMNS
from tests.unit.survey_files import HEADER, rows_of, run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def call(text: str | bytes, name: str = "survey.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return call


def test_the_example_of_the_help_is_true(write: Callable[..., Path]) -> None:
    result = run("--rules", "mics6", write(f"{HEADER},CL4\n13,1,2,2,2,20,,,,2\n"))
    assert result.exit_code == 0
    added = "1,1,0,0,hours_week_over_limit,mics6/2022"
    assert result.stdout.splitlines()[1] == f"13,1,2,2,2,20,,,,2,{added}"
    assert added in cli_classify.EPILOG
    assert tuple(cli_classify.RULES.split(", ")) == rules.short_names()
    helped = " ".join(run("--help").stdout.split())
    assert "Exit status" in helped
    assert "Example" in helped


def test_rows_keep_their_order_their_columns_and_every_value(write: Callable[..., Path]) -> None:
    text = (
        "name,CB3,cl1a,CL1B,Cl1C,CL1X, CL3 ,CL8,CL10,CL13,id,name\r\n"
        '"မောင်, ""လှ""",010,1,2,2,2,1.0,,,,007,x\r\n'
        '"two\nlines",13,2,2,2,2,,,,,1e3,\r\n'
    )
    result = run("--rules", "mics6", write(text))
    read = list(csv.reader(io.StringIO(result.stdout, newline="")))
    before = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[: len(before[0])] for row in read] == before
    assert read[0][len(before[0]) :] == list(COLUMNS)
    assert [row[len(before[0])] for row in read[1:]] == ["1", "0"]


def test_out_of_scope_is_empty_and_says_why(write: Callable[..., Path]) -> None:
    ages = ("4", "18", "10", "10", "", "98")
    results = ("1", "1", "2", "", "1", "1")
    lines = [f"{age},1,2,2,2,40,,,,{result}" for age, result in zip(ages, results, strict=True)]
    found = rows_of(run("--rules", "mics6", write("\n".join([f"{HEADER},FS17", *lines]))))
    assert {row["child_labour"] for row in found} == {""}
    assert [row["reasons"] for row in found] == [
        "below_age_scope", "adult", "interview_not_completed", "interview_not_completed",
        "age_unknown", "age_unknown",
    ]  # fmt: skip


def test_a_missing_column_is_named_and_nothing_is_written(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    file = write("CB3,CL1A,CL1B,CL1X\n10,1,1,1\n")
    result = run("--rules", "mics6", file, "--output", output)
    assert result.exit_code == 1
    assert "no column CL1C, CL3, CL8, CL10, CL13" in result.stderr
    assert sorted(tmp_path.iterdir()) == [file], "no output, no rest of one"
    only_hours = write("CB3,CL1A,CL1B,CL1C,CL1X,CL3\n10,1,1,1,1,5\n")
    assert run("--rules", "sdg", only_hours).exit_code == 0, "these rules count no chores"
    assert "CL6X" in run("--rules", "mics6-hazards", write(f"{HEADER}\n")).stderr


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (f"{HEADER},cb3", "more than one column CB3"),
        (f"{HEADER},Rules", "has a column Rules"),
        ("", "must be the header"),
        ('a,"b', "quote in the header"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(
    write: Callable[..., Path], header: str, said: str
) -> None:
    result = run("--rules", "mics6", write(f"{header}\n10,1,2,2,2,1,,,,2\n"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_a_bad_cell_is_told_by_row_and_column_without_its_value(write: Callable[..., Path]) -> None:
    lines = [
        HEADER, "10,1,2,2,2,5,,,", "", "10,1,2,2,2,Daw Secret,,,", "10,1,2,2,2,300,,,",
        "10,x,1,2,2,-1,,,", "240,2,2,2,2,,,,",
    ]  # fmt: skip
    result = run("--rules", "mics6", write("\n".join(lines)))
    assert result.exit_code == 0
    assert [row["child_labour"] for row in rows_of(result)] == ["1", "0", "0", "0", ""]
    hours, missing = "a number of hours from 0 to 96", "counted as missing"
    assert result.stderr.splitlines() == [
        f"row 4, column CL3: not {hours}; {missing}",
        f"row 5, column CL3: not {hours}; {missing}",
        f"row 6, column CL3: not {hours}; {missing}",
        f"row 6, column CL1A: not 1 (yes), 2 (no) or a code for no answer; {missing}",
        f"row 7, column CB3: not an age in completed years; {missing}",
    ]
    assert "Secret" not in result.stderr


def test_many_bad_cells_are_summed_up(write: Callable[..., Path]) -> None:
    result = run("--rules", "mics6", write(f"{HEADER}\n" + "x,1,2,2,2,5,,,\n" * 1060))
    assert len(result.stderr.splitlines()) == 51
    assert result.stderr.splitlines()[-1] == "and 1,010 more such cells"


@pytest.mark.parametrize(
    "row",
    [
        "13,1,2,2,2,20,,,",
        "13.0,1.0,2.0,2.0,2.0,20.0,NA,NaN,.",
        " 13 , 1, 2,2,2,20 ,,,",
        "၁၃,၁,၂,၂,၂,၂၀,,,",
        "13,Yes,No,NO,no,20,,,",
        "13,2,2,2,1,20,98,,",
        "13,9,8,1,,20,98,,",
    ],
)
def test_one_answer_in_many_spellings_is_one(write: Callable[..., Path], row: str) -> None:
    result = run("--rules", "mics6", write(f"{HEADER}\n{row}\n"))
    assert rows_of(result)[0]["child_labour"] == "1"
    assert result.stderr == ""


def test_an_output_file_is_whole_and_never_the_input(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    file, output = write(f"{HEADER}\n13,1,2,2,2,20,,,\n"), tmp_path / "out.csv"
    assert run("--rules", "mics6", file, "-o", file).exit_code == 1
    assert file.read_text().startswith(f"{HEADER}\n")
    result = run("--rules", "mics6", file, "-o", output)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert rows_of(output.read_text())[0]["child_labour"] == "1"
    assert output.stat().st_mode & 0o777 == 0o666 & ~cli_classify._umask()
    nowhere = run("--rules", "mics6", file, "-o", tmp_path / "none" / "out.csv")
    assert nowhere.exit_code == 1
    assert "there is no folder" in nowhere.stderr


def test_wrong_use_names_what_there_is(write: Callable[..., Path]) -> None:
    file = write(f"{HEADER}\n")
    for arguments in (("--rules", "mics7", file), ("--rules", "sdg", "--questionnaire", "x", file)):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "there are:" in " ".join(result.stderr.split())
    assert run("--rules", "mics6", file.with_name("no.csv")).exit_code == 1
    assert "only .csv" in run("--rules", "mics6", write("x", "survey.dta")).stderr


def test_a_file_with_a_header_alone_gives_a_header_alone(write: Callable[..., Path]) -> None:
    result = run("--rules", "mics6", write(f"{HEADER}\n"))
    assert (result.exit_code, rows_of(result)) == (0, [])
    assert result.stdout == f"{HEADER},{','.join(COLUMNS)}\n"


def test_the_older_round_has_its_own_names_and_limits(write: Callable[..., Path]) -> None:
    asked = questionnaire.load("mics5")
    names = asked.questions()
    child = dict.fromkeys(names, "2") | dict.fromkeys(asked.amounts(), "") | {"SL9C": "12"}
    done = [child | {"CL8": "1", "CL9": hours} for hours in ("27", "28")]
    hurt = [child | {"CL7F": "1"}]
    text = "\n".join([",".join(names), *(",".join(row.values()) for row in done + hurt)])
    found = rows_of(run("--rules", "mics5", write(text)))
    assert [row["child_labour"] for row in found] == ["0", "1", "1"]
    other = run("--rules", "sdg-chores", "--questionnaire", "mics5", write(text))
    assert [row["child_labour"] for row in rows_of(other)] == ["1", "1", ""], other.stderr


def test_hours_count_only_where_the_activity_and_the_chore_were_named(
    write: Callable[..., Path],
) -> None:
    header = f"{HEADER},CL7,CL9,CL11A,CL11B,CL11C,CL11D,CL11E,CL11F,CL11X"
    lines = [
        "10,2,2,2,2,40,,,,2,2,2,2,2,2,2,2,2",
        "10,2,2,2,2,,30,,,2,2,2,2,2,2,2,2,2",
        "10,2,2,2,2,,30,,,1,2,2,2,2,2,2,2,2",
        "10,2,2,2,2,,10,10,1,1,2,2,2,2,2,2,2,2",
        "10,2,2,2,2,,10,98,11,2,2,2,2,2,2,2,2,1",
    ]
    result = run("--rules", "mics6", write("\n".join([header, *lines])))
    assert [row["child_labour"] for row in rows_of(result)] == ["0", "0", "1", "1", "1"]
    without = [line.rsplit(",", 9)[0] for line in lines]
    result = run("--rules", "mics6", write("\n".join([HEADER, *without])))
    assert [row["chores_over"] for row in rows_of(result)] == ["0", "1", "1", "1", "1"]


def test_a_reader_that_goes_away_ends_it_quietly(write: Callable[..., Path]) -> None:
    file = write(f"{HEADER}\n" + "13,1,2,2,2,20,,,\n" * 60_000)
    program = (
        "import sys, typer; from hub.cli_classify import classify; app = typer.Typer();"
        " app.command()(classify); app()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "--rules", "mics6", str(file)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"CB3,")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


LATE = {
    "more fields": ("13,1,2,2,2,20,,,,1\n", "row 60002 has more fields (10) than the header (9)"),
    "no text": ("13,1,2,2,2,20,,,\udcff\n", "row 60002: not UTF-8"),
    "an open quote": ('13,1,2,2,2,20,,,"\n', "row 60002: a quote is not closed"),
    "a quote in a text": ('13,1,2,2,2,20,,,5" pipe\n', "a quote inside a text without quotes"),
}


@pytest.mark.parametrize(("line", "said"), LATE.values(), ids=LATE)
def test_a_fault_at_the_end_leaves_stdout_empty_and_names_the_row(
    write: Callable[..., Path], line: str, said: str
) -> None:
    many = f"{HEADER}\n" + "13,1,2,2,2,20,,,\n" * 60_000
    file = write(many.encode() + line.encode(errors="surrogateescape"))
    result = run("--rules", "mics6", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said in result.stderr


def test_labels_stand_for_their_codes(write: Callable[..., Path]) -> None:
    """Statistical programs write them instead, if they are told to."""
    lines = [
        "13,Yes,No,NO,DK,20,,,,COMPLETED", "13,yes,No,No,No,No response,,,,Completed",
        "13,Yes,No,No,No,20,,,,Refused",
    ]  # fmt: skip
    result = run("--rules", "mics6", write("\n".join([f"{HEADER},FS17", *lines])))
    assert [row["child_labour"] for row in rows_of(result)] == ["1", "0", ""]
    assert rows_of(result)[2]["reasons"] == "interview_not_completed"
    assert result.stderr == ""


def test_decimals_may_have_a_comma_and_thousands_are_none(write: Callable[..., Path]) -> None:
    lines = ["13,0;1;2;2;2;14,5;;;", "13;1;2;2;2;1,000;;;"]
    result = run("--rules", "mics6", write("\n".join([HEADER.replace(",", ";"), *lines])))
    assert [row["child_labour"] for row in rows_of(result)] == ["1", "0"]
    assert result.stderr.startswith("row 3, column CL3: not a number of hours")
    assert rows_of(result)[0]["CL3"] == "14,5"


def test_a_title_above_the_header_is_asked_about(write: Callable[..., Path]) -> None:
    result = run("--rules", "mics6", write(f"Survey of 2019\n{HEADER}\n13,1,2,2,2,20,,,\n"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Is its first row the header?" in result.stderr


def test_progress_is_told_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teller = cli_classify._Teller()
    teller.rows(1000)
    teller.end(1000, rules.load("mics6"))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    teller = cli_classify._Teller()
    teller.rows(1000)
    teller.end(1000, rules.load("mics6"))
    assert "1,000 rows by mics6/2022" in capsys.readouterr().err


def test_the_bench_says_rows_a_second_and_the_ratio_to_copying() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.classify", "--rows", "3000", "--rounds", "1"],
        capture_output=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    found = orjson.loads(done.stdout.splitlines()[-1])
    assert found["rows_per_cpu_second"].keys() == {"copy", "classify"}
    assert 0 < found["ratio"] <= 2
