"""An SPSS file as batches: its numbers as numbers, and as a CSV file would show them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from contracts import codes
from contracts.errors import FatalError
from hub.classify.source import HEADER_ROWS, Batch, internal, places

CELLS = 10_000_000
"""Cells of a batch: some files have a thousand variables."""
_YES, _NO = 1.0, 2.0


class SavFile:
    """An SPSS system file (.sav, .zsav). Values that it declares missing are no answer.

    Where a variable's value labels say which code is "yes" and which is "no", they decide.
    """

    def __init__(self, path: Path, *, rows: int | None = None) -> None:
        """Read what the file says about its variables."""
        import pyreadstat

        self._path, self._reader = path, pyreadstat
        _, self._about = self._read(metadataonly=True)
        self.header = tuple(self._about.column_names)
        self._rows = rows or max(1000, CELLS // max(1, len(self.header)))

    def batches(self) -> Iterator[Batch]:
        """Yield the rows, some thousand at a time."""
        offset = 0
        while True:
            frame, _ = self._read(row_offset=offset, row_limit=self._rows)
            if not frame.height:
                return
            frame.columns = [internal(place) for place in range(frame.width)]
            yield Batch(
                rows=frame.select(_shown(frame[name]) for name in frame.columns),
                cells=frame.select(self._cells(frame)),
                places=places(HEADER_ROWS + 1 + offset, frame.height),
            )
            offset += frame.height
            if frame.height < self._rows:
                return

    def _read(self, **more: Any) -> tuple[pl.DataFrame, Any]:
        wrong = (self._reader.ReadstatError, self._reader.PyreadstatError)
        try:
            frame, about = self._reader.read_sav(
                str(self._path), user_missing=True, output_format="polars", **more
            )
        except (*wrong, ValueError, OverflowError, OSError):  # its own words may repeat cells
            raise FatalError(
                f"{self._path.name}: not an SPSS file that can be read, or its end is missing"
            ) from None
        return frame, about

    def _cells(self, frame: pl.DataFrame) -> Iterator[pl.Expr]:
        """Read each column: declared missing values go, and labelled codes become 1 and 2."""
        for place, name in enumerate(self.header):
            cell = pl.col(internal(place))
            if not frame[internal(place)].dtype.is_numeric():
                yield cell.cast(pl.String)
                continue
            for one in self._about.missing_ranges.get(name, ()):
                gone = cell.is_between(float(one["lo"]), float(one["hi"]))
                cell = pl.when(~gone).then(cell)
            labels = self._about.variable_value_labels.get(name, {})
            if said := _yes_and_no(labels):
                cell = (
                    pl.when(cell == said[0])
                    .then(_YES)
                    .when(cell == said[1])
                    .then(_NO)
                    .otherwise(pl.when(~cell.is_in([_YES, _NO])).then(cell))
                )
            yield cell.cast(pl.Float64).alias(internal(place))


def _yes_and_no(labels: Mapping[Any, str]) -> tuple[float, float] | None:
    """Return the codes that the labels call yes and no, where they are not 1 and 2."""
    words = codes.load("yes_no")
    found: dict[str | None, float] = {}
    for code, label in labels.items():
        found.setdefault(words.find(str(label)), code)
    if "yes" not in found or "no" not in found:
        return None
    said = float(found["yes"]), float(found["no"])
    return None if said == (_YES, _NO) else said


def _shown(column: pl.Series) -> pl.Series:
    """Return values as text: whole numbers without a point."""
    if not column.dtype.is_float():
        return column.cast(pl.String).replace("", None)
    whole = (column == column.floor()) & (column.abs() < 2**53)
    texts = pl.select(
        pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(column.cast(pl.String)).alias(column.name)
    )  # fmt: skip
    return texts.to_series()


def is_sav(path: Path) -> bool:
    """Tell by its name whether a file is one."""
    return path.suffix.casefold() in (".sav", ".zsav")
