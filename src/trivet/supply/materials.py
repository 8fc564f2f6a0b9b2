"""Key materials: what production uses up, what suppliers may deliver, and what is kept in the pool (Y10).

pool(t) = pool(t-1) + open orders + bought - used, bought <= the supplier's cap less what is on order with it;
where somebody fixed a delivery by hand, bought = that quantity less what is on order

Only materials that something limits take part in the programme; the others are bought as they are used. The pool
of a material is one stock over all plants; it is shown in the row of its cheapest supplier.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.held import delivery_bounds
from trivet.supply.make_to_stock import TIE, Flows, add_fixed_slack, fixed_makes
from trivet.supply.network import Network, in_lots
from trivet.supply.wanted import LEAST_COST

HOLD_SHARE: Final = 0.01
"""Cost of keeping a material for one bucket, as part of its price: 12 % a year."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bought:
    """Columns of limited materials: rows of the material panel and their numbers (rows, open)."""

    rows: Counts
    columns: Counts


def limited_materials(network: Network) -> Counts:
    """Give the materials of which every supplier is limited in some bucket, or one is held by hand.

    Caps, lead times and lots limit a supplier.
    """
    deliveries = network.deliveries
    bound = np.isfinite(deliveries.cap).any(axis=1) | (deliveries.earliest > 0) | deliveries.lots.sized
    used = set(network.parts.material[network.parts.material >= 0].tolist())
    free = set(network.material_of[~bound].tolist())
    free -= set(network.material_of[network.held.deliveries.fixed.any(axis=1)].tolist())
    return np.array([m for m in range(len(network.materials)) if m in used and m not in free], dtype=np.int64)


def delivery_room(network: Network) -> Rates:
    """Give the units each supplier may still deliver in each bucket, beyond what is on order: (rows, open)."""
    room = np.maximum(network.deliveries.cap - network.material_arrivals / 1000.0, 0.0)
    for row, earliest in enumerate(network.deliveries.earliest):
        room[row, :earliest] = 0.0
    return in_lots(room, network.deliveries.lots)


def add_materials(programme: Programme, network: Network, asked: Asked, flows: Flows, price: Rates) -> Bought:
    """Add the pools of limited materials and what is bought of them.

    Args:
        programme: to add to.
        network: the ways.
        asked: what units are worth (for orders that may not be changed).
        flows: columns of production.
        price: (materials,) plan currency a unit, for the cost of keeping.
    """
    limited = limited_materials(network)
    rows_of = np.flatnonzero(np.isin(network.material_of, limited))
    labels = [network.materials[m] for m in limited]
    hold = np.maximum(HOLD_SHARE * price[limited], LEAST_COST * HOLD_SHARE)
    least, room = delivery_bounds(network, delivery_room(network))
    pool = programme.columns("material stock", labels, cost=hold[:, None])
    bought = programme.columns(
        "material bought",
        [f"{network.materials[network.material_of[row]]} row {row}" for row in rows_of],
        cost=np.maximum(network.deliveries.extra_cost[rows_of], 0.0)[:, None]
        + TIE * np.arange(1, network.open + 1) / 1e3,
        lower=least[rows_of],
        upper=room[rows_of],
    )
    given = np.zeros((len(limited), network.open))
    position = {int(m): i for i, m in enumerate(limited)}
    for row in rows_of:
        given[position[int(network.material_of[row])]] += network.material_arrivals[row] / 1000.0
    given[:, :1] += np.maximum(network.material_opening[limited], 0)[:, None] / 1000.0
    balance = programme.rows("material", labels, lower=given, upper=given)
    programme.add(balance, pool)
    programme.add(balance[:, 1:], pool[:, :-1], -1.0)
    for i, row in enumerate(rows_of):
        programme.add(balance[position[int(network.material_of[row])]], bought[i], -1.0)
    held = set(np.flatnonzero(fixed_makes(network)).tolist())
    breakable: set[int] = set()
    for make, material, quantity in zip(
        network.parts.make, network.parts.material, network.parts.quantity, strict=True
    ):
        place = position.get(int(material))
        if place is not None:
            programme.add(balance[place], flows.made[make], quantity)
            breakable |= {place} if int(make) in held else set()
    some = sorted(breakable)
    add_fixed_slack(programme, asked, [labels[i] for i in some], balance[some], -1.0)
    return Bought(rows=rows_of, columns=bought)
