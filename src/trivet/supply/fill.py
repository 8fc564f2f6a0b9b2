"""From a plan played through to the numbers of its panels, markets served fairly and costs added up.

A location's shipments of one bucket's demand are shared over its markets in proportion to what each still waits
for, claim by claim: nobody is preferred by accident, priorities and contracts are kept (`claims`, Y11).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.panel import Panel
from trivet.core.quantities import MONEY, round_to_counts
from trivet.core.spread import largest_remainder
from trivet.supply.asked import Asked
from trivet.supply.capacity import Room
from trivet.supply.network import Network
from trivet.supply.panels import HOURS
from trivet.supply.programme import Task
from trivet.supply.read_back import Run
from trivet.supply.requirements import hours_of, on_horizon
from trivet.supply.workforce import Staff, temporary_cost

Costs = Mapping[str, Rates]
"""What a plan costs above standard: (open,) plan currency by cause."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filled:
    """The panels of a supply plan and the costs it causes: (buckets,) money counts, and by cause."""

    demand: Panel
    supply: Panel
    load: Panel
    material: Panel
    variance: Counts
    freight: Counts
    overtime_cost: Rates
    costs: Costs


def fill_panels(
    run: Run, task: Task, staff: Staff, panels: tuple[Panel, Panel, Panel, Panel], opening: Counts
) -> Filled:
    """Write a run on the demand, supply, load and material panels.

    Args:
        run: the plan played through.
        task: what it was planned from, its crew with the hours its people give.
        staff: its people.
        panels: demand, supply, load and material, in this order.
        opening: (demand rows,) orders each series of made-to-order items opens with.
    """
    network, asked, crew = task.network, task.asked, task.crew
    demand, supply, load, material = panels
    hours = round_to_counts(hours_of(network, run.made, load.rows), HOURS)
    beyond = np.maximum(hours - round_to_counts(crew.regular, HOURS), 0)
    temporary = np.minimum(staff.temporary, beyond)
    overtime = beyond - temporary
    overtime_cost = overtime / 1000.0 * crew.premium
    load = load.with_counts({"load_hours": on_horizon(load, hours), "overtime_hours": on_horizon(load, overtime)})
    if len(task.people.rows):
        people = {"heads": staff.heads, "hires": staff.hires, "leavers": staff.leavers, "temporary_hours": temporary}
        load = load.with_counts({name: on_horizon(load, values) for name, values in people.items()})
    costs = {
        **_costs(run, network, task.rooms),
        "hiring and release": staff.cost,
        "temporary labour": temporary_cost(task.people, temporary),
        "overtime": overtime_cost.sum(axis=0),
    }
    material = material.with_counts(
        {
            "material_purchases": on_horizon(material, run.material_bought),
            "material_stock": on_horizon(material, run.material_stock),
        }
    )
    return Filled(
        demand=_serve_markets(run, asked, demand, opening),
        supply=_fill_supply(run, network, supply),
        load=load,
        material=material,
        variance=_money(demand, sum(costs.values(), np.zeros(network.open))),
        freight=_money(demand, (run.sent / 1000.0 * network.lanes.cost[:, None]).sum(axis=0)),
        overtime_cost=overtime_cost,
        costs=costs,
    )


def _fill_supply(run: Run, network: Network, supply: Panel) -> Panel:
    def by_site(rows: Counts, values: Counts) -> Counts:
        result = np.zeros((supply.rows, network.open), dtype=np.int64)
        np.add.at(result, rows, values)
        return result

    solved = {
        "production": by_site(network.makes.site, run.made),
        "projected_stock": run.stock,
        "order_backlog": run.backlog,
    }
    closed = {name: supply.count(name).copy() for name in solved}
    for name, values in solved.items():
        closed[name][:, supply.buckets.horizon] = values
    rest = {
        "purchases": by_site(network.sources.row, run.bought) + network.arrivals,
        "transfers_in": run.received,
        "transfers_out": by_site(network.lanes.origin, run.sent),
        "in_transit": run.in_transit,
        "site_shipments": run.shipped,
    }
    return supply.with_counts({**closed, **{name: on_horizon(supply, values) for name, values in rest.items()}})


