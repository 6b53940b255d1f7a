"""The shared texts of a workbook, packed: one run of bytes and where each text begins in it.

A workbook of a million rows shares millions of texts; as objects they alone would fill the memory.
"""

import re
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from typing import IO

from adapters.sdk.grid import LONGEST_TEXT
from adapters.sdk.unpack import DAMAGED, TEXT_TOO_LONG, TOO_LARGE, UnreadableError
from adapters.sdk.xlsx_slice import Frame

IN_MEMORY = 96 * 2**20  # bytes; what is more goes to a temporary file
MAX_STRINGS = 24_000_000
MAX_TEXT = 2**32 - 1  # bytes of all texts: an offset has 32 bits
AT_ONCE = 4_096
_GAP = 512  # bytes between two texts that are still read in one go
_END = b"</si>"
_ITEM = re.compile(rb"<si(?:\s[^<>]*)?/?>")
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^<>]*\?>)?\s*<sst(?:\s[^<>]*)?>")


class SharedStrings:
    """All texts by their number. `look_up` is asked slice by slice, in rising order if it can."""

    def __init__(self, blocks: Iterable[bytes], frame: Frame) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - see close
        self._starts = array("I", [0])
        self._end = 0
        for items in _slices(blocks):
            self._add(items, frame)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def close(self) -> None:
        """Give the temporary file back."""
        self._file.close()

    def look_up(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return the texts of these numbers. Raises UnreadableError for one that is not there."""
        wanted = sorted(numbers)
        if wanted and not 0 <= wanted[0] <= wanted[-1] < len(self):
            raise UnreadableError(DAMAGED)
        found: dict[int, str] = {}
        starts = self._starts
        for run in _runs(wanted, starts):
            first = starts[run[0]]
            self._file.seek(first)
            content = self._file.read(starts[run[-1] + 1] - first)
            for number in run:
                text = content[starts[number] - first : starts[number + 1] - first]
                found[number] = text.decode("utf-8")
        return found

    def _add(self, items: bytes, frame: Frame) -> None:
        count = len(_ITEM.findall(items))
        if len(self._starts) + count > MAX_STRINGS:
            raise UnreadableError(TOO_LARGE)
        cells = b"".join(
            b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>' % (at + 1, at + 1, at)
            for at in range(count)
        )
        top, _, rows = frame.read(cells, b"<sst>" + items + b"</sst>")
        texts = [""] * top + [str(row[0]) for row in rows]
        texts += [""] * (count - len(texts))
        if max(map(len, texts), default=0) > LONGEST_TEXT:
            raise UnreadableError(TEXT_TOO_LONG)
        packed = [text.encode("utf-8") for text in texts]
        self._file.write(b"".join(packed))
        for one in packed:
            self._end += len(one)
            if self._end > MAX_TEXT:
                raise UnreadableError(TOO_LARGE)
            self._starts.append(self._end)


def _runs(wanted: list[int], starts: "array[int]") -> Iterator[list[int]]:
    """Put numbers whose texts lie close together into one run."""
    run: list[int] = []
    for number in wanted:
        if run and starts[number] - starts[run[-1] + 1] > _GAP:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _slices(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut the part behind every some thousand texts."""
    waiting = b""
    items: list[bytes] = []
    for block in blocks:
        *whole, waiting = (waiting + block).split(_END)
        items += whole
        while len(items) >= AT_ONCE:
            yield _joined(items[:AT_ONCE])
            del items[:AT_ONCE]
    yield _joined(items) + waiting.partition(b"</sst>")[0]


def _joined(items: list[bytes]) -> bytes:
    whole = _END.join([*items, b""])
    return whole[found.end() :] if (found := _HEAD.match(whole)) else whole
