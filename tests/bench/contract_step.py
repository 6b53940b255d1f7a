"""The contract step beside pydantic-in, orjson-out, on the same records, in turn, in one process.

The step: the bytes of a source's record parsed, validated and mapped, judged under both rule sets,
identity and case written and sealed apart. No bus, no store. Beside it `contract_model`, a typed
pydantic model of the same record, reads the same bytes, checks what the contract checks, and writes
JSON: it maps, judges and seals nothing. The ratio is its CPU to the step's; 1 would be as cheap.
`as_event_us` adds what the bus wants: base64 and JSON around the sealed parts.

Each round has children of its own, so that neither side meets a record twice; the first rounds
count for neither, as a worker runs for days and a first record is read once.
"""

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts import source_contract
from contracts.envelope import Kind, Part, encode_parts
from contracts.mapping.translation import Plan, Translated, plan
from hub.bus.collector import collect_seldom
from hub.vault.nonces import Nonces
from tests.bench.contract_model import pydantic_in_and_out, pydantic_in_orjson_out
from tests.bench.parts import Plan as BenchPlan

WARM = 8
"""Rounds before it counts: kinds of work come again and again, and a worker has seen most."""
_SYLLABLES = ("Kyaw", "Thura", "Linn", "Ohnmar", "Win", "Zin", "Mar", "Phyo", "Yadana", "Htet",
              "Aung", "Moe", "Khin", "Su", "Nandar", "Min")  # fmt: skip
_TOWNSHIPS = ("MMR010006", "MMR013040", "MMR017001", "MMR013017")
_HAZARDS = ("dust_fumes", "fire_gas", "heights", "chemicals", "heavy_loads", "long_hours")


def rows(count: int, *, seed: int) -> list[bytes]:
    """Return made-up rows as JSON, every column filled that an office fills, each child another."""
    random = Random(seed)
    return [orjson.dumps(_row(random, number)) for number in range(count)]


def measure(count: int, rounds: int, *, seed: int = 7) -> dict[str, float]:
    """Return CPU a record of both, and their ratio: the best of rounds that take turns."""
    step = Step()
    sides: dict[str, Callable[[bytes], bytes]] = {
        "pydantic_us": pydantic_in_orjson_out, "contract_step_us": step, "as_event_us": step.event,
        "mapping_us": step.mapping, "pydantic_alone_us": pydantic_in_and_out,
    }  # fmt: skip
    costs: dict[str, list[float]] = {name: [] for name in sides}
    with _at_a_workers_pace():
        for turn in range(WARM + rounds):
            given = rows(count, seed=seed + turn)
            for name, side in sides.items():
                costs[name].append(_cpu(side, given))
    best = {name: min(found[WARM:]) for name, found in costs.items()}
    return best | {"ratio": best["pydantic_us"] / best["contract_step_us"], "records": count}


def part(plan: BenchPlan) -> dict[str, float]:
    """The measurement as `make bench` asks for it."""
    return measure(plan.events, max(9, plan.rounds))


class Step:
    """The contract step, with the key of one made-up person, and nonces as the vault has them."""

    def __init__(self) -> None:
        self._plan: Plan = plan(source_contract.load("labour_inspection", "inspection"))
        self.key = AESGCM.generate_key(256)
        self._cipher = AESGCM(self.key)
        self._nonce = Nonces(os.urandom).take

    def __call__(self, row: bytes) -> bytes:
        """Return both sealed parts of a row: nonce and ciphertext, one after the other."""
        found = self._plan.translate(orjson.loads(row), where="sheet, row 3", key="k")
        identity, facts = orjson.dumps(found.identity), orjson.dumps(found.facts)
        one, other = self._nonce(), self._nonce()
        seal, origin = self._cipher.encrypt, b"origin"
        return b"".join(
            (
                one, seal(one, identity, b"person|identity|" + origin),
                other, seal(other, facts, b"person|case|" + origin),
            )
        )  # fmt: skip

    def event(self, row: bytes) -> bytes:
        """Return the sealed parts as they stand in an event."""
        found = self._plan.translate(orjson.loads(row), where="sheet, row 3", key="k")
        return encode_parts(
            [self._part(Kind.IDENTITY, found.identity), self._part(Kind.CASE, found.facts)]
        )

    def translated(self, row: bytes) -> Translated:
        """Return what one row says."""
        return self._plan.translate(orjson.loads(row), where="sheet, row 3", key="k")

    def mapping(self, row: bytes) -> bytes:
        """Parse and translate alone."""
        self._plan.translate(orjson.loads(row), where="sheet, row 3", key="k")
        return b""

    def _part(self, kind: Kind, content: Any) -> Part:  # noqa: ANN401 - a part's JSON
        nonce = self._nonce()
        bound = f"person|{kind}|origin".encode()
        text = self._cipher.encrypt(nonce, orjson.dumps(content), bound)
        return Part(person="person", kind=kind, origin="origin", nonce=nonce, text=text)


