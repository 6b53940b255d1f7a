"""Answers on their way home: one row a referral, the last state, whole files."""

import fcntl
import multiprocessing
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from adapters.sdk.answers import AnswerFolder, file_stem
from adapters.sdk.ports import Answer
from contracts.errors import RetriableError


def _answer(
    state: str, day: int, *, key: str = "I-1/1", office: str = "YGN", ref: str = "r1"
) -> Answer:
    on = date(2026, 1, day)
    return Answer(
        referral=ref, system="emis", office=office, row_key=key, state=state, on=on
    )  # fmt: skip


def _rows(path: Path) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))[1:]


def test_the_last_state_is_kept_whatever_comes_late(tmp_path: Path) -> None:
    """A repetition of what was overtaken changes nothing, not even a byte."""
    folder = AnswerFolder(tmp_path)
    folder.answer([_answer("accepted", 6)])
    folder.answer([_answer("done", 9)])
    before = (tmp_path / "YGN.xlsx").read_bytes()
    folder.answer([_answer("accepted", 6), _answer("accepted", 9)])
    assert (tmp_path / "YGN.xlsx").read_bytes() == before
    assert _rows(tmp_path / "YGN.xlsx") == [("I-1/1", "r1", "done", "2026-01-09")]


def test_the_order_of_arrival_does_not_show(tmp_path: Path) -> None:
    """The same answers make the same bytes."""
    answers = [
        _answer("done", 9),
        _answer("rejected", 6, ref="r0"),
        _answer("accepted", 7, key="A"),
    ]
    AnswerFolder(tmp_path / "a").answer(answers)
    for answer in reversed(answers):
        AnswerFolder(tmp_path / "b").answer([answer])
    assert (tmp_path / "a" / "YGN.xlsx").read_bytes() == (tmp_path / "b" / "YGN.xlsx").read_bytes()


def test_each_office_has_its_own_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    """No passing file stays behind; what is hidden is the lock."""
    AnswerFolder(tmp_path).answer([_answer("done", 9), _answer("done", 9, office="../MDY")])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["%2E%2E%2FMDY.xlsx", ".lock", "YGN.xlsx"]


def test_no_value_becomes_a_formula(tmp_path: Path) -> None:
    """Row keys are what an office typed."""
    AnswerFolder(tmp_path).answer([_answer("done", 9, key='=HYPERLINK("x")/1')])
    cell = openpyxl.load_workbook(tmp_path / "YGN.xlsx").worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ('=HYPERLINK("x")/1', "s", True)


@pytest.mark.parametrize(
    "office", ["", ".", "..", "a/b", "a\\b", "CON", "con", "a b", "ရုံး", "x" * 500]
)
def test_a_file_name_is_safe_and_its_own(office: str, tmp_path: Path) -> None:
    """Whatever the code of an office is."""
    stem = file_stem(office)
    assert stem == file_stem(office)
    assert not set(stem) & set('/\\:*?"<>| .')
    assert stem.upper() not in ("CON", "")
    assert len(stem.encode()) < 200
    AnswerFolder(tmp_path).answer([_answer("done", 9, office=office)])
    assert (tmp_path / f"{stem}.xlsx").is_file()


def test_different_offices_never_share_a_file() -> None:
    """Also those that look like another's escaped name."""
    offices = ["a/b", "a%2Fb", "a-b", "a_b", "", "%", "x" * 300, "x" * 301]
    assert len({file_stem(office) for office in offices}) == len(offices)


def test_a_damaged_file_holds_up_no_other_office(tmp_path: Path) -> None:
    """It is never written over: its earlier answers may be in it."""
    (tmp_path / "AAA.xlsx").write_bytes(b"damaged")
    with pytest.raises(RetriableError, match="1 workbook"):
        AnswerFolder(tmp_path).answer([_answer("done", 9, office="AAA"), _answer("done", 9)])
    assert (tmp_path / "AAA.xlsx").read_bytes() == b"damaged"
    assert len(_rows(tmp_path / "YGN.xlsx")) == 1


@pytest.mark.parametrize("name", [".YGN.xlsx.tmp", ".lock", "YGN.xlsx"])
def test_a_link_that_somebody_put_there_is_not_followed(name: str, tmp_path: Path) -> None:
    """Whoever may write into the folder may not write, or read, elsewhere by it."""
    other = tmp_path / "elsewhere.xlsx"
    AnswerFolder(tmp_path / "own").answer([_answer("accepted", 6, ref="of another office")])
    other.write_bytes((tmp_path / "own" / "YGN.xlsx").read_bytes())
    before = other.read_bytes()
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / name).symlink_to(other)
    if name.endswith(".tmp"):
        AnswerFolder(folder).answer([_answer("accepted", 6)])
        assert len(_rows(folder / "YGN.xlsx")) == 1
    else:
        with pytest.raises(RetriableError):
            AnswerFolder(folder).answer([_answer("accepted", 6)])
    assert other.read_bytes() == before


def test_a_crash_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next answer finds it whole."""
    folder = AnswerFolder(tmp_path)
    folder.answer([_answer("accepted", 6)])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            folder.answer([_answer("done", 9)])
    assert _rows(tmp_path / "YGN.xlsx") == [("I-1/1", "r1", "accepted", "2026-01-06")]
    folder.answer([_answer("done", 9)])
    assert _rows(tmp_path / "YGN.xlsx") == [("I-1/1", "r1", "done", "2026-01-09")]


def test_nobody_else_may_write_between_reading_and_replacing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the slower of two writers would undo the other's answers."""
    tried: list[bool] = []

    def knock(rows: object) -> bytes:
        with (tmp_path / ".lock").open("ab") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tried.append(True)
        return b""

    monkeypatch.setattr("adapters.sdk.answers._workbook", knock)
    AnswerFolder(tmp_path).answer([_answer("done", 9)])
    assert tried


def _write_many(folder: Path, writer: int) -> None:
    for number in range(5):
        AnswerFolder(folder).answer([_answer("done", 9, ref=f"r{writer}-{number}")])


def test_two_processes_lose_none_of_each_others_answers(tmp_path: Path) -> None:
    """Reading and replacing happen under one lock."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(tmp_path, n)) for n in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(_rows(tmp_path / "YGN.xlsx")) == 10
