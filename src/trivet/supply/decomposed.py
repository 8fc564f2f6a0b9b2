"""A plan too large for one programme: independent pieces that pay for what they share, and how good the result is.

1. What is shared (hours, people, rooms, key materials) has prices: of an earlier plan, else of the plan of families.
2. Every piece is planned at these prices on its own. What all cost then, with the worth of what is shared, is a
   bound: no plan is cheaper (Lagrange).
3. The mix of all plans proposed so far that fits best says how what is shared is allotted; every piece is planned
   with its allotment: together a plan.
4. Again, at prices a little nearer to those of the mix (Wentges 1997), until plan and bound are close.

gap = (cost of the plan - bound) / cost of the plan

A plan cheaper by more than the gap does not exist; costs include the penalties for late and lost demand. No step
looks at a clock, and no answer depends on how pieces are batched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Rates
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.ports import ManySolver, Solver
from trivet.supply.mixing import Mix, Proposal, mix, mixed_values, propose
from trivet.supply.pieces import Entries, Piece, Pieces, columnwise, entries_of

FEWEST_ROUNDS: Final = 12
MOST_ROUNDS: Final = 40
WORK: Final = 17_000_000
"""Rounds times columns, at most: times that all pieces are planned at prices."""
GOOD: Final = 0.01
"""Gap that is good enough to stop."""
STEP: Final = 0.25
"""How far prices go from the best ones known towards those of the last mix."""
NEAR: Final = 0.1
"""How far above the best prices a mix pays for what does not fit, while prices are looked for."""
FAR: Final = 50.0
"""The same when it has to fit."""
BEYOND: Final = 10.0
"""Price of what a piece uses beyond its allotment, as multiple of the highest price: only what is fixed does."""
SLIGHT: Final = 1e-7
"""Part of the largest cost below which a reduced cost is 0: the solver's own tolerance."""
FITS: Final = 1e-6
"""Part of all that is used which may not fit: rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decomposed:
    """A plan found in pieces.

    Attributes:
        solution: of the whole programme, with its gap; duals and reduced costs are those of the best bound.
        prices: of the shared rows, in order; shares: what each piece uses of them, by slot: where a later plan
            begins.
        rounds: times the pieces were planned.
    """

    solution: Solution
    prices: Rates
    shares: Rates
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bound:
    """What no plan can be cheaper than, the prices it was found at, and the duals of all rows there."""

    value: float
    prices: Rates
    duals: Rates


def solve_in_pieces(
    pieces: Pieces,
    prices: Rates,
    solver: Solver,
    *,
    shares: Rates | None = None,
    rounds: int | None = None,
    good: float = GOOD,
) -> Decomposed | None:
    """Solve a programme in pieces.

    Args:
        pieces: the programme.
        prices: of the shared rows to begin with, as duals (those of an upper limit are <= 0).
        solver: of linear programmes; many at once where it can.
        shares: what each piece used in an earlier plan, by slot; None = not known.
        rounds: most times the pieces are planned at prices; None = by the size of the programme.
        good: gap to stop at.

    Returns:
        The best plan found; None where no plan fits or the solver fails (then only the whole programme tells).
    """
    given = _signed(pieces, prices)
    best: _Bound | None = None
    proposals: list[Proposal] = []
    fitted: Mix | None = None
    before: list[Mix] = []
    most = rounds or min(max(WORK // len(pieces.whole.cost), FEWEST_ROUNDS), MOST_ROUNDS)
    free, limited = (_Bench(solver, len(pieces.pieces)) for _ in range(2))
    number = 0
    # Without a plan that fits there is none at all: twice as long is looked for that.
    while number < most or (number < 2 * most and not (fitted and _fits(proposals, fitted))):
        number += 1
        priced = _priced(pieces, given, free)
        if priced is None:
            break
        proposals.append(priced[0])
        best = priced[1] if best is None or priced[1].value > best.value else best
        loose = mix(pieces, proposals, solver, best.prices, NEAR, before)
        if loose is None:
            break
        if shares is None and number > 1:
            # One plan at one price is no guide yet: it makes all or nothing.
            shares = _shares(pieces, proposals, loose)
        if shares is not None:
            allotted = _with_shares(pieces, shares, best.prices, limited)
            tried = None
            if allotted is not None:
                proposals.append(allotted)
                tried = mix(pieces, proposals, solver, best.prices, FAR, [*before, loose])
            if tried is None:
                break
            shares, fitted = None, tried
            if _fits(proposals, fitted) and fitted.cost - best.value <= good * abs(fitted.cost):
                break
        before = [loose, fitted] if fitted is not None else []
        given = _signed(pieces, best.prices + STEP * (loose.prices - best.prices))
    if best is None or fitted is None or not _fits(proposals, fitted):
        return None
    return _answer(pieces, mixed_values(pieces, proposals, fitted), best, number)


def _fits(proposals: Sequence[Proposal], mixed: Mix) -> bool:
    return mixed.unfit <= FITS * max(float(np.abs(proposals[0].used).sum()), 1.0)


def _signed(pieces: Pieces, prices: Rates) -> Rates:
    """Bring prices to the signs they can have: a row without a lower limit has none above 0."""
    high = np.where(np.isfinite(pieces.low), np.inf, 0.0)
    low = np.where(np.isfinite(pieces.high), -np.inf, 0.0)
    return np.clip(prices, low, high)


class _Bench:
    """Solves all pieces, each from where it stood the last time: a third of the work of solving from nothing."""

    def __init__(self, solver: Solver, count: int) -> None:
        self.solver = solver
        self.bases: list[bytes | None] = [None] * count

    def solve(self, models: Sequence[LinearModel]) -> Sequence[Solution]:
        """Solve the programmes of all pieces, in order."""
        if isinstance(self.solver, ManySolver):
            answers = self.solver.solve_each(models, self.bases)
        else:
            answers = [self.solver.solve(model, basis) for model, basis in zip(models, self.bases, strict=True)]
        self.bases = [answer.basis for answer in answers]
        return answers


def _priced(pieces: Pieces, prices: Rates, bench: _Bench) -> tuple[Proposal, _Bound] | None:
    """Plan every piece at prices: the plans, and the bound they prove; None where the solver fails."""
    whole = pieces.whole
    cost = whole.cost - pieces.meeting.by_column(prices, len(whole.cost))
    models = [replace(piece.model, cost=cost[piece.columns]) for piece in pieces.pieces]
    answers = bench.solve(models)
    if any(answer.status is not Status.OPTIMAL for answer in answers):
        return None
    values, duals = np.zeros(len(whole.cost)), np.zeros(len(whole.row_lower))
    for piece, answer in zip(pieces.pieces, answers, strict=True):
        values[piece.columns], duals[piece.rows] = answer.values, answer.duals
    duals[pieces.shared] = prices
    limit = np.where(prices > 0, pieces.low, np.where(prices < 0, pieces.high, 0.0))
    bound = float(prices @ limit) + sum(answer.objective for answer in answers)
    aside = _kept_at(pieces.kept, cost, float(np.abs(whole.cost).max(initial=1.0)), bench.solver)
    if aside.status is Status.OPTIMAL:
        duals[pieces.kept.rows] = aside.duals
    # Where kept things could be had without end at these prices nothing is proven, but the plans are good ones.
    value = bound + aside.objective if aside.status is Status.OPTIMAL else -np.inf
    return propose(pieces, values), _Bound(value=value, prices=prices, duals=duals)


def _kept_at(kept: Piece, cost: Rates, largest: float, solver: Solver) -> Solution:
    """Plan everything kept at prices; reduced costs within the solver's tolerance are 0."""
    mine = cost[kept.columns]
    return solver.solve(replace(kept.model, cost=np.where(np.abs(mine) <= SLIGHT * largest, 0.0, mine)))


