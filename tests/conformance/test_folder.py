"""The polled folder: what is given, when, and what a crash or a slow copy does to it."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from adapters.emis.adapter import Emis
from adapters.sdk.plain_file import open_plain_file
from adapters.sdk.ports import Batch
from contracts import source_contract
from contracts.errors import RetriableError
from contracts.row_keys import keys_of
from tests.conformance.desk import NOW, Desk
from tests.conformance.sheets import INSPECTION, SCHOOL, found, found_none, pupil, put, workbook

TIME = 1_767_600_000
ONE = workbook(January=[INSPECTION, found("I-1", 1), found("I-1", 2), found_none("I-2")])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with an empty inbox."""
    (tmp_path / "inbox").mkdir()
    return Desk(home=tmp_path)


def _keys(batch: Batch) -> list[str]:
    return [record.key for record in batch.records]


def test_rows_are_keyed_placed_and_dated(desk: Desk) -> None:
    """The version of a row is its file's time, a digest of its name, its sheet and row."""
    put(desk.inbox, "a.xlsx", ONE)
    batch = desk.pull()
    assert [(r.key, r.person) for r in batch.records] == [
        ("I-1/1", "I-1/1"), ("I-1/2", "I-1/2"), ("I-2/", ""),
    ]  # fmt: skip
    record = batch.records[0]
    assert record.where == "a.xlsx, January, row 2"
    assert record.version == f"{TIME * 10**9:020d}/90e06ba3f9855932/0000/0000002"
    assert record.changed == datetime.fromtimestamp(TIME, UTC)
    assert batch.complete_until == NOW


def test_a_row_without_its_key_is_given_under_its_place(desk: Desk) -> None:
    """The contract rejects it there, with its reason; the corrected file mends it."""
    put(desk.inbox, "a.xlsx", workbook(S=[INSPECTION, found(None, 1), found("I-1", None)]))
    first = desk.pull()
    assert [(r.key, r.person) for r in first.records] == [
        ("a.xlsx#S#2", "a.xlsx#S#2"), ("a.xlsx#S#3", "a.xlsx#S#3"),
    ]  # fmt: skip
    rows = [INSPECTION, found("I-1", 1), found("I-1", None)]
    put(desk.inbox, "a.xlsx", workbook(S=rows), at=TIME + 60)
    second = desk.pull()
    assert _keys(second) == ["I-1/1", "a.xlsx#S#3"]
    assert second.mended == ["a.xlsx#S#2"]


@pytest.mark.parametrize(
    ("cells", "keys"),
    [
        ({"insp_id": 12, "child_no": "၁"}, ("12/1", "12/1")),
        ({"insp_id": "12", "child_found": " No "}, ("12/", "")),
        ({"insp_id": "12", "child_found": "yes"}, None),
        ({"insp_id": "12"}, None),
        ({"child_no": 1, "child_found": "no"}, None),
    ],
)
def test_an_inspection_needs_a_number_or_a_no(
    cells: Mapping[str, Any], keys: tuple[str, str] | None
) -> None:
    """Two children found without a number must not become one."""
    assert keys_of(source_contract.load("labour_inspection", "inspection"))(cells) == keys


def test_a_pupil_is_one_person_in_every_month(tmp_path: Path) -> None:
    """And one record a month, however the month is written."""
    rows = [SCHOOL, pupil(7, "2026-01"), pupil("၇", datetime(2026, 2, 1)), pupil(None)]  # noqa: DTZ001
    put(tmp_path / "inbox", "s.xlsx", workbook(**{"Grade 1": rows}))
    batch = Emis(tmp_path, clock=lambda: NOW).pull(None, 10)
    assert [(r.key, r.person) for r in batch.records] == [
        ("0012/7/2026-01", "0012/7"), ("0012/7/2026-02", "0012/7"),
        ("s.xlsx#Grade 1#4", "s.xlsx#Grade 1#4"),
    ]  # fmt: skip


def test_doubled_rows_are_both_given_and_the_later_one_wins(desk: Desk) -> None:
    """By its version, which is what consumers compare."""
    put(desk.inbox, "a.xlsx", workbook(S=[INSPECTION, found("I", 1), found("I", 1, hours=9)]))
    first, second = desk.pull().records
    assert first.key == second.key
    assert first.version < second.version


