"""The error tree: what a caller must do next. Holds no value of a record, ever.

HubError
├── RetriableError   waiting mends it: the partition pauses, the delivery is tried again
├── RejectedError    the record is wrong: its source must mend it and send it again
└── FatalError       this process must stop and tell a person
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one record was not taken, in words for the person who can mend it.

    `code` is a stable identifier (`age_impossible`), `column` the source's own field name,
    `message` says what is wrong and `next_step` what to do. None of them repeats a value of a
    person's field. `where` is file, sheet and row, or the record's place in an answer.
    """

    code: str
    message: str
    next_step: str
    column: str = ""
    where: str = ""


class HubError(Exception):
    """Root of all errors that the hub raises on purpose."""


class RetriableError(HubError):
    """Something outside is not ready. `after` is a hint in seconds, as `Retry-After` gives it."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class RejectedError(HubError):
    """A record breaks its contract. Carries every reason found, never only the first."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(", ".join(sorted({reason.code for reason in reasons})))
        self.reasons = reasons


class FatalError(HubError):
    """The program cannot go on safely; the message says what a person must do."""
