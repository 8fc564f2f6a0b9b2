"""What is asked of each location: consensus demand of its markets, and what a unit of it is worth.

Reads `consensus_demand`, `price` and `unit_cost` of the demand panel. The worth of a unit that can't be
delivered is its margin plus a goodwill share of its price; it is one for all locations of an item, so that no market
is let down for being cheaper or farther, never grows with time, so that the plan never keeps stock from today's
customer for a later, dearer one, and nearer shortages cost more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.network import Network
from trivet.supply.sites import shipping_of
from trivet.supply.targets import policies, stated

GOODWILL: Final = 0.10
"""Share of the price added to the margin of a lost unit: the agreed penalty for a customer let down."""
NEARER: Final = 1.0
"""How much more (as part) a shortage in the current bucket costs than one far away, where there is time to act."""
NEARER_DAYS: Final = 180.0
"""Days in which that falls to a third (by 1/e)."""
COST_OF_CAPITAL: Final = 0.12
"""Yearly cost of capital tied in stock, room and ageing included (Nahmias & Olsen 2015 name 10-15 %)."""
YEAR_DAYS: Final = 365.25
LEAST_COST: Final = 0.01
"""Plan currency a unit: stands for an unknown cost, so that stock is never free."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth:
    """What units are worth at each site, plan currency a unit.

    Attributes:
        lost: (sites, open) cost of a unit never delivered; falls over time, the same at all sites of an item.
        late: (sites, open) cost of a unit a bucket late as the company states it; NaN = a part of `lost`.
        hold: (sites, open) cost of holding a unit for one bucket.
        cost: (sites,) standard cost, LEAST_COST where unknown.
    """

    lost: Rates
    late: Rates
    hold: Rates
    cost: Rates


def rows_by_site(inputs: PlanInputs, demand: Panel, supply: Panel) -> Counts:
    """Give the supply row each series of the demand panel is shipped from; -1 where nothing is shipped."""
    ships = shipping_of(inputs)
    markets = demand.keys["market"].to_list()
    keys = demand.keys.select("item").with_columns(
        pl.Series("location", [ships.get(market, "") for market in markets], dtype=pl.String)
    )
    return supply.find(keys)


def site_demand(demand: Panel, sites: Counts, count: int) -> Counts:
    """Add up consensus demand of open buckets by site: (count, open) counts."""
    open_ = demand.count("consensus_demand")[:, demand.buckets.horizon]
    result = np.zeros((count, open_.shape[1]), dtype=np.int64)
    known = sites >= 0
    np.add.at(result, sites[known], np.maximum(open_[known], 0))
    return result


def worth_of(inputs: PlanInputs, demand: Panel, sites: Counts, network: Network) -> Worth:
    """Value a unit at every site.

    Where a site has no price in a bucket the nearest known one of the site stands for it, then the item's,
    then the middle of all sites: such units stay in the plan and are not ranked as worthless.
    """
    price, cost = (_by_site(demand, sites, network, name) for name in ("price", "unit_cost"))
    hints = cost_hints(inputs)
    items = network.items
    standard = np.array(
        [_first_positive(cost[row].mean(), hints.get(items[row], 0.0), LEAST_COST) for row in range(len(items))]
    )
    base = np.maximum(price - np.where(cost > 0, cost, standard[:, None]), 0.0) + GOODWILL * price
    known = base[base > 0]
    base = np.where(base > 0, base, float(np.median(known)) if len(known) else 1.0)
    slope = 1.0 + NEARER * np.exp(-(np.cumsum(network.days) - network.days) / NEARER_DAYS)
    falling = np.maximum.accumulate(base[:, ::-1], axis=1)[:, ::-1]
    years = float(network.days.mean()) / YEAR_DAYS
    weights = site_demand(demand, sites, len(items)).sum(axis=1) / 1000.0
    lost, hold = _by_item(falling * slope, weights, items), COST_OF_CAPITAL * years * standard
    found = policies(inputs, network)
    own = {name: stated(found, name, network.open) for name in ("lost_cost", "late_cost", "hold_cost")}
    return Worth(
        lost=np.where(np.isnan(own["lost_cost"]), lost, own["lost_cost"]),
        late=own["late_cost"],
        hold=np.where(np.isnan(own["hold_cost"]), hold[:, None], own["hold_cost"]),
        cost=standard,
    )


