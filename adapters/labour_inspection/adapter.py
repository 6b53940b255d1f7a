"""Inspection workbooks: a row a child found, or one for an inspection that found none."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.sdk.answers import AnswerFolder
from adapters.sdk.cells import Plain, key_text
from adapters.sdk.folder import WorkbookFolder
from adapters.sdk.manifest import load_manifest
from adapters.sdk.ports import Answer, Batch


class LabourInspection:
    """Pulls from `home/inbox`, takes answers home to `home/answers`."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime],
        grace_seconds: float = 30.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.manifest = load_manifest(__package__)
        assert self.manifest.sheet
        self._folder = WorkbookFolder(
            home / "inbox", self.manifest.sheet, keys_of,
            clock=clock, wall=wall, grace_seconds=grace_seconds,
        )  # fmt: skip
        self._answers = AnswerFolder(home / "answers")

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """See `adapters.sdk.ports.Pulls`."""
        return self._folder.pull(checkpoint, most)

    def answer(self, answers: Sequence[Answer]) -> None:
        """See `adapters.sdk.ports.PushesAnswers`."""
        self._answers.answer(answers)


def keys_of(cells: Mapping[str, Plain]) -> tuple[str, str] | None:
    """Return the row's key, and the same as its person's: a child is known within its inspection.

    Without a child number only an inspection that says "no" is whole; a child found that was not
    numbered would else share its key with the next one.
    """
    inspection, child = key_text(cells.get("insp_id")), key_text(cells.get("child_no"))
    if not inspection:
        return None
    if child:
        return f"{inspection}/{child}", f"{inspection}/{child}"
    found_none = key_text(cells.get("child_found")).casefold() == "no"
    return (f"{inspection}/", "") if found_none else None
