"""Programmes too large to be solved at once: prices of what is shared from the plan of families, or of an earlier plan.

Stands where a solver stands, so that the plan does not know the difference: it answers with a plan, how far from the
best it may be, and in place of a basis the prices it ended with, by name and date, for the next plan to begin with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from trivet.core.ids import Counts, Rates
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.options import Objective
from trivet.core.panel import Panel
from trivet.core.ports import Solver
from trivet.supply.blocks import Block, Programme
from trivet.supply.decomposed import solve_in_pieces
from trivet.supply.families import family_task
from trivet.supply.pieces import GOODS, SHARED, Pieces, block_numbers, cut_in_pieces
from trivet.supply.programme import Task, write_programme
from trivet.supply.standing import Names, pack_standing, prices_of, shares_of, unpack_standing
from trivet.supply.tiers import weighted
from trivet.supply.unmet import without_unmet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InPieces:
    """A solver that cuts programmes along what their items share.

    Attributes:
        solver: of the pieces, of families and of what can't be cut.
        shared, goods: rows and columns to cut along, as `cut_in_pieces` takes them.
        rows: blocks of the shared rows, in order; starts: first days of their buckets.
        begin: gives prices to begin with where no earlier plan has any.
        label: names a column.
    """

    solver: Solver
    shared: Counts
    goods: Counts
    rows: Sequence[Block]
    starts: Sequence[date]
    begin: Callable[[], Rates]
    label: Callable[[int], str]

    @property
    def name(self) -> str:
        """Name of the solver behind it."""
        return self.solver.name

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        """Solve in pieces, from the prices in `basis` where it has some; whole numbers are not searched for."""
        if model.integer is not None and bool(model.integer.any()):
            none = np.zeros(0)
            return Solution(
                status=Status.FAILED, values=none, duals=none, reduced_costs=none, objective=np.nan, basis=None
            )
        pieces = cut_in_pieces(model, self.shared, self.goods)
        if len(pieces.pieces) < 2:
            return self.solver.solve(model)
        names = self._names(pieces)
        known = unpack_standing(basis) if basis is not None else None
        prices = self.begin() if known is None else prices_of(known, names)
        shares = None if known is None else shares_of(known, names)
        found = solve_in_pieces(pieces, prices, self.solver, shares=shares)
        if found is None:
            return self.solver.solve(model)
        return replace(found.solution, basis=pack_standing(names, found.prices, found.shares))

    def _names(self, pieces: Pieces) -> Names:
        """Name the pieces by their first site, and the shared rows."""
        first = [piece.columns[np.isin(piece.columns, self.goods, assume_unique=True)][0] for piece in pieces.pieces]
        return Names(
            starts=tuple(self.starts),
            rows=tuple(f"{block.name}: {label}" for block in self.rows for label in block.labels),
            pieces=tuple(self.label(int(column)) for column in first),
            slot_piece=pieces.slot_piece,
            slot_row=pieces.slot_row,
        )


def in_pieces(programme: Programme, task: Task, load: Panel, solver: Solver) -> InPieces:
    """Give the solver of a large programme.

    Args:
        programme: as written for the task.
        task: what it was written from; its families give the first prices.
        load: the panel of resources.
        solver: of linear programmes; many at once where it can.
    """
    buckets = task.network.buckets
    return InPieces(
        solver=solver,
        shared=block_numbers(programme.row_blocks, SHARED),
        goods=block_numbers(programme.column_blocks, [GOODS]),
        rows=[block for block in programme.row_blocks if block.name in SHARED],
        starts=buckets.starts[buckets.first_open :],
        begin=lambda: family_prices(task, load, solver),
        label=programme.column_name,
    )


def family_prices(task: Task, load: Panel, solver: Solver) -> Rates:
    """Give the prices of shared rows in the plan of families, in order; 0 where it has no plan."""
    families = family_task(task)
    programme = Programme(families.network.open)
    write_programme(programme, families, load)
    shared = block_numbers(programme.row_blocks, SHARED)
    model = without_unmet(programme, replace(programme.build(), integer=None), task.options)
    answer = solver.solve(weighted(programme, model) if task.options.objective is Objective.SERVICE else model)
    return answer.duals[shared] if answer.status is Status.OPTIMAL else np.zeros(len(shared))
