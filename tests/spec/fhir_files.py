"""Writes what contracts.fhir defines to docs/fhir (`python -m tests.spec.fhir_files`)."""

import json
from collections.abc import Mapping
from pathlib import Path

from contracts.fhir.definitions import every

FOLDER = Path(__file__).parents[2] / "docs" / "fhir"


def texts() -> Mapping[str, str]:
    """Every definition as the text of its file, by the file's name."""
    return {
        name: json.dumps(one, ensure_ascii=False, indent=1) + "\n" for name, one in every().items()
    }


def write() -> None:
    """Write every definition, and remove what is none any more."""
    wanted = texts()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
