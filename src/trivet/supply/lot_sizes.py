"""Lots in the plan: a bucket makes or orders nothing, or at least a lot, and pays for setting up (Y6, Y4).

made - released <= most x set up, made - released >= smallest lot x set up, set up is 0 or 1
hours of a resource + set-up hours x set up <= hours

Reads smallest lots, multiples, set-up hours and costs of `routings` and `supply_sources`. `most` is what demand can
still use, parts through what they go into, and what the hours allow: the tighter it is, the better the bound that
the search is measured by. Where nothing asks for a lot, nothing is added: the plan stays a linear programme.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.lots import plan_lots
from trivet.supply.make_to_stock import Flows
from trivet.supply.materials import HOLD_SHARE, Bought
from trivet.supply.network import Lots, Network

LEVELS: Final = 12
"""Deepest bill of materials whose needs are followed."""
SET_UP: Final = "set up"
NEARLY: Final = 0.9
"""Part of a set-up that is one."""
NOISE: Final = 1e-6
"""Units below which nothing is made."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sized:
    """One kind of lots in the programme: makes, sources or deliveries.

    Attributes:
        kind: what is decided: `set up`, `order` or `order material`.
        number: (lots,) row of the make, source or delivery.
        flow: (lots, open) columns of what is made or ordered.
        given: (lots, open) units that flow without a lot: released orders.
        held: (lots, open) quantities fixed by hand.
        minimum: (lots,) units of the smallest lot.
        cost: (lots, open) of one lot.
        hold: (lots, open) cost of keeping a unit for a bucket.
        set_up: (lots, open) columns of the decision.
    """

    kind: str
    number: Counts
    flow: Counts
    given: Rates
    held: Flags
    minimum: Rates
    cost: Rates
    hold: Rates
    set_up: Counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Limits:
    """What flows of one kind of lots can be: units at most, without a lot, and fixed by hand."""

    most: Rates
    given: Rates
    held: Flags
    firm: Rates
    hold: Rates


def add_lots(
    programme: Programme,
    network: Network,
    asked: Asked,
    flows: Flows,
    bought: Bought,
    *,
    most: tuple[Rates, Rates, Rates],
    prices: Rates,
    late: int,
) -> tuple[Sized, ...]:
    """Add a yes or no for every make, source and delivery that is asked for lots.

    Args:
        programme: with flows, hours and materials.
        network: the ways and their lots.
        asked: demand and what stock costs.
        flows: columns of makes and sources.
        bought: columns of deliveries.
        most: units each make may make by its strategy beyond demand (makes, open), each source may deliver
            (sources, open) and each delivery may bring (rows of the material panel, open).
        prices: (materials,) plan currency a unit.
        late: buckets demand may wait.

    Returns:
        The kinds of lots there are, makes first.
    """
    goods, materials = still_needed(network, asked, late)
    wished, room, delivered = most
    makes, sources, deliveries = network.makes, network.sources, network.deliveries
    bought_by_hand, delivered_by_hand = network.held.purchases, network.held.deliveries
    columns = np.full(delivered.shape, -1, dtype=np.int64)
    columns[bought.rows] = bought.columns
    making = _Limits(
        most=np.maximum(goods[makes.site], wished),
        given=makes.released / 1000.0,
        held=makes.fixed,
        firm=makes.firm / 1000.0,
        hold=asked.worth.hold[makes.site],
    )
    buying = _Limits(
        most=np.minimum(goods[sources.row], room),
        given=np.zeros(room.shape),
        held=bought_by_hand.fixed[sources.row],
        firm=bought_by_hand.amount[sources.row] / 1000.0,
        hold=asked.worth.hold[sources.row],
    )
    delivering = _Limits(
        most=np.minimum(materials[network.material_of], delivered),
        given=np.zeros(delivered.shape),
        held=delivered_by_hand.fixed,
        firm=delivered_by_hand.amount / 1000.0,
        hold=np.broadcast_to(HOLD_SHARE * prices[network.material_of][:, None], delivered.shape),
    )
    names = [network.materials[m] for m in network.material_of]
    return (
        *_add(programme, SET_UP, site_labels(network, makes.site), (flows.made, makes.lots), making),
        *_add(programme, "order", site_labels(network, sources.row), (flows.bought, sources.lots), buying),
        *_add(programme, "order material", names, (columns, deliveries.lots), delivering),
    )


def _add(
    programme: Programme, name: str, labels: list[str], things: tuple[Counts, Lots], limits: _Limits
) -> list[Sized]:
    columns, lots = things
    at = np.flatnonzero(lots.sized & (columns >= 0).all(axis=1)) if len(labels) else np.zeros(0, dtype=np.int64)
    if not len(at):
        return []
    shown = [labels[i] for i in at]
    minimum, given, held = lots.minimum[at] / 1000.0, limits.given[at], limits.held[at]
    most = np.maximum(limits.most[at], minimum[:, None])
    most = np.where(np.isfinite(most), most, float(np.nanmax(np.where(np.isfinite(most), most, 0.0), initial=1e6)))
    fixed = (held & (limits.firm[at] > given)).astype(np.float64)
    set_up = programme.columns(
        name, shown, cost=lots.cost[at], lower=fixed, upper=np.where(held, fixed, 1.0), whole=True
    )
    flow = columns[at]
    above = programme.rows(f"{name}: only in a lot", shown, upper=np.where(held, np.inf, given))
    programme.add(above, flow)
    programme.add(above, set_up, -most)
    if minimum.any():
        below = programme.rows(f"{name}: a whole lot", shown, lower=np.where(held, -np.inf, given))
        programme.add(below, flow)
        programme.add(below, set_up, -minimum[:, None])
    return [
        Sized(
            kind=name,
            number=at,
            flow=flow,
            given=given,
            held=held,
            minimum=minimum,
            cost=lots.cost[at],
            hold=limits.hold[at],
            set_up=set_up,
        )
    ]


