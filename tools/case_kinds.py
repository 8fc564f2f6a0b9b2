"""The kinds of published planning problems: their keys, and the product's function that solves each.

Keys are those of ../shared/cases/supply/SCHEMA.md. `instance` and `note` only say where a problem comes from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from tools.case_keys import Case, Json, Keys
from tools.case_plans import DiffersError, cost_of, plan_people, plan_set_ups
from trivet.core.errors import InvalidInput, TrivetError
from trivet.core.ids import Rates
from trivet.core.issues import Issue
from trivet.core.ports import Solver
from trivet.supply.aggregate import AggregateTask, FamilyTask, Room, Temporary, Workforce, check_task, plan_aggregate
from trivet.supply.lots import LotItem, plan_levels
from trivet.supply.model import plan_supply
from trivet.supply.safety import newsvendor
from trivet.supply.service_times import Stage, place_safety_stock

Got = Mapping[str, float]
CostOf = Callable[[AggregateTask, Solver], float]
"""How a task is planned: by the supply plan of a company, or by the aggregate programme alone."""
COMMENTS: Final = ("note", "instance")
NO_IDLE: Final = "equals n*W (no idle time)"
COSTS: Final = ("wage", "hire", "fire", "hold", "material", "backorder", "ot_hour", "subcontract")
AGGREGATE: Final = (
    "demand", "w0", "i0", "i_end", "units_per_worker", "hire", "fire", "hold", "cost", "units_per_ot_hour",
    "ot_per_worker", "backorder", "subcontract", "production", "wage", "material", "ot_hour",
)  # fmt: skip
PROMOTION: Final = (*AGGREGATE, "price", "promo_price", "promo_month", "lift", "forward_buy")
FAMILIES: Final = (
    "demand_basic", "demand_pro", "hours", "prod_cost", "hold", "i0", "w0", "hours_per_worker", "wage",
    "ot_hours_per_worker", "ot_cost_full_worker_month", "hire", "fire", "temp_cost_per_hour", "temp_months",
    "space_per_unit", "space", "rent",
)  # fmt: skip
LEVELS: Final = ("parent", "qty", "setup", "hold", "demand_item0", "lead_time", "initial_inventory")


class NoAnswerError(TrivetError):
    """The function found that the problem has no plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: the keys it may have, the product's function, and how the case is put to it."""

    keys: tuple[str, ...]
    function: Callable[..., object]
    solve: Callable[[Case, Solver], Got]
    instead: tuple[Callable[..., object], Callable[[Case, Solver], Got]] | None = None

    @property
    def name(self) -> str:
        """Name the function with its module."""
        return _name(self.function)


def _name(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__name__}"


def solve_case(case: Case, solver: Solver) -> tuple[Got, str]:
    """Put a case to the product: the numbers it gives under the names that are expected, and the function used.

    Raises:
        InvalidInput: an unknown kind or key, by name; a missing or wrong value.
        NoAnswerError: the function says there is no plan.
    """
    kind = kind_of(case)
    case.input.refuse_others((*kind.keys, *COMMENTS))
    name, solve = kind.name, kind.solve
    try:
        got = solve(case, solver)
    except DiffersError:
        if kind.instead is None:
            raise
        name, got = _name(kind.instead[0]), kind.instead[1](case, solver)
    unknown = [name for name in case.expected if name not in got]
    if unknown:
        raise InvalidInput(
            f"{case.id}, 'expected': '{unknown[0]}' is not known for '{case.kind}'. Known: {', '.join(got)}."
        )
    return {name: got[name] for name in case.expected}, name


def kind_of(case: Case) -> Kind:
    """Give the kind of a case; InvalidInput names the ones there are."""
    if case.kind not in KINDS:
        raise InvalidInput(f"{case.id}: kind '{case.kind}' is not known. Known: {', '.join(KINDS)}.")
    return KINDS[case.kind]


