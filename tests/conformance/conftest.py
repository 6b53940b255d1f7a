"""The look-alike of the outside systems as a running program, and adapters made for it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sdk.http import Login

LOGIN = Login(user="clm_hub", password="sandbox-hub")


@pytest.fixture(scope="session")
def primero_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Primero look-alike without faults; the session shares its cases."""
    home = tmp_path_factory.mktemp("country")
    command = [sys.executable, "-m", "adapters.sandbox", "--home", str(home), "--faults", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as server:
        assert server.stdout
        yield json.loads(server.stdout.readline())["url"]
        server.terminate()
