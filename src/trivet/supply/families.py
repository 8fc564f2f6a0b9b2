"""The plan of families: what a detailed plan looks like from afar, small enough to be solved at once (Y4).

Every family is one item, made wherever one of its items is, and the places that only sell are one place: quantities
add up; hours, parts, costs and worth of a unit are means, weighted by what is asked of each. Resources, people,
materials, rooms and suppliers stay as they are, so that the prices of what is scarce here are prices there
(`decomposed`). Items made to order and to stock are families apart.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.supply.asked import Asked
from trivet.supply.capacity import Room
from trivet.supply.claims import plain_claims
from trivet.supply.held import no_hand
from trivet.supply.materials import limited_materials
from trivet.supply.network import Lanes, Lots, Makes, Network, Parts, Sources, Uses
from trivet.supply.programme import Task
from trivet.supply.wanted import Worth

LEVELS: Final = 12
"""Deepest bill of materials that weights are carried down."""
SELLING: Final = "where it is sold"
"""Stands for all locations without production or a room."""
MOST_GROUPS: Final = 240
"""Groups up to which items alike are parted by their worth."""
LEAST: Final = 1e-6
"""Weight of what nobody asks for: it counts where nothing else does."""


def family_task(task: Task) -> Task:
    """Give the task of families; lots and whole people are left out."""
    return _Gathered(task).task()


class _Gathered:
    """Numbers of families' sites and makes beside those of the items."""

    def __init__(self, task: Task) -> None:
        self.given, self.network, self.asked = task, task.network, task.asked
        network = task.network
        named = _groups(task)
        own = {network.locations[site] for site in network.makes.site.tolist()}
        own |= {network.locations[site] for room in task.rooms for site in room.sites.tolist()}
        pairs = [(name, at if at in own else SELLING) for name, at in zip(named, network.locations, strict=True)]
        self.keys = sorted(set(pairs))
        places = {key: i for i, key in enumerate(self.keys)}
        self.site = np.array([places[key] for key in pairs], dtype=np.int64)
        self.weight = self._weights()
        makes = network.makes
        self.made_at, self.make = _numbers(self.site[makes.site])
        self.make_weight = self.weight[makes.site]

    def _weights(self) -> Rates:
        """Weigh each site by what is asked of its item everywhere, parts by what they go into."""
        network = self.network
        numbers = {item: i for i, item in enumerate(dict.fromkeys(network.items))}
        item = np.array([numbers[code] for code in network.items], dtype=np.int64)
        own = np.bincount(item, self.asked.grid.sum(axis=1) / 1000.0, minlength=len(numbers))
        parts = network.parts
        inside = np.flatnonzero(parts.site >= 0)
        part, parent = item[parts.site[inside]], item[network.makes.site[parts.make[inside]]]
        # A part is taken up once for every make of its parent: quantities are shared over them.
        ways = np.bincount(item[network.makes.site], minlength=len(numbers))
        quantity = parts.quantity[inside].mean(axis=1) / np.maximum(ways[parent], 1) if len(inside) else np.zeros(0)
        total: Rates = np.asarray(own, dtype=np.float64)
        for _ in range(LEVELS if len(inside) else 0):
            total = np.asarray(
                own + np.bincount(part, total[parent] * quantity, minlength=len(numbers)), dtype=np.float64
            )
        weight: Rates = total[item] + LEAST
        return weight

    def task(self) -> Task:
        given, network = self.given, self.network
        return replace(
            given,
            network=replace(
                network,
                items=tuple(name for name, _ in self.keys),
                locations=tuple(place for _, place in self.keys),
                step=np.ones(len(self.keys), dtype=np.int64),
                to_order=self._any(network.to_order),
                opening=self._sum(np.maximum(network.opening, 0)),
                arrivals=self._sum(network.arrivals),
                makes=self._makes(),
                uses=self._uses(),
                parts=self._parts(),
                lanes=self._lanes(),
                sources=self._sources(),
                deliveries=replace(network.deliveries, lots=_no_lots(network.deliveries.cap)),
                # What is held of single items is nothing of their family; materials stay as they are.
                held=replace(
                    network.held,
                    purchases=no_hand(len(self.keys), network.open),
                    transfers=no_hand(len(self.keys), network.open),
                ),
            ),
            asked=self._asked(),
            people=replace(given.people, whole=np.zeros_like(given.people.whole)),
            rooms=tuple(_room(room, self.site) for room in given.rooms),
            followed=tuple((family, np.unique(self.make[makes])) for family, makes in given.followed),
            wished=_sum(given.wished, self.make, len(self.made_at)),
            # A family is closed where all its items are.
            rules=given.rules.of_lines(
                _sum((~given.rules.closed).astype(np.int64), self.make, len(self.made_at)) == 0, len(self.keys)
            ),
        )

    def _sum(self, values: Counts) -> Counts:
        return _sum(values, self.site, len(self.keys))

    def _mean(self, values: Rates) -> Rates:
        return _mean(values, self.site, self.weight, len(self.keys))

    def _any(self, flags: Flags) -> Flags:
        return self._sum(flags.astype(np.int64)) > 0

    def _asked(self) -> Asked:
        asked, demand = self.asked, self._sum(self.asked.demand)
        return replace(
            asked,
            demand=demand,
            # Who is served first is decided item by item; prices of what is shared need only the whole.
            claims=plain_claims(demand),
            grid=self._sum(asked.grid),
            ahead=_total(asked.ahead, self.site, len(self.keys)),
            target=self._sum(asked.target),
            backlog=self._sum(asked.backlog),
            floor=self._sum(asked.floor),
            policy_days=self._mean(asked.policy_days),
            build_days=self._mean(asked.build_days),
            stocked=self._any(asked.stocked),
            ordered=self._any(asked.ordered),
            worth=Worth(
                lost=self._mean(asked.worth.lost),
                late=self._mean(asked.worth.late),
                hold=self._mean(asked.worth.hold),
                cost=self._mean(asked.worth.cost),
            ),
        )

    def _makes(self) -> Makes:
        makes, count = self.network.makes, len(self.made_at)
        # What is fixed for some items only is the least their family makes.
        least = np.where(makes.fixed, makes.firm, makes.released)
        every = _sum((~makes.fixed).astype(np.int64), self.make, count) == 0
        return Makes(
            site=self.made_at,
            share=np.ones(count),
            extra_cost=_mean(makes.extra_cost, self.make, self.make_weight, count),
            released=_sum(least, self.make, count),
            firm=_sum(least, self.make, count),
            fixed=every,
            routed=_sum(makes.routed.astype(np.int64), self.make, count) > 0,
            lots=_no_lots(np.zeros((count, self.network.open))),
        )

    def _uses(self) -> Uses:
        uses, makes = self.network.uses, len(self.made_at)
        keys, place = np.unique(
            np.stack([self.make[uses.make], uses.resource, uses.offset], axis=1), axis=0, return_inverse=True
        )
        whole = np.bincount(self.make, self.make_weight, minlength=makes)
        hours = np.bincount(place.ravel(), uses.hours * self.make_weight[uses.make], minlength=len(keys))
        return Uses(
            make=keys[:, 0],
            resource=keys[:, 1],
            offset=keys[:, 2],
            hours=hours / whole[keys[:, 0]] if len(keys) else np.zeros(0),
            setup=np.zeros(len(keys)),
        )

    def _parts(self) -> Parts:
        parts, makes = self.network.parts, len(self.made_at)
        site = np.where(parts.site >= 0, self.site[np.maximum(parts.site, 0)], -1) if len(parts.site) else parts.site
        keys, place = np.unique(
            np.stack([self.make[parts.make], site, parts.material], axis=1), axis=0, return_inverse=True
        )
        whole = np.bincount(self.make, self.make_weight, minlength=makes)
        quantity = _total(parts.quantity * self.make_weight[parts.make][:, None], place.ravel(), len(keys))
        return Parts(
            make=keys[:, 0],
            site=keys[:, 1],
            material=keys[:, 2],
            quantity=quantity / whole[keys[:, 0]][:, None] if len(keys) else quantity,
        )

    def _lanes(self) -> Lanes:
        lanes = self.network.lanes
        apart = np.flatnonzero(self.site[lanes.origin] != self.site[lanes.destination])
        ends = np.stack([self.site[lanes.origin], self.site[lanes.destination], lanes.lead], axis=1)[apart]
        keys, place = np.unique(ends, axis=0, return_inverse=True)
        weight = self.weight[lanes.destination[apart]]
        return Lanes(
            origin=keys[:, 0],
            destination=keys[:, 1],
            lead=keys[:, 2],
            cost=_mean(lanes.cost[apart], place.ravel(), weight, len(keys)),
            share=np.full(len(keys), np.nan),
            implied=np.zeros(len(keys), dtype=np.bool_),
        )

    def _sources(self) -> Sources:
        sources = self.network.sources
        keys, place = np.unique(self.site[sources.row], return_inverse=True)
        count, weight = len(keys), self.weight[sources.row]
        earliest = np.full(count, self.network.open, dtype=np.int64)
        np.minimum.at(earliest, place, sources.earliest)
        cap = _total(sources.cap, place, count)
        return Sources(
            row=keys,
            cap=cap,
            earliest=earliest,
            extra_cost=_mean(sources.extra_cost, place, weight, count),
            free=_sum(sources.free.astype(np.int64), place, count) > 0,
            lots=_no_lots(cap),
        )