def _aggregate(cost: CostOf, case: Case, solver: Solver) -> Got:
    task = _one_family(case.input)
    got = {}
    if {"cost", "cost_lp"} & case.expected.keys():
        got["cost"] = got["cost_lp"] = cost(task, solver)
    if "cost_integer" in case.expected:
        got["cost_integer"] = cost(replace(task, whole_workers=True), solver)
    return got or {"cost": cost(task, solver)}


def _promotion(cost: CostOf, case: Case, solver: Solver) -> Got:
    keys, task = case.input, _one_family(case.input)
    demand = task.families[0].demand
    month = keys.whole("promo_month")
    if not 0 <= month < len(demand):
        raise InvalidInput(f"{keys.where}: 'promo_month' is {month}: expected 0 to {len(demand) - 1}")
    price = np.full(len(demand), keys.number("price"))
    price[month] = keys.number("promo_price")
    spent, revenue = cost(task, solver), float((price * demand).sum())
    return {"cost": spent, "revenue": revenue, "profit": revenue - spent}


def _one_family(keys: Keys) -> AggregateTask:
    """Read a family and its workforce; work is counted in units."""
    demand = keys.numbers("demand")
    cost = keys.under("cost")
    cost.refuse_others(COSTS)
    overtime = keys.has("ot_per_worker") or keys.has("units_per_ot_hour")
    workforce = Workforce(
        opening=keys.number("w0"),
        work=keys.each("units_per_worker", len(demand)),
        wage=_cost_of(keys, cost, "wage", len(demand), 0.0),
        hire=_cost_of(keys, cost, "hire", len(demand)),
        release=_cost_of(keys, cost, "fire", len(demand)),
        overtime_hours=keys.each("ot_per_worker", len(demand)) if overtime else 0.0,
        overtime_work=keys.each("units_per_ot_hour", len(demand)) if overtime else 1.0,
        overtime_cost=_cost_of(keys, cost, "ot_hour", len(demand)) if overtime else 0.0,
    )
    family = FamilyTask(
        name="the family",
        demand=demand,
        opening=keys.number("i0", 0.0),
        ending=keys.number("i_end", 0.0),
        cost=_cost_of(keys, cost, "material", len(demand), 0.0),
        hold=_cost_of(keys, cost, "hold", len(demand)),
        late=cost.each("backorder", len(demand)) if keys.flag("backorder") else None,
        bought_in=cost.each("subcontract", len(demand)) if keys.flag("subcontract") else None,
    )
    return AggregateTask(families=[family], workforce=workforce, idle=_idle(keys))


def _cost_of(keys: Keys, cost: Keys, name: str, buckets: int, default: float | None = None) -> Rates:
    """Read a cost that stands at the top or under `cost`."""
    if keys.has(name) and cost.has(name):
        raise InvalidInput(f"{keys.where}: '{name}' stands at the top and under 'cost': give it once")
    return (keys if keys.has(name) else cost).each(name, buckets, default)


def _idle(keys: Keys) -> bool:
    if not keys.has("production"):
        return True
    words = keys.text("production")
    if words != NO_IDLE:
        raise InvalidInput(f"{keys.where}: 'production' is '{words}': expected '{NO_IDLE}', or no such key")
    return False


def _families(cost: CostOf, case: Case, solver: Solver) -> Got:
    keys = case.input
    demand = [keys.numbers("demand_basic"), keys.numbers("demand_pro")]
    each = {name: keys.each(name, 2) for name in ("hours", "prod_cost", "hold", "i0")}
    space = keys.each("space_per_unit", 2, 0.0)
    families = [
        FamilyTask(
            name=name,
            demand=demand[i],
            opening=float(each["i0"][i]),
            work=float(each["hours"][i]),
            cost=float(each["prod_cost"][i]),
            hold=float(each["hold"][i]),
            space=float(space[i]),
        )
        for i, name in enumerate(("basic", "pro"))
    ]
    hours = keys.number("ot_hours_per_worker", 0.0)
    workforce = Workforce(
        opening=keys.number("w0"),
        work=keys.number("hours_per_worker"),
        wage=keys.number("wage"),
        hire=keys.number("hire"),
        release=keys.number("fire"),
        overtime_hours=hours,
        overtime_cost=keys.number("ot_cost_full_worker_month") / hours if hours else 0.0,
    )
    task = AggregateTask(
        families=families, workforce=workforce, temporary=_temporary(keys, len(demand[0])), room=_room(keys)
    )
    return {"cost": cost(task, solver)}


