"""Errands: claimed, performed with no transaction open, settled; a failure is its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update
from structlog.testing import capture_logs

from contracts.errors import FatalError
from hub.bus import journal
from hub.bus.database import reading
from hub.bus.port import Bus
from hub.bus.stage import Errand
from tests.stores.little import (
    LITTLE,
    Errant,
    effects,
    event,
    make_tables,
    open_bus,
    outside,
    published,
    quiet,
    send,
    wait,
    worker,
)
from tests.stores.standing import open_work


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    with open_bus(tmp_path / "bus") as bus:
        yield bus


@pytest.fixture
def store(engine: Engine) -> Engine:
    make_tables(engine)
    return engine


def held_outside(store: Engine) -> int:
    with reading(store) as connection:
        return int(connection.execute(select(func.count()).select_from(outside)).scalar_one())


def test_an_errand_is_performed_once_and_its_result_is_passed_on(bus: Bus, store: Engine) -> None:
    send(bus, *(event(f"k{n}", errand=True) for n in range(6)))
    little = worker(LITTLE, Errant(engine=store), bus, store)
    quiet(little)
    assert effects(store, "settled") == [(f"k{n}", "made") for n in range(6)]
    assert open_work(store).claims == 0
    assert sum(e.version == "settled" for e in published(bus, "little.out")) == 6
    little.close()


class Refusing(Errant):
    """Takes every message, and fails to perform what `refuses` names."""

    refuses: dict[str, Exception]

    def perform(self, errand: Errand, now: object) -> str:
        if errand.key in self.refuses:
            raise self.refuses[errand.key]
        return super().perform(errand, now)  # type: ignore[arg-type]


def test_one_errands_failure_stops_no_other_and_it_is_tried_again(bus: Bus, store: Engine) -> None:
    handler = Refusing(engine=store)
    handler.refuses = {"b": wait(), "c": ValueError("a value"), "d": FatalError("a person")}
    little = worker(LITTLE, handler, bus, store)
    send(bus, *(event(key, errand=True) for key in ("a", "b", "c", "d", "e")))
    with capture_logs() as logs:
        while len(effects(store, "settled")) < 2:
            little.step()
    assert effects(store, "settled") == [("a", "made"), ("e", "made")]
    assert "a value" not in repr(logs)
    handler.refuses.clear()
    while len(effects(store, "settled")) < 4:
        little.step()
    quiet(little)
    # d needs a person: this run leaves it alone, a new one looks first and then does it
    assert open_work(store).claims == 1
    little.close()
    again = worker(LITTLE, handler, bus, store)
    while len(effects(store, "settled")) < 5:
        again.step()
    assert held_outside(store) == 5
    again.close()


def test_a_worker_leaves_alone_what_another_one_is_doing(bus: Bus, store: Engine) -> None:
    send(bus, *(event(key, errand=True) for key in ("a", "b", "c")))
    second = worker(LITTLE, Errant(engine=store), bus, store)

    class Slow(Errant):
        def perform(self, errand: Errand, now: object) -> str:
            quiet(second)  # meanwhile
            return super().perform(errand, now)  # type: ignore[arg-type]

    first = worker(LITTLE, Slow(engine=store), bus, store)
    while len(effects(store, "settled")) < 3:
        first.step()
    assert effects(store, "settled") == [("a", "made"), ("b", "made"), ("c", "made")]
    first.close()
    second.close()


def test_a_lease_that_ran_out_settles_nothing(bus: Bus, store: Engine) -> None:
    class Late(Errant):
        def perform(self, errand: Errand, now: object) -> str:
            result = super().perform(errand, now)  # type: ignore[arg-type]
            if errand.data == "new":
                with store.begin() as connection:  # another worker took the claim over
                    connection.execute(update(journal.claim).values(run="other", cause="other"))
            return result

    send(bus, event("a", errand=True))
    little = worker(LITTLE, Late(engine=store), bus, store)
    while not effects(store, "settled"):
        little.step()
    assert effects(store, "settled") == [("a", "was there")]
    assert held_outside(store) == 1
    little.close()
