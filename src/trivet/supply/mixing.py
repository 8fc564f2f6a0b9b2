"""What the pieces of a large plan propose, and the mix of proposals that fits into what they share.

mix: cost of kept columns + sum of cost(proposal) x part, parts of each piece adding to 1, shared rows kept
(the restricted master of Dantzig & Wolfe 1960)

What does not fit can be had at a price a little above the best prices known (du Merle et al. 1999): the mix's own
prices then stay near them, where those of a few proposals alone would be far off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Counts, Flags, Rates
from trivet.core.linear import LinearModel, Status
from trivet.core.ports import Solver
from trivet.supply.pieces import Entries, Pieces, columnwise

NEWEST: Final = 3
"""Newest proposals that always take part in a mix."""
NOTHING: Final = 1e-9
"""Part of the largest use below which nothing is used."""
DEAREST: Final = 1e3
"""Largest cost the programme of a mix is written with."""
TYPICAL: Final = 0.2
"""Part of the mean price added to every price: some rows have none yet."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """A plan of every piece.

    Attributes:
        values: of all columns of the whole, kept ones 0.
        cost: (pieces,) of each; used: by slot, of shared rows.
    """

    values: Rates
    cost: Rates
    used: Rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mix:
    """Proposals mixed.

    Attributes:
        parts: (proposals, pieces) of each proposal.
        kept: values of kept columns.
        prices: of the shared rows.
        cost: without what it costs not to fit; over: (shared,) units beyond what there is; under: short of it.
    """

    parts: Rates
    kept: Rates
    prices: Rates
    cost: float
    over: Rates
    under: Rates

    @property
    def unfit(self) -> float:
        """Units that do not fit."""
        return float(self.over.sum() + self.under.sum())


def propose(pieces: Pieces, values: Rates) -> Proposal:
    """Tell what a plan of every piece costs and uses."""
    used = pieces.used(values)
    # What a solver leaves at 1e-8 is nothing; as a coefficient it would trouble the next one.
    used[np.abs(used) < NOTHING * np.abs(used).max(initial=0.0)] = 0.0
    return Proposal(values=values, cost=pieces.cost_of(values), used=used)


def mix(
    pieces: Pieces, proposals: Sequence[Proposal], solver: Solver, prices: Rates, far: float, before: Sequence[Mix] = ()
) -> Mix | None:
    """Mix proposals so that they fit best.

    Args:
        pieces: the programme.
        proposals: at least one.
        solver: of linear programmes.
        prices: the best ones known.
        far: how far above them what does not fit is priced, as part of them.
        before: mixes of earlier proposals: what they left out is looked at no more.

    Returns:
        The mix; None where the solver fails.
    """
    away = far * (np.abs(prices) + TYPICAL * np.abs(prices).mean() + 1e-3)
    over, under = away + np.maximum(-prices, 0.0), away + np.maximum(prices, 0.0)
    looked = _looked_at(len(proposals), len(pieces.pieces), before)
    model = _model(pieces, proposals, looked, np.concatenate([over, under]))
    # Whole plans cost far more than units of what is shared: in smaller money the solver's tolerances fit both.
    scale = 2.0 ** -max(float(np.ceil(np.log2(max(float(np.abs(model.cost).max()), 1.0) / DEAREST))), 0.0)
    answer = solver.solve(replace(model, cost=model.cost * scale))
    if answer.status is not Status.OPTIMAL:
        return None
    kept, shared = len(pieces.kept.columns), len(pieces.shared)
    parts = np.zeros(looked.shape)
    parts[looked] = answer.values[kept + 2 * shared :]
    more, less = answer.values[kept : kept + shared], answer.values[kept + shared : kept + 2 * shared]
    return Mix(
        parts=parts,
        kept=answer.values[:kept],
        prices=answer.duals[:shared] / scale,
        cost=answer.objective / scale - float(over @ more) - float(under @ less),
        over=more,
        under=less,
    )


def mixed_values(pieces: Pieces, proposals: Sequence[Proposal], mixed: Mix) -> Rates:
    """Give the plan that a mix is: values of all columns of the whole."""
    values = np.zeros(len(pieces.whole.cost))
    mine = pieces.piece_of >= 0
    for part, proposal in zip(mixed.parts, proposals[: len(mixed.parts)], strict=True):
        values[mine] += part[pieces.piece_of[mine]] * proposal.values[mine]
    values[pieces.kept.columns] = mixed.kept
    return values


def _looked_at(proposals: int, pieces: int, before: Sequence[Mix]) -> Flags:
    """Say which proposals of which pieces take part: the newest, and what earlier mixes took."""
    looked = np.zeros((proposals, pieces), dtype=np.bool_)
    looked[-NEWEST if before else 0 :] = True
    for earlier in before:
        looked[: len(earlier.parts)] |= earlier.parts > 0
    return looked


def _model(pieces: Pieces, proposals: Sequence[Proposal], looked: Flags, unfit: Rates) -> LinearModel:
    """Write the mix: kept columns, what is beyond and short of the shared rows, a part of every proposal."""
    kept, shared, count = pieces.kept, len(pieces.shared), len(pieces.pieces)
    place = np.full(len(pieces.whole.cost), -1, dtype=np.int64)
    place[kept.columns] = np.arange(len(kept.columns))
    aside = pieces.meeting.only(place[pieces.meeting.columns] >= 0)
    both, each = np.arange(shared), np.arange(count)
    width, held = len(kept.columns), shared + len(kept.rows)
    own = np.repeat(np.arange(width), np.diff(kept.model.starts))
    rows: list[Counts] = [aside.rows, kept.model.index.astype(np.int64) + shared, both, both]
    columns: list[Counts] = [place[aside.columns], own, width + both, width + shared + both]
    values: list[Rates] = [aside.values, kept.model.value, -np.ones(shared), np.ones(shared)]
    free, ones = 2 * shared, np.ones(count)
    for proposal, mine in zip(proposals, looked, strict=True):
        column = width + free + np.cumsum(mine) - 1
        slots = mine[pieces.slot_piece]
        rows += [pieces.slot_row[slots], held + each[mine]]
        columns += [column[pieces.slot_piece[slots]], column[mine]]
        values += [proposal.used[slots], ones[mine]]
        free += int(mine.sum())
    costs = [proposal.cost[mine] for proposal, mine in zip(proposals, looked, strict=True)]
    return columnwise(
        Entries(rows=np.concatenate(rows), columns=np.concatenate(columns), values=np.concatenate(values)),
        cost=np.concatenate([kept.model.cost, unfit, *costs]),
        bounds=(
            np.concatenate([kept.model.lower, np.zeros(free)]),
            np.concatenate([kept.model.upper, np.full(free, np.inf)]),
        ),
        limits=(
            np.concatenate([pieces.low, kept.model.row_lower, ones]),
            np.concatenate([pieces.high, kept.model.row_upper, ones]),
        ),
    )