def test_a_file_sent_again_or_changed_is_given_again_and_newer(desk: Desk) -> None:
    """Corrections arrive under the old name or a new one."""
    put(desk.inbox, "z.xlsx", ONE)
    first = desk.pull()
    assert not desk.pull().records
    put(desk.inbox, "z.xlsx", ONE, at=TIME + 60)
    again = desk.pull()
    put(desk.inbox, "a.xlsx", ONE, at=TIME + 120)
    renamed = desk.pull()
    assert _keys(first) == _keys(again) == _keys(renamed)
    assert first.records[0].version < again.records[0].version < renamed.records[0].version


def test_older_files_come_first(desk: Desk) -> None:
    """So that what is given last is what was said last."""
    put(desk.inbox, "a.xlsx", workbook(S=[INSPECTION, found("new", 1)]), at=TIME + 9)
    put(desk.inbox, "b.xlsx", workbook(S=[INSPECTION, found("old", 1)]))
    assert _keys(desk.pull()) == ["old/1", "new/1"]


def test_a_file_is_given_in_parts_and_goes_on_after_a_restart(desk: Desk) -> None:
    """The position belongs to that content: a file changed meanwhile starts anew."""
    put(desk.inbox, "a.xlsx", ONE)
    first = desk.pull(most=2)
    assert (_keys(first), first.more, first.complete_until) == (["I-1/1", "I-1/2"], True, None)
    before = desk.checkpoint
    assert _keys(desk.pull(most=2)) == ["I-2/"]
    desk.checkpoint = before
    put(desk.inbox, "a.xlsx", ONE, at=TIME + 60)
    assert _keys(desk.pull(most=2)) == ["I-1/1", "I-1/2"]


def test_locks_and_halves_are_left_alone(desk: Desk) -> None:
    """By their names; and a folder that looks like a file is none."""
    for name in ("~$a.xlsx", ".a.xlsx", "a.xlsx.part", "a.tmp.xlsx", "a.xlsx.tmp", "a.md"):
        put(desk.inbox, name, b"half")
    batch = desk.pull()
    assert (batch.records, batch.unreadable, batch.complete_until) == ([], [], NOW)


def test_a_slow_copy_is_waited_for(desk: Desk) -> None:
    """Nothing is complete meanwhile; each change starts the wait again; the end is read."""
    for step, cut in enumerate((1000, 2000, 3000)):
        put(desk.inbox, "a.xlsx", ONE[:cut], at=TIME + step)
        desk.wall += 29
        batch = desk.pull()
        assert (batch.records, batch.unreadable, batch.complete_until) == ([], [], None)
    put(desk.inbox, "a.xlsx", ONE, at=TIME + 9)
    assert len(desk.pull().records) == 3


def test_a_file_that_stays_cut_off_is_unreadable_once_until_it_is_mended(desk: Desk) -> None:
    """After the grace period it is a line of the ledger; the whole file mends that line."""
    put(desk.inbox, "a.xlsx", ONE[:-300])
    put(desk.inbox, "b.xlsx", workbook(S=[INSPECTION, found("other", 1)]))
    assert _keys(desk.pull()) == ["other/1"]
    desk.wall += 31
    given_up = desk.pull()
    assert [(u.key, u.reason.code, u.reason.where) for u in given_up.unreadable] == [
        ("a.xlsx", "file_cut_off", "a.xlsx")
    ]
    assert given_up.complete_until == NOW
    assert not desk.pull().unreadable
    put(desk.inbox, "a.xlsx", ONE, at=TIME + 60)
    mended = desk.pull()
    assert (len(mended.records), mended.mended) == (3, ["a.xlsx"])


def test_what_is_no_workbook_is_unreadable_at_once(desk: Desk) -> None:
    """Also with another ending: whoever sent it as a workbook gets an answer."""
    put(desk.inbox, "a.xlsx", b"just text")
    put(desk.inbox, "b.ZIP", ONE)
    batch = desk.pull()
    assert {u.key: u.reason.code for u in batch.unreadable} == {
        "a.xlsx": "not_a_workbook", "b.ZIP": "file_kind_unknown",
    }  # fmt: skip
    assert batch.complete_until == NOW


