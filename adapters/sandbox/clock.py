"""The country's clock: one small file, written so that a crash leaves the old or the new time."""

import os
from datetime import UTC, datetime
from pathlib import Path


class ClockFile:
    """Time stands still until someone moves it forward."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Say whether the country has begun."""
        return self._path.exists()

    def read(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.fromisoformat(self._path.read_text(encoding="ascii").strip())

    def move(self, to: datetime) -> None:
        """Set the time, durably."""
        write_durably(self._path, to.astimezone(UTC).isoformat() + "\n")


def write_durably(path: Path, text: str) -> None:
    """Replace a file in one step, with its content and its name on the disk."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