def _groups(task: Task) -> list[str]:
    """Name the group of every site: items alike, made on the same resources of the same limited materials.

    Were unlike items put together, a group could avoid what is scarce where some of its items can't. Within a group
    items are parted by what an hour of theirs is worth, as far as there are few groups: what is lost first is not
    what is lost last.
    """
    network = task.network
    alike = _likeness(network)
    kinds = {key: number for number, key in enumerate(sorted(set(alike.values())))}
    classes = max(MOST_GROUPS // max(len(kinds), 1), 1)
    worth = _hourly(task)
    members: dict[int, list[str]] = {}
    for item, key in alike.items():
        members.setdefault(kinds[key], []).append(item)
    named: dict[str, str] = {}
    for kind, items in sorted(members.items()):
        ranked = sorted(items, key=lambda item: (worth[item], item))
        for place, item in enumerate(ranked):
            named[item] = f"{kind:06d} {place * min(classes, len(ranked)) // len(ranked):06d}"
    return [named[item] for item in network.items]


def _likeness(network: Network) -> dict[str, tuple[bool, tuple[tuple[str, int], ...]]]:
    """Say of every item whether it is made to order, where, on which resources and of which limited materials."""
    limited = set(limited_materials(network).tolist())
    ways: dict[str, set[tuple[str, int]]] = {item: set() for item in network.items}
    made = [network.items[site] for site in network.makes.site.tolist()]
    for make, place in enumerate(network.makes.site.tolist()):
        ways[made[make]].add((network.locations[place], -1))
    for make, resource in zip(network.uses.make.tolist(), network.uses.resource.tolist(), strict=True):
        ways[made[make]].add(("resource", resource))
    for make, material in zip(network.parts.make.tolist(), network.parts.material.tolist(), strict=True):
        if material in limited:
            ways[made[make]].add(("part", material))
    ordered = dict(zip(network.items, network.to_order.tolist(), strict=True))
    return {item: (ordered[item], tuple(sorted(way))) for item, way in ways.items()}


def _hourly(task: Task) -> dict[str, float]:
    """Give what an hour of an item is worth to customers; of an item that takes none, a unit."""
    network = task.network
    hours: dict[str, float] = {}
    for make, taken in zip(network.uses.make.tolist(), network.uses.hours.tolist(), strict=True):
        item = network.items[network.makes.site[make]]
        hours[item] = max(hours.get(item, 0.0), taken)
    lost = task.asked.worth.lost.mean(axis=1)
    return {item: float(lost[site]) / (hours.get(item) or 1.0) for site, item in enumerate(network.items)}


def _numbers(values: Counts) -> tuple[Counts, Counts]:
    """Give the distinct values in order and the number of each."""
    distinct, number = np.unique(values, return_inverse=True)
    return distinct, number.astype(np.int64)


def _sum(values: Counts, group: Counts, count: int) -> Counts:
    """Add up counts over groups, along the first axis."""
    result = np.zeros((count, *values.shape[1:]), dtype=np.int64)
    np.add.at(result, group, values)
    return result


def _total(values: Rates, group: Counts, count: int) -> Rates:
    """Add up rates over groups, along the first axis."""
    result = np.zeros((count, *values.shape[1:]))
    np.add.at(result, group, values)
    return result


def _mean(values: Rates, group: Counts, weight: Rates, count: int) -> Rates:
    """Average over groups, weighted; NaN where one is NaN, inf where one is inf."""
    shaped = weight.reshape(-1, *([1] * (values.ndim - 1)))
    whole = np.bincount(group, weight, minlength=count).reshape(-1, *([1] * (values.ndim - 1)))
    return _total(values * shaped, group, count) / whole


def _no_lots(like: Rates) -> Lots:
    count = len(like)
    ones, none = np.ones(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    return Lots(minimum=none, multiple=ones, cost=np.zeros(like.shape), sized=np.zeros(count, dtype=np.bool_))


def _room(room: Room, site: Counts) -> Room:
    return replace(room, sites=np.unique(site[room.sites]))
