"""Selling from stock: the balance of every site, late and lost demand, and the stock wanted (F1).

stock(t) = stock(t-1) + made + bought + arrived - sent - built in - sold
sold + lost + late(t) = demand + late(t-1), sold >= 0, late(t) <= demand of the last `late_buckets` buckets
stock + short of target >= target

Without `sold >= 0` a model makes stock out of lost sales; without the bound on late, demand waits for ever.
Costs: a lost unit its margin and goodwill, a late one LATE of that a bucket, short of target SHORT of it a
bucket (far below late and lost: stock on hand always serves first), END of it in the last bucket, which opens
the following year. Where waiting would only hand a shortage on from bucket to bucket, demand is refused when it is
asked for: one customer hears no instead of many being late.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.claims import claimed_units
from trivet.supply.network import Network

LATE: Final = 0.18
"""Cost of serving a unit one bucket late, as part of losing it: one lost is as bad as six that are late."""
SHORT: Final = 0.01
"""Cost of a unit below target for one bucket, as part of losing it: 36 buckets below cost less than one lost."""
END: Final = 0.5
"""Cost of a unit below target when the horizon ends, as part of losing it."""
FAIR: Final = ((0.2, 1.0), (0.3, 1.05), (0.0, 1.1))
"""Bands of a shortage, (part of the demand, cost of losing it): between equals it is shared, not left to chance."""
FORBIDDEN: Final = 3.0
"""Cost of what must not be (a fixed order without parts or hours), as multiple of the dearest lost unit."""
TIE: Final = 1e-3
"""Plan currency a unit: decides between equals, never against money."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """Column numbers of the flows: (makes, open), (lanes, open), (sources, open)."""

    made: Counts
    sent: Counts
    bought: Counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stocked:
    """Numbers of the balance rows and the columns of stock and of stock below target, -1 where there is no target.

    All are (sites, open).
    """

    rows: Counts
    stock: Counts
    short: Counts


def add_balance(programme: Programme, network: Network, asked: Asked, flows: Flows) -> Stocked:
    """Add stock and its balance for every site, and stock below target."""
    labels = _labels(network)
    worth = asked.worth
    opening = np.maximum(network.opening, 0) / 1000.0
    given = network.arrivals / 1000.0
    given[:, :1] += opening[:, None]
    stock = programme.columns("stock", labels, cost=worth.hold)
    rows = programme.rows("balance", labels, lower=given, upper=given)
    programme.add(rows, stock)
    programme.add(rows[:, 1:], stock[:, :-1], -1.0)
    programme.add(rows[network.makes.site], flows.made, -1.0)
    programme.add(rows[network.sources.row], flows.bought, -1.0)
    programme.add(rows[network.lanes.origin], flows.sent)
    for lead in sorted(set(network.lanes.lead.tolist())):
        inbound = network.lanes.lead == lead
        if lead < network.open:
            arrives = rows[network.lanes.destination[inbound], lead:]
            programme.add(arrives, flows.sent[inbound, : network.open - lead], -1.0)
    built_in = network.parts.site >= 0
    programme.add(
        rows[network.parts.site[built_in]], flows.made[network.parts.make[built_in]], network.parts.quantity[built_in]
    )
    short = _add_targets(programme, network, asked, stock)
    _add_pipeline(programme, network, asked, flows)
    return Stocked(rows=rows, stock=stock, short=short)


def _add_targets(programme: Programme, network: Network, asked: Asked, stock: Counts) -> Counts:
    wanted = np.flatnonzero(asked.target.any(axis=1))
    every = _labels(network)
    labels = [every[site] for site in wanted]
    lost = asked.worth.lost[wanted]
    cost = SHORT * lost + asked.worth.hold[wanted]
    cost[:, -1:] = END * lost[:, -1:]
    short = programme.columns("below target", labels, cost=cost)
    rows = programme.rows("target", labels, lower=asked.target[wanted] / 1000.0)
    programme.add(rows, stock[wanted])
    programme.add(rows, short)
    result = np.full(stock.shape, -1, dtype=np.int64)
    result[wanted] = short
    return result


def _add_pipeline(programme: Programme, network: Network, asked: Asked, flows: Flows) -> None:
    """Ask long lanes to leave filled: what arrives after the horizon serves the following year's first demand."""
    labels, into = _labels(network), network.lanes.destination
    order = np.argsort(into, kind="stable")
    for site in sorted(set(into[network.lanes.lead > 0].tolist())):
        inbound = order[np.searchsorted(into[order], site) : np.searchsorted(into[order], site, side="right")]
        lead = int(network.lanes.lead[inbound].min())
        following = float(asked.ahead[site, network.open : network.open + lead].sum())
        if lead == 0 or following <= 0:
            continue
        label = [f"{labels[site]} after the horizon"]
        last = np.zeros((1, network.open))
        last[0, -1] = END * asked.worth.lost[site, -1]
        upper = np.zeros((1, network.open))
        upper[0, -1] = following
        short = programme.columns("pipeline below need", label, cost=last, upper=upper)
        floor = np.full((1, network.open), -np.inf)
        floor[0, -1] = following
        row = programme.rows("pipeline", label, lower=floor)
        programme.add(row[:, -1:], short[:, -1:])
        for lane in inbound:
            sent = flows.sent[lane, network.open - min(int(network.lanes.lead[lane]), network.open) :]
            programme.add(np.full(len(sent), row[0, -1]), sent)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refused:
    """Columns of demand that is not met at once: `lost` (bands, claims, open), `late` (claims, open), empty without.

    `claims` numbers the claims they belong to, `sites` the site of each, `units` (claims, open) what they ask for.
    """

    claims: Counts
    sites: Counts
    units: Rates
    lost: Counts
    late: Counts


