"""What is odd about the ways goods take: items nobody makes, lanes nobody named, stock nobody will buy, full rooms.

The plan stands in all these cases; it says what it took for granted and what that is worth.
"""

from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.ids import MeasureId, MemberId
from trivet.core.issues import Issue, Node, Place, Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked
from trivet.supply.capacity import Room
from trivet.supply.network import Network
from trivet.supply.read_back import Run
from trivet.supply.wanted import cost_hints

NAMED: Final = 10
"""Items named in one message."""
SINGLE: Final = 20
"""Issues of one kind told one by one."""


def find_oddities(
    inputs: PlanInputs, network: Network, asked: Asked, rooms: tuple[Room, ...], run: Run, demand: Panel
) -> tuple[Issue, ...]:
    """Tell what the plan took for granted about sources, lanes, ends of sale and rooms.

    Args:
        inputs: the snapshot.
        network: the ways.
        asked: what was asked of each site.
        rooms: where stock is kept.
        run: the plan played through.
        demand: panel with consensus_demand and price.
    """
    dead = _dead(inputs, demand)
    ended = _after_last_sale(inputs, network, asked, run, dead)
    told = dead | {str(issue.place.scope[0].member) for issue in ended}
    return (
        *_without_routing(network, asked, demand),
        *_implied_lanes(network, run),
        *_largest(ended, "supply.excess-after-last-sale", "items hold stock after their last sale"),
        *_materials_left(inputs, network, run, told),
        *_full_rooms(network, rooms, run),
    )


def _money(amount: float) -> Decimal:
    return Decimal(round(amount * 100)) / 100


