"""The operations of a cast: each knows its way up and down. Changes in place; reads no file.

A path is `a`, `a.b` or `list[].a`, any depth; what is not there is left alone on both ways.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from contracts.errors import Reason, RejectedError

Content = dict[str, Any]
_LIST = "[]"


class Operation(Protocol):
    """One difference between two neighbouring versions."""

    def up(self, content: Content) -> None:
        """Make the newer form of it."""

    def down(self, content: Content) -> list[str]:
        """Make the older form of it; gives the fields that the older version has no room for."""


@dataclass(frozen=True, slots=True)
class Add:
    """The newer version has one more field. Older content does not say it: it stays missing."""

    path: str

    def up(self, content: Content) -> None:
        """Leave it missing."""

    def down(self, content: Content) -> list[str]:
        """Take it away; an empty list or thing says nothing, so nothing is lost with it."""
        found = [_take(holder, name) for holder, name in _spots(content, self.path)]
        return [self.path] if any(_says(value) for value in found) else []


@dataclass(frozen=True, slots=True)
class Drop:
    """The newer version gave a field up. Only a major version may: nothing brings it back."""

    path: str

    def up(self, content: Content) -> None:
        """Take it away."""
        for holder, name in _spots(content, self.path):
            _take(holder, name)

    def down(self, content: Content) -> list[str]:
        """Leave it missing."""
        del content
        return []


@dataclass(frozen=True, slots=True)
class Move:
    """A field has another name or stands elsewhere; within a list, it stays in its element."""

    old: str
    new: str

    def __post_init__(self) -> None:
        """Refuse a move out of a list: an element would not know where it came from."""
        if _split(self.old)[0] != _split(self.new)[0]:
            raise ValueError(f"a move from {self.old} to {self.new} leaves its list")

    def up(self, content: Content) -> None:
        """Move it to its new place."""
        self._move(content, self.old, self.new)

    def down(self, content: Content) -> list[str]:
        """Move it back."""
        self._move(content, self.new, self.old)
        return []

    def _move(self, content: Content, source: str, target: str) -> None:
        place, old = _split(source)
        new = _split(target)[1].split(".")
        for element in _elements(content, place):
            for holder, name in list(_spots(element, old)):
                value = _take(holder, name)
                _prune(element, old.split(".")[:-1])
                _put(element, new, value)


@dataclass(frozen=True, slots=True)
class Recode:
    """The codes of a field changed, one to one; `new_codes` have no older code at all.

    Two codes that became one cannot be told apart again: that is a new field, not a recoding. So
    a newer code is no older one, unless that one is recoded too.
    """

    path: str
    codes: Mapping[str, str]
    new_codes: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Refuse a table that cannot be turned round."""
        newer = set(self.codes.values())
        if len(newer) != len(self.codes) or newer & self.new_codes:
            raise ValueError(f"the codes of {self.path} are not one to one")

    def up(self, content: Content) -> None:
        """Write the newer codes."""
        _recode(content, self.path, self.codes, frozenset())

    def down(self, content: Content) -> list[str]:
        """Write the older codes; a code that has none goes."""
        back = {new: old for old, new in self.codes.items()}
        return _recode(content, self.path, back, self.new_codes)


@dataclass(frozen=True, slots=True)
class Widen:
    """A required field may hold more than `codes`, which is all that the older version allows."""

    path: str
    codes: frozenset[str]

    def up(self, content: Content) -> None:
        """Nothing to do: what was allowed still is."""

    def down(self, content: Content) -> list[str]:
        """Refuse what the older version forbids: without this field there is no content at all."""
        if any(holder[name] not in self.codes for holder, name in _spots(content, self.path)):
            raise RejectedError(
                Reason(
                    code="version_forbids",
                    message=f"the older version does not know this value of {self.path}",
                    next_step="read it with a reader of the newer version",
                    column=self.path,
                )
            )
        return []


ADDITIVE = (Add, Widen)
"""Content of the older version is content of the newer one as it stands."""


def _recode(
    content: Content, path: str, codes: Mapping[str, str], gone: frozenset[str]
) -> list[str]:
    """Replace codes at a path, singly or in a list; gives the path when a code of `gone` went."""
    lost: list[str] = []
    for holder, name in list(_spots(content, path)):
        value = holder[name]
        many = value if isinstance(value, list) else [value]
        kept = [codes.get(one, one) for one in many if one not in gone]
        lost += [path] if len(kept) < len(many) else []
        if isinstance(value, list):
            holder[name] = kept
        elif kept:
            holder[name] = kept[0]
        else:
            del holder[name]
    return lost


def _spots(content: Content, path: str) -> Iterator[tuple[Content, str]]:
    """Yield every thing that holds the path's last name, with that name."""
    place, rest = _split(path)
    names = rest.split(".")
    for element in _elements(content, place):
        holder: Any = element  # a list may hold plain values, and a name may be missing
        for name in names[:-1]:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and names[-1] in holder:
            yield holder, names[-1]


def _elements(content: Content, place: str) -> list[Content]:
    """Return the things that stand in the lists of `place`; for none, the content itself."""
    found: list[Any] = [content]
    for one in filter(None, place.split(_LIST)):
        inner = one.strip(".")
        lists = [holder[name] for each in found for holder, name in _spots(each, inner)]
        found = [each for values in lists if isinstance(values, list) for each in values]
    return found


def _split(path: str) -> tuple[str, str]:
    """Return the path up to its last list, and the rest."""
    place, found, rest = path.rpartition(_LIST)
    return (place + found, rest.strip(".")) if found else ("", path)


def _take(holder: Content, name: str) -> object:
    return holder.pop(name)


def _put(element: Content, names: list[str], value: object) -> None:
    for name in names[:-1]:
        element = element.setdefault(name, {})
    element[names[-1]] = value


def _prune(element: Content, names: list[str]) -> None:
    """Take away the things on the way that hold nothing any more."""
    for depth in range(len(names), 0, -1):
        for holder, name in list(_spots(element, ".".join(names[:depth]))):
            if not holder[name]:
                del holder[name]


def _says(value: object) -> bool:
    return value not in (None, "", [], {})
