"""Reads docker-compose.yml as Docker Compose does, and turns its services into local processes.

Host names become loopback addresses, container ports free ones, volumes folders. Starts nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
_VARIABLE = re.compile(
    r"\$\{(?P<name>[A-Z_]+)(?:(?P<how>:-|:\?)(?P<rest>[^}]*))?\}|(?P<other>\$\$?)"
)


class MissingVariableError(Exception):
    """The file asks for a variable that .env does not give."""


def load(variables: Mapping[str, str]) -> dict[str, Any]:
    """The file with its variables filled in. Raises MissingVariableError for one that has to be."""
    parsed = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    filled: dict[str, Any] = _everywhere(parsed, lambda text: _fill(text, variables))
    return filled


def _fill(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name, how = found["name"], found["how"]
        assert name, f"a dollar sign that stands for nothing: {found['other']}"
        if variables.get(name):
            return variables[name]
        if how == ":-":
            return found["rest"]
        raise MissingVariableError(f"{name}: {found['rest']}")

    return _VARIABLE.sub(value, text)


def _everywhere(part: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - YAML
    if isinstance(part, dict):
        return {name: _everywhere(value, change) for name, value in part.items()}
    if isinstance(part, list):
        return [_everywhere(value, change) for value in part]
    return change(part) if isinstance(part, str) else part


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as a local process would have it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    check: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Where things are on this machine: `hosts` and `ports` of the file to ours, under `folder`."""

    folder: Path
    hosts: Mapping[str, str]
    ports: Mapping[int, int]

    def service(self, name: str, given: Mapping[str, Any]) -> Service:
        """The service with every name in it that only a container knows replaced."""
        mounts = self._mounts(name, given)
        _nest(mounts)
        changed = _everywhere(
            {key: given.get(key) for key in ("command", "environment", "healthcheck")},
            lambda text: self._replace(text, mounts),
        )
        kind, *check = changed["healthcheck"]["test"] if changed["healthcheck"] else ("CMD",)
        assert kind == "CMD", "a health check names its program, and needs no shell"
        return Service(
            name=name, command=changed["command"] or (), check=check,
            environment={key: str(value) for key, value in changed["environment"].items()}
            if changed["environment"] else {},
        )  # fmt: skip

    def _mounts(self, name: str, given: Mapping[str, Any]) -> dict[str, Path]:
        mounts = {}
        for one in given.get("volumes", ()):
            volume, target = one.split(":")[:2]
            mounts[target] = self.folder / "volumes" / volume
        for target in given.get("tmpfs", ()):
            mounts[target] = self.folder / "tmpfs" / name
        for folder in mounts.values():
            folder.mkdir(parents=True, exist_ok=True)
        return mounts

    def _replace(self, text: str, mounts: Mapping[str, Path]) -> str:
        words = dict(self.hosts) | {str(port): str(ours) for port, ours in self.ports.items()}
        words |= {target: str(folder) for target, folder in mounts.items()}
        longest = sorted(words, key=len, reverse=True)
        # A folder's name is whole; a host or port may follow the slashes of an address.
        forms = (r"(?<![\w/.])" if one.startswith("/") else r"(?<!\w)" for one in longest)
        pattern = "|".join(form + re.escape(one) for form, one in zip(forms, longest, strict=True))
        return re.sub(rf"(?:{pattern})(?!\w)", lambda one: words[one[0]], text)


def _nest(mounts: Mapping[str, Path]) -> None:
    """A volume that is mounted within another one is a link there."""
    for inner, folder in mounts.items():
        for outer, parent in mounts.items():
            if inner.startswith(f"{outer}/"):
                link = parent / inner.removeprefix(f"{outer}/")
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.exists():
                    link.symlink_to(folder)


def kafka_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The broker's settings as the official image reads them out of its environment."""
    kept_by_the_image = {"KAFKA_HEAP_OPTS"}
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment.items()
        if name.startswith("KAFKA_") and name not in kept_by_the_image
    }
