"""A worker's heartbeat: one small file a stage. `python -m hub.heartbeat FOLDER STAGE...` checks.

A worker has no port, so it says here that its loop goes round and how the last round went. The
check imports nothing else of the hub: it runs every few seconds beside every worker.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

WORKING, WAITING = "working", "waiting"
OLDEST_SECONDS = 60.0
"""A batch, or a call to a slow system, may keep a loop from going round for a while."""
_PAUSE_SECONDS = 1.0


class Heartbeat:
    """Written by one worker. The folder belongs to this machine or container alone."""

    def __init__(self, folder: Path, stage: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / stage
        self._said = ("", 0.0)

    def beat(self, well: bool) -> None:
        """Say that a round has ended, and whether it went well; writes once a second at most."""
        state, now = WORKING if well else WAITING, time.monotonic()
        if self._said[0] == state and now - self._said[1] < _PAUSE_SECONDS:
            return
        draft = self._path.with_name(f".{self._path.name}")
        with suppress(OSError):  # a full disk stops no worker; the check sees an old heartbeat
            draft.write_text(state, encoding="ascii")
            draft.replace(self._path)
            self._said = (state, now)


def trouble(folder: Path, stage: str, now: float) -> str:
    """Say what is wrong with a stage at the wall time `now`; "" when it works."""
    path = folder / stage
    try:
        state, age = path.read_text(encoding="ascii"), now - path.stat().st_mtime
    except OSError:
        return f"{stage}: has not started: see its log"
    if age > OLDEST_SECONDS:
        return f"{stage}: its last round ended {age:.0f} seconds ago: see its log, start it again"
    if state != WORKING:
        return f"{stage}: waits for the bus or the database: see its log"
    return ""


def main(words: Sequence[str]) -> int:
    """Check the stages: 0 when all of them work, 1 when one does not, 2 when none is named."""
    if len(words) < 2:
        sys.stderr.write("say: python -m hub.heartbeat FOLDER STAGE...\n")
        return 2
    folder, now = Path(words[0]), time.time()
    found = [trouble(folder, stage, now) for stage in words[1:]]
    sys.stdout.write("".join(f"{line}\n" for line in found if line))
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
