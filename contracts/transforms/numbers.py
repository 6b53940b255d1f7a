"""Transforms that give numbers: within the limits of the contract and of the schema, or not."""

import re

from contracts.cells import Impossible, Unreadable, WhyAbsent, cell_text, is_blank
from contracts.mapping.rows import Row
from contracts.mapping.targets import Leaf
from contracts.transforms.binding import Binding, Transform

_NUMBER = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,15})?")
_IN_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}(,[0-9]{3}){1,4}(\.[0-9]{1,15})?")  # 50,000 kyat
_LARGEST = 10**15
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")
_POINT = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]{1,15})?) (-?[0-9]{1,3}(?:\.[0-9]{1,15})?)")
_BETWEEN = re.compile(r"[\s,;|]+")


def number(binding: Binding) -> Transform:
    low, high = limits(binding.row, binding.leaf)

    def read(raw: object) -> float | None:
        number = raw if type(raw) is int else _read_number(raw)
        if number is None:
            return None
        if abs(number) > _LARGEST:
            raise Unreadable("a number of usual size")
        if not low <= number <= high:
            raise Impossible
        return float(number)

    return read


def limits(row: Row, leaf: Leaf) -> tuple[float, float]:
    """Return the narrower of the contract's and the schema's limits."""
    lows = [one for one in (row.minimum, leaf.low, -_LARGEST) if one is not None]
    highs = [one for one in (row.maximum, leaf.high, _LARGEST) if one is not None]
    return max(lows), min(highs)


def _read_number(raw: object) -> float | None:
    text = cell_text(raw)
    if not text:
        return None
    if _IN_THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if isinstance(raw, bool) or not _NUMBER.fullmatch(text):
        raise Unreadable("a number")
    return float(text.replace(",", "."))


def integer(binding: Binding) -> Transform:
    read_number = number(binding)

    def read(raw: object) -> int | None:
        number = read_number(raw)
        return None if number is None else int(number)  # an age of 12.5 is 12 completed years

    return read


def total(binding: Binding) -> Transform:
    read_number, absent = number(binding), binding.row.absent
    high = binding.leaf.high

    def read(raw: object) -> float | None:
        parts = raw if isinstance(raw, tuple) else (raw,)
        said = [one for one in parts if not is_blank(one)]
        known = [read_number(one) for one in said if absent_text(one) not in absent]
        numbers = [one for one in known if one is not None]
        if said and not numbers:
            raise WhyAbsent(absent[absent_text(said[0])])
        if high is not None and sum(numbers) > high:
            raise Impossible
        return sum(numbers) if numbers else None

    return read


def absent_text(raw: object) -> str:
    """Return a value as a row's `absent` writes it; empty for what is no single value."""
    try:
        return cell_text(raw)
    except Unreadable:
        return ""


_POSITION = "latitude and longitude, as 16.8661 96.1951"


def coordinate(which: int) -> Transform:
    limit = (90.0, 180.0)[which]

    def read(raw: object) -> float | None:
        if (usual := usual_position(raw)) is not None:
            return usual[which]
        parts = _position(raw)
        if not parts:
            return None
        if len(parts) < 2 or not (_DEGREES.fullmatch(parts[0]) and _DEGREES.fullmatch(parts[1])):
            raise Unreadable(_POSITION)
        degrees = float(parts[which])
        if abs(degrees) > limit:
            raise Unreadable(_POSITION)
        return degrees

    return read


def usual_position(raw: object) -> tuple[float, float] | None:
    """Return both numbers of a position in the usual form, and None for any other cell."""
    if type(raw) is not str or (found := _POINT.fullmatch(raw)) is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    if -90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 180.0:
        return latitude, longitude
    return None


def _position(raw: object) -> list[str]:
    """Return latitude and longitude as texts; GeoJSON has them the other way round."""
    if isinstance(raw, dict):
        axes = raw.get("coordinates")
        if raw.get("type") != "Point" or not isinstance(axes, list):
            raise Unreadable(_POSITION)
        return [cell_text(one) for one in axes[1::-1]]
    return [one for one in _BETWEEN.split(cell_text(raw)) if one]
