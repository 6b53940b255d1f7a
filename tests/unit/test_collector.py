"""The collector's pace: slower for workers, and never made faster or switched on."""

import gc
from collections.abc import Iterator

import pytest

from hub.bus.collector import OBJECTS, collect_seldom


@pytest.fixture(autouse=True)
def pace() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_many_objects_come_together_before_a_look() -> None:
    gc.set_threshold(700, 10, 10)
    collect_seldom()
    assert gc.get_threshold() == (OBJECTS, 10, 10)


@pytest.mark.parametrize("first", [0, OBJECTS + 1])
def test_a_slower_pace_of_the_program_stays(first: int) -> None:
    gc.set_threshold(first, 10, 10)
    collect_seldom()
    assert gc.get_threshold()[0] == first
