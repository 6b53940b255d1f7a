"""No nonce is given twice: not to two threads, and not to two processes."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from hub.vault.nonces import DRAWN_AT_ONCE, NONCE_BYTES, Nonces


def test_nonces_are_drawn_many_at_a_time_and_each_is_given_once() -> None:
    drawn: list[int] = []
    numbers = count()

    def numbered(length: int) -> bytes:
        drawn.append(length)
        return b"".join(
            next(numbers).to_bytes(NONCE_BYTES, "big") for _ in range(length // NONCE_BYTES)
        )

    nonces = Nonces(numbered)
    given = [nonces.take() for _ in range(DRAWN_AT_ONCE * 2)]
    assert {len(one) for one in given} == {NONCE_BYTES}
    assert len(set(given)) == len(given)
    assert drawn == [DRAWN_AT_ONCE * NONCE_BYTES] * 2
    assert "0" not in repr(nonces)


def test_threads_share_one_source_and_no_nonce() -> None:
    nonces = Nonces(os.urandom)
    with ThreadPoolExecutor(4) as threads:
        taken = threads.map(lambda _: [nonces.take() for _ in range(2000)], range(8))
        given = [one for some in taken for one in some]
    assert len(set(given)) == len(given) == 16000


FORKS = """
import gc, os
from hub.vault.nonces import DRAWN_AT_ONCE, Nonces
nonces = Nonces(os.urandom)
Nonces(os.urandom).take()  # one that is gone does not hinder a fork
gc.collect()
nonces.take()
child = os.fork()
given = [nonces.take().hex() for _ in range(DRAWN_AT_ONCE)]
os.write(1, " ".join((*given, "")).encode())  # at one go: both write here
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_a_forked_child_gives_none_that_its_parent_gives() -> None:
    """In a process of its own, as forking one with threads is not safe."""
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, check=True, text=True)
    given = done.stdout.split()
    assert len(set(given)) == len(given) == 2 * DRAWN_AT_ONCE
