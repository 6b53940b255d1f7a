"""Which roles may come for what, at the hub's API and on its pages. A table; opens no door."""

from collections.abc import Collection

from hub.web.tokens import Role

_INTEGRATOR, _OPERATOR = Role.INTEGRATOR, Role.OPERATOR
_CASE_MANAGER, _INSPECTOR = Role.CASE_MANAGER, Role.INSPECTOR
_DPO = Role.DATA_PROTECTION_OFFICER

LEDGER = (_OPERATOR, _INTEGRATOR, _DPO)
SOURCES = (_OPERATOR, _INTEGRATOR)
REJECTS = (_INTEGRATOR, _OPERATOR)
PARKED = (_OPERATOR,)
QUALITY = (_OPERATOR, _INTEGRATOR, _DPO)
TRIAGE = (_INTEGRATOR, _OPERATOR)
FLOW = (_OPERATOR,)
REFERRALS = (_CASE_MANAGER, _INSPECTOR, _DPO, _OPERATOR)
REFERRAL_SEARCH = (_INSPECTOR, _CASE_MANAGER)
TASKS = (_CASE_MANAGER, _DPO, _OPERATOR)
CONSENTS = (_DPO, _CASE_MANAGER)
EXPLAIN = (_DPO,)
CONSOLE = (_OPERATOR, _INTEGRATOR, _DPO, _CASE_MANAGER, _INSPECTOR)

INSPECTION = "labour_inspection"
_SEE_ALL_REFERRALS = frozenset(REFERRALS) - {_INSPECTOR}


def visible_systems(roles: Collection[Role]) -> tuple[str, ...]:
    """The systems whose referrals these roles see; empty means all.

    An inspector sees only what inspectors referred, unless another role opens the rest.
    """
    return () if _SEE_ALL_REFERRALS.intersection(roles) else (INSPECTION,)