def _temporary(keys: Keys, buckets: int) -> Temporary | None:
    """Read temporary labour; without `temp_months` it may be had in any month."""
    if not keys.has("temp_cost_per_hour"):
        if keys.has("temp_months"):
            raise InvalidInput(f"{keys.where}: 'temp_months' without 'temp_cost_per_hour': give the cost of an hour")
        return None
    months = keys.wholes("temp_months") if keys.has("temp_months") else list(range(1, buckets + 1))
    wrong = [month for month in months if not 1 <= month <= buckets]
    if wrong:
        raise InvalidInput(f"{keys.where}: 'temp_months' holds {wrong[0]}: expected 1 to {buckets}")
    allowed = np.isin(np.arange(1, buckets + 1), months)
    return Temporary(cost=keys.number("temp_cost_per_hour"), allowed=allowed)


def _room(keys: Keys) -> Room | None:
    given = [name for name in ("space_per_unit", "space", "rent") if keys.has(name)]
    return Room(free=keys.number("space"), rent=keys.number("rent")) if given else None


def _planned(task: AggregateTask, solver: Solver) -> float:
    """Give the cost of the supply plan of a company that has this task."""
    check_task(task)
    solved = plan_people(task, solver)
    return _proven(sum(cost_of(task, solved).values()), solved.gap)


def _alone(task: AggregateTask, solver: Solver) -> float:
    plan = plan_aggregate(task, solver)
    if isinstance(plan, Issue):
        raise NoAnswerError(str(plan))
    return _proven(plan.cost, plan.gap)


def _proven(cost: float, gap: float) -> float:
    """Give a cost only if the search proved it least."""
    if gap:
        raise NoAnswerError(f"the search ended at {cost:.10g} with a gap of {gap:.2%}: raise engines.highs.MIP_NODES")
    return cost


def _lots(case: Case, solver: Solver) -> Got:
    keys = case.input
    demand = keys.numbers("demand")
    if (demand < 0).any():
        raise InvalidInput(f"{keys.where}: demand holds {demand.min():g}: expected numbers of 0 or more")
    fixed, keep = (keys.each(name, len(demand)) for name in ("fixed_cost", "holding_cost"))
    solved = plan_set_ups(demand, fixed, keep, solver)
    return {"cost": _proven(float((fixed * solved.set_ups).sum() + (keep * solved.stock).sum()), solved.gap)}


def _levels(case: Case, solver: Solver) -> Got:
    keys = case.input
    demand, parents = keys.numbers("demand_item0"), keys.list("parent")
    count = len(parents)
    each = {name: keys.each(name, count) for name in ("setup", "hold")}
    quantity, opening = keys.each("qty", count, 1.0), keys.each("initial_inventory", count, 0.0)
    lead = keys.each("lead_time", count, 0.0)
    if not np.array_equal(lead, np.rint(lead)):
        raise InvalidInput(f"{keys.where}: 'lead_time' holds {lead.tolist()}: expected whole periods")
    items = [
        LotItem(
            name=f"item {i}",
            order_cost=float(each["setup"][i]),
            hold=float(each["hold"][i]),
            demand=demand if i == 0 else None,
            into=_into(keys, parents[i], float(quantity[i])),
            lead_time=int(lead[i]),
            opening=float(opening[i]),
        )
        for i in range(count)
    ]
    plan = plan_levels(items, len(demand), solver)
    if isinstance(plan, Issue):
        raise NoAnswerError(str(plan))
    return {"cost": _proven(plan.cost, plan.gap)}


