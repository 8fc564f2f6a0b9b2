"""An order line and its exact cancellation: kept apart as a kind of their own, neither demand nor a return.

A line entered by mistake and taken back the same day (80,995 units in, 80,995 out) is no demand and no return: both
lines get the kind `cancelled`. They pair when item, market, customer, quantity and value are the same but for the sign,
and the cancellation comes on the same day or the next (the mapping may say `cancelled_within`, in days). Their
sums are 0 in quantity and money, so totals tie; how many there were, and what they would have said, is reported.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from trivet.connect.raw import ROW, line_of
from trivet.core.issues import Issue, Place, Severity
from trivet.core.quantities import MONEY, QUANTITY, to_decimal
from trivet.core.report import Choice

CANCELLED = "cancelled"
WITHIN = 1
"""Days after the order a line that takes it back is its cancellation; later ones are returns."""
_KEY = ("item", "market", "customer", "_units", "_money")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paired:
    """Order lines with the kind of cancelled pairs set, and what is to be said of them."""

    frame: pl.DataFrame
    issues: tuple[Issue, ...] = ()


def pair_cancellations(lines: pl.DataFrame, file: str, within: int = WITHIN) -> Paired:
    """Give both lines of each cancelled pair the kind `cancelled`.

    Args:
        lines: typed rows of order_lines with ROW.
        file: name of the file, for messages.
        within: most days between the two; below 0 = pair nothing.
    """
    if within < 0 or lines.is_empty():
        return Paired(frame=lines)
    kind = pl.col("kind").fill_null("sale")
    whole = lines.with_columns(pl.col("quantity").abs().alias("_units"), pl.col("value").abs().alias("_money"))
    sold = whole.filter((kind == "sale") & (pl.col("quantity") > 0) & (pl.col("value") > 0))
    back = whole.filter(kind.is_in(["sale", "return"]) & (pl.col("quantity") < 0) & (pl.col("value") < 0))
    pairs = _pairs(sold, back, within)
    if not pairs:
        return Paired(frame=lines)
    hit = pl.col(ROW).is_in([row for pair in pairs for row in pair])
    marked = lines.with_columns(pl.when(hit).then(pl.lit(CANCELLED)).otherwise(pl.col("kind")).alias("kind"))
    return Paired(frame=marked, issues=(_said(lines, pairs, file),))


def _pairs(sold: pl.DataFrame, back: pl.DataFrame, within: int) -> list[tuple[int, int]]:
    """Pair each line that takes back with the latest order before it that no other one took (rows of the file)."""
    columns = [*_KEY, "ordered", ROW]
    candidates = back.select(columns).join(
        sold.select(columns), on=list(_KEY), how="inner", nulls_equal=True, suffix="_sold", maintain_order="left"
    )
    lag = (pl.col("ordered") - pl.col("ordered_sold")).dt.total_days()
    near = candidates.with_columns(lag.alias("_lag")).filter(pl.col("_lag").is_between(0, within))
    taken: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for back_row, sold_row in near.sort("ordered", ROW, "_lag", f"{ROW}_sold").select(ROW, f"{ROW}_sold").iter_rows():
        if back_row not in taken and sold_row not in taken:
            taken |= {back_row, sold_row}
            pairs.append((sold_row, back_row))
    return pairs


def _said(lines: pl.DataFrame, pairs: list[tuple[int, int]], file: str) -> Issue:
    sold = lines.filter(pl.col(ROW).is_in([row for row, _ in pairs]))
    largest = sold.sort("quantity", ROW, descending=[True, False]).row(0, named=True)
    cancelling = dict(pairs)[largest[ROW]]
    units = to_decimal(int(sold["quantity"].sum()), QUANTITY)
    return Issue(
        code="import.cancelled-pairs",
        severity=Severity.NOTE,
        place=Place(source=file, row=line_of(largest[ROW]), column="quantity", value=_units(largest["quantity"])),
        message=(
            f"{len(pairs)} lines were taken back whole within the days a cancellation takes: "
            f"{units.normalize():,f} units in and out, the largest {_units(largest['quantity'])} of item "
            f"'{largest['item']}' (row {line_of(cancelling)} takes it back). Both lines are kept apart as cancelled: "
            "neither demand nor returns."
        ),
        advice="Nothing to do. If they are true returns, say cancelled_within = -1 for this file in mapping.toml.",
        at_stake=to_decimal(int(sold["value"].sum()), MONEY),
    )


def _units(count: int) -> str:
    return f"{to_decimal(count, QUANTITY).normalize():,f}"


def sums_by_kind(lines: pl.DataFrame, paired: pl.DataFrame) -> tuple[Choice, ...]:
    """Say how many lines, units and how much money each kind of the file holds, and how much of it was cancelled.

    Args:
        lines: order lines as the file has them; their kinds add up to all lines.
        paired: the same with the kind of cancelled pairs set.
    """
    if paired["kind"].null_count() == paired.height:
        return ()
    given = _sums(lines).filter(pl.col("kind") != CANCELLED)
    taken = _sums(paired.filter(pl.col("kind") == CANCELLED))
    return tuple(
        Choice(
            about=f"kind {kind}",
            value=f"{count:,} lines, {_units(quantity)} units, {_money(value)} in money",
            reason=_WHAT.get(kind, ""),
        )
        for kind, count, quantity, value in pl.concat([given, taken]).iter_rows()
    )


def _sums(lines: pl.DataFrame) -> pl.DataFrame:
    kinds = lines.group_by(pl.col("kind").fill_null("sale"), maintain_order=True)
    return kinds.agg(pl.len(), pl.col("quantity").sum(), pl.col("value").sum()).sort("kind")


def _money(count: int) -> str:
    amount: Decimal = to_decimal(count, MONEY)
    return f"{amount:,.2f}"


_WHAT = {
    "sale": "demand",
    "return": "their own measure, never negative demand",
    CANCELLED: "in the kinds above: orders and their exact cancellation, kept apart as neither demand nor returns",
    "adjustment": "write-offs and corrections of stock: no demand",
    "non-stock": "fees and services: valued, not planned",
    "finance": "bad debt and the like: not planned",
}