def test_a_bad_sheet_is_a_line_of_its_own(desk: Desk) -> None:
    """The good one is given."""
    sheets = {"Jan": [INSPECTION, found("I", 1)], "Feb": [INSPECTION[:-4], found("I", 2)[:-4]]}
    put(desk.inbox, "a.xlsx", workbook(**sheets))
    batch = desk.pull()
    assert _keys(batch) == ["I/1"]
    unreadable = batch.unreadable[0]
    assert (unreadable.key, unreadable.reason.column) == ("a.xlsx#Feb", "child_found")
    assert unreadable.reason.where == "a.xlsx, Feb"


def test_a_file_that_changes_while_it_is_read_is_not_trusted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A valid old half and a new time: look again."""
    put(desk.inbox, "a.xlsx", ONE)

    def changing(path: Path, most: int) -> BinaryIO:
        file = open_plain_file(path, most)
        os.utime(path, (TIME + 5, TIME + 5))
        return file

    with monkeypatch.context() as patch:
        patch.setattr("adapters.sdk.folder_files.open_plain_file", changing)
        assert desk.pull().complete_until is None
    assert len(desk.pull().records) == 3


def test_a_missing_folder_is_waited_for(tmp_path: Path) -> None:
    """A share that is not mounted is no empty source."""
    with pytest.raises(RetriableError, match="inbox folder"):
        Desk(home=tmp_path / "nowhere").pull()


def test_a_file_too_large_is_refused_unread(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size alone says so."""
    monkeypatch.setattr("adapters.sdk.folder_files.MAX_FILE", 100)
    put(desk.inbox, "a.xlsx", ONE)
    assert desk.pull().unreadable[0].reason.code == "file_too_large"


def test_two_persons_under_one_key_are_both_told_of(desk: Desk) -> None:
    """The later row would hide the first child: that one is named until the office mends it."""
    rows = [INSPECTION, found("I", 1, "A"), found("I", 1, "B"), found("I", 2, "C")]
    put(desk.inbox, "a.xlsx", workbook(S=rows))
    batch = desk.pull()
    assert [(r.key, r.where) for r in batch.records] == [
        ("I/1", "a.xlsx, S, row 3"), ("I/2", "a.xlsx, S, row 4"),
    ]  # fmt: skip
    (twin,) = batch.unreadable
    assert (twin.reason.code, twin.reason.where) == ("row_key_twice", "a.xlsx, S, row 2")
    put(desk.inbox, "a.xlsx", workbook(S=[*rows[:2], found("I", 3, "B"), rows[3]]), at=TIME + 60)
    assert desk.pull().mended == [twin.key]


ODD = {
    "link": lambda path: path.symlink_to(path.with_name("good.xlsx")),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to a device": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_what_is_no_plain_file_is_told_of_and_never_followed(
    desk: Desk, make: Callable[[Path], None]
) -> None:
    """Links lead out of the folder, pipes wait for ever; the other files are read."""
    put(desk.inbox, "good.xlsx", ONE)
    make(desk.inbox / "odd.xlsx")
    batch = desk.pull()
    assert len(batch.records) == 3
    assert [(u.key, u.reason.code) for u in batch.unreadable] == [("odd.xlsx", "file_not_plain")]
    assert not desk.pull().unreadable


def test_a_name_that_is_no_text_stops_no_other_file(desk: Desk) -> None:
    """Its bytes could be neither stored nor printed."""
    put(desk.inbox, "good.xlsx", ONE)
    Path(os.fsdecode(os.fsencode(desk.inbox) + b"/a\xff.xlsx")).write_bytes(ONE)
    batch = desk.pull()
    assert len(batch.records) == 3
    assert [(u.key, u.reason.code) for u in batch.unreadable] == [
        ("a\\xff.xlsx", "file_name_unreadable")
    ]


@pytest.mark.parametrize("at", [-86_400, 4_200_000_000])
def test_a_time_that_cannot_be_put_in_order_is_refused(at: int, desk: Desk) -> None:
    """A file of the year 2103 would outrank every correction of it."""
    put(desk.inbox, "a.xlsx", ONE, at=at)
    assert desk.pull().unreadable[0].reason.code == "file_time_impossible"


def test_bad_files_too_are_taken_some_at_a_time(desk: Desk) -> None:
    """Thousands of them must not make one transaction."""
    for number in range(5):
        put(desk.inbox, f"{number}.xlsx", b"junk")
    assert [(len(b.unreadable), b.more) for b in (desk.pull(most=3), desk.pull(most=3))] == [
        (3, True), (2, False),
    ]  # fmt: skip
