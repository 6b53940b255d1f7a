"""Finds marks of persons in files, however they are written and packed. Knows nothing of the hub.

A mark is a text that cannot occur by chance. It is looked for as it is, in lower and upper case,
in UTF-8, UTF-16 (both orders), base64 (all three alignments of each), hexadecimal, JSON escapes
and percent-encoding; in raw bytes, in every value of an SQLite file (a value may be cut by the
file's pages), in gzip streams and in members of zip files (workbooks are such), at any depth.
"""

import base64
import gzip
import io
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

SHORTEST = 8
_PREFIX = 6
_DEEPEST = 5
_ONE_PAGE = 900  # a row that is shorter is never cut by SQLite's pages of 4096 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where a mark stands, and how it is written there. `mark` says which, not what."""

    place: str
    mark: int
    form: str


class Scanner:
    """Looks for many marks at once."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._by_prefix: dict[bytes, dict[bytes, tuple[int, str]]] = {}
        for number, mark in enumerate(dict.fromkeys(marks)):
            if len(mark) < SHORTEST:
                raise ValueError(f"mark {number} is too short to prove anything")
            for form, pattern in set(_forms(mark)):
                known = self._by_prefix.setdefault(pattern[:_PREFIX], {})
                known.setdefault(pattern, (number, form))
        self._find = re.compile(_trie(self._by_prefix))

    def in_bytes(self, content: bytes, place: str, depth: int = 0) -> Iterator[Leak]:
        """The marks in the bytes, and in what is packed in them."""
        for at in self._find.finditer(content):
            start = at.start()
            for pattern, (number, form) in self._by_prefix[at.group(1)].items():
                if content.startswith(pattern, start):
                    yield Leak(place=place, mark=number, form=form)
        if depth < _DEEPEST:
            for name, inner in _unpacked(content):
                yield from self.in_bytes(inner, f"{place}!{name}", depth + 1)

    def in_file(self, path: Path) -> Iterator[Leak]:
        """The marks in a file; of an SQLite file also value by value."""
        content = path.read_bytes()
        yield from self.in_bytes(content, str(path))
        if content.startswith(b"SQLite format 3"):
            for place, value in sqlite_values(path):
                yield from self.in_bytes(value, f"{path}:{place}")

    def in_folder(self, folder: Path, *, leave_out: Iterable[Path] = ()) -> Iterator[Leak]:
        """The marks in names and contents below a folder, but for what is left out."""
        spared = list(leave_out)
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(one) for one in spared):
                continue
            yield from self.in_bytes(str(path.relative_to(folder)).encode(), f"name of {path}")
            if path.is_file():
                yield from self.in_file(path)


def sqlite_values(path: Path) -> Iterator[tuple[str, bytes]]:
    """The texts and blobs of every row that may lie on more than one page, with its table."""
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    link.text_factory = bytes
    try:
        tables = [row[0].decode() for row in link.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
        for table in tables:
            for row in link.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own names
                values = [value for value in row if isinstance(value, bytes)]
                if sum(map(len, values)) > _ONE_PAGE:
                    yield table, b"\x00".join(values)
    finally:
        link.close()


def _forms(mark: str) -> Iterator[tuple[str, bytes]]:
    for text in {mark, mark.lower(), mark.upper()}:
        yield "utf-8", text.encode()
    yield "json", json.dumps(mark)[1:-1].encode()
    yield "percent", quote(mark, safe="").encode()
    yield "hex", mark.encode().hex().encode()
    yield "hex", mark.encode().hex().upper().encode()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = mark.encode(encoding)
        if encoding != "utf-8":
            yield encoding, raw
        for shift in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                yield f"base64 of {encoding}", _inside(encode(bytes(shift) + raw), shift, len(raw))


def _inside(encoded: bytes, shift: int, length: int) -> bytes:
    """The characters of a base64 text that depend on the mark alone."""
    first = -(-shift * 8 // 6)
    last = (shift + length) * 8 // 6
    return encoded[first:last]


def _trie(prefixes: Iterable[bytes]) -> bytes:
    """One expression for all prefixes, as a tree, so that each place is looked at once."""
    tree: dict[int, dict[int, object]] = {}
    for prefix in prefixes:
        level: dict[int, object] = tree  # type: ignore[assignment]
        for byte in prefix:
            level = level.setdefault(byte, {})  # type: ignore[assignment]
    return b"(?=(" + _branch(tree) + b"))"


def _branch(tree: dict[int, object] | dict[int, dict[int, object]]) -> bytes:
    ways = [
        re.escape(bytes([byte])) + (_branch(below) if below else b"")
        for byte, below in sorted(tree.items())
        if isinstance(below, dict)
    ]
    return ways[0] if len(ways) == 1 else b"(?:" + b"|".join(ways) + b")"


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed in the bytes; whatever only looks packed gives nothing."""
    if content.startswith(b"\x1f\x8b"):
        try:
            yield "gz", gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return
    elif b"PK\x03\x04" in content[:4096]:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                for member in packed.infolist():
                    yield member.filename, member.filename.encode()
                    yield member.filename, packed.read(member)
        except (zipfile.BadZipFile, RuntimeError, zlib.error, NotImplementedError):
            return
