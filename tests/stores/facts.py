"""Case facts and child events for tests of the gates. Made-up children; asserts nothing."""

from collections.abc import Mapping
from typing import Any

from contracts.envelope import Kind, Message
from tests.stores.handling import NOW, message, part

YES = {"answer": "yes", "rules": "r/1", "reasons": [], "missing": []}
NO = {"answer": "no", "rules": "r/1", "reasons": [], "missing": []}
OPEN = {"answer": "undetermined", "rules": "r/1", "reasons": [], "missing": ["hours"]}


def finding(**changes: Any) -> dict[str, Any]:
    """What an inspector saw: a girl of 12 at work in a factory in Yangon."""
    return {
        "system": "labour_inspection", "record": "inspection", "row_key": "LI-1/1",
        "office": "FGLLID-YGN", "observed_on": "2026-01-20", "township": "MMR013002", "sex": "F",
        "age_low": 12, "age_high": 12, "isic": "1410", "hours_week": 40.0, "child_found": "yes",
        "hazards": [], "worst_forms": [], "consents": [], "legal": YES, "statistical": YES,
    } | changes  # fmt: skip


def school_month(**changes: Any) -> dict[str, Any]:
    """What a teacher wrote of the same girl."""
    return {
        "system": "emis", "record": "school", "row_key": "0013002/7/2026-01", "office": "0013002",
        "observed_on": "2026-01-01", "township": "MMR013002", "sex": "F", "age_low": 12,
        "age_high": 12, "sees_working": "yes", "teacher_refers": "yes", "hazards": [],
        "worst_forms": [], "consents": [], "legal": YES, "statistical": OPEN,
    } | changes  # fmt: skip


def said(scope: str, answer: str, on: str = "2026-01-20") -> dict[str, str]:
    """One answer about consent."""
    return {"scope": scope, "answer": answer, "by": "unknown", "on": on}


def child_event(
    child: str, version: int, facts: Mapping[str, Mapping[str, Any]], into: str | None = None
) -> Message:
    """A child's event with its records: ref to facts."""
    members = [
        {"system": one["system"], "record": one["record"], "ref": ref, "person": f"p-{ref}",
         "changed": NOW.isoformat(), "origin": f"origin-{ref}"}
        for ref, one in facts.items()
    ]  # fmt: skip
    contents = [(part(f"p-{ref}", Kind.CASE, f"origin-{ref}"), one) for ref, one in facts.items()]
    data = {"child": child, "version": version, "into": into, "members": members}
    return message("child", child, f"{version:010d}", data, contents)
