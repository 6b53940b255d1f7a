"""Text, JSON and SPSS files in the polled folder: half of one looks whole, so it is waited for."""

import codecs
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import polars
import pyreadstat
import pytest

from adapters.sdk.plain_file import open_plain_file
from adapters.sdk.ports import Batch
from tests.conformance.desk import NOW, Desk
from tests.conformance.sheets import INSPECTION, found, found_none, put, workbook

TIME = 1_767_600_000
ROWS: list[Sequence[object]] = [
    list(INSPECTION),
    found("I-1", 1),
    found("I-1", 2),
    found_none("I-2"),
]
KEYS = ["I-1/1", "I-1/2", "I-2/"]
NAME, NAME_ZAWGYI = "ကျော်ဇော်", "ေက်ာ္ေဇာ္"


def text(rows: Sequence[Sequence[object]], separator: str = ",") -> str:
    """Rows as a file of separated values."""
    return "".join(
        separator.join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows
    )


CSV = text(ROWS).encode()
OBJECTS = [
    {name: cell for name, cell in zip(INSPECTION, row, strict=True) if cell is not None}
    for row in ROWS[1:]
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with an empty inbox."""
    (tmp_path / "inbox").mkdir()
    return Desk(home=tmp_path)


def _keys(batch: Batch) -> list[str]:
    return [record.key for record in batch.records]


def _told(batch: Batch) -> list[tuple[str, str]]:
    return [(one.key, one.reason.code) for one in batch.unreadable]


def _survey() -> bytes:
    columns = {name: [str(row.get(name, "")) for row in OBJECTS] for name in INSPECTION}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.sav"
        pyreadstat.write_sav(polars.DataFrame(columns), str(path))
        return path.read_bytes()


SURVEY = _survey()
KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "csv": (lambda inbox: put(inbox, "a.csv", CSV), "a.csv, row 2"),
    "tsv": (lambda inbox: put(inbox, "a.tsv", text(ROWS, "\t").encode()), "a.tsv, row 2"),
    "text": (lambda inbox: put(inbox, "a.TXT", text(ROWS, "\t").encode("utf-16")), "a.TXT, row 2"),
    "json": (lambda inbox: put(inbox, "a.json", json.dumps(OBJECTS).encode()), "a.json, record 1"),
    "interface": (
        lambda inbox: put(inbox, "a.json", json.dumps({"results": OBJECTS}).encode()),
        "a.json, record 1",
    ),
    "lines": (
        lambda inbox: put(inbox, "a.jsonl", "\n".join(map(json.dumps, OBJECTS)).encode()),
        "a.jsonl, line 1",
    ),
    "survey": (lambda inbox: put(inbox, "a.sav", SURVEY), "a.sav, row 1"),
}


@pytest.mark.parametrize(("make", "where"), KINDS.values(), ids=KINDS)
def test_a_file_without_a_sure_end_is_taken_when_it_has_stayed_the_same(
    make: Callable[[Path], object], where: str, desk: Desk
) -> None:
    """Until then nothing is complete; afterwards it rests."""
    make(desk.inbox)
    for _ in range(2):
        batch = desk.pull()
        assert (batch.records, batch.unreadable, batch.complete_until) == ([], [], None)
        desk.wall += 15
    batch = desk.pull()
    assert (_keys(batch), batch.complete_until) == (KEYS, NOW)
    assert batch.records[0].where == where
    assert not desk.pull().records


def test_a_workbook_beside_a_text_file_is_not_waited_for(desk: Desk) -> None:
    """And the text file, though older, does not hold it up."""
    put(desk.inbox, "a.csv", CSV, at=TIME - 60)
    put(desk.inbox, "b.xlsx", workbook(S=[INSPECTION, found("other", 1)]))
    batch = desk.pull()
    assert (_keys(batch), batch.complete_until) == (["other/1"], None)
    desk.wall += 30
    assert _keys(desk.pull()) == KEYS


def test_a_text_file_that_grows_is_never_taken_half(desk: Desk) -> None:
    """Each part looks whole; each change starts the wait again."""
    for step, cut in enumerate((200, 250, 300)):
        put(desk.inbox, "a.csv", CSV[:cut], at=TIME + step)
        batch = desk.pull()
        assert (batch.records, batch.unreadable, batch.complete_until) == ([], [], None)
        desk.wall += 29
    put(desk.inbox, "a.csv", CSV, at=TIME + 9)
    assert _keys(desk.settled()) == KEYS


def test_a_text_file_that_grows_while_it_is_read_is_waited_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had stayed the same for long enough, and then somebody went on writing."""

    def growing(path: Path, most: int) -> BinaryIO:
        file = open_plain_file(path, most)
        with path.open("ab") as other:
            other.write(text([found("I-9", 1)]).encode())
        os.utime(path, (TIME + 5, TIME + 5))
        return file

    put(desk.inbox, "a.csv", CSV)
    desk.pull()
    desk.wall += 30
    with monkeypatch.context() as patch:
        patch.setattr("adapters.sdk.folder_files.open_plain_file", growing)
        batch = desk.pull()
    assert (batch.records, batch.unreadable, batch.complete_until) == ([], [], None)
    assert (desk.pull().records, _keys(desk.settled())) == ([], [*KEYS, "I-9/1"])


def test_a_file_that_changes_while_it_is_given_is_not_trusted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read to its end, and is another one when it is read again."""
    put(desk.inbox, "a.csv", CSV)
    desk.pull()
    desk.wall += 30
    opened: list[Path] = []

    def changing(path: Path, most: int) -> BinaryIO:
        opened.append(path)
        if len(opened) == 2:
            put(desk.inbox, "a.csv", CSV.replace(b"I-1", b"I-7"), at=TIME + 5)
        return open_plain_file(path, most)

    with monkeypatch.context() as patch:
        patch.setattr("adapters.sdk.folder_files.open_plain_file", changing)
        batch = desk.pull()
    assert (len(opened), batch.records, batch.complete_until) == (2, [], None)
    assert _keys(desk.settled()) == ["I-7/1", "I-7/2", "I-2/"]


def test_a_text_file_that_grows_between_two_parts_starts_anew(desk: Desk) -> None:
    """Nobody gets the second half of another file."""
    put(desk.inbox, "a.csv", CSV)
    assert _keys(desk.settled(most=2)) == KEYS[:2]
    put(desk.inbox, "a.csv", CSV + text([found("I-9", 1)]).encode(), at=TIME + 5)
    assert (desk.pull().records, _keys(desk.settled())) == ([], [*KEYS, "I-9/1"])


def test_a_corrected_file_of_the_same_name_replaces(desk: Desk) -> None:
    """Its rows are newer; a row that had no key and has one now is mended."""
    put(desk.inbox, "a.csv", text([*ROWS, found(None, 3)]).encode())
    first = desk.settled()
    assert _keys(first) == [*KEYS, "a.csv#5"]
    put(desk.inbox, "a.csv", text([*ROWS, found("I-1", 3)]).encode(), at=TIME + 60)
    second = desk.settled()
    assert (_keys(second), second.mended) == ([*KEYS, "I-1/3"], ["a.csv#5"])
    assert first.records[0].version < second.records[0].version


def test_two_persons_under_one_key_in_a_text_file_are_told_of_by_their_rows(desk: Desk) -> None:
    rows: list[Sequence[object]] = [list(INSPECTION), found("I", 1, "A"), found("I", 1, "B")]
    put(desk.inbox, "a.csv", text(rows).encode())
    batch = desk.settled()
    assert [(r.key, r.where) for r in batch.records] == [("I/1", "a.csv, row 3")]
    (twin,) = batch.unreadable
    assert (twin.key, twin.reason.where) == ("a.csv#2", "a.csv, row 2")
    assert twin.reason.message.startswith("row 3 has the same key")


def test_of_two_files_with_one_key_the_later_one_wins(desk: Desk) -> None:
    """Whatever they are called and however they are written."""
    put(desk.inbox, "b.json", json.dumps(OBJECTS[:1]).encode())
    put(desk.inbox, "a.csv", text(ROWS[:2]).encode(), at=TIME + 60)
    first, second = desk.settled().records
    assert (first.key, first.where) == (second.key, "b.json, record 1")
    assert first.version < second.version


LATIN = "\N{LATIN SMALL LETTER E WITH ACUTE}".encode("latin-1")
BROKEN: dict[str, tuple[str, bytes, str, str]] = {
    "empty": ("a.csv", b"", "file_empty", "a.csv"),
    "blank": ("a.csv", b"\n\n \n", "header_missing", "a.csv"),
    "latin": ("a.csv", CSV + LATIN, "text_encoding", f"a.csv, byte {len(CSV)}"),
    "quotes": ("a.csv", CSV + b'I-3,"never ends', "csv_malformed", "a.csv, row 5"),
    "cut UTF-16": ("a.csv", text(ROWS).encode("utf-16")[:-1], "text_encoding", "byte"),
    "cut json": ("a.json", json.dumps(OBJECTS).encode()[:-9], "json_malformed", "byte"),
    "cut line": ("a.jsonl", json.dumps(OBJECTS[0]).encode()[:-9], "json_malformed", "line 1"),
    "no object": ("a.json", b"[1]", "json_no_record", "a.json, record 1"),
    "cut survey": ("a.sav", SURVEY[:-9], "not_a_survey", "a.sav"),
    "no survey": ("a.sav", CSV, "not_a_survey", "a.sav"),
}


@pytest.mark.parametrize(("name", "content", "code", "where"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_has_its_line_and_costs_no_other_file(
    name: str, content: bytes, code: str, where: str, desk: Desk
) -> None:
    """After the wait, once, with place and next step; the mended file takes the line back."""
    put(desk.inbox, name, content)
    put(desk.inbox, "good.csv", CSV)
    batch = desk.settled()
    assert (_keys(batch), _told(batch), batch.complete_until) == (KEYS, [(name, code)], NOW)
    reason = batch.unreadable[0].reason
    assert where in reason.where
    assert reason.next_step
    assert not desk.pull().unreadable
    mended = {".csv": CSV, ".json": b"[]", ".jsonl": b"", ".sav": SURVEY}[Path(name).suffix]
    put(desk.inbox, name, mended or json.dumps(OBJECTS[0]).encode(), at=TIME + 60)
    assert desk.settled().mended == [name]


def test_a_header_without_a_required_column_says_which(desk: Desk) -> None:
    """A table by its header, a document when no record has any of the fields."""
    put(desk.inbox, "a.csv", text([row[:4] for row in ROWS]).encode())
    put(desk.inbox, "b.json", b'[{"pupil": 1}, {"pupil": 2}]')
    put(desk.inbox, "c.jsonl", b'{"insp_id": "I-1", "child_no": 1}')
    batch = desk.settled()
    assert [(u.key, u.reason.code, u.reason.column) for u in batch.unreadable] == [
        ("a.csv", "column_missing", "wp_township"), ("b.json", "column_missing", "insp_id"),
    ]  # fmt: skip
    assert "wp_township; child_found" in batch.unreadable[0].reason.message
    assert "insp_id; insp_date; office_code" in batch.unreadable[1].reason.message
    assert _keys(batch) == ["I-1/1"]  # the contract says what one record lacks


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", text(ROWS[:1]).encode()), ("a.json", b'{"results": []}'), ("a.jsonl", b"\n\n")],
)
def test_a_file_without_records_is_read_and_rests(name: str, content: bytes, desk: Desk) -> None:
    put(desk.inbox, name, content)
    batch = desk.settled()
    assert (batch.records, batch.unreadable, batch.complete_until) == ([], [], NOW)
    assert desk.pull().complete_until == NOW


ENCODED = {
    "UTF-8 with a mark": codecs.BOM_UTF8 + CSV,
    "UTF-16": text(ROWS).encode("utf-16"),
    "UTF-16 without a mark": text(ROWS).encode("utf-16-le"),
    "semicolons": text(ROWS, ";").encode(),
    "tabs": text(ROWS, "\t").encode(),
    "line ends of Windows": CSV.replace(b"\n", b"\r\n"),
    "a title above": b"Inspections of January,,,\n\n" + CSV,
    "labels below": text([ROWS[0], ["\u1021" * 3] * 9, *ROWS[1:]]).encode(),
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_text_is_read_however_it_was_saved(content: bytes, desk: Desk) -> None:
    put(desk.inbox, "a.csv", content)
    assert _keys(desk.settled()) == KEYS


def test_zawgyi_is_converted_and_what_was_written_is_kept(desk: Desk) -> None:
    rows: list[Sequence[object]] = [
        list(INSPECTION),
        *(found("I", n, NAME_ZAWGYI) for n in range(1, 6)),
    ]
    put(desk.inbox, "a.csv", text(rows).encode())
    for record in desk.settled().records:
        assert record.body["child_name"] == NAME
        assert record.body["_zawgyi"] == {"child_name": NAME_ZAWGYI}


ODD: dict[str, Callable[[Path], None]] = {
    "folder": Path.mkdir,
    "link": lambda path: path.symlink_to(path.with_name("good.csv")),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_what_is_no_plain_file_is_told_of_at_once(make: Callable[[Path], None], desk: Desk) -> None:
    """There is nothing to wait for."""
    make(desk.inbox / "x.csv")
    assert _told(desk.pull()) == [("x.csv", "file_not_plain")]


def test_a_document_too_large_to_be_held_is_refused_and_lines_are_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.sdk.folder_files.MAX_DOCUMENT", 100)
    put(desk.inbox, "a.json", json.dumps(OBJECTS).encode())
    put(desk.inbox, "b.jsonl", "\n".join(map(json.dumps, OBJECTS)).encode())
    batch = desk.settled()
    assert (_keys(batch), _told(batch)) == (KEYS, [("a.json", "file_too_large")])
    assert ".jsonl" in batch.unreadable[0].reason.next_step


def test_many_bad_lines_and_a_long_wait_leave_no_value_in_the_checkpoint(desk: Desk) -> None:
    """It is stored in clear."""
    put(
        desk.inbox,
        "a.csv",
        text([*ROWS, found(None, 1, "Secret"), found("I", 7, "Secret")]).encode(),
    )
    desk.settled(most=2)
    assert "Secret" not in json.dumps(desk.checkpoint)
