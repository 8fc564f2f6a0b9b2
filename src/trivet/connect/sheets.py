"""A workbook with a sheet for each amount (units on one, revenue on the next): laid beside each other by row.

Each sheet is wide (a column for each bucket). Rows belong together where the columns that are no buckets say the same;
a row that stands on one sheet only has no amount of the other, which is not zero.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from trivet.connect.mapping import Source
from trivet.connect.raw import CELL, ROW, RawTable, line_of
from trivet.connect.texts import TextFile
from trivet.connect.wide import unpivot
from trivet.core.errors import InvalidInput
from trivet.core.issues import Issue, Place, Severity
from trivet.core.tables import TableSpec

Open = Callable[[Source], TextFile]
_BUCKET = "bucket"
_SHEET = CELL * 4096
"""Rows of the second sheet are numbered apart from those of the first."""


def open_sheets(path: Path, source: Source, spec: TableSpec, opens: Open) -> tuple[RawTable | None, tuple[Issue, ...]]:
    """Open each sheet the mapping names and lay them beside each other; None with the reasons when one is refused.

    Raises InvalidInput when a sheet holds no columns headed by buckets.
    """
    together: RawTable | None = None
    for number, (measure, sheet) in enumerate(source.sheets.items()):
        text = opens(replace(source, sheet=sheet, sheets={}))
        if text.issues:
            return None, text.issues
        raw, _, issues = unpivot(text.raw, spec, replace(source, wide=measure))
        if issues:
            return None, issues
        if _BUCKET not in raw.columns or measure not in raw.columns:
            raise InvalidInput(
                f"mapping.toml: sheet '{sheet}' of {path.name} has no columns headed by buckets; expected e.g. 2026-01"
            )
        double = _double(raw, measure)
        if double:
            return None, (double,)
        together = raw if together is None else _beside(together, raw, measure, number)
    return together, ()


def with_amounts(source: Source) -> Source:
    """Let a mapping that names columns take the amounts of the sheets as well."""
    if not source.columns:
        return source
    return replace(source, columns={_BUCKET: _BUCKET, **{name: name for name in source.sheets}, **source.columns})


def _double(raw: RawTable, measure: str) -> Issue | None:
    """Refuse a sheet on which two rows speak of the same thing: what belongs to which can't be told."""
    key = [name for name in raw.columns if name != measure]
    again = raw.frame.filter(~raw.frame.select(pl.struct(key).is_first_distinct().alias("first"))["first"])
    if again.is_empty():
        return None
    row = line_of(int(again[ROW][0]))
    return Issue(
        code="import.double-row",
        severity=Severity.REFUSED,
        place=Place(source=raw.file, row=row),
        message=f"row {row} of the sheet for {measure} says again what another row says; expected one row each.",
        advice="Add the two rows up in the workbook, or give each amount its own file.",
    )


def _beside(left: RawTable, right: RawTable, measure: str, number: int) -> RawTable:
    """Join the amount of one more sheet by all columns both have."""
    key = [name for name in right.columns if name in left.columns and name != measure]
    wanted = right.frame.select(*key, measure, (pl.col(ROW) + number * _SHEET).alias("_other"))
    frame = left.frame.join(wanted, on=key, how="full", coalesce=True, nulls_equal=True, maintain_order="left_right")
    frame = frame.with_columns(pl.col(ROW).fill_null(pl.col("_other"))).drop("_other")
    return replace(left, frame=frame, choices=(*left.choices, *right.choices))
