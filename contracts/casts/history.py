"""How the common schema changed from version to version. A table, and no logic.

Its fields of 1.0.0 are in `docs/catalogue/schemas/1.0.0`, as they were published.
"""

from collections.abc import Mapping

from contracts.casts.steps import Add, Operation, Widen
from contracts.envelope import Kind

_VERSIONS = ("1.0.0", "1.1.0")
_SYSTEMS_OF_1_0 = frozenset({"dsw_cms", "labour_inspection", "emis"})

_IDENTITY_1_1: tuple[Operation, ...] = tuple(
    Add(name) for name in ("nationality", "language", "guardians", "household", "absent")
)
_CASE_1_1: tuple[Operation, ...] = (
    Widen("system", _SYSTEMS_OF_1_0),
    Add("unmapped[].label"),
    *(
        Add(name)
        for name in (
            "absent", "chores_week", "closed_on", "days_absent", "days_present", "dropout_on",
            "dropout_reason", "follow_ups", "grade", "guardian_informed", "injured", "inspection",
            "opened_on", "pay_kind", "referrals", "risk_level", "school_days", "services",
            "started_on", "task_text", "workplace",
        )
    ),
)  # fmt: skip

COMMON: Mapping[str, tuple[tuple[str, ...], tuple[tuple[Operation, ...], ...]]] = {
    Kind.IDENTITY: (_VERSIONS, (_IDENTITY_1_1,)),
    Kind.CASE: (_VERSIONS, (_CASE_1_1,)),
}
"""By kind of sealed part: the versions, oldest first, and the step from each to the next."""
