"""The supply programme as a whole: what it is written from, its blocks in order, and what its answer says (Y4).

A linear programme over item x location x bucket for goods, material x supplier x bucket for key materials and
resource x bucket for hours and people; net margin less agreed penalties, elastic everywhere, so that it always has
an answer. Lots and whole people make it a programme with whole numbers (`search`).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.linear import Solution, Status
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.supply.asked import Asked, read_asked
from trivet.supply.blocks import Programme
from trivet.supply.capacity import (
    Crew,
    Room,
    add_hours,
    add_production_hours,
    add_rooms,
    read_crew,
    read_rooms,
)
from trivet.supply.fair_share import add_fair_share
from trivet.supply.held import add_held, source_bounds
from trivet.supply.limits import add_limits, add_overload, add_smoothing, overload_price
from trivet.supply.lot_sizes import SET_UP, Sized, add_lots, add_setup_hours, choose_lots, set_up_by_part, site_labels
from trivet.supply.make_to_order import add_ordered_demand
from trivet.supply.make_to_stock import (
    TIE,
    Flows,
    Refused,
    Stocked,
    add_balance,
    add_fixed_slack,
    add_stocked_demand,
    fixed_makes,
)
from trivet.supply.materials import Bought, add_materials, delivery_room
from trivet.supply.network import Network, in_lots
from trivet.supply.read_back import Wished
from trivet.supply.requirements import hours_of
from trivet.supply.rules import Rules, read_rules
from trivet.supply.scarcity import Prices
from trivet.supply.strategies import FamilyStrategy, add_strategies, read_strategies, strategic_makes
from trivet.supply.wanted import cost_hints
from trivet.supply.ways import read_network
from trivet.supply.workforce import People, PeopleColumns, Staff, add_people, read_people

REFUSED: Final = 1e-3
"""Units of demand not met that are more than rounding."""
MANY: Final = 10.0
"""Times the hours of a line that nobody has: no plan makes more."""
SET_UP_PARTS: Final = (0.45, 0.55, 0.65, 1.0)
"""Parts of a set-up of which the plan without whole numbers makes one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """Everything the programme is written from.

    Attributes:
        network, asked, crew, rooms, people: ways, demand, hours, rooms and people.
        prices: (materials,) plan currency a unit.
        resources: names of the load panel.
        strategies: of the families that have one, and the makes that follow them.
        wished: (makes, open) counts the strategies ask for.
        options: choices of the scenario.
        rules: cycles, least and most quantities, even production, as the scenario keeps them.
    """

    network: Network
    asked: Asked
    crew: Crew
    rooms: tuple[Room, ...]
    people: People
    prices: Rates
    resources: tuple[str, ...]
    strategies: tuple[FamilyStrategy, ...]
    followed: tuple[tuple[str, Counts], ...]
    wished: Counts
    options: PlanOptions
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Where things stand in the programme.

    `hours` numbers the rows of resources, `overtime` their columns; `stocked` what is kept, `refused` demand that is
    late or lost, `lots` what is made or ordered in lots.
    """

    flows: Flows
    hours: Counts
    overtime: Counts
    material: Bought
    refused: Refused
    stocked: Stocked
    people: PeopleColumns
    lots: tuple[Sized, ...]


def read_task(
    inputs: PlanInputs, demand: Panel, supply: Panel, load: Panel, material: Panel, options: PlanOptions
) -> Task:
    """Read everything the programme is written from."""
    network = read_network(inputs, supply, load, material)
    hints = cost_hints(inputs)
    people = read_people(inputs, load)
    strategies = read_strategies(inputs, network)
    families = dict(inputs.table("items").select("item", "family").iter_rows())
    asked = read_asked(inputs, demand, supply, network)
    rules = read_rules(inputs, network, asked, load, options)
    crew = read_crew(inputs, load, overtime=options.allow_overtime)
    if options.allow_overtime:
        told = people.rows[~np.isnan(people.overtime).all(axis=1) & ~np.isnan(people.hours).any(axis=1)]
        crew.allowed[told] = np.inf
    return Task(
        network=network,
        # Nothing is wanted above what may be kept.
        asked=replace(asked, target=np.minimum(asked.target, _whole(rules.most_stock, asked.target))),
        crew=crew,
        rooms=read_rooms(inputs, network),
        people=people,
        prices=np.array([hints.get(item, 0.0) for item in network.materials]),
        resources=tuple(load.keys["resource"].to_list()),
        strategies=strategies,
        followed=strategic_makes(network, strategies, families),
        wished=supply.count("strategy_production")[network.makes.site][:, supply.buckets.horizon],
        options=options,
        rules=rules,
    )


def _whole(units: Rates, otherwise: Counts) -> Counts:
    """Give units as counts, the other where there is no limit."""
    known = np.isfinite(units)
    counts: Counts = np.where(known, np.rint(np.where(known, units, 0.0) * 1000.0).astype(np.int64), otherwise)
    return counts


def write_programme(programme: Programme, task: Task, load: Panel) -> Columns:
    """Write the programme block by block; gives the columns of its flows."""
    network, asked, late = task.network, task.asked, task.options.late_buckets
    flows = _add_flows(programme, task)
    stocked = add_balance(programme, network, asked, flows)
    balance = stocked.rows
    refused = add_stocked_demand(programme, network, asked, balance, late)
    add_fair_share(programme, network, asked, refused)
    add_ordered_demand(programme, network, asked, balance, flows)
    add_held(programme, network, asked, flows)
    hours, overtime = add_hours(programme, network, asked, load, flows, task.crew)
    add_rooms(programme, asked, task.rooms, stocked.stock)
    _add_part_slack(programme, task, balance)
    bought = add_materials(programme, network, asked, flows, task.prices)
    people = add_people(programme, network, asked, task.people, list(task.resources), overtime)
    given = np.full(hours.shape, -1, dtype=np.int64)
    given[task.people.rows[task.people.limiting]] = people.rows
    add_production_hours(programme, network, given, flows)
    add_strategies(programme, network, asked, flows, task.wished, task.followed)
    add_limits(programme, network, asked, task.rules, flows, stocked.stock)
    add_smoothing(programme, network, asked, task.rules, flows)
    if task.options.allow_overload:
        price = overload_price(network, asked, task.crew)
        add_overload(programme, list(task.resources), price, hours, given)
    lots = _add_lots(programme, task, flows, bought)
    for rows in (hours, given):
        add_setup_hours(programme, network, lots, rows)
    return Columns(
        flows=flows,
        hours=hours,
        overtime=overtime,
        material=bought,
        refused=refused,
        stocked=stocked,
        people=people,
        lots=lots,
    )


def _add_lots(programme: Programme, task: Task, flows: Flows, bought: Bought) -> tuple[Sized, ...]:
    network = task.network
    if not any(lots.sized.any() for lots in (network.makes.lots, network.sources.lots, network.deliveries.lots)):
        return ()
    room = purchase_room(network, allowed=task.options.allow_subcontract)
    wished = np.cumsum(task.wished[:, ::-1], axis=1)[:, ::-1] / 1000.0
    makes = network.makes
    firm = np.where(makes.fixed, makes.firm, 0)
    return add_lots(
        programme,
        # Outside its cycle no lot of a make begins.
        replace(network, makes=replace(makes, fixed=makes.fixed | task.rules.closed, firm=firm)),
        task.asked,
        flows,
        bought,
        most=(wished, room, delivery_room(network)),
        prices=task.prices,
        late=task.options.late_buckets,
    )


def _add_part_slack(programme: Programme, task: Task, balance: Counts) -> None:
    network = task.network
    held = np.flatnonzero(fixed_makes(network))
    built_in = (network.parts.site >= 0) & np.isin(network.parts.make, held)
    sites = sorted(set(network.parts.site[built_in].tolist()))
    add_fixed_slack(programme, task.asked, [network.items[s] for s in sites], balance[sites], -1.0)


def _add_flows(programme: Programme, task: Task) -> Flows:
    network, makes, lanes, sources = task.network, task.network.makes, task.network.lanes, task.network.sources
    released, firm = makes.released / 1000.0, makes.firm / 1000.0
    most = np.where(makes.routed[:, None] & ~task.rules.closed, np.maximum(_most_made(task), released), released)
    # Later is dearer by a hair: of two plans that cost the same, the earlier one is made.
    tie = TIE * np.arange(1, network.open + 1) / 1e3
    made = programme.columns(
        "make",
        site_labels(network, makes.site),
        cost=np.maximum(makes.extra_cost, 0.0) + tie,
        lower=np.where(makes.fixed, firm, released),
        upper=np.where(makes.fixed, firm, most),
    )
    hold = task.asked.worth.hold[lanes.origin] * lanes.lead[:, None]
    sent = programme.columns(
        "send",
        [
            f"{network.items[a]} from {network.locations[a]} to {network.locations[b]}"
            for a, b in zip(lanes.origin.tolist(), lanes.destination.tolist(), strict=True)
        ],
        cost=np.maximum(lanes.cost, 0.0)[:, None] + hold + TIE,
    )
    least, room = source_bounds(network, purchase_room(network, allowed=task.options.allow_subcontract))
    bought = programme.columns(
        "buy",
        site_labels(network, sources.row),
        cost=np.maximum(sources.extra_cost, 0.0)[:, None] + TIE,
        lower=least,
        upper=room,
    )
    return Flows(made=made, sent=sent, bought=bought)


def _most_made(task: Task) -> Rates:
    """Give the units each make could make with MANY times its hours, where lines are to be busy or even.

    Then hours may be worth something, and a piece that is planned at prices of its own would make without end.
    """
    uses, result = task.network.uses, np.full((len(task.network.makes.site), 1), np.inf)
    if task.rules.least_hours.any() or len(task.rules.lines.rows):
        used = uses.hours > 0
        most = MANY * task.crew.regular.max(axis=1)[uses.resource[used]] / uses.hours[used]
        np.minimum.at(result[:, 0], uses.make[used], most)
    return result


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
    return in_lots(room, sources.lots)


def guess_whole(task: Task, at: Columns, relaxed: Solution) -> list[Rates]:
    """Choose lots in several ways and round people up, from a plan without whole numbers.

    Returns:
        Values for every column of the programme: lots put together by cost (`choose_lots`), and, where lots cost
        something of their own, set up where the plan's own set-ups add up to a part of one (`SET_UP_PARTS`).
    """
    values = np.ceil(relaxed.values - 1e-6)
    guesses = [values.copy() for _ in SET_UP_PARTS]
    uses, apart = task.network.uses, False
    price = np.maximum(-relaxed.duals[at.hours], 0.0)
    for lots in at.lots:
        extra, weighs = np.zeros(lots.set_up.shape), np.asarray(lots.cost.any(axis=1))
        place = {int(number): i for i, number in enumerate(lots.number)} if lots.kind == SET_UP else {}
        for make, resource, setup in zip(uses.make.tolist(), uses.resource.tolist(), uses.setup.tolist(), strict=True):
            if make in place:
                extra[place[make]] += setup * price[resource]
                weighs[place[make]] |= setup > 0
        chosen = choose_lots(lots, relaxed.values[lots.flow], extra)
        values[lots.set_up] = chosen
        apart = apart or bool(weighs.any())
        for guessed, part in zip(guesses, SET_UP_PARTS, strict=True):
            by_part = set_up_by_part(relaxed.values[lots.set_up], part)
            # A lot that costs nothing of its own is a least size only: parts of a set-up say nothing of it.
            guessed[lots.set_up] = np.where(weighs[:, None], by_part, chosen)
    return [values, *guesses] if apart else [values]


def read_wished(solution: Solution, task: Task, at: Columns) -> Wished:
    """Read the flows of a solution in units; without one, only what is fixed happens."""
    makes = task.network.makes

    def read(columns: Counts) -> Rates:
        if solution.status is not Status.OPTIMAL:
            return np.zeros(columns.shape)
        return np.maximum(solution.values[columns], 0.0)

    made = read(at.flows.made) if solution.status is Status.OPTIMAL else makes.released / 1000.0
    material = np.zeros((len(task.network.material_of), task.network.open))
    material[at.material.rows] = read(at.material.columns)
    refused = np.zeros((len(task.network.items), task.network.open))
    np.add.at(refused, at.refused.sites, read(at.refused.lost).sum(axis=0))
    return Wished(
        made=made,
        sent=read(at.flows.sent),
        bought=read(at.flows.bought),
        room=purchase_room(task.network, allowed=True),
        material=material,
        refused=refused,
        spared=_spared(solution, task, at) if solution.status is Status.OPTIMAL else np.zeros(refused.shape),
        spare=_spare_hours(task, made, at, solution),
    )


def _spared(solution: Solution, task: Task, at: Columns) -> Rates:
    """Give the stock that is kept while a later claim hears no or waits: for an earlier claim of a later bucket."""
    refused, kept = at.refused, np.zeros(at.stocked.stock.shape)
    later = np.flatnonzero(task.asked.claims.tier[refused.claims] > 0)
    if not len(later):
        return kept
    unmet = solution.values[refused.lost[:, later]].sum(axis=0)
    unmet += solution.values[refused.late[later]] if len(refused.late) else 0.0
    at_site = np.zeros(kept.shape)
    np.add.at(at_site, refused.sites[later], unmet)
    return np.where(at_site > REFUSED, np.maximum(solution.values[at.stocked.stock], 0.0), kept)


def _spare_hours(task: Task, made: Rates, at: Columns, solution: Solution) -> Rates:
    """Give the hours of each resource that the solved flows leave: (resources, open)."""
    temporary = np.zeros(task.crew.regular.shape)
    if solution.status is Status.OPTIMAL:
        limited = task.people.rows[task.people.limiting]
        temporary[limited] = np.maximum(solution.values[at.people.temporary], 0.0)
    if task.options.allow_overload:
        return np.full(temporary.shape, np.inf)
    used = hours_of(task.network, np.rint(made * 1000.0).astype(np.int64), len(task.resources))
    return np.maximum(task.crew.regular + task.crew.allowed + temporary - used, 0.0)


def read_people_of(solution: Solution, task: Task, at: Columns) -> tuple[Rates, Rates]:
    """Read heads and temporary hours of a solution, (limiting people, open); without one, heads as agreed."""
    if solution.status is not Status.OPTIMAL:
        agreed = task.people.agreed[task.people.limiting]
        return agreed, np.zeros(agreed.shape)
    return np.maximum(solution.values[at.people.heads], 0.0), np.maximum(solution.values[at.people.temporary], 0.0)


def read_prices(solution: Solution, task: Task, at: Columns) -> Prices:
    """Read what one more hour and one more unit of a capped material would save, in penalties of the programme."""
    network = task.network
    hours, deliveries = np.zeros(at.hours.shape), np.zeros((len(network.material_of), network.open))
    if solution.status is Status.OPTIMAL and len(solution.duals):
        regular = np.maximum(-solution.duals[at.hours], 0.0)
        more = np.maximum(-solution.reduced_costs[at.overtime], 0.0)
        hours = regular + task.crew.share * more
        deliveries[at.material.rows] = np.maximum(-solution.reduced_costs[at.material.columns], 0.0)
        # Where a quantity is held by hand, a higher cap brings nothing more.
        deliveries[network.held.deliveries.fixed] = 0.0
        for row, earliest in enumerate(network.deliveries.earliest):
            deliveries[row, :earliest] = 0.0
    return Prices(hours=hours, deliveries=deliveries)


def with_staff(task: Task, staff: Staff) -> Task:
    """Give the task with the hours its people turned out to give: no more than the machines', no more than theirs."""
    crew = task.crew
    allowed = np.where(np.isfinite(crew.allowed), np.minimum(crew.allowed, staff.overtime), staff.overtime)
    regular = np.minimum(crew.regular, staff.regular)
    return replace(task, crew=replace(crew, regular=regular, allowed=np.where(np.isfinite(allowed), allowed, 0.0)))
