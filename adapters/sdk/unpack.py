"""Opens a packed workbook that nobody has vouched for, within bounds. Reads no cell's meaning.

Nothing is unpacked whole: parts come in blocks, and each is counted while it comes, since the
directory of a zip says what it likes.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from contracts.errors import Reason

MAX_BYTES = 4 * 2**30  # unpacked, all parts together: four times a sheet of a million rows
MAX_RATIO = 400  # unpacked to packed, of a large part; XML of the dullest table reaches 100
SMALL = 64 * 2**20  # a part up to here may be packed as tightly as it likes
MAX_PARTS = 2_000
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
BLOCK = 2**20
PACKED = b"PK\x03\x04"


_HOW_A_ZIP_FAILS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, NotImplementedError, OverflowError, OSError, ValueError,
)  # fmt: skip


class UnreadableError(Exception):
    """The content is no file that can be read. `unfinished`: it may still be on its way."""

    def __init__(self, reason: Reason, *, unfinished: bool = False) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.unfinished = unfinished


@contextmanager
def opened(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open a zip; whatever is wrong with it, then or later, is an UnreadableError."""
    start = file.read(len(PACKED))
    if start != PACKED:
        rest = start + file.read(BLOCK)
        raise UnreadableError(NOT_A_WORKBOOK, unfinished=not rest.strip(b"\0"))
    try:
        with zipfile.ZipFile(file) as packed:
            yield packed
    except _HOW_A_ZIP_FAILS:
        raise UnreadableError(CUT_OFF, unfinished=True) from None
    except RuntimeError:  # how zipfile says "encrypted"
        raise UnreadableError(NOT_A_WORKBOOK) from None


class Package:
    """The XML parts of a workbook, by their names in small letters. Part names are not cased."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        parts = [
            part for part in packed.infolist() if part.filename.lower().endswith((".xml", ".rels"))
        ]
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_BYTES:
            raise UnreadableError(TOO_LARGE)
        self._parts = {part.filename.replace("\\", "/").lower(): part for part in parts}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._parts

    def blocks(self, name: str) -> Iterator[bytes]:
        """Give a part's content block by block. Raises UnreadableError for one that is a bomb."""
        part = self._parts[name.lower()]
        if part.file_size > SMALL and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise UnreadableError(TOO_LARGE)
        with self._packed.open(part) as file:
            while block := file.read(BLOCK):  # zipfile stops at the size that the directory says
                yield block

    def read(self, name: str, most: int = SMALL) -> bytes:
        """Return a whole part, of the small ones."""
        if self._parts[name.lower()].file_size > most:
            raise UnreadableError(TOO_LARGE)
        return b"".join(self.blocks(name))


_NEXT = "save it again as an Excel workbook (.xlsx), without a password, and send it again"
NOT_A_WORKBOOK = Reason(
    code="not_a_workbook", message="the file is no Excel workbook (.xlsx)", next_step=_NEXT
)
CUT_OFF = Reason(
    code="file_cut_off",
    message="the file is incomplete or damaged: its end is missing, or a part of it is wrong",
    next_step="copy the whole file into the folder again",
)
TOO_LARGE = Reason(
    code="workbook_too_large",
    message="the workbook unfolds too far:"
    f" at most {MAX_ROWS} rows, {MAX_COLUMNS} columns and {MAX_BYTES // 2**30} GiB unpacked",
    next_step="delete what stands far below or beside the table, or send it in several files",
)
DAMAGED = Reason(
    code="workbook_damaged",
    message="the file opens, but a sheet in it cannot be read",
    next_step="open it, save it again as an Excel workbook (.xlsx), and send it again",
)
TEXT_TOO_LONG = Reason(
    code="text_too_long",
    message="a cell holds a text of more than 32767 characters",
    next_step="shorten it, and send the file again",
)
