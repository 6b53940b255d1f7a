"""A folder of an office's files, read by its contract: what an integrator gets without Python."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.sdk.answers import AnswerFolder
from adapters.sdk.file_form import FileForm, form_of_contract
from adapters.sdk.folder import OfficeFolder
from adapters.sdk.manifest import Manifest
from adapters.sdk.ports import Answer, Batch
from contracts.source_contract import SourceContract


class OfficeFiles:
    """Pulls from `home/inbox`, takes answers home to `home/answers`.

    Keys begin with the record's name: two contracts of one system never share one. In answers
    the office finds its own.
    """

    def __init__(
        self,
        contract: SourceContract,
        home: Path,
        *,
        clock: Callable[[], datetime],
        grace_seconds: float = 30.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._prefix = f"{contract.record}:"
        form = form_of_contract(contract, prefix=self._prefix)
        self.manifest = _manifest(contract, form)
        self._folder = OfficeFolder(
            home / "inbox", form, clock=clock, wall=wall, grace_seconds=grace_seconds
        )
        self._answers = AnswerFolder(home / "answers")

    def pull(self, checkpoint: Mapping[str, Any] | None, most: int) -> Batch:
        """See `adapters.sdk.ports.Pulls`."""
        return self._folder.pull(checkpoint, most)

    def answer(self, answers: Sequence[Answer]) -> None:
        """See `adapters.sdk.ports.PushesAnswers`."""
        self._answers.answer(
            [replace(one, row_key=one.row_key.removeprefix(self._prefix)) for one in answers]
        )


def _manifest(contract: SourceContract, form: FileForm) -> Manifest:
    """What the adapter says of itself: what its contract says."""
    document = contract.document
    team = document.get("team")
    owner = team.get("name") if isinstance(team, Mapping) else ""
    return Manifest(
        name=str(document.get("name") or contract.record), system=contract.system,
        owner=str(owner or "not named in the contract"), records=(contract.record,),
        capabilities=("pulls", "pushes_answers"), sheet=form.sheet,
        touches=(
            "reads inbox/*: workbooks, CSV, JSON, JSON lines, SPSS files of the contract",
            "writes answers/<office>.xlsx: row key, referral id, state, date; no names",
        ),
    )  # fmt: skip