@contextmanager
def _at_a_workers_pace() -> Iterator[None]:
    """Collect garbage as seldom as the hub's workers do, for both sides."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _cpu(does: Callable[[bytes], bytes], given: Sequence[bytes]) -> float:
    """Return the CPU microseconds a row."""
    before = time.process_time()
    for row in given:
        does(row)
    return (time.process_time() - before) * 1e6 / len(given)


def _row(random: Random, number: int) -> dict[str, Any]:
    found = date(2026, 1, 5) + timedelta(days=random.randrange(60))
    born = date(2011, 1, 1) + timedelta(days=random.randrange(1500))
    hours = random.randrange(1, 12)
    return {
        "insp_id": f"LI-YGN-26-{number:05}", "insp_date": found.isoformat(),
        "insp_type": "routine", "inspector_code": f"INSP-{random.randrange(90)}",
        "office_code": f"YGN-{random.randrange(9)}", "wp_id": f"WP-{random.randrange(3000):04}",
        "wp_name": f"{_name(random, 2)} tea shop", "wp_owner": f"U {_name(random, 2)}",
        "wp_address": f"No. {random.randrange(400)}, {_name(random, 1)} Street",
        "wp_township": random.choice(_TOWNSHIPS),
        "gps": f"{16 + random.random():.6f} {96 + random.random():.6f}", "isic4": "5610",
        "workers_total": random.randrange(3, 60), "workers_15_17_m": random.randrange(4),
        "workers_15_17_f": random.randrange(4), "workers_u15_m": 1, "workers_u15_f": 0,
        "entry": "permitted", "records": random.choice(["permitted", "denied"]),
        "interview": "permitted", "child_found": "yes", "child_no": 1 + number % 3,
        "child_name": _name(random, 3), "child_father_name": f"U {_name(random, 2)}",
        "child_sex": random.choice("MF"), "child_dob": born.isoformat(),
        "child_age": (found - born).days // 366, "child_age_evidence": "stated",
        "child_nationality": "MM", "child_home_township": random.choice(_TOWNSHIPS),
        "child_card_no": f"12/OUKAMA(N){random.randrange(10**6):06}", "child_isco08": "9412",
        "child_task_text": "washing dishes, carrying water", "child_hours_day": hours,
        "child_days_week": 6, "child_hours_week": hours * 6, "child_night": "no",
        "child_attends_school": random.choice(["yes", "no"]), "child_start_date": "2025-06-01",
        "child_pay_kind": "cash", "child_hazards": " ".join(random.sample(_HAZARDS, 2)),
        "child_wfcl_flags": None, "child_living_with": "employer", "child_injury": "no",
        "finding_law": "48(b)", "sanction": "warning", "sanction_amount": None,
        "deadline": (found + timedelta(days=30)).isoformat(), "referred_to": "dsw",
        "consent": "yes", "remarks": None,
    }  # fmt: skip


def _name(random: Random, parts: int) -> str:
    return " ".join(random.choices(_SYLLABLES, k=parts))
