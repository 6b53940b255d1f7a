"""The records in a JSON document: one object, a list, or the envelope of a known interface."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import islice
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
_OF_ONE = frozenset({"data", "message", "metadata"})
"""What an interface answers that was asked for one record by its id."""
_OF_A_PAGE = frozenset(
    {
        "count", "total", "next", "previous", "page", "pages", "per", "per_page", "pageSize",
        "page_size", "limit", "offset", "pager", "meta", "metadata", "links", "message", "status",
        "success",
    }
)  # fmt: skip
"""What an unknown interface says of a page of records, beside the records."""
LARGEST = strict_json.LARGEST
_MARK = b"\xef\xbb\xbf"


def records_in(content: bytes) -> list[Mapping[str, Any]]:
    """Return the records of a document, or of lines that are one each. Raises UnreadableError."""
    try:
        value = strict_json.loads(content.removeprefix(_MARK))
    except RejectedError as error:
        if _is_one_a_line(content):
            return [record for _, record in records_by_line(BytesIO(content))]
        raise UnreadableError(error.reasons[0]) from None
    found = _unwrapped(value)
    for at, one in enumerate(found):
        if not isinstance(one, dict):
            raise UnreadableError(_no_record(f"record {at + 1}"))
    return found


def records_by_line(file: BinaryIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the record of each line that is not empty, with its number. Raises UnreadableError."""
    for number, line in enumerate(iter(lambda: file.readline(LARGEST + 1), b""), 1):
        text = line.removeprefix(_MARK).strip() if number == 1 else line.strip()
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


def _is_one_a_line(content: bytes) -> bool:
    """Whether each of the first two lines that hold anything is an object of its own."""
    lines = (line.strip() for line in BytesIO(content.removeprefix(_MARK)))
    first = list(islice(filter(None, lines), 2))
    return len(first) == 2 and all(line[:1] + line[-1:] == b"{}" for line in first)


def _unwrapped(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    for path in ENVELOPES:
        inside: Any = value
        for step in path:
            inside = inside.get(step) if isinstance(inside, dict) else None
        if isinstance(inside, list):
            return inside
    if isinstance(value, dict) and value.keys() <= _OF_ONE and isinstance(value.get("data"), dict):
        return [value["data"]]
    if isinstance(value, dict) and len(own := value.keys() - _OF_A_PAGE) == 1:
        inside = value[own.pop()]
        if isinstance(inside, list) and all(isinstance(one, dict) for one in inside):
            return inside
    return [value]


def _no_record(where: str) -> Reason:
    return Reason(
        code="json_no_record", where=where,
        message="here stands something that is no object with named fields",
        next_step="send an object, a list of objects, or what the system's interface answers",
    )  # fmt: skip
