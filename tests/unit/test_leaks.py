"""The search for marks finds planted ones, wherever they hide: else it would prove nothing."""

import base64
import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.leaks import Scanner

MARK, BURMESE, OTHER = "Pwintzarnisithumoe", "လင်းရဇဟဖကညကပစခနီလာ", "Nobodyknowsthisone"


def zipped(name: str, content: bytes) -> bytes:
    """A zip file with one compressed member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def b64(text: str, encoding: str, shift: int) -> bytes:
    """A text in the middle of something that is base64 as a whole."""
    return base64.b64encode(b"abc"[:shift] + text.encode(encoding) + b"tail")


HIDING: dict[str, Callable[[str], bytes]] = {
    "plain": lambda m: f"x {m} y".encode(),
    "lower": lambda m: m.lower().encode(),
    "upper": lambda m: m.upper().encode(),
    "utf-16-le": lambda m: b"\x00" + m.encode("utf-16-le"),
    "utf-16-be": lambda m: m.encode("utf-16-be"),
    **{
        f"base64 of {encoding} at {shift}": partial(b64, encoding=encoding, shift=shift)
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        for shift in range(3)
    },
    "json": lambda m: json.dumps({"name": m}).encode(),
    "percent": lambda m: quote(m).encode(),
    "hex": lambda m: m.encode().hex().encode(),
    "gz": lambda m: gzip.compress(m.encode()),
    "zip": lambda m: zipped("a.xml", m.encode()),
    "zip in a zip": lambda m: zipped("a.zip", zipped("b.xml", m.encode())),
    "gz in a zip": lambda m: zipped("a.gz", gzip.compress(m.encode())),
    "name of a zip's member": lambda m: zipped(f"{m}.txt", b"nothing"),
}


@pytest.mark.parametrize("mark", [MARK, BURMESE], ids=["latin", "burmese"])
@pytest.mark.parametrize("how", HIDING)
def test_a_planted_mark_is_found(how: str, mark: str, tmp_path: Path) -> None:
    scanner = Scanner([OTHER, mark])
    (tmp_path / "file").write_bytes(b"\x00\xff before " + HIDING[how](mark) + b" after")
    if how.startswith(("gz", "zip", "name")):
        (tmp_path / "file").write_bytes(HIDING[how](mark))
    assert {leak.mark for leak in scanner.in_folder(tmp_path)} == {1}


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_mark_in_a_database_is_found_also_across_pages(journal: str, tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    link = sqlite3.connect(path)
    link.execute(f"PRAGMA journal_mode = {journal}")
    link.execute("CREATE TABLE t (a BLOB)")
    for before in range(1000, 9000, 5):  # wherever the pages cut, some mark lies across
        link.execute("INSERT INTO t VALUES (?)", (bytes(before) + MARK.encode(),))
    link.commit()
    found = list(Scanner([MARK]).in_folder(tmp_path))
    assert sum(leak.place.endswith("store.sqlite:t") for leak in found) == 1600
    link.close()


def test_a_deleted_row_still_lies_in_the_page(tmp_path: Path) -> None:
    link = sqlite3.connect(tmp_path / "store.sqlite")
    link.execute("PRAGMA secure_delete = OFF")
    link.execute("CREATE TABLE t (a TEXT)")
    link.execute("INSERT INTO t VALUES (?)", (MARK,))
    link.commit()
    link.execute("DELETE FROM t")
    link.commit()
    link.close()
    assert list(Scanner([MARK]).in_folder(tmp_path))


def test_a_mark_in_a_files_name_is_found(tmp_path: Path) -> None:
    (tmp_path / f"{MARK}.log").touch()
    assert list(Scanner([MARK]).in_folder(tmp_path))


def test_what_is_left_out_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "truth").write_text(MARK)
    scanner = Scanner([MARK])
    assert list(scanner.in_folder(tmp_path, leave_out=[tmp_path / "sandbox"])) == []
    assert list(scanner.in_folder(tmp_path))


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "c.gz").write_bytes(b"\x1f\x8b broken")
    assert list(Scanner([MARK, BURMESE]).in_folder(tmp_path)) == []


def test_a_mark_that_may_occur_by_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        Scanner(["Mya"])
