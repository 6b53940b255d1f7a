"""What waits for a person: referrals, a system to connect, parked records, renamed codes.

Reads only; pseudonyms, codes and dates. Why it waits and what to do is in `advice.toml`, by reason.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from hub import ledger, sources
from hub.referrals import store
from hub.triage import labels
from hub.web.words import Words

ADVICE = Path(__file__).with_name("advice.toml")
MOST = 500
NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do. `kind` is `referral` (then `referral`, `deadline`), `records`, or `system`:
    `count` referrals wait until the system is connected.
    """

    kind: Literal["referral", "records", "system"]
    system: str
    reason: str
    since: datetime
    count: int = 1
    referral: str = ""
    deadline: date | None = None


def read_tasks(connection: Connection) -> list[Task]:
    """All that waits now, oldest first; at most `MOST` referrals."""
    referrals = [
        Task(
            kind="referral",
            system=one.referral.trigger_system,
            reason=one.reason,
            since=one.since,
            referral=one.referral.id,
            deadline=one.referral.deadline,
        )
        for one in store.list_open_tasks(connection, MOST)
    ]
    records = [
        Task(kind="records", system=one.system, reason=one.reason, since=one.since, count=one.count)
        for one in ledger.list_held(connection)
    ]
    connected = {one.system for one in sources.list_sources(connection)}
    return sorted(
        [*referrals, *records, *_renamed(connection), *list_unsent(connection, connected)],
        key=lambda task: (task.since, task.system, task.referral),
    )


def list_unsent(connection: Connection, connected: Collection[str]) -> list[Task]:
    """Referrals that wait to be sent to a system which is not among the connected ones."""
    return [
        Task(
            kind="system", system=one.system, reason=NOT_CONNECTED, since=one.since,
            count=one.count,
        )
        for one in store.list_unsent(connection)
        if one.system not in connected
    ]  # fmt: skip


def _renamed(connection: Connection) -> list[Task]:
    """Codes that their site has renamed, by source: their fields are stopped."""
    found = labels.all_changed(connection)
    return [
        Task(
            kind="records",
            system=system,
            reason="label_changed",
            since=min(one.since for one in found if one.system == system),
            count=sum(one.system == system for one in found),
        )
        for system in sorted({one.system for one in found})
    ]


class Advice:
    """Sentences for reasons, in both languages; a reason that is not known gets a general one.

    A reason with a part after a colon (`incomplete:state`) is looked up whole, then by its first.
    """

    def __init__(self) -> None:
        self._words = Words([ADVICE])

    def why(self, reason: str, language: str) -> str:
        """Why it waits."""
        return self._say("why", reason, language)

    def next_step(self, reason: str, language: str) -> str:
        """What a person does about it."""
        return self._say("next", reason, language)

    def _say(self, what: str, reason: str, language: str) -> str:
        keys = (f"{what}_{reason}", f"{what}_{reason.partition(':')[0]}")
        known = next((key for key in keys if key in self._words.keys), f"{what}_any")
        return self._words.say(known, language)
