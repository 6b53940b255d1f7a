"""An adapter over a folder, polled by hand, for tests: checkpoint and wall clock in one place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.generic.adapter import OfficeFiles
from adapters.labour_inspection.adapter import LabourInspection
from adapters.sdk.ports import Batch
from contracts.source_contract import SourceContract

NOW = datetime(2026, 1, 6, 1, 30, tzinfo=UTC)
GRACE = 30


@dataclass
class Desk:
    """The folder of one form: of `contract`, or else of the labour inspectorate's workbooks."""

    home: Path
    contract: SourceContract | None = None
    checkpoint: Mapping[str, Any] | None = None
    wall: float = 1000.0

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    def pull(self, most: int = 100) -> Batch:
        """Pull with an adapter that remembers nothing, and store the checkpoint."""
        adapter = self._adapter()
        batch = adapter.pull(self.checkpoint, most)
        self.checkpoint = json.loads(json.dumps(batch.checkpoint))
        return batch

    def settled(self, most: int = 100) -> Batch:
        """Pull when every file has stayed as it is for long enough."""
        self.pull(most)
        self.wall += GRACE
        return self.pull(most)

    def _adapter(self) -> LabourInspection | OfficeFiles:
        if self.contract:
            return OfficeFiles(
                self.contract, self.home, clock=lambda: NOW, wall=lambda: self.wall,
                grace_seconds=GRACE,
            )  # fmt: skip
        return LabourInspection(
            self.home, clock=lambda: NOW, wall=lambda: self.wall, grace_seconds=GRACE
        )
