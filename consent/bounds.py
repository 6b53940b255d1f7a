"""What may be asked at all: our own vocabulary, the case's scope, the never-list, the agreements.

Steps 1 and 2 of a decision. Pure; hears no consent, for nothing here could be mended by one.
"""

from datetime import datetime

from consent.bases import conditions_met
from consent.model import Action, Channel, Purpose, Request, covers
from consent.parse import day_ends
from consent.policy import Condition, Never, Policy
from contracts.labels import Label

PURPOSES, ACTIONS, CHANNELS = frozenset(Purpose), frozenset(Action), frozenset(Channel)
CLASSES = frozenset(Label)


def invalid(request: Request, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Step 1: what is asked must be in our own vocabulary, for that is ours to check."""
    sound = {
        "subject": bool(request.subject),
        "recipient": request.recipient in policy.recipients,
        "purpose": request.purpose in PURPOSES,
        "action": request.action in ACTIONS,
        "channel": request.channel in CHANNELS,
        "classes": bool(request.classes) and request.classes <= CLASSES,
        "mirror": (request.action == Action.MIRROR) == (request.channel == Channel.MIRROR),
        "time": now.tzinfo is not None,
    }
    return tuple(f"invalid_request:{name}" for name, good in sound.items() if not good)


def out_of_bounds(request: Request, policy: Policy) -> tuple[str, ...]:
    """Step 2: what concerns the case as a whole, which nothing later can mend."""
    met = conditions_met(request.case)
    reasons: list[str] = []
    if any(not rule.classes for rule in never(request, policy, met)):
        reasons.append("never_list")
    if met.isdisjoint(policy.scope.get(request.purpose, policy.scope["default"])):
        undetermined = request.case.child_labour is None
        reasons.append("undetermined" if undetermined else "out_of_scope")
    return tuple(reasons)


def closed(
    label: Label, request: Request, policy: Policy, now: datetime
) -> tuple[str, datetime | None]:
    """Step 2 for one class: why it is closed whoever agrees, or when its agreement ends."""
    met = conditions_met(request.case)
    if any(label in rule.classes for rule in never(request, policy, met)):
        return "never_list", None
    ends = [
        day_ends(one.until)
        for one in policy.recipients[request.recipient].agreements
        if label in one.classes and any(covers(p, request.purpose) for p in one.purposes)
    ]
    open_until = [end for end in ends if now <= end]
    return ("", max(open_until)) if open_until else ("no_agreement", None)


def never(request: Request, policy: Policy, met: frozenset[Condition]) -> list[Never]:
    return [
        rule
        for rule in policy.never
        if (not rule.recipients or request.recipient in rule.recipients)
        and (not rule.channels or request.channel in rule.channels)
        and (not rule.conditions or not met.isdisjoint(rule.conditions))
    ]
