"""Published planning problems as small companies, planned by the product's supply plan (`supply.model.plan_supply`).

A problem becomes the tables of a company: one plant and market, the families as items, people in `workforce`, room for
what is made as a resource of its own, costs as the company states them in `inventory_policy`. Demand has to be met:
losing it costs more than anything. The plan's own figures (heads, hours, units) times the costs of the problem
give its cost. Units and heads are taken a thousand times, so that the plan's whole counts (0.001) do not show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
import polars as pl

from trivet.core.company import Company
from trivet.core.errors import TrivetError
from trivet.core.ids import Counts, GrainName, Rates
from trivet.core.issues import Severity
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.ports import Solver
from trivet.core.quantities import QUANTITY, round_to_counts, to_count
from trivet.core.tables import ColumnType, TableSpec
from trivet.planning.inputs import build_inputs
from trivet.supply.aggregate import AggregateTask, FamilyTask
from trivet.supply.model import SupplyPlan, plan_supply
from trivet.supply.panels import supply_panels
from trivet.supply.requirements import require
from trivet.workspace.registries import measure_registry, table_specs

Cell = str | float | bool | date | None
Rows = list[dict[str, Cell]]

FINE: Final = 1000.0
"""Units and heads of the plan for one of the problem."""
PLANT: Final = "PLANT"
PEOPLE: Final = "PEOPLE"
SPACE: Final = "SPACE"
WIDE: Final = 1e9
"""Hours of a line that never limits."""
FIRST: Final = date(2026, 1, 1)
LOST: Final = 50.0
"""Cost of losing a unit, in times of all that one can cost."""


LEFT_OPEN: Final = 100
"""Counts of demand that rounding may leave open."""


class NoPlanError(TrivetError):
    """The plan leaves demand open."""


class DiffersError(TrivetError):
    """A cost differs by bucket where the company's tables hold one for all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """What the plan of a problem says, in the problem's units.

    Attributes:
        made, bought, stock, late: (families, buckets) units.
        heads, hires, leavers, overtime, temporary, rented: (buckets,) heads, hours, units of space.
        set_ups: (families, buckets) whether something is made.
        gap: how far a cheaper plan may be.
    """

    made: Rates
    bought: Rates
    stock: Rates
    late: Rates
    heads: Rates
    hires: Rates
    leavers: Rates
    overtime: Rates
    temporary: Rates
    rented: Rates
    set_ups: Rates
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Book:
    """The tables of a company, month by month from `FIRST`."""

    buckets: int
    scale: float
    tables: dict[str, Rows] = field(default_factory=dict)

    @property
    def starts(self) -> list[date]:
        return [date(FIRST.year + (t // 12), t % 12 + 1, 1) for t in range(self.buckets)]

    def add(self, table: str, **cells: Cell) -> None:
        self.tables.setdefault(table, []).append(cells)


def plan_people(task: AggregateTask, solver: Solver) -> Solved:
    """Plan families and their people; amounts as `supply.aggregate` takes them, answers in the same units."""
    scale = 1.0 if task.whole_workers else FINE
    book = _Book(buckets=task.buckets, scale=scale)
    _add_families(book, task)
    _add_people(book, task)
    _add_space(book, task)
    late = task.buckets if any(family.late is not None for family in task.families) else 0
    names = [family.name for family in task.families]
    demand = np.stack([np.asarray(family.demand, dtype=np.float64) for family in task.families])
    return _plan(book, names, demand, PlanOptions(late_buckets=late), solver)


def plan_set_ups(demand: Rates, order_cost: Rates, hold: Rates, solver: Solver) -> Solved:
    """Plan when to make how much of one item whose set-up costs something; costs are the same in every bucket."""
    book = _Book(buckets=len(demand), scale=FINE)
    name = "the item"
    book.add("items", item=name, family=name, step=0.001, last_sale=_last_day(book))
    book.add("routings", item=name, location=PLANT, resource=PEOPLE, hours_per_unit=1.0)
    for start, cost, kept in zip(book.starts, order_cost, hold, strict=True):
        book.add("routing_changes", item=name, location=PLANT, first=start, setup_cost=float(cost) * FINE)
        lost = LOST * float(order_cost.max() + hold.sum()) + 1.0
        book.add("inventory_policy", item=name, first=start, hold_cost=float(kept), lost_cost=lost)
    _add_line(book, PEOPLE, WIDE)
    return _plan(book, [name], demand[None, :], PlanOptions(late_buckets=0), solver)


def _add_families(book: _Book, task: AggregateTask) -> None:
    lost = LOST * _dearest(task)
    for family in task.families:
        book.add("items", item=family.name, family=family.name, step=0.001, last_sale=_last_day(book))
        book.add(
            "routings",
            item=family.name,
            location=PLANT,
            resource=PEOPLE,
            hours_per_unit=_one(family.work),
        )
        _add_costs(book, family, lost)
        if task.room is not None and family.space > 0:
            book.add("routings", item=family.name, location=PLANT, resource=SPACE, hours_per_unit=family.space)
        if family.bought_in is not None:
            bought = _one(family.bought_in)
            book.add("supply_sources", item=family.name, supplier="SUB", location=PLANT, extra_cost=bought)
        if family.opening:
            before = date(FIRST.year - 1, 12, 1)
            units = round(family.opening * book.scale, 3)
            book.add("stock_history", item=family.name, location=PLANT, bucket=before, quantity=units)


def _add_costs(book: _Book, family: FamilyTask, lost: float) -> None:
    """State what making, keeping and being late cost, bucket by bucket, and the stock that is left at the end."""
    late = family.late if family.late is not None else lost
    making, keeping, lateness = (np.broadcast_to(a, book.buckets) for a in (family.cost, family.hold, late))
    for t, start in enumerate(book.starts):
        book.add("routing_changes", item=family.name, location=PLANT, first=start, extra_cost=float(making[t]))
        last = t == book.buckets - 1 and family.ending > 0
        book.add(
            "inventory_policy",
            item=family.name,
            first=start,
            hold_cost=float(keeping[t]),
            late_cost=float(lateness[t]),
            lost_cost=lost,
            quantity=round(family.ending * book.scale, 3) if last else None,
        )


def _dearest(task: AggregateTask) -> float:
    """Give what a unit can cost at most: made by somebody hired and released for it, kept, late and bought in."""
    crew = task.workforce
    least = np.asarray(crew.work, dtype=np.float64)
    work = float(least[least > 0].min(initial=1.0))
    people = float(np.max(crew.hire) + np.max(crew.release) + np.max(crew.wage)) / work
    dearest = 1.0 + float(np.max(crew.overtime_cost))
    for family in task.families:
        kept = float(np.max(family.cost)) + float(np.max(family.hold)) * task.buckets
        own = kept + people * float(np.max(family.work))
        late = 0.0 if family.late is None else float(np.max(family.late)) * task.buckets
        dearest = max(dearest, own + late + (0.0 if family.bought_in is None else float(np.max(family.bought_in))))
    return dearest


def _add_people(book: _Book, task: AggregateTask) -> None:
    crew = task.workforce
    _add_line(book, PEOPLE, WIDE, crew_cost=_one(_ratio(crew.overtime_cost, crew.overtime_work)))
    each = [
        *(("work", crew.work), ("wage", crew.wage), ("hire", crew.hire), ("release", crew.release)),
        ("overtime", np.asarray(crew.overtime_hours) * np.asarray(crew.overtime_work)),
    ]
    given = {name: np.broadcast_to(np.asarray(amount, dtype=np.float64), task.buckets) for name, amount in each}
    before = date(FIRST.year - 1, 12, 1)
    for t, start in enumerate([before, *book.starts]):
        at = max(t - 1, 0)
        temporary = task.temporary is not None and bool(task.temporary.allowed[at])
        book.add(
            "workforce",
            resource=PEOPLE,
            first=start,
            heads=crew.opening * book.scale,
            wage=float(given["wage"][at]),
            hire_cost=float(given["hire"][at]),
            release_cost=float(given["release"][at]),
            hours_per_head=float(given["work"][at]),
            overtime_per_head=float(given["overtime"][at]),
            temporary_cost=_one(task.temporary.cost) if temporary and task.temporary else None,
            whole=task.whole_workers,
            idle=task.idle,
        )


def _add_space(book: _Book, task: AggregateTask) -> None:
    """Room for what is made: hours of a resource are units of space, overtime is rented room."""
    if task.room is not None:
        _add_line(book, SPACE, task.room.free * book.scale, crew_cost=_one(task.room.rent), overtime=WIDE)


def _add_line(book: _Book, name: str, hours: float, *, crew_cost: float = 0.0, overtime: float = 0.0) -> None:
    row: dict[str, Cell] = {"resource": name, "location": PLANT, "lines": 1.0, "hours_per_day": hours}
    book.add("resources", **row, crew_cost=crew_cost, overtime_premium=1.0, overtime=overtime)


def _plan(book: _Book, names: Sequence[str], demand: Rates, options: PlanOptions, solver: Solver) -> Solved:
    inputs = _inputs(book)
    panel = _demand(inputs, names, demand * book.scale)
    supply, load, material, _ = supply_panels(inputs)
    supply, load, material, _ = require(inputs, panel, supply, load, material)
    plan = plan_supply(inputs, panel, supply, load, material, options, solver)
    _check(plan)
    return _read(plan, names, demand, book.scale)


def _inputs(book: _Book) -> PlanInputs:
    book.add("locations", location=PLANT, kind="plant")
    book.add("markets", market="ALL", location=PLANT)
    before = date(FIRST.year - 1, 12, 1)
    for start in (before, *book.starts):
        book.add("calendars", calendar="", bucket=start, working_days=1.0)
    company = Company(name="case", currency="EUR", first_bucket=before, cycle=FIRST, horizon=book.buckets)
    specs = table_specs()
    tables = {name: _frame(specs[name], rows) for name, rows in book.tables.items()}
    return build_inputs(company, tables, specs, _registry())[0]


_registry = cache(measure_registry)


def _frame(spec: TableSpec, rows: Rows) -> pl.DataFrame:
    columns = {
        column.name: [_stored(row.get(column.name), column.type, key=column.key) for row in rows]
        for column in spec.columns
    }
    return pl.DataFrame(columns, schema=spec.empty().schema)


def _stored(value: Cell, kind: ColumnType, *, key: bool) -> Cell:
    if value is None:
        return "" if key and kind in {ColumnType.CODE, ColumnType.CHOICE} else None
    if kind is ColumnType.QUANTITY:
        return to_count(Decimal(str(value)), QUANTITY)
    return value


def _demand(inputs: PlanInputs, names: Sequence[str], units: Rates) -> Panel:
    buckets = inputs.model.buckets
    keys = make_keys({"item": list(names), "market": ["ALL"] * len(names)})
    panel = Panel(grain=GrainName("demand"), keys=keys, buckets=buckets)
    rows = panel.find(pl.DataFrame({"item": list(names), "market": ["ALL"] * len(names)}))
    values: Counts = np.zeros(panel.shape, dtype=np.int64)
    values[rows[:, None], np.arange(len(buckets))[buckets.horizon]] = round_to_counts(units, QUANTITY)
    ones = np.ones(panel.shape)
    return panel.with_counts({"consensus_demand": values}).with_rates({"price": ones, "unit_cost": ones * 0.0})


def _check(plan: SupplyPlan) -> None:
    refused = [issue for issue in plan.issues if issue.severity is Severity.REFUSED]
    if refused:
        raise NoPlanError(str(refused[0]))
    lost = plan.demand.count("unserved_demand").sum()
    waiting = plan.demand.count("consensus_demand").sum() - plan.demand.count("constrained_demand").sum() - lost
    if lost > LEFT_OPEN or waiting > LEFT_OPEN:
        raise NoPlanError(f"no plan meets all demand: {(lost + waiting) / 1000:g} units are left open")


def _read(plan: SupplyPlan, names: Sequence[str], demand: Rates, scale: float) -> Solved:
    horizon = plan.supply.buckets.horizon
    order = plan.supply.find(pl.DataFrame({"item": list(names), "location": [PLANT] * len(names)}))
    resources = plan.load.keys["resource"].to_list()

    def of_site(measure: str) -> Rates:
        return plan.supply.count(measure)[order][:, horizon] / 1000.0 / scale

    def of_line(measure: str, name: str = PEOPLE) -> Rates:
        if name not in resources:
            return np.zeros(demand.shape[1])
        values: Rates = plan.load.count(measure)[resources.index(name), horizon] / 1000.0 / scale
        return values

    made, shipped = of_site("production"), of_site("site_shipments")
    return Solved(
        made=made,
        bought=of_site("purchases"),
        stock=of_site("projected_stock"),
        late=np.maximum(np.cumsum(demand - shipped, axis=1), 0.0),
        heads=of_line("heads"),
        hires=of_line("hires"),
        leavers=of_line("leavers"),
        overtime=of_line("overtime_hours"),
        temporary=of_line("temporary_hours"),
        rented=of_line("overtime_hours", SPACE),
        set_ups=(made > 0).astype(np.float64),
        gap=plan.gap,
    )


def cost_of(task: AggregateTask, solved: Solved) -> Mapping[str, float]:
    """Give the cost of a solved task by line, in the problem's own money."""
    crew, families = task.workforce, task.families

    def each(amounts: Sequence[Rates | float], flow: Rates) -> float:
        return sum(float((np.asarray(amount) * row).sum()) for amount, row in zip(amounts, flow, strict=True))

    return {
        "wages": float((np.asarray(crew.wage) * solved.heads).sum()),
        "hiring": float((np.asarray(crew.hire) * solved.hires).sum()),
        "releasing": float((np.asarray(crew.release) * solved.leavers).sum()),
        "overtime": float((_ratio(crew.overtime_cost, crew.overtime_work) * solved.overtime).sum()),
        "temporary": float((np.asarray(task.temporary.cost) * solved.temporary).sum()) if task.temporary else 0.0,
        "making": each([family.cost for family in families], solved.made),
        "buying in": each([_none(family) for family in families], solved.bought),
        "keeping": each([family.hold for family in families], solved.stock),
        "lateness": each([0.0 if family.late is None else family.late for family in families], solved.late),
        "rent": float((np.asarray(task.room.rent) * solved.rented).sum()) if task.room else 0.0,
    }


def _none(family: FamilyTask) -> Rates | float:
    return 0.0 if family.bought_in is None else family.bought_in


def _ratio(cost: Rates | float, work: Rates | float) -> Rates:
    """Give the cost of an hour of work in overtime, 0 where overtime does none."""
    amount, done = np.broadcast_arrays(np.asarray(cost, dtype=np.float64), np.asarray(work, dtype=np.float64))
    ratio: Rates = np.divide(amount, done, out=np.zeros(amount.shape), where=done > 0)
    return ratio


def _one(amount: Rates | float) -> float:
    """Give an amount that is the same in every bucket; DiffersError where it is not."""
    values = np.asarray(amount, dtype=np.float64)
    if np.ptp(values) > 0:
        raise DiffersError(f"{values.tolist()} differ by bucket: this table of a company holds one for all")
    return float(values.max(initial=0.0)) if values.ndim else float(values)


def _last_day(book: _Book) -> date:
    end = date(FIRST.year + book.buckets // 12, book.buckets % 12 + 1, 1)
    return date.fromordinal(end.toordinal() - 1)
