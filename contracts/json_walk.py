"""Walks JSON token by token and says where it breaks a rule. Builds no value and keeps none.

Slow on purpose: it runs when the fast parser has failed, or cannot say what it has seen.
"""

import json
import re
from dataclasses import dataclass, field

MAX_DEPTH = 64
LONGEST_STRING = 16 * 2**20  # bytes, as written
LONGEST_NUMBER = 400  # characters

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},:]|[^\s\[\]{},:"]++', re.DOTALL)
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CONTROL = re.compile(rb"[\x00-\x1f]")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:@./-]{0,63}")
_WORDS = frozenset({b"true", b"false", b"null"})
_NO_NUMBERS = frozenset({b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf", b"-inf"})
_BLANK = b" \t\r\n"


class Fault(Exception):  # noqa: N818 - what was found at a place; the caller makes it a rejection
    """The first fault of a document: what it is, its path and its byte."""

    def __init__(self, code: str, what: str, at: int, path: str = "$") -> None:
        super().__init__(code)
        self.code = code
        self.what = what
        self.at = at
        self.path = path


@dataclass(slots=True)
class _Level:
    """An object or a list that is still open."""

    closes: bytes
    keys: set[str] = field(default_factory=set, repr=False)
    step: str = ""
    index: int = 0

    def place(self) -> str:
        return self.step if self.closes == b"}" else f"[{self.index}]"


def walk(content: bytes) -> None:
    """Raise the Fault of the first thing that is wrong; return when nothing is."""
    found = _Walk()
    end = 0
    for token in _TOKEN.finditer(content):
        found.at = end
        if content[end : token.start()].strip(_BLANK):
            found.fail("json_malformed", "a character stands where none may stand")
        found.at = token.start()
        found.take(token[0])
        end = token.end()
    found.at = end
    if content[end:].strip(_BLANK):
        found.fail("json_malformed", "a text has no end")
    if found.expects != "nothing":
        found.fail("json_malformed", "it ends too early")


@dataclass(slots=True)
class _Walk:
    """Where the walk stands. `expects` is what may come next."""

    at: int = 0
    expects: str = "value"
    levels: list[_Level] = field(default_factory=list)

    def fail(self, code: str, what: str) -> None:
        steps = "".join(level.place() for level in self.levels)
        raise Fault(code, what, self.at, f"${steps}")

    def take(self, token: bytes) -> None:
        match token[:1]:
            case b"{" | b"[":
                self._open(token)
            case b"}" | b"]":
                self._close(token)
            case b",":
                self._comma()
            case b":":
                self._need(":")
                self.expects = "value"
            case b'"':
                self._text(token)
            case _:
                self._word(token)

    def _need(self, *kinds: str) -> None:
        if self.expects not in kinds:
            self.fail("json_malformed", f"here should stand: {self.expects}")

    def _end_value(self) -> None:
        self.expects = "a comma or the end" if self.levels else "nothing"

    def _open(self, token: bytes) -> None:
        self._need("value", "value or ]")
        if len(self.levels) == MAX_DEPTH:
            self.fail("json_too_deep", f"it nests more than {MAX_DEPTH} levels")
        is_object = token == b"{"
        self.levels.append(_Level(closes=b"}" if is_object else b"]"))
        self.expects = "key or }" if is_object else "value or ]"

    def _close(self, token: bytes) -> None:
        self._need("a comma or the end", f"key or {token.decode()}", f"value or {token.decode()}")
        if not self.levels or self.levels[-1].closes != token:
            self.fail("json_malformed", "a bracket closes what is not open")
        self.levels.pop()
        self._end_value()

    def _comma(self) -> None:
        self._need("a comma or the end")
        level = self.levels[-1]
        level.index += 1
        self.expects = "key" if level.closes == b"}" else "value"

    def _text(self, token: bytes) -> None:
        self._need("value", "value or ]", "key", "key or }")
        if len(token) > LONGEST_STRING:
            self.fail("json_text_too_long", f"a text has more than {LONGEST_STRING >> 20} MiB")
        if _CONTROL.search(token):
            self.fail("json_malformed", "a text holds a control character")
        is_key = self.expects.startswith("key")
        if b"\\" in token or is_key:
            text = self._decoded(token)
            if is_key:
                self._key(text)
        if is_key:
            self.expects = ":"
        else:
            self._end_value()

    def _decoded(self, token: bytes) -> str:
        text = ""
        try:
            text = json.loads(token)
            text.encode()
        except UnicodeEncodeError:
            self.fail("json_surrogate", "a text holds half of a character (a lone surrogate)")
        except ValueError:
            self.fail("json_malformed", "a text holds an escape that JSON does not know")
        return text

    def _key(self, name: str) -> None:
        level = self.levels[-1]
        level.step = f".{name}" if _PLAIN_NAME.fullmatch(name) else ".?"
        if name in level.keys:
            self.fail("json_key_twice", "a key stands twice in one object")
        level.keys.add(name)

    def _word(self, token: bytes) -> None:
        self._need("value", "value or ]")
        if token in _NO_NUMBERS:
            self.fail("json_no_number", "JSON has no NaN and no Infinity")
        if token not in _WORDS and not _NUMBER.fullmatch(token):
            self.fail("json_malformed", "a word is none of true, false, null and numbers")
        if len(token) > LONGEST_NUMBER or abs(_size(token)) == float("inf"):
            self.fail("json_number_too_large", "a number is larger than a program can hold")
        self._end_value()


def _size(token: bytes) -> float:
    return 0.0 if token in _WORDS else float(token)
