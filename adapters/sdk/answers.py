"""Answers on their way home: one workbook an office, in a folder that the office reads.

Knows neither what a state means nor whose case it is. A file is replaced whole, by renaming: who
opens it sees the old content or the new, never half of one.
"""

import fcntl
import hashlib
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter

from adapters.sdk.manifest import SheetForm
from adapters.sdk.plain_file import NotPlainError, TooLongError, open_plain_file
from adapters.sdk.ports import Answer
from adapters.sdk.reading_sheets import read_workbook
from adapters.sdk.unpack import NOT_A_WORKBOOK, UnreadableError
from contracts.errors import RetriableError

COLUMNS = ("row_key", "referral_id", "state", "date")
_FORM = SheetForm(record="answer", columns=COLUMNS, required=COLUMNS)
_WRITTEN_AT = datetime(2000, 1, 1, tzinfo=UTC)  # the same rows make the same bytes
_FINAL = frozenset({"rejected", "done", "revoked"})
_LONGEST_NAME = 120
MAX_FILE = 64 * 2**20
"""The most bytes of an office's answers that are read."""
_RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{n}{i}" for n in ("COM", "LPT") for i in range(10))}
)

_Rows = dict[tuple[str, str], tuple[str, str]]  # (row key, referral) -> (date, state)


class AnswerFolder:
    """The folder `answers`; several processes may write to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answer(self, answers: Sequence[Answer]) -> None:
        """Put each answer into its office's workbook; a repeated or overtaken one changes nothing.

        Raises RetriableError when an office's workbook is damaged, after the others are written.
        """
        by_office: dict[str, list[Answer]] = {}
        for answer in answers:
            by_office.setdefault(answer.office, []).append(answer)
        damaged = 0
        self._folder.mkdir(parents=True, exist_ok=True)
        for office, its_answers in sorted(by_office.items()):
            path = self._folder / f"{file_stem(office)}.xlsx"
            with _locked(self._folder):
                try:
                    before = _read(path)
                except UnreadableError:
                    damaged += 1
                    continue
                after = _merged(before, its_answers)
                if after != before:
                    _replace(path, _workbook(after))
        if damaged:
            raise RetriableError(
                f"{damaged} workbook(s) in the answers folder cannot be read:"
                " mend them, or move them away and the answers will be written anew"
            )


def file_stem(office: str) -> str:
    """Return a file name for an office's code: one code one name, and safe on every system."""
    safe = "".join(letter if _is_safe(letter) else _escaped(letter) for letter in office) or "%"
    if safe.upper() in _RESERVED:
        safe = f"{_escaped(safe[0])}{safe[1:]}"
    if len(safe.encode()) > _LONGEST_NAME:
        digest = hashlib.sha256(office.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{safe.encode()[:_LONGEST_NAME].decode(errors='ignore')}%{digest}"
    return safe


def _is_safe(letter: str) -> bool:
    return letter in "-_" or unicodedata.category(letter)[0] in "LMN"


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))


def _read(path: Path) -> _Rows:
    try:
        file = open_plain_file(path, MAX_FILE)
    except FileNotFoundError:
        return {}
    except (NotPlainError, TooLongError):
        raise UnreadableError(NOT_A_WORKBOOK) from None
    with file:
        return {
            (str(row.cells.get("row_key", "")), str(row.cells.get("referral_id", ""))): (
                str(row.cells.get("date", "")), str(row.cells.get("state", "")),
            )
            for row in read_workbook(file, _FORM).rows()
        }  # fmt: skip


def _merged(before: _Rows, answers: Sequence[Answer]) -> _Rows:
    after = dict(before)
    for answer in answers:
        key = (answer.row_key, answer.referral)
        new = (answer.on.isoformat(), answer.state)
        if key not in after or _rank(*new) >= _rank(*after[key]):
            after[key] = new
    return after


def _rank(on: str, state: str) -> tuple[str, bool]:
    """Order two states of one referral: a late repetition must not undo what came after it."""
    return on, state in _FINAL


def _workbook(rows: _Rows) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"created": _WRITTEN_AT})
        # Text, and marked as text: no value becomes a formula, not even after somebody edits it.
        as_text = book.add_format({"num_format": "@", "quote_prefix": True})
        sheet = book.add_worksheet("answers")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(COLUMNS) - 1, 24)
        for number, cells in enumerate([COLUMNS, *_sorted(rows)]):
            for column, text in enumerate(cells):
                sheet.write_string(number, column, text, as_text)
    return out.getvalue()


def _sorted(rows: Mapping[tuple[str, str], tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    return sorted((key, referral, state, on) for (key, referral), (on, state) in rows.items())


def _replace(path: Path, content: bytes) -> None:
    """Write the file so that a crash leaves the old one or the new one."""
    passing = path.with_name(f".{path.name}.tmp")
    passing.unlink(missing_ok=True)  # left by a crash, or a link that somebody put there
    with passing.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one read and write; the lock ends with its process."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC  # others may write there, too
    try:
        lock = os.open(folder / ".lock", flags, 0o600)
    except OSError as error:
        raise RetriableError(
            f"the answers folder cannot be locked ({type(error).__name__}): let the hub's account"
            " write there, and take away what is called .lock"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
