"""Strict limits that can't all be kept: a minimal set of them, in words (ENGINE "Explaining").

Where the plan breaks a strict limit, the least there can be of breaking any is looked for, demand and money left aside.
The limits with a price there can't all hold (Farkas); one after the other is left out as long as the rest still can't.
What remains is minimal: without any one of them the others can be kept. Beside them stand the means that bind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from trivet.core.ids import Counts
from trivet.core.issues import Issue, Place, Severity
from trivet.core.linear import LinearModel, Solution, Status
from trivet.core.ports import Solver
from trivet.supply.blocks import Block, Programme
from trivet.supply.limits import BROKEN
from trivet.supply.pieces import block_numbers
from trivet.supply.tiers import TIERS

TOLERANCE: Final = 1e-5
"""Units of all limits broken together that are none."""
MOST: Final = 24
"""Limits among which a minimal set is looked for, a solve each."""
NAMED: Final = 3
"""Means named in one message."""
MEANS: Final = {"hours": "the hours of", "hours of people": "the people of", "material": "the deliveries of"}
SAID: Final = {
    "below least load": "the least load of",
    "below least production": "the least production of",
    "above most production": "the most production of",
    "above most stock": "the most stock of",
    "change beyond its limit": "the change allowed of",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clash:
    """Limits that can't all be kept, none of them to spare, and the means that bind beside them; in words."""

    limits: tuple[str, ...]
    means: tuple[str, ...]


def find_clash(programme: Programme, model: LinearModel, solution: Solution, solver: Solver) -> Clash | None:
    """Find a minimal set of strict limits that can't all be kept; None where the plan keeps them.

    Args:
        programme: as written, with strict limits.
        model: as built.
        solution: of the model; what it has of fixed orders without means is not asked to be less.
        solver: of linear programmes.
    """
    broken = block_numbers(programme.column_blocks, BROKEN)
    if solution.status is not Status.OPTIMAL or solution.values[broken].sum() <= TOLERANCE:
        return None
    impossible = block_numbers(programme.column_blocks, TIERS[0].blocks)
    upper = model.upper.copy()
    upper[impossible] = np.minimum(upper[impossible], solution.values[impossible] + TOLERANCE)
    free = replace(model, cost=np.zeros(len(model.cost)), upper=upper, integer=None)
    limits = _limits(programme.column_blocks)
    answer = _least_broken(free, limits, solver)
    if answer is None:
        return None
    asked = [limit for limit in limits if _priced(model, limit[1], answer)]
    if not asked or len(asked) > MOST:
        return None
    kept = list(asked)
    for limit in asked:
        rest = [one for one in kept if one is not limit]
        tried = _least_broken(free, rest, solver) if rest else None
        if tried is not None:
            kept, answer = rest, tried
    return Clash(limits=tuple(dict.fromkeys(name for name, _ in kept)), means=_means(programme.row_blocks, answer))


def _limits(blocks: Sequence[Block]) -> list[tuple[str, Counts]]:
    """Give every limit in words with the columns that break it: both ways of a change are one."""
    found: dict[str, list[Counts]] = {}
    for block in blocks:
        for label, columns in zip(block.labels, block.ids, strict=True) if block.name in SAID else ():
            thing = label.removesuffix(", up").removesuffix(", down")
            found.setdefault(f"{SAID[block.name]} {thing}", []).append(columns)
    return [(name, np.concatenate(columns)) for name, columns in found.items()]


def _least_broken(model: LinearModel, limits: Sequence[tuple[str, Counts]], solver: Solver) -> Solution | None:
    """Break these limits as little as can be, others free; None where they can all be kept."""
    cost = model.cost.copy()
    for _, columns in limits:
        cost[columns] = 1.0
    answer = solver.solve(replace(model, cost=cost))
    return answer if answer.status is Status.OPTIMAL and answer.objective > TOLERANCE else None


def _priced(model: LinearModel, columns: Counts, answer: Solution) -> bool:
    """Tell whether a row of a limit has a price: columns that break one stand in no other row."""
    rows = model.index[model.starts[columns]]
    return bool((np.abs(answer.duals[rows]) > TOLERANCE).any())


def _means(blocks: Sequence[Block], answer: Solution) -> tuple[str, ...]:
    """Name the means with a price."""
    return tuple(
        f"{MEANS[block.name]} {label}"
        for block in blocks
        if block.name in MEANS
        for label, rows in zip(block.labels, block.ids, strict=True)
        if (np.abs(answer.duals[rows]) > TOLERANCE).any()
    )


def tell_clash(clash: Clash | None) -> tuple[Issue, ...]:
    """Say which limits can't all be kept."""
    if clash is None:
        return ()
    more = len(clash.means) - NAMED
    means = ", ".join(clash.means[:NAMED]) + (f" and {more} more" if more > 0 else "")
    beside = f" with {means}" if means else ""
    one = len(clash.limits) == 1
    said = (
        f"{clash.limits[0]} can't be kept{beside}"
        if one
        else f"{', '.join(clash.limits)} can't all be kept{beside}; without any one of them the others can"
    )
    return (
        Issue(
            code="supply.limits-clash",
            severity=Severity.WARNING,
            place=Place(),
            message=f"{said}.",
            advice="Change it, or add means." if one else "Change one of them, or add means.",
        ),
    )
