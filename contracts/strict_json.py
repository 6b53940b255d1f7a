"""JSON bytes as plain values, or a rejection that says where. Accepts nothing that JSON is not.

The usual document takes the fast parser in one pass. What that parser would not tell of (a key
that stands twice, deep nesting, a number that it would round) is seen afterwards by counting; only
then, or when it fails, a second and careful look finds the place.
"""

import json
import re
from typing import Any

import orjson

from contracts.errors import Reason, RejectedError
from contracts.json_walk import LONGEST_STRING, MAX_DEPTH, Fault, walk

LARGEST = 256 * 2**20  # bytes of one document
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_NOTED = frozenset({dict, list, float})
_EXACT = 2.0**53  # beyond it the fast parser may have rounded a whole number
_SPACED_KEY = re.compile(rb'"\s+:')


def loads(content: bytes, *, where: str = "") -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the value of one document. Raises RejectedError with one reason, without a value.

    `where` (a file's name) is put before the place, which is a path and a position in bytes.
    """
    try:
        return _loads(content)
    except Fault as fault:
        place = f"{fault.path}, byte {fault.at}"
        raise RejectedError(
            Reason(
                code=fault.code, message=f"the JSON cannot be used: {fault.what}",
                next_step="correct it where it is made, and send it again",
                where=f"{where}, {place}" if where else place,
            )
        ) from None  # fmt: skip


def _loads(content: bytes) -> Any:  # noqa: ANN401
    if len(content) > LARGEST:
        raise Fault("json_too_large", f"it has more than {LARGEST >> 20} MiB", 0)
    if content.startswith(_BOMS):
        raise Fault("json_encoding", "it must be UTF-8, without a mark before it", 0)
    if _may_hold_too_long_text(content):
        walk(_utf8(content))
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        walk(_utf8(content))
        raise Fault("json_malformed", "it is no JSON", 0) from None
    keys, depth, is_rounded = _seen(value)
    if depth > MAX_DEPTH or content.count(b'":') != keys or _SPACED_KEY.search(content):
        walk(content)
    return json.loads(content) if is_rounded else value


def _may_hold_too_long_text(content: bytes) -> bool:
    """Tell whether no text begins or ends for long: to walk a whole document takes long, too."""
    window = LONGEST_STRING // 2
    ends = range(window, len(content) + 1, window)
    return any(content.find(b'"', end - window, end) < 0 for end in ends)


def _utf8(content: bytes) -> bytes:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise Fault("json_encoding", "it is not UTF-8", error.start) from None
    return content


def _seen(value: object) -> tuple[int, int, bool]:
    """Return the number of keys, the levels, and whether a number may be rounded; no recursion."""
    keys = depth = 0
    is_rounded = False
    level: list[Any] = [value] if type(value) in _NOTED else []
    while level:
        depth += 1
        below: list[Any] = []
        for one in level:
            if type(one) is float:
                is_rounded |= abs(one) > _EXACT
            elif type(one) is dict:
                keys += len(one)
                below += [each for each in one.values() if type(each) in _NOTED]
            else:
                below += [each for each in one if type(each) in _NOTED]
        level = below
    return keys, depth, is_rounded
