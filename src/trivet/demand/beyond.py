"""Orders in hand that the forecast does not hold: the first sign that it is too low, or that a customer buys ahead.

Item by item over its markets: `beyond = max(open_orders - max(consensus_demand - shipped_to_date, 0), 0)`, after what
the windows of netting let an order eat of other buckets; told by family and bucket, with money. Orders marked outside
the forecast are told apart: they eat none of it, and the plan holds nothing for them. Reads `consensus_demand`,
`open_orders`, `shipped_to_date` and `price`; writes no measure.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.ids import Counts, MeasureId, MemberId, Rates
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import QUANTITY, to_amounts
from trivet.demand.history import orders_outside
from trivet.demand.netting import OpenOrder, consume, middle_of
from trivet.demand.scope import group_rows, members_of, sums_by, units_text

_NAMED: Final = 3


def find_orders_beyond(inputs: PlanInputs, demand: Panel) -> tuple[Issue, ...]:
    """Tell the families and open buckets whose orders in hand exceed what is left of the forecast of their items.

    Args:
        inputs: the snapshot.
        demand: panel with consensus_demand, changes in it, open_orders, shipped_to_date and price.
    """
    return (*_beyond(inputs, demand), *_outside(inputs, demand))


def _beyond(inputs: PlanInputs, demand: Panel) -> Iterator[Issue]:
    if not demand.count("open_orders").any():
        return
    members = members_of(inputs, demand.keys)
    items, orders = sums_by(members.item, demand.count("open_orders"))
    left = sums_by(members.item, demand.count("consensus_demand") - demand.count("shipped_to_date"))[1]
    excess = _excess(inputs, demand, np.maximum(left, 0), orders)
    money = np.rint(to_amounts(excess, QUANTITY) * _price(demand, group_rows(members.item)) * 100).astype(np.int64)
    family = dict(zip(members.item.tolist(), members.family.tolist(), strict=True))
    of_items = np.array([family[item] for item in items], dtype=object)
    for name, rows in group_rows(of_items).items():
        for column in np.flatnonzero(excess[rows].any(axis=0)).tolist():
            worst = sorted(rows[excess[rows, column] > 0].tolist(), key=lambda row: (-excess[row, column], items[row]))
            named = ", ".join(f"{items[row]} by {units_text(excess[row, column])}" for row in worst[:_NAMED])
            label, more = demand.buckets.label(column), f", {len(worst) - _NAMED} more items" * (len(worst) > _NAMED)
            yield Issue(
                code="demand.orders-beyond-forecast",
                severity=Severity.NOTE,
                place=_place(demand, name, column, "open_orders"),
                message=f"orders on hand exceed what is left of the forecast of {name} {label} by "
                f"{units_text(int(excess[rows, column].sum()))} units ({named}{more}).",
                advice="Raise the consensus of these items, or mark lines the forecast never held as outside.",
                at_stake=_amount(money[rows, column]),
            )


def _excess(inputs: PlanInputs, demand: Panel, left: Counts, orders: Counts) -> Counts:
    """Give what of each item's orders finds no forecast, in the bucket it is due: (items, buckets)."""
    rules = inputs.model.company.netting
    excess: Counts = np.maximum(orders - left, 0)
    if not (rules.early_days or rules.late_days):
        return excess
    for row in np.flatnonzero(excess.any(axis=1)).tolist():
        due = np.flatnonzero(orders[row]).tolist()
        held = [OpenOrder(quantity=int(orders[row, i]), due=middle_of(demand.buckets, i)) for i in due]
        _, beyond = consume(left[row], held, demand.buckets, early_days=rules.early_days, late_days=rules.late_days)
        excess[row] = 0
        excess[row, due] = beyond
    return excess


def _price(demand: Panel, items: dict[str, Counts]) -> Rates:
    """Give each item's mean price over its markets by what they ordered; 0 where none is known: (items, buckets)."""
    ordered = to_amounts(demand.count("open_orders"), QUANTITY) * demand.mask("price")
    worth = ordered * np.where(demand.mask("price"), demand.rate("price"), 0.0)
    sums = [np.stack([values[rows].sum(axis=0) for rows in items.values()]) for values in (worth, ordered)]
    mean: Rates = np.divide(sums[0], sums[1], out=np.zeros_like(sums[0]), where=sums[1] > 0)
    return mean


def _outside(inputs: PlanInputs, demand: Panel) -> Iterator[Issue]:
    orders = orders_outside(inputs, demand)
    if not orders.any():
        return
    price = np.where(demand.mask("price"), demand.rate("price"), 0.0)
    money = np.rint(to_amounts(orders, QUANTITY) * price * 100).astype(np.int64)
    for name, rows in group_rows(members_of(inputs, demand.keys).family).items():
        for column in np.flatnonzero(orders[rows].any(axis=0)).tolist():
            yield Issue(
                code="demand.orders-outside-forecast",
                severity=Severity.NOTE,
                place=_place(demand, name, column, "consensus_demand"),
                message=f"{units_text(int(orders[rows, column].sum()))} units of {name} are on order for "
                f"{demand.buckets.label(column)} outside the forecast: they take nothing off it, and the plan holds "
                "nothing for them.",
                advice="Add them to the consensus where they are to be made: trivet change consensus_demand.",
                at_stake=_amount(money[rows, column]),
            )


def _amount(cents: Counts) -> Decimal | None:
    """Give money; None where no price is known."""
    total = int(cents.sum())
    return Decimal(total) / 100 if total else None


def _place(demand: Panel, family: str, column: int, measure: str) -> Place:
    day = demand.buckets.starts[column]
    scope = (Node(dimension="item", level="family", member=MemberId(family)),)
    return Place(measure=MeasureId(measure), scope=scope, first=day, last=day)
