"""What CI remembers of the shipped contracts: `python -m tests.spec.contract_baseline` records it.

It records a contract only when its version says that it changed, and never one that breaks its
sources without a new major version. `--first` starts anew: before the first release alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contracts import source_contract
from contracts.evolution import Mode, compare, judge
from contracts.evolution.shape import Shape, code_lists, shape_of

FILE = Path(__file__).with_name("contract_baseline.json")
MODE = Mode.BACKWARD


def today() -> dict[str, Shape]:
    """The shapes of the contracts in the working tree."""
    return {
        f"{system}/{record}/v{major}": shape_of(source_contract.load(system, record, major))
        for system, record, major in source_contract.every()
    }


def remembered() -> tuple[dict[str, Shape], dict[str, str]]:
    """The recorded shapes, and the recorded codes of each list."""
    data: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    shapes = {name: Shape.model_validate(one) for name, one in data["contracts"].items()}
    return shapes, data["codes"]


def faults(
    before: dict[str, Shape], now: dict[str, Shape],
    codes_before: dict[str, str], codes_now: dict[str, str],
) -> list[str]:  # fmt: skip
    """What may not stay as it is, in sentences that say what to do."""
    found = [f"{name} is gone: a shipped contract stays" for name in before.keys() - now.keys()]
    for name in sorted(before.keys() & now.keys()):
        found += _changed(name, before[name], now[name])
    for name, codes in codes_before.items():
        lost = sorted(set(codes.split()) - set(codes_now.get(name, "").split()))
        if lost:
            found.append(f"the list {name} lost {', '.join(lost)}: retire codes, delete none")
    return found


def _changed(name: str, old: Shape, new: Shape) -> list[str]:
    verdict = judge([old], new, MODE)[0]
    if verdict.fails:
        told = "; ".join(f"{one.message} -> {one.next_step}" for one in verdict.broken)
        return [f"{name} breaks without a new major version: {told}"]
    if compare(old, new) and not verdict.raised:
        return [f"{name} changed: raise `version` in its contract.toml or mapping.toml"]
    return []


def unrecorded(before: dict[str, Shape], now: dict[str, Shape]) -> list[str]:
    """Contracts whose new version is not recorded yet."""
    return [name for name, shape in now.items() if before.get(name) != shape]


def record(shapes: dict[str, Shape], codes: dict[str, str]) -> None:
    """Write the file."""
    contracts = {
        name: one.model_dump(mode="json", exclude_defaults=True) for name, one in shapes.items()
    }
    rows = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}"
        for name, one in sorted(contracts.items())
    )
    lists = ",\n".join(f"  {json.dumps(n)}: {json.dumps(c)}" for n, c in sorted(codes.items()))
    FILE.write_text(
        f'{{"contracts": {{\n{rows}\n}},\n"codes": {{\n{lists}\n}}}}\n', encoding="utf-8"
    )


if __name__ == "__main__":
    shapes, codes = today(), code_lists()
    if "--first" not in sys.argv:
        known, known_codes = remembered()
        if wrong := faults(known, shapes, known_codes, codes):
            sys.exit("not recorded:\n" + "\n".join(wrong))
    record(shapes, codes)
