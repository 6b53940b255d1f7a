"""A system of offices that fill in forms: reads their files, and puts answers beside them.

What tells one such system from another is its manifest, and the contract that keys its rows.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from adapters.sdk.answers import AnswerFolder
from adapters.sdk.file_form import form_of_sheet
from adapters.sdk.folder import OfficeFolder
from adapters.sdk.manifest import load_manifest
from adapters.sdk.ports import Answer, Batch
from contracts import source_contract
from contracts.row_keys import keys_of


class Offices:
    """Pulls from `home/inbox`, takes answers home to `home/answers`.

    A system names the `package` that holds its manifest.
    """

    package: ClassVar[str]

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime],
        grace_seconds: float = 30.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.manifest = load_manifest(self.package)
        sheet = self.manifest.sheet
        assert sheet
        keys = keys_of(source_contract.load(self.manifest.system, sheet.record))
        self._folder = OfficeFolder(
            home / "inbox", form_of_sheet(sheet, keys),
            clock=clock, wall=wall, grace_seconds=grace_seconds,
        )  # fmt: skip
        self._answers = AnswerFolder(home / "answers")

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """See `adapters.sdk.ports.Pulls`."""
        return self._folder.pull(checkpoint, most)

    def answer(self, answers: Sequence[Answer]) -> None:
        """See `adapters.sdk.ports.PushesAnswers`."""
        self._answers.answer(answers)
