"""The supply plan: what is made, moved, bought and sold, when capacity, materials and time limit it (Y4).

The programme (`programme`) is solved, its flows are rounded once, and stock, backlog and load are computed from
them in whole counts (`read_back`). Locations get a fair share of what is short, and the markets of a location
of what it ships.

Reads the requirements and the demand plan; writes `constrained_demand`, `unserved_demand`, production, purchases,
transfers, stock, backlog, load, overtime, material purchases and stock, and the costs they cause.
"""

import math
from dataclasses import dataclass

from trivet.core.backlog import opening_backlog
from trivet.core.ids import Counts
from trivet.core.issues import Issue, Severity
from trivet.core.linear import Solution, Status
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.ports import Solver
from trivet.supply.blocks import Programme
from trivet.supply.clashes import find_clash, tell_clash
from trivet.supply.cuts import find_cuts, tightened_items
from trivet.supply.fill import Costs, fill_panels
from trivet.supply.findings import find_issues
from trivet.supply.found import Found
from trivet.supply.large import in_pieces
from trivet.supply.programme import (
    guess_whole,
    purchase_room,
    read_people_of,
    read_prices,
    read_task,
    read_wished,
    with_staff,
    write_programme,
)
from trivet.supply.read_back import run_plan
from trivet.supply.scarcity import Prices
from trivet.supply.search import Searched, solve_whole
from trivet.supply.strains import Strain, find_strains
from trivet.supply.tiers import Reached, put_first, tell_tiers
from trivet.supply.unmet import without_unmet
from trivet.supply.workforce import staff_plan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupplyPlan:
    """What the supply plan says.

    Attributes:
        demand: with constrained_demand and unserved_demand.
        supply: with production, purchases, transfers, in_transit, site_shipments, projected_stock,
            order_backlog.
        load: with load_hours, overtime_hours, and where there are people heads, hires, leavers, temporary_hours.
        material: with material_purchases and material_stock.
        variance: (buckets,) money counts: all of `costs` but freight.
        freight: (buckets,) money counts of transfers, in the bucket they leave.
        costs: what the plan causes above standard by cause, plan currency by open bucket.
        gap: how far a cheaper plan may be, as part of the cost the search weighs; 0 without lots and whole people
            where the programme is solved at once.
        tiers: what comes before margin where service is first, with what the plan has of it.
        issues: overloads, shortages, lost demand, backlog and more, with what is at stake.
        basis: where the solver stood.
        prices: duals of hours and deliveries: where to look for relief.
        strains: where what people fixed of purchases and transfers can't be, or costs customers.
    """

    demand: Panel
    supply: Panel
    load: Panel
    material: Panel
    variance: Counts
    freight: Counts
    costs: Costs
    gap: float
    tiers: tuple[Reached, ...]
    issues: tuple[Issue, ...]
    basis: bytes | None
    prices: Prices
    strains: tuple[Strain, ...]


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
        supply: panel as `require` gives it; firm_production, firm_purchases and firm_transfers folded in.
        load: panel as `require` gives it.
        material: panel as `require` gives it; firm_material_purchases folded in.
        options: whether overtime and bought finished goods are allowed, how late demand may be served.
        solver: of linear programmes.
        basis: of an earlier plan of the same shape, to start from.

    Returns:
        The plan. It is never infeasible: what can't be met is late, lost or flagged. When the solver itself
        fails, the plan holds released and firm production only and a refused issue says so.
    """
    task = read_task(inputs, demand, supply, load, material, options)
    programme = Programme(task.network.open)
    at = write_programme(programme, task, load)
    tight = tightened_items(task.network, task.asked, at.flows, at.refused, at.lots, at.stocked)
    model = without_unmet(programme, programme.build(), options)
    large = len(model.cost) > options.largest_programme
    tiered = put_first(programme, model, solver, options.objective, large=large)
    searched = solve_whole(
        tiered.model,
        in_pieces(programme, task, load, solver) if large else solver,
        basis,
        guess=lambda relaxed: guess_whole(task, at, relaxed),
        cut=None if large else lambda relaxed: find_cuts(tight, relaxed),
    )
    solution = searched.solution
    reached = tiered.with_values(solution.values)
    staff = staff_plan(task.people, *read_people_of(solution, task, at), load.rows)
    task = with_staff(task, staff)
    run = run_plan(task.network, task.asked, read_wished(solution, task, at), options.late_buckets)
    filled = fill_panels(run, task, staff, (demand, supply, load, material), opening_backlog(inputs, demand)[0])
    found = Found(inputs=inputs, task=task, run=run, filled=filled)
    return SupplyPlan(
        demand=filled.demand,
        supply=filled.supply,
        load=filled.load,
        material=filled.material,
        variance=filled.variance,
        freight=filled.freight,
        costs=filled.costs,
        gap=searched.gap,
        tiers=reached,
        issues=(
            *_solver_issues(searched, len(model.cost), large=large),
            *tell_tiers(reached, inputs.model.company.currency),
            *tell_clash(None if large or not options.strict_limits else find_clash(programme, model, solution, solver)),
            *find_issues(found),
        ),
        basis=searched.basis,
        prices=read_prices(solution, task, at),
        strains=find_strains(found, purchase_room(task.network, allowed=True)),
    )


def _solver_issues(searched: Searched, size: int, *, large: bool) -> tuple[Issue, ...]:
    if searched.solution.status is not Status.OPTIMAL:
        return (_not_solved(searched.solution),)
    if not searched.gap:
        return ()
    if large:
        return (_in_pieces(searched.gap, size),)
    return (
        Issue(
            code="supply.search-gap",
            severity=Severity.NOTE,
            message=f"lots and whole people are found by a search of limited length: a plan up to {searched.gap:.1%} "
            "cheaper (penalties for late and lost demand included) may exist.",
            advice="Nothing to do; smaller smallest lots or fewer of them make the search easier.",
        ),
    )


def _in_pieces(gap: float, size: int) -> Issue:
    # Rounded up: what is stated holds.
    within = math.ceil(gap * 1000.0) / 1000.0
    return Issue(
        code="supply.in-pieces",
        severity=Severity.NOTE,
        message=f"the plan is within {within:.1%} of the best possible (penalties for late and lost demand included): "
        f"with {size:,} decisions it is too large for one programme and is planned piece by piece.",
        advice="Nothing to do; the next plan starts from the prices of this one and is usually nearer.",
    )


def _not_solved(solution: Solution) -> Issue:
    return Issue(
        code="supply.not-solved",
        severity=Severity.REFUSED,
        message=f"the solver ended with '{solution.status}' instead of an optimal plan: only released and firm "
        "production is planned.",
        advice="Run `trivet doctor` and report the plan's recipe.",
    )
