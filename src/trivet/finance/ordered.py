"""What orders say a unit is worth, where nothing is known of what was invoiced (M1).

Reads `orders`, `bookings` and sale lines of `order_lines` of the last 12 closed buckets; their value at the plan's
exchange rate over their quantity is the price of last resort: a company that only has orders with a value has a price.
"""

import numpy as np
import polars as pl

from trivet.core.ids import Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_amounts
from trivet.finance.exchange import RateType, rate_table

YEAR = 12
"""Closed buckets the average is taken over."""
_TABLES = (("orders", "bucket"), ("bookings", "bucket"), ("order_lines", "ordered"))


def ordered_price(inputs: PlanInputs, demand: Panel) -> tuple[Rates, Flags]:
    """Give the average value of a unit ordered, by item: rates (rows,) in plan currency, and where one is known.

    The first table that has a value for an item counts. Rows in a currency without a rate are left out.
    """
    found: dict[str, float] = {}
    for name, day in _TABLES:
        for item, price in _average(inputs, inputs.table(name), day).items():
            found.setdefault(item, price)
    items = demand.keys["item"].to_list()
    rates: Rates = np.array([found.get(item, 0.0) for item in items], dtype=np.float64)
    return rates, rates > 0


def _average(inputs: PlanInputs, rows: pl.DataFrame, day: str) -> dict[str, float]:
    buckets, home = inputs.model.buckets, inputs.model.company.currency
    first = buckets.edges[max(buckets.first_open - YEAR, 0)]
    worth = (pl.col("quantity") > 0) & (pl.col("value") > 0) & (pl.col(day) >= first) & (pl.col(day) < buckets.current)
    rows = rows.filter(worth)
    if "kind" in rows.columns:
        rows = rows.filter(pl.col("kind").fill_null("sale") == "sale")
    if rows.is_empty():
        return {}
    codes = [code or home for code in rows["currency"].to_list()]
    table = rate_table(inputs, RateType.PLAN, codes)
    edges = np.array(buckets.edges, dtype="datetime64[D]")
    columns = np.searchsorted(edges, rows[day].to_numpy().astype("datetime64[D]"), side="right") - 1
    at = np.array(table.rows(codes), dtype=np.int64)
    known = table.known[at, columns]
    units = np.where(known, to_amounts(rows["quantity"].to_numpy(), QUANTITY), 0.0)
    money = np.where(known, to_amounts(rows["value"].to_numpy(), MONEY) * table.rates[at, columns], 0.0)
    names, place = np.unique(np.array(rows["item"].to_list(), dtype=np.str_), return_inverse=True)
    total_units, total_money = np.zeros(len(names)), np.zeros(len(names))
    np.add.at(total_units, place, units)
    np.add.at(total_money, place, money)
    return {
        str(name): float(amount / count)
        for name, amount, count in zip(names, total_money, total_units, strict=True)
        if count > 0
    }
