"""The evidence a certificate is drawn from: what people will read, and the source it claims to come from.

A folder with `evidence.json` (company, currency, cycle, version, buckets), `tables/NAME.parquet` (each
source table as imported, decimals instead of counts), `rollup.parquet` (totals by family, region, place as
planning added them up) and `outlook.parquet` (the fiscal lines of the summary). Beside them stand the
plan's own numbers, one `GRAIN.parquet` a grain, written by the store's export. `changes.parquet`
(optional) lists what people's entries moved.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from trivet.core.buckets import Buckets
from trivet.core.fiscal import sum_by
from trivet.core.panel import Panel
from trivet.core.plan import Model, Plan, PlanInputs
from trivet.core.summary import FiscalLine, PlanSummary
from trivet.core.tables import ColumnType, TableSpec

FACTS: Final = "evidence.json"
TABLES: Final = "tables"
ROLLUP: Final = "rollup.parquet"
OUTLOOK: Final = "outlook.parquet"
CHANGES: Final = "changes.parquet"
_PLACES: Final = {ColumnType.QUANTITY: 3, ColumnType.MONEY: 4}
LEVELS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "demand": (("item", "family"), ("market", "region")),
    "supply": (("item", "family"), ("location", "location")),
    "material": (("item", "item"),),
    "load": (("resource", "resource"),),
}
"""Grain -> the levels (dimension, level) whose totals are published beside the detail."""


def write_evidence(
    folder: Path,
    *,
    plan: Plan,
    inputs: PlanInputs,
    tables: Mapping[str, pl.DataFrame],
    specs: Mapping[str, TableSpec],
    summary: PlanSummary,
    version: str,
    changes: pl.DataFrame | None = None,
) -> None:
    """Write everything a certificate needs but the plan's own numbers, making the folder where needed.

    Args:
        folder: where; existing files of the same names are replaced.
        plan: the plan whose numbers stand beside it (`store.parquet.write_plan`).
        inputs: what it was made from.
        tables: tables of the snapshot as imported (counts of quanta), before any default was filled in.
        specs: every table of the company folder; a missing one is written empty.
        summary: the one-screen summary people see.
        version: id of the version.
        changes: what the live entries moved, counted from the log: columns measure, item, place (market or
            location), bucket and moved (decimal); None = not known, and the check says so.
    """
    (folder / TABLES).mkdir(parents=True, exist_ok=True)
    for name, spec in specs.items():
        decimals(tables.get(name, spec.empty()), spec).write_parquet(folder / TABLES / f"{name}.parquet")
    model = inputs.model
    facts = {**calendar_facts(model.buckets), "company": model.company.name, "currency": model.company.currency}
    facts["version"] = version
    facts["digest"] = plan.digest()
    (folder / FACTS).write_text(json.dumps(facts, indent=1), encoding="utf-8")
    pl.concat([rollup(model, plan.panels[grain]) for grain in sorted(plan.panels)]).write_parquet(folder / ROLLUP)
    outlook_table((*summary.lines, *summary.families)).write_parquet(folder / OUTLOOK)
    if changes is not None:
        changes.write_parquet(folder / CHANGES)


def decimals(table: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Give a loaded table with its counts as exact decimals: quantities with 3 places, money with 4."""
    exact = [
        (pl.col(column.name).cast(pl.Decimal(38, places)) * pl.lit(Decimal(1).scaleb(-places)))
        .cast(pl.Decimal(18, places))
        .alias(column.name)
        for column in spec.columns
        if (places := _PLACES.get(column.type)) is not None and column.name in table.columns
    ]
    return table.with_columns(exact)


def calendar_facts(buckets: Buckets) -> dict[str, object]:
    """Give the axis as plain facts: starts, labels and fiscal years of all buckets, and the first open one."""
    return {
        "starts": [start.isoformat() for start in buckets.starts],
        "labels": [buckets.label(i) for i in range(len(buckets))],
        "years": [buckets.fiscal_year(i) for i in range(len(buckets))],
        "first_open": buckets.first_open,
        "end": buckets.edges[-1].isoformat(),
    }


def rollup(model: Model, panel: Panel) -> pl.DataFrame:
    """Add every additive measure of a panel up to its published levels and to the total.

    Columns grain, level, member, measure, bucket, value (decimal with 4 places).
    """
    frames = [_EMPTY]
    for spec in model.registry.of_grain(panel.grain):
        if spec.over_members != "sum" or spec.id not in panel.counts or spec.quantum is None:
            continue
        for level, labels in _labels(model, panel):
            members, values = sum_by(labels, panel.count(spec.id))
            frames.append(_long((panel.grain, level, spec.id), members, values, panel.buckets, spec.quantum))
    return pl.concat(frames)


_EMPTY: Final = pl.DataFrame(
    schema={
        "grain": pl.String,
        "level": pl.String,
        "member": pl.String,
        "measure": pl.String,
        "bucket": pl.Date,
        "value": pl.Decimal(18, 4),
    }
)


def _labels(model: Model, panel: Panel) -> Sequence[tuple[str, list[str]]]:
    found = [("total", ["total"] * panel.rows)]
    for dimension, level in LEVELS.get(panel.grain, ()):
        parent = model.dimensions[dimension].parents(level)
        found.append((level, [parent.get(key, "") for key in panel.keys[dimension].to_list()]))
    return found


def _long(
    names: tuple[str, str, str],
    members: Sequence[str],
    values: np.typing.NDArray[np.int64],
    buckets: Buckets,
    quantum: Decimal,
) -> pl.DataFrame:
    grain, level, measure = names
    width = len(buckets)
    frame = pl.DataFrame(
        {
            "grain": [grain] * len(members) * width,
            "level": [level] * len(members) * width,
            "member": np.repeat(np.array(members, dtype=object), width).tolist(),
            "measure": [measure] * len(members) * width,
            "bucket": list(buckets.starts) * len(members),
            "value": values.ravel(),
        },
        schema_overrides={"member": pl.String, "bucket": pl.Date},
    )
    exact = pl.col("value").cast(pl.Decimal(38, 4)) * pl.lit(quantum)
    return frame.with_columns(exact.cast(pl.Decimal(18, 4)))


_AMOUNTS: Final = (
    "units",
    "revenue",
    "margin",
    "budget_units",
    "budget_revenue",
    "budget_margin",
    "last_revenue",
    "unserved",
)


def outlook_table(lines: Sequence[FiscalLine]) -> pl.DataFrame:
    """Lay the fiscal lines out: family ("" = the company), year, and amounts as decimals (null = not said)."""
    columns: dict[str, object] = {
        "family": pl.Series([line.family or "" for line in lines], dtype=pl.String),
        "company": pl.Series([line.family is None for line in lines], dtype=pl.Boolean),
        "year": pl.Series([line.year for line in lines], dtype=pl.Int64),
    }
    for name in _AMOUNTS:
        columns[name] = pl.Series([getattr(line, name) for line in lines], dtype=pl.Decimal(38, 4))
    return pl.DataFrame(columns)