def _into(keys: Keys, parent: Json, quantity: float) -> tuple[tuple[int, float], ...]:
    if parent is None:
        return ()
    if isinstance(parent, bool) or not isinstance(parent, int):
        raise InvalidInput(f"{keys.where}: 'parent' holds {parent!r}: expected the number of an item, or null")
    return ((parent, quantity),)


def _newsvendor(case: Case, _: Solver) -> Got:
    keys = case.input
    found = newsvendor(
        mean=keys.number("mean"), deviation=keys.number("sd"), overage=keys.number("h"), underage=keys.number("p")
    )
    return {"S": found.base_stock, "cost": found.cost}


def _services(case: Case, _: Solver) -> Got:
    keys = case.input
    nodes, times = keys.under("node"), keys.under("processing_time")
    inward, outward = keys.under("ext_in"), keys.under("ext_out")
    for part in (times, inward, outward):
        part.refuse_others(nodes.values)
    arcs = [_arc(keys, arc) for arc in keys.list("arcs")] if keys.values.get("arcs") else []
    stages = []
    for name in nodes.values:
        node = nodes.under(name)
        node.refuse_others(("z", "h", "sd"))
        promised = outward.number(name) if outward.has(name) else None
        stages.append(
            Stage(
                name=name,
                time=times.number(name),
                factor=node.number("z"),
                hold=node.number("h"),
                deviation=node.number("sd"),
                promised_in=inward.number(name, 0.0),
                promised_out=_override(keys, name, promised, ends=all(name != origin for origin, _ in arcs)),
            )
        )
    return {"cost": place_safety_stock(stages, arcs).cost}


def _arc(keys: Keys, arc: Json) -> tuple[str, str]:
    if not isinstance(arc, list) or len(arc) != 2:
        raise InvalidInput(f"{keys.where}: 'arcs' holds {arc!r}: expected [from, to]")
    return str(arc[0]), str(arc[1])


def _override(keys: Keys, name: str, promised: float | None, *, ends: bool) -> float | None:
    """Give the longest promise to customers: `external_cst` goes before `ext_out`.

    One number holds for every stage that serves customers: the ends of the chain and those with an own promise.
    """
    given = keys.values.get("external_cst")
    if given is None:
        return promised
    if isinstance(given, dict):
        stages = keys.under("external_cst")
        stages.refuse_others(keys.under("node").values)
        return stages.number(name) if stages.has(name) else promised
    return keys.number("external_cst") if ends or promised is not None else None


def _planned_kind(keys: tuple[str, ...], solve: Callable[[CostOf, Case, Solver], Got]) -> Kind:
    """Give a kind that the supply plan solves, and the aggregate programme where costs move by bucket too much."""
    return Kind(
        keys=keys,
        function=plan_supply,
        solve=partial(solve, _planned),
        instead=(plan_aggregate, partial(solve, _alone)),
    )


KINDS: Final[Mapping[str, Kind]] = {
    "aggregate plan": _planned_kind(AGGREGATE, _aggregate),
    "promotion": _planned_kind(PROMOTION, _promotion),
    "two-family aggregate plan": _planned_kind(FAMILIES, _families),
    "lot sizing": Kind(keys=("demand", "fixed_cost", "holding_cost"), function=plan_supply, solve=_lots),
    "multi-level lot sizing": Kind(keys=LEVELS, function=plan_levels, solve=_levels),
    "newsvendor": Kind(keys=("mean", "sd", "h", "p"), function=newsvendor, solve=_newsvendor),
    "guaranteed service": Kind(
        keys=("arcs", "processing_time", "ext_in", "ext_out", "external_cst", "node"),
        function=place_safety_stock,
        solve=_services,
    ),
}
"""Every kind there is."""
