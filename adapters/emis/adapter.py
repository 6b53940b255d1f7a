"""School workbooks: a row a pupil and month."""

from collections.abc import Mapping

from adapters.sdk.cells import Plain, key_text, month_text
from adapters.sdk.office import Offices


def keys_of(cells: Mapping[str, Plain]) -> tuple[str, str] | None:
    """Return the row's key and the pupil's, who is known by school and number in every month."""
    pupil = (key_text(cells.get("school_code")), key_text(cells.get("student_no")))
    month = month_text(cells.get("month"))
    if not (all(pupil) and month):
        return None
    return "/".join((*pupil, month)), "/".join(pupil)


class Emis(Offices):
    """The system as the hub connects it."""

    package = "adapters.emis"
    keys = staticmethod(keys_of)
