"""Requirements without limits: what would have to be made, moved and bought if nothing bound (F1, F2, F4).

Chase: `required = max(0, demand + target - previous closing - receipts)`, from the customer backwards: lanes
with their lead time, plants by the quota of their routings, parts by the bill of materials. What would have to
have left before today leaves today. The target held is the year's mean (`held_target`): the need shown is that of
demand, not of a target's season. Orders of made-to-order items are kept at the backlog the policy allows.
Hours are quantity x hours a unit (bill of resources), earlier by the routing's offset (resource profile).

Reads `consensus_demand`; writes `required_production`, `target_stock`, `required_hours`, `material_need`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from trivet.core.ids import Counts, Rates
from trivet.core.issues import Issue
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.quantities import round_to_counts
from trivet.supply.network import Network
from trivet.supply.panels import HOURS, extend
from trivet.supply.sites import shipping_of
from trivet.supply.targets import backlog_days, build_floor, coming, go_on, held_target, target_stock
from trivet.supply.wanted import rows_by_site, site_demand
from trivet.supply.ways import read_network


def require(
    inputs: PlanInputs, demand: Panel, supply: Panel, load: Panel, material: Panel
) -> tuple[Panel, Panel, Panel, tuple[Issue, ...]]:
    """Write the unlimited requirements on the supply, load and material panels.

    Args:
        inputs: the snapshot.
        demand: panel with consensus_demand on open buckets.
        supply: as `supply_panels` gives it; a site that demand needs and it does not have is added.
        load: as `supply_panels` gives it.
        material: as `supply_panels` gives it.

    Returns:
        The panels with required_production, target_stock, required_hours and material_need. Overloads and
        shortages that follow from them are told by `plan_supply`, beside what the plan does about them.
    """
    supply = extend(supply, _demand_sites(inputs, demand, supply))
    network = read_network(inputs, supply, load, material)
    asked = site_demand(demand, rows_by_site(inputs, demand, supply), supply.rows)
    target = target_stock(inputs, network, asked)
    held = held_target(inputs, network, target)
    made = _Chase(inputs, network, asked, held, _opening_backlog(supply)).run()
    hours = hours_of(network, made, load.rows)
    required_production = np.zeros((supply.rows, network.open), dtype=np.int64)
    required_production[network.makes.site] = made
    supply = supply.with_counts(
        {
            "required_production": on_horizon(supply, required_production),
            "target_stock": on_horizon(supply, target),
        }
    )
    need = np.zeros((material.rows, network.open), dtype=np.int64)
    need[first_rows(network)] = material_use(network, made)
    load = load.with_counts({"required_hours": on_horizon(load, round_to_counts(hours, HOURS))})
    material = material.with_counts({"material_need": on_horizon(material, need)})
    return supply, load, material, ()


def on_horizon(panel: Panel, values: Counts) -> Counts:
    """Put open-bucket counts on the panel's whole axis, 0 in closed buckets."""
    result = np.zeros(panel.shape, dtype=np.int64)
    result[:, panel.buckets.horizon] = values
    return result


def hours_of(network: Network, made: Counts, resources: int) -> Rates:
    """Give the hours production needs on each resource: (resources, open); hours before today count today.

    A bucket in which more than released orders is made sets up once.
    """
    uses, result = network.uses, np.zeros((resources, network.open))
    for make, resource, hours, offset, setup in zip(
        uses.make, uses.resource, uses.hours, uses.offset, uses.setup, strict=True
    ):
        units = made[make] / 1000.0 * hours
        if setup:
            units = units + setup * (made[make] > network.makes.released[make])
        at = np.maximum(np.arange(network.open) - offset, 0)
        np.add.at(result[resource], at, units)
    return result


def material_use(network: Network, made: Counts) -> Counts:
    """Give what production uses up of each pooled material: (materials, open) counts."""
    result = np.zeros((len(network.materials), network.open), dtype=np.int64)
    for make, material, quantity in zip(
        network.parts.make, network.parts.material, network.parts.quantity, strict=True
    ):
        if material >= 0:
            result[material] += np.rint(made[make] * quantity).astype(np.int64)
    return result


