"""Versions as Parquet files anybody can read: one long table a grain, decimals as people see them.

`GRAIN.parquet` has the key columns, `bucket` (first day) and one column a measure: quantities with 3
decimals, money with 4, hours with 3 (DECIMAL, exact), rates as DOUBLE. Null where a measure whose
missing is `absent` has no value. Rows are ordered by series, then bucket.
"""

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

from trivet.core.errors import InvalidInput, Unavailable
from trivet.core.ids import Counts, Flags
from trivet.core.measures import Registry
from trivet.core.panel import Panel
from trivet.core.plan import Plan

_DIGITS = 18
"""Digits of a decimal column: counts stay below 2**53, so 16 are enough, and 18 fit into 64 bits."""


def write_plan(plan: Plan, folder: Path, registry: Registry) -> tuple[Path, ...]:
    """Write every grain of a plan and give the files.

    Raises NotFound for a measure the registry does not have, Unavailable when the disk refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tuple(_write(plan.panels[grain], folder / f"{grain}.parquet", registry) for grain in sorted(plan.panels))
    except OSError as error:
        raise Unavailable(f"{folder}: can't be written: {error}. Free space or choose another folder.") from error


def _write(panel: Panel, path: Path, registry: Registry) -> Path:
    long_table(panel, registry).write_parquet(path, compression="zstd")
    return path


def long_table(panel: Panel, registry: Registry) -> pl.DataFrame:
    """Lay a panel out with one row a series and bucket: keys, `bucket`, measures by name in order."""
    series, width = panel.shape
    at = pl.Series("row", np.repeat(np.arange(series), width))
    frame = panel.keys[at] if panel.keys.width else pl.DataFrame()
    columns = [pl.Series("bucket", list(panel.buckets.starts) * series, dtype=pl.Date)]
    for name in sorted({*panel.counts, *panel.rates}):
        present = panel.present.get(name)
        if name in panel.rates:
            columns.append(_masked(pl.Series(str(name), panel.rates[name].ravel()), present))
            continue
        quantum = registry[name].quantum
        if quantum is None:
            raise InvalidInput(f"{panel.grain}: {name} is held as counts, but the registry says it has no quantum")
        columns.append(_masked(_decimals(str(name), panel.counts[name], quantum), present))
    return frame.hstack(columns) if frame.width else pl.DataFrame(columns)


def _decimals(name: str, counts: Counts, quantum: Decimal) -> pl.Series:
    scale = -int(quantum.as_tuple().exponent)
    exact = pl.col(name).cast(pl.Decimal(38, scale)) * pl.lit(quantum)
    return pl.DataFrame({name: counts.ravel()}).select(exact.cast(pl.Decimal(_DIGITS, scale)))[name]


def _masked(values: pl.Series, present: Flags | None) -> pl.Series:
    if present is None:
        return values
    frame = pl.DataFrame([values, pl.Series("present", present.ravel())])
    return frame.select(pl.when("present").then(values.name).alias(values.name))[values.name]
