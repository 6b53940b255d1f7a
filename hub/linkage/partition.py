"""Which records are one child: a pure function of the records' strong keys. Stores nothing.

Strong keys, compared as blind indexes only: the source person itself; a card number; full name,
father's name, sex, township and birth year together. The result depends on the set of records
and not on the order in which they came, so every worker, replay and restart finds the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """One record as linkage knows it: pseudonyms and blind indexes, nothing of the child."""

    system: str
    ref: str
    person: str
    card: str | None
    name: str | None
    child: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """`groups` of records, each one child; `ambiguous` records that a person must decide."""

    groups: tuple[frozenset[str], ...]
    ambiguous: frozenset[str]


def partition(records: Sequence[Linked]) -> Split:
    """Split records into children.

    Records of one source person, or with one card, are one child. Records without a card join
    over the name key; when such a cluster touches two different cards, nobody can say whose they
    are, and they wait for a person ("two cards that meet"). A person with two cards waits too.
    Returns sets of `ref`.
    """
    persons = _by_person(records)
    carded = {p: cards for p, members in persons.items() if (cards := _cards(members))}
    torn = {person for person, cards in carded.items() if len(cards) > 1}
    roots = _Forest()
    for person, cards in carded.items():
        if person not in torn:
            roots.join(f"person:{person}", f"card:{next(iter(cards))}")
    loose = [person for person in persons if person not in carded]
    clusters = _Forest()
    for person in loose:
        for name in _names(persons[person]):
            clusters.join(f"person:{person}", f"name:{name}")
    owners = _owners_of_names(persons, carded, torn, roots)
    waiting = set(torn)
    for cluster in clusters.groups(f"person:{person}" for person in loose):
        touched = {owner for name in cluster.names for owner in owners.get(name, ())}
        if len(touched) > 1 or any(owner.startswith("torn:") for owner in touched):
            waiting.update(cluster.persons)
            continue
        anchor = next(iter(touched), f"person:{min(cluster.persons)}")
        for person in cluster.persons:
            roots.join(f"person:{person}", anchor)
    return _as_refs(persons, waiting, roots)


def _as_refs(persons: dict[str, list[Linked]], waiting: set[str], roots: "_Forest") -> Split:
    groups: dict[str, set[str]] = {}
    for person, members in persons.items():
        if person not in waiting:
            refs = groups.setdefault(roots.find(f"person:{person}"), set())
            refs.update(member.ref for member in members)
    ambiguous = frozenset(member.ref for person in waiting for member in persons[person])
    return Split(groups=tuple(map(frozenset, groups.values())), ambiguous=ambiguous)


def _by_person(records: Iterable[Linked]) -> dict[str, list[Linked]]:
    persons: dict[str, list[Linked]] = {}
    for record in records:
        persons.setdefault(record.person, []).append(record)
    return persons


def _cards(members: Iterable[Linked]) -> frozenset[str]:
    return frozenset(member.card for member in members if member.card)


def _names(members: Iterable[Linked]) -> frozenset[str]:
    return frozenset(member.name for member in members if member.name)


def _owners_of_names(
    persons: dict[str, list[Linked]],
    carded: dict[str, frozenset[str]],
    torn: set[str],
    roots: "_Forest",
) -> dict[str, set[str]]:
    """Map each name key to the carded children that hold it."""
    owners: dict[str, set[str]] = {}
    for person in carded:
        root = f"torn:{person}" if person in torn else roots.find(f"person:{person}")
        for name in _names(persons[person]):
            owners.setdefault(name, set()).add(root)
    return owners


@dataclass(frozen=True, slots=True)
class _Cluster:
    persons: frozenset[str]
    names: frozenset[str]


class _Forest:
    """Disjoint sets of tagged names (`person:x`, `name:y`), joined in any order."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, item: str) -> str:
        """The representative of the item's set."""
        parent = self._parent.setdefault(item, item)
        while parent != self._parent[parent]:
            parent = self._parent[parent]
        self._parent[item] = parent
        return parent

    def join(self, one: str, other: str) -> None:
        """Make the two sets one."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def groups(self, items: Iterable[str]) -> list[_Cluster]:
        """The sets that hold the items, each split into its persons and its names."""
        for item in items:
            self.find(item)
        members: dict[str, list[str]] = {}
        for item in self._parent:
            members.setdefault(self.find(item), []).append(item)
        return [
            _Cluster(
                persons=frozenset(m.removeprefix("person:") for m in each if m[:7] == "person:"),
                names=frozenset(m.removeprefix("name:") for m in each if m[:5] == "name:"),
            )
            for each in members.values()
        ]
