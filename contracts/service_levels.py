"""The service levels of a contract that are measured, and their units. Measures nothing itself."""

MEASURED = frozenset({"frequency", "latency"})
"""`frequency`: a record at least so often. `latency`: read so soon after it was made."""

_UNITS = {"min": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "m": 31, "y": 366}
"""Days in a unit; a month and a year have their longest length."""
_WORDS = {
    "minute": "min", "hour": "h", "day": "d", "week": "w", "mo": "m", "month": "m",
    "yr": "y", "year": "y",
}  # fmt: skip

UNITS = tuple(_UNITS)


def days_of(value: object, unit: str) -> float | None:
    """Return a level in days, or None when it is no number or its unit is none of `UNITS`."""
    name = unit.strip().lower() or "d"
    short = name if name in _UNITS else _WORDS.get(name.rstrip("s"), "")
    try:
        return float(str(value)) * _UNITS[short]
    except (KeyError, ValueError):
        return None
