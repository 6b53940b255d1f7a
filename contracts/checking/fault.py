"""What is wrong with a contract, where, and what to do about it. Finds nothing itself."""

from dataclasses import dataclass, field
from typing import Literal

from contracts.checking.lines import Lines, Path

CONTRACT, MAPPING, SAMPLE = "contract.toml", "mapping.toml", "sample.json"
Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The three files of a contract's folder; `place` is how messages call the folder."""

    contract: str
    mapping: str
    sample: str | None
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. An error keeps the contract from being used; a warning names what is left to do.

    `file` is the file's name in the contract's folder, `path` the place in it
    (`schema[0].properties[2].classification`), `line` where that stands, 0 for a whole file.
    """

    level: Level
    file: str
    line: int
    path: str
    code: str
    message: str
    next_step: str


@dataclass(slots=True)
class Notebook:
    """Collects the faults of one file; a place is told once for one code."""

    file: str
    lines: Lines
    faults: list[Fault]
    _told: set[Fault] = field(default_factory=set)

    def error(self, at: Path, code: str, message: str, next_step: str) -> None:
        """Note what keeps the contract from being used."""
        self._add("error", at, code, message, next_step)

    def warning(self, at: Path, code: str, message: str, next_step: str) -> None:
        """Note what is left to do."""
        self._add("warning", at, code, message, next_step)

    def _add(self, level: Level, at: Path, code: str, message: str, next_step: str) -> None:
        fault = Fault(
            level=level, file=self.file, line=self.lines.of(*at), path=path_text(at), code=code,
            message=message, next_step=next_step,
        )  # fmt: skip
        if fault not in self._told:
            self._told.add(fault)
            self.faults.append(fault)


def path_text(path: Path) -> str:
    """Return a path as people write it: `schema[0].properties[3].name`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def whole_file(file: str, code: str, message: str, next_step: str) -> Fault:
    """Return the fault of a file that cannot be used at all."""
    return Fault(
        level="error", file=file, line=0, path="", code=code, message=message, next_step=next_step
    )
