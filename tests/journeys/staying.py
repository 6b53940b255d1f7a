"""A demo that stays up, started and stopped as in a terminal. Asserts only that it does."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 120


def environment(home: Path) -> dict[str, str]:
    """What the README's reader has, and this home in place of the default one."""
    return {"PATH": os.environ["PATH"], "CLM_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def arguments(command: str) -> list[str]:
    """A command of the README as printed, run by this very Python."""
    return [sys.executable, "-m", "hub", *shlex.split(command)[1:]]


@contextmanager
def demo(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the demo as in a terminal; gives it once it is up, and what it printed."""
    process = subprocess.Popen(
        arguments(".venv/bin/clmhub demo"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(home), cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "truth.jsonl" in line:
                break
        else:
            assert process.stderr is not None
            pytest.fail(process.stderr.read()[-2000:])
        yield process, printed
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def press_ctrl_c(process: subprocess.Popen[str]) -> str:
    """Interrupt the whole foreground group, as a terminal does; gives what was printed after."""
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # nothing of it is left
    return out
