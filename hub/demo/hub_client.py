"""The demo's look at hub and mirror, over their own APIs with tokens like anybody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from hub.demo.conductor import Standing

DEADLINE_STAGE = "refer"
POLLING_STAGE = "collect"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubClient:
    """Reads the hub as an operator."""

    client: httpx.Client

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """The JSON of an endpoint. Raises httpx.HTTPError for any answer but 2xx."""
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    def look(self) -> Standing:
        """How the hub stands. Polls are counted apart: a source is always being polled.

        The order of the questions matters: what the polls brought is in the flow that was read
        after them, and the mirror is asked about once nothing else is under way.
        """
        sources, flow = self.get("/v1/sources"), self.get("/v1/flow")
        claims = {stage: n for stage, n in flow["claims"].items() if stage != POLLING_STAGE}
        lag = {s: sum(topics.values()) for s, topics in flow["lag"].items() if any(topics.values())}
        troubled = [one["system"] for one in sources if one["problem"]]
        now = datetime.fromisoformat(flow["at"])
        timers = {s: datetime.fromisoformat(t) for s, t in flow["next_timers"].items()}
        overdue = [stage for stage, due in timers.items() if due <= now]
        waiting = {
            "stages that lag": lag, "outboxes": flow["outbox"], "errands": claims,
            "deliveries": flow["deliveries_open"], "retries": flow["retrying"],
            "sources in trouble": troubled, "timers": overdue,
        }  # fmt: skip
        if not any(waiting.values()):
            summary = self.summary()
            waiting["the mirror"] = summary["epoch"] - summary["confirmed_epoch"]
        open_work = [f"{name} ({what})" for name, what in waiting.items() if what]
        return Standing(
            still=not open_work, waiting=", ".join(open_work) or "the sources",
            ends=flow["ends_total"], polls={one["system"]: one["polls"] for one in sources},
            next_timer=min(timers.values(), default=None), next_deadline=timers.get(DEADLINE_STAGE),
        )  # fmt: skip

    def summary(self) -> Mapping[str, Any]:
        """The sums of ledger, children and referrals, in the words of the design."""
        found: Mapping[str, Any] = self.get("/v1/summary")
        return found


def count_mirror_cases(client: httpx.Client) -> int:
    """Count the mirror's rows as an analyst does: page by page."""
    count, after = 0, ""
    while True:
        answer = client.get("/v1/cases", params={"after": after} if after else {})
        answer.raise_for_status()
        page = answer.json()
        count += len(page["cases"])
        after = page.get("next") or ""
        if not after:
            return count
