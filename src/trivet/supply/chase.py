"""Chase: what would have to be made, moved and bought if nothing bound, from the customer backwards (F1, F2, Y6).

`required = max(0, demand + target - previous closing - receipts)`, in lots, lane by lane with their lead times, plants
by the quota of their routings, parts by the bill of materials. What would have to have left before today leaves today.
Orders of made-to-order items are kept at the backlog the policy allows.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.plan import PlanInputs
from trivet.supply.lots import order_quantity
from trivet.supply.network import Network
from trivet.supply.targets import backlog_days, build_floor, coming, go_on


@dataclass(frozen=True, slots=True, eq=False)
class Chase:
    """Walks from customers back to plants and parts, item by item.

    Attributes:
        inputs: the snapshot.
        network: the ways.
        asked: (sites, open) counts customers ask for.
        target: (sites, open) counts of stock aimed at.
        backlog: (sites,) counts of open orders.
        lots: whether smallest lots and multiples are kept.
    """

    inputs: PlanInputs
    network: Network
    asked: Counts
    target: Counts
    backlog: Counts
    lots: bool = True

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

    def may_be_built(self) -> Rates:
        """Give the running total of orders that may be built at each make: open ones, booked ones, less the floor (F2).

        Orders of an item are shared over its plants by quota; (makes, open) units, never falling.
        """
        network = self.network
        _, build = backlog_days(self.inputs, network)
        floor = build_floor(network, self.asked, build)
        open_ = np.maximum(self.backlog, 0)[:, None] + np.cumsum(self.asked, axis=1)
        ready = (np.maximum(open_ - floor, 0) - np.maximum(network.opening, 0)[:, None]) / 1000.0
        of_item: dict[str, Rates] = {}
        for site, item in enumerate(network.items):
            of_item[item] = of_item.get(item, np.zeros(network.open)) + ready[site]
        rows = [
            share * np.minimum.accumulate(np.maximum(of_item[network.items[site]], 0.0)[::-1])[::-1]
            for site, share in zip(network.makes.site.tolist(), network.makes.share.tolist(), strict=True)
        ]
        return np.array(rows).reshape(len(rows), network.open)

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
        """Net one site: whole lots that must come in beyond what is on hand, arriving or released."""
        network = self.network
        minimum, multiple = self._lot(site, make)
        coming_in = network.arrivals[site] + (network.makes.released[make] if make is not None else 0)
        missing = np.zeros(network.open, dtype=np.int64)
        stock = int(network.opening[site])
        for t in range(network.open):
            short = int(gross[t]) + int(self.target[site, t]) - stock - int(coming_in[t])
            missing[t] = order_quantity(short, minimum=minimum, multiple=multiple)
            stock += int(coming_in[t]) + int(missing[t]) - int(gross[t])
        return missing

    def _lot(self, site: int, make: int | None) -> tuple[int, int]:
        """Give the smallest lot and the multiple that come in at a site: of its make, else of its first source."""
        network = self.network
        if not self.lots:
            return 0, int(network.step[site])
        if make is not None and network.makes.routed[make]:
            return int(network.makes.lots.minimum[make]), int(network.makes.lots.multiple[make])
        bought = np.flatnonzero(network.sources.row == site)
        if len(bought):
            return int(network.sources.lots.minimum[bought[0]]), int(network.sources.lots.multiple[bought[0]])
        return 0, int(network.step[site])

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
