"""The demo's own settings file: what `hub up` and every `clmhub` command read in its home."""

import os
from collections.abc import Mapping
from pathlib import Path

import orjson

from contracts.errors import FatalError
from hub.settings import FILE_NAME

MARK = "# Written by `clmhub demo`, anew at each start: edits here are lost."

Values = Mapping[str, object]


def write_settings(home: Path, values: Values, sections: Mapping[str, Values]) -> None:
    """Replace the settings file in one step; only its owner may read it.

    Raises FatalError when the home holds a settings file that a person wrote.
    """
    path = home / FILE_NAME
    if path.exists() and not path.read_text("utf-8").startswith(MARK):
        raise FatalError(
            f"{path} was not written by a demonstration: choose another --home for the demo"
        )
    lines = [MARK, *_lines(values)]
    for name, section in sections.items():
        lines += ["", f"[{name}]", *_lines(section)]
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    temporary.replace(path)


def _lines(values: Values) -> list[str]:
    """TOML's basic strings, numbers and booleans are written as JSON's are."""
    return [f"{name} = {orjson.dumps(value).decode()}" for name, value in values.items()]
