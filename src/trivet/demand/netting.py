"""Forecast consumption: orders already in hand are part of the forecast, not on top of it.

`net = max(gross - orders, 0)` bucket by bucket (R13): each order eats the forecast of its own bucket first, then of
earlier buckets within `early_days`, then of later ones within `late_days`, the nearest first. Orders come in the order
(priority, due); orders marked outside the forecast eat nothing. Writes no measure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order in hand.

    Attributes:
        quantity: counts, >= 0.
        due: day the customer wants it.
        priority: lower goes first.
        outside: it was never part of the forecast.
    """

    quantity: int
    due: date
    priority: int = 0
    outside: bool = False


def net_forecast(
    gross: Counts, orders: Sequence[OpenOrder], buckets: Buckets, *, early_days: int = 0, late_days: int = 0
) -> Counts:
    """Take orders out of the forecast.

    Args:
        gross: (buckets,) forecast in counts.
        orders: orders in hand; those due outside the axis eat only what their reach touches.
        buckets: the axis of `gross`.
        early_days: how far before its due day an order may eat.
        late_days: how far after it.

    Returns:
        (buckets,) counts, >= 0: forecast that is not yet ordered.
    """
    return consume(gross, orders, buckets, early_days=early_days, late_days=late_days)[0]


def consume(
    gross: Counts, orders: Sequence[OpenOrder], buckets: Buckets, *, early_days: int = 0, late_days: int = 0
) -> tuple[Counts, list[int]]:
    """Take orders out of the forecast as `net_forecast` does, and say what of each found none.

    Returns:
        (buckets,) counts, >= 0: forecast that is not yet ordered; for each order, as given, what no forecast was left
        for, in counts; orders outside the forecast look for none.
    """
    net = np.maximum(gross.astype(np.int64), 0)
    beyond = [0] * len(orders)
    for place in sorted(range(len(orders)), key=lambda one: (orders[one].priority, orders[one].due)):
        order = orders[place]
        left = 0 if order.outside else order.quantity
        for bucket in _reach(order.due, buckets, early_days, late_days):
            eaten = min(left, int(net[bucket]))
            net[bucket] -= eaten
            left -= eaten
        beyond[place] = left
    return net, beyond


def _reach(due: date, buckets: Buckets, early_days: int, late_days: int) -> Iterator[int]:
    """Give the buckets an order may eat: its own, earlier ones from near to far, later ones from near to far."""
    first, last = due - timedelta(days=early_days), due + timedelta(days=late_days)
    touched = [i for i in range(len(buckets)) if buckets.edges[i] <= last and buckets.edges[i + 1] > first]
    own = [i for i in touched if buckets.edges[i] <= due < buckets.edges[i + 1]]
    yield from own
    yield from reversed([i for i in touched if buckets.edges[i + 1] <= due])
    yield from (i for i in touched if buckets.edges[i] > due)


def middle_of(buckets: Buckets, index: int) -> date:
    """Give the day in the middle of a bucket: the due day of an order of which only the bucket is known."""
    return buckets.edges[index] + (buckets.edges[index + 1] - buckets.edges[index]) / 2


def remaining_forecast(forecast: Counts, shipped: Counts, open_orders: Counts) -> Counts:
    """Give what is left of the open bucket, element by element: max(forecast - shipped - open orders due, 0)."""
    left: Counts = np.maximum(forecast - shipped - open_orders, 0)
    return left
