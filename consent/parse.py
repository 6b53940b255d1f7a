"""Consents as data, read strictly and written back. What is not understood becomes `Unsupported`.

An unknown code, field or status, a key that stands twice, a tree deeper than two levels: none of
these is repaired, for each could hide an objection.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
)

from consent.model import Action, Consent, Performer, Provision, Purpose, Rule, Status, Unsupported
from contracts.dates import COUNTRY_ZONE
from contracts.labels import Label

LEVELS = 2  # the root and one level below it, as every published profile limits it


def day_begins(day: date) -> datetime:
    """Return the first instant of a day in the country's zone."""
    return datetime.combine(day, time.min, COUNTRY_ZONE)


def day_ends(day: date) -> datetime:
    """Return the last instant of a day: an end is inclusive at the precision that it states."""
    return day_begins(day + timedelta(days=1)) - timedelta(microseconds=1)


def parse(given: Mapping[str, Any] | str | bytes, reference: str = "") -> Consent | Unsupported:
    """Read one consent. `reference` names one that cannot even say its own id."""
    try:
        data = _read(given) if isinstance(given, str | bytes) else given
        wire = _ConsentIn.model_validate(data)
        return Consent(
            id=wire.id,
            version=wire.version,
            subject=wire.subject,
            status=wire.status,
            policy=wire.policy,
            organization=wire.organization,
            performer=wire.performer,
            effective=wire.effective,
            provision=_node(wire.provision, LEVELS),
            conflict_of_interest=wire.conflict_of_interest,
        )
    except (ValueError, TypeError, RecursionError, OverflowError):
        return Unsupported(reference=reference)


def as_data(consent: Consent) -> dict[str, Any]:
    """Write a consent as `parse` reads it: codes, references and times only."""
    return {
        "id": consent.id,
        "version": consent.version,
        "subject": consent.subject,
        "status": consent.status.value,
        "policy": consent.policy,
        "organization": consent.organization,
        "performer": consent.performer.value,
        "effective": consent.effective.isoformat(),
        "conflict_of_interest": consent.conflict_of_interest,
        "provision": _node_data(consent.provision),
    }


def too_deep(node: Provision, levels: int = LEVELS) -> bool:
    """Tell whether a tree has more levels than are understood."""
    return levels == 0 or any(too_deep(one, levels - 1) for one in node.provisions)


def _instant(at: Callable[[date], datetime]) -> BeforeValidator:
    """Read a date as its first or last instant; leave anything else to the type."""

    def read(value: object) -> object:
        if isinstance(value, str) and len(value) == len("2026-01-05"):
            return at(date.fromisoformat(value))
        if isinstance(value, str | datetime):
            return value
        raise ValueError("a time is a text")  # a bare number would pass for seconds

    return BeforeValidator(read)


_Text = Annotated[str, Strict(), Field(min_length=1, max_length=200)]
_SOME = Field(default=(), min_length=1)  # an empty list is neither "any" nor "none"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _NodeIn(_Closed):
    type: Rule
    actors: tuple[_Text, ...] = _SOME
    purposes: tuple[Purpose, ...] = _SOME
    actions: tuple[Action, ...] = _SOME
    classes: tuple[Label, ...] = _SOME
    start: Annotated[AwareDatetime | None, _instant(day_begins)] = None
    end: Annotated[AwareDatetime | None, _instant(day_ends)] = None
    provisions: tuple["_NodeIn", ...] = _SOME


class _ConsentIn(_Closed):
    id: _Text
    version: Annotated[int, Strict(), Field(ge=0, le=10**9)]
    subject: _Text
    status: Status
    policy: _Text
    organization: _Text
    performer: Performer
    effective: Annotated[AwareDatetime, _instant(day_begins)]
    provision: _NodeIn
    conflict_of_interest: Annotated[bool, Strict()] = False


def _node(wire: _NodeIn, levels: int) -> Provision:
    if levels == 0:
        raise ValueError("a provision is nested too deeply")
    return Provision(
        type=wire.type,
        actors=wire.actors,
        purposes=wire.purposes,
        actions=wire.actions,
        classes=wire.classes,
        start=wire.start,
        end=wire.end,
        provisions=tuple(_node(one, levels - 1) for one in wire.provisions),
    )


def _node_data(node: Provision) -> dict[str, Any]:
    data: dict[str, Any] = {"type": node.type.value}
    for name in ("actors", "purposes", "actions", "classes"):
        if values := getattr(node, name):
            data[name] = [str(value) for value in values]
    for name in ("start", "end"):
        if (moment := getattr(node, name)) is not None:
            data[name] = moment.isoformat()
    if node.provisions:
        data["provisions"] = [_node_data(one) for one in node.provisions]
    return data


def _read(text: str | bytes) -> object:
    return json.loads(text, object_pairs_hook=_no_key_twice)


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two values under one key: readers disagree on which counts, so none does."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