def _named(items: list[str]) -> str:
    rest = len(items) - NAMED
    return ", ".join(items[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _without_routing(network: Network, asked: Asked, demand: Panel) -> list[Issue]:
    free = {int(row) for row in network.sources.row[network.sources.free]}
    items = sorted({network.items[row] for row in free if asked.demand[row].any()})
    if not items:
        return []
    horizon = demand.buckets.horizon
    revenue = (demand.count("consensus_demand") / 1000.0 * demand.rate("price"))[:, horizon].sum(axis=1)
    at_stake = sum(float(revenue[row]) for row, site in enumerate(asked.rows.tolist()) if site in free)
    return [
        Issue(
            code="supply.no-routing",
            severity=Severity.WARNING,
            place=Place(measure=MeasureId("purchases"), source="routings"),
            message=f"{len(items)} items with demand have no routing and no supply source ({_named(items)}): the plan "
            "buys them without limit, at standard cost.",
            advice="Give each a row in routings.csv or supply_sources.csv.",
            at_stake=_money(at_stake),
        )
    ]


def _implied_lanes(network: Network, run: Run) -> list[Issue]:
    used = network.lanes.implied & (run.sent.sum(axis=1) > 0)
    pairs = sorted(
        {
            (network.locations[a], network.locations[b])
            for a, b in zip(network.lanes.origin[used], network.lanes.destination[used], strict=True)
        }
    )
    return [
        Issue(
            code="supply.no-lane",
            severity=Severity.NOTE,
            place=Place(measure=MeasureId("transfers_out"), source="lanes"),
            message=f"no lane leads from {a} to {b}: goods get there in no time and for nothing.",
            advice="Add the lane with its lead time and cost to lanes.csv.",
        )
        for a, b in pairs
    ]


def _dead(inputs: PlanInputs, demand: Panel) -> frozenset[str]:
    """Give the items past their last sale that were ever sold: `demand.dead-stock` tells what lies there of them."""
    sold = set(demand.keys["item"].to_list())
    ends = inputs.table("items").select("item", "last_sale").drop_nulls()
    return frozenset(item for item, day in ends.iter_rows() if item in sold and day < inputs.model.buckets.current)


def _after_last_sale(inputs: PlanInputs, network: Network, asked: Asked, run: Run, dead: frozenset[str]) -> list[Issue]:
    """Tell what is left of items when they are sold for the last time inside the horizon."""
    ends = inputs.table("items").select("item", "last_sale").drop_nulls().sort("item")
    buckets, issues = network.buckets, list[Issue]()
    for item, day in ends.iter_rows():
        column = next((t for t in range(network.open) if buckets.edges[buckets.first_open + t + 1] > day), None)
        sites = [s for s, code in enumerate(network.items) if code == item]
        if column is None or not sites or item in dead:
            continue
        left = run.stock[sites, column] + run.in_transit[sites, column]
        value = float((np.maximum(left, 0) / 1000.0 * asked.worth.cost[sites]).sum())
        if left.sum() < 1000:
            continue
        edge = buckets.edges[buckets.first_open + column]
        issues.append(
            Issue(
                code="supply.excess-after-last-sale",
                severity=Severity.WARNING,
                place=Place(
                    measure=MeasureId("projected_stock"),
                    scope=(Node(dimension="item", level="item", member=MemberId(item)),),
                    first=edge,
                    last=edge,
                ),
                message=f"{left.sum() / 1000:,.0f} units are left after its last sale on {day}.",
                advice="Clear it at a price, offer it as a substitute, move the last sale, or write it off.",
                at_stake=_money(value),
            )
        )
    return issues


def _largest(issues: list[Issue], code: str, what: str) -> list[Issue]:
    """Name the issues with most at stake one by one and sum up the rest in one more."""
    ranked = sorted(issues, key=lambda issue: (-(issue.at_stake or 0), str(issue.place)))
    rest = ranked[SINGLE:]
    if not rest:
        return ranked
    together = Issue(
        code=code,
        severity=Severity.WARNING,
        place=Place(measure=MeasureId("projected_stock")),
        message=f"{len(rest)} more {what}.",
        advice="See the list of items by stock after last sale.",
        at_stake=sum((issue.at_stake or Decimal(0) for issue in rest), Decimal(0)),
    )
    return [*ranked[:SINGLE], together]


def _materials_left(inputs: PlanInputs, network: Network, run: Run, told: AbstractSet[str]) -> list[Issue]:
    """Tell which materials are left when every item they go into has ended, but for those told as goods already."""
    ends = dict(inputs.table("items").select("item", "last_sale").drop_nulls().iter_rows())
    last = network.buckets.edges[-1]
    parents: dict[int, set[str]] = {}
    for make, material in zip(network.parts.make, network.parts.material, strict=True):
        if material >= 0:
            parents.setdefault(int(material), set()).add(network.items[int(network.makes.site[make])])
    hints = cost_hints(inputs)
    issues: list[Issue] = []
    for material, users in sorted(parents.items()):
        rows = np.flatnonzero(network.material_of == material)
        left = int(run.material_stock[rows, -1].sum()) if network.open else 0
        if left < 1000 or not all(user in ends and ends[user] < last for user in users):
            continue
        code = network.materials[material]
        if code in told:
            continue
        issues.append(
            Issue(
                code="supply.material-left",
                severity=Severity.WARNING,
                place=Place(
                    measure=MeasureId("material_stock"),
                    scope=(Node(dimension="item", level="item", member=MemberId(code)),),
                ),
                message=f"{left / 1000:,.0f} units are left after the last sale of all it goes into "
                f"({_named(sorted(users))}).",
                advice="Return it, sell it, or build what can still be sold.",
                at_stake=_money(left / 1000.0 * hints.get(code, 0.0)),
            )
        )
    return issues


def _full_rooms(network: Network, rooms: tuple[Room, ...], run: Run) -> list[Issue]:
    issues: list[Issue] = []
    first = network.buckets.first_open
    for room in rooms:
        stock = np.maximum(run.stock[room.sites], 0).sum(axis=0) / 1000.0
        over = stock > room.capacity + room.outside
        rented = np.clip(stock - room.capacity, 0.0, room.outside)
        if not over.any() and not rented.any():
            continue
        worst = int(np.argmax(stock))
        issues.append(
            Issue(
                code="supply.room-full" if over.any() else "supply.room-rented",
                severity=Severity.WARNING if over.any() else Severity.NOTE,
                place=Place(measure=MeasureId("projected_stock"), first=network.buckets.edges[first + worst]),
                message=f"{room.name} holds {room.capacity:,.0f} units and {room.outside:,.0f} rented; "
                f"{stock[worst]:,.0f} are planned in {network.buckets.label(first + worst)}.",
                advice="Rent more room, move stock, or pre-build less.",
                at_stake=_money(float(rented.sum()) * room.outside_cost),
            )
        )
    return issues
