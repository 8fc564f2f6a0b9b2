"""Negative quantities in orders and shipments are returns: their own measure, never negative demand.

Gross demand stays in its table; the negative rows are added up by item, market and bucket in table
`returns`. When both orders and shipments carry them, those of the shipments count: once.
"""

from collections.abc import Mapping

import polars as pl

from trivet.connect.raw import ROW, SOURCE, WRITTEN, line_of
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.tables import TableSpec

ROUTED = "returns"
_FROM = ("shipments", "orders")


def split_returns(frame: pl.DataFrame, spec: TableSpec) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the rows that stay and the rows with a negative quantity (of orders and shipments only)."""
    if spec.name not in _FROM:
        return frame, frame.clear()
    negative = frame["quantity"] < 0
    return frame.filter(~negative), frame.filter(negative)


def merge_returns(
    own: pl.DataFrame | None, returned: Mapping[str, pl.DataFrame], spec: TableSpec
) -> tuple[pl.DataFrame | None, list[Issue]]:
    """Give the table of returns: its own file and the negative rows of shipments, else of orders."""
    origin = next((name for name in _FROM if name in returned), None)
    if origin is None:
        return own, []
    rows = returned[origin].drop(ROW, SOURCE, WRITTEN, strict=False)
    columns = [column.name for column in spec.columns]
    turned = rows.with_columns(-pl.col("quantity"), -pl.col("value")).select(columns)
    frames = [turned] if own is None else [own.select(columns), turned]
    key = [*spec.key, "currency"]
    total = pl.concat(frames).group_by(key, maintain_order=True).agg(pl.col("quantity").sum(), pl.col("value").sum())
    issues = [_said(returned[origin], origin)]
    if len(returned) == len(_FROM):
        issues.append(_twice(returned["orders"]))
    return total.select(columns), issues


def _said(rows: pl.DataFrame, origin: str) -> Issue:
    return Issue(
        code="import.returns",
        severity=Severity.NOTE,
        place=Place(
            source=origin,
            row=line_of(int(rows[ROW].to_list()[0])),
            column="quantity",
            value=f"{to_decimal(rows['quantity'].to_list()[0], QUANTITY).normalize():f}",
        ),
        message=f"{rows.height} rows with a negative quantity were loaded as returns; demand stays gross.",
        advice="If they are write-offs or corrections and no returns, take them out or load them as order_lines.",
        at_stake=-to_decimal(int(rows["value"].sum() or 0), MONEY),
    )


def _twice(rows: pl.DataFrame) -> Issue:
    return Issue(
        code="import.returns-twice",
        severity=Severity.WARNING,
        place=Place(source="orders", column="quantity"),
        message=f"shipments have negative quantities too; the {rows.height} of orders are not counted again.",
        advice="Leave returns in one of the two files.",
        at_stake=-to_decimal(int(rows["value"].sum() or 0), MONEY),
    )
