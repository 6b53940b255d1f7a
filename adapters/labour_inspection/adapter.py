"""Inspection workbooks: a row a child found, or one for an inspection that found none."""

from collections.abc import Mapping

from adapters.sdk.cells import Plain, key_text
from adapters.sdk.office import Offices
from contracts import codes

_NO_CHILD = frozenset({"", "0", "-", "\u2013", "\u2014"})


def keys_of(cells: Mapping[str, Plain]) -> tuple[str, str] | None:
    """Return the row's key, and the same as its person's: a child is known within its inspection.

    Without a child number only an inspection that says "no" is whole; a child found that was not
    numbered would else share its key with the next one.
    """
    inspection, child = key_text(cells.get("insp_id")), key_text(cells.get("child_no"))
    if not inspection:
        return None
    found_none = codes.load("child_found").find(key_text(cells.get("child_found"))) == "no"
    if found_none and child in _NO_CHILD:
        return f"{inspection}/", ""
    return (f"{inspection}/{child}", f"{inspection}/{child}") if child else None


class LabourInspection(Offices):
    """The system as the hub connects it."""

    package = "adapters.labour_inspection"
    keys = staticmethod(keys_of)