def _costs(run: Run, network: Network, rooms: tuple[Room, ...]) -> Costs:
    """Add up what plants, sources, lots and rented room cost above standard, by cause: (open,) plan currency."""
    makes, sources, deliveries = network.makes, network.sources, network.deliveries
    rented = np.zeros(network.open)
    for room in rooms:
        above = np.maximum(run.stock[room.sites], 0).sum(axis=0) / 1000.0 - room.capacity
        rented += np.clip(above, 0.0, room.outside) * room.outside_cost
    ordered = (run.material_bought > network.material_arrivals) * deliveries.lots.cost
    return {
        "dearer plants": (run.made / 1000.0 * makes.extra_cost).sum(axis=0),
        "subcontracting": (run.bought / 1000.0 * sources.extra_cost[:, None]).sum(axis=0),
        "dearer suppliers": (run.material_bought / 1000.0 * deliveries.extra_cost[:, None]).sum(axis=0),
        "rented room": rented,
        "set-ups": ((run.made > makes.released) * makes.lots.cost).sum(axis=0),
        "orders": ((run.bought > 0) * sources.lots.cost).sum(axis=0) + ordered.sum(axis=0),
    }


def _money(panel: Panel, values: Rates) -> Counts:
    result = np.zeros(len(panel.buckets), dtype=np.int64)
    result[panel.buckets.horizon] = round_to_counts(values, MONEY)
    return result


def _serve_markets(run: Run, asked: Asked, demand: Panel, opening: Counts) -> Panel:
    """Share shipments and losses of each site over its markets claim by claim; what needs no shipping is met."""
    first = demand.buckets.first_open
    wanted = np.maximum(demand.count("consensus_demand"), 0)
    served, lost = np.zeros_like(wanted), np.zeros_like(wanted)
    markets: dict[int, list[int]] = {}
    for row, site in enumerate(asked.rows.tolist()):
        if site < 0:
            served[row, first:] = wanted[row, first:]
        else:
            markets.setdefault(site, []).append(row)
    for site, rows in sorted(markets.items()):
        waiting = _Waiting(asked, rows, wanted[rows][:, first:])
        open_orders = _opening(int(asked.backlog[site]), opening[rows], wanted[rows][:, first:].sum(axis=1))
        for shipped_in, asked_in, tier, amount in run.lots[site]:
            given = _taken(open_orders if asked_in < 0 else waiting.of(tier)[:, asked_in], amount)
            served[rows, first + shipped_in] += given
        for bucket, tier, amount in run.refused[site]:
            lost[rows, first + bucket] += _taken(waiting.of(tier)[:, bucket], amount)
    return demand.with_counts({"constrained_demand": served, "unserved_demand": lost})


def _opening(backlog: int, known: Counts, asked: Counts) -> Counts:
    """Share the opening backlog of a site over its series: as it is known, else by what is asked of each."""
    return share_out(backlog, known if known.any() else asked)


class _Waiting:
    """What each series of a site still waits for, by tier: (rows, open) counts."""

    def __init__(self, asked: Asked, rows: list[int], wanted: Counts) -> None:
        claims = asked.claims
        self._promised, self._rest, self._wanted = claims.promised[rows], claims.rest[rows], wanted
        self._by_tier: dict[int, Counts] = {}

    def of(self, tier: int) -> Counts:
        """Give what waits in a tier; tier 0 holds what is promised."""
        if tier not in self._by_tier:
            rest: Counts = np.where(self._rest == tier, self._wanted - self._promised, 0)
            self._by_tier[tier] = rest + self._promised if tier == 0 else rest
        return self._by_tier[tier]


def _taken(owed: Counts, amount: int) -> Counts:
    """Share an amount over what is owed to each, and take it off there."""
    given = owed.copy() if amount == owed.sum() else share_out(amount, owed)
    owed -= given
    return given


def share_out(amount: int, weights: Counts) -> Counts:
    """Share a whole amount in proportion to weights, exactly (largest remainder, ties to the first row).

    Where the amount is no more than the weights' total, nobody gets more than its weight. Without any
    weight the shares are equal.
    """
    return largest_remainder(amount, weights if weights.any() else np.ones_like(weights))
