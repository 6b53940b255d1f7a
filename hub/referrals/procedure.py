"""The standard operating procedure and the service directory, as data. Pure; sends nothing."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from consent.profile import says_child_labour
from contracts.errors import FatalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What makes a referral: see `data/procedure.toml` for the meaning of each field."""

    name: str
    system: str
    when: Mapping[str, Sequence[str]]
    verdict: bool
    recipient: str
    service: str
    deadline_days: int

    def fires(self, facts: Mapping[str, Any]) -> bool:
        """Whether this record of the child asks for a referral."""
        if facts["system"] != self.system:
            return False
        if any((facts.get(field) or "") not in values for field, values in self.when.items()):
            return False
        return not self.verdict or says_child_labour(facts)

    def deadline(self, day: date) -> date:
        """The day by which the recipient should have answered."""
        return day + timedelta(days=self.deadline_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """The triggers in order; the first that fires for a record counts."""

    version: str
    triggers: tuple[Trigger, ...]

    def trigger(self, facts: Mapping[str, Any]) -> Trigger | None:
        """The trigger that this record fires, if any."""
        return next((trigger for trigger in self.triggers if trigger.fires(facts)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One entry of the service directory: who serves which states or townships, with what."""

    system: str
    user: str
    kind: str
    serves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who receives referrals. A township's own recipient comes before its state's."""

    recipients: tuple[Recipient, ...]

    def find(self, kind: str, township: str | None) -> Recipient | None:
        """The recipient of a kind for a township (P-code); None sends it to a person's task."""
        if township is None:
            return None
        for area in (township, township[:6]):
            for recipient in self.recipients:
                if recipient.kind == kind and area in recipient.serves:
                    return recipient
        return None


def load_procedure() -> Procedure:
    """Read the procedure that ships with the hub."""
    raw = tomllib.loads((files("hub.referrals") / "data" / "procedure.toml").read_text("utf-8"))
    return Procedure(
        version=raw["version"], triggers=tuple(Trigger(**trigger) for trigger in raw["trigger"])
    )


def load_directory(path: Path | None) -> Directory:
    """Read the service directory: the installation's own, or the one of the sandbox country.

    Raises FatalError when an entry lacks a field or has an unknown one.
    """
    source = path or files("hub.referrals") / "data" / "directory.toml"
    raw = tomllib.loads(source.read_text("utf-8"))
    try:
        entries = [Recipient(**{**r, "serves": tuple(r["serves"])}) for r in raw["recipient"]]
    except (KeyError, TypeError):
        raise FatalError(
            f"the service directory {path} has an entry that is not system, user, kind and serves:"
            " mend that entry, see hub/referrals/data/directory.toml for the shape"
        ) from None
    return Directory(recipients=tuple(entries))
