"""Which accepted records the hub sets aside for a person, and what they lack. Judges nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.profile import is_child_labour
from contracts.errors import Reason
from contracts.mapping.translation import Translated
from contracts.verdicts import UNDETERMINED
from hub.contract_tools.words import listed

WORDS = {
    "age": "a closer age",
    "hours_week": "hours a week",
    "hours_day": "hours a day",
    "chores_week": "hours of chores a week",
    "night_work": "night work",
    "hazards": "the hazards at work",
    "child_found": "a clear finding of the inspector",
    "sees_working": "an eye-witness of the work",
    "isic": "the industry",
}
"""What a verdict may lack, by the names of the facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Why a record waits for a person; `missing` are the facts that would settle it."""

    missing: tuple[str, ...]
    reason: Reason


def wait_of(made: Translated) -> Wait | None:
    """Return why a record waits, as the hub's release finds it; None: it does not."""
    facts = made.facts
    if facts is None or is_child_labour([facts]) is not None:
        return None
    missing = _missing(facts)
    return Wait(
        missing=missing,
        reason=Reason(
            code=UNDETERMINED, message=f"waits for a person: {_said(missing)}",
            next_step="map what the source tells of it; what it does not tell, a person asks for"
            if missing else "correct the day if it is wrong; else a person decides",
        ),
    )  # fmt: skip


def _missing(facts: Mapping[str, Any]) -> tuple[str, ...]:
    verdicts = (facts["legal"], facts["statistical"])
    left_open = [one for one in verdicts if one["answer"] == UNDETERMINED]
    return tuple(dict.fromkeys(name for one in left_open for name in one["missing"]))


def _said(missing: tuple[str, ...]) -> str:
    cannot = "whether it is child labour cannot be told"
    if not missing:
        return f"{cannot}, for its day is before the law that is known here"
    words = [WORDS.get(name, name.replace("_", " ")) for name in missing]
    return f"{cannot} without {listed(words)} (missing: {', '.join(missing)})"
