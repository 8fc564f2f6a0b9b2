"""A tiny company for tests of money: tables written as rows of words, panels as rows of numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from trivet.core.buckets import add_months
from trivet.core.company import Company
from trivet.core.ids import Counts, GrainName
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.tables import ColumnType
from trivet.planning.inputs import build_inputs
from trivet.workspace.registries import measure_registry, table_specs

Rows = Sequence[Mapping[str, Any]]

CYCLE = date(2026, 11, 1)
COMPANY = Company(
    name="Tiny", currency="EUR", first_bucket=date(2025, 1, 1), cycle=CYCLE, horizon=14, frozen=1, slushy=3
)
FIRST_OPEN = 22


def month(offset: int) -> date:
    """First day of the month `offset` after November 2026."""
    return add_months(CYCLE, offset)


def loaded(name: str, rows: Rows) -> pl.DataFrame:
    """Type rows as a loaded table: 2.5 of a quantity becomes 2500, 1 of money 10000."""
    spec = table_specs()[name]
    frame = spec.empty()
    columns: dict[str, list[Any]] = {column.name: [] for column in spec.columns}
    extra = sorted({key for row in rows for key in row} - set(columns))
    for row in rows:
        for column in spec.columns:
            value = row.get(column.name)
            if value is None and column.key and column.type is ColumnType.CODE:
                value = ""
            if value is not None and column.type in {ColumnType.QUANTITY, ColumnType.MONEY}:
                scale = 1000 if column.type is ColumnType.QUANTITY else 10000
                value = int((Decimal(str(value)) * scale).to_integral_value())
            columns[column.name].append(value)
    full = pl.DataFrame(columns, schema=frame.schema)
    return full.with_columns(pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in extra)


def make_inputs(company: Company = COMPANY, **tables: Rows) -> PlanInputs:
    """Build plan inputs from the tables given."""
    frames = {name: loaded(name, rows) for name, rows in tables.items()}
    inputs, _ = build_inputs(company, frames, table_specs(), measure_registry())
    return inputs


def panel(inputs: PlanInputs, grain: str, keys: Mapping[str, Sequence[str]], **measures: Any) -> Panel:
    """Build a panel: measure -> key -> value in units, one for every bucket or (bucket index -> value)."""
    table = make_keys(keys) if keys else pl.DataFrame()
    made = Panel(grain=GrainName(grain), keys=table, buckets=inputs.model.buckets)
    rows = {key: i for i, key in enumerate(table.iter_rows())} if keys else {(): 0}
    for name, given in measures.items():
        quantum = inputs.model.registry[name].quantum
        values = np.zeros(made.shape)
        mask = np.zeros(made.shape, dtype=np.bool_)
        for key, cells in given.items():
            for column, value in cells.items():
                values[rows[key], column] = float(value)
                mask[rows[key], column] = True
        masks = {name: mask} if inputs.model.registry[name].missing == "absent" else None
        if quantum is None:
            made = made.with_rates({name: values}, present=masks)
        else:
            counts: Counts = np.rint(values / float(quantum)).astype(np.int64)
            made = made.with_counts({name: counts}, present=masks)
    return made


def flat(value: float, first: int = 0, stop: int = FIRST_OPEN + 14) -> dict[int, float]:
    """The same value in every bucket from `first` to before `stop`."""
    return dict.fromkeys(range(first, stop), value)


def closed(value: float) -> dict[int, float]:
    """The same value in every closed bucket."""
    return flat(value, 0, FIRST_OPEN)


def ahead(value: float) -> dict[int, float]:
    """The same value in every open bucket."""
    return flat(value, FIRST_OPEN)
