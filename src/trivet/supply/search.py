"""Whole decisions of the plan: lots and whole people, found by a search with a budget (ENGINE, "MIP").

The programme is solved without whole numbers; from that plan lots are chosen and people rounded up (`choose_lots`);
rows that every plan with lots keeps are added where it does not (`cuts`), which raises the bound that the answer is
measured by; with the choice fixed it is solved again, a few lots that its reduced costs ask for are opened, and the
best of these is where branch and bound begins, for a number of nodes. What the best answer may still be away from the
cheapest one is stated. No step looks at a clock: the same programme gives the same plan.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.linear import LinearModel, Search, Solution, Status
from trivet.core.ports import Solver

ROUNDS: Final = 4
"""Times more lots are opened before branch and bound."""
OPENED: Final = 0.25
"""Part of the lots that ask to be opened, at most, in one round; the most promising ones."""
WORK: Final = 20_000
"""Nodes times whole decisions of branch and bound: large programmes get few nodes."""
BRANCHED: Final = 400
"""Most whole decisions that branch and bound is asked about: its first node alone grows beyond any budget."""
FEWEST: Final = 10
MOST: Final = 20_000
GOOD: Final = 1e-6
"""Gap, as a part of the cost, that is no gap."""
PROMISE: Final = 1e-7


CUT_WORK: Final = 1_500_000
"""Rounds of added rows times columns: large programmes get few rounds."""
FEWEST_ROUNDS: Final = 4
MOST_ROUNDS: Final = 250
STALLED: Final = 1e-4
"""Part of the cost that a round of cuts must still raise the bound by."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """A row that every plan with whole numbers keeps: coefficients @ columns >= lower."""

    columns: Counts
    coefficients: Rates
    lower: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Searched:
    """What was found: the plan with its whole decisions fixed, the basis of the programme without them, the gap."""

    solution: Solution
    basis: bytes | None
    gap: float


def solve_whole(
    model: LinearModel,
    solver: Solver,
    basis: bytes | None,
    guess: Callable[[Solution], Sequence[Rates]],
    cut: Callable[[Solution], Sequence[Cut]] | None = None,
) -> Searched:
    """Solve a programme with whole numbers; one without is solved as it is.

    Args:
        model: the programme, minimising.
        solver: of programmes with and without whole numbers.
        basis: of an earlier programme of the same shape.
        guess: gives values for the whole-number columns (full vectors of columns) to try, from a plan without them.
        cut: gives what every plan with whole numbers keeps and this one without does not.

    Returns:
        The best plan found with duals and reduced costs at its whole decisions. Where the solver fails, its answer.
    """
    relaxed = _solve(replace(model, integer=None), solver, basis)
    whole = model.integer
    if whole is None or relaxed.status is not Status.OPTIMAL:
        return Searched(solution=relaxed, basis=relaxed.basis, gap=relaxed.gap)
    tighter, bounded = _with_cuts(model, solver, relaxed, cut) if cut else (model, relaxed)
    best = _from_guess(model, solver, (relaxed, bounded), guess)
    nodes = int(min(max(WORK // int(whole.sum()), FEWEST), MOST))
    start = best.values if best is not None else None
    found, bound = relaxed, bounded.objective - bounded.gap * abs(bounded.objective)
    if best is None or whole.sum() <= BRANCHED:
        found = solver.solve(replace(tighter, search=Search(nodes=nodes, gap=0.0, start=start)))
    if found is not relaxed and found.status is Status.OPTIMAL:
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


def _with_cuts(
    model: LinearModel, solver: Solver, relaxed: Solution, cut: Callable[[Solution], Sequence[Cut]]
) -> tuple[LinearModel, Solution]:
    """Add what is violated as rows and solve again, for some rounds; gives the tighter programme and its answer."""
    kept: list[Cut] = []
    answer, height = relaxed, len(model.row_lower)
    for _ in range(min(max(CUT_WORK // len(model.cost), FEWEST_ROUNDS), MOST_ROUNDS)):
        violated = cut(answer)
        if not violated:
            break
        solved = solver.solve(replace(with_rows(model, [*kept, *violated]), integer=None))
        if solved.status is not Status.OPTIMAL:
            break
        better = solved.objective - answer.objective
        # Rows that do not bind only cost time.
        kept = [one for one, dual in zip([*kept, *violated], solved.duals[height:], strict=True) if dual != 0]
        answer = solved
        if better <= STALLED * abs(solved.objective):
            break
    return (with_rows(model, kept) if kept else model), answer


def with_rows(model: LinearModel, cuts: Sequence[Cut]) -> LinearModel:
    """Give a programme with rows `coefficients @ columns >= lower` added below its own."""
    height = len(model.row_lower)
    sizes = np.diff(model.starts)
    columns = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), *(one.columns for one in cuts)])
    rows = np.concatenate([model.index, *(np.full(len(one.columns), height + k) for k, one in enumerate(cuts))])
    values = np.concatenate([model.value, *(one.coefficients for one in cuts)])
    order = np.lexsort((rows, columns))
    return replace(
        model,
        row_lower=np.concatenate([model.row_lower, [one.lower for one in cuts]]),
        row_upper=np.concatenate([model.row_upper, np.full(len(cuts), np.inf)]),
        starts=np.searchsorted(columns[order], np.arange(len(sizes) + 1)).astype(np.int32),
        index=rows[order].astype(np.int32),
        value=values[order],
    )


def _from_guess(
    model: LinearModel, solver: Solver, relaxed: tuple[Solution, Solution], guess: Callable[[Solution], Sequence[Rates]]
) -> Solution | None:
    """Fix what was guessed, then open what the reduced costs ask for as long as the plan gets cheaper.

    The guess is made from the plan without whole numbers and from that with cuts; the better one is followed.
    """
    best, values = None, model.lower
    for guessed in (values for one in dict.fromkeys(relaxed) for values in guess(one)):
        chosen = np.clip(guessed, model.lower, model.upper)
        tried = _fixed(model, chosen, solver, relaxed[0].basis)
        if tried.status is Status.OPTIMAL and (best is None or tried.objective < best.objective):
            best, values = tried, chosen
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
