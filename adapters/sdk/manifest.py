"""What an adapter says of itself, read from the `manifest.toml` beside it. Runs nothing of it."""

import tomllib
from importlib.resources import files
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Capability = Literal["pulls", "pushes_referrals", "pushes_answers"]


class SheetForm(BaseModel):
    """The form of a workbook's table: which column codes it knows and which it cannot miss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    """Groups of columns of which one must be there."""
    tells_apart: tuple[str, ...] = ()
    """Columns by which two rows of one key are seen to be about two persons."""

    @model_validator(mode="after")
    def _names_known_columns_only(self) -> Self:
        grouped = (column for group in self.one_of for column in group)
        named = {*self.required, *self.tells_apart, *grouped}
        if named - set(self.columns) or len(set(self.columns)) != len(self.columns):
            raise ValueError(
                "required, one_of and tells_apart may name known columns only, and each column once"
            )
        return self


class Manifest(BaseModel):
    """One adapter: `system` is its name on the bus, `touches` says what it reads and writes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    system: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    owner: str
    records: tuple[str, ...]
    capabilities: tuple[Capability, ...]
    touches: tuple[str, ...]
    sheet: SheetForm | None = None


def load_manifest(package: str) -> Manifest:
    """Read the manifest of an adapter's package, `adapters.emis`."""
    return Manifest.model_validate(
        tomllib.loads(files(package).joinpath("manifest.toml").read_text(encoding="utf-8"))
    )
