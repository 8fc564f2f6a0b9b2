"""A panel: keys, one row a series, and one dense array per measure, series x bucket, read-only.

Keys are the combinations that exist, never a dense cube. Long polars frames live at the edges.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts, Digest, Flags, GrainName, MeasureId, Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """Numbers of one grain.

    Attributes:
        grain: name of the grain in the measure registry.
        keys: one row a series, one String column a dimension, sorted, without duplicates; the
            grain `company` has one row and no column.
        buckets: the time axis (history and horizon).
        counts: measure -> int64 (series, bucket), in quanta of the measure.
        rates: measure -> float64 (series, bucket), rounded to 1e-9; NaN never.
        present: measure -> bool (series, bucket), for measures whose missing is `absent`.
    """

    grain: GrainName
    keys: pl.DataFrame
    buckets: Buckets
    counts: Mapping[MeasureId, Counts] = field(default_factory=dict)
    rates: Mapping[MeasureId, Rates] = field(default_factory=dict)
    present: Mapping[MeasureId, Flags] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the arrays and check their shapes."""
        for arrays in (self.counts, self.rates, self.present):
            for name, array in arrays.items():
                if array.shape != self.shape:
                    raise ValueError(f"{name}: shape {array.shape}, expected {self.shape}")
                array.flags.writeable = False

    @property
    def rows(self) -> int:
        """Number of series."""
        return self.keys.height if self.keys.width else 1

    @property
    def shape(self) -> tuple[int, int]:
        """(series, buckets)."""
        return self.rows, len(self.buckets)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The key columns."""
        return tuple(self.keys.columns)

    def has(self, measure: str) -> bool:
        """Tell whether the panel holds a measure."""
        return measure in self.counts or measure in self.rates

    def count(self, measure: str) -> Counts:
        """Give the counts of a measure; zeros when the panel has none."""
        found = self.counts.get(MeasureId(measure))
        return np.zeros(self.shape, dtype=np.int64) if found is None else found

    def rate(self, measure: str) -> Rates:
        """Give the rates of a measure; zeros when the panel has none."""
        found = self.rates.get(MeasureId(measure))
        return np.zeros(self.shape) if found is None else found

    def mask(self, measure: str) -> Flags:
        """Tell where a measure has a value; everywhere when it carries no mask."""
        found = self.present.get(MeasureId(measure))
        return np.ones(self.shape, dtype=np.bool_) if found is None else found

    def with_counts(self, measures: Mapping[str, Counts], present: Mapping[str, Flags] | None = None) -> "Panel":
        """Give a panel with these counts (and masks) added or replaced."""
        counts = {**self.counts, **{MeasureId(k): v for k, v in measures.items()}}
        masks = {**self.present, **{MeasureId(k): v for k, v in (present or {}).items()}}
        return replace(self, counts=counts, present=masks)

    def with_rates(self, measures: Mapping[str, Rates], present: Mapping[str, Flags] | None = None) -> "Panel":
        """Give a panel with these rates (and masks) added or replaced."""
        rates = {**self.rates, **{MeasureId(k): v for k, v in measures.items()}}
        masks = {**self.present, **{MeasureId(k): v for k, v in (present or {}).items()}}
        return replace(self, rates=rates, present=masks)

    def find(self, keys: pl.DataFrame) -> Counts:
        """Give the row of each key (same columns), -1 where the panel has none."""
        if not self.keys.width:
            return np.zeros(keys.height, dtype=np.int64)
        names = list(self.keys.columns)
        numbered = self.keys.with_row_index("_row")
        found = keys.select(names).join(numbered, on=names, how="left", maintain_order="left")["_row"]
        return found.cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)

    def digest(self) -> Digest:
        """Give the sha256 over keys, edges and values (never over files)."""
        total = sha256(f"{self.grain}|{[str(e) for e in self.buckets.edges]}".encode())
        total.update(keys_digest(self.keys).encode())
        for name, part in self.measure_digests().items():
            total.update(f"|{name}={part}".encode())
        return Digest(total.hexdigest())

    def measure_digests(self) -> Mapping[MeasureId, Digest]:
        """Give the sha256 of each measure's values and mask, by name in order."""
        names = sorted({*self.counts, *self.rates})
        return {name: self._measure_digest(name) for name in names}

    def _measure_digest(self, name: MeasureId) -> Digest:
        array = self.counts[name] if name in self.counts else self.rates[name]
        total = sha256(np.ascontiguousarray(array).astype("<i8" if name in self.counts else "<f8").tobytes())
        if name in self.present:
            total.update(np.packbits(self.present[name]).tobytes())
        return Digest(total.hexdigest())


def keys_digest(keys: pl.DataFrame) -> Digest:
    """Give the sha256 over the text of a table of keys, column by column, row by row."""
    total = sha256()
    for name in keys.columns:
        total.update(f"\x1d{name}".encode())
        for value in keys[name].cast(pl.String).to_list():
            total.update(b"\x1f" + (b"\x00" if value is None else str(value).encode()))
    return Digest(total.hexdigest())


def make_keys(columns: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Build a table of keys: text columns, duplicates dropped, sorted by all columns."""
    frame = pl.DataFrame(dict(columns), schema=dict.fromkeys(columns, pl.String))
    return frame.unique(maintain_order=True).sort(frame.columns) if frame.width else frame


def panel_from_long(
    grain: str, keys: pl.DataFrame, buckets: Buckets, long: pl.DataFrame, measures: Sequence[str]
) -> Panel:
    """Fill a panel from a long table with the key columns, `bucket` (first day) and count columns.

    Rows of one cell are added; rows whose key or bucket the panel does not have are an error
    (ValueError): callers route them before. Null counts as nothing given.
    """
    panel = Panel(grain=GrainName(grain), keys=keys, buckets=buckets)
    rows = panel.find(long)
    starts = {day: i for i, day in enumerate(buckets.starts)}
    columns = np.array([starts.get(day, -1) for day in long["bucket"].to_list()], dtype=np.int64)
    if len(rows) and (rows.min() < 0 or columns.min() < 0):
        raise ValueError(f"{grain}: a row of the table lies outside the panel")
    counts: dict[str, Counts] = {}
    for name in measures:
        array = np.zeros(panel.shape, dtype=np.int64)
        np.add.at(array, (rows, columns), long[name].fill_null(0).to_numpy().astype(np.int64))
        counts[name] = array
    return panel.with_counts(counts)
