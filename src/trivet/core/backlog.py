"""What customers had ordered to be made when the plan opens, and what those orders are worth a unit (F2, M1).

Reads the table `order_backlog` of items made or assembled to order. Its orders were sold before the plan begins: they
are the first to be shipped, in the market that ordered them and at the price they were booked at.
"""

from collections.abc import Iterable

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, to_amounts

TO_ORDER = frozenset({"make-to-order", "assemble-to-order"})
"""Policies whose customers wait for what is made for them."""


def made_to_order(inputs: PlanInputs, items: Iterable[str]) -> Flags:
    """Tell which items are made or assembled to order."""
    table = inputs.table("items")
    policies = dict(zip(table["item"].to_list(), table["policy"].to_list(), strict=True))
    return np.array([policies.get(item) in TO_ORDER for item in items], dtype=np.bool_)


def opening_backlog(inputs: PlanInputs, demand: Panel) -> tuple[Counts, Rates]:
    """Give the orders each series opens with, and what they were booked at.

    Args:
        inputs: the snapshot.
        demand: panel of grain demand; only its keys are read.

    Returns:
        (rows,) counts of quantity, 0 for items sold from stock and where orders were taken back on balance; and (rows,)
        plan currency a unit, the mean of the orders that carry a value; NaN where none does.
    """
    table = inputs.table("order_backlog")
    rows = demand.find(table)
    known = rows >= 0
    units = np.zeros(demand.rows, dtype=np.int64)
    np.add.at(units, rows[known], table["quantity"].fill_null(0).to_numpy()[known])
    valued = known & table["value"].is_not_null().to_numpy() & (table["quantity"].fill_null(0).to_numpy() > 0)
    count, money = np.zeros(demand.rows, dtype=np.int64), np.zeros(demand.rows, dtype=np.int64)
    np.add.at(count, rows[valued], table["quantity"].fill_null(0).to_numpy()[valued])
    np.add.at(money, rows[valued], table["value"].fill_null(0).to_numpy()[valued])
    ordered = made_to_order(inputs, demand.keys["item"].to_list())
    amounts = to_amounts(count, QUANTITY)
    price = np.where(count > 0, to_amounts(money, MONEY) / np.where(count > 0, amounts, 1.0), np.nan)
    return np.where(ordered, np.maximum(units, 0), 0), price
