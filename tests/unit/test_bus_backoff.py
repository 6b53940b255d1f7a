"""When what failed is tried again: later each time, each thing by itself."""

from tenacity import wait_exponential

from hub.bus.backoff import Backoff


def test_each_failure_rests_longer_and_success_forgets_them() -> None:
    now = [100.0]
    backoff = Backoff(lambda: now[0], wait_exponential(multiplier=1, max=8))
    assert [backoff.failed("a") for _ in range(6)] == [1, 2, 4, 8, 8, 8]
    assert backoff.rests("a")
    assert not backoff.rests("b")
    assert backoff.resting() == ["a"]
    now[0] += 8
    assert not backoff.rests("a")
    backoff.worked("a")
    assert backoff.failed("a") == 1


def test_a_hint_is_the_least_that_is_waited() -> None:
    backoff = Backoff(lambda: 0.0, wait_exponential(multiplier=1))
    assert backoff.failed("a", after=30.0) == 30.0
    assert backoff.failed("b", after=0.1) == 1.0


def test_by_default_waits_grow_with_jitter_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 0.0)
    waits = [backoff.failed("a") for _ in range(12)]
    assert 0.5 <= waits[0] <= 1.5
    assert waits[-1] == 60
