"""Content of one version as content of another, along the chain of versions. Pure; reads no file.

Each step between two neighbours is a table of operations (`contracts.casts.steps`) that knows both
ways. Up never invents: a field that an older version did not have is missing. Down says what the
older version has no room for.

A table for a source record is a text of its own, beside the contract: see `read`.
"""

import copy
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.casts.history import COMMON
from contracts.casts.steps import ADDITIVE, Add, Content, Drop, Move, Operation, Recode, Widen
from contracts.errors import FatalError

MARK = "schema"
"""The key of sealed content that names its version, from the next major version on."""

_Maker = Callable[[Mapping[str, Any]], Operation]
_OPERATIONS: Mapping[str, _Maker] = {
    "add": lambda row: Add(row["path"]),
    "drop": lambda row: Drop(row["path"]),
    "move": lambda row: Move(row["old"], row["new"]),
    "recode": lambda row: Recode(row["path"], row["codes"], frozenset(row.get("new_codes", ()))),
    "widen": lambda row: Widen(row["path"], frozenset(row["codes"])),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The versions of one kind of content, oldest first, and the step from each to the next."""

    kind: str
    versions: tuple[str, ...]
    steps: tuple[tuple[Operation, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a chain with a gap."""
        if not self.versions or len(self.steps) != len(self.versions) - 1:
            raise FatalError(f"{self.kind}: a chain of casts needs one step between two versions")
        if len(set(self.versions)) != len(self.versions):
            raise FatalError(f"{self.kind}: a version stands twice in the chain of casts")

    def up(self, content: Mapping[str, Any], version: str) -> Content:
        """Return content of `version` as content of the newest one."""
        changed: Content = copy.deepcopy(dict(content))
        for step in self.steps[self._place(version) :]:
            for operation in step:
                operation.up(changed)
        return changed

    def down(self, content: Mapping[str, Any], version: str) -> tuple[Content, list[str]]:
        """Return content of the newest version as content of `version`, and the fields it loses.

        Raises RejectedError where a required field has a value that the older version forbids.
        """
        changed: Content = copy.deepcopy(dict(content))
        lost: list[str] = []
        for step in reversed(self.steps[self._place(version) :]):
            for operation in reversed(step):
                lost += operation.down(changed)
        return changed, sorted(set(lost))

    def is_additive(self, version: str) -> bool:
        """Say whether content of `version` is content of the newest version as it stands."""
        steps = self.steps[self._place(version) :]
        return all(isinstance(operation, ADDITIVE) for step in steps for operation in step)

    def _place(self, version: str) -> int:
        if version not in self.versions:
            raise FatalError(
                f"{self.kind} has no version {version[:40]}: known are {', '.join(self.versions)};"
                " a newer one needs a newer hub"
            )
        return self.versions.index(version)


CHAINS: Mapping[str, Chain] = {
    kind: Chain(kind=kind, versions=versions, steps=steps)
    for kind, (versions, steps) in COMMON.items()
}
"""The common schema, by kind of sealed part (`contracts.envelope.Kind`)."""


def upcast(
    content: Mapping[str, Any], kind: str, from_version: str,
    chains: Mapping[str, Chain] = CHAINS,
) -> Content:  # fmt: skip
    """Return content of an older version as the newest version has it."""
    return _chain(kind, chains).up(content, from_version)


def downcast(
    content: Mapping[str, Any], kind: str, to_version: str,
    chains: Mapping[str, Chain] = CHAINS,
) -> tuple[Content, list[str]]:  # fmt: skip
    """Return newest content as an older version has it, and the fields that it has no room for."""
    return _chain(kind, chains).down(content, to_version)


def newest(content: Mapping[str, Any], kind: str) -> Content:
    """Return opened content as the newest version, without its mark: what a reader of parts calls.

    Content without a mark is of the first major version. Its minor versions only add, so that the
    oldest of them stands for all.
    """
    chain = _chain(kind, CHAINS)
    plain = {name: value for name, value in content.items() if name != MARK}
    version = str(content.get(MARK, chain.versions[0]))
    return plain if chain.is_additive(version) else chain.up(plain, version)


def read(text: str, kind: str, place: str) -> Chain:
    """Read a chain from TOML: `versions = [...]` and one `[[step]] operations = [...]` for each.

    An operation is `{do = "move", old = "a", new = "b.c"}`, and so on for `add`, `drop`, `recode`
    and `widen`. Raises FatalError, with the place, for what is no such table.
    """
    try:
        data = tomllib.loads(text)
        return Chain(
            kind=kind, versions=tuple(data["versions"]),
            steps=tuple(
                tuple(_OPERATIONS[row["do"]](row) for row in step["operations"])
                for step in data.get("step", ())
            ),
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise FatalError(f"{place} is no table of casts: {type(error).__name__}: {error}") from None


def _chain(kind: str, chains: Mapping[str, Chain]) -> Chain:
    if kind not in chains:
        raise FatalError(f"nothing is cast by the name of {kind[:40]}: known are {list(chains)}")
    return chains[kind]
