"""The aggregate plan: how many people, how much overtime, stock, backlog and bought-in work a year of families needs.

Families share one workforce. Each bucket, what is made takes work (hours, or units where there is one family);
work comes from people, their overtime and temporary labour. Demand is met from what is made, bought in and kept,
or late where lateness has a price; nothing is late at the end. The cheapest plan over wages, hiring and releasing,
overtime, making, buying in, keeping, lateness and rented room, as a linear programme (Holt, Modigliani, Muth and
Simon 1960 in the linear form of Hanssmann and Hess 1960; Chopra and Meindl, chapter 8). Hybrid leaves everything
free, level keeps one workforce after the first bucket, chase builds no stock ahead and no backlog.

    capacity    sum work x made <= work a worker x workers + work an overtime hour x overtime + temporary
    workforce   workers = workers before + hired - released
    balance     stock - backlog = stock before - backlog before + made + bought in - demand

Amounts are floats in units, hours, workers and plan currency; arrays are (buckets,) or (families, buckets).
Reads and writes no measure of the plan: it is asked with numbers of any origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from trivet.core.errors import InvalidInput
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue, Severity
from trivet.core.linear import Solution, Status
from trivet.core.ports import Solver
from trivet.supply.blocks import Amount, Programme

CREW: Final = ("workforce",)


class Strategy(StrEnum):
    """How a plan answers a demand that moves."""

    HYBRID = "hybrid"
    LEVEL = "level"
    CHASE = "chase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """The people who make, and what they cost; amounts are one number or one a bucket.

    Attributes:
        opening: workers before the first bucket.
        work: work a worker does in a bucket (hours, or units of the one family).
        wage: cost of a worker and bucket, worked or not.
        hire, release: cost of one more, one fewer worker.
        overtime_hours: most overtime hours of a worker and bucket; 0 = none.
        overtime_work: work done in an overtime hour.
        overtime_cost: cost of an overtime hour.
    """

    opening: float
    work: Amount
    wage: Amount = 0.0
    hire: Amount = 0.0
    release: Amount = 0.0
    overtime_hours: Amount = 0.0
    overtime_work: Amount = 1.0
    overtime_cost: Amount = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyTask:
    """What is asked of one family; amounts are one number or one a bucket, in units and plan currency a unit.

    Attributes:
        name: the family.
        demand: (buckets,) units wanted.
        opening: stock at the start; ending: least stock at the end of the last bucket.
        work: work a unit takes.
        cost: of making a unit, without wages (material).
        hold: of keeping a unit at the end of a bucket.
        late: of a unit and bucket of lateness; None = demand is never late.
        bought_in: of a unit from a subcontractor; None = there is none.
        space: room a unit made takes.
    """

    name: str
    demand: Rates
    opening: float = 0.0
    ending: float = 0.0
    work: Amount = 1.0
    cost: Amount = 0.0
    hold: Amount = 0.0
    late: Amount | None = None
    bought_in: Amount | None = None
    space: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """Temporary labour: cost of an hour of work, and the buckets in which it may be had."""

    cost: Amount
    allowed: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Room for what is made in a bucket: `free` of it costs nothing, the rest `rent` a unit of space."""

    free: float
    rent: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateTask:
    """Everything an aggregate plan is made from.

    Attributes:
        families: with demand over the same buckets.
        workforce: shared by the families.
        strategy: hybrid, level or chase.
        idle: whether people may stand idle; False = what they can make is made.
        whole_workers: whether people are whole.
        temporary, room: None = no temporary labour, no limit of room.
    """

    families: Sequence[FamilyTask]
    workforce: Workforce
    strategy: Strategy = Strategy.HYBRID
    idle: bool = True
    whole_workers: bool = False
    temporary: Temporary | None = None
    room: Room | None = None

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return len(self.families[0].demand) if self.families else 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AggregatePlan:
    """The cheapest plan: people and hours by bucket, units by family and bucket, money by line.

    Attributes:
        workers, hired, released, overtime, temporary: (buckets,) workers and hours.
        rented: (buckets,) units of space.
        made, bought_in, stock, backlog: (families, buckets) units.
        costs: plan currency by line (wages, hiring, releasing, overtime, temporary, making, buying in, keeping,
            lateness, rent).
        gap: how far a cheaper plan may be, as a part of the cost; 0 = this is the cheapest.
    """

    workers: Rates
    hired: Rates
    released: Rates
    overtime: Rates
    temporary: Rates
    rented: Rates
    made: Rates
    bought_in: Rates
    stock: Rates
    backlog: Rates
    costs: tuple[tuple[str, float], ...] = field(default=())
    gap: float = 0.0

    @property
    def cost(self) -> float:
        """Give the cost of the plan in plan currency."""
        return sum(amount for _, amount in self.costs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Where the flows stand in the programme, with the name of the cost each one causes."""

    workers: Counts
    hired: Counts
    released: Counts
    overtime: Counts
    temporary: Counts
    rented: Counts
    made: Counts
    bought_in: Counts
    stock: Counts
    backlog: Counts


LINES: Final = {
    "workers": "wages",
    "hired": "hiring",
    "released": "releasing",
    "overtime": "overtime",
    "temporary": "temporary",
    "made": "making",
    "bought_in": "buying in",
    "stock": "keeping",
    "backlog": "lateness",
    "rented": "rent",
}
"""Flow to the line of its cost."""


def plan_aggregate(task: AggregateTask, solver: Solver) -> AggregatePlan | Issue:
    """Find the cheapest aggregate plan.

    Args:
        task: families, workforce and rules; units, hours, workers and plan currency.
        solver: of linear programmes; whole workers make it a programme with whole numbers.

    Returns:
        The plan, or a refused Issue where no plan keeps the rules.

    Raises:
        InvalidInput: demands of different length, a number that is none, or one below 0.

    >>> from trivet.engines.highs import HighsSolver
    >>> family = FamilyTask(name="City", demand=np.array([10.0, 30.0]), hold=1.0)
    >>> crew = Workforce(opening=2.0, work=10.0, wage=100.0, hire=500.0)
    >>> plan = plan_aggregate(AggregateTask(families=[family], workforce=crew), HighsSolver())
    >>> plan.cost, plan.stock.tolist()
    (410.0, [[10.0, 0.0]])
    """
    check_task(task)
    programme = Programme(task.buckets)
    columns = _Columns(**_people(programme, task), **_goods(programme, task))
    _tie_people(programme, task, columns)
    _tie_goods(programme, task, columns)
    model = programme.build()
    solution = solver.solve(model)
    if solution.status is not Status.OPTIMAL:
        return _no_plan(task, solution.status)
    return _read(columns, solution, model.cost)


def _people(programme: Programme, task: AggregateTask) -> dict[str, Counts]:
    crew, buckets = task.workforce, np.arange(task.buckets)
    moves = np.where((task.strategy is Strategy.LEVEL) & (buckets > 0), 0.0, np.inf)
    helped = task.temporary.allowed if task.temporary else np.zeros(task.buckets, dtype=np.bool_)
    return {
        "workers": programme.columns("workers", CREW, cost=crew.wage, whole=task.whole_workers),
        "hired": programme.columns("hired", CREW, cost=crew.hire, upper=moves),
        "released": programme.columns("released", CREW, cost=crew.release, upper=moves),
        "overtime": programme.columns("overtime", CREW, cost=crew.overtime_cost),
        "temporary": programme.columns(
            "temporary", CREW, cost=task.temporary.cost if task.temporary else 0.0, upper=np.where(helped, np.inf, 0.0)
        ),
        "rented": programme.columns("rented", CREW, cost=task.room.rent if task.room else 0.0),
    }


def _goods(programme: Programme, task: AggregateTask) -> dict[str, Counts]:
    families, names = task.families, [family.name for family in task.families]
    shape = (len(families), task.buckets)
    last = np.arange(task.buckets) == task.buckets - 1
    late = np.array([[family.late is not None and task.strategy is not Strategy.CHASE] for family in families]) & ~last
    bought = np.broadcast_to([[family.bought_in is not None] for family in families], shape)
    ending = np.array([[family.ending] for family in families]) * last
    return {
        "made": programme.columns("made", names, cost=_stack([family.cost for family in families], shape)),
        "bought_in": programme.columns(
            "bought in",
            names,
            cost=_stack([_or_none(family.bought_in) for family in families], shape),
            upper=np.where(bought, np.inf, 0.0),
        ),
        "stock": programme.columns(
            "stock",
            names,
            cost=_stack([family.hold for family in families], shape),
            lower=ending,
            upper=_most_stock(task, ending),
        ),
        "backlog": programme.columns(
            "backlog",
            names,
            cost=_stack([_or_none(family.late) for family in families], shape),
            upper=np.where(late, np.inf, 0.0),
        ),
    }


def _most_stock(task: AggregateTask, ending: Rates) -> Amount:
    """Chase keeps only what is left of the opening stock, and what is asked for at the end."""
    if task.strategy is not Strategy.CHASE:
        return np.inf
    left = [np.maximum(family.opening - np.cumsum(family.demand), 0.0) for family in task.families]
    most: Rates = np.maximum(np.stack(left), ending)
    return most


def _tie_people(programme: Programme, task: AggregateTask, at: _Columns) -> None:
    crew, opening = task.workforce, np.zeros(task.buckets)
    opening[0] = task.workforce.opening
    workforce = programme.rows("workforce", CREW, lower=opening, upper=opening)
    programme.add(workforce, at.workers)
    programme.add(workforce[:, 1:], at.workers[:, :-1], -1.0)
    programme.add(workforce, at.hired, -1.0)
    programme.add(workforce, at.released)
    limit = programme.rows("overtime of a worker", CREW, upper=0.0)
    programme.add(limit, at.overtime)
    programme.add(limit, at.workers, _negative(crew.overtime_hours))
    capacity = programme.rows("capacity", CREW, lower=-np.inf if task.idle else 0.0, upper=0.0)
    shape = at.made.shape
    programme.add(capacity, at.made, _stack([family.work for family in task.families], shape))
    programme.add(capacity, at.workers, _negative(crew.work))
    programme.add(capacity, at.overtime, _negative(crew.overtime_work))
    programme.add(capacity, at.temporary, -1.0)


def _tie_goods(programme: Programme, task: AggregateTask, at: _Columns) -> None:
    names = [family.name for family in task.families]
    asked = np.stack([np.asarray(family.demand, dtype=np.float64) for family in task.families])
    asked[:, 0] -= [family.opening for family in task.families]
    balance = programme.rows("balance", names, lower=asked, upper=asked)
    for flow in (at.made, at.bought_in, at.backlog):
        programme.add(balance, flow)
    programme.add(balance, at.stock, -1.0)
    programme.add(balance[:, 1:], at.stock[:, :-1])
    programme.add(balance[:, 1:], at.backlog[:, :-1], -1.0)
    if task.room:
        room = programme.rows("room", CREW, upper=task.room.free)
        programme.add(room, at.made, np.array([[family.space] for family in task.families]))
        programme.add(room, at.rented, -1.0)


def _read(at: _Columns, solution: Solution, cost: Rates) -> AggregatePlan:
    values = np.maximum(solution.values, 0.0)
    flows = {name: values[getattr(at, name)] for name in LINES}
    lines = tuple((line, float(np.sum(cost[getattr(at, name)] * flows[name]))) for name, line in LINES.items())
    people = ("workers", "hired", "released", "overtime", "temporary", "rented")
    return AggregatePlan(
        **{name: flow[0] if name in people else flow for name, flow in flows.items()},
        costs=lines,
        gap=solution.gap,
    )


def _no_plan(task: AggregateTask, status: Status) -> Issue:
    names = ", ".join(family.name for family in task.families)
    return Issue(
        code="supply.no-aggregate-plan",
        severity=Severity.REFUSED,
        message=f"no plan of {names} over {task.buckets} buckets keeps all rules (solver: '{status}', "
        f"strategy: {task.strategy}, idle people allowed: {'yes' if task.idle else 'no'}).",
        advice="Allow backlog or a subcontractor, let people stand idle, or choose the hybrid strategy.",
    )


def check_task(task: AggregateTask) -> None:
    """Refuse a task that is no task: InvalidInput names the family, what was found and what was expected."""
    if not task.buckets:
        raise InvalidInput("an aggregate plan without demand: give at least one family and one bucket")
    for family in task.families:
        if len(family.demand) != task.buckets:
            raise InvalidInput(
                f"demand of {family.name} has {len(family.demand)} buckets, {task.families[0].name} has "
                f"{task.buckets}: give the same buckets"
            )
        amounts = (family.opening, family.ending, family.work, family.cost, family.hold, family.space)
        rest = (family.demand, _or_none(family.late), _or_none(family.bought_in))
        _check_amounts(family.name, (*amounts, *rest), task.buckets)
    crew = task.workforce
    _check_amounts("the workforce", (crew.opening, crew.work, crew.wage, crew.hire, crew.release), task.buckets)
    _check_amounts("overtime", (crew.overtime_hours, crew.overtime_work, crew.overtime_cost), task.buckets)


def _check_amounts(whose: str, amounts: Sequence[Amount], buckets: int) -> None:
    for amount in amounts:
        values = np.asarray(amount, dtype=np.float64)
        if values.ndim and values.shape != (buckets,):
            raise InvalidInput(
                f"{whose}: {values.shape[0]} numbers where one or {buckets} (a bucket each) are expected"
            )
        if not np.all(np.isfinite(values)) or np.any(values < 0):
            wrong = values.ravel()[~(np.isfinite(values.ravel()) & (values.ravel() >= 0))][0]
            raise InvalidInput(f"{whose}: {wrong:g} is no amount; expected a number of 0 or more")


def _stack(amounts: Sequence[Amount], shape: tuple[int, int]) -> Rates:
    return np.stack([np.broadcast_to(np.asarray(amount, dtype=np.float64), shape[1:]) for amount in amounts])


def _or_none(amount: Amount | None) -> Amount:
    return 0.0 if amount is None else amount


def _negative(amount: Amount) -> Rates:
    return -np.asarray(amount, dtype=np.float64)
