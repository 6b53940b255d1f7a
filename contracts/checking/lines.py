"""On which line of a TOML text each value stands. Expects a text that parses; gives no values."""

import re
from bisect import bisect_right

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:\s|#[^\n]*)+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")


class Lines:
    """The lines of one text's values, by their path: `("schema", 0, "properties", 3, "name")`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [at for at, letter in enumerate(text) if letter == "\n"]
        self._at = 0
        self._found: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}  # of arrays made by [[headers]]
        self._read()

    def of(self, *path: str | int) -> int:
        """Return the line of a path, else of the nearest thing around it; 1 for the whole text."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._found:
                return self._found[path[:length]]
        return 1

    def _read(self) -> None:
        table: Path = ()
        while self._skip():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self) -> bool:
        """Go to the next thing; tell whether there is one."""
        if space := _SPACE.match(self._text, self._at):
            self._at = space.end()
        return self._at < len(self._text)

    def _header(self) -> Path:
        line, double = self._line(), self._text.startswith("[[", self._at)
        self._at += 2 if double else 1
        path = self._within(self._key())
        self._skip()
        self._at += 2 if double else 1
        if double:
            index = self._lengths.get(path, 0)
            self._lengths[path] = index + 1
            path = (*path, index)
        self._note_above(path, 0, line)
        self._found[path] = line
        return path

    def _note_above(self, path: Path, start: int, line: int) -> None:
        """What lies around a path begins no later than the path itself."""
        for length in range(start + 1, len(path)):
            self._found.setdefault(path[:length], line)

    def _within(self, key: Path) -> Path:
        """A header's names as a path: of an array of tables, its latest one is meant."""
        path: Path = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
        return (*path, key[-1])

    def _key(self) -> Path:
        parts: list[str | int] = []
        while True:
            self._skip()
            found = _STRING.match(self._text, self._at) or _BARE.match(self._text, self._at)
            if found is None:
                raise ValueError(f"line {self._line()} holds no key")
            parts.append(found[0].strip("\"'"))
            self._at = found.end()
            self._skip()
            if not self._text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = (*table, *self._key())
        self._note_above(path, len(table), line)
        self._at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        self._found[path] = self._line()
        first = self._text[self._at]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        else:
            found = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            self._at = found.end() if found else len(self._text)

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._skip() and self._text[self._at] != "]":
            self._value((*path, index))
            index += 1
            self._comma()
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while self._skip() and self._text[self._at] != "}":
            self._pair(path)
            self._comma()
        self._at += 1

    def _comma(self) -> None:
        self._skip()
        if self._text.startswith(",", self._at):
            self._at += 1

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1
