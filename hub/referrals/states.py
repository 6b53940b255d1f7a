"""The states of a referral and how it may move between them. A table; no I/O.

    waiting ── delivered ── accepted ── done
       └ undeliverable   └─ rejected (also revoked by the recipient)

A task (a named person's work) stands beside a referral in any state: no referral is ever silent.
"""

from collections.abc import Iterable, Mapping

MOVES: Mapping[str, frozenset[str]] = {
    "waiting": frozenset({"delivered", "undeliverable", "accepted", "rejected", "done"}),
    "undeliverable": frozenset({"delivered", "accepted", "rejected", "done"}),
    "delivered": frozenset({"accepted", "rejected", "done"}),
    "accepted": frozenset({"done", "rejected"}),
    "rejected": frozenset(),
    "done": frozenset(),
}
ANSWERED = frozenset({"accepted", "rejected", "done"})
REACHED = ANSWERED | {"delivered"}

FROM_PRIMERO = {
    "accepted": "accepted",
    "rejected": "rejected",
    "done": "done",
    "revoked": "rejected",
}
"""Primero's referral states in ours; `in_progress` is no answer yet."""

_RANK = ("done", "accepted", "delivered", "waiting", "rejected", "undeliverable")
_OUTCOME = {"rejected": "rejected", "undeliverable": "task"}


def may_move(old: str, new: str) -> bool:
    """May a referral go from one state to the other? Repeating a state is no move."""
    return new in MOVES[old]


def outcome(states: Iterable[str]) -> str:
    """One outcome code for a child with these referrals: the furthest that any of them came."""
    ranked = sorted(states, key=_RANK.index)
    return _OUTCOME.get(ranked[0], ranked[0]) if ranked else "none"
