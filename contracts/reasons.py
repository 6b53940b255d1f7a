"""Why a record is rejected, in words that mend it. Column names and rules only, never a value."""

from contracts.errors import Reason


def missing(column: str, where: str) -> Reason:
    """Return the reason for an empty required field."""
    return Reason(
        code="missing_required", column=column, where=where,
        message=f"{column} is empty, and a record cannot be used without it",
        next_step=f"fill in {column} at its source and send the record again",
    )  # fmt: skip


def one_missing(columns: tuple[str, ...], where: str) -> Reason:
    """Return the reason for a group of fields that are all empty."""
    either = " and ".join(columns)
    return Reason(
        code="missing_required", column=columns[0], where=where,
        message=f"{either} are empty, and one of them is needed",
        next_step=f"fill in one of {either} at its source and send the record again",
    )  # fmt: skip


def unreadable(column: str, kind: str, where: str) -> Reason:
    """Return the reason for a required field that is not what it should be."""
    return Reason(
        code="unreadable", column=column, where=where,
        message=f"{column} is required and cannot be read as {kind}",
        next_step=f"write {column} as {kind} and send the record again",
    )  # fmt: skip


def unknown_code(column: str, takes: str, where: str) -> Reason:
    """Return the reason for a required field whose code no list has; `takes` says which it has."""
    return Reason(
        code="code_unknown", column=column, where=where,
        message=f"{column} is required and holds a code that its list does not have",
        next_step=f"write {takes} into {column} and send the record again",
    )  # fmt: skip


def impossible(column: str, what: str, where: str) -> Reason:
    """Return the reason for a value that cannot be."""
    return Reason(
        code=f"{what}_impossible", column=column, where=where,
        message=f"{column} holds a value that cannot be",
        next_step=f"correct {column} at its source and send the record again",
    )  # fmt: skip


def born_after(column: str, where: str) -> Reason:
    """Return the reason for a birth after the day on which the child was observed."""
    return Reason(
        code="birth_after_observation", column=column, where=where,
        message=f"{column} lies after the day of the record",
        next_step=f"correct {column} or the day of the record, and send it again",
    )  # fmt: skip
