"""The users of the country's Primero: the hub's account, intake focal points, case workers."""

from dataclasses import dataclass

from adapters.sandbox.places import STATES

HUB = "clm_hub"
AGENCY = "dsw"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account. Whoever `receives` can be referred and assigned to."""

    user_name: str
    position: str
    location: str
    receives: bool
    disabled: bool = False


def _users() -> dict[str, User]:
    users = [User(user_name=HUB, position="Integration", location="MMR", receives=False)]
    for state in STATES:
        users.append(
            User(user_name=state.intake_user, position="Intake focal point", location=state.pcode,
                 receives=True, disabled=not state.intake)
        )  # fmt: skip
        users += [
            User(user_name=name, position="Case worker", location=state.pcode, receives=False)
            for name in state.case_workers
        ]
    return {user.user_name: user for user in users}


USERS = _users()


def can_receive(name: object, caller: str) -> bool:
    """Say whether this user may be the target of a referral or an assign by the caller."""
    user = USERS.get(name) if isinstance(name, str) else None
    return user is not None and user.receives and not user.disabled and name != caller


def other_case_worker(owner: str, state: str) -> str:
    """Return who takes a case over: a case worker of the state, and never the owner."""
    first, second = next(s.case_workers for s in STATES if s.pcode == state)
    return second if owner == first else first
