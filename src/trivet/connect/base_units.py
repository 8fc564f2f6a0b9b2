"""Quantities in the unit the file says, brought to each item's base unit; a unit nobody can convert rejects its row.

A table of quantities may have a column `unit` (EA, CASE, PALLET): what it holds is multiplied by `per_unit` of
unit_conversions, the item's own row before the one for every item. Nothing is guessed: without a conversion the row
is rejected and says which one is missing.
"""

from collections.abc import Mapping

import polars as pl

from trivet.connect.cells import Fault
from trivet.connect.codes import match_key
from trivet.connect.mapping import Source
from trivet.connect.raw import ROW, RawTable
from trivet.connect.rules import column_named
from trivet.connect.typed import Typed, add_up, reject, with_text
from trivet.core.report import Choice, Sums
from trivet.core.tables import ColumnType, TableSpec
from trivet.core.units import Units, read_units

UNIT = "unit"


def unit_column(raw: RawTable, spec: TableSpec, source: Source) -> str | None:
    """Give the column that says the unit of a row's quantities; None when there is none.

    Only of tables that hold quantities of an item and have no column `unit` of their own.
    """
    names = {column.name for column in spec.columns}
    if not {"item", "quantity"} <= names or UNIT in names:
        return None
    if UNIT in source.columns:
        return column_named(source.columns[UNIT], raw.columns)
    if source.columns:
        return None
    return next((name for name in raw.columns if match_key(name) in (UNIT, "uom", "unit of measure")), None)


def to_base_units(
    typed: Typed, raw: RawTable, spec: TableSpec, source: Source, tables: Mapping[str, pl.DataFrame]
) -> Typed:
    """Multiply quantities by the base units in one of their unit; reject rows whose unit has no conversion."""
    column = unit_column(raw, spec, source)
    if column is None or typed.frame.is_empty() or "items" not in tables:
        return typed
    units = _units(tables)
    said = typed.frame.select(ROW, "item").join(
        raw.frame.select(ROW, pl.col(column).str.strip_chars().alias(UNIT)), on=ROW, how="left", maintain_order="left"
    )
    if said[UNIT].null_count() == said.height:
        return typed
    pairs = said.select("item", UNIT).drop_nulls().unique().sort("item", UNIT)
    known = pl.Series("_factor", [units.factor(item, unit) for item, unit in pairs.iter_rows()], dtype=pl.Float64)
    joined = said.join(pairs.with_columns(known), on=["item", UNIT], how="left", maintain_order="left")
    unknown = joined.filter(pl.col(UNIT).is_not_null() & pl.col("_factor").is_null())
    bad = pl.col(ROW).is_in(unknown[ROW].to_list())
    frame, out = typed.frame.with_columns(joined["_factor"].fill_null(1.0)).filter(~bad), typed.frame.filter(bad)
    converted = _multiplied(frame, spec)
    gained = add_up(converted, spec) + _minus(add_up(frame.drop("_factor"), spec))
    rejects = [
        reject(column, row, unit, _fault(units, item))
        for row, item, unit in unknown.select(ROW, "item", UNIT).iter_rows()
    ]
    return Typed(
        frame=converted, read=typed.read + gained, left_out=typed.left_out,
        rejected=typed.rejected + add_up(out, spec), rejects=typed.rejects + with_text(raw, rejects),
        choices=typed.choices + _choices(joined), issues=typed.issues,
    )  # fmt: skip


def _units(tables: Mapping[str, pl.DataFrame]) -> Units:
    conversions = tables.get("unit_conversions")
    if conversions is None:
        conversions = pl.DataFrame(schema={"item": pl.String, "unit": pl.String, "per_unit": pl.Float64})
    return read_units(conversions, tables["items"])


def _multiplied(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Bring every quantity of a row to the base unit, rounded to its quantum."""
    amounts = [c.name for c in spec.columns if c.type is ColumnType.QUANTITY and c.name in frame.columns]
    turned = [
        (pl.col(name).cast(pl.Float64) * pl.col("_factor")).round(0).cast(pl.Int64).alias(name) for name in amounts
    ]
    return frame.with_columns(turned).drop("_factor")


def _minus(sums: Sums) -> Sums:
    return Sums(rows=-sums.rows, quantity=-sums.quantity, money=-sums.money)


def _fault(units: Units, item: str) -> Fault:
    return Fault(
        expected=f"a unit item '{item}' has: {', '.join(units.known(item))}",
        advice="Add the conversion to unit_conversions, or correct the unit.",
    )


def _choices(joined: pl.DataFrame) -> tuple[Choice, ...]:
    """Say which rows were brought to the base unit, and by how much."""
    turned = joined.filter(pl.col("_factor").is_not_null() & (pl.col("_factor") != 1.0))
    choices = []
    for (unit,), rows in turned.sort(UNIT, "_factor").group_by([UNIT], maintain_order=True):
        least, most = rows["_factor"][0], rows["_factor"][-1]
        factor = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        choices.append(
            Choice(
                about=f"unit {unit}",
                value=f"{rows.height:,} rows × {factor}",
                reason="unit_conversions: quantities are kept in each item's base unit",
            )
        )
    return tuple(choices)
