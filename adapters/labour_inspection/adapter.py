"""Inspection workbooks: a row a child found, or one for an inspection that found none."""

from adapters.sdk.office import Offices


class LabourInspection(Offices):
    """The system as the hub connects it."""

    package = "adapters.labour_inspection"
