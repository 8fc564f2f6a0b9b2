"""Whole decisions of the plan: lots and whole people, found by a search with a budget (ENGINE, "MIP").

The programme is solved without whole numbers; from that plan lots are chosen and people rounded up (`choose_lots`);
with the choice fixed it is solved again, a few lots that its reduced costs ask for are opened, and the best of these
is where branch and bound begins, for a number of nodes. What the best answer may still be away from the cheapest one
is stated. No step looks at a clock: the same programme gives the same plan.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Rates
from trivet.core.linear import LinearModel, Search, Solution, Status
from trivet.core.ports import Solver

ROUNDS: Final = 4
"""Times more lots are opened before branch and bound."""
OPENED: Final = 0.25
"""Part of the lots that ask to be opened, at most, in one round; the most promising ones."""
WORK: Final = 150_000
"""Nodes times whole decisions of branch and bound: large programmes get few nodes."""
FEWEST: Final = 10
MOST: Final = 20_000
GOOD: Final = 1e-6
"""Gap, as a part of the cost, that is no gap."""
PROMISE: Final = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """What was found: the plan with its whole decisions fixed, the basis of the programme without them, the gap."""

    solution: Solution
    basis: bytes | None
    gap: float


def solve_whole(
    model: LinearModel, solver: Solver, basis: bytes | None, guess: Callable[[Solution], Rates]
) -> Searched:
    """Solve a programme with whole numbers; one without is solved as it is.

    Args:
        model: the programme, minimising.
        solver: of programmes with and without whole numbers.
        basis: of an earlier programme of the same shape.
        guess: gives a value for every whole-number column (in a full vector of columns) from the plan without them.

    Returns:
        The best plan found with duals and reduced costs at its whole decisions. Where the solver fails, its answer.
    """
    relaxed = _solve(replace(model, integer=None), solver, basis)
    whole = model.integer
    if whole is None or relaxed.status is not Status.OPTIMAL:
        return Searched(solution=relaxed, basis=relaxed.basis, gap=0.0)
    best = _from_guess(model, solver, relaxed, guess)
    nodes = int(min(max(WORK // int(whole.sum()), FEWEST), MOST))
    start = best.values if best is not None else None
    found = solver.solve(replace(model, search=Search(nodes=nodes, gap=0.0, start=start)))
    bound = relaxed.objective
    if found.status is Status.OPTIMAL:
        bound = max(bound, found.objective - found.gap * abs(found.objective))
        if best is None or found.objective < best.objective:
            best = _fixed(model, np.where(whole, np.rint(found.values), 0.0), solver, relaxed.basis)
    if best is None or best.status is not Status.OPTIMAL:
        return Searched(solution=found, basis=relaxed.basis, gap=1.0)
    gap = max(best.objective - bound, 0.0) / max(abs(best.objective), GOOD)
    return Searched(solution=best, basis=relaxed.basis, gap=gap if gap > GOOD else 0.0)


def _solve(model: LinearModel, solver: Solver, basis: bytes | None) -> Solution:
    """Solve from the basis; where that fails, once more from cold."""
    solution = solver.solve(model, basis)
    if solution.status is not Status.OPTIMAL and basis is not None:
        solution = solver.solve(model)
    return solution


def _fixed(model: LinearModel, values: Rates, solver: Solver, basis: bytes | None) -> Solution:
    """Solve with every whole-number column at a value."""
    whole = np.asarray(model.integer, dtype=np.bool_)
    held = replace(
        model,
        lower=np.where(whole, values, model.lower),
        upper=np.where(whole, values, model.upper),
        integer=None,
    )
    return _solve(held, solver, basis)


def _from_guess(
    model: LinearModel, solver: Solver, relaxed: Solution, guess: Callable[[Solution], Rates]
) -> Solution | None:
    """Fix what was guessed, then open what the reduced costs ask for as long as the plan gets cheaper."""
    values = np.clip(guess(relaxed), model.lower, model.upper)
    tried = _fixed(model, values, solver, relaxed.basis)
    best = tried if tried.status is Status.OPTIMAL else None
    switch = np.asarray(model.integer) & (model.upper == 1.0)
    for _ in range(ROUNDS):
        if best is None:
            break
        asking = np.flatnonzero(switch & (values == 0.0) & (best.reduced_costs < -PROMISE * abs(best.objective)))
        if not len(asking):
            break
        order = asking[np.argsort(best.reduced_costs[asking], kind="stable")]
        opened = values.copy()
        opened[order[: max(int(len(order) * OPENED), 1)]] = 1.0
        tried = _fixed(model, opened, solver, best.basis)
        if tried.status is not Status.OPTIMAL or tried.objective >= best.objective:
            break
        best, values = tried, opened
    return best
