"""A system of offices that fill in forms: reads their files, and puts answers beside them.

What tells one such system from another is its manifest and how its rows are keyed.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from adapters.sdk.answers import AnswerFolder
from adapters.sdk.cells import Plain
from adapters.sdk.file_form import form_of_sheet
from adapters.sdk.folder import OfficeFolder
from adapters.sdk.manifest import load_manifest
from adapters.sdk.ports import Answer, Batch


class Offices:
    """Pulls from `home/inbox`, takes answers home to `home/answers`.

    A system names the `package` that holds its manifest, and the `keys` of its rows.
    """

    package: ClassVar[str]

    @staticmethod
    def keys(cells: Mapping[str, Plain]) -> tuple[str, str] | None:
        """From a row's cells its key and its person's key; None when a part of it is missing."""
        raise NotImplementedError

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime],
        grace_seconds: float = 30.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.manifest = load_manifest(self.package)
        assert self.manifest.sheet
        self._folder = OfficeFolder(
            home / "inbox", form_of_sheet(self.manifest.sheet, self.keys),
            clock=clock, wall=wall, grace_seconds=grace_seconds,
        )  # fmt: skip
        self._answers = AnswerFolder(home / "answers")

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """See `adapters.sdk.ports.Pulls`."""
        return self._folder.pull(checkpoint, most)

    def answer(self, answers: Sequence[Answer]) -> None:
        """See `adapters.sdk.ports.PushesAnswers`."""
        self._answers.answer(answers)
