"""A small company built in memory: tables from rows as people write them, quantities in units, money in money."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from trivet.core.buckets import Calendar, add_months
from trivet.core.company import Company
from trivet.core.measures import Registry
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_count
from trivet.core.tables import ColumnType, TableSpec
from trivet.planning.inputs import build_inputs

Cell = str | int | float | bool | date | None
Rows = Sequence[Mapping[str, Cell]]
MakeInputs = Callable[..., PlanInputs]


@dataclass(frozen=True)
class Words:
    """The vocabulary every company is built with."""

    specs: Mapping[str, TableSpec]
    registry: Registry


def company_builder(words: Words) -> MakeInputs:
    """Give a function that builds plan inputs from rows."""

    def build(
        first: str = "2023-01-01",
        cycle: str = "2026-01-01",
        horizon: int = 14,
        calendar: Calendar = Calendar.MONTHS,
        **tables: Rows,
    ) -> PlanInputs:
        company = Company(
            name="Test",
            currency="EUR",
            first_bucket=date.fromisoformat(first),
            cycle=date.fromisoformat(cycle),
            horizon=horizon,
            calendar=calendar,
        )
        loaded = {name: frame_of(words.specs[name], rows) for name, rows in tables.items()}
        return build_inputs(company, loaded, words.specs, words.registry)[0]

    return build


def frame_of(spec: TableSpec, rows: Rows) -> pl.DataFrame:
    """Type rows as a loaded table is: quantities and money as counts, empty keys as ""."""
    columns = {
        column.name: [_stored(row.get(column.name), column.type, key=column.key) for row in rows]
        for column in spec.columns
    }
    return pl.DataFrame(columns, schema=spec.empty().schema)


def _stored(value: Cell, kind: ColumnType, *, key: bool) -> Cell:
    if value is None or value == "":
        return "" if key and kind in {ColumnType.CODE, ColumnType.CHOICE} else None
    if kind in {ColumnType.QUANTITY, ColumnType.MONEY}:
        return to_count(Decimal(str(value)), QUANTITY if kind is ColumnType.QUANTITY else MONEY)
    if kind in {ColumnType.DAY, ColumnType.BUCKET} and isinstance(value, str):
        return date.fromisoformat(value if len(value) > len("2026-01") else f"{value}-01")
    return float(value) if kind in {ColumnType.SHARE, ColumnType.RATE} and isinstance(value, int) else value


def monthly(
    values: Sequence[float | None], item: str = "A", market: str = "M", first: str = "2023-01-01", **more: Cell
) -> list[dict[str, Cell]]:
    """Give rows of a history, one a month from `first` on; None has no row, 0 is a row that says 0."""
    start = date.fromisoformat(first)
    return [
        {"item": item, "market": market, "bucket": add_months(start, i), "quantity": value, **more}
        for i, value in enumerate(values)
        if value is not None
    ]
