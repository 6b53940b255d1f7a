"""The system's Chromium, found. Installs nothing and starts nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.services.errors import MissingPartError

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATH = "/usr/bin:/usr/local/bin:/snap/bin"


def find() -> Path:
    """The program, or an error that says how to get it."""
    for name in _NAMES:
        found = shutil.which(name) or shutil.which(name, path=_PATH)
        if found:
            return Path(found)
    raise MissingPartError(
        "no Chromium: apt-get install chromium fonts-noto-core fonts-sil-padauk, as root"
    )
