"""What can be wrong with a real part on this machine. Holds no logic."""

from __future__ import annotations


class MissingPartError(Exception):
    """The part is not on this machine and could not be brought here."""


class PartFailedError(Exception):
    """The part is here, but did not start or stop as it should."""
