"""Spread a total over its cells (F5): locked cells keep their value, the others share by weight, to the last quantum.

`x_i` stays for locked cells, `x_j = (T - sum of locked) * w_j / sum of free w` for the others, in whole
steps by largest remainder, ties to the first cell. What is left below one step (when the total or a
locked cell is no multiple of the step) goes to the free cell with the largest weight, so that the sum
is always exact. Only cells that are alive take part: the others get nothing. Integer weights below
2**53 are shared without any rounding error, so that equal remainders really are ties.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

import numpy as np

from trivet.core.buckets import Buckets
from trivet.core.ids import Counts, Flags, Rates
from trivet.core.issues import Issue, Severity
from trivet.core.quantities import LARGEST, QUANTITY, to_decimal

_NAMED = 5
"""Locks an issue names one by one before it counts the rest."""


class Names(Protocol):
    """What each cell is called, looked up only for the cells an issue names."""

    def __getitem__(self, index: int, /) -> str:
        """Name one cell."""
        ...


def spread(
    total: int,
    weights: Counts | Rates,
    *,
    current: Counts,
    locked: Flags,
    step: int | Counts,
    alive: Flags | None = None,
    names: Names | None = None,
    quantum: Decimal = QUANTITY,
) -> Counts | Issue:
    """Spread a total over one row of cells, exactly.

    Args:
        total: counts the cells shall sum to.
        weights: (cells,) shares of the free cells, >= 0; all zero = equal shares.
        current: (cells,) counts now; a total equal to their sum changes nothing.
        locked: (cells,) cells that keep their value.
        step: counts a moved cell is a multiple of; one for all, or (cells,). Where free cells have different steps the
            remainder ends up in the cells of the smallest one.
        alive: (cells,) cells that may receive anything; None = all. A dead cell that is not locked gets 0.
        names: what an issue calls the cells.
        quantum: what one count is worth, for the text of an issue.

    Returns:
        (cells,) counts with the sum `total`; or an Issue (`spread.below-zero`, `spread.locks-exceed-total`,
        `spread.all-locked`, `spread.no-live-cell`, `spread.too-large`), and nothing has changed.

    Raises:
        ValueError: a weight is negative or not a number.

    Source: F5; largest remainder (Hamilton 1792).

    >>> import numpy as np
    >>> spread(100, np.array([5, 7, 5]), current=np.array([5, 7, 5]), locked=np.array([True, False, False]), step=1)
    array([ 5, 55, 40])
    """
    if int(current.sum()) == total:
        return current.astype(np.int64)
    takes = ~locked if alive is None else alive & ~locked
    kept = int(current[locked].sum())
    refusal = _refusal(total, kept, current, locked, bool(takes.any()), names, quantum)
    if refusal:
        return refusal
    shares = _shares(total - kept, _usable(weights, takes), step)
    return shares + np.where(locked, current, 0) if locked.any() else shares


def _usable(weights: Counts | Rates, takes: Flags) -> Counts | Rates:
    """Give the weights of the cells that take part, 0 elsewhere; equal ones when none is above 0."""
    if weights.dtype != np.int64 and not np.all(np.isfinite(weights)):
        raise ValueError("a weight of a spread is not a number")
    if weights.min() < 0:
        raise ValueError("a weight of a spread is below 0")
    used = weights if takes.all() else np.where(takes, weights, 0)
    return used if used.any() else takes.astype(np.int64)


def _refusal(
    total: int, kept: int, current: Counts, locked: Flags, takes: bool, names: Names | None, quantum: Decimal
) -> Issue | None:
    """Say why a total can't be met; None when it can."""
    shown, held = _text(total, quantum), _text(kept, quantum)
    if abs(total) >= LARGEST:
        return _refused("too-large", f"the total {shown} is too large to be exact.", "Give a smaller one.")
    if total < 0:
        return _refused("below-zero", f"the total {shown} is below 0; expected 0 or more.", "Give 0 or more.")
    if not takes and not locked.any():
        return _refused(
            "no-live-cell",
            f"no cell can take the total {shown}: nothing under it is alive in these buckets.",
            "Choose buckets between first and last sale, or change the dates of the items.",
        )
    if not takes:
        return _refused(
            "all-locked",
            f"the total is {held} and can't become {shown}: every cell is locked ({_locks(current, locked, names)}).",
            "Unlock one of them first.",
        )
    if total < kept:
        return _refused(
            "locks-exceed-total",
            f"the total {shown} is below the {held} that is locked ({_locks(current, locked, names)}).",
            f"Give {held} or more, or unlock one of them.",
        )
    return None


def _locks(current: Counts, locked: Flags, names: Names | None) -> str:
    cells = np.flatnonzero(locked)
    cells = cells[current[cells] != 0] if np.any(current[cells]) else cells
    named = [names[int(cell)] if names is not None else f"cell {int(cell) + 1}" for cell in cells[:_NAMED]]
    more = f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else ""
    return ", ".join(named) + more


def _refused(code: str, message: str, advice: str) -> Issue:
    return Issue(code=f"spread.{code}", severity=Severity.REFUSED, message=message, advice=advice)


def _text(count: int, quantum: Decimal) -> str:
    return f"{to_decimal(count, quantum).normalize():f}"


