"""Lots: when to order how much, when an order costs something of its own.

`net_requirements` is the chase of a plan: order what demand and the wanted stock lack, in lots of a least size
and a multiple. `plan_lots` weighs the cost of an order against keeping, for one item (Wagner and Whitin 1958, exact
in T^2 steps). `plan_levels` does so for an item and the parts it is made of, parts of parts too, where a lot of
the parent is the demand of its parts: a programme with whole numbers over echelon stocks in the form of Krarup and
Bilde (1977; Pochet and Wolsey, Production Planning by Mixed Integer Programming, 2006, chapters 7 and 13), which
the solver proves optimal in few steps.

Amounts are floats in units and plan currency, or counts where it is said; they read and write no measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Rates
from trivet.core.issues import Issue, Severity
from trivet.core.linear import Solution, Status
from trivet.core.ports import Solver
from trivet.supply.blocks import Amount, Programme


def order_quantity(need: int, *, minimum: int = 0, multiple: int = 1) -> int:
    """Give the least order that covers a need: counts, at least `minimum`, a multiple of `multiple`; 0 without need.

    >>> order_quantity(20, minimum=50, multiple=3)
    51
    """
    if minimum < 0 or multiple < 1:
        raise InvalidInput(f"lots of at least {minimum} in multiples of {multiple}: expected 0 or more, and 1 or more")
    return -(-max(need, minimum) // multiple) * multiple if need > 0 else 0


def net_requirements(
    demand: Counts,
    target: Counts,
    *,
    opening: int = 0,
    receipts: Counts | None = None,
    minimum: int = 0,
    multiple: int = 1,
) -> tuple[Counts, Counts]:
    """Order what demand and the wanted stock lack, bucket by bucket, never more than the lot asks for.

    Args:
        demand: (buckets,) counts.
        target: (buckets,) counts of stock wanted at the end of each bucket.
        opening: counts on hand; negative = owed.
        receipts: (buckets,) counts that come in anyway.
        minimum: least lot in counts.
        multiple: lots are multiples of it.

    Returns:
        (buckets,) orders, and (buckets,) stock at the end: above target where the target fell or a lot was large.
    """
    orders, closing, stock = np.zeros_like(demand), np.zeros_like(demand), int(opening)
    for t in range(len(demand)):
        before = stock + (int(receipts[t]) if receipts is not None else 0) - int(demand[t])
        orders[t] = order_quantity(int(target[t]) - before, minimum=minimum, multiple=multiple)
        stock = before + int(orders[t])
        closing[t] = stock
    return orders, closing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LotPlan:
    """When to order how much.

    Attributes:
        orders, stock: (items, buckets) units ordered, and kept at the end of each bucket.
        cost: orders and keeping, plan currency.
        gap: how far a cheaper plan may be, as a part of the cost; 0 = this is the cheapest.
    """

    orders: Rates
    stock: Rates
    cost: float
    gap: float = 0.0


def plan_lots(demand: Rates, *, order_cost: Amount, hold: Amount) -> LotPlan:
    """Find the cheapest lots of one item; nothing is late, the stock opens and ends at 0.

    Args:
        demand: (buckets,) units.
        order_cost: of an order, whatever its size; one number or one a bucket.
        hold: of keeping a unit at the end of a bucket; one number or one a bucket.

    Returns:
        The plan of one row. Of plans that cost the same, the one with the longer first lot.
    """
    asked, buckets = _amounts("demand", demand, len(demand)), len(demand)
    fixed, keep = _amounts("order cost", order_cost, buckets), _amounts("holding cost", hold, buckets)
    best, reach = np.zeros(buckets + 1), np.zeros(buckets, dtype=np.int64)
    for start in range(buckets - 1, -1, -1):
        best[start], reach[start] = (best[start + 1], start) if asked[start] == 0 else (np.inf, start)
        cost, kept_until = float(fixed[start]), 0.0
        for stop in range(start + 1, buckets + 1):
            # A unit for bucket stop - 1 is kept at the end of every bucket before it.
            kept_until += float(keep[stop - 2]) if stop - 1 > start else 0.0
            cost += float(asked[stop - 1]) * kept_until
            if cost + best[stop] <= best[start]:
                best[start], reach[start] = cost + best[stop], stop
    orders, start = np.zeros(buckets), 0
    while start < buckets:
        stop = int(reach[start])
        orders[start] = asked[start:stop].sum()
        start = max(stop, start + 1)
    stock = np.cumsum(orders) - np.cumsum(asked)
    return LotPlan(orders=orders[None, :], stock=stock[None, :], cost=float(best[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LotItem:
    """An item whose lots are planned with those of the items it goes into.

    Attributes:
        name: the item.
        order_cost: of a lot, whatever its size; one number or one a bucket.
        hold: of keeping a unit at the end of a bucket; one number or one a bucket.
        demand: (buckets,) units customers want; None = it only goes into others.
        into: (number of the parent in the list of items, units it takes of this one).
        lead_time: whole buckets from the order of a lot until it is there; parts are taken when it is ordered.
        opening: units on hand.
    """

    name: str
    order_cost: Amount
    hold: Amount
    demand: Rates | None = None
    into: Sequence[tuple[int, float]] = ()
    lead_time: int = 0
    opening: float = 0.0


def plan_levels(items: Sequence[LotItem], buckets: int, solver: Solver) -> LotPlan | Issue:
    """Find the cheapest lots of items and their parts; nothing is late.

    Args:
        items: in any order; a parent is named by its number in this list.
        buckets: of the demand.
        solver: of programmes with whole numbers; no limit in seconds.

    Returns:
        The plan, one row an item, `orders` in the bucket they are given; or a refused Issue where lead times and
        stock leave a demand open.

    Raises:
        InvalidInput: a parent that is not there, an item that goes into itself, amounts below 0.
    """
    order = _parents_first(items)
    _check_items(items, buckets)
    need = _net_needs(items, order, buckets)
    if isinstance(need, Issue):
        return need
    programme = Programme(buckets)
    lots, shares, stock = _columns(programme, items, need)
    _rows(programme, items, need, lots, shares, stock)
    solution = solver.solve(programme.build())
    if solution.status is not Status.OPTIMAL:
        return _no_lots("the items", f"solver: '{solution.status}'")
    return _levels(solution, need, shares, stock)


def _columns(programme: Programme, items: Sequence[LotItem], need: Rates) -> tuple[Counts, Counts, Counts]:
    """Add whether there is a lot, which share of each bucket's net need it covers, and stock.

    Returns:
        Numbers of lots (items, buckets), shares (items, needs, buckets) and stock (items, buckets).
    """
    names, buckets = [item.name for item in items], programme.buckets
    order_cost = np.stack([_amounts("order cost", item.order_cost, buckets) for item in items])
    hold = np.stack([_amounts("holding cost", item.hold, buckets) for item in items])
    lots = programme.columns("lot", names, cost=order_cost, upper=1.0, whole=True)
    labels = [f"{name} for bucket {t}" for name in names for t in range(buckets)]
    # The net need of a bucket may be ordered in it or before; what nobody needs is not shared out.
    timely = np.tril(np.ones((buckets, buckets)))[None, :, :] * (need > 0)[:, :, None]
    shares = programme.columns("share", labels, upper=timely.reshape(-1, buckets))
    return lots, shares.reshape(len(names), buckets, buckets), programme.columns("stock", names, cost=hold)


def _rows(
    programme: Programme, items: Sequence[LotItem], need: Rates, lots: Counts, shares: Counts, stock: Counts
) -> None:
    names, buckets = [item.name for item in items], programme.buckets
    labels = [f"{name} for bucket {t}" for name in names for t in range(buckets)]
    only = programme.rows("only in a lot", labels, upper=0.0).reshape(shares.shape)
    programme.add(only, shares)
    programme.add(only, np.broadcast_to(lots[:, None, :], shares.shape), -1.0)
    full = programme.rows("covered", names, lower=(need > 0).astype(np.float64), upper=(need > 0).astype(np.float64))
    programme.add(np.broadcast_to(full[:, :, None], shares.shape), shares)
    asked = np.stack([np.zeros(buckets) if item.demand is None else np.asarray(item.demand) for item in items])
    asked[:, 0] -= [item.opening for item in items]
    balance = programme.rows("balance", names, lower=asked, upper=asked)
    programme.add(balance, stock, -1.0)
    programme.add(balance[:, 1:], stock[:, :-1])
    for i, item in enumerate(items):
        arrives = buckets - item.lead_time
        if arrives > 0:
            programme.add(balance[i, item.lead_time :], shares[i, :, :arrives], need[i][:, None])
        for parent, units in item.into:
            programme.add(
                np.broadcast_to(balance[i], (buckets, buckets)), shares[parent], -units * need[parent][:, None]
            )


def _levels(solution: Solution, need: Rates, shares: Counts, stock: Counts) -> LotPlan:
    values = np.maximum(solution.values, 0.0)
    orders = np.einsum("iut,iu->it", values[shares], need)
    return LotPlan(orders=orders, stock=values[stock], cost=solution.objective, gap=solution.gap)


def _net_needs(items: Sequence[LotItem], order: Sequence[int], buckets: int) -> Rates | Issue:
    """Give what must be ordered of each item, by the last bucket it may be ordered in: (items, buckets) units.

    Lot for lot from the customer backwards, stock first: no plan orders less, and the cheapest orders as much.
    """
    need = np.zeros((len(items), buckets))
    for i in order:
        item = items[i]
        gross = np.zeros(buckets) if item.demand is None else np.array(item.demand, dtype=np.float64)
        for parent, units in item.into:
            gross += units * need[parent]
        net = np.diff(np.maximum(np.cumsum(gross) - item.opening, 0.0), prepend=0.0)
        lead = item.lead_time
        if net[:lead].any():
            return _no_lots(item.name, f"{net[:lead].sum():g} are wanted before an order of today is there")
        need[i, : buckets - lead] = net[lead:]
    return need


def _no_lots(whose: str, why: str) -> Issue:
    return Issue(
        code="supply.no-lots",
        severity=Severity.REFUSED,
        message=f"no lots of {whose} meet all demand in time: {why}.",
        advice="Give the opening stock, a shorter lead time, or a later demand.",
    )


def _parents_first(items: Sequence[LotItem]) -> list[int]:
    """Sort the items so that each comes after all it goes into."""
    done: dict[int, None] = {}
    waiting = list(range(len(items)))
    while waiting:
        ready = [i for i in waiting if all(parent in done for parent, _ in items[i].into)]
        if not ready:
            item = items[waiting[0]]
            missing = [p for p, _ in item.into if not 0 <= p < len(items)]
            raise InvalidInput(
                f"item {item.name} goes into item {missing[0]}, of {len(items)} items (0 to {len(items) - 1})"
                if missing
                else f"item {item.name} goes into itself, maybe through others: a bill of materials has no circle"
            )
        done.update(dict.fromkeys(ready))
        waiting = [i for i in waiting if i not in done]
    return [*done]


def _check_items(items: Sequence[LotItem], buckets: int) -> None:
    for item in items:
        _amounts(f"demand of {item.name}", 0.0 if item.demand is None else item.demand, buckets)
        _amounts(f"opening stock and units of {item.name}", np.array([item.opening, *(u for _, u in item.into)]), None)
        if item.lead_time < 0:
            raise InvalidInput(f"lead time of {item.name} is {item.lead_time}: expected 0 or more whole buckets")


def _amounts(name: str, amount: Amount, buckets: int | None) -> Rates:
    values = np.asarray(amount, dtype=np.float64)
    if buckets is not None and values.ndim and values.shape != (buckets,):
        raise InvalidInput(f"{name} has {values.size} numbers: expected one, or {buckets} (a bucket each)")
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise InvalidInput(f"{name} holds {float(np.min(values)):g}: expected numbers of 0 or more")
    return np.broadcast_to(values, (buckets,)) if buckets is not None else values
