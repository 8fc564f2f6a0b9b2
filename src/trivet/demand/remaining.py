"""What is still to be sold: the agreed demand less what has left in the current bucket and what is on order.

Writes `open_orders` and `remaining_demand` in the open buckets, beside the consensus: neither demand nor supply nor
money follows them. Orders in hand are part of the forecast, not on top of it (R13).
"""

import numpy as np

from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.history import orders_on_hand
from trivet.demand.netting import OpenOrder, middle_of, net_forecast, remaining_forecast


def net_orders(inputs: PlanInputs, demand: Panel) -> Panel:
    """Write `open_orders` and `remaining_demand`.

    The order of a bucket eats the demand of its own bucket, then of others within the company's `[netting]` windows,
    counted from the middle of the bucket because orders by bucket have no day.

    Args:
        inputs: of the plan.
        demand: with `consensus_demand`, all changes in it.
    """
    orders, shipped = orders_on_hand(inputs, demand)
    rules, buckets, first = inputs.model.company.netting, demand.buckets, demand.buckets.first_open
    after_shipping = np.zeros(demand.shape, dtype=np.int64)
    after_shipping[:, first:] = np.maximum(demand.count("consensus_demand")[:, first:], 0)
    after_shipping = remaining_forecast(after_shipping, shipped, np.zeros_like(shipped))
    if not (rules.early_days or rules.late_days):
        remaining = remaining_forecast(after_shipping, np.zeros_like(shipped), orders)
        return demand.with_counts({"open_orders": orders, "remaining_demand": remaining})
    remaining = after_shipping.copy()
    for row in np.flatnonzero(orders.any(axis=1)):
        held = [
            OpenOrder(quantity=int(orders[row, i]), due=middle_of(buckets, int(i))) for i in np.flatnonzero(orders[row])
        ]
        remaining[row] = net_forecast(
            after_shipping[row], held, buckets, early_days=rules.early_days, late_days=rules.late_days
        )
    return demand.with_counts({"open_orders": orders, "remaining_demand": remaining})
