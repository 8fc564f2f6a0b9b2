"""How much stock is wanted at the end of each bucket, and how much backlog a policy allows (F2, F17).

Reads `inventory_policy` and the demand of each site; gives `target_stock`. A target in days is the demand of
the coming days, by calendar days across buckets; a target in units is shared over sites by coming demand.
The nearest row counts: item at location, item, family at location, family. Beyond the horizon last year's
demand goes on, so that the last bucket ends with what the following year needs; nothing after a last sale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from trivet.core.buckets import Calendar
from trivet.core.ids import Counts, Rates
from trivet.core.plan import PlanInputs
from trivet.supply.network import Network

WEEK: Final = 7.0
DAYS_AHEAD: Final = 400
"""Longest cover in days that a target or a backlog policy can look ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One row of inventory_policy, as it applies to a site from a bucket on."""

    days: float | None = None
    quantity: int | None = None
    service: float | None = None
    service_kind: str | None = None
    maximum_days: float | None = None
    maximum_quantity: int | None = None
    hold_cost: float | None = None
    late_cost: float | None = None
    lost_cost: float | None = None
    maximum_weeks: float | None = None
    build_weeks: float | None = None


COLUMNS: Final = tuple(field.name for field in fields(Policy))
Policies = tuple[tuple[Policy | None, ...], ...]
"""Policy of each site in each open bucket."""


def policies(inputs: PlanInputs, network: Network) -> Policies:
    """Give the policy of each site by open bucket: the row nearest to it, the latest that holds; None without one."""
    families = dict(zip(*(inputs.table("items")[c].to_list() for c in ("item", "family")), strict=True))
    starts = network.buckets.starts[network.buckets.first_open :]
    rows: dict[tuple[str, str, str], list[Policy | None]] = {}
    table = inputs.table("inventory_policy").sort("first", nulls_last=False)
    names = ("item", "family", "location", "first", *COLUMNS)
    for item, family, place, first, *values in table.select(names).iter_rows():
        key = (item or "", "" if item else family or "", place or "")
        held = rows.setdefault(key, [None] * network.open)
        policy = Policy(**dict(zip(COLUMNS, values, strict=True)))
        held[:] = [policy if first is None or start >= first else held[t] for t, start in enumerate(starts)]
    found: list[tuple[Policy | None, ...]] = []
    for item, place in zip(network.items, network.locations, strict=True):
        family = families.get(item, "")
        keys = ((item, "", place), (item, "", ""), ("", family, place), ("", family, ""), ("", "", place), ("", "", ""))
        near = [rows[key] for key in keys if key in rows]
        found.append(tuple(next((one[t] for one in near if one[t] is not None), None) for t in range(network.open)))
    return tuple(found)


def stated(found: Policies, column: str, open_: int) -> Rates:
    """Give a number of the policies by site and bucket, of `open_` ones, NaN where none is stated."""
    values = [[getattr(policy, column) if policy else None for policy in row] for row in found]
    numbers = [[np.nan if value is None else float(value) for value in row] for row in values]
    return np.array(numbers, dtype=np.float64).reshape(len(found), open_)


def season_of(network: Network) -> int:
    """Give the buckets of a year."""
    return 52 if network.buckets.calendar is Calendar.WEEKS else 12


def go_on(inputs: PlanInputs, network: Network, demand: Counts) -> Rates:
    """Continue demand for DAYS_AHEAD days beyond the horizon with last year's, in units.

    Args:
        inputs: the snapshot; an item whose last sale lies inside the horizon gets nothing.
        network: the sites.
        demand: (sites, open) counts.

    Returns:
        (sites, open + further buckets) units; further buckets have the mean length of an open one.
    """
    season, open_ = season_of(network), network.open
    further = int(np.ceil(DAYS_AHEAD / float(network.days.mean()))) + 1
    units = demand / 1000.0
    columns = [open_ - season + (i % season) if open_ >= season else -1 for i in range(further)]
    mean = units.mean(axis=1)
    ahead = np.stack([units[:, c] if c >= 0 else mean for c in columns], axis=1)
    ends = _last_sales(inputs)
    over = [item in ends and ends[item] < str(network.buckets.edges[-1]) for item in network.items]
    ahead[np.array(over, dtype=np.bool_)] = 0.0
    return np.concatenate([units, ahead], axis=1)


def coming(network: Network, ahead: Rates, days: Rates) -> Rates:
    """Give the demand of the coming days after the end of each open bucket.

    Args:
        network: the sites and days of the open buckets.
        ahead: (sites, open + further) units as `go_on` gives them.
        days: (sites,) or (sites, open) calendar days to look ahead, at most DAYS_AHEAD.

    Returns:
        (sites, open) units.
    """
    mean = float(network.days.mean())
    length = np.concatenate([network.days, np.full(ahead.shape[1] - network.open, mean)])
    edges = np.concatenate([[0.0], np.cumsum(length)])
    ends = edges[1 : network.open + 1]
    total = np.concatenate([np.zeros((len(ahead), 1)), np.cumsum(ahead, axis=1)], axis=1)
    reach = np.minimum(days if days.ndim > 1 else days[:, None], DAYS_AHEAD)
    rows = [np.interp(ends + reach[s], edges, total[s]) - np.interp(ends, edges, total[s]) for s in range(len(ahead))]
    return np.array(rows).reshape(len(ahead), network.open)


def target_stock(inputs: PlanInputs, network: Network, demand: Counts, guarded: Rates) -> Counts:
    """Give the stock wanted at the end of each open bucket, in whole steps.

    Args:
        inputs: the snapshot.
        network: the sites.
        demand: (sites, open) counts of customer demand shipped from each site.
        guarded: (sites, open) units that a service asks for, NaN where none does or it can't be computed: then the
            row's units or days count.

    Returns:
        (sites, open) counts; 0 for items made to order and sites without a policy or demand.
    """
    found = policies(inputs, network)
    quantity, days = stated(found, "quantity", network.open), np.nan_to_num(stated(found, "days", network.open))
    ahead = go_on(inputs, network, demand)
    units = coming(network, ahead, np.where(np.isnan(quantity), days, 0.0))
    units = units + _shared_quantities(found, "quantity", coming(network, ahead, np.full(len(found), 90.0)))
    going = coming(network, ahead, network.days.mean() * np.ones(len(found))) > 0
    units = np.where(np.isnan(guarded), units, np.where(going, guarded, 0.0))
    counts = np.rint(units * 1000.0).astype(np.int64)
    whole = -(-counts // network.step[:, None]) * network.step[:, None]
    whole[network.to_order] = 0
    return whole


def held_target(inputs: PlanInputs, network: Network, target: Counts) -> Counts:
    """Give the target the unlimited plan holds: the mean of the coming year's targets, in whole steps.

    A target in days swings with the season; chasing the swing would load the lines with the demand of the
    bucket after, and the need shown would not be that of the demand planned. What to build ahead is an output
    of the constrained plan (F17), which aims at each bucket's own target. Items that end keep theirs.

    Args:
        inputs: the snapshot, for the last days of sale.
        network: the sites.
        target: (sites, open) counts as `target_stock` gives them.
    """
    season, open_ = min(season_of(network), network.open), network.open
    held = target.copy()
    ends = _last_sales(inputs)
    lasting = np.array([item not in ends for item in network.items], dtype=np.bool_)
    for t in range(open_):
        first = min(t, open_ - season)
        mean = target[lasting, first : first + season].mean(axis=1)
        step = network.step[lasting]
        held[lasting, t] = np.ceil(mean / step - 1e-9).astype(np.int64) * step
    return held


def backlog_days(inputs: PlanInputs, network: Network) -> tuple[Rates, Rates]:
    """Give, by site, the days of backlog the policy allows (inf = no limit) and the days to build."""
    found = policies(inputs, network)
    weeks, build_weeks = (stated(found, name, network.open)[:, :1] for name in ("maximum_weeks", "build_weeks"))
    most = np.where(np.isnan(weeks), np.inf, weeks * WEEK).reshape(-1)
    build = np.nan_to_num(build_weeks * WEEK).reshape(-1)
    return most, build


def build_floor(network: Network, demand: Counts, build: Rates) -> Counts:
    """Give the orders whose build time has not elapsed at the end of each open bucket (the floor of F2).

    Bookings are taken to come in evenly over their bucket; those of closed buckets are not known here and
    count as built. Shape of `demand`, counts.
    """
    edges = np.concatenate([[0.0], np.cumsum(network.days)])
    total = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(demand, axis=1)], axis=1).astype(np.float64)
    ends = edges[1:]
    rows = [total[s, 1:] - np.interp(ends - build[s], edges, total[s]) for s in range(len(demand))]
    return np.floor(np.array(rows).reshape(demand.shape) + 1e-6).astype(np.int64)


def most_stock(inputs: PlanInputs, network: Network, ahead: Rates) -> Rates:
    """Give the most stock the policy allows at the end of each open bucket: (sites, open) units, inf = any.

    Args:
        inputs: the snapshot.
        network: the sites.
        ahead: (sites, open + further) units as `go_on` gives them.
    """
    found = policies(inputs, network)
    quantity, days = (stated(found, name, network.open) for name in ("maximum_quantity", "maximum_days"))
    shared = _shared_quantities(found, "maximum_quantity", coming(network, ahead, np.full(len(found), 90.0)))
    covered = np.where(np.isnan(days), np.inf, coming(network, ahead, np.nan_to_num(days)))
    most = np.where(np.isnan(quantity), covered, shared)
    step = network.step[:, None] / 1000.0
    most = np.where(np.isfinite(most), np.ceil(np.where(np.isfinite(most), most, 0.0) / step - 1e-9) * step, most)
    # Where nothing is sold there is nothing to measure stock by, unless the row names units for that place alone.
    most[network.to_order | ((ahead.sum(axis=1) <= 0) & ~(shared > 0).any(axis=1))] = np.inf
    return most


def _shared_quantities(found: Policies, column: str, weights: Rates) -> Rates:
    """Share quantities given in units over the sites they cover, by the demand of the coming quarter."""
    result = np.zeros(weights.shape)
    for t in range(weights.shape[1]):
        groups: dict[int, list[int]] = {}
        for row, policy in enumerate(one[t] for one in found):
            if policy is not None and getattr(policy, column) is not None:
                groups.setdefault(id(policy), []).append(row)
        for rows in groups.values():
            policy = found[rows[0]][t]
            total = (getattr(policy, column) or 0) / 1000.0
            whole = weights[rows, t].sum()
            if len(rows) == 1:
                result[rows, t] = total
            elif whole > 0:
                result[rows, t] = weights[rows, t] * total / whole
    return result


def _last_sales(inputs: PlanInputs) -> Mapping[str, str]:
    items = inputs.table("items").select("item", "last_sale").drop_nulls()
    return {item: str(day) for item, day in items.iter_rows()}
