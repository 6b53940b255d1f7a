"""Counts and lists as people say them. Knows nothing of what is counted."""

from collections.abc import Sequence


def count(number: int, what: str) -> str:
    """Return `1 record`, `2 records`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def listed(things: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    *others, last = things or ("",)
    return f"{', '.join(others)} and {last}" if others else last


def first_of(things: Sequence[str], number: int) -> str:
    """Return things of which there are `number` in all: `a, b, c and 25 more`."""
    more = number - len(things)
    return listed([*things, f"{more} more"]) if more > 0 else listed(things)
