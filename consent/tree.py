"""One consent against one request: which classes its tree of provisions permits or denies. Pure.

A permit must fit in every criterion that it states. A denial is read widely: it counts when it may
be meant, so a missing value matches it, and no period lets it lapse. The deepest node that matches
decides each class, and a denial beside a permit at the same depth wins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consent.model import Provision, Rule, covers
from contracts.labels import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request as the criteria see it. `actors` are the recipient, its role and its groups."""

    actors: frozenset[str]
    purpose: str
    action: str
    classes: frozenset[Label]
    now: datetime


def judge(root: Provision, asked: Asked) -> dict[Label, Rule]:
    """Return what the tree says of each asked class; one that it is silent about is absent.

    A permit whose period is over keeps the denials inside it: time never widens what may be shared.
    """
    if not matches(root, asked):
        if root.type is Rule.DENY or not _fits(root, asked):
            return {}
        return {label: rule for label, rule in _each(root, asked) if rule is Rule.DENY}
    return dict(_each(root, asked))


def matches(node: Provision, asked: Asked) -> bool:
    """Tell whether a node is about this request; its classes are looked at one by one, later."""
    if node.type is Rule.PERMIT:
        return _fits(node, asked) and open_now(node, asked.now)
    return _may_be_meant(node, asked)


def _each(root: Provision, asked: Asked) -> Iterator[tuple[Label, Rule]]:
    for label in asked.classes:
        rule = _deepest(root, label, asked)
        if rule is not None:
            yield label, rule


def open_now(node: Provision, now: datetime) -> bool:
    """Tell whether the period of a permit holds now."""
    return (node.start is None or node.start <= now) and (node.end is None or now <= node.end)


def _fits(node: Provision, asked: Asked) -> bool:
    return (
        (not node.actors or not asked.actors.isdisjoint(node.actors))
        and (not node.purposes or any(covers(one, asked.purpose) for one in node.purposes))
        and (not node.actions or asked.action in node.actions)
    )


def _may_be_meant(node: Provision, asked: Asked) -> bool:
    nameless = any(_kind(actor) not in map(_kind, asked.actors) for actor in node.actors)
    return (
        (not node.actors or nameless or not asked.actors.isdisjoint(node.actors))
        and (
            not node.purposes
            or any(
                covers(one, asked.purpose) or covers(asked.purpose, one) for one in node.purposes
            )
        )
        and (not node.actions or asked.action in node.actions)
    )


def _kind(actor: str) -> str:
    """Return `role` or `group` of such an actor, and nothing for an organisation."""
    return actor.partition(":")[0] if ":" in actor else ""


def _deepest(node: Provision, label: Label, asked: Asked) -> Rule | None:
    """Return the rule of the deepest matching node for this class, below or at this one."""
    below = {
        rule
        for one in node.provisions
        if matches(one, asked) and (rule := _deepest(one, label, asked)) is not None
    }
    if below:
        return Rule.DENY if Rule.DENY in below else Rule.PERMIT
    return node.type if not node.classes or label in node.classes else None


def earliest_end(node: Provision, asked: Asked) -> datetime | None:
    """Return when the first of the matching permits ends: what was decided may not outlive it."""
    ends = [end for one in node.provisions if (end := earliest_end(one, asked)) is not None]
    if node.type is Rule.PERMIT and node.end is not None and matches(node, asked):
        ends.append(node.end)
    return min(ends, default=None)
