"""A company with its own dimension brand, alternate hierarchies and members that moved, for tests."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from trivet.core.company import Company, parse_company
from trivet.core.issues import Issue
from trivet.core.plan import PlanInputs
from trivet.core.tables import STORED
from trivet.planning.inputs import build_inputs
from trivet.workspace.registries import measure_registry, table_specs

TEXT = """
[company]
name = "Structured"
currency = "EUR"
[time]
first_bucket = "2025-01"
cycle = "2026-01"
horizon = 12
[dimensions.brand]
of = "item"
[hierarchies.item]
standard = ["segment", "family", "item"]
by_colour = ["colour", "item"]
[hierarchies.brand]
houses = ["owner", "brand"]
"""
ITEMS = (
    {"item": "A", "family": "City", "segment": "Adults", "colour": "red", "brand": "SWIFT"},
    {"item": "B", "family": "City", "segment": "Adults", "colour": "blue", "brand": "swift"},
    {"item": "C", "family": "Kids", "segment": "Children", "colour": "red", "brand": "Kiddo"},
    {"item": "D", "family": "Care", "segment": "Adults", "colour": "blue", "brand": ""},
)
BRANDS = pl.DataFrame(
    {"brand": ["Swift", "Kiddo"], "owner": ["North", "South"], "colour": ["green", "pink"]}, schema_overrides={}
)


def table(name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Build a loaded table; further keys of the rows are attributes."""
    spec = table_specs()[name]
    schema: dict[str, type[pl.DataType]] = {column.name: STORED[column.type] for column in spec.columns}
    extra = dict.fromkeys((key for row in rows for key in row if key not in schema), pl.String)
    frame = pl.DataFrame([{c: row.get(c) for c in (*schema, *extra)} for row in rows], schema={**schema, **extra})
    return frame.with_columns(pl.col(key).fill_null("") for key in spec.key if schema[key] == pl.String)


def moved(*rows: tuple[str, str, str, date | None, str]) -> pl.DataFrame:
    """Build memberships from (dimension, member, level, first, parent)."""
    names = ("dimension", "member", "level", "first", "parent")
    return table("memberships", [dict(zip(names, row, strict=True)) for row in rows])


def build(
    more: Mapping[str, pl.DataFrame] | None = None, *, company: Company | None = None
) -> tuple[PlanInputs, list[Issue]]:
    """Build the inputs; issues of missing tables are left out."""
    given = {"items": table("items", ITEMS), "brand": BRANDS, **(more or {})}
    inputs, issues = build_inputs(company or parse_company(TEXT), given, table_specs(), measure_registry())
    return inputs, [issue for issue in issues if issue.code != "data.table-missing"]
