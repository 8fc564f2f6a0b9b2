"""Rules of how much is made and kept: cycles, least and most quantities, even production, most stock (Y4, Y8).

Reads `production_limits` (of items, families and plants), `minimum_load`, `change` and `change_cost` of `resources` and
the most stock of `inventory_policy`. A row holds from its first bucket to its last one; what is made in a cycle is made
in the row's first bucket and every n-th one after it. Whether cycles and smoothing are kept, and whether limits go
before customers, are choices of the scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.network import Network
from trivet.supply.panels import days_of
from trivet.supply.requirements import plant_days
from trivet.supply.targets import most_stock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Even:
    """How even something is to be: arrays by row.

    Attributes:
        days: (rows, open) working days, 0 = the rule does not hold.
        most: (rows,) change allowed, as part of the bucket before; NaN = any.
        cost: (rows,) plan currency for one more or less on a working day.
    """

    days: Rates
    most: Rates
    cost: Rates

    @property
    def rows(self) -> Counts:
        """Numbers of the rows that are to be even at all."""
        return np.flatnonzero((~np.isnan(self.most) | (self.cost > 0)) & (self.days > 0).any(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Rows of `production_limits`: names, makes of each, least and most units (groups, open), evenness."""

    names: tuple[str, ...]
    makes: tuple[Counts, ...]
    least: Rates
    most: Rates
    even: Even


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """All rules of a plan.

    Attributes:
        groups: of items and families; lines: evenness of resources, named in `resources`.
        least_hours: (resources, open) hours every resource is to be loaded with at least.
        most_stock: (sites, open) units, inf = any.
        closed: (makes, open) buckets nothing is made in, released and fixed orders apart.
        strict: limits go before every customer.
    """

    groups: Groups
    resources: tuple[str, ...]
    lines: Even
    least_hours: Rates
    most_stock: Rates
    closed: Flags
    strict: bool

    def of_lines(self, closed: Flags, sites: int) -> "Rules":
        """Give the rules of resources alone, for a task with other makes, closed in these buckets, and other sites."""
        open_ = closed.shape[1]
        return replace(self, groups=_groups([], open_), most_stock=np.full((sites, open_), np.inf), closed=closed)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Row:
    """One row of `production_limits`, with the makes and open buckets it holds for."""

    name: str
    makes: Counts
    holds: Flags
    made: Flags
    least: float
    most: float
    change: float
    cost: float
    days: Rates


def read_rules(inputs: PlanInputs, network: Network, asked: Asked, load: Panel, options: PlanOptions) -> Rules:
    """Read the rules that the scenario keeps."""
    rows = _read_rows(inputs, network)
    closed = np.zeros((len(network.makes.site), network.open), dtype=np.bool_)
    for row in rows if options.use_cycles else ():
        closed[row.makes] |= row.holds & ~row.made
    if not options.use_smoothing:
        rows = [replace(row, change=np.nan, cost=0.0) for row in rows]
    if not options.use_cycles:
        rows = [replace(row, made=row.holds) for row in rows]
    days = days_of(inputs, load)[:, load.buckets.horizon]
    return Rules(
        groups=_groups(rows, network.open),
        resources=tuple(load.keys["resource"].to_list()),
        lines=Even(
            days=days,
            most=_of_resources(inputs, load, "change", np.nan, kept=options.use_smoothing),
            cost=_of_resources(inputs, load, "change_cost", 0.0, kept=options.use_smoothing),
        ),
        least_hours=_of_resources(inputs, load, "minimum_load", 0.0)[:, None]
        * load.count("capacity_hours")[:, load.buckets.horizon]
        / 1000.0,
        most_stock=most_stock(inputs, network, asked.ahead),
        closed=closed,
        strict=options.strict_limits,
    )


def limit_rows(inputs: PlanInputs, network: Network) -> tuple[tuple[str, int], ...]:
    """Give the name of every row of `production_limits` and how many makes it holds for."""
    return tuple((row.name, len(row.makes)) for row in _read_rows(inputs, network))


def _read_rows(inputs: PlanInputs, network: Network) -> list[_Row]:
    table = inputs.table("production_limits").sort("item", "family", "location", "first", nulls_last=False)
    if table.is_empty():
        return []
    families: Mapping[str, str] = dict(inputs.table("items").select("item", "family").iter_rows())
    days = plant_days(inputs, network)
    starts = network.buckets.starts
    found: list[_Row] = []
    for row in table.iter_rows(named=True):
        item, family, place = row["item"] or "", row["family"] or "", row["location"] or ""
        mine = _makes(network, families, (item, "" if item else family, place))
        since = [s for s in starts if row["first"] is None or s >= row["first"]]
        begins = len(starts) - len(since)
        inside = np.array([t >= begins and (row["last"] is None or s <= row["last"]) for t, s in enumerate(starts)])
        turn = (np.arange(len(starts)) - begins) % max(int(row["cycle_buckets"] or 1), 1) == 0
        horizon = network.buckets.horizon
        found.append(
            _Row(
                name=_named(item, family, place),
                makes=mine,
                holds=inside[horizon],
                made=(inside & turn)[horizon],
                least=(row["minimum"] or 0) / 1000.0,
                most=np.inf if row["maximum"] is None else row["maximum"] / 1000.0,
                change=np.nan if row["change"] is None else max(float(row["change"]), 0.0),
                cost=max(float(row["change_cost"] or 0.0), 0.0),
                days=days[mine].max(axis=0) if len(mine) else np.zeros(network.open),
            )
        )
    return found


def _makes(network: Network, families: Mapping[str, str], named: tuple[str, str, str]) -> Counts:
    """Give the makes a row holds for: those with a routing."""
    item, family, place = named
    return np.array(
        [
            i
            for i, site in enumerate(network.makes.site.tolist())
            if network.makes.routed[i]
            and (not item or network.items[site] == item)
            and (not family or families.get(network.items[site]) == family)
            and (not place or network.locations[site] == place)
        ],
        dtype=np.int64,
    )


def _named(item: str, family: str, place: str) -> str:
    return (item or (f"family {family}" if family else "everything")) + (f" at {place}" if place else "")


def _groups(rows: list[_Row], open_: int) -> Groups:
    """Put rows together; a least quantity is asked for in the buckets something may be made in."""
    rows = [row for row in rows if len(row.makes) and row.holds.any()]
    shape = (len(rows), open_)
    return Groups(
        names=tuple(row.name for row in rows),
        makes=tuple(row.makes for row in rows),
        least=np.array([row.least * row.made for row in rows]).reshape(shape),
        most=np.array([np.where(row.holds, row.most, np.inf) for row in rows]).reshape(shape),
        even=Even(
            days=np.array([row.days * row.made for row in rows]).reshape(shape),
            most=np.array([row.change for row in rows]),
            cost=np.array([row.cost for row in rows]),
        ),
    )


def _of_resources(inputs: PlanInputs, load: Panel, column: str, empty: float, *, kept: bool = True) -> Rates:
    """Give a column of `resources` for every row of the load panel: (resources,)."""
    table = inputs.table("resources")
    said = dict(table.select("resource", column).iter_rows()) if kept else {}
    values = [said.get(name) for name in load.keys["resource"].to_list()]
    return np.array([empty if value is None else max(float(value), 0.0) for value in values])
