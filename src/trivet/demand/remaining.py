"""What is still to be sold: the agreed demand less what has left in the current bucket and what is on order.

`remaining_demand = max(consensus_demand - shipped_to_date - open_orders, 0)` in the open buckets (R13), beside the
consensus: neither demand nor supply nor money follows it. Orders in hand are part of the forecast, not on top of it.
It is arithmetic on each series alone, so a change of the consensus moves it at once.
"""

from typing import Final

import numpy as np

from trivet.core.ids import Counts, MeasureId
from trivet.core.netting import NettingRules
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.history import orders_on_hand
from trivet.demand.netting import OpenOrder, middle_of, net_forecast, remaining_forecast

REMAINING: Final = MeasureId("remaining_demand")
READ: Final = (MeasureId("consensus_demand"), MeasureId("shipped_to_date"), MeasureId("open_orders"))
"""What it is computed from."""


def read_orders(inputs: PlanInputs, demand: Panel) -> Panel:
    """Write `open_orders` and `shipped_to_date`, as the tables tell."""
    orders, shipped = orders_on_hand(inputs, demand)
    return demand.with_counts({"open_orders": orders, "shipped_to_date": shipped})


def net_orders(demand: Panel, rules: NettingRules, rows: Counts | None = None) -> Panel:
    """Write `remaining_demand`.

    The orders of a bucket eat the demand of their own bucket, then of others within the windows, counted from the
    middle of the bucket because orders by bucket have no day.

    Args:
        demand: with `consensus_demand`, all changes in it, `open_orders` and `shipped_to_date`.
        rules: the company's windows.
        rows: rows to compute again; the others keep their values. None = all. Any rows have the bits that all give.
    """
    first = demand.buckets.first_open
    chosen: Counts | slice = slice(None) if rows is None else rows
    agreed, shipped, orders = (demand.count(name)[chosen] for name in READ)
    nothing = np.zeros_like(shipped)
    after_shipping = remaining_forecast(agreed, shipped, nothing)
    after_shipping[:, :first] = 0
    if rules.early_days or rules.late_days:
        fresh = _with_windows(after_shipping, orders, demand, rules)
    else:
        fresh = remaining_forecast(after_shipping, nothing, orders)
    remaining = demand.count(REMAINING).copy()
    remaining[chosen] = fresh
    return demand.with_counts({REMAINING: remaining})


def _with_windows(demanded: Counts, orders: Counts, demand: Panel, rules: NettingRules) -> Counts:
    remaining, buckets = demanded.copy(), demand.buckets
    for row in np.flatnonzero(orders.any(axis=1)):
        held = [
            OpenOrder(quantity=int(orders[row, i]), due=middle_of(buckets, int(i))) for i in np.flatnonzero(orders[row])
        ]
        remaining[row] = net_forecast(
            demanded[row], held, buckets, early_days=rules.early_days, late_days=rules.late_days
        )
    return remaining
