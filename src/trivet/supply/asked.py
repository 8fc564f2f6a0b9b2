"""The plan's task in numbers: demand by site on the step grid, opening positions, targets, policies.

Demand is brought to whole steps cumulatively and upwards (123.457, 100.2 become 124, 100), so that what is
made in whole units also covers the fractions of a forecast. A negative count is first paid back: the stock
opens at 0 and the debt is asked for in the current bucket.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.claims import Claims, read_claims
from trivet.supply.network import Network
from trivet.supply.targets import backlog_days, build_floor, coming, go_on
from trivet.supply.wanted import Worth, rows_by_site, site_demand, worth_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """What is asked of each site; arrays (sites, open) in counts unless said otherwise.

    Attributes:
        rows: supply row of each series of the demand panel, -1 = nothing is shipped.
        demand: customer demand as it is.
        grid: the same on the step grid, debts of negative counts in the first bucket.
        ahead: (sites, open + further) units, demand gone on with beyond the horizon.
        target: stock wanted.
        backlog: (sites,) opening orders of made-to-order items.
        floor: orders whose build time has not elapsed.
        policy_days, build_days: (sites,) days of backlog allowed (inf = no limit), days to build.
        stocked, ordered: (sites,) sites that sell from stock, and to order.
        worth: value of units.
        claims: who is served first.
    """

    rows: Counts
    demand: Counts
    grid: Counts
    ahead: Rates
    target: Counts
    backlog: Counts
    floor: Counts
    policy_days: Rates
    build_days: Rates
    stocked: Flags
    ordered: Flags
    worth: Worth
    claims: Claims

    @property
    def dearest(self) -> float:
        """What the dearest lost unit costs, plan currency."""
        return float(self.worth.lost.max(initial=1.0) * self.claims.weight.max(initial=1.0))


def read_asked(inputs: PlanInputs, demand: Panel, supply: Panel, network: Network) -> Asked:
    """Read what is asked of each site from the demand panel and the targets of the supply panel."""
    rows = rows_by_site(inputs, demand, supply)
    asked = site_demand(demand, rows, supply.rows)
    first = supply.buckets.first_open
    backlog = supply.count("order_backlog")[:, first - 1] if first else np.zeros(supply.rows, dtype=np.int64)
    backlog = np.where(network.to_order, np.maximum(backlog, 0), 0)
    most, build = backlog_days(inputs, network)
    grid = on_grid(asked, network.step)
    grid[:, :1] += -(-np.maximum(-network.opening, 0) // network.step)[:, None] * network.step[:, None]
    wanted = (grid.sum(axis=1) > 0) | (backlog > 0)
    return Asked(
        rows=rows,
        demand=asked,
        grid=grid,
        ahead=go_on(inputs, network, asked),
        target=supply.count("target_stock")[:, supply.buckets.horizon],
        backlog=backlog,
        floor=np.minimum(build_floor(network, asked, build), backlog[:, None] + np.cumsum(asked, axis=1)),
        policy_days=most,
        build_days=build,
        stocked=wanted & ~network.to_order,
        ordered=wanted & network.to_order,
        worth=worth_of(inputs, demand, rows, network),
        claims=read_claims(inputs, demand, rows, network.items, asked),
    )


def on_grid(counts: Counts, step: Counts) -> Counts:
    """Round running totals up to whole steps: (sites, open) counts that cover the given ones at any time."""
    total = np.cumsum(counts, axis=1)
    whole = -(-total // step[:, None]) * step[:, None]
    return np.diff(whole, axis=1, prepend=0)


def allowed_backlog(network: Network, asked: Asked) -> Rates:
    """Give the most backlog the policy allows at the end of each bucket, in units (inf = no limit)."""
    limit = coming(network, asked.ahead, np.where(np.isfinite(asked.policy_days), asked.policy_days, 0.0))
    limit[~np.isfinite(asked.policy_days)] = np.inf
    return np.maximum(limit, asked.floor / 1000.0)
