"""TOML text as plain values, or one of two errors. Bounds what the parser itself does not.

It takes ever longer for a key of very many parts, and gives up on nesting and on long numbers in
ways of its own; each of them comes out of here as WrongTomlError, with its line where it is known.
"""

import re
import tomllib
from typing import Any

_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){64}")
_DEEP = "it nests too deep to be read: describe the levels that are read, and no more"


class WrongTomlError(Exception):
    """What is wrong, in words that repeat nothing of the text. `line` is 0 where it is unknown."""

    def __init__(self, what: str, line: int = 0, *, too_deep: bool = False) -> None:
        super().__init__(what)
        self.line = line
        self.too_deep = too_deep


def loads(text: str) -> dict[str, Any]:
    """Return the tables of a text. Raises WrongTomlError."""
    if long := _LONG_KEY.search(text):
        raise WrongTomlError(_DEEP, text.count("\n", 0, long.start()) + 1, too_deep=True)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        raise WrongTomlError("it is no TOML", int(found[1]) if found else 0) from None
    except RecursionError:
        raise WrongTomlError(_DEEP, too_deep=True) from None
    except ValueError:  # a whole number of thousands of digits
        raise WrongTomlError("it is no TOML: a number in it is far too large") from None
