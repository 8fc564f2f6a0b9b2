"""The supply plan: what is made, moved, bought and sold, when capacity, materials and time limit it (Y4).

A linear programme over item x location x bucket for goods, material x supplier x bucket for key materials and
resource x bucket for hours; net margin less agreed penalties, elastic everywhere, so that it always has an
answer. Its flows are rounded once, and stock, backlog and load are computed from them in whole counts
(`read_back`). Locations get a fair share of what is short, and the markets of a location of what it ships.

Reads the requirements and the demand plan; writes `constrained_demand`, `unserved_demand`, production, purchases,
transfers, stock, backlog, load, overtime, material purchases and stock, and the costs they cause.
"""

from dataclasses import dataclass

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.issues import Issue, Severity
from trivet.core.linear import Solution, Status
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.ports import Solver
from trivet.supply.asked import Asked, read_asked
from trivet.supply.blocks import Programme
from trivet.supply.capacity import Crew, Room, add_hours, add_rooms, read_crew, read_rooms
from trivet.supply.fair_share import add_fair_share
from trivet.supply.fill import fill_panels
from trivet.supply.findings import find_issues
from trivet.supply.found import Found
from trivet.supply.make_to_order import add_ordered_demand
from trivet.supply.make_to_stock import TIE, Flows, add_balance, add_fixed_slack, add_stocked_demand, fixed_makes
from trivet.supply.materials import Bought, add_materials
from trivet.supply.network import Network
from trivet.supply.read_back import Wished, run_plan
from trivet.supply.scarcity import Prices
from trivet.supply.wanted import cost_hints
from trivet.supply.ways import read_network


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupplyPlan:
    """What the supply plan says.

    Attributes:
        demand: with constrained_demand and unserved_demand.
        supply: with production, purchases, transfers, in_transit, site_shipments, projected_stock,
            order_backlog.
        load: with load_hours and overtime_hours.
        material: with material_purchases and material_stock.
        variance: (buckets,) money counts: overtime premium, dearer plants and sources, rented room.
        freight: (buckets,) money counts of transfers, in the bucket they leave.
        issues: overloads, shortages, lost demand, backlog and more, with what is at stake.
        basis: where the solver stood.
        prices: duals of hours and deliveries: where to look for relief.
    """

    demand: Panel
    supply: Panel
    load: Panel
    material: Panel
    variance: Counts
    freight: Counts
    issues: tuple[Issue, ...]
    basis: bytes | None
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """Everything the programme is written from."""

    network: Network
    asked: Asked
    crew: Crew
    rooms: tuple[Room, ...]
    prices: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Where things stand in the programme.

    `hours` numbers the rows of resources, `overtime` their columns; `refused` is sites and their (bands, sites, open)
    of lost demand.
    """

    flows: Flows
    hours: Counts
    overtime: Counts
    material: Bought
    refused: tuple[Counts, Counts]


def plan_supply(
    inputs: PlanInputs,
    demand: Panel,
    supply: Panel,
    load: Panel,
    material: Panel,
    options: PlanOptions,
    solver: Solver,
    basis: bytes | None = None,
) -> SupplyPlan:
    """Plan supply under capacity, materials and time.

    Args:
        inputs: the snapshot.
        demand: panel with consensus_demand, price and unit_cost on open buckets.
        supply: panel as `require` gives it, firm_production folded in.
        load: panel as `require` gives it.
        material: panel as `require` gives it.
        options: whether overtime and bought finished goods are allowed, how late demand may be served.
        solver: of linear programmes.
        basis: of an earlier plan of the same shape, to start from.

    Returns:
        The plan. It is never infeasible: what can't be met is late, lost or flagged. When the solver itself
        fails, the plan holds released and firm production only and a refused issue says so.
    """
    network = read_network(inputs, supply, load, material)
    hints = cost_hints(inputs)
    task = _Task(
        network=network,
        asked=read_asked(inputs, demand, supply, network),
        crew=read_crew(inputs, load, overtime=options.allow_overtime),
        rooms=read_rooms(inputs, network),
        prices=np.array([hints.get(item, 0.0) for item in network.materials]),
    )
    programme = Programme(network.open)
    columns = _write(programme, task, load, options)
    solution = _solve(programme, solver, basis)
    wished = _wished(solution, task, columns)
    run = run_plan(network, task.asked, wished, options.late_buckets)
    filled = fill_panels(run, task.network, task.asked, task.crew, task.rooms, (demand, supply, load, material))
    found = Found(
        inputs=inputs, network=network, asked=task.asked, crew=task.crew, rooms=task.rooms, run=run, filled=filled
    )
    return SupplyPlan(
        demand=filled.demand,
        supply=filled.supply,
        load=filled.load,
        material=filled.material,
        variance=filled.variance,
        freight=filled.freight,
        issues=(*_solver_issues(solution), *find_issues(found)),
        basis=solution.basis,
        prices=_prices(solution, task, columns),
    )


def _write(programme: Programme, task: _Task, load: Panel, options: PlanOptions) -> "_Columns":
    """Write the programme block by block; gives the columns of its flows."""
    network, asked = task.network, task.asked
    flows = _add_flows(programme, task, options)
    balance, stock = add_balance(programme, network, asked, flows)
    refused = add_stocked_demand(programme, network, asked, balance, options.late_buckets)
    add_fair_share(programme, network, asked, *refused)
    add_ordered_demand(programme, network, asked, balance, flows)
    hours, overtime = add_hours(programme, network, asked, load, flows, task.crew)
    add_rooms(programme, asked, task.rooms, stock)
    held = np.flatnonzero(fixed_makes(network))
    built_in = (network.parts.site >= 0) & np.isin(network.parts.make, held)
    sites = sorted(set(network.parts.site[built_in].tolist()))
    add_fixed_slack(programme, asked, [network.items[s] for s in sites], balance[sites], -1.0)
    bought = add_materials(programme, network, asked, flows, task.prices)
    return _Columns(flows=flows, hours=hours, overtime=overtime, material=bought, refused=refused)


def _add_flows(programme: Programme, task: _Task, options: PlanOptions) -> Flows:
    network, makes, lanes, sources = task.network, task.network.makes, task.network.lanes, task.network.sources
    released, firm = makes.released / 1000.0, makes.firm / 1000.0
    most = np.where(makes.routed[:, None], np.inf, released)
    # Later is dearer by a hair: of two plans that cost the same, the earlier one is made.
    tie = TIE * np.arange(1, network.open + 1) / 1e3
    made = programme.columns(
        "make",
        [f"{network.items[s]} at {network.locations[s]}" for s in makes.site],
        cost=np.maximum(makes.extra_cost, 0.0)[:, None] + tie,
        lower=np.where(makes.fixed, firm, released),
        upper=np.where(makes.fixed, firm, most),
    )
    hold = task.asked.worth.hold[lanes.origin] * lanes.lead
    sent = programme.columns(
        "send",
        [
            f"{network.items[a]} from {network.locations[a]} to {network.locations[b]}"
            for a, b in _pairs(lanes.origin, lanes.destination)
        ],
        cost=(np.maximum(lanes.cost, 0.0) + hold + TIE)[:, None],
    )
    bought = programme.columns(
        "buy",
        [f"{network.items[s]} at {network.locations[s]}" for s in sources.row],
        cost=np.maximum(sources.extra_cost, 0.0)[:, None] + TIE,
        upper=purchase_room(network, allowed=options.allow_subcontract),
    )
    return Flows(made=made, sent=sent, bought=bought)


def purchase_room(network: Network, *, allowed: bool) -> Rates:
    """Give the units of finished goods each source may deliver beyond what is on order: (sources, open).

    Args:
        network: the ways; open purchases of a site count against its first source.
        allowed: False forbids buying what could be made; items nobody makes are still bought.
    """
    sources = network.sources
    room = sources.cap.copy()
    made = {network.items[s] for s in network.makes.site[network.makes.routed]}
    seen: set[int] = set()
    for i, (row, earliest) in enumerate(zip(sources.row.tolist(), sources.earliest.tolist(), strict=True)):
        if row not in seen:
            room[i] = np.maximum(room[i] - network.arrivals[row] / 1000.0, 0.0)
            seen.add(row)
        room[i, :earliest] = 0.0
        if not allowed and network.items[row] in made:
            room[i] = 0.0
    return room


def _solve(programme: Programme, solver: Solver, basis: bytes | None) -> Solution:
    """Solve from the basis; where that fails, once more from cold."""
    model = programme.build()
    solution = solver.solve(model, basis)
    if solution.status is not Status.OPTIMAL and basis is not None:
        solution = solver.solve(model)
    return solution


def _wished(solution: Solution, task: _Task, at: "_Columns") -> Wished:
    """Read the flows of a solution in units; without one, only what is fixed happens."""
    makes = task.network.makes

    def read(columns: Counts) -> Rates:
        if solution.status is not Status.OPTIMAL:
            return np.zeros(columns.shape)
        return np.maximum(solution.values[columns], 0.0)

    made = read(at.flows.made) if solution.status is Status.OPTIMAL else makes.released / 1000.0
    room = purchase_room(task.network, allowed=True)
    material = np.zeros((len(task.network.material_of), task.network.open))
    material[at.material.rows] = read(at.material.columns)
    refused = np.zeros((len(task.network.items), task.network.open))
    refused[at.refused[0]] = read(at.refused[1]).sum(axis=0)
    return Wished(
        made=made, sent=read(at.flows.sent), bought=read(at.flows.bought), room=room, material=material, refused=refused
    )


def _prices(solution: Solution, task: _Task, at: "_Columns") -> Prices:
    """Read what one more hour and one more unit of a capped material would save, in penalties of the programme."""
    network = task.network
    hours, deliveries = np.zeros(at.hours.shape), np.zeros((len(network.material_of), network.open))
    if solution.status is Status.OPTIMAL and len(solution.duals):
        regular = np.maximum(-solution.duals[at.hours], 0.0)
        more = np.maximum(-solution.reduced_costs[at.overtime], 0.0)
        hours = regular + task.crew.share * more
        deliveries[at.material.rows] = np.maximum(-solution.reduced_costs[at.material.columns], 0.0)
        for row, earliest in enumerate(network.deliveries.earliest):
            deliveries[row, :earliest] = 0.0
    return Prices(hours=hours, deliveries=deliveries)


def _pairs(first: Counts, second: Counts) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in zip(first, second, strict=True)]


def _solver_issues(solution: Solution) -> tuple[Issue, ...]:
    if solution.status is Status.OPTIMAL:
        return ()
    return (
        Issue(
            code="supply.not-solved",
            severity=Severity.REFUSED,
            message=f"the solver ended with '{solution.status}' instead of an optimal plan: only released and firm "
            "production is planned.",
            advice="Run `trivet doctor` and report the plan's recipe.",
        ),
    )
