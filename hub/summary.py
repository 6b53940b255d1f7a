"""The hub in one look: ledger sums, children, echoes, referrals, epochs. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from hub import candidates, ledger
from hub.ledger import Totals
from hub.linkage import store as linkage
from hub.referrals import store as referrals
from hub.referrals.states import ANSWERED, REACHED


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralSums:
    """Referrals `created`; `delivered`: reached their recipient, whatever it said; `answered`:
    accepted, rejected or done; `tasks`: given to a person, whatever their state.
    """

    created: int
    delivered: int
    answered: int
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`children` are distinct linked children, `echoes` records that the hub itself made."""

    sources: Mapping[str, Totals]
    echoes: int
    children: int
    referrals: ReferralSums
    epoch: int
    confirmed_epoch: int


def read_summary(connection: Connection) -> Summary:
    """Look once."""
    return Summary(
        sources=ledger.totals(connection),
        echoes=ledger.count_echoes(connection),
        children=linkage.count_children(connection),
        referrals=_referral_sums(connection),
        epoch=candidates.last_epoch(connection),
        confirmed_epoch=ledger.confirmed_epoch(connection),
    )


def _referral_sums(connection: Connection) -> ReferralSums:
    counts = referrals.count_states(connection)
    return ReferralSums(
        created=sum(counts.values()),
        delivered=sum(count for state, count in counts.items() if state in REACHED),
        answered=sum(count for state, count in counts.items() if state in ANSWERED),
        tasks=referrals.count_tasks(connection),
    )