def add_stocked_demand(
    programme: Programme, network: Network, asked: Asked, balance: Counts, late_buckets: int
) -> Refused:
    """Add demand of sites that sell from stock: sold by site, late and lost by claim."""
    sites = np.flatnonzero(asked.stocked)
    every = _labels(network)
    labels = [every[site] for site in sites]
    grid = asked.grid[sites] / 1000.0
    sold = programme.columns("sold", labels)
    rows = programme.rows("demand", labels, lower=grid, upper=grid)
    programme.add(balance[sites], sold)
    programme.add(rows, sold)
    claims = np.flatnonzero(asked.stocked[asked.claims.site])
    of_site, units = asked.claims.site[claims], claimed_units(asked.claims, asked.grid)[claims]
    refused = _add_refused(programme, asked, (claims, of_site, units), every, late_buckets)
    met = rows[np.searchsorted(sites, of_site)]
    programme.add(np.broadcast_to(met, refused.lost.shape), refused.lost)
    if len(refused.late):
        programme.add(met, refused.late)
        programme.add(met[:, 1:], refused.late[:, :-1], -1.0)
    return refused


def _add_refused(
    programme: Programme, asked: Asked, claimed: tuple[Counts, Counts, Rates], every: list[str], late_buckets: int
) -> Refused:
    """Add the columns of lost and late demand of claims, their sites and units; the first to be served cost most."""
    claims, sites, units = claimed
    tier, weight = asked.claims.tier[claims], asked.claims.weight[claims][:, None]
    labels = [every[s] + (f", claim {k + 1}" if k else "") for s, k in zip(sites.tolist(), tier.tolist(), strict=True)]
    waits, lost_cost = waiting(units, late_buckets), asked.worth.lost[sites]
    # A claim loses no more than it asks for and waits for, so that the last one can't lose for the first.
    rest = units * (1.0 - sum(part for part, _ in FAIR))
    rest[:, 1:] += waits[:, :-1]
    most = np.where(np.diff(sites, prepend=-1)[:, None] > 0, np.inf, rest)
    lost = np.stack(
        [
            programme.columns(
                "lost", labels, cost=(weight - 1.0 + dearer) * lost_cost, upper=part * units if part else most
            )
            for part, dearer in FAIR
        ]
    )
    if late_buckets <= 0:
        return Refused(
            claims=claims, sites=sites, units=units, lost=lost, late=np.zeros((0, units.shape[1]), dtype=np.int64)
        )
    # All buckets of waiting together cost less than losing the unit: late is better than never.
    stated = asked.worth.late[sites]
    cost = np.where(np.isnan(stated), min(LATE, 0.9 / (late_buckets + 1)) * lost_cost, stated)
    cost[:, -1:] = lost_cost[:, -1:]
    late = programme.columns("late", labels, cost=weight * cost, upper=waits)
    return Refused(claims=claims, sites=sites, units=units, lost=lost, late=late)


def waiting(units: Rates, late_buckets: int) -> Rates:
    """Give the most demand that can wait at the end of each bucket: that of the last `late_buckets` buckets."""
    total = np.cumsum(units, axis=1)
    before = np.zeros_like(total)
    before[:, late_buckets:] = total[:, :-late_buckets] if late_buckets else total
    return total - before


def add_fixed_slack(programme: Programme, asked: Asked, labels: list[str], rows: Counts, sign: float) -> None:
    """Let rows of things that fixed orders use be broken at a price above any customer: infeasible is an answer."""
    if not len(rows):
        return
    price = FORBIDDEN * asked.dearest
    slack = programme.columns("beyond the possible", labels, cost=price)
    programme.add(rows, slack, sign)


def fixed_makes(network: Network) -> Flags:
    """Tell which makes have quantities the plan may not change: released orders or firm production."""
    held: Flags = network.makes.fixed.any(axis=1) | (network.makes.released != 0).any(axis=1)
    return held


def _labels(network: Network) -> list[str]:
    return [f"{item} at {place}" for item, place in zip(network.items, network.locations, strict=True)]
