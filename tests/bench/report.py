"""The figures as a person reads them. Measures nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench.classify import told
from tests.bench.probe import PARTS


def tell(result: Mapping[str, Any]) -> Iterator[str]:
    """The lines to print."""
    if compared := result.get("compare"):
        yield from _compared(compared)
    if found := result.get("embedded"):
        yield ""
        yield _title("embedded bus, SQLite")
        yield from _stages(found["hub"])
        yield from _bus("embedded bus", found["bus"])
    if found := result.get("contract"):
        yield ""
        yield from _contract(found)
    if found := result.get("classify"):
        yield ""
        yield from told(found)
    if found := result.get("demo"):
        yield ""
        yield f"the demonstration, {found['children']} children: {found['seconds']:.1f} s"


def _compared(found: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield _title("Kafka, SQLite")
    yield _row("hand-written loop", found["loop"])
    yield from _stages(found["hub"])
    yield from _bus("Kafka", found["bus"])
    yield ""
    yield f"ratio, loop to all three stages  {found['ratio']:.3f}"
    yield f"ratio, loop to translate alone   {found['ratio_translate']:.3f}"
    yield ""
    yield "CPU us/event, inside (a round of its own: measuring costs, too)"
    stages = list(found["inside"])
    yield f"{'':18}" + "".join(f"{name:>12}" for name in stages)
    for part in PARTS:
        yield f"{part:18}" + "".join(f"{found['inside'][name][part]:12.0f}" for name in stages)


def _contract(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'the contract step, an inspection row':38}{'CPU us/record':>14}"
    for name, key in (
        ("pydantic in, orjson out", "pydantic_us"), ("contract step", "contract_step_us"),
        ("  parsing and mapping alone", "mapping_us"), ("  with the bus's base64", "as_event_us"),
    ):  # fmt: skip
        yield f"{name:38}{found[key]:14.1f}"
    yield f"ratio, pydantic to the step  {found['ratio']:.3f}"


def _stages(hub: Mapping[str, Any]) -> Iterator[str]:
    yield _row("hub, all three", hub["all"])
    for name, figures in hub["stages"].items():
        yield _row(f"  {name}", figures)


def _bus(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    for what, one in figures.items():
        yield _row(f"{name}, {what} 1 KiB", one)


def _title(text: str) -> str:
    return f"{text:30}{'events/s':>12}{'CPU us/event':>15}"


def _row(name: str, figures: Mapping[str, float]) -> str:
    return f"{name:30}{figures['events_per_second']:12.0f}{figures['cpu_us_per_event']:15.1f}"
