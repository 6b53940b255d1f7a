"""The contract step keeps its pace, beside a measure of the same machine in the same minute."""

import os
import subprocess
import sys

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.envelope import decode_parts
from contracts.model.case_facts import CaseFacts
from contracts.model.identity import Identity
from tests.bench.contract_step import NONCE_BYTES, InspectionRow, Step, rows

LEAST = 0.35
"""What a busy machine reaches, too; `docs/performance.md` has the figures of a quiet one."""


def ratio() -> float:
    """Measure as `make bench` does, in a process that nobody watches line by line."""
    alone = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "tests.bench", "--only", "contract", "--events", "300"]
    done = subprocess.run(command, env=alone, capture_output=True, check=True)
    found: float = orjson.loads(done.stdout.splitlines()[-1])["contract"]["ratio"]
    return found


def test_the_step_is_no_slower_than_it_was() -> None:
    """CPU time of the best of several turns: other work on the machine hardly counts."""
    found = [ratio()]
    while found[-1] < LEAST and len(found) < 4:
        found.append(ratio())
    assert max(found) >= LEAST, found


def test_both_sides_do_their_work() -> None:
    """What is measured is whole: every column read, both parts sealed and readable again."""
    step = Step()
    for row in rows(40, seed=3):
        InspectionRow.model_validate_json(row)
        found = step.translated(row)
        assert found.identity is not None
        assert found.facts is not None
        assert (found.facts["unmapped"], found.quality) == ([], ())
        Identity.model_validate(found.identity)
        CaseFacts.model_validate(found.facts)
        sealed = step(row)
        nonce = sealed[:NONCE_BYTES]
        end = NONCE_BYTES + len(orjson.dumps(found.identity)) + 16
        opened = AESGCM(step.key).decrypt(nonce, sealed[NONCE_BYTES:end], b"person|identity|origin")
        assert orjson.loads(opened) == found.identity
        assert [part.kind for part in decode_parts(step.event(row))] == ["identity", "case"]