def _by_item(values: Rates, weights: Rates, items: Sequence[str]) -> Rates:
    """Give every site the mean of its item's sites, weighted by what is asked of each: shape of `values`."""
    numbers = {item: i for i, item in enumerate(dict.fromkeys(items))}
    of_site = np.array([numbers[item] for item in items], dtype=np.int64)
    weighed, seen = _average(values, np.broadcast_to(weights[:, None], values.shape), of_site, len(numbers))
    plain, _ = _average(values, np.ones_like(values), of_site, len(numbers))
    return np.where(seen, weighed, plain)[of_site]


def _by_site(demand: Panel, sites: Counts, network: Network, name: str) -> Rates:
    """Average a rate over the markets of a site, weighted by demand; gaps filled from the item."""
    horizon = demand.buckets.horizon
    rates = demand.rate(name)[:, horizon]
    shown: Flags = demand.mask(name)[:, horizon].copy()
    shown[rates <= 0] = False
    units = np.maximum(demand.count("consensus_demand")[:, horizon], 0) / 1000.0
    weights = np.where(shown, units + 1e-6, 0.0)
    items = {item: i for i, item in enumerate(sorted(set(network.items)))}
    of_site = np.array([items[item] for item in network.items], dtype=np.int64)
    known = sites >= 0
    site_rate, seen = _average(rates[known], weights[known], sites[known], len(network.items))
    whole, any_ = _average(rates[known], weights[known], of_site[sites[known]], len(items))
    whole = _nearest(whole, any_)
    result = _nearest(site_rate, seen)
    unseen = np.flatnonzero(seen.sum(axis=1) == 0)
    result[unseen] = whole[of_site[unseen]]
    return result


def _average(rates: Rates, weights: Rates, groups: Counts, count: int) -> tuple[Rates, Flags]:
    total, value = np.zeros((count, rates.shape[1])), np.zeros((count, rates.shape[1]))
    np.add.at(total, groups, weights)
    np.add.at(value, groups, weights * rates)
    seen = total > 0
    return np.divide(value, total, out=np.zeros_like(value), where=seen), seen


def _nearest(values: Rates, seen: Flags) -> Rates:
    """Fill gaps with the last known value, before the first known one with that."""
    result = values.copy()
    for row in np.flatnonzero(seen.any(axis=1) & ~seen.all(axis=1)):
        at = np.flatnonzero(seen[row])
        before = np.searchsorted(at, np.arange(values.shape[1]), side="right") - 1
        result[row] = values[row, at[np.maximum(before, 0)]]
    return result


def cost_hints(inputs: PlanInputs) -> Mapping[str, float]:
    """Give a rough cost of items without demand (parts, materials): latest cost rows, else source price."""
    hints: dict[str, float] = {}
    sources = inputs.table("supply_sources").sort("item", "supplier", "location")
    for item, price in sources.select("item", "price").iter_rows():
        if price:
            hints.setdefault(item, float(price))
    latest: dict[tuple[str, str], float] = {}
    table = inputs.table("costs").sort("item", "component", "first", "location")
    for item, component, cost in table.select("item", "component", "cost").iter_rows():
        latest[(item, component or "")] = float(cost)
    totals: dict[str, float] = {}
    for (item, _), cost in sorted(latest.items()):
        totals[item] = totals.get(item, 0.0) + cost
    return {**hints, **totals}


def _first_positive(*values: float) -> float:
    return next((float(value) for value in values if value > 0), LEAST_COST)
