"""`clmhub classify` against the tabulation syntax, told again from its text and not our code."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

import pytest

from tests.unit.survey_files import rows_of, run

Row = Mapping[str, float | None]
ROWS = 4_000

WORK = ("CL1A", "CL1B", "CL1C", "CL1X")
HAZARDS = ("CL4", "CL5", "CL6A", "CL6B", "CL6C", "CL6D", "CL6E", "CL6X")
CHORES = ("CL7", "CL9", "CL11A", "CL11B", "CL11C", "CL11D", "CL11E", "CL11F", "CL11X")
CHORE_HOURS = ("CL8", "CL10", "CL13")
MICS6 = ("FS17", "CB3", *WORK, "CL3", *HAZARDS, *CHORES, *CHORE_HOURS)

WORK_5 = ("CL2A", "CL2B", "CL2C", "CL2D")
HAZARDS_5 = ("CL5", "CL6", "CL7A", "CL7B", "CL7C", "CL7D", "CL7E", "CL7F")
CHORES_5 = ("CL8", "CL10A", "CL10B", "CL10C", "CL10D", "CL10E", "CL10F", "CL10G")
CHORE_HOURS_5 = ("CL9", "CL12")
MICS5 = ("SL9C", *WORK_5, "CL4", *HAZARDS_5, *CHORES_5, *CHORE_HOURS_5)

HOURS = (None, 0, 0.5, 1, 2, 7, 13, 13.5, 14, 20, 21, 27, 28, 42, 43, 44, 60, 96, 97, 98, 99)
AMOUNTS = {"CL3", *CHORE_HOURS}
AMOUNTS_5 = {"CL4", *CHORE_HOURS_5}
AGES = (*range(4, 19), *range(4, 19), None, 97, 98, 99)


def any_is_1(row: Row, names: tuple[str, ...]) -> bool:
    return any(row[name] == 1 for name in names)


def total(row: Row, names: tuple[str, ...]) -> float:
    found = (row[name] for name in names)
    return sum(hours for hours in found if hours is not None and hours not in (97, 98, 99))


def over(row: Row, work: tuple[str, ...], hours: str, age: float) -> bool:
    limit = 1 if age <= 11 else 14 if age <= 14 else 43
    found = row[hours]
    return any_is_1(row, work) and found is not None and limit <= found < 97


def mics6(row: Row, *, with_hazards: bool) -> list[str]:
    age = row["CB3"]
    if row["FS17"] != 1 or age is None or not 5 <= age <= 17:
        return ["", "", "", ""]
    work = over(row, WORK, "CL3", age)
    chores = age <= 14 and any_is_1(row, CHORES) and total(row, CHORE_HOURS) >= 21
    hazards = any_is_1(row, HAZARDS)
    labour = work or chores or (with_hazards and hazards)
    return [str(int(one)) for one in (labour, work, chores, hazards)]


def mics5(row: Row) -> list[str]:
    age = row["SL9C"]
    if age is None or not 5 <= age <= 17:
        return ["", "", "", ""]
    work = over(row, WORK_5, "CL4", age)
    limit = 28 if age <= 14 else 43
    chores = any_is_1(row, CHORES_5) and total(row, CHORE_HOURS_5) >= limit
    hazards = any_is_1(row, HAZARDS_5)
    return [str(int(one)) for one in (work or chores or hazards, work, chores, hazards)]


def children(columns: tuple[str, ...], amounts: set[str], random: Random) -> Iterator[Row]:
    """Rows as no interviewer writes them: every code beside every other."""
    answers = (1, 1, 2, 2, 2, 2, 7, 8, 9, 97, 98, 99, None)
    for _ in range(ROWS):
        row: dict[str, float | None] = {}
        for name in columns:
            if name in ("CB3", "SL9C"):
                row[name] = random.choice(AGES)
            elif name == "FS17":
                row[name] = random.choice((*[1] * 20, 2, 3, 96, None))
            elif name in amounts:
                row[name] = random.choice(HOURS)
            else:
                row[name] = random.choice(answers if random.random() < 0.5 else (2, 2, 2, 1))
        yield row


def cell(value: float | None, random: Random) -> str:
    if value is None:
        return random.choice(["", "", " ", "NA", "."])
    text = f"{value}.0" if isinstance(value, int) and random.random() < 0.1 else str(value)
    return random.choice([f" {text}", f"{text} "]) if random.random() < 0.1 else text


def write(path: Path, rows: list[Row], random: Random) -> list[list[str]]:
    columns = list(rows[0])
    random.shuffle(columns)
    header = [random.choice([name, name.lower()]) for name in columns]
    lines = [[*header, "note"]]
    lines += [[*(cell(row[name], random) for name in columns), 'a, "b"\nက'] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=random.choice(",;\t")).writerows(lines)
    return lines


@pytest.mark.parametrize(
    ("rules", "columns", "amounts", "oracle"),
    [
        ("mics6", MICS6, AMOUNTS, lambda row: mics6(row, with_hazards=False)),
        ("mics6-hazards", MICS6, AMOUNTS, lambda row: mics6(row, with_hazards=True)),
        ("mics5", MICS5, AMOUNTS_5, mics5),
    ],
    ids=["mics6", "mics6-hazards", "mics5"],
)
def test_every_row_is_what_the_syntax_says_and_stays_what_it_was(
    tmp_path: Path, rules: str, columns: tuple[str, ...], amounts: set[str],
    oracle: Callable[[Row], list[str]],
) -> None:  # fmt: skip
    random = Random(rules)
    given = list(children(columns, amounts, random))
    path = tmp_path / "survey.csv"
    lines = write(path, given, random)
    result = run("--rules", rules, path)
    found = rows_of(result)
    assert len(found) == len(given), result.stderr
    for row, one, line in zip(given, found, lines[1:], strict=True):
        cells = list(one.values())
        assert cells[: len(line)] == line
        assert cells[len(line) : len(line) + 4] == oracle(row), row
