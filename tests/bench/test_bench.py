"""The bench runs, and says what it promises to say. No figure is judged here."""

import subprocess
import sys
from typing import Any

import orjson

from tests.services.kafka import KafkaBroker


def bench(*arguments: str) -> dict[str, Any]:
    """Its last line."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = orjson.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_the_hub_is_measured_beside_the_loop_stage_by_stage(kafka_broker: KafkaBroker) -> None:
    """The shared broker is only asked for so that a machine without one skips."""
    found = bench("--events", "200", "--rounds", "1", "--only", "compare", "--only", "embedded")

    compared = found["compare"]
    assert compared["ratio"] > 0
    assert compared["ratio_translate"] > compared["ratio"]
    assert compared["loop"].keys() == {"events_per_second", "cpu_us_per_event"}
    assert set(compared["hub"]["stages"]) == {"translate", "identify", "release"}
    assert set(compared["inside"]) == {"translate", "identify", "release"}
    assert found["embedded"]["hub"]["all"]["cpu_us_per_event"] > 0


def test_help_teaches_what_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--help"], capture_output=True, text=True, check=True
    )
    assert all(word in done.stdout for word in ("compare", "embedded", "demo", "ratio"))