def _shares(total: int, weights: Counts | Rates, step: int | Counts) -> Counts:
    """Share a total by weights with a sum above 0, cells without weight getting nothing."""
    if weights.dtype == np.int64 and int(weights.sum()) == total:
        return weights.astype(np.int64)
    if isinstance(step, int):
        return _by_step(total, weights, step)
    sizes = np.unique(step[weights > 0])[::-1]
    result, left, weight = np.zeros(len(weights), dtype=np.int64), total, float(weights.sum())
    for size in sizes[:-1]:
        own = np.where(step == size, weights, 0)
        share = float(own.sum())
        part = min(int(left * (share / weight)) // int(size) * int(size), left)
        result += _by_step(part, own, int(size))
        left, weight = left - part, weight - share
    smallest = np.where(step == sizes[-1], weights, 0)
    return result + _by_step(left, smallest, int(sizes[-1]))


def _by_step(total: int, weights: Counts | Rates, step: int) -> Counts:
    """Share whole steps by largest remainder; what is below one step goes to the first largest weight."""
    whole, rest = divmod(total, step)
    result = largest_remainder(whole, weights)
    if step != 1:
        result *= step
    if rest:
        result[int(np.argmax(weights))] += rest
    return result


def largest_remainder(whole: int, weights: Counts | Rates) -> Counts:
    """Share `whole` >= 0 pieces by weights with a sum above 0: floors, then one each to the largest remainders.

    >>> import numpy as np
    >>> largest_remainder(100, np.array([1, 1, 1]))
    array([34, 33, 33])
    """
    amounts = weights.astype(np.float64)
    sum_of_weights = float(amounts.sum())
    exact = weights.dtype == np.int64 and max(whole, 1) * float(amounts.max()) < LARGEST and sum_of_weights < LARGEST
    if exact:
        amounts *= whole
        floors = np.floor(amounts / sum_of_weights)  # below 2**53 no quotient is rounded up to a whole number
        amounts -= floors * sum_of_weights
        remainders = amounts
    else:
        amounts *= whole / sum_of_weights
        floors = np.floor(amounts + 2.0**-30)
        remainders = np.asarray(np.round(np.maximum(amounts - floors, 0.0), 9), dtype=np.float64)
    result = floors.astype(np.int64)
    left = whole - int(result.sum())
    if left:
        _hand_out(result, remainders, left, weights)
    return result


def _hand_out(result: Counts, remainders: Rates, left: int, weights: Counts | Rates) -> None:
    """Add one to each of the `left` largest remainders, ties to the first (in place)."""
    if not 0 < left < len(result):  # float weights and a total near 2**53: the largest weight takes what is off
        result[int(np.argmax(weights))] += left
        return
    threshold = np.partition(remainders, len(result) - left)[len(result) - left]
    above = remainders > threshold
    result += above
    ties = np.flatnonzero(remainders == threshold)
    result[ties[: left - int(np.count_nonzero(above))]] += 1


def share_out(totals: Counts, weights: Rates | Counts, groups: Counts, step: int = 1) -> Counts:
    """Share many totals at once, each over the cells of its group, without locks.

    Args:
        totals: (groups,) counts; negative ones are shared like positive ones.
        weights: (cells,) >= 0; a group without weight is shared equally.
        groups: (cells,) number of the group each cell belongs to.
        step: counts each cell is a multiple of, but for the rest of its group below one step.

    Returns:
        (cells,) counts; the sum of each group that has cells is its total.
    """
    count = len(totals)
    used = np.asarray(weights, dtype=np.float64)
    sums = np.bincount(groups, used, count)
    used = np.where(sums[groups] > 0, used, 1.0)
    sums = np.bincount(groups, used, count)
    whole, rest = np.divmod(np.abs(totals), step)
    shares = whole[groups] * (used / np.where(sums > 0, sums, 1.0)[groups])
    floors = np.floor(shares + 2.0**-30)
    result = floors.astype(np.int64)
    left = whole - _group_sums(result, groups, count)
    result += _rank(groups, -np.round(shares - floors, 9)) < left[groups]
    result *= step
    result += np.where(_rank(groups, -used) == 0, rest[groups], 0)
    result *= np.sign(totals)[groups]
    return result


def _group_sums(counts: Counts, groups: Counts, count: int) -> Counts:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, groups, counts)
    return sums


def _rank(groups: Counts, order: Rates) -> Counts:
    """Rank each cell inside its group by `order`, 0 first, ties to the first cell."""
    sorted_cells = np.lexsort((order, groups))
    in_order = groups[sorted_cells]
    starts = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]]) if len(groups) else np.zeros(0, np.int64)
    lengths = np.diff(np.r_[starts, len(groups)])
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[sorted_cells] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return ranks


def split_buckets(counts: Counts, source: Buckets, target: Buckets, working: Sequence[date]) -> Counts:
    """Split the buckets of one calendar onto another (C8), exact by largest remainder over working days.

    Args:
        counts: (series, len(source)).
        source: calendar the counts are in.
        target: calendar they are wanted in.
        working: working days; a source bucket without one is split by calendar days.

    Returns:
        (series, len(target)); where `target` covers `source`, each series keeps its sum to the quantum.
        What lies outside `target` is left out.
    """
    share = source.share(target, working)
    outside = np.maximum(1.0 - share.sum(axis=1), 0.0)
    outside[outside < 2.0**-30] = 0.0
    result = np.zeros((counts.shape[0], len(target) + 1), dtype=np.int64)
    for column in range(len(source)):
        parts = np.append(share[column], outside[column])
        hit = np.flatnonzero(parts)
        cells = np.repeat(np.arange(counts.shape[0], dtype=np.int64), len(hit))
        weights = np.tile(parts[hit], counts.shape[0])
        result[:, hit] += share_out(counts[:, column], weights, cells).reshape(-1, len(hit))
    return result[:, :-1]