def add_setup_hours(programme: Programme, network: Network, sized: tuple[Sized, ...], rows: Counts) -> None:
    """Add the hours of setting up to the rows of resources: (resources, open), -1 = the resource has none."""
    for lots in sized:
        place = {int(make): i for i, make in enumerate(lots.number)}
        if lots.kind != SET_UP:
            continue
        uses = network.uses
        for make, resource, setup, offset in zip(uses.make, uses.resource, uses.setup, uses.offset, strict=True):
            if setup > 0 and int(make) in place and network.open and rows[resource, 0] >= 0:
                at = np.maximum(np.arange(network.open) - offset, 0)
                programme.add(rows[resource, at], lots.set_up[place[int(make)]], setup)


def site_labels(network: Network, sites: Counts) -> list[str]:
    """Name sites in words."""
    return [f"{network.items[s]} at {network.locations[s]}" for s in sites]


def still_needed(network: Network, asked: Asked, late: int) -> tuple[Rates, Rates]:
    """Give the units of each item that demand, targets and what it goes into can still use from each bucket on.

    Args:
        network: the ways.
        asked: demand and targets.
        late: buckets demand may wait.

    Returns:
        (sites, open) for goods (the same at all sites of an item) and (materials, open).
    """
    items = {item: i for i, item in enumerate(dict.fromkeys(network.items))}
    of_site = np.array([items[item] for item in network.items], dtype=np.int64)
    tail = np.cumsum(asked.grid[:, ::-1], axis=1)[:, ::-1]
    waiting = tail[:, np.maximum(np.arange(network.open) - late, 0)]
    # Orders wait as long as it takes; what is sent at the end serves what comes after.
    waiting[asked.ordered] = tail[asked.ordered, :1] + asked.backlog[asked.ordered, None]
    moved = network.held.transfers.amount.sum(axis=1)
    waiting = (waiting + asked.target.max(axis=1, initial=0)[:, None] + moved[:, None]) / 1000.0
    if (network.lanes.lead > 0).any():
        waiting = waiting + asked.ahead[:, network.open :].sum(axis=1, keepdims=True)
    own = np.zeros((len(items), network.open))
    np.add.at(own, of_site, waiting)
    parts, parents = network.parts, of_site[network.makes.site]
    into = {(int(parents[m]), int(of_site[s])): float(q.max(initial=0.0)) for m, s, q in _links(parts.site, network)}
    need = own
    for _ in range(LEVELS if into else 0):
        below = own.copy()
        for (parent, part), quantity in into.items():
            below[part] += quantity * need[parent]
        need = below
    material = np.zeros((len(network.materials), network.open))
    for (parent, m), quantity in {
        (int(parents[k]), int(m)): q.max() for k, m, q in _links(parts.material, network)
    }.items():
        material[m] += quantity * need[parent]
    return need[of_site], material


def _links(used: Counts, network: Network) -> list[tuple[int, int, Rates]]:
    """Give make, what it uses and the units of it, where it uses one of this kind."""
    return [(int(network.parts.make[i]), int(used[i]), network.parts.quantity[i]) for i in np.flatnonzero(used >= 0)]


def choose_lots(lots: Sized, flow: Rates, extra: Rates) -> Flags:
    """Choose the buckets with a lot from a plan that needs none: (lots, open).

    What the plan makes is put together as its cost of a lot weighs against keeping (Wagner and Whitin), then as
    the smallest lot asks: a new one begins where the one before is used up.

    Args:
        lots: what asks for lots.
        flow: (lots, open) units of the plan without whole numbers.
        extra: (lots, open) cost of the hours of a set-up.
    """
    chosen = np.zeros(flow.shape, dtype=np.bool_)
    for i in range(len(flow)):
        wanted = np.where(lots.held[i], 0.0, np.maximum(flow[i] - lots.given[i], 0.0))
        wanted[wanted < NOISE] = 0.0
        cost = lots.cost[i] + extra[i]
        if cost.any():
            wanted = plan_lots(wanted, order_cost=cost, hold=lots.hold[i]).orders[0]
        covered = total = 0.0
        for t in range(len(wanted)):
            total += wanted[t]
            if total > covered + NOISE * max(total, 1.0):
                chosen[i, t] = True
                covered += max(float(lots.minimum[i]), total - covered)
    return chosen


def set_up_by_part(set_up: Rates, part: float) -> Flags:
    """Set up where parts of a set-up, since the last one, add up to `part` of one, or to nearly one at once."""
    chosen = np.zeros(set_up.shape, dtype=np.bool_)
    waiting = np.zeros(len(set_up))
    for t in range(set_up.shape[1]):
        waiting += set_up[:, t]
        chosen[:, t] = (waiting >= part - NOISE) | (set_up[:, t] >= NEARLY)
        waiting[chosen[:, t]] = 0.0
    return chosen
