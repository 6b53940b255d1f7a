"""`clmhub work all --once`: what lies there is read and handled, and then the program ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.journeys.contract_shell import samples
from tests.journeys.site_visits import boy, clmhub, contract, write

SECONDS = 60


def test_every_source_is_read_once_and_one_that_fails_holds_nobody_up(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for given in (contract(tmp_path), "emis/absence", "emis/student"):
        done = clmhub("contract", "install", given, "--home", home)
        assert done.status == 0, done.told
    offices = home / "offices"
    write(offices / "labour_inspection/visit/inbox/january.csv", [boy(1), boy(2)])
    bodies = [one["body"] for one in samples("emis/absence/v1")]
    (offices / "emis/absence/inbox/a.json").write_text(json.dumps(bodies), encoding="utf-8")
    shutil.rmtree(offices / "emis/student")
    for _ in range(2):  # a second run finds nothing new, and ends too
        ended = subprocess.run(
            [sys.executable, "-m", "hub", "work", "all", "--once", "--home", str(home)],
            env={"PATH": os.environ["PATH"], "CLM_HALF_COPIED_SECONDS": "0.5", "CLM_LOG": "json"},
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        rows = [line.split()[:2] for line in clmhub("ledger", "--home", home).out.splitlines()]
        assert ["labour_inspection", "2"] in rows
        assert ["emis", str(len(bodies))] in rows
    assert "emis/student: the inbox folder cannot be listed" in (
        clmhub("contract", "installed", "--home", home).out
    )
