"""Service first: customers before stock before money, tier by tier (ENGINE, "Objective").

T0 what can't be: fixed orders without parts, hours or room; T1 lost and late demand, the first claims dearest; T3 stock
below target; T4 net margin with the agreed penalties. Each tier is the least there can be of it among the plans best
in the tiers before; margin may then use a tolerance of each: costs of the tier <= least x (1 + tolerance), a row of the
programme. A tier none of whose columns is there is left out. Goals of finance (T2) are no columns of the programme;
stability (T5) comes from the basis it starts with.

The plans best in a tier are a face of the programme: what has a reduced cost or a price stays at its limit. Fixing that
makes the next tier small, where a row over all lost demand makes it large (docs/decisions/0012).

With lots and whole people the rows may be broken at a price, since the least is known without whole numbers only; in
pieces the tiers are weights, since a row over all items would tie the pieces together again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Rates
from trivet.core.issues import Issue, Severity
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.options import Objective
from trivet.core.ports import Solver
from trivet.supply.blocks import Programme
from trivet.supply.pieces import block_numbers
from trivet.supply.search import Cut, with_rows

SLIGHT: Final = 1e-7
"""Part of the dearest unit that a tier may always give: rounding of the solver."""

PROVEN: Final = 1e-7
"""Part of the dearest unit above which a reduced cost or a price is none of rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What comes before money.

    Attributes:
        name: in words.
        blocks: of columns whose costs it adds up.
        tolerance: part of its least value that later tiers may use.
        weight: of its costs where tiers are weights, and the price of breaking its row.
    """

    name: str
    blocks: tuple[str, ...]
    tolerance: float
    weight: float


TIERS: Final = (
    Tier(
        name="fixed orders without means",
        blocks=("beyond the possible", "hours beyond the possible", "without room", "transfer missed"),
        tolerance=0.0,
        weight=100.0,
    ),
    Tier(
        name="lost and late demand",
        blocks=("lost", "late", "late orders", "beyond its share"),
        tolerance=0.001,
        weight=100.0,
    ),
    Tier(name="stock below target", blocks=("below target", "pipeline below need"), tolerance=0.01, weight=10.0),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reached:
    """A tier, the least there can be of it, and what the plan has of it: penalties in plan currency.

    `costs` (columns,) are the tier's own; `least` is None where tiers are weights.
    """

    tier: Tier
    costs: Rates
    least: float | None
    value: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tiered:
    """A programme whose cost is all that is left to decide, and the tiers that stand before it."""

    model: LinearModel
    reached: tuple[Reached, ...]

    def with_values(self, values: Rates) -> tuple[Reached, ...]:
        """Give the tiers with what a plan has of them; `values` of its columns, empty where there is no plan."""
        return tuple(
            replace(one, value=float(one.costs @ values[: len(one.costs)])) for one in self.reached if len(values)
        )


def put_first(programme: Programme, model: LinearModel, solver: Solver, objective: Objective, *, large: bool) -> Tiered:
    """Put service first where that is the objective; the programme as it is where it is margin.

    Args:
        programme: as written, for the names of its columns.
        model: as built.
        solver: of linear programmes.
        objective: of the scenario.
        large: the programme is solved in pieces: tiers are weights.
    """
    if objective is Objective.MARGIN:
        return Tiered(model=model, reached=())
    tiers = [Reached(tier=tier, costs=_costs(programme, model, tier), least=None) for tier in TIERS]
    tiers = [one for one in tiers if one.costs.any()]
    if large:
        return Tiered(model=weighted(programme, model), reached=tuple(tiers))
    held, best, found = model, model, list[Reached]()
    for one in tiers:
        asked = replace(best, cost=one.costs, integer=None)
        answer = solver.solve(asked)
        if answer.status is not Status.OPTIMAL:
            break
        found.append(replace(one, least=max(answer.objective, 0.0)))
        held, best = _with_row(held, found[-1]), _face(asked, answer)
    return Tiered(model=_elastic(held, found) if model.integer is not None else held, reached=tuple(found))


def weighted(programme: Programme, model: LinearModel) -> LinearModel:
    """Give the programme with tiers as weights on their costs."""
    cost = model.cost.copy()
    for tier in TIERS:
        cost += (tier.weight - 1.0) * _costs(programme, model, tier)
    return replace(model, cost=cost)


def _costs(programme: Programme, model: LinearModel, tier: Tier) -> Rates:
    mine = block_numbers(programme.column_blocks, tier.blocks)
    costs = np.zeros(len(model.cost))
    costs[mine] = model.cost[mine]
    return costs


def _face(model: LinearModel, answer: Solution) -> LinearModel:
    """Give the programme of all plans as good as this one: what has a reduced cost or a price stays at its limit."""
    near = PROVEN * max(float(np.abs(model.cost).max(initial=0.0)), 1.0)
    reduced, prices = answer.reduced_costs, answer.duals
    return replace(
        model,
        upper=np.where(reduced > near, model.lower, model.upper),
        lower=np.where(reduced < -near, model.upper, model.lower),
        row_upper=np.where(prices > near, model.row_lower, model.row_upper),
        row_lower=np.where(prices < -near, model.row_upper, model.row_lower),
    )


def _with_row(model: LinearModel, one: Reached) -> LinearModel:
    """Add the row that keeps a tier, with its tolerance."""
    least = one.least or 0.0
    most = least * (1.0 + one.tier.tolerance) + SLIGHT * float(one.costs.max())
    columns = np.flatnonzero(one.costs)
    return with_rows(model, [Cut(columns=columns, coefficients=-one.costs[columns], lower=-most)])


def _elastic(model: LinearModel, found: Sequence[Reached]) -> LinearModel:
    """Let the rows of tiers, the last ones of the programme, be broken at a price."""
    count, height = len(found), len(model.row_lower)
    whole = np.asarray(model.integer, dtype=np.bool_)
    return replace(
        model,
        cost=np.append(model.cost, [one.tier.weight for one in found]),
        lower=np.append(model.lower, np.zeros(count)),
        upper=np.append(model.upper, np.full(count, np.inf)),
        starts=np.append(model.starts, model.starts[-1] + np.arange(1, count + 1)).astype(np.int32),
        index=np.append(model.index, np.arange(height - count, height)).astype(np.int32),
        value=np.append(model.value, np.ones(count)),
        integer=np.append(whole, np.zeros(count, dtype=np.bool_)),
    )


def tell_tiers(reached: Sequence[Reached], currency: str) -> tuple[Issue, ...]:
    """Say of each tier the least there can be, what the plan has of it, and its tolerance."""
    if not reached:
        return ()
    said = "; ".join(_said(one) for one in reached)
    return (
        Issue(
            code="supply.service-first",
            severity=Severity.NOTE,
            message=f"customers come before stock and stock before money, in penalties of {currency}: {said}. Of the "
            "plans that keep this the one with the best margin is chosen.",
            advice="Compare it with the plan by margin (`trivet plan --objective margin` in another scenario, then "
            "`trivet compare`) to see what service costs.",
        ),
    )


def _said(one: Reached) -> str:
    value, tolerance = f"{one.tier.name} {one.value:,.0f}", f"{one.tier.tolerance:.1%}"
    if one.least is None:
        return f"{value} (weighed {one.tier.weight:.0f} times, since the plan is solved in pieces)"
    kept = one.value <= one.least * (1.0 + one.tier.tolerance) + 2.0 * SLIGHT * float(one.costs.max())
    why = f"tolerance {tolerance}" if kept else "more than its tolerance: lots and whole people leave no less"
    return f"{value} (at least {one.least:,.0f}, {why})"