def _shares(pieces: Pieces, proposals: Sequence[Proposal], loose: Mix) -> Rates:
    """Give what a mix allots to every piece, brought down to what there is, by slot."""
    used = np.zeros(len(pieces.slot_row))
    for part, proposal in zip(loose.parts, proposals, strict=True):
        used += part[pieces.slot_piece] * proposal.used
    total = np.bincount(pieces.slot_row, np.maximum(used, 0.0), minlength=len(pieces.shared))
    fits = np.divide(total - loose.over, total, out=np.ones_like(total), where=total > 0)
    shares: Rates = used * np.where(used > 0, np.clip(fits, 0.0, 1.0)[pieces.slot_row], 1.0)
    return shares


def _with_shares(pieces: Pieces, shares: Rates, prices: Rates, bench: _Bench) -> Proposal | None:
    """Plan every piece with its shares of what is shared; None where the solver fails."""
    values = np.zeros(len(pieces.whole.cost))
    answers = bench.solve(_limited(pieces, shares, prices))
    for piece, answer in zip(pieces.pieces, answers, strict=True):
        if answer.status is not Status.OPTIMAL:
            return None
        values[piece.columns] = answer.values[: len(piece.columns)]
    return propose(pieces, values)


def _limited(pieces: Pieces, share: Rates, prices: Rates) -> list[LinearModel]:
    """Write the pieces with rows for what each may use; beyond it only at a price above all."""
    place = np.zeros(len(pieces.whole.cost), dtype=np.int64)
    for piece in pieces.pieces:
        place[piece.columns] = np.arange(len(piece.columns))
    of_entry = pieces.piece_of[pieces.uses.columns]
    order, numbers = np.argsort(of_entry, kind="stable"), np.arange(len(pieces.pieces) + 1)
    entries, slots = np.searchsorted(of_entry[order], numbers), np.searchsorted(pieces.slot_piece, numbers)
    beyond = BEYOND * max(float(np.abs(prices).max(initial=0.0)), 1.0)
    models = []
    for number, piece in enumerate(pieces.pieces):
        at, mine = order[entries[number] : entries[number + 1]], slice(slots[number], slots[number + 1])
        own, row = entries_of(piece.model), pieces.slot_row[mine]
        both, width, height = np.arange(len(row)), len(piece.columns), len(piece.rows)
        # A row that is worth more when it is used (its price is above 0) is kept to from below.
        wanted = prices[row] > 0
        models.append(
            columnwise(
                Entries(
                    rows=np.concatenate([own.rows, height + pieces.slot[at] - slots[number], height + both]),
                    columns=np.concatenate([own.columns, place[pieces.uses.columns[at]], width + both]),
                    values=np.concatenate([own.values, pieces.uses.values[at], np.where(wanted, 1.0, -1.0)]),
                ),
                cost=np.concatenate([piece.model.cost, np.full(len(row), beyond)]),
                bounds=(
                    np.concatenate([piece.model.lower, np.zeros(len(row))]),
                    np.concatenate([piece.model.upper, np.full(len(row), np.inf)]),
                ),
                limits=(
                    np.concatenate([piece.model.row_lower, np.where(wanted, share[mine], -np.inf)]),
                    np.concatenate([piece.model.row_upper, np.where(wanted, np.inf, share[mine])]),
                ),
            )
        )
    return models


def _answer(pieces: Pieces, values: Rates, best: _Bound, rounds: int) -> Decomposed:
    whole = pieces.whole
    cost = float(whole.cost @ values)
    gap = (cost - best.value) / max(abs(cost), FITS)
    shares = pieces.used(values)
    reduced = whole.cost - entries_of(whole).by_column(best.duals, len(values))
    solution = Solution(
        status=Status.OPTIMAL,
        values=values,
        duals=best.duals,
        reduced_costs=reduced,
        objective=cost,
        basis=None,
        gap=min(max(gap, 0.0), 1.0) if np.isfinite(gap) else 1.0,
    )
    return Decomposed(solution=solution, prices=best.prices, shares=shares, rounds=rounds)
