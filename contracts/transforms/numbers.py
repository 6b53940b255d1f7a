"""Transforms that give numbers: within the limits of the contract and of the schema, or not."""

import re

import orjson

from contracts.cells import (
    Impossible,
    Unreadable,
    WhyAbsent,
    cell_text,
    is_blank,
    refuse_nothing,
    says_nothing,
)
from contracts.mapping.rows import Row
from contracts.mapping.targets import Leaf
from contracts.transforms.binding import Binding, Transform
from contracts.transforms.units import plain_number, with_unit

_LARGEST = 10**15
_DEGREES = r"(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)"
_USUAL_POSITION = 21  # with two points in so many characters, neither has over 15 digits behind it
_BETWEEN = r"(?: ?[,;|/] ?| )"
_UNTIDY = re.compile(
    rf"{_DEGREES}{_BETWEEN}{_DEGREES}(?:{_BETWEEN}{_DEGREES}){{0,2}}"  # then altitude, accuracy
)
_DECIMAL_COMMAS = re.compile(r"-?[0-9]{1,3},[0-9]{2,}(?: ?[;|/] ?|,? )-?[0-9]{1,3},[0-9]{2,}")
_AXIS_WORDS = re.compile(r"latitude|longitude|lat|long|lon|lng|gps|[()\[\]:=\u00b0]")
_COMPASS = re.compile(rf"([ns])? ?{_DEGREES} ?([ns])?{_BETWEEN}([ew])? ?{_DEGREES} ?([ew])?")


def number(binding: Binding) -> Transform:
    low, high = limits(binding.row, binding.leaf)
    name = binding.leaf.target.rpartition(".")[2]

    def read(raw: object) -> float | None:
        number = raw if type(raw) is int else _read_number(raw, name)
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


def _read_number(raw: object, name: str) -> float | None:
    text = cell_text(raw)
    if not text:
        return None
    number = plain_number(text)
    if number is None:
        number = with_unit(text, name)
    if number is None:
        refuse_nothing(text)
    if number is None or isinstance(raw, bool):
        raise Unreadable("a number")
    return number


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
        said = [one for one in parts if not is_blank(one) and not says_nothing(absent_text(one))]
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
    def read(raw: object) -> float | None:
        if (usual := usual_position(raw)) is not None:
            return usual[which]
        position = _position(raw)
        if position is None:
            return None
        if not (abs(position[0]) <= 90 and abs(position[1]) <= 180):
            raise Unreadable(_POSITION)
        return position[which]

    return read


def usual_position(raw: object) -> tuple[float, float] | None:
    """Return both numbers of a position in the usual form, and None for any other cell.

    A JSON parser reads two numbers with points quicker than anything else, and takes no other form.
    """
    if type(raw) is not str or len(raw) > _USUAL_POSITION or "e" in raw or "E" in raw:
        return None
    try:
        latitude, longitude = orjson.loads(f"[{raw.replace(' ', ',')}]")
    except ValueError:  # not JSON, or not two
        return None
    if type(latitude) is not float or type(longitude) is not float:
        return None
    if -90.0 <= latitude <= 90.0 and -180.0 <= longitude <= 180.0:
        return latitude, longitude
    return None


def _position(raw: object) -> tuple[float, float] | None:
    """Return latitude and longitude; GeoJSON has them the other way round."""
    if isinstance(raw, dict):
        axes = raw.get("coordinates")
        if raw.get("type") != "Point" or not isinstance(axes, list):
            raise Unreadable(_POSITION)
        text = " ".join(cell_text(one) for one in axes[1::-1])
    else:
        text = cell_text(raw)
    if not text:
        return None
    position = _untidy_position(text)
    if position is None:
        refuse_nothing(text)
        raise Unreadable(_POSITION)
    return position


def _untidy_position(text: str) -> tuple[float, float] | None:
    """Return both numbers of a position as people write it; None where they could be others."""
    plain = " ".join(_AXIS_WORDS.sub(" ", text.casefold()).split()).replace(" ,", ",")
    if _DECIMAL_COMMAS.fullmatch(plain):
        plain = re.sub(r"(?<=[0-9]),(?=[0-9])", ".", plain)
    if found := _UNTIDY.fullmatch(plain):
        return float(found[1]), float(found[2])
    if found := _COMPASS.fullmatch(plain):
        south = "s" in (found[1], found[3])
        west = "w" in (found[4], found[6])
        return float(found[2]) * (-1 if south else 1), float(found[5]) * (-1 if west else 1)
    return None
