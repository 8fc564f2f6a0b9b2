"""Selling to order: order backlog, its weeks and the lead time that can be quoted (F2).

backlog(t) = backlog(t-1) + bookings - shipped, backlog(t) >= orders whose build time has not elapsed
started: production never runs ahead of orders
late(t) = backlog beyond what the coming policy weeks ship

Backlog inside the policy costs next to nothing (WAIT, so that free hours and material are used), backlog beyond
it LATE of a lost unit a bucket and END of one when the horizon ends. Orders are never lost.
"""

from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.supply.asked import Asked, allowed_backlog
from trivet.supply.blocks import Programme
from trivet.supply.make_to_stock import LATE, Flows
from trivet.supply.network import Network

WAIT: Final = 1e-4
"""Cost of an order waiting one bucket inside the policy, as part of losing it: below any overtime."""
AHEAD: Final = 1.0
"""Cost of a unit built before it was ordered, as part of losing it."""
WEEK: Final = 7.0


def add_ordered_demand(programme: Programme, network: Network, asked: Asked, balance: Counts, flows: Flows) -> None:
    """Add backlog, shipments and lateness of sites that sell to order, and the rule not to build ahead."""
    sites = np.flatnonzero(asked.ordered)
    if not len(sites):
        return
    labels = [f"{network.items[s]} at {network.locations[s]}" for s in sites]
    worth, units = asked.worth.lost[sites], asked.grid[sites] / 1000.0
    units[:, :1] += asked.backlog[sites][:, None] / 1000.0
    shipped = programme.columns("shipped to order", labels)
    lower = asked.floor[sites] / 1000.0
    backlog = programme.columns("backlog", labels, cost=WAIT * worth, lower=lower)
    rows = programme.rows("orders", labels, lower=units, upper=units)
    programme.add(rows, backlog)
    programme.add(rows[:, 1:], backlog[:, :-1], -1.0)
    programme.add(rows, shipped)
    programme.add(balance[sites], shipped)
    _add_lateness(programme, network, asked, shipped, backlog)
    _add_not_ahead(programme, network, asked, flows)


def _add_lateness(programme: Programme, network: Network, asked: Asked, shipped: Counts, backlog: Counts) -> None:
    """Count backlog that the shipments of the coming policy weeks do not cover as late."""
    sites = np.flatnonzero(asked.ordered)
    limited = np.flatnonzero(np.isfinite(asked.policy_days[sites]))
    if not len(limited):
        return
    labels = [f"{network.items[s]} at {network.locations[s]}" for s in sites[limited]]
    stated = asked.worth.late[sites[limited]]
    cost = np.where(np.isnan(stated), LATE * asked.worth.lost[sites[limited]], stated)
    cost[:, -1:] = asked.worth.lost[sites[limited]][:, -1:]
    late = programme.columns("late orders", labels, cost=cost)
    cover, beyond = _cover(network, asked, sites[limited])
    rows = programme.rows("backlog policy", labels, upper=beyond)
    programme.add(rows, backlog[limited])
    programme.add(rows, late, -1.0)
    for i, site in enumerate(limited):
        for t in range(network.open):
            ahead = np.flatnonzero(cover[i, t] > 0)
            programme.add(np.full(len(ahead), rows[i, t]), shipped[site, ahead], -cover[i, t, ahead])


def _cover(network: Network, asked: Asked, sites: Counts) -> tuple[Rates, Rates]:
    """Give which part of each later bucket lies within the policy days, and what is shipped beyond the horizon.

    Beyond the horizon shipments are taken to run at the rate of demand. Shapes (sites, open, open) and
    (sites, open) in units.
    """
    days = network.days
    edges = np.concatenate([[0.0], np.cumsum(days)])
    cover = np.zeros((len(sites), network.open, network.open))
    beyond = np.zeros((len(sites), network.open))
    for i, site in enumerate(sites):
        rate = float(asked.ahead[site, network.open :].mean()) / float(days.mean())
        for t in range(network.open):
            until = edges[t + 1] + asked.policy_days[site]
            inside = np.clip((until - edges[:-1]) / days, 0.0, 1.0)
            inside[: t + 1] = 0.0
            cover[i, t] = inside
            beyond[i, t] = max(until - edges[-1], 0.0) * rate
    return cover, np.maximum(beyond, 0.0)


def _add_not_ahead(programme: Programme, network: Network, asked: Asked, flows: Flows) -> None:
    """Keep production and purchases of an item to order within its orders, over all sites together."""
    items = sorted({network.items[s] for s in np.flatnonzero(asked.ordered)})
    number = {item: i for i, item in enumerate(items)}
    open_orders = np.zeros((len(items), network.open))
    worth = np.zeros(len(items))
    for site, item in enumerate(network.items):
        if item in number:
            row = number[item]
            open_orders[row] += (asked.grid[site] - network.arrivals[site]) / 1000.0
            open_orders[row, 0] += (asked.backlog[site] - max(int(network.opening[site]), 0)) / 1000.0
            worth[row] = max(worth[row], float(asked.worth.lost[site].max()))
    waiting = programme.columns("orders not started", items)
    ahead = programme.columns("built ahead of orders", items, cost=AHEAD * worth[:, None])
    rows = programme.rows("no building ahead", items, lower=open_orders, upper=open_orders)
    programme.add(rows, waiting)
    programme.add(rows[:, 1:], waiting[:, :-1], -1.0)
    programme.add(rows, ahead, -1.0)
    for sites, columns in ((network.makes.site, flows.made), (network.sources.row, flows.bought)):
        for i, site in enumerate(sites):
            if network.items[site] in number:
                programme.add(rows[number[network.items[site]]], columns[i])


def backlog_weeks(backlog: Rates, shipped: Rates, days: Rates) -> Rates:
    """Give the weeks of coming shipments until a backlog is shipped (F2).

    Args:
        backlog: (open,) units at the end of each bucket.
        shipped: (open,) units shipped in each bucket.
        days: (open,) calendar days of each bucket.

    Returns:
        (open,) weeks; beyond the horizon the mean rate of the last quarter goes on; inf when nothing ships.
    """
    edges = np.concatenate([[0.0], np.cumsum(days)])
    total = np.concatenate([[0.0], np.cumsum(shipped)])
    tail = min(3, len(days))
    rate = float(shipped[-tail:].sum() / days[-tail:].sum()) if tail else 0.0
    weeks = np.zeros(len(days))
    for t in range(len(days)):
        goal = total[t + 1] + backlog[t]
        if backlog[t] <= 0:
            continue
        if goal <= total[-1]:
            at = int(np.searchsorted(total, goal - 1e-9))
            part = (goal - total[at - 1]) / (total[at] - total[at - 1])
            weeks[t] = (edges[at - 1] + part * days[at - 1] - edges[t + 1]) / WEEK
        else:
            rest = (goal - total[-1]) / rate if rate > 0 else np.inf
            weeks[t] = (edges[-1] - edges[t + 1] + rest) / WEEK
    return weeks


def quoted_lead_time(weeks: Rates, build_weeks: float) -> Rates:
    """Give the lead time in weeks that can be promised: build time or backlog weeks, the longer one (F2)."""
    return np.maximum(weeks, build_weeks)


def beyond_policy(network: Network, asked: Asked, backlog: Counts) -> Rates:
    """Give the units of backlog above what the coming policy weeks of demand would ship: (sites, open)."""
    return np.maximum(backlog / 1000.0 - allowed_backlog(network, asked), 0.0)