def part_use(network: Network, made: Counts) -> Counts:
    """Give what production uses up of parts kept at sites: (sites, open) counts."""
    result = np.zeros((len(network.items), network.open), dtype=np.int64)
    for make, site, quantity in zip(network.parts.make, network.parts.site, network.parts.quantity, strict=True):
        if site >= 0:
            result[site] += np.rint(made[make] * quantity).astype(np.int64)
    return result


def first_rows(network: Network) -> Counts:
    """Give the row of the material panel that stands for each material: its cheapest supplier, then by code."""
    order = sorted(
        range(len(network.material_of)),
        key=lambda row: (int(network.material_of[row]), float(network.deliveries.extra_cost[row]), row),
    )
    first: dict[int, int] = {}
    for row in order:
        first.setdefault(int(network.material_of[row]), row)
    return np.array([first[m] for m in range(len(network.materials))], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Chase:
    """Walks from customers back to plants and parts, item by item."""

    inputs: PlanInputs
    network: Network
    asked: Counts
    target: Counts
    backlog: Counts

    def run(self) -> Counts:
        """Give required production by make: (makes, open) counts in whole steps, released orders included."""
        network = self.network
        made = np.zeros((len(network.makes.site), network.open), dtype=np.int64)
        gross = self._gross()
        make_of = {int(site): i for i, site in enumerate(network.makes.site)}
        depth = _depth(network)
        feeders = self._feeders(depth)
        of_item: dict[str, list[int]] = {}
        for site in sorted(range(len(network.items)), key=lambda s: (-depth[s], s)):
            of_item.setdefault(network.items[site], []).append(site)
        for item in self._items():
            sites = of_item[item]
            makes = [make_of[s] for s in sites if s in make_of and network.makes.routed[make_of[s]]]
            total = np.zeros(network.open, dtype=np.int64)
            for site in sites:
                missing = self._missing(site, gross[site], make_of.get(site))
                if make_of.get(site) in makes:
                    total += missing
                else:
                    self._pull(site, missing, feeders.get(site, ()), gross)
            self._share_out(makes, total, made)
            released = [make_of[s] for s in sites if s in make_of]
            made[released] += network.makes.released[released]
            self._explode([make_of[s] for s in sites if s in make_of], made, gross)
        return made

    def _gross(self) -> Counts:
        """Start from customer demand; of made-to-order items, what must ship to keep the backlog in policy."""
        network = self.network
        gross = self.asked.copy()
        most, build = backlog_days(self.inputs, network)
        floor = build_floor(network, self.asked, build)
        ahead = go_on(self.inputs, network, self.asked)
        allowed = coming(network, ahead, most) * 1000.0
        for site in np.flatnonzero(network.to_order):
            keep = np.maximum(self.backlog[site], floor[site])
            if np.isfinite(most[site]):
                keep = np.minimum(keep, np.maximum(allowed[site].astype(np.int64), floor[site]))
            shipped = np.maximum.accumulate(np.maximum(self.backlog[site] + np.cumsum(self.asked[site]) - keep, 0))
            gross[site] = np.diff(shipped, prepend=0)
        return gross

    def _missing(self, site: int, gross: Counts, make: int | None) -> Counts:
        """Net one site: whole steps that must come in beyond what is on hand, arriving or released."""
        network, step = self.network, int(self.network.step[site])
        coming_in = network.arrivals[site] + (network.makes.released[make] if make is not None else 0)
        missing = np.zeros(network.open, dtype=np.int64)
        stock = int(network.opening[site])
        for t in range(network.open):
            short = int(gross[t]) + int(self.target[site, t]) - stock - int(coming_in[t])
            missing[t] = -(-max(short, 0) // step) * step
            stock += int(coming_in[t]) + int(missing[t]) - int(gross[t])
        return missing

    def _feeders(self, depth: list[int]) -> dict[int, list[tuple[int, int, float]]]:
        """Choose the lanes that feed each site: those with a quota, else the cheapest and shortest one."""
        lanes = self.network.lanes
        found: dict[int, list[tuple[int, int, float, float]]] = {}
        for i in range(len(lanes.origin)):
            origin, destination = int(lanes.origin[i]), int(lanes.destination[i])
            if depth[origin] < depth[destination]:
                way = (origin, int(lanes.lead[i]), float(lanes.share[i]), float(lanes.cost[i]))
                found.setdefault(destination, []).append(way)
        chosen: dict[int, list[tuple[int, int, float]]] = {}
        for site, ways in found.items():
            quota = [(o, lead, share) for o, lead, share, _ in ways if share > 0]
            whole = sum(share for _, _, share in quota)
            best = min(ways, key=lambda way: (way[3], way[1], way[0]))
            chosen[site] = [(o, lead, s / whole) for o, lead, s in quota] or [(best[0], best[1], 1.0)]
        return chosen

    def _pull(self, site: int, missing: Counts, ways: list[tuple[int, int, float]] | tuple[()], gross: Counts) -> None:
        """Ask the origins of a site for what it misses, a lead time earlier, by quota."""
        given, share = np.zeros_like(missing), 0.0
        step = int(self.network.step[site])
        for origin, lead, quota in ways:
            share += quota
            upto = np.floor(missing * min(share, 1.0) / step + 1e-6).astype(np.int64) * step
            at = np.maximum(np.arange(len(missing)) - lead, 0)
            np.add.at(gross[origin], at, upto - given)
            given = upto

    def _share_out(self, makes: list[int], total: Counts, made: Counts) -> None:
        """Share an item's requirement over its plants by quota, whole steps, adding up exactly."""
        given, share = np.zeros_like(total), 0.0
        for i, make in enumerate(makes):
            share = 1.0 if i == len(makes) - 1 else share + float(self.network.makes.share[make])
            step = int(self.network.step[self.network.makes.site[make]])
            upto = np.floor(total * share / step + 1e-6).astype(np.int64) * step
            made[make] = upto - given
            given = upto

    def _explode(self, makes: list[int], made: Counts, gross: Counts) -> None:
        """Ask the sites of parts for what the makes use up."""
        parts = self.network.parts
        chosen = set(makes)
        for make, site, quantity in zip(parts.make, parts.site, parts.quantity, strict=True):
            if site >= 0 and int(make) in chosen:
                gross[site] += np.rint(made[make] * quantity).astype(np.int64)

    def _items(self) -> list[str]:
        """Sort items so that parents come before their parts; a circle is cut at its first code."""
        network = self.network
        parents: dict[str, set[str]] = {item: set() for item in sorted(set(network.items))}
        for make, site in zip(network.parts.make, network.parts.site, strict=True):
            if site >= 0:
                parent, part = network.items[int(network.makes.site[make])], network.items[int(site)]
                parents[part].add(parent)
        done: dict[str, None] = {}
        waiting = list(parents)
        while waiting:
            ready = [item for item in waiting if parents[item] <= done.keys()] or waiting[:1]
            done.update(dict.fromkeys(ready))
            waiting = [item for item in waiting if item not in done]
        return [*done]


def _depth(network: Network) -> list[int]:
    """Count the lanes between where an item comes from (make or source) and each site."""
    far = len(network.items) + 1
    depth = [far] * len(network.items)
    for site in [*network.makes.site[network.makes.routed].tolist(), *network.sources.row.tolist()]:
        depth[site] = 0
    grew = True
    while grew:
        grew = False
        for a, b in zip(network.lanes.origin.tolist(), network.lanes.destination.tolist(), strict=True):
            if depth[a] + 1 < depth[b]:
                depth[b], grew = depth[a] + 1, True
    return depth


def _opening_backlog(supply: Panel) -> Counts:
    first = supply.buckets.first_open
    return supply.count("order_backlog")[:, first - 1] if first else np.zeros(supply.rows, dtype=np.int64)


def _demand_sites(inputs: PlanInputs, demand: Panel, supply: Panel) -> pl.DataFrame:
    """Find the item x location pairs that demand needs: every one of an item that is no service."""
    ships = shipping_of(inputs)
    items = inputs.table("items")
    goods = set(items.filter(pl.col("kind") != "non-stock")["item"].to_list())
    asked = [bool(row.any()) for row in demand.count("consensus_demand")[:, demand.buckets.horizon]]
    pairs = sorted(
        {
            (item, ships[market])
            for (item, market), wanted in zip(demand.keys.select("item", "market").iter_rows(), asked, strict=True)
            if wanted and item in goods and market in ships
        }
    )
    return pl.DataFrame(
        {"item": [i for i, _ in pairs], "location": [p for _, p in pairs]},
        schema=dict.fromkeys(supply.keys.columns, pl.String),
    )
