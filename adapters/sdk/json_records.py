"""The records in a JSON document: one object, a list, or the envelope of a known interface."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from adapters.sdk.unpack import UnreadableError
from contracts import strict_json
from contracts.errors import Reason, RejectedError

ENVELOPES = (
    ("data", "data"),  # OpenEMIS
    ("data",),  # Primero
    ("results",),  # KoboToolbox
    ("value",),  # OData, as ODK Central gives it
    ("trackedEntities",),  # DHIS2
    ("instances",),  # DHIS2 before 2.41
)
LARGEST = strict_json.LARGEST


def records_in(content: bytes) -> list[Mapping[str, Any]]:
    """Return the records of a document. Raises UnreadableError."""
    try:
        value = strict_json.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except RejectedError as error:
        raise UnreadableError(error.reasons[0]) from None
    found = _unwrapped(value)
    for at, one in enumerate(found):
        if not isinstance(one, dict):
            raise UnreadableError(_no_record(f"record {at + 1}"))
    return found


def records_by_line(file: BinaryIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the record of each line that is not empty, with its number. Raises UnreadableError."""
    for number, line in enumerate(iter(lambda: file.readline(LARGEST + 1), b""), 1):
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not text:
            continue
        where = f"line {number}"
        try:
            value = strict_json.loads(text, where=where)
        except RejectedError as error:
            raise UnreadableError(error.reasons[0]) from None
        if not isinstance(value, dict):
            raise UnreadableError(_no_record(where))
        yield number, value


def _unwrapped(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    for path in ENVELOPES:
        inside: Any = value
        for step in path:
            inside = inside.get(step) if isinstance(inside, dict) else None
        if isinstance(inside, list):
            return inside
    return [value]


def _no_record(where: str) -> Reason:
    return Reason(
        code="json_no_record", where=where,
        message="here stands something that is no object with named fields",
        next_step="send an object, a list of objects, or what the system's interface answers",
    )  # fmt: skip
