"""Load against capacity: hours, overtime, who causes the load, and room to store (F4, Y2, Y3).

hours of production <= regular hours + overtime, overtime <= its allowed share of the regular hours
stock in a room <= its capacity + rented room

Utilisation = load / regular hours, in the same unit; overtime is shown apart. Regular hours are part of the
standard cost, so only the overtime premium is a cost of its own.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.blocks import Programme
from trivet.supply.make_to_stock import FORBIDDEN, Flows, fixed_makes
from trivet.supply.network import Network
from trivet.supply.panels import overtime_share

REGULAR_FIRST = 0.01
"""Plan currency an hour added to the overtime premium: regular hours are preferred where overtime costs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crew:
    """Hours of each resource, (resources, open).

    Attributes:
        regular: without overtime; once a plan is made, no more than its people give.
        allowed: overtime at most (inf = as its people say); share: of the regular hours.
        premium: cost of an overtime hour above a regular one; wage: (resources,) of a regular one.
    """

    regular: Rates
    allowed: Rates
    share: Rates
    premium: Rates
    wage: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Room:
    """A room: sites it holds, units it holds, units that can be rented and what one costs a bucket."""

    name: str
    sites: Counts
    capacity: float
    outside: float
    outside_cost: float


def read_crew(inputs: PlanInputs, load: Panel, *, overtime: bool) -> Crew:
    """Read the overtime that is allowed and what an hour of it costs above a regular one."""
    horizon = load.buckets.horizon
    regular = load.count("capacity_hours")[:, horizon] / 1000.0
    share = overtime_share(inputs, load)[:, horizon] if overtime else np.zeros_like(regular)
    table = inputs.table("resources")
    names = ("resource", "crew_cost", "overtime_premium")
    costs = {
        name: (float(crew or 0.0), float(crew or 0.0) * float(premium or 0.0))
        for name, crew, premium in table.select(names).iter_rows()
    }
    both = np.array([costs[name] for name in load.keys["resource"].to_list()]).reshape(-1, 2)
    premium = np.broadcast_to(both[:, 1:], regular.shape)
    return Crew(regular=regular, allowed=regular * share, share=share, premium=premium, wage=both[:, 0])


def add_hours(
    programme: Programme, network: Network, asked: Asked, load: Panel, flows: Flows, crew: Crew
) -> tuple[Counts, Counts]:
    """Add the hours of every resource; give the numbers of its rows and of the overtime columns: (resources, open)."""
    names = load.keys["resource"].to_list()
    overtime = programme.columns("overtime", names, cost=crew.premium + REGULAR_FIRST, upper=crew.allowed)
    rows = programme.rows("hours", names, upper=crew.regular)
    programme.add(rows, overtime, -1.0)
    add_production_hours(programme, network, rows, flows)
    uses = network.uses
    held = np.flatnonzero(fixed_makes(network))
    strained = sorted(set(uses.resource[np.isin(uses.make, held)].tolist()))
    if strained:
        shortest = max(float(uses.hours.min(initial=1.0)), 1e-6)
        slack_hours = programme.columns(
            "hours beyond the possible",
            [names[r] for r in strained],
            cost=FORBIDDEN * asked.dearest / shortest,
        )
        programme.add(rows[strained], slack_hours, -1.0)
    return rows, overtime


def add_production_hours(programme: Programme, network: Network, rows: Counts, flows: Flows) -> None:
    """Add the hours of production to rows of resources: (resources, open), below 0 where a resource has none."""
    uses = network.uses
    for make, resource, hours, offset in zip(uses.make, uses.resource, uses.hours, uses.offset, strict=True):
        if network.open and rows[resource, 0] >= 0:
            at = np.maximum(np.arange(network.open) - offset, 0)
            programme.add(rows[resource, at], flows.made[make], hours)


def read_rooms(inputs: PlanInputs, network: Network) -> tuple[Room, ...]:
    """Read the rooms: rows of one store name the families that share it, each repeating its capacity and rent."""
    families = dict(inputs.table("items").select("item", "family").iter_rows())
    table = inputs.table("storage").sort("store", "family", "location", nulls_last=False)
    rooms: dict[str, Room] = {}
    names = ("store", "location", "family", "capacity", "outside", "outside_cost")
    for store, place, family, capacity, outside, cost in table.select(names).iter_rows():
        inside = [
            s
            for s, item in enumerate(network.items)
            if (not place or network.locations[s] == place) and (not family or families.get(item) == family)
        ]
        before = rooms.get(store)
        rooms[store] = Room(
            name=store,
            sites=np.array(sorted({*inside, *(before.sites.tolist() if before else ())}), dtype=np.int64),
            capacity=max(before.capacity if before else 0.0, (capacity or 0) / 1000.0),
            outside=max(before.outside if before else 0.0, (outside or 0) / 1000.0),
            outside_cost=max(before.outside_cost if before else 0.0, float(cost or 0.0)),
        )
    return tuple(room for _, room in sorted(rooms.items()))


def add_rooms(programme: Programme, asked: Asked, rooms: tuple[Room, ...], stock: Counts) -> None:
    """Add the rooms: what they hold, what is rented, and what fits nowhere (never infeasible)."""
    names = [room.name for room in rooms]
    cost = np.array([[max(room.outside_cost, REGULAR_FIRST)] for room in rooms]).reshape(len(rooms), 1)
    rented = programme.columns(
        "rented room", names, cost=cost, upper=np.array([[r.outside] for r in rooms]).reshape(-1, 1)
    )
    price = FORBIDDEN * asked.dearest
    over = programme.columns("without room", names, cost=price)
    rows = programme.rows("room", names, upper=np.array([[room.capacity] for room in rooms]).reshape(-1, 1))
    programme.add(rows, rented, -1.0)
    programme.add(rows, over, -1.0)
    for i, room in enumerate(rooms):
        for site in room.sites:
            programme.add(rows[i], stock[site])


def utilisation(load_hours: Counts, capacity_hours: Counts) -> Rates:
    """Give load / capacity by resource and bucket; inf where there is load but no capacity, 0 without load."""
    result = np.zeros(load_hours.shape)
    np.divide(load_hours, capacity_hours, out=result, where=capacity_hours > 0)
    result[(capacity_hours <= 0) & (load_hours > 0)] = np.inf
    return result


def causes(network: Network, made: Counts, resource: int, families: dict[str, str]) -> tuple[tuple[str, float], ...]:
    """Give the share of a resource's hours each family causes, largest first (pegging)."""
    hours: dict[str, float] = {}
    uses = network.uses
    for make in np.flatnonzero(uses.resource == resource):
        family = families.get(network.items[network.makes.site[uses.make[make]]], "")
        total = float((made[uses.make[make]] / 1000.0).sum() * uses.hours[make])
        hours[family] = hours.get(family, 0.0) + total
    whole = sum(hours.values())
    shares = [(family, amount / whole) for family, amount in hours.items() if whole > 0 and amount > 0]
    return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))
